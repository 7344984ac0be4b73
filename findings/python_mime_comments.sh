#!/usr/bin/env bash
# Guess: a comment in Content-Type or Content-Transfer-Encoding (RFC 2045 5.1 and 6.1) is harmless: with policy.default, the header objects skip it.
# So: get_content_type() returns the type with its comment, and get_content() leaves the body encoded, without an error: both use the raw text, not the header object.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 - <<'PYTHON'
import email, email.policy, platform
head = b"Content-Type: text/plain (no markup); charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable (by hand)\r\n\r\n"
message = email.message_from_bytes(head + b"Gr=C3=BC=C3=9Fe\r\n", policy=email.policy.default)
objects = message["Content-Type"].content_type, message["Content-Transfer-Encoding"].cte
methods = message.get_content_type(), message.get_content()
print(platform.python_version(), objects, methods)
assert objects == ("text/plain", "quoted-printable")
assert methods == ("text/plain (no markup)", "Gr=C3=BC=C3=9Fe\r\n")
PYTHON
