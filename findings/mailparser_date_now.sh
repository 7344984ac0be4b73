#!/usr/bin/env bash
# Guess: mailparser omits `date` if it can't read the Date header, as it does without one.
# So: it returns the time of parsing: a one-letter zone (RFC 5322 4.3, obs-zone) makes an old message look new.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" mailparser@3.14.2 >/dev/null
cd "$folder"
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import { simpleParser } from 'mailparser';
const read = async (date) => (await simpleParser(`Date: ${date}\r\n\r\nx`)).date;
const before = Date.now();
const odd = await read('Thu, 30 Nov 2006 10:00:00 A');
const good = await read('Thu, 30 Nov 2006 10:00:00 +0000');
console.log({ odd, good, without: (await simpleParser('Subject: x\r\n\r\nx')).date });
assert.ok(odd.getTime() >= before && odd.getTime() <= Date.now());
assert.equal(good.toISOString(), '2006-11-30T10:00:00.000Z');
NODE
node check.mjs
