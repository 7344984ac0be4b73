#!/usr/bin/env bash
# Guess: whitespace after a soft line break, "=  " at the end of a line, is ignored: RFC 2045 6.7 says that transport may add it.
# So: Python's email and postal-mime 4.0.0 keep the "=", the spaces and the line break (so does gmime 3.2); mailparser 3.14.2 joins the lines.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" mailparser@3.14.2 postal-mime@4.0.0 >/dev/null
cd "$folder"
printf 'Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\none =  \r\nline\r\n' >message.eml
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';
const message = readFileSync('message.eml');
const read = [(await simpleParser(message)).text.trim(), (await PostalMime.parse(message)).text.trim()];
console.log(read);
assert.deepEqual(read, ['one line', 'one =  \nline']);
NODE
node check.mjs
python3 - <<'PYTHON'
import email, email.policy, sys
text = email.message_from_binary_file(open("message.eml", "rb"), policy=email.policy.default).get_content()
print(sys.version.split()[0], repr(text))
assert text == "one =  \nline\n"
PYTHON
