#!/usr/bin/env bash
# Guess: parsers read a Date with a three-digit year as RFC 5322 4.3 says: they add 1900, so that 103 means 2003.
# So: Python 3's email, mailparser 3.14.2 and postal-mime 4.0.0 all return the year 103.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 - <<'PYTHON'
import email.utils, platform
year = email.utils.parsedate_to_datetime("Sun, 30 Nov 103 10:00:00 +0000").year
print("python", platform.python_version(), year)
assert year == 103
PYTHON
npm install --silent --no-fund --no-audit --prefix "$folder" mailparser@3.14.2 postal-mime@4.0.0 >/dev/null
cd "$folder"
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';
const text = 'Date: Sun, 30 Nov 103 10:00:00 +0000\r\n\r\nx';
const dates = [(await simpleParser(text)).date.toISOString(), (await PostalMime.parse(text)).date];
console.log(dates);
assert.ok(dates.every((date) => date.startsWith('0103-')));
NODE
node check.mjs
