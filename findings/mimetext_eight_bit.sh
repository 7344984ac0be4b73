#!/usr/bin/env bash
# Guess: mimetext, made for APIs that accept raw mail, encodes non-ASCII text or declares it 8bit, and splits a long subject into encoded words of at most 75 characters (RFC 2047 2).
# So: mimetext 3.0.28 writes UTF-8 under `Content-Transfer-Encoding: 7bit`, where a relay may clear the eighth bit, and puts a subject of any length into one encoded word.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" mimetext@3.0.28 >/dev/null
cd "$folder"
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import { createMimeMessage } from 'mimetext';
const message = createMimeMessage();
message.setSender('a@example.com');
message.setRecipient('b@example.com');
message.setSubject('ü'.repeat(60));
message.addMessage({ contentType: 'text/plain', data: 'Grüße' });
const text = message.asRaw();
const encoding = text.match(/^Content-Transfer-Encoding: (.*)$/m)[1].trim();
const words = text.match(/^Subject: (.*(?:\r?\n[ \t].*)*)/m)[1].trim().split(/\s+/);
console.log(encoding, words.map((word) => word.length));
assert.ok(encoding === '7bit' && text.includes('Grüße'));
assert.ok(words.length === 1 && words[0].length > 75);
NODE
node check.mjs
