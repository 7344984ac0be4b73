#!/usr/bin/env bash
# Guess: in `filename*0*=UTF-8''%e2%82%ac; filename*1="%20.txt"`, the second piece doesn't end in an asterisk, so it is literal (RFC 2231 4.1).
# So: mailparser 3.14.2 percent-decodes it too; postal-mime 4.0.0 keeps it literal.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" mailparser@3.14.2 postal-mime@4.0.0 >/dev/null
cd "$folder"
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';
const text = ['Content-Type: multipart/mixed; boundary=b', '', '--b', 'Content-Type: text/plain',
  `Content-Disposition: attachment; filename*0*=UTF-8''%e2%82%ac; filename*1="%20.txt"`, '', 'x', '--b--', ''].join('\r\n');
const names = [(await simpleParser(text)).attachments[0].filename, (await PostalMime.parse(text)).attachments[0].filename];
console.log(names);
assert.deepEqual(names, ['€ .txt', '€%20.txt']);
NODE
node check.mjs
