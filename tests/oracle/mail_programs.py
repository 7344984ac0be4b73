#!/usr/bin/env python3
"""Lets other mail programs read exports, and imports what they write.

usage: mail_programs.py PROGRAM [COUNT]

Needs notmuch, mu (maildir-utils), mutt, dovecot (doveadm), mblaze and script (bsdutils). Prints a line for each check;
exits with 1 if one finds a difference or a program is missing. All servers are on 127.0.0.1.
"""

import base64
import hashlib
import json
import mailbox
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path

PROGRAM = os.path.abspath(sys.argv[1])
COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 500
WORK = Path(tempfile.mkdtemp(prefix="mailbox-oracle-"))
failures = 0


def check(name, got, expected):
    global failures
    ok = got == expected
    failures += not ok
    print(f"{'ok  ' if ok else 'FAIL'} {name}" + ("" if ok else f": {short(got)} instead of {short(expected)}"), flush=True)


def short(value):
    text = repr(value)
    return text if len(text) < 300 else text[:300] + "…"


def call(*arguments, check_code=True, **more):
    done = subprocess.run([str(argument) for argument in arguments], capture_output=True, **more)
    if check_code and done.returncode != 0:
        raise SystemExit(f"{arguments}: {done.returncode}\n{done.stdout.decode()[-2000:]}{done.stderr.decode()[-2000:]}")
    return done


