#!/usr/bin/env bash
# Guess: mailparser returns an address as written in the message; a domain's A-label form (`xn--…`) is plain ASCII.
# So: mailparser 3.14.2 converts the domain to Unicode, so the address no longer equals the one in the header; postal-mime 4.0.0 leaves it alone.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" mailparser@3.14.2 postal-mime@4.0.0 >/dev/null
cd "$folder"
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';
const text = 'From: eva@xn--bcher-kva.example\r\n\r\nx';
const read = [(await simpleParser(text)).from.value[0].address, (await PostalMime.parse(text)).from.address];
console.log(read);
assert.deepEqual(read, ['eva@bücher.example', 'eva@xn--bcher-kva.example']);
NODE
node check.mjs
