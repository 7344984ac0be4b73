"""Encoded words (RFC 2047) in every place, whole and split."""

import re

from message import Message, b_word, q_word

TEXTS = [
    ("utf-8", "pasižadėjimas"),
    ("utf-8", "Über größere Straßen"),
    ("utf-8", "日本語の長い件名です"),
    ("utf-8", "emoji 🎉 and 👩‍👩‍👧 too"),
    ("utf-8", "한국어 제목"),
    ("iso-8859-1", "café crème"),
    ("iso-8859-2", "Zażółć gęślą"),
    ("windows-1251", "Привет, мир"),
    ("koi8-r", "Добрый день"),
    ("gb2312", "你好世界"),
    ("big5", "繁體中文"),
    ("shift_jis", "日本語の手紙"),
    ("euc-kr", "한국어"),
    ("iso-2022-jp", "日本語の件名"),
    ("gb18030", "汉字和汉字"),
]

SEPARATORS = [" ", "  ", "\r\n ", "\r\n\t", " \r\n ", "\t"]


def one(rng, charset, data):
    """An encoded word with these bytes, in one of its spellings."""
    shown = rng.choice([charset, charset.upper(), charset.lower()])
    if rng.random() < 0.5:
        return b_word(data, shown, mark=rng.choice("Bb"))
    return q_word(data, shown, mark=rng.choice("Qq"), underscore=rng.random() < 0.7)


def whole(rng, charset, text):
    return "whole", one(rng, charset, text.encode(charset)), text


def between_letters(rng, charset, text):
    cuts = sorted(rng.sample(range(1, len(text)), min(len(text) - 1, rng.randint(1, 4))))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)])]
    made = [one(rng, charset, piece.encode(charset)) for piece in pieces]
    joined = made[0]
    for word in made[1:]:
        joined += rng.choice(SEPARATORS) + word
    return "between letters", joined, text


def within_a_letter(rng, charset, text):
    if charset.startswith("iso-2022"):
        return between_letters(rng, charset, text)
    data = text.encode(charset)
    cuts = sorted(rng.sample(range(1, len(data)), min(len(data) - 1, rng.randint(1, 3))))
    form = rng.choice([b_word, q_word])
    pieces = [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)])]
    joined = rng.choice(SEPARATORS).join(form(piece, charset) for piece in pieces)
    return "within a letter*", joined, text


def without_padding(rng, charset, text):
    data = text.encode(charset)
    return "without padding*", b_word(data, charset, padded=False), text


def with_language(rng, charset, text):
    return "with a language", one(rng, charset + rng.choice(["*en", "*de-AT"]), text.encode(charset)), text


def beside_plain(rng, charset, text):
    word = one(rng, charset, text.encode(charset))
    before, after = rng.choice([("Re: ", ""), ("", " plain"), ("Fwd: a ", " b"), ("[list] ", " (2)")])
    return "beside plain words", before + word + after, before + text + after


def of_two_charsets(rng, charset, text):
    other, more = rng.choice(TEXTS)
    words = one(rng, charset, text.encode(charset)) + rng.choice(SEPARATORS) + one(rng, other, more.encode(other))
    return "of two charsets", words, text + more


def with_a_space_inside(rng, charset, text):
    first = one(rng, charset, (text + " ").encode(charset))
    return "with a space inside", first + " " + one(rng, charset, text.encode(charset)), f"{text} {text}"


def touching(rng, charset, text):
    before, after = rng.choice([("(", ")"), ("[", "]"), ("", ","), ("", "."), ("<", ">"), ("", "!"), ("'", ""), ('"', '"')])
    return "touching*", before + one(rng, charset, text.encode(charset)) + after, before + text + after


def touching_each_other(rng, charset, text):
    half = len(text) // 2
    words = one(rng, charset, text[:half].encode(charset)) + one(rng, charset, text[half:].encode(charset))
    return "touching each other*", words, text


def raw_spaces(rng, charset, text):
    data = "é ü".encode("utf-8")
    return "with raw spaces*", "=?utf-8?Q?" + "".join(chr(b) if b == 32 else f"={b:02X}" for b in data) + "?=", "é ü"


def lower_hex(rng, charset, text):
    word = q_word(text.encode(charset), charset)
    head, mark, rest = word.rpartition("?Q?")
    return "lower-case hex*", head + mark + re.sub("=[0-9A-F]{2}", lambda sign: sign.group().lower(), rest), text


def utf8_as_ascii(rng, charset, text):
    return "us-ascii with UTF-8*", one(rng, "us-ascii", "Größe €".encode()), "Größe €"


def iso8859_with_c1(rng, charset, text):
    return "iso-8859-1 with windows bytes*", one(rng, "iso-8859-1", "5 € “so”".encode("cp1252")), "5 € “so”"


def no_words(rng, charset, text):
    plain = rng.choice(["a =? b ?= c", "=?utf-8?X?abc?=", "2 =?= 2", "=?utf-8?Q?abc", "50% = half?"])
    return "not a word", plain, plain


FORMS = [
    whole, between_letters, between_letters, within_a_letter, within_a_letter, without_padding, with_language,
    beside_plain, of_two_charsets, with_a_space_inside, touching, touching_each_other, raw_spaces, lower_hex,
    utf8_as_ascii, iso8859_with_c1, no_words,
]


def write(rng, number):
    form = FORMS[number % len(FORMS)]
    charset, text = rng.choice(TEXTS)
    name, value, meant = form(rng, charset, text)
    place = rng.choice(["subject", "subject", "from", "to", "filename"])
    if form is no_words and place != "subject":
        place = "subject"
    message = Message(f"words/{place} {name}")
    if place == "subject":
        return message.header("Subject", value).meaning(subject=meant)
    if place == "filename":
        # Not allowed (RFC 2047 section 5), but written by most programs.
        # This crate makes names safe to save: no colons, no trailing dots, no invisible characters.
        if '"' in value or meant.endswith(".") or any(sign in meant for sign in ":<>\u200d"):
            return None
        message.kind = f"words/filename {name.rstrip('*')}*"
        return message.file(f'attachment; filename="{value}"' if rng.random() < 0.5 else
                            f'attachment;\r\n filename="{value}"', meant)
    if form in (beside_plain, touching):
        # Phrases treat brackets, commas and full stops specially.
        return None
    list_ = [[meant, "someone@example.com"]]
    spelled = f"{value} <someone@example.com>"
    if place == "to":
        list_.append(["", "other@example.org"])
        spelled += ", other@example.org"
        return message.header("To", spelled).meaning(to=list_)
    return message.header("From", spelled).meaning(**{"from": list_})