class Sandbox:
    def __init__(self, *arguments):
        self.process = subprocess.Popen([PROGRAM, "sandbox", *map(str, arguments)], stdout=subprocess.PIPE)
        self.facts = json.loads(self.process.stdout.readline())
        google = self.facts["google"]
        self.variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(WORK),
            "AIRBYTE_GMAIL_CONFIG_DIR": str(WORK / "config"),
            "GMAIL_API_URL": self.facts["gmail_url"],
            "GOOGLE_TOKEN_URL": self.facts["token_url"],
            "GMAIL_REFRESH_TOKEN": google["refresh_token"],
            "GMAIL_CLIENT_ID": google["client_id"],
            "GMAIL_CLIENT_SECRET": google["client_secret"],
        }

    def run(self, *arguments, check_code=True):
        return call(PROGRAM, *arguments, check_code=check_code, env=self.variables)

    def api(self, path, body=None):
        request = urllib.request.Request(
            self.facts["gmail_url"] + "/gmail/v1/users/me/" + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": "Bearer " + self.facts["google"]["access_token"],
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def messages(self):
        """Each message's bytes, label names and date."""
        names = {label["id"]: label["name"] for label in self.api("labels")["labels"]}
        found, token = [], ""
        while True:
            page = self.api(f"messages?includeSpamTrash=true&maxResults=500&pageToken={token}")
            for reference in page.get("messages", []):
                message = self.api(f"messages/{reference['id']}?format=raw")
                raw = base64.urlsafe_b64decode(message["raw"] + "==")
                found.append((raw, {names[label] for label in message.get("labelIds", [])}, int(message["internalDate"])))
            token = page.get("nextPageToken", "")
            if not token:
                return found

    def stop(self):
        self.process.kill()
        self.process.wait()


def plain(raw):
    """A message without the headers that mail programs add, and with LF line breaks."""
    text = raw.replace(b"\r\n", b"\n")
    head, _, body = text.partition(b"\n\n")
    noted = rb"(?im)^(status|x-status|x-keywords|x-uid|x-imap|x-imapbase|content-length|lines|x-gmail-labels):.*\n([ \t].*\n)*"
    head = re.sub(noted, b"", head + b"\n")
    return head + b"\n" + body.rstrip(b"\n")


def digests(raws):
    return Counter(hashlib.sha256(plain(raw)).hexdigest() for raw in raws)


def generated(count):
    rng = random.Random(count)
    lines = [
        "A line of text as people write it.",
        "From here on it is a sentence.",
        ">From there it was quoted.",
        "",
        "From support@example.com Thu Jan  1 00:00:00 2026",
        "Grüße aus Łódź",
    ]
    messages = []
    for number in range(count):
        labels = rng.choice(["Inbox", "Inbox,Unread", "Archived,Starred", "Sent", 'Inbox,"A, B",Work/Invoices', "Spam", "Trash"])
        body = "\n".join(rng.choice(lines) for _ in range(rng.randint(1, 40)))
        day = 1 + number % 28
        messages.append(
            f"X-Gmail-Labels: {labels}\nMessage-ID: <{number}@example.com>\nFrom: support@example.com\nTo: user@example.com\n"
            f"Date: {day} Jan 2026 {number % 24:02}:00:00 +0000\nSubject: Number {number}\n"
            f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{body}\n".encode()
        )
    return messages


def mboxrd(messages):
    out = b""
    parts = []
    for raw in messages:
        quoted = re.sub(rb"(?m)^(>*From )", rb">\1", raw)
        parts.append(b"From support@example.com Thu Jan  1 00:00:00 2026\n" + quoted + b"\n")
    return out.join(parts)


def mutt(arguments, keys):
    """Runs mutt with these keys, on a terminal."""
    settings = [
        "set delete=no move=no quit=yes confirmappend=no confirmcreate=no mark_old=no mail_check=0 wait_key=no",
        "unset confirmappend",
    ]
    command = ["mutt", "-n", "-F", "/dev/null"]
    for setting in settings:
        command += ["-e", setting]
    command += ["-e", f'push "{keys}"', *map(str, arguments)]
    line = " ".join("'" + part.replace("'", "'\\''") + "'" for part in command)
    environment = {**os.environ, "HOME": str(WORK), "TERM": "xterm", "LC_ALL": "C.UTF-8"}
    return call("script", "-qec", f"stty rows 40 cols 120; {line}", "/dev/null", env=environment, stdin=subprocess.DEVNULL, timeout=300)


def mutt_copy(source, target, count):
    """Lets mutt copy all messages. Keys sent before the folder is open can get lost, so this tries again when mutt has only
    copied one message."""
    for _ in range(10):
        target.unlink(missing_ok=True)
        mutt(["-R", "-f", source], f"<tag-pattern>~A<enter><tag-prefix><copy-message>{target}<enter><exit>")
        found = len(re.findall(rb"(?m)^Message-ID:", target.read_bytes(), re.I)) if target.exists() else 0
        if found != 1 or count == 1:
            break
    return target


def dovecot(location, *arguments, check_code=True):
    """Runs doveadm without a server; it refuses to read mail as root."""
    folder = WORK / "dovecot"
    folder.mkdir(exist_ok=True)
    (folder / "conf").write_text(
        f"base_dir = {folder}/run\nstate_dir = {folder}/state\nlog_path = {folder}/log\nmail_location = {location}\n"
        "ssl = no\nfirst_valid_uid = 1\nfirst_valid_gid = 1\nmbox_write_locks = fcntl\nmbox_read_locks = fcntl\n"
        "namespace inbox {\n  inbox = yes\n}\n"
    )
    environment = {**os.environ, "USER": "nobody", "HOME": str(folder)}
    more = {}
    if os.getuid() == 0:
        os.chmod(WORK, 0o755)
        paths = [folder] + [Path(path) for path in re.findall(r"[:=](/[^:]+)", location)]
        call("chown", "-R", "65534:65534", *[path for path in paths if path.exists()], *[path.parent for path in paths[1:]])
        more = {"user": 65534, "group": 65534, "extra_groups": []}
    return call("doveadm", "-c", folder / "conf", *arguments, env=environment, check_code=check_code, **more)


def main():
    missing = [name for name in ["notmuch", "mu", "mutt", "doveadm", "mlist", "script"] if not shutil.which(name)]
    if missing:
        raise SystemExit(f"not installed: {', '.join(missing)}")
    messages = generated(COUNT)
    source = WORK / "source.mbox"
    source.write_bytes(mboxrd(messages))
    sandbox = Sandbox("--mbox", source)
    try:
        held = sandbox.messages()
        check("the sandbox holds each message", digests(raw for raw, _, _ in held), digests(messages))
        exports(sandbox, held)
        sample = Sandbox()
        try:
            exports(sample, sample.messages(), "sample ")
        finally:
            sample.stop()
        imports(messages)
    finally:
        sandbox.stop()
    print(f"{failures} differences")
    shutil.rmtree(WORK, ignore_errors=True)
    sys.exit(1 if failures else 0)


def exports(sandbox, held, what=""):
    folder = WORK / (what.strip() or "generated")
    folder.mkdir()
    count = len(held)
    raws = digests(raw for raw, _, _ in held)
    for form in ["mbox", "maildir"]:
        sandbox.run("export", "--format", form, "--include-spam-trash", "--out", folder / form)
    mbox, maildir = folder / "mbox", folder / "maildir"

    read = list(mailbox.mbox(mbox))
    check(f"{what}mbox, Python: count", len(read), count)
    unquoted = lambda raw: re.sub(rb"(?m)^>(>*From )", rb"\1", raw)
    box = mailbox.mbox(mbox)
    check(f"{what}mbox, Python: bytes", digests(unquoted(box.get_bytes(key)) for key in box.keys()), raws)
    dates = Counter(time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at // 1000)) for _, _, at in held)
    stamps = Counter(time.strftime("%Y-%m-%d %H:%M:%S", time.strptime(message.get_from().split(" ", 1)[1])) for message in read)
    check(f"{what}mbox, Python: dates of the separators", stamps, dates)

    box = mailbox.Maildir(maildir)
    check(f"{what}Maildir, Python: bytes", digests(box.get_bytes(key) for key in box.keys()), raws)
    check(f"{what}Maildir, Python: dates", Counter(int(message.get_date()) for message in box), Counter(at // 1000 for _, _, at in held))
    flags = Counter("".join(sorted(message.get_flags())) for message in box)
    expected = Counter(
        "".join(flag for flag, has in [("D", "DRAFT" in labels), ("F", "STARRED" in labels), ("S", "UNREAD" not in labels), ("T", "TRASH" in labels)] if has)
        for _, labels, _ in held
    )
    check(f"{what}Maildir, Python: flags", flags, expected)

    # mblaze.
    listed = call("mlist", maildir).stdout.split()
    check(f"{what}Maildir, mblaze: count", len(listed), count)
    seen = call("mlist", "-S", maildir).stdout.split()
    check(f"{what}Maildir, mblaze: seen", len(seen), sum("UNREAD" not in labels for _, labels, _ in held))

    # notmuch and mu get a copy, because notmuch renames files.
    copy = WORK / f"{what.strip()}-notmuch"
    shutil.copytree(maildir, copy / "mail")
    config = copy / "config"
    config.write_text(f"[database]\npath={copy}/mail\n[new]\ntags=\n[maildir]\nsynchronize_flags=true\n[user]\nname=x\nprimary_email=user@example.com\n")
    environment = {**os.environ, "NOTMUCH_CONFIG": str(config), "HOME": str(WORK)}
    call("notmuch", "new", env=environment)
    # notmuch merges two files with the same Message-ID into one message.
    files = call("notmuch", "search", "--output=files", "*", env=environment).stdout.split()
    check(f"{what}Maildir, notmuch: files", len(files), count)
    flagged = call("notmuch", "search", "--output=files", "tag:flagged", env=environment).stdout.split()
    check(f"{what}Maildir, notmuch: flagged", len(flagged), sum("STARRED" in labels for _, labels, _ in held))
    environment = {**os.environ, "HOME": str(WORK)}
    shutil.copytree(maildir, copy / "mu")
    call("mu", "init", f"--muhome={copy}/muhome", f"--maildir={copy}/mu", env=environment)
    call("mu", "index", f"--muhome={copy}/muhome", "--quiet", env=environment)
    found = call("mu", "find", f"--muhome={copy}/muhome", "--format=plain", "--fields=l", "", env=environment, check_code=False).stdout.split()
    ids = lambda raws: len(raws)
    check(f"{what}Maildir, mu: count", len(found), ids(held))

    # dovecot gets copies, because it writes.
    shutil.copytree(maildir, copy / "dovecot")
    fetched = dovecot(f"maildir:{copy}/dovecot", "fetch", "uid flags date.received", "mailbox", "INBOX", "all").stdout.decode()
    check(f"{what}Maildir, dovecot: count", fetched.count("uid: "), count)
    check(f"{what}Maildir, dovecot: seen", fetched.count("\\Seen"), sum("UNREAD" not in labels for _, labels, _ in held))
    received = Counter(re.findall(r"date.received: (\S+ \S+)", fetched))
    check(f"{what}Maildir, dovecot: dates", received, dates)
    (copy / "boxes").mkdir()
    shutil.copy(mbox, copy / "boxes" / "inbox")
    fetched = dovecot(f"mbox:{copy}/boxes:INBOX={copy}/boxes/inbox", "fetch", "uid date.received", "mailbox", "INBOX", "all").stdout.decode()
    check(f"{what}mbox, dovecot: count", fetched.count("uid: "), count)
    check(f"{what}mbox, dovecot: dates", Counter(re.findall(r"date.received: (\S+ \S+)", fetched)), dates)

    # mutt copies everything it reads.
    mutt_copy(mbox, folder / "by-mutt", count)
    check(f"{what}mbox, mutt: count", len(list(mailbox.mbox(folder / "by-mutt"))), count)

    # Another program opens and changes the export: nothing is lost, and nothing is exported twice.
    changed = WORK / f"{what.strip()}-changed"
    changed.mkdir()
    shutil.copy(mbox, changed / "mbox")
    shutil.copy(folder / "mbox.index", changed / "mbox.index")
    mutt(["-f", changed / "mbox"], "<tag-pattern>~A<enter><tag-prefix><set-flag>!<sync-mailbox><exit>")
    check(f"{what}mbox, changed by mutt", (changed / "mbox").read_bytes() != mbox.read_bytes(), True)
    again = json.loads(sandbox.run("export", "--format", "mbox", "--include-spam-trash", "--out", changed / "mbox").stdout)
    check(f"{what}mbox, changed by mutt: exported again", (again["exported"], again["exported_again"], again["already_there"]), (0, 0, count))
    target = Sandbox("--mbox", "/dev/null")
    try:
        # CHAT and DRAFT are imported differently, or not at all.
        target.run("import", changed / "mbox", "--keep-labels", check_code=False)
        got = target.messages()
        check(f"{what}mbox, changed by mutt: imported", digests(unquoted(raw) for raw, _, _ in got), digests(unquoted(raw) for raw, _, _ in held))
        labels = lambda found: Counter(frozenset(labels - {"CHAT"}) for _, labels, _ in found)
        check(f"{what}mbox, changed by mutt: labels", labels(got), labels(held))
    finally:
        target.stop()


def imports(messages):
    folder = WORK / "imports"
    folder.mkdir()
    few = [re.sub(rb"^X-Gmail-Labels:.*\n", b"", raw) for raw in messages[:200]]

    box = mailbox.mbox(folder / "python.mbox")
    maildir = mailbox.Maildir(folder / "python.maildir")
    for number, raw in enumerate(few):
        entry = mailbox.mboxMessage(raw)
        entry.set_flags("RO" if number % 2 else "O")
        # Parsing a message with Python changes nothing in it.
        box.add(entry)
        entry = mailbox.MaildirMessage(raw)
        entry.set_subdir("cur")
        entry.set_flags("S" if number % 2 else "F")
        maildir.add(entry)
    box.flush()
    # Python writes mboxo, which cannot distinguish an original `>From ` line from a quoted one.
    loose = lambda raw: re.sub(rb"(?m)^>+From ", b"From ", raw)

    mutt_copy(folder / "python.mbox", folder / "mutt.mbox", len(few))
    separators = {
        "Thunderbird's bare": b"From \n",
        "Thunderbird's hyphen": b"From - \n",
        "Thunderbird's dated": b"From - Thu Jan  1 00:00:00 2026\n",
    }
    for name, separator in separators.items():
        quoted = [re.sub(rb"(?m)^(>*From )", rb">\1", raw) for raw in few]
        (folder / name).write_bytes(b"".join(separator + b"X-Mozilla-Status: 0001\n" + raw + b"\n" for raw in quoted))
    takeout = messages[:200]
    (folder / "Takeout's").write_bytes(
        b"".join(
            f"From {1850000000000000000 + number}@xxx Thu Jan 01 10:00:00 +0000 2026\r\nX-GM-THRID: {1850000000000000000 + number}\r\n".encode()
            + re.sub(rb"(?m)^(>*From )", rb">\1", raw).replace(b"\n", b"\r\n")
            + b"\r\n"
            for number, raw in enumerate(takeout)
        )
    )
    # dovecot writes an mbox and a Maildir from a Maildir.
    for kind, location in [("dovecot.maildir", f"maildir:{folder}/dovecot.maildir"), ("dovecot.mbox", f"mbox:{folder}/dovecot.mboxes:INBOX={folder}/dovecot.mbox")]:
        if kind == "dovecot.mbox":
            (folder / "dovecot.mboxes").mkdir()
            (folder / "dovecot.mbox").touch()
        for raw in few:
            dovecot_save(location, raw)

    for name in ["python.mbox", "python.maildir", "mutt.mbox", *separators, "Takeout's", "dovecot.maildir", "dovecot.mbox"]:
        target = Sandbox("--mbox", "/dev/null")
        try:
            done = target.run("import", folder / name, check_code=False)
            got = target.messages()
            strip = lambda raw: loose(re.sub(rb"(?m)\A(X-GM-THRID|X-Mozilla-Status):.*\n", b"", raw.replace(b"\r\n", b"\n")))
            check(f"import of {name}: bytes", digests(strip(raw) for raw, _, _ in got), digests(loose(raw) for raw in few))
            if name.startswith("python"):
                check(f"import of {name}: unread", sum("UNREAD" in labels for _, labels, _ in got), len(few) // 2)
            if name == "Takeout's":
                check(f"import of {name}: exit", done.returncode, 0)
                check(f"import of {name}: labels", sum("A, B" in labels and "Work/Invoices" in labels for _, labels, _ in got), sum(b'"A, B"' in raw for raw in takeout))
        finally:
            target.stop()


def dovecot_save(location, raw):
    folder = WORK / "dovecot"
    folder.mkdir(exist_ok=True)
    (folder / "message").write_bytes(raw)
    dovecot(location, "save", "-m", "INBOX", folder / "message")


main()
