#!/usr/bin/env bash
# Guess: a subject that happens to contain `=?utf-8?q?x?=` (say, from a bug report) arrives unchanged: the library that writes the mail encodes it, since readers would decode it.
# So: nodemailer 10.6.1 and Python's MIMEText write it unencoded, and Python's EmailMessage decodes it on assignment; mimetext 3.0.28 encodes it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" nodemailer@10.6.1 mimetext@3.0.28 >/dev/null
cd "$folder"
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import { createMimeMessage } from 'mimetext';
import nodemailer from 'nodemailer';
const subject = '=?utf-8?q?x?= breaks';
const line = (text) => text.match(/^Subject: (.*)$/m)[1].trim();
const sent = await nodemailer.createTransport({ streamTransport: true, buffer: true }).sendMail({ from: 'a@example.com', to: 'b@example.com', subject, text: 'x' });
const other = createMimeMessage();
other.setSender('a@example.com');
other.setSubject(subject);
other.addMessage({ contentType: 'text/plain', data: 'x' });
const written = [line(sent.message.toString()), line(other.asRaw())];
console.log(written);
assert.deepEqual(written, [subject, '=?utf-8?B?PT91dGYtOD9xP3g/PSBicmVha3M=?=']);
NODE
node check.mjs
python3 - <<'PYTHON'
import platform
from email.message import EmailMessage
from email.mime.text import MIMEText
subject = "=?utf-8?q?x?= breaks"
old, new = MIMEText("x"), EmailMessage()
old["Subject"] = new["Subject"] = subject
print(platform.python_version(), [old["Subject"], new["Subject"]])
assert f"Subject: {subject}\n" in old.as_string() and "Subject: x breaks\n" in new.as_string()
PYTHON
