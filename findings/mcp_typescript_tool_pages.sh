#!/usr/bin/env bash
# Guess: a client that has read every page of tools/list validates each tool's results against its outputSchema.
# So: listTools of @modelcontextprotocol/sdk 1.32.2 forgets the schemas of the previous page: after it reads the second page, a result that would have thrown passes unchecked.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" @modelcontextprotocol/sdk@1.32.2 >/dev/null
cd "$folder"
cat >server.mjs <<'NODE'
import { createInterface } from 'node:readline';
const tool = (name) => ({
  name,
  inputSchema: { type: 'object' },
  outputSchema: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
});
const results = {
  initialize: ({ protocolVersion }) => ({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } }),
  'tools/list': (params) => (params?.cursor ? { tools: [tool('second')] } : { tools: [tool('first')], nextCursor: '2' }),
  'tools/call': () => ({ content: [{ type: 'text', text: '{"n":"1"}' }], structuredContent: { n: '1' } }),
};
for await (const text of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(text);
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: results[method](params) }) + '\n');
}
NODE
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
const client = new Client({ name: 'c', version: '1' });
await client.connect(new StdioClientTransport({ command: process.execPath, args: ['server.mjs'] }));
const call = () => client.callTool({ name: 'first', arguments: {} }).then(() => 'passes', () => 'throws');
const { nextCursor } = await client.listTools();
const before = await call();
await client.listTools({ cursor: nextCursor });
const after = await call();
await client.close();
console.log({ before, after });
assert.deepEqual([before, after], ['throws', 'passes']);
NODE
node check.mjs
