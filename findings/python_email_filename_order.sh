#!/usr/bin/env bash
# Guess: where a part has both filename= and filename*=, Python's email takes the extended one, as RFC 6266 4.3 says.
# So: get_filename() gives the plain fallback, "EURO.txt"; only where filename= is absent is filename*= read.
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
