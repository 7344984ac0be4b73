#!/usr/bin/env bash
# Guess: email_reply_parser hides a signature after the line "-- " (RFC 3676 4.3).
# So: only after an empty line: "Hello", "-- ", "Eva" on three lines is all reply. A reply of only quoted lines comes back empty.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check email-reply-parser==0.5.12
"$folder/venv/bin/python" - <<'PYTHON'
from email_reply_parser import EmailReplyParser
close = EmailReplyParser.parse_reply("Hello\n-- \nEva\n")
apart = EmailReplyParser.parse_reply("Hello\n\n-- \nEva\n")
quote = EmailReplyParser.parse_reply("> only this\n")
print([close, apart, quote])
assert close == "Hello\n-- \nEva" and apart == "Hello" and quote == ""
PYTHON
