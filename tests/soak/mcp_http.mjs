#!/usr/bin/env node
// Many MCP clients over HTTP: `node tests/soak/mcp_http.mjs target/release/airbyte-gmail 600` (seconds; CLIENTS=100).
//
// Each client keeps one session and calls a tool twice a second; every other client also listens on a stream. Each
// second another client starts a session and disappears. Every answer is checked against its request. The server's
// memory and handles are printed ten times; exits with 1 if an answer was lost or wrong.

import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const [, , program, seconds = '600'] = process.argv;
const clients = Number(process.env.CLIENTS ?? 100);
const TOKEN = 'token-of-the-test';

/** The first line of a stream that matches. */
async function line(stream, pattern) {
  for await (const text of createInterface({ input: stream })) {
    const found = text.match(pattern);
    if (found) return found[0];
  }
  throw new Error('it said nothing');
}

const sandbox = spawn(program, ['sandbox'], { stdio: ['ignore', 'pipe', 'inherit'] });
const here = JSON.parse(await line(sandbox.stdout, /.+/));
const env = {
  PATH: process.env.PATH,
  GMAIL_REFRESH_TOKEN: here.google.refresh_token,
  GMAIL_CLIENT_ID: here.google.client_id,
  GMAIL_CLIENT_SECRET: here.google.client_secret,
  GMAIL_API_URL: here.gmail_url,
  GOOGLE_TOKEN_URL: here.token_url,
  AIRBYTE_GMAIL_MCP_TOKEN: TOKEN,
};
const server = spawn(program, ['mcp', '--http', '--port', '0'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
const url = await line(server.stderr, /http:\S+/);
server.stderr.resume();

const count = { calls: 0, wrong: 0, lost: 0, abandoned: 0 };
const faults = new Map();
const fault = (what) => faults.set(what, (faults.get(what) ?? 0) + 1);
const times = [];

async function post(session, message, signal) {
  const headers = {
    authorization: `Bearer ${TOKEN}`,
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    ...(session ? { 'mcp-session-id': session, 'mcp-protocol-version': '2025-06-18' } : {}),
  };
  const body = JSON.stringify({ jsonrpc: '2.0', ...message });
  const answer = await fetch(url, { method: 'POST', headers, body, signal });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status} ${text.slice(0, 80)}`);
  const data = text.split('\n').filter((part) => part.startsWith('data: {')).map((part) => JSON.parse(part.slice(6)));
  return { session: answer.headers.get('mcp-session-id'), messages: text.startsWith('{') ? [JSON.parse(text)] : data };
}

async function begin(name) {
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name, version: '1' } };
  const { session } = await post(null, { id: 0, method: 'initialize', params });
  await post(session, { method: 'notifications/initialized' });
  return session;
}

/** The ids of some messages, from the service itself. */
async function messages() {
  const form = { grant_type: 'refresh_token', refresh_token: here.google.refresh_token };
  const body = new URLSearchParams({ ...form, client_id: here.google.client_id, client_secret: here.google.client_secret });
  const { access_token: token } = await (await fetch(here.token_url, { method: 'POST', body })).json();
  const list = `${here.gmail_url}/gmail/v1/users/me/messages?maxResults=50`;
  const answer = await fetch(list, { headers: { authorization: `Bearer ${token}` } });
  return (await answer.json()).messages.map((message) => message.id);
}

const ids = await messages();
const end = Date.now() + Number(seconds) * 1000;

/** One client: its calls, one after the other. */
async function client(number) {
  const session = await begin(`client ${number}`).catch((error) => {
    count.lost += 1;
    fault(`to begin: ${error.cause?.code ?? error.message}`);
  });
  if (!session) return;
  if (number % 2) {
    const headers = { authorization: `Bearer ${TOKEN}`, accept: 'text/event-stream', 'mcp-session-id': session };
    fetch(url, { headers }).then((stream) => stream.body?.pipeTo(new WritableStream())).catch(() => {});
  }
  for (let id = 1; Date.now() < end; id += 1) {
    const wanted = ids[(number * 7 + id) % ids.length];
    const params = id % 5 === 0
      ? { name: 'gmail_search', arguments: { query: 'in:inbox', max_results: 5 } }
      : { name: 'gmail_read_message', arguments: { message_id: wanted } };
    const started = performance.now();
    count.calls += 1;
    try {
      const { messages } = await post(session, { id, method: 'tools/call', params }, AbortSignal.timeout(30_000));
      const answer = messages.find((message) => message.id === id);
      const text = answer?.result?.content?.[0]?.text ?? '';
      const isRight = answer && !answer.result?.isError && (id % 5 === 0 || answer.result.structuredContent.id === wanted);
      if (!isRight) {
        count.wrong += 1;
        fault(text.slice(0, 80) || JSON.stringify(answer)?.slice(0, 120) || 'no answer');
      }
    } catch (error) {
      count.lost += 1;
      fault(`${error.message}${error.cause ? `: ${error.cause.code ?? error.cause.message}` : ''}`);
    }
    times.push(performance.now() - started);
    await sleep(500);
  }
}

/** Clients that begin and go away. */
async function abandon() {
  while (Date.now() < end) {
    await begin('abandoned').catch((error) => fault(`to begin: ${error.message}`));
    count.abandoned += 1;
    await sleep(1000);
  }
}

function usage() {
  const status = readFileSync(`/proc/${server.pid}/status`, 'utf8');
  const memory = Number(status.match(/VmRSS:\s+(\d+)/)[1]);
  return `${(memory / 1024).toFixed(1)} MB, ${readdirSync(`/proc/${server.pid}/fd`).length} handles`;
}

async function watch() {
  for (let tenth = 1; tenth <= 10; tenth += 1) {
    await sleep(Number(seconds) * 100 - 20);
    const ordered = times.splice(0).sort((one, other) => one - other);
    const at = (part) => (ordered[Math.floor(ordered.length * part)] ?? 0).toFixed(1);
    console.log(`${tenth}0 %: ${usage()}; a call p50 ${at(0.5)} ms, p99 ${at(0.99)} ms; ${JSON.stringify(count)}`);
  }
}

console.log(`before: ${usage()}`);
await Promise.all([...Array.from({ length: clients }, (_, number) => client(number)), abandon(), watch()]);
console.log(`${count.calls} calls, ${count.lost} lost, ${count.wrong} wrong, ${count.abandoned} sessions abandoned`);
for (const [what, times] of faults) console.log(`  ${times} x ${what}`);
server.kill();
sandbox.kill();
process.exit(count.lost + count.wrong > 0 ? 1 : 0);
