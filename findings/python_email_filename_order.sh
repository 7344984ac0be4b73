#!/usr/bin/env bash
# Guess: if a part has both filename= and filename*=, Python's email prefers the extended one, as RFC 6266 4.3 says.
# So: get_filename() returns the plain fallback, "EURO.txt"; it reads filename*= only if filename= is absent.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 - <<'PYTHON'
import email, email.policy, platform
part = b"Content-Disposition: attachment; filename=\"EURO.txt\"; filename*=UTF-8''%e2%82%ac.txt\r\n\r\n"
name = email.message_from_bytes(part, policy=email.policy.default).get_filename()
alone = email.message_from_bytes(part.replace(b'filename="EURO.txt"; ', b""), policy=email.policy.default).get_filename()
print(platform.python_version(), "both:", name, "extended alone:", alone)
assert (name, alone) == ("EURO.txt", "€.txt")
PYTHON
