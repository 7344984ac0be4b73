#!/usr/bin/env bash
# Guess: Python's email drops the space between two encoded words (RFC 2047 6.2) in a name, as it does in Subject.
# So: with policy.default, the space stays in display names: a long name that the sender had to split within a word has a gap in it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 - <<'PYTHON'
import email, email.policy, platform
words = b"=?utf-8?q?Kapit=C3=A4?=\r\n =?utf-8?q?ne?="
message = email.message_from_bytes(b"From: %b <a@example.com>\r\nSubject: %b\r\n\r\n" % (words, words), policy=email.policy.default)
name, subject = message["From"].addresses[0].display_name, str(message["Subject"])
print(platform.python_version(), [name, subject])
assert (name, subject) == ("Kapitä ne", "Kapitäne")
PYTHON
