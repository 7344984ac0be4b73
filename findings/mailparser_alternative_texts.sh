#!/usr/bin/env bash
# Guess: if a multipart/alternative has two text/plain parts, forms of the same text (RFC 2046 5.1.4), mailparser and postal-mime show one.
# So: mailparser 3.14.2 and postal-mime 4.0.0 concatenate them: a message with a fixed and a flowed form says everything twice; Python's get_body returns the first.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" mailparser@3.14.2 postal-mime@4.0.0 >/dev/null
cd "$folder"
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import { writeFileSync } from 'node:fs';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';
const message = [
  'Content-Type: multipart/alternative; boundary=b', '',
  '--b', 'Content-Type: text/plain', '', 'The fixed', 'form.',
  '--b', 'Content-Type: text/plain; format=flowed', '', 'The fixed ', 'form.', '--b--', '',
].join('\r\n');
writeFileSync('message.eml', message);
for (const text of [(await simpleParser(message)).text, (await PostalMime.parse(message)).text]) {
  console.log(JSON.stringify(text));
  assert.equal(text.match(/fixed/g).length, 2);
}
NODE
node check.mjs
python3 - <<'PYTHON'
import email, email.policy
with open("message.eml", "rb") as file:
    message = email.message_from_binary_file(file, policy=email.policy.default)
assert message.get_body(("plain",)).get_content() == "The fixed\nform."
PYTHON
