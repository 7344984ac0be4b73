// The facts of messages according to nodemailer's mailparser and postal-mime; the output is like read_python.py's.
//
//     node read_node.mjs mailparser|postal-mime FOLDER-WITH-NODE_MODULES

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [, , reader, folder] = process.argv;
const load = (name) => import(pathToFileURL(createRequire(resolve(folder, 'package.json')).resolve(name)));

const flat = (list) =>
  (list ?? []).flatMap((one) => (one.group ? flat(one.group) : [[one.name ?? '', one.address ?? '']]));
const ids = (value) => [...[value ?? []].flat().join(' ').matchAll(/<([^<>]*)>/g)].map((found) => found[1]);
const file = (name, content) => ({
  name: name ?? '',
  size: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
});
const seconds = (date) => (date && !Number.isNaN(+date) ? Math.floor(+date / 1000) : null);

const readers = {
  async mailparser() {
    const { default: mailparser } = await load('mailparser');
    return async (bytes) => {
      const mail = await mailparser.simpleParser(bytes, { skipHtmlToText: true, skipTextToHtml: true });
      return {
        subject: mail.subject ?? '',
        from: flat([mail.from ?? []].flat().flatMap((field) => field.value)),
        to: flat([mail.to ?? []].flat().flatMap((field) => field.value)),
        date: seconds(mail.date),
        message_id: ids(mail.messageId)[0] ?? null,
        in_reply_to: ids(mail.inReplyTo),
        references: ids(mail.references),
        text: mail.text ?? '',
        html: mail.html || '',
        files: mail.attachments.map((one) => file(one.filename, one.content)),
      };
    };
  },
  async 'postal-mime'() {
    const { default: PostalMime } = await load('postal-mime');
    return async (bytes) => {
      const mail = await PostalMime.parse(bytes);
      return {
        subject: mail.subject ?? '',
        from: flat([mail.from ?? []].flat()),
        to: flat(mail.to),
        date: seconds(mail.date && new Date(mail.date)),
        message_id: ids(mail.messageId)[0] ?? null,
        in_reply_to: ids(mail.inReplyTo),
        references: ids(mail.references),
        text: mail.text ?? '',
        html: mail.html ?? '',
        files: mail.attachments.map((one) => file(one.filename, Buffer.from(one.content))),
      };
    };
  },
};

const read = await readers[reader]();
for await (const path of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await read(readFileSync(path))));
}
