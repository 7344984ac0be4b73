#!/usr/bin/env bash
# Guess: Python's email folds a long In-Reply-To or References at its blanks and leaves each message id as it is.
# So: with policy.default, an id that does not fit the line is written as an RFC 2047 encoded word, which no mail program reads as an id: the thread is lost. Message-ID itself is left alone.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 - <<'PYTHON'
import platform
from email.message import EmailMessage
identifier = "<" + "a" * 90 + "@mail.example.com>"
message = EmailMessage()
message["Message-ID"] = identifier
message["In-Reply-To"] = identifier
message["References"] = " ".join(f"<{n}{'b' * 60}@mail.example.com>" for n in range(3))
message.set_content("text")
written = message.as_bytes().decode()
print(platform.python_version())
print(written)
assert "Message-ID: " + identifier in written
assert "In-Reply-To: =?utf-8?q?" in written and "References: =?utf-8?q?" in written
PYTHON
