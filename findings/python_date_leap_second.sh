#!/usr/bin/env bash
# Guess: Python's email reads a Date with second 60, which RFC 5322 3.3 allows for a leap second.
# So: the header's datetime is None (with a defect) and parsedate_to_datetime raises ValueError; parsedate_tz reads it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 - <<'PYTHON'
import email, email.policy, email.utils, platform
date = "Sat, 31 Dec 2016 23:59:60 +0000"
header = email.message_from_string(f"Date: {date}\n\n", policy=email.policy.default)["Date"]
print(platform.python_version(), header.datetime, header.defects, email.utils.parsedate_tz(date))
assert header.datetime is None and email.utils.parsedate_tz(date)[5] == 60
try:
    email.utils.parsedate_to_datetime(date)
    raise SystemExit("read now")
except ValueError as error:
    print(error)
PYTHON
