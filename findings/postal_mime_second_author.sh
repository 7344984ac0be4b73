#!/usr/bin/env bash
# Guess: From may list several authors (RFC 5322 3.6.2), so postal-mime returns all of them, as it does for To and Cc.
# So: `from` of postal-mime 4.0.0 is only the first author; the others appear only in the raw `headers`, and a reply misses them. mailparser returns them all.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" postal-mime@4.0.0 mailparser@3.14.2 >/dev/null
cd "$folder"
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';
const message = 'From: Eva <eva@example.com>, Bob <bob@example.com>\r\nSender: eva@example.com\r\n\r\nx\r\n';
const { headers, headerLines, ...read } = await PostalMime.parse(message);
console.log(JSON.stringify(read));
assert.ok(!JSON.stringify(read).includes('bob@example.com'));
assert.equal((await simpleParser(message)).from.value.length, 2);
NODE
node check.mjs
