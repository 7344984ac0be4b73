#!/usr/bin/env bash
# Guess: the MCP TypeScript SDK doesn't validate a result with isError against the tool's outputSchema: that schema describes success.
# So: @modelcontextprotocol/sdk 1.32.2 does, and callTool throws -32602: the model never sees the tool's error. mcp 2.3.0 (Python) passes it on.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" @modelcontextprotocol/sdk@1.32.2 >/dev/null
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mcp==2.3.0
cd "$folder"
cat >server.mjs <<'NODE'
import { createInterface } from 'node:readline';
const outputSchema = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] };
const results = {
  initialize: ({ protocolVersion }) => ({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } }),
  'tools/list': () => ({ tools: [{ name: 't', inputSchema: { type: 'object' }, outputSchema }] }),
  'tools/call': () => ({ isError: true, content: [{ type: 'text', text: 'not found' }], structuredContent: { status: 404 } }),
};
for await (const text of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(text);
  if (id === undefined) continue;
  const answer = results[method] ? { result: results[method](params) } : { error: { code: -32601, message: method } };
  process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...answer }) + '\n');
}
NODE
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
const client = new Client({ name: 'c', version: '1' });
await client.connect(new StdioClientTransport({ command: process.execPath, args: ['server.mjs'] }));
await client.listTools();
const error = await client.callTool({ name: 't', arguments: {} }).catch((error) => error);
await client.close();
console.log('TypeScript', error.message);
assert.equal(error.code, -32602);
NODE
node check.mjs
venv/bin/python - <<'PYTHON'
import asyncio
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
async def main():
    async with stdio_client(StdioServerParameters(command="node", args=["server.mjs"])) as streams, ClientSession(*streams) as session:
        await session.initialize()
        await session.list_tools()
        return (await session.call_tool("t", {})).model_dump(by_alias=True)
result = asyncio.run(main())
print("Python", result["isError"], result["content"][0]["text"])
assert result["isError"] and result["content"][0]["text"] == "not found"
PYTHON
