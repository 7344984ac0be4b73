#!/usr/bin/env bash
# Guess: mailparser (iconv-lite) and postal-mime (TextDecoder) decode mail's seven-bit charsets, or report that they can't.
# So: ISO-2022-KR, HZ and UTF-7 come out undecoded, escapes included, without an error; mailparser reads ISO-2022-JP, so the gap is easy to miss.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" mailparser@3.14.2 postal-mime@4.0.0 >/dev/null
cd "$folder"
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';
const bodies = { 'iso-2022-kr': '\x1b$)C\x0eGQ1[\x0f', 'hz-gb-2312': '~{VPND~}', 'utf-7': 'Gr+APwA3w-e' };
for (const [charset, body] of Object.entries(bodies)) {
  const text = Buffer.from(`Content-Type: text/plain; charset=${charset}\r\n\r\n${body}\r\n`, 'latin1');
  const read = [(await simpleParser(text)).text.trim(), (await PostalMime.parse(text)).text.trim()];
  console.log(charset, JSON.stringify(read));
  assert.deepEqual(read, [body.trim(), body.trim()]);
}
const japanese = Buffer.from('Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1b$BF|K\\\x1b(B\r\n', 'latin1');
assert.equal((await simpleParser(japanese)).text.trim(), '日本');
NODE
node check.mjs
