#!/usr/bin/env bash
# Guess: nodemailer's streamTransport produces the message that its SMTP transport would send.
# So: with nodemailer 10.6.1 it includes the Bcc field, which SMTP leaves out: right for Gmail's API, which needs it, but a file or another mail server reveals the hidden recipients.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" nodemailer@10.6.1 >/dev/null
cd "$folder"
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import net from 'node:net';
import nodemailer from 'nodemailer';
const message = { from: 'a@example.com', to: 'b@example.com', bcc: 'c@example.com', text: 'x' };
const stream = await nodemailer.createTransport({ streamTransport: true, buffer: true }).sendMail(message);
let sent = '';
const server = net.createServer((socket) => {
  socket.write('220 x\r\n');
  let data = false;
  socket.on('data', (chunk) => {
    const text = chunk.toString();
    if (data) sent += text;
    if (data && !sent.endsWith('\r\n.\r\n')) return;
    if (data) data = false;
    else if (text.startsWith('DATA')) return (data = true), socket.write('354 x\r\n');
    socket.write('250 x\r\n');
  });
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
await nodemailer.createTransport({ host: '127.0.0.1', port: server.address().port, ignoreTLS: true }).sendMail(message);
server.close();
const found = [stream.message.toString(), sent].map((text) => /^Bcc: /m.test(text));
console.log({ stream: found[0], smtp: found[1] });
assert.ok(sent.includes('To: b@example.com'));
assert.deepEqual(found, [true, false]);
NODE
node check.mjs
