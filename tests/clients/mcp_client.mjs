#!/usr/bin/env node
// The official TypeScript MCP client against `airbyte-gmail mcp`, over the standard streams and over HTTP.
//
//     npm install @modelcontextprotocol/sdk
//     node tests/clients/mcp_client.mjs target/debug/airbyte-gmail
//
// The program takes its credentials from the environment, such as those of `airbyte-gmail sandbox`. The packages
// resolve from the working folder, so they can be installed anywhere.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const require = createRequire(join(process.cwd(), 'package.json'));
const sdk = (path) => require(`@modelcontextprotocol/sdk/client/${path}.js`);
const { Client } = sdk('index');
const { StdioClientTransport } = sdk('stdio');
const { StreamableHTTPClientTransport } = sdk('streamableHttp');

const TOKEN = 'token-of-the-test';

async function talk(transport) {
  const client = new Client({ name: 'test', version: '1' });
  // The SDK drops progress that arrives together with the answer (SDK 1.32).
  let steps = 0;
  client.onerror = (error) => (steps += /progress/.test(error.message) ? 1 : 0);
  await client.connect(transport);
  assert.equal(client.getServerVersion().name, 'airbyte-gmail');
  const { tools } = await client.listTools();
  const names = tools.map((tool) => tool.name);
  for (const name of ['gmail_search', 'gmail_execute', 'gmail_send']) assert(names.includes(name), names);

  const call = (name, args, options) => client.callTool({ name, arguments: args }, undefined, options);
  // The client itself validates structured content against the tool's schema.
  const found = await call('gmail_search', { query: 'in:inbox', max_results: 3 }, { onprogress: () => (steps += 1) });
  assert(!found.isError && found.structuredContent.messages.length === 3 && steps > 0, JSON.stringify(found));

  const message = await call('gmail_read_message', { message_id: found.structuredContent.messages[0].id });
  assert(message.content[0].text.includes('<untrusted-mail '), JSON.stringify(message));
  const missing = await call('gmail_read_message', { message_id: '00000000000000ff' });
  assert(missing.isError && missing.content[0].text.includes('not_found'), JSON.stringify(missing));
  const sent = await call('gmail_send', { to: ['support@example.com'], subject: 'Grüße', text: 'Hallo' });
  assert(!sent.isError, JSON.stringify(sent));
  await assert.rejects(call('no_such_tool', {}), /no tool with that name/);

  // An aborted call does not affect the next.
  await assert.rejects(call('gmail_search', { query: '', max_results: 50 }, { signal: AbortSignal.abort() }));
  const profile = await call('gmail_profile_get', {});
  assert(!profile.isError, JSON.stringify(profile));
  await client.close();
  return tools.length;
}

async function overHttp(program) {
  const server = spawn(program, ['mcp', '--http', '--port', '0'], {
    env: { ...process.env, AIRBYTE_GMAIL_MCP_TOKEN: TOKEN },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  try {
    for await (const line of createInterface({ input: server.stderr })) {
      if (!line.includes('served at')) continue;
      const requestInit = { headers: { Authorization: `Bearer ${TOKEN}` } };
      return await talk(new StreamableHTTPClientTransport(new URL(line.split(' ').at(-1)), { requestInit }));
    }
    throw new Error('the server did not say where it is');
  } finally {
    server.kill();
  }
}

const [, , program] = process.argv;
const streams = new StdioClientTransport({ command: program, args: ['mcp'], env: process.env, stderr: 'ignore' });
console.log(`standard streams: ${await talk(streams)} tools; http: ${await overHttp(program)} tools`);
