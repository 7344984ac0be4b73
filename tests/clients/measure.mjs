#!/usr/bin/env node
// The cost of an MCP server's tools to a model in bytes and tokens (o200k), and the time from the server's start to its
// list of tools (median of 20); for this server also a search for 20 messages and a conversation of 13.
//
//     npm install gpt-tokenizer   # looked for from the working folder
//     airbyte-gmail sandbox -- node tests/clients/measure.mjs airbyte-gmail mcp
//     node tests/clients/measure.mjs another-server --its-options

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const require = createRequire(join(process.cwd(), 'package.json'));
const { encode } = require('gpt-tokenizer/encoding/o200k_base');
const [, , program, ...args] = process.argv;
const size = (text) => `${encode(text).length} tokens, ${Buffer.byteLength(text)} bytes`;

function start() {
  const server = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  let last = 0;
  const ask = async (method, params) => {
    const id = (last += 1);
    server.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error('the server has ended');
      // Some servers write other output, too.
      if (!value.startsWith('{')) continue;
      const message = JSON.parse(value);
      if (message.id === id) return message.result;
    }
  };
  return { server, ask };
}

async function tools({ server, ask }) {
  const clientInfo = { name: 'measure', version: '1' };
  await ask('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo });
  server.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`);
  return (await ask('tools/list', {})).tools;
}

const times = [];
for (let run = 0; run < 20; run += 1) {
  const began = performance.now();
  const one = start();
  await tools(one);
  times.push(performance.now() - began);
  one.server.kill();
}
times.sort((one, other) => one - other);
console.log(`start to tools/list: median ${times[10].toFixed(1)} ms, least ${times[0].toFixed(1)} ms`);

const one = start();
const list = await tools(one);
const told = list.map(({ name, description, inputSchema }) => ({ name, description, input_schema: inputSchema }));
console.log(`${list.length} tools: ${size(JSON.stringify(told))}`);
if (list.some((tool) => tool.name === 'gmail_read_thread')) {
  const show = async (what, name, given) => {
    const { content, structuredContent } = await one.ask('tools/call', { name, arguments: given });
    console.log(`${what}: text ${size(content[0].text)}; structured ${size(JSON.stringify(structuredContent))}`);
    return structuredContent;
  };
  await show('search of 20', 'gmail_search', { query: 'in:inbox', max_results: 20 });
  const { messages } = await show('search of 1', 'gmail_search', { query: 'subject:Release', max_results: 1 });
  await show('conversation of 13', 'gmail_read_thread', { thread_id: messages[0].thread_id });
}
one.server.kill();
