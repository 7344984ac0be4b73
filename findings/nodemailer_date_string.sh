#!/usr/bin/env bash
# Guess: nodemailer formats a message's `date` as RFC 5322 requires, from a Date or an ISO 8601 string.
# So: nodemailer 10.6.1 formats a Date but writes a string unchanged, which is not a valid field (Python finds no date; mailparser 3.14.2 happens to read it).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" nodemailer@10.6.1 mailparser@3.14.2 >/dev/null
cd "$folder"
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import fs from 'node:fs';
import { simpleParser } from 'mailparser';
import nodemailer from 'nodemailer';
const transport = nodemailer.createTransport({ streamTransport: true, buffer: true });
const write = async (date) => (await transport.sendMail({ from: 'a@example.com', to: 'b@example.com', date, text: 'x' })).message.toString();
const line = (text) => text.match(/^Date: (.*)$/m)[1].trim();
const [string, object] = [await write('2026-07-01T10:00:00+02:00'), await write(new Date('2026-07-01T08:00:00Z'))];
console.log([line(string), line(object)], (await simpleParser(string)).date);
assert.deepEqual([line(string), line(object)], ['2026-07-01T10:00:00+02:00', 'Wed, 01 Jul 2026 08:00:00 +0000']);
assert.equal((await simpleParser(string)).date.toISOString(), '2026-07-01T08:00:00.000Z');
fs.writeFileSync('message.eml', string);
NODE
node check.mjs
python3 - <<'PYTHON'
import email, email.policy, platform
date = email.message_from_binary_file(open("message.eml", "rb"), policy=email.policy.default)["Date"]
print(platform.python_version(), date.datetime, date.defects)
assert date.datetime is None
PYTHON
