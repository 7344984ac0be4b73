#!/usr/bin/env bash
# Guess: a part of multipart/digest without a type is a message: RFC 2046 5.1.5 makes message/rfc822 the default there.
# So: mailparser 3.14.2 treats it as text/plain, and the headers of each message in the digest become text; postal-mime 4.0.0 and Python's email read messages.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" mailparser@3.14.2 postal-mime@4.0.0 >/dev/null
cd "$folder"
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';
const text = ['Content-Type: multipart/digest; boundary=b', '', '--b', '', 'Subject: inner', 'Message-ID: <1@example.com>', '',
  'text', '--b--', ''].join('\r\n');
const wrong = (await simpleParser(text)).text;
const right = (await PostalMime.parse(text, { forceRfc822Attachments: true })).attachments[0].mimeType;
console.log({ wrong, right });
assert.equal(wrong, 'Subject: inner\nMessage-ID: <1@example.com>\n\ntext');
assert.equal(right, 'message/rfc822');
NODE
node check.mjs
