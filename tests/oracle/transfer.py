"""Spellings of the transfer encoding (RFC 2045 section 6), and edge cases of bodies."""

import base64

from message import Message, quoted_printable

TEXT = "Grüße aus Köln: 5 € für =E2=82=AC.\r\n\r\nZweite Zeile, länger als eine, die in siebzig Zeichen passen würde, und noch länger.\r\n.\r\nEnde\r\n"

# The spelling, and a pattern with the place of the encoding's name.
SPELLINGS = [
    ("plain", "{}"), ("upper case", "{}"), ("capitals", "{}"), ("comment behind", "{} (comment)"),
    ("comment before", "(as it is) {}"), ("folded", "\r\n {}"), ("spaces", "  {}  "), ("tab", "\t{}"),
    ("semicolon*", "{};"), ("double quotes*", '"{}"'), ("single quotes*", "'{}'"), ("parameter*", "{}; charset=utf-8"),
]


def lines_of(data, length):
    text = base64.b64encode(data)
    return b"".join(text[at : at + length] + b"\r\n" for at in range(0, len(text), length))


def base64_body(rng, data):
    form = rng.choice(["76", "64", "60", "4", "one line", "no line end", "empty lines", "spaces", "footer*", "two padded*"])
    if form == "one line":
        return form, base64.b64encode(data) + b"\r\n", data
    if form == "no line end":
        return form, lines_of(data, 76).rstrip(), data
    if form == "empty lines":
        return form, b"\r\n" + lines_of(data, 76) + b"\r\n\r\n", data
    if form == "spaces":
        return form, lines_of(data, 76).replace(b"\r\n", b" \r\n"), data
    if form == "footer*":
        # A footer that mailing lists add.
        footer = b"\r\n_______________________________________________\r\nlist mailing list\r\n"
        data += b"." * (-len(data) % 3 or 3)
        return form, lines_of(data[:-1], 76) + footer, data[:-1] + footer
    if form == "two padded*":
        half = len(data) // 2 // 3 * 3 + 1
        return form, lines_of(data[:half], 76) + lines_of(data[half:], 76), data
    return form + " letters in a line", lines_of(data, int(form)), data


def quoted_printable_body(rng, data):
    form = rng.choice(["plain", "lower-case*", "spaces at line ends", "soft break at the end"])
    body = quoted_printable(data)
    if form == "lower-case*":
        first, *rest = body.split(b"=")
        body = b"=".join([first, *(piece[:2].lower() + piece[2:] for piece in rest)])
    if form == "spaces at line ends":
        # RFC 2045 section 6.7 (3): trailing blanks were added in transit, even after a soft line break.
        body = body.replace(b"\r\n", b"  \r\n")
    if form == "soft break at the end":
        body = body.rstrip(b"\r\n") + b"=\r\n"
    return form, body, data


def as_file(rng, spelling, encoding, field):
    """A file's bytes must stay exactly the same."""
    content = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 200))).replace(b"\r", b"").replace(b"\n", b"")
    body = lines_of(content, 76) if encoding == "base64" else quoted_printable(content)
    message = Message(f"transfer/file, {encoding}: {spelling}").file("attachment; filename=a.bin", "a.bin", content)
    head, entity = message.entity
    start = entity.index(b"Content-Transfer-Encoding: base64")
    end = entity.index(b"--b--")
    return message.with_body(head, entity[:start] + field.encode() + b"\r\n\r\n" + body + b"\r\n" + entity[end:])


def write(rng, number):
    # One variation at a time: a spelling with a plain body, or a body with a plain spelling.
    spelling, pattern = SPELLINGS[number % len(SPELLINGS)] if rng.random() < 0.5 else SPELLINGS[0]
    encoding = rng.choice(["base64", "base64", "quoted-printable", "quoted-printable", "8bit", "binary", "7bit"])
    name = {"upper case": encoding.upper(), "capitals": encoding.title()}.get(spelling, encoding)
    field = "Content-Transfer-Encoding: " + pattern.format(name)
    if encoding in ("base64", "quoted-printable") and rng.random() < 0.3:
        return as_file(rng, spelling, encoding, field)
    data = TEXT.encode()
    form, body = "", data
    if encoding == "7bit":
        body = data = b"Plain =41 text.\r\n"
    elif encoding == "base64":
        form, body, data = base64_body(rng, data) if spelling == "plain" else ("", lines_of(data, 76), data)
    elif encoding == "quoted-printable":
        form, body, data = quoted_printable_body(rng, data) if spelling == "plain" else ("", quoted_printable(data), data)
    message = Message(f"transfer/{encoding}: {form or spelling}")
    return message.with_body(["Content-Type: text/plain; charset=utf-8", field], body).meaning(text=data.decode())
