#!/usr/bin/env bash
# Guess: a comment in References (allowed by RFC 5322 3.6.4 and 3.2.2) is not part of the ids.
# So: mailparser 3.14.2 splits at whitespace and puts brackets around each piece: the comment's words become ids.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" mailparser@3.14.2 >/dev/null
cd "$folder"
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import { simpleParser } from 'mailparser';
const { references } = await simpleParser('References: <one@example.com> (see there) <two@example.com>\r\n\r\nx');
console.log(references);
assert.deepEqual(references, ['<one@example.com>', '<(see>', '<there)>', '<two@example.com>']);
NODE
node check.mjs
