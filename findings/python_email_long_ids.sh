#!/usr/bin/env bash
# Guess: Python's email folds a long In-Reply-To or References at whitespace and leaves each message id unchanged.
# So: with policy.default, it writes an id that doesn't fit the line as an RFC 2047 encoded word, which no mail program reads as an id: the thread breaks. Message-ID itself is left alone.
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
