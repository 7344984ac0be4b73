#!/usr/bin/env node
// Runs Google's Node client against the sandbox.
//
// The argument is a file with a running sandbox's announcement, one line of JSON:
//
//     npm install @googleapis/gmail google-auth-library
//     airbyte-gmail sandbox > sandbox.json &
//     node tests/clients/google_node.mjs sandbox.json
//
// The packages resolve from the working folder, so they can be installed anywhere.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.cwd(), 'package.json'));
const { gmail } = require('@googleapis/gmail');
const { OAuth2Client } = require('google-auth-library');

const TEXT = 'To: support@example.com\r\nSubject: from Node\r\n\r\nhello\r\n';
const RAW = Buffer.from(TEXT).toString('base64url');
const ABSENT = '00000000000000ff';

function holds(name, condition, seen) {
  if (!condition) {
    console.error(`FAILED ${name}: ${JSON.stringify(seen ?? null).slice(0, 400)}`);
    process.exit(1);
  }
  console.log(`ok ${name}`);
}

async function status(call) {
  try {
    return (await call).status;
  } catch (error) {
    return Number(error.status ?? error.code);
  }
}

const sandbox = JSON.parse(readFileSync(process.argv[2], 'utf8').split('\n')[0]);
const auth = new OAuth2Client({
  clientId: sandbox.google.client_id,
  clientSecret: sandbox.google.client_secret,
  endpoints: {
    oauth2TokenUrl: sandbox.token_url,
    oauth2RevokeUrl: `${sandbox.gmail_url}/revoke`,
    oauth2AuthBaseUrl: `${sandbox.gmail_url}/o/oauth2/v2/auth`,
    tokenInfoUrl: `${sandbox.gmail_url}/tokeninfo`,
  },
});
auth.setCredentials({ refresh_token: sandbox.google.refresh_token });
const root = { rootUrl: `${sandbox.gmail_url}/` };
const { users } = gmail({ version: 'v1', auth, ...root });
const me = { userId: 'me' };

const profile = (await users.getProfile(me)).data;
holds('a token is refreshed and the profile read', profile.emailAddress?.includes('@'), profile);
const page = (await users.messages.list({ ...me, labelIds: ['INBOX', 'UNREAD'], maxResults: 3 })).data;
holds('two labels narrow a list', page.messages?.length === 3, page);
const { id } = page.messages[0];
const headers = (await users.messages.get({ ...me, id, format: 'metadata', metadataHeaders: ['Subject', 'From'] })).data.payload.headers;
holds('headers are picked', headers.every(({ name }) => ['Subject', 'From'].includes(name)), headers);
const starred = (await users.messages.modify({ ...me, id, requestBody: { addLabelIds: ['STARRED'] } })).data;
holds('a message is labelled', starred.labelIds.includes('STARRED'), starred);
holds('it goes to the trash', (await users.messages.trash({ ...me, id })).data.labelIds.includes('TRASH'));
holds('and comes back', !(await users.messages.untrash({ ...me, id })).data.labelIds.includes('TRASH'));

const sent = (await users.messages.send({ ...me, requestBody: { raw: RAW } })).data;
holds('a message is sent', sent.labelIds.includes('SENT'), sent);
const media = { mimeType: 'message/rfc822', body: TEXT };
const uploaded = (await users.messages.send({ ...me, requestBody: {}, media }, root)).data;
holds('one is sent by upload', uploaded.labelIds.includes('SENT'), uploaded);
const raw = (await users.messages.get({ ...me, id: sent.id, format: 'raw' })).data.raw;
holds('its text comes back', Buffer.from(raw, 'base64url').toString().endsWith('\r\n\r\nhello\r\n'), raw);

const label = (await users.labels.create({ ...me, requestBody: { name: 'Node' } })).data;
holds('a label is made', label.name === 'Node' && label.type === 'user', label);
holds('a second of its name is refused', (await status(users.labels.create({ ...me, requestBody: { name: 'Node' } }))) === 409);
holds('it is deleted', [200, 204].includes(await status(users.labels.delete({ ...me, id: label.id }))));
const draft = (await users.drafts.create({ ...me, requestBody: { message: { raw: RAW } } })).data;
holds('a draft is sent', (await users.drafts.send({ ...me, requestBody: { id: draft.id } })).data.labelIds.includes('SENT'));
const thread = (await users.threads.list({ ...me, maxResults: 1 })).data.threads[0];
holds('a thread has messages', (await users.threads.get({ ...me, id: thread.id })).data.messages.length > 0);
const history = (await users.history.list({ ...me, startHistoryId: profile.historyId })).data.history;
holds('the history tells of it', history.length > 3, history);
holds('what is absent is 404', (await status(users.messages.get({ ...me, id: ABSENT }))) === 404);
const { token } = await auth.getAccessToken();
holds('the token has scopes', (await auth.getTokenInfo(token)).scopes.length > 0);
console.log("the sandbox serves Google's Node client");
