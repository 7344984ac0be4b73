#!/usr/bin/env python3
"""The facts of messages according to Python's `email` with `policy.default`: a line of JSON for each path on standard
input. `null` means that it can't tell."""

import email
import email.policy
import hashlib
import json
import re
import sys


def attempt(read):
    try:
        return read()
    except Exception:  # noqa: BLE001 - any exception means that the parser could not tell.
        return None


def mailboxes(message, name):
    field = message[name]
    return [[one.display_name, one.addr_spec] for one in field.addresses] if field else []


def ids(message, name):
    return re.findall(r"<([^<>]*)>", str(message[name] or ""))


def leaves(message):
    if message.is_multipart() and message.get_content_maintype() == "multipart":
        for part in message.iter_parts():
            yield from leaves(part)
    else:
        yield message


def is_text(part, subtype):
    return part.get_content_type() == "text/" + subtype and not part.is_attachment() and not part.get_filename()


def text(message, subtype):
    return "".join(part.get_content() for part in leaves(message) if is_text(part, subtype))


def files(message):
    found = []
    for part in leaves(message):
        if is_text(part, "plain") or is_text(part, "html"):
            continue
        data = part.get_payload(decode=True) or b""
        found.append({"name": part.get_filename() or "", "size": len(data), "sha256": hashlib.sha256(data).hexdigest()})
    return found


def read(path):
    with open(path, "rb") as file:
        message = email.message_from_binary_file(file, policy=email.policy.default)
    return {
        "subject": attempt(lambda: str(message["Subject"] or "")),
        "from": attempt(lambda: mailboxes(message, "From")),
        "to": attempt(lambda: mailboxes(message, "To")),
        "date": attempt(lambda: int(message["Date"].datetime.timestamp())),
        "message_id": attempt(lambda: ids(message, "Message-ID")[0]),
        "in_reply_to": attempt(lambda: ids(message, "In-Reply-To")),
        "references": attempt(lambda: ids(message, "References")),
        "text": attempt(lambda: text(message, "plain")),
        "html": attempt(lambda: text(message, "html")),
        "files": attempt(lambda: files(message)),
    }


for line in sys.stdin:
    print(json.dumps(read(line.rstrip("\n"))))
