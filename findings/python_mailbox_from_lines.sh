#!/usr/bin/env bash
# Guess: mailbox.mbox splits at an empty line followed by a full "From " line, and returns a quoted ">From " as "From ".
# So: any line that begins with "From " starts a message, even in the middle of a paragraph or within the Content-Length; and lines quoted by add() stay quoted when read.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 - <<'PYTHON'
import mailbox, os, platform, tempfile
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "cl2.mbox")
    with open(path, "wb") as file:  # Content-Length says that the second "From " line is text
        file.write(b"From a@example.com Mon Nov 30 10:00:00 2026\nSubject: one\nContent-Length: 36\n\nHello,\nFrom here we send you this.\n\n")
    parts = [(m["Subject"], m.get_payload()) for m in mailbox.mbox(path)]
    box = mailbox.mbox(os.path.join(folder, "quoted.mbox"))
    box.add(b"Subject: two\n\nFrom here\n")
    box.flush()
    back = [m.get_payload() for m in mailbox.mbox(os.path.join(folder, "quoted.mbox"))]
print(platform.python_version(), parts, back)
assert len(parts) == 2 and parts[1][0] is None
assert back == [">From here\n"]
PYTHON
