#!/usr/bin/env bash
# Guess: Python decodes mail in every IANA charset whose encoding it has, such as windows-31j (its cp932).
# So: it doesn't know the registered names windows-31j, windows-874 and iso-8859-8-i: get_content() raises LookupError, and a Subject in such a charset turns into U+FFFD without an error.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 - <<'PYTHON'
import email, email.policy, platform
read = lambda data: email.message_from_bytes(data, policy=email.policy.default)
print(platform.python_version())
for name, base64, same in [("windows-31j", b"k/qWe4zq", "cp932"), ("windows-874", b"ocLC", "cp874"), ("iso-8859-8-i", b"+ezl7Q==", "iso-8859-8")]:
    body = b"Content-Type: text/plain; charset=%b\r\nContent-Transfer-Encoding: base64\r\n\r\n%b\r\n"
    right = read(body % (same.encode(), base64)).get_content()
    try:
        read(body % (name.encode(), base64)).get_content()
        raise SystemExit(f"{name} is known now")
    except LookupError as error:
        subject = str(read(b"Subject: =?%b?B?%b?=\r\n\r\n" % (name.encode(), base64))["Subject"])
        print(name, "->", error, "| as", same, right.strip(), "| subject", subject)
        assert "\ufffd" in subject
PYTHON
