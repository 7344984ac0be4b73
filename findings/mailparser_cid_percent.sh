#!/usr/bin/env bash
# Guess: mailparser replaces `cid:` URLs with the inline image in every spelling that RFC 2392 allows: the URL percent-encodes the id.
# So: it compares the URL character by character: `cid:logo%40x`, the only spelling that RFC 2392 shows for an unusual id, remains a dead link.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" mailparser@3.14.2 >/dev/null
cd "$folder"
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import { simpleParser } from 'mailparser';
const text = ['Content-Type: multipart/related; boundary=b', '', '--b', 'Content-Type: text/html', '',
  '<img src="cid:a+b@x"><img src="cid:a%2Bb@x">', '--b', 'Content-Type: image/png', 'Content-ID: <a+b@x>',
  'Content-Transfer-Encoding: base64', '', 'iVBORw==', '--b--', ''].join('\r\n');
const { html } = await simpleParser(text);
console.log(html);
assert.equal(html, '<img src="data:image/png;base64,iVBORw=="><img src="cid:a%2Bb@x">');
NODE
node check.mjs
