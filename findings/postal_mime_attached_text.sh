#!/usr/bin/env bash
# Guess: postal-mime returns an attached text byte for byte: with its CRLFs, and without the line break before the boundary, which belongs to the boundary (RFC 2046 5.1.1).
# So: postal-mime 4.0.0 turns the line breaks of a file sent in 7bit or 8bit into LF and adds one at its end: its length and hash differ from the original; base64 is exact.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" postal-mime@4.0.0 mailparser@3.14.2 >/dev/null
cd "$folder"
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';
const file = '1,2\r\n3,4';
const message = (encoding, body) => [
  'Content-Type: multipart/mixed; boundary=b', '', '--b', 'Content-Type: text/csv; name=a.csv',
  'Content-Disposition: attachment; filename=a.csv', `Content-Transfer-Encoding: ${encoding}`, '', body, '--b--', '',
].join('\r\n');
const read = async (text) => new TextDecoder().decode((await PostalMime.parse(text)).attachments[0].content);
const plain = message('7bit', file);
console.log(JSON.stringify([await read(plain), (await simpleParser(plain)).attachments[0].content.toString()]));
assert.equal(await read(plain), '1,2\n3,4\n');
assert.equal((await simpleParser(plain)).attachments[0].content.toString(), file);
assert.equal(await read(message('base64', Buffer.from(file).toString('base64'))), file);
NODE
node check.mjs
