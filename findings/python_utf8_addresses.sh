#!/usr/bin/env bash
# Guess: policy.SMTPUTF8 reads an address with UTF-8 in it (RFC 6532): str() of the header is right, so its addresses should be too.
# So: addr_spec holds lone surrogates, one for each byte, and can't be encoded or compared; nothing is raised until it is printed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 - <<'PYTHON'
import email, email.policy, platform
to = email.message_from_bytes("To: jörg@example.com\r\n\r\n".encode(), policy=email.policy.SMTPUTF8)["To"]
address = to.addresses[0].addr_spec
print(platform.python_version(), str(to), ascii(address))
assert str(to) == "jörg@example.com" and address == "j\udcc3\udcb6rg@example.com"
try:
    address.encode()
    raise SystemExit("can be encoded now")
except UnicodeEncodeError as error:
    print(error)
PYTHON
