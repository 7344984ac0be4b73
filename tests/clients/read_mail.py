#!/usr/bin/env python3
"""Reads messages with Python's own parser, for the comparison in tests/judge/mail.rs.

Reads a message's path from each line of standard input, and prints a line of JSON for each: the subject, the authors, the
text and the attached files according to the parser.

    echo message.eml | python3 tests/clients/read_mail.py
"""

import email
import email.header
import email.utils
import json
import sys


def decoded(value):
    """A header with its encoded words decoded; None if the parser cannot decode it."""
    if value is None:
        return ""
    try:
        text = str(email.header.make_header(email.header.decode_header(str(value))))
        text.encode()
    except (LookupError, UnicodeError, ValueError, email.errors.HeaderParseError):
        return None
    return None if "\ufffd" in text or "\\ufffd" in text else text


def text_of(part):
    data = part.get_payload(decode=True) or b""
    charset = str(part.get_content_charset() or "utf-8")
    try:
        return data.decode(charset)
    except (LookupError, UnicodeError):
        return None


def parts(message):
    """The parts of a message, without those of attached messages."""
    if message.get_content_maintype() != "multipart" or not message.is_multipart():
        yield message
        return
    for part in message.get_payload():
        yield from parts(part)


def read(path):
    with open(path, "rb") as file:
        message = email.message_from_binary_file(file)
    authors = email.utils.getaddresses([str(value) for value in message.get_all("From", [])])
    leaves = [part for part in parts(message) if not part.is_multipart()]
    texts = [part for part in leaves if part.get_content_type() == "text/plain" and not part.get_filename()]
    texts = [part for part in texts if part.get_content_disposition() != "attachment"]
    files = [part for part in leaves if part.get_filename() and part.get_content_maintype() not in ("text", "message")]
    return {
        "subject": decoded(message.get("Subject")),
        "authors": [address for _, address in authors if "@" in address],
        "text": text_of(texts[0]) if texts else None,
        "sizes": [len(part.get_payload(decode=True) or b"") for part in files],
        "defects": [type(defect).__name__ for part in message.walk() for defect in part.defects],
    }


for line in sys.stdin:
    print(json.dumps(read(line.rstrip("\n"))))
