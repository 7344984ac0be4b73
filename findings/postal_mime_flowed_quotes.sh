#!/usr/bin/env bash
# Guess: a library that joins format=flowed lines strips the ">" from the second line of a quoted paragraph (RFC 3676 4.2 and 4.5).
# So: postal-mime 4.0.0 joins the lines with the ">" inside; mailparser 3.14.2 strips it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" mailparser@3.14.2 postal-mime@4.0.0 >/dev/null
cd "$folder"
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';
const text = 'Content-Type: text/plain; format=flowed\r\n\r\n> a quoted \r\n> paragraph\r\nanswer\r\n';
const read = [(await PostalMime.parse(text)).text.trim(), (await simpleParser(text)).text.trim()];
console.log(read);
assert.deepEqual(read, ['> a quoted > paragraph\nanswer', '> a quoted paragraph\nanswer']);
NODE
node check.mjs
