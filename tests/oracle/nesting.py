"""Nested parts (RFC 2046)."""

import base64

from message import Message, fact_of_file

BOUNDARIES = ["b", "=_Part_1", "'()+_,-./:=?", "with space inside", "0123456789" * 7, "----=_NextPart_000", "a--b", "--dashes", "a_+_b"]


class Tree:
    def __init__(self, rng):
        self.rng = rng
        self.texts = []
        self.files = []
        self.used = []
        self.counter = 0

    def boundary(self):
        # One boundary may be a prefix of another: the whole line must match (RFC 2046 section 5.1.1).
        base = self.rng.choice(BOUNDARIES)
        if self.used and self.rng.random() < 0.3:
            base = self.used[-1] + "x"
        while base in self.used or len(base) > 70:
            self.counter += 1
            base = f"n{self.counter}"
        self.used.append(base)
        return base

    def text(self):
        self.counter += 1
        text = f"Text number {self.counter}: größer.\r\n"
        self.texts.append(text)
        head = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
        if self.rng.random() < 0.2:
            head += b"Content-Disposition: inline\r\n"
        return head + b"\r\n" + text.encode() + b"\r\n"

    def bare(self):
        """A part without a header is plain text."""
        self.counter += 1
        text = f"Bare text {self.counter}.\r\n"
        self.texts.append(text)
        return b"\r\n" + text.encode() + b"\r\n"

    def file(self):
        self.counter += 1
        data = bytes(self.rng.randrange(256) for _ in range(self.rng.randrange(0, 60)))
        name = f"file {self.counter}.bin"
        self.files.append(fact_of_file(name, data))
        return (f'Content-Type: application/octet-stream; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n'
                f'Content-Disposition: attachment; filename="{name}"\r\n\r\n').encode() + base64.encodebytes(data).replace(b"\n", b"\r\n")

    def alternative(self):
        text = self.text()
        html = b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>The same as <b>HTML</b></p>\r\n"
        return self.multipart("alternative", [text, html])

    def multipart(self, subtype, parts):
        name = self.boundary()
        quote = '"' if not name.isalnum() or self.rng.random() < 0.7 else ""
        head = f"Content-Type: multipart/{subtype};{self.rng.choice([' ', chr(13) + chr(10) + ' '])}boundary={quote}{name}{quote}\r\n\r\n".encode()
        preamble = self.rng.choice([b"", b"", b"This is a message of several parts.\r\n", b"\r\n"])
        epilogue = self.rng.choice([b"", b"", b"This is an epilogue.\r\n", b"\r\n"])
        # Whitespace after a delimiter is allowed.
        padding = self.rng.choice([b"", b"", b"", b" ", b"\t "])
        line = b"--" + name.encode()
        return head + preamble + b"".join(line + padding + b"\r\n" + part + b"\r\n" for part in parts) + line + b"--" + padding + b"\r\n" + epilogue

    def mixed(self, depth):
        parts = [self.rng.choice([self.text, self.text, self.bare, self.alternative])()]
        for _ in range(self.rng.randint(0, 3)):
            if depth and self.rng.random() < 0.4:
                parts.append(self.mixed(depth - 1))
            else:
                parts.append(self.rng.choice([self.text, self.file, self.file])())
        return self.multipart("mixed", parts)


def write(rng, number):
    tree = Tree(rng)
    depth = number % 7
    part = tree.mixed(depth) if depth < 6 else deep(tree)
    head, _, body = part.partition(b"\r\n\r\n")
    message = Message(f"nesting/{'tree' if depth < 6 else 'deep'}").with_body([head], body)
    return message.meaning(text="".join(tree.texts), files=tree.files)


def deep(tree):
    part = tree.text()
    for _ in range(tree.rng.randint(8, 40)):
        part = tree.multipart("mixed", [part])
    return part
