"""File names in parameters (RFC 2231, RFC 2183), in every form."""

from message import Message, extended, percent

NAMES = ["plain.txt", "two words.pdf", "Grüße.txt", "отчёт за май.pdf", "日本語の書類.docx", "naïve café.csv",
         "Hello-(123)-World.pdf", "a;b=c.txt", "50% off.txt", "it's.txt", "€.txt", "x" * 90 + ".txt", "🎉 party.png",
         "comma, dot.tar.gz", "a'b''c.txt", "[list] #1 & 2.txt", "semi;colon;.md", "equals=sign.txt"]


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def is_token(text):
    return text.isascii() and text.isprintable() and not any(sign in ' ()<>@,;:\\"/[]?=' for sign in text)


def plain(rng, name):
    if not name.isascii():
        return None
    return "plain", [f"filename={quoted(name)}"]


def token(rng, name):
    return ("token", [f"filename={name}"]) if is_token(name) and "%" not in name and "'" not in name else None


def star(rng, name):
    attribute = rng.choice(["filename*", "FILENAME*", "FileName*"])
    return "extended", [f"{attribute}={extended(name.encode(), rng.choice(['utf-8', 'UTF-8']), rng.choice(['', 'en', 'de-AT']))}"]


def star_unescaped(rng, name):
    """The `attribute-char` of RFC 5987 and RFC 2231 allows these characters unescaped."""
    if not name.isascii() or not is_token(name.replace("'", "")):
        return None
    value = percent(name.encode()).replace("%21", "!").replace("%26", "&").replace("%23", "#")
    return "extended, little escaped", [f"filename*=utf-8''{value}"]


def star_parentheses(rng, name):
    return "extended with parentheses*", ["filename*=utf-8''Hello-(123)-World.pdf"], "Hello-(123)-World.pdf"


def token_parentheses(rng, name):
    return "token with parentheses*", ["filename=Status(s).pdf"], "Status(s).pdf"


def star_latin1(rng, name):
    try:
        return "extended latin-1", [f"filename*={extended(name.encode('iso-8859-1'), 'iso-8859-1')}"]
    except UnicodeEncodeError:
        return None


def star_empty_charset(rng, name):
    return ("extended without charset", [f"filename*=''{percent(name.encode())}"]) if name.isascii() else None


def star_quoted(rng, name):
    return "extended in quotes*", [f'filename*="{extended(name.encode(), "UTF-8")}"']


def cut(rng, text, least=1):
    count = rng.randint(2, min(13, max(2, len(text) // 2)))
    if len(text) < 2:
        return [text]
    cuts = sorted(rng.sample(range(1, len(text)), min(len(text) - 1, count - 1)))
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)])]


def continued(rng, name):
    if not name.isascii():
        return None
    segments = [f"filename*{n}={quoted(piece)}" for n, piece in enumerate(cut(rng, name))]
    return "continued", segments


def continued_extended(rng, name):
    pieces = cut(rng, name)
    segments = [f"filename*{n}*={'utf-8' + chr(39) * 2 if n == 0 else ''}{percent(piece.encode())}" for n, piece in enumerate(pieces)]
    return "continued, extended", segments


def continued_within_a_letter(rng, name):
    if name.isascii():
        return None
    pieces = cut(rng, name.encode())
    segments = [f"filename*{n}*={'UTF-8' + chr(39) * 2 if n == 0 else ''}{percent(piece)}" for n, piece in enumerate(pieces)]
    return "continued within a letter", segments


def continued_mixed(rng, name):
    """Some segments are extended, some are not (the example of RFC 2231 section 4.1)."""
    segments = []
    for n, piece in enumerate(cut(rng, name)):
        if n == 0:
            segments.append(f"filename*0*=utf-8''{percent(piece.encode())}")
        elif piece.isascii() and rng.random() < 0.6:
            segments.append(f"filename*{n}={quoted(piece)}")
        else:
            segments.append(f"filename*{n}*={percent(piece.encode())}")
    return "continued, mixed", segments


def out_of_order(rng, name):
    kind, segments = continued_mixed(rng, name)
    rng.shuffle(segments)
    return "continued, out of order", segments


def both(rng, name):
    """RFC 6266 section 4.3: readers prefer the extended form."""
    pair = ['filename="fallback.txt"', f"filename*={extended(name.encode(), 'UTF-8')}"]
    rng.shuffle(pair)
    return "both forms", pair


def raw_utf8(rng, name):
    return ("raw UTF-8*", [f"filename={quoted(name)}"]) if not name.isascii() else None


def escapes(rng, name):
    return "quoted pairs", ['filename="a\\b \\(1\\) c.txt"'], "ab (1) c.txt"


def folded(rng, name):
    fold = rng.choice(["\r\n ", "\r\n\t"])
    return "a fold in the quotes", [f'filename="a long{fold}name.txt"'], "a long name.txt"


FORMS = [plain, token, star, star, star_unescaped, star_parentheses, token_parentheses, star_latin1, star_empty_charset,
         star_quoted, continued, continued_extended, continued_within_a_letter, continued_mixed, out_of_order, both,
         raw_utf8, escapes, folded]


def write(rng, number):
    made = None
    while made is None:
        name = rng.choice(NAMES)
        made = FORMS[number % len(FORMS)](rng, name)
    kind, segments, *other = made
    name = other[0] if other else name
    separator = rng.choice(["; ", ";\r\n ", ";\r\n\t", ";"])
    if rng.random() < 0.3:
        segments.insert(rng.choice([0, len(segments)]), 'size=9')
    if rng.random() < 0.25:
        segments = [segment.replace("filename", "name", 1).replace("FILENAME", "NAME", 1).replace("FileName", "Name", 1) for segment in segments if segment != "size=9"]
        message = Message(f"parameters/name {kind}")
        return message.file("attachment", name, kind=separator.join(["application/octet-stream", *segments]))
    return Message(f"parameters/filename {kind}").file(separator.join([rng.choice(["attachment", "Attachment", "ATTACHMENT"]), *segments]), name)
