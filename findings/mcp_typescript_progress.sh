#!/usr/bin/env bash
# Guess: the MCP TypeScript SDK calls onprogress for each progress notification that arrives before the call's answer.
# So: @modelcontextprotocol/sdk 1.32.2 drops one that arrives in the same chunk as the answer: its handler runs a turn later, after the call is gone, and onerror reports an unknown token.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" @modelcontextprotocol/sdk@1.32.2 >/dev/null
cd "$folder"
cat >server.mjs <<'NODE'
import { createInterface } from 'node:readline';
const line = (message) => JSON.stringify({ jsonrpc: '2.0', ...message }) + '\n';
for await (const text of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(text);
  if (method === 'initialize') {
    const { protocolVersion } = params;
    const result = { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } };
    process.stdout.write(line({ id, result }));
  } else if (method === 'tools/call') {
    const progress = { progressToken: params._meta.progressToken, progress: 1 };
    process.stdout.write(
      line({ method: 'notifications/progress', params: progress }) + line({ id, result: { content: [] } }),
    );
  }
}
NODE
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
const client = new Client({ name: 'c', version: '1' });
const [seen, errors] = [[], []];
client.onerror = (error) => errors.push(error.message);
await client.connect(new StdioClientTransport({ command: process.execPath, args: ['server.mjs'] }));
await client.callTool({ name: 't', arguments: {} }, undefined, { onprogress: (progress) => seen.push(progress) });
await client.close();
console.log({ seen, errors });
assert.equal(seen.length, 0);
assert.match(errors[0], /unknown token/);
NODE
node check.mjs
