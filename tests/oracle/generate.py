#!/usr/bin/env python3
"""Writes messages that readers parse differently. The same seed gives the same messages.

    python3 tests/oracle/generate.py FOLDER [--seed 1] [--count 2000]

FOLDER gets 0000.eml, 0001.eml, … and `written.json`: the kind of each message, and the facts that its writer meant.
tests/oracle/README.md explains facts. A kind whose name ends in `*` violates the RFCs, but occurs in mail and has a clear
meaning.
"""

import argparse
import base64
import hashlib
import json
import pathlib
import random

import addresses
import dates
import nesting
import parameters
import references
import transfer
import words
from charsets import BYTES, LABELS
from message import Message, b_word, extended, q_word, quoted_printable


def charset_body(rng, number):
    label, codec, text = LABELS[number % len(LABELS)]
    label = rng.choice([label, label.upper(), label.lower()])
    lines = f"{text}\r\n{text} 123\r\n"
    data = lines.encode(codec)
    how = "base64" if codec.startswith(("utf-16", "utf-32")) else rng.choice(["base64", "quoted-printable", "8bit"])
    if how == "8bit" and (codec in ("hz", "utf-7", "ascii") or codec.startswith("iso2022")):
        how = "7bit"
    return body_in(label, data, how, lines, rng)


def body_in(label, data, how, text, rng):
    quote = rng.choice(["", '"'])
    if not quote and any(sign in label for sign in ":()<>@,;/[]?="):
        quote = '"'
    body = {"base64": base64.encodebytes, "quoted-printable": quoted_printable}.get(how, lambda data: data)(data)
    head = [f"Content-Type: text/plain; charset={quote}{label}{quote}", f"Content-Transfer-Encoding: {how}"]
    return Message(f"charset/body {label.lower()}").with_body(head, body).meaning(text=text)


def charset_bytes(rng, number):
    label, data, text = BYTES[number % len(BYTES)]
    return body_in(label, data + b"\r\n", rng.choice(["base64", "quoted-printable"]), text, rng)


def charset_subject(rng, number):
    label, codec, text = LABELS[number % len(LABELS)]
    if ":" in label:
        # RFC 2047 section 2: not allowed as the charset of an encoded word.
        return None
    data = text.encode(codec)
    label = rng.choice([label, label.upper()])
    form = b_word if rng.random() < 0.5 else q_word
    word = form(data, label)
    if len(word) > 75:
        length = max(1, len(text) // 3)
        pieces = [text[at : at + length] for at in range(0, len(text), length)]
        word = "\r\n ".join(form(piece.encode(codec), label) for piece in pieces)
    return Message(f"charset/subject {label.lower()}").header("Subject", word).meaning(subject=text)


def charset_name(rng, number):
    label, codec, text = LABELS[number % len(LABELS)]
    name = text.replace(":", "").split(",")[0].strip()[:12].strip() + ".txt"
    if ":" in label or any(sign in name for sign in '/\\"'):
        return None
    message = Message(f"charset/filename {label.lower()}")
    return message.file(f"attachment;\r\n filename*={extended(name.encode(codec), label)}", name)


KINDS = [
    # The share of a kind, and its writer.
    (9, charset_body),
    (1, charset_bytes),
    (9, charset_subject),
    (6, charset_name),
    (20, words.write),
    (15, parameters.write),
    (10, transfer.write),
    (10, nesting.write),
    (10, addresses.write),
    (6, dates.write),
    (4, references.write),
]


def messages(seed, count):
    rng = random.Random(seed)
    turns = [write for share, write in KINDS for _ in range(share)]
    numbers = dict.fromkeys(turns, 0)
    for write in numbers:
        # Each seed starts at a different place in the enumerated cases.
        numbers[write] = rng.randrange(1000)
    made = 0
    while made < count:
        write = rng.choice(turns)
        message = write(rng, numbers[write])
        numbers[write] += 1
        if message is not None:
            yield message.raw(rng), message.kind, message.facts
            made += 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    written = []
    for number, (raw, kind, facts) in enumerate(messages(arguments.seed, arguments.count)):
        (arguments.folder / f"{number:04}.eml").write_bytes(raw)
        written.append({"kind": kind, "facts": facts, "sha256": hashlib.sha256(raw).hexdigest()})
    (arguments.folder / "written.json").write_text(json.dumps(written, ensure_ascii=False))


if __name__ == "__main__":
    main()
