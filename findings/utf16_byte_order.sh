#!/usr/bin/env bash
# Guess: text in charset=utf-16 without a byte order mark is big-endian, as RFC 2781 4.3 says.
# So: postal-mime 4.0.0 (WHATWG's TextDecoder) reads it as little-endian, so that "ab" becomes two Chinese characters; mailparser 3.14.2 looks at the bytes and gets it right.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" mailparser@3.14.2 postal-mime@4.0.0 >/dev/null
cd "$folder"
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';
const text = 'Content-Type: text/plain; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\nAGEAYg==\r\n';
const read = [(await simpleParser(text)).text.trim(), (await PostalMime.parse(text)).text.trim()];
console.log(read);
assert.deepEqual(read, ['ab', '愀戀']);
NODE
node check.mjs
