#!/usr/bin/env python3
"""The facts of messages according to gmime, which notmuch and others use; the output is like read_python.py's.

Debian: python3-gi and gir1.2-gmime-3.0."""

import hashlib
import json
import re
import sys

import gi

gi.require_version("GMime", "3.0")
from gi.repository import GMime  # noqa: E402 - the version must be set first.

GMime.init()


def attempt(read):
    """None if gmime returns bytes that are not UTF-8, which it could not decode."""
    try:
        return read()
    except UnicodeDecodeError:
        return None


def mailboxes(listed):
    found = []
    for at in range(listed.length() if listed else 0):
        one = listed.get_address(at)
        if hasattr(one, "get_members"):
            found.extend(mailboxes(one.get_members()))
        else:
            found.append([one.get_name() or "", one.get_addr() or ""])
    return found


def ids(message, name):
    value = message.get_header(name)
    if not value:
        return []
    parsed = GMime.References.parse(None, value)
    return [parsed.get_message_id(at) for at in range(parsed.length())]


def leaves(part):
    if isinstance(part, GMime.Multipart):
        for at in range(part.get_count()):
            yield from leaves(part.get_part(at))
    else:
        yield part


def is_text(part, subtype):
    disposition = part.get_disposition()
    kind = part.get_content_type()
    return (isinstance(part, GMime.TextPart) and kind.is_type("text", subtype) and not part.get_filename()
            and (disposition or "").lower() != "attachment")


def text(message, subtype):
    found = [part.get_text() for part in leaves(message.get_mime_part()) if is_text(part, subtype)]
    return None if None in found else "".join(found)


def content(part):
    stream = GMime.StreamMem.new()
    if isinstance(part, GMime.Part):
        if part.get_content():
            part.get_content().write_to_stream(stream)
    else:
        part.write_to_stream(None, stream)
    return bytes(stream.get_byte_array() or b"")


def files(message):
    found = []
    for part in leaves(message.get_mime_part()):
        if is_text(part, "plain") or is_text(part, "html"):
            continue
        data = content(part)
        name = part.get_filename() if isinstance(part, GMime.Part) else ""
        found.append({"name": name or "", "size": len(data), "sha256": hashlib.sha256(data).hexdigest()})
    return found


def read(path):
    stream = GMime.StreamFile.open(path, "r")
    message = GMime.Parser.new_with_stream(stream).construct_message(None)
    date = message.get_date()
    return {
        "subject": attempt(lambda: message.get_subject() or ""),
        "from": attempt(lambda: mailboxes(message.get_from())),
        "to": attempt(lambda: mailboxes(message.get_to())),
        "date": date.to_unix() if date else None,
        "message_id": attempt(message.get_message_id),
        "in_reply_to": attempt(lambda: ids(message, "In-Reply-To")),
        "references": attempt(lambda: ids(message, "References")),
        "text": attempt(lambda: text(message, "plain")),
        "html": attempt(lambda: text(message, "html")),
        "files": attempt(lambda: files(message)),
    }


for line in sys.stdin:
    print(json.dumps(read(line.rstrip("\n"))))
