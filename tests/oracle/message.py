"""A message builder, and the encodings that all kinds use."""

import base64
import hashlib
import urllib.parse

SAFE = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def b_word(data, charset, padded=True, mark="B"):
    """An encoded word in base64."""
    text = base64.b64encode(data).decode()
    return f"=?{charset}?{mark}?{text if padded else text.rstrip('=')}?="


def q_word(data, charset, mark="Q", underscore=True):
    """A Q-encoded word, using only the characters allowed everywhere (RFC 2047 section 5 (3))."""
    def sign(byte):
        if byte == 0x20 and underscore:
            return "_"
        return chr(byte) if byte in SAFE else f"={byte:02X}"
    return f"=?{charset}?{mark}?{''.join(map(sign, data))}?="


def percent(data):
    return urllib.parse.quote_from_bytes(data, safe="")


def extended(data, charset, language=""):
    """An extended value (RFC 2231 section 4)."""
    return f"{charset}'{language}'{percent(data)}"


def quoted_printable(data):
    """Quoted-printable with a soft line break when a line is full, even inside a character (RFC 2045 section 6.7)."""
    lines = []
    for line in data.split(b"\r\n"):
        out = b""
        for at, byte in enumerate(line):
            is_plain = 33 <= byte <= 126 and byte != 61 or byte in b" \t" and at + 1 < len(line)
            sign = bytes([byte]) if is_plain else b"=%02X" % byte
            if len(out) + len(sign) > 75:
                lines.append(out + b"=")
                out = b""
            out += sign
        lines.append(out)
    return b"\r\n".join(lines)


def fact_of_file(name, data):
    return {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


class Message:
    """A plain message, except for what its kind sets."""

    def __init__(self, kind):
        self.kind = kind
        self.facts = {}
        self.headers = {
            "From": "Sender <sender@example.com>",
            "To": "recipient@example.org",
            "Subject": "Plain",
            "Date": "Mon, 02 Nov 2026 10:00:00 +0000",
            "Message-ID": "<plain@example.com>",
        }
        self.entity = (["Content-Type: text/plain"], b"Text.\r\n")

    def header(self, name, value):
        if value is None:
            self.headers.pop(name, None)
        else:
            self.headers[name] = value
        return self

    def meaning(self, **facts):
        self.facts.update(facts)
        return self

    def with_body(self, head, body):
        self.entity = (head, body)
        return self

    def file(self, disposition, name, data=b"content\r\n", kind="application/octet-stream"):
        """A text with an attached file."""
        disposition = disposition.encode() if isinstance(disposition, str) else disposition
        kind = kind.encode() if isinstance(kind, str) else kind
        body = (
            b"--b\r\nContent-Type: text/plain\r\n\r\nText.\r\n--b\r\nContent-Type: " + kind
            + (b"\r\nContent-Disposition: " + disposition if disposition else b"")
            + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(data).replace(b"\n", b"\r\n")
            + b"--b--\r\n"
        )
        self.entity = (['Content-Type: multipart/mixed; boundary="b"'], body)
        return self.meaning(files=[fact_of_file(name, data)])

    def raw(self, rng):
        head, body = self.entity
        fields = [(f"{name}: {value}" if value else f"{name}:") for name, value in self.headers.items()]
        fields.append("MIME-Version: 1.0")
        fields.extend(head)
        text = b"\r\n".join(line if isinstance(line, bytes) else line.encode() for line in fields) + b"\r\n\r\n"
        return text + body
