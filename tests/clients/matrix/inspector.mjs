// The command line of the MCP inspector, once for each cell.

import { execFileSync } from 'node:child_process';

import { CALLS, SERVER, say, sayTools } from './matrix.mjs';

const program = new URL('node_modules/.bin/mcp-inspector', import.meta.url).pathname;
const variables = Object.entries(process.env)
  .filter(([name]) => /^(GMAIL|GOOGLE)_/.test(name))
  .flatMap(([name, value]) => ['-e', `${name}=${value}`]);

/** The result, including that of a failing call, which has its own exit status. */
function inspect(method, more = []) {
  const args = ['--cli', ...variables, SERVER.command, ...SERVER.args, '--method', method, ...more];
  try {
    return JSON.parse(execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }));
  } catch (error) {
    if (error.stdout?.trim().startsWith('{')) return JSON.parse(error.stdout);
    throw new Error(`${error.stdout}\n${error.stderr}`);
  }
}

sayTools(inspect('tools/list').tools.map((tool) => tool.name));
for (const [cell, { name, arguments: args }] of CALLS) {
  const given = Object.entries(args).flatMap(([key, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return ['--tool-arg', `${key}=${text}`];
  });
  const result = inspect('tools/call', ['--tool-name', name, ...given]);
  say(cell, result.content.map((part) => part.text).join('\n'));
}
