#!/usr/bin/env bash
# Guess: mail-parser (PyPI), which decodes Subject, unfolds it as well (RFC 5322 2.2.3).
# So: mail-parser 4.8.0 keeps the line break: every subject long enough to be folded contains "\r\n", which breaks a list of subjects.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mail-parser==4.8.0
"$folder/venv/bin/python" - <<'PYTHON'
import email, email.policy, mailparser
text = "Subject: Minutes of the meeting\r\n in November\r\n\r\nx"
wrong = mailparser.parse_from_string(text).subject
right = email.message_from_string(text, policy=email.policy.default)["Subject"]
print([wrong, right])
assert (wrong, right) == ("Minutes of the meeting\r\n in November", "Minutes of the meeting in November")
PYTHON
