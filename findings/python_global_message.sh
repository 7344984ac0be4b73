#!/usr/bin/env bash
# Guess: Python's email decodes a message/global part in base64, which RFC 6532 3.7 allows, before it parses the message inside.
# So: it parses the base64 text itself as a message, with no headers and the base64 as the body.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 - <<'PYTHON'
import base64, email, email.policy, platform
inner = base64.b64encode("Subject: Grüße\r\n\r\ntext\r\n".encode())
part = b"Content-Type: message/global\r\nContent-Transfer-Encoding: base64\r\n\r\n" + inner + b"\r\n"
child = email.message_from_bytes(part, policy=email.policy.default).get_payload(0)
print(platform.python_version(), child.keys(), child.get_payload())
assert child["Subject"] is None and child.get_payload().strip() == inner.decode()
PYTHON
