#!/usr/bin/env python3
"""Compares this crate's reading of generated messages with four other readers and with what was written.

    python3 tests/oracle/compare.py FOLDER [--report FILE]

It is a difference if this crate disagrees with three of the four readers, or with the generator's own record. Each
difference needs a reason below; a difference without a reason is an error, and so is a reason without a difference.
"""

import argparse
import collections
import json
import pathlib
import re
import sys

JUDGES = ["python", "mailparser", "postal-mime", "gmime"]

# The kinds (a pattern), the facts, and why this crate reads what was written when most others do not.
REASONS = [
    (
        r"transfer/(base64|quoted-printable): (semicolon|parameter|single quotes|double quotes)\*", "text",
        "the name of an encoding is read in each spelling that is met; the others hand on what is still encoded",
    ),
    (
        r"transfer/quoted-printable: spaces at line ends", "text",
        "blanks behind a soft line break were added on the way (RFC 2045 section 6.7); the others keep the `=`",
    ),
    (
        r"charset/\w+ (hz-gb-2312|unicode-1-1-utf-7|cp5022[01]|iso-2022-jp-ms)", "subject text files",
        "the charset is decoded; most of the others do not know it",
    ),
    (
        r"dates/three digits of the year \(obs\)", "date",
        "such a year is counted from 1900 (RFC 5322 section 4.3); the others take it as it stands",
    ),
]


def fold(text):
    """Ignores whitespace and the invisible byte order mark."""
    return " ".join(text.replace("\ufeff", "").split())


def value(fact, found, meant):
    """A fact in comparable form; None if the reader could not tell."""
    if found is None:
        return None
    if fact in ("subject", "text", "html"):
        return fold(found)
    if fact in ("from", "to"):
        names = [name for name, _ in meant or []]
        is_free = [at < len(names) and names[at] is None for at in range(len(found))]
        return tuple((None if free else fold(name), address) for free, (name, address) in zip(is_free, found))
    if fact == "files":
        return tuple(sorted((fold(one["name"]) if meant else "", one["size"], one["sha256"][:8]) for one in found))
    return tuple(found) if isinstance(found, list) else found


def differences(folder):
    def lines(name):
        return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text("utf-8").split("\n") if line]

    written = json.loads((folder / "written.json").read_text())
    ours = lines("ours")
    judges = {name: lines(name) for name in JUDGES}
    counts = {name: len(read) for name, read in [("ours", ours), *judges.items()]}
    if set(counts.values()) != {len(written)}:
        sys.exit(f"{len(written)} messages were written; read were {counts}")
    for number, message in enumerate(written):
        for fact in ours[number]:
            meant = message["facts"].get(fact)
            read = {name: value(fact, judge[number][fact], meant) for name, judge in judges.items()}
            own = value(fact, ours[number][fact], meant)
            intended = value(fact, meant, meant)
            votes = collections.Counter(vote for vote in read.values() if vote is not None)
            most, count = votes.most_common(1)[0] if votes else (None, 0)
            majority = most if count >= 3 else None
            wrong = [expected for expected in (intended, majority) if expected is not None and expected != own]
            if wrong:
                yield {"message": f"{number:04}.eml", "kind": message["kind"], "fact": fact, "ours": own,
                       "written": intended, "majority": majority, **read}


def reason(difference):
    if difference["ours"] != difference["written"]:
        return None
    for number, (kinds, facts, _) in enumerate(REASONS):
        if re.fullmatch(kinds, difference["kind"]) and difference["fact"] in facts.split():
            return number
    return None


def shown(found):
    text = json.dumps(found, ensure_ascii=False)
    return text if len(text) < 160 else text[:150] + " …"


def report(grouped, write):
    for (kind, fact), found in sorted(grouped.items(), key=lambda group: (-len(group[1]), group[0])):
        first = found[0]
        write(f"## {kind}: {fact} ({len(found)}, first {first['message']})")
        for name in ["ours", "written", *JUDGES]:
            if first[name] is not None:
                write(f"- {name}: `{shown(first[name])}`")
        write("")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path, nargs="+")
    parser.add_argument("--report", type=argparse.FileType("w", errors="replace"), default=sys.stdout)
    arguments = parser.parse_args()
    found = [difference for folder in arguments.folder for difference in differences(folder)]
    unexplained = collections.defaultdict(list)
    used = collections.Counter()
    for difference in found:
        number = reason(difference)
        used[number] += 1
        if number is None:
            unexplained[difference["kind"], difference["fact"]].append(difference)
    write = lambda line: print(line, file=arguments.report)  # noqa: E731
    write(f"{len(found)} differences, {used[None]} of them without a reason, in {len(unexplained)} kinds\n")
    report(unexplained, write)
    stale = [why for number, (_, _, why) in enumerate(REASONS) if not used[number]]
    for why in stale:
        write(f"no difference has this reason any more: {why}")
    sys.exit(1 if unexplained or stale else 0)


if __name__ == "__main__":
    main()
