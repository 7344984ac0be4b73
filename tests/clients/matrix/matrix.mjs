// Shared by the matrix's JavaScript clients: the calls, the server, and the output for a cell.

import { readFileSync } from 'node:fs';

export const CALLS = Object.entries(JSON.parse(readFileSync(new URL('calls.json', import.meta.url))));
export const SERVER = { command: process.argv[2], args: ['mcp'], env: process.env, stderr: 'inherit' };

export function say(cell, seen) {
  console.log(JSON.stringify({ cell, seen: typeof seen === 'string' ? seen : JSON.stringify(seen) }));
}

export function sayTools(names) {
  say('list', [...names].sort().join('\n'));
}

/** The two SDK clients differ only in their import. */
export async function drive(client) {
  const { tools } = await client.listTools();
  sayTools(tools.map((tool) => tool.name));
  for (const [cell, { name, arguments: args }] of CALLS) {
    const result = await client.callTool({ name, arguments: args });
    if (Boolean(result.isError) !== ['fail', 'unknown'].includes(cell)) throw new Error(JSON.stringify(result));
    say(cell, result.content.map((part) => part.text).join('\n'));
  }
  await client.close();
}
