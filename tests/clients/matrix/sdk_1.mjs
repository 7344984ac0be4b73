// MCP TypeScript SDK 1.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

import { SERVER, drive } from './matrix.mjs';

const client = new Client({ name: 'matrix', version: '1' });
await client.connect(new StdioClientTransport(SERVER));
await drive(client);
