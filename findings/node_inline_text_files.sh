#!/usr/bin/env bash
# Guess: mailparser and postal-mime list a named text file that is sent inline (RFC 2183 2.1 and 2.3; Apple Mail does this) among the attachments.
# So: mailparser 3.14.2 and postal-mime 4.0.0 merge it into the message's text: no attachment remains, its name is lost, and nothing separates the files from the text. A named text/csv stays an attachment, and Python's email returns each name.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" mailparser@3.14.2 postal-mime@4.0.0 >/dev/null
cd "$folder"
cat >message.eml <<'MAIL'
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

See the files.
--b
Content-Type: text/plain; name=prices.txt
Content-Disposition: inline; filename=prices.txt

apples 3
--b
Content-Type: text/csv; name=prices.csv
Content-Disposition: inline; filename=prices.csv

apples,3
--b
Content-Type: text/html; name=page.html
Content-Disposition: inline; filename=page.html

<p>apples</p>
--b--
MAIL
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';
const raw = readFileSync('message.eml');
const [one, other] = [await simpleParser(raw), await PostalMime.parse(raw)];
const names = [one, other].map((mail) => mail.attachments.map((file) => file.filename));
console.log(names, JSON.stringify([one.text, other.text]));
assert.deepEqual(names, [['prices.csv'], ['prices.csv']]);
assert.ok(one.text.includes('apples 3') && other.text.includes('apples 3'));
NODE
node check.mjs
python3 - <<'PYTHON'
import email, email.policy
with open("message.eml", "rb") as file:
    message = email.message_from_binary_file(file, policy=email.policy.default)
names = [part.get_filename() for part in message.iter_parts()]
print(names)
assert names == [None, "prices.txt", "prices.csv", "page.html"]
PYTHON
