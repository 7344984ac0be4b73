// MCP TypeScript client 2; with `modern` it starts with the stateless protocol.

import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

import { SERVER, drive } from './matrix.mjs';

const options = process.argv.includes('modern') ? { versionNegotiation: { mode: 'auto' } } : {};
const client = new Client({ name: 'matrix', version: '1' }, options);
await client.connect(new StdioClientTransport(SERVER));
await drive(client);
