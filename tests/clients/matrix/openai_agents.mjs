// openai-agents for JavaScript: an agent with a scripted model.

import { Agent, MCPServerStdio, Runner, Usage } from '@openai/agents';

import { CALLS, SERVER, say, sayTools } from './matrix.mjs';

let turn = 0;
const model = {
  async getResponse(request) {
    if (turn === 0) {
      sayTools(request.tools.map((tool) => tool.name));
    } else {
      const results = request.input.filter((item) => item.type === 'function_call_result');
      say(CALLS[turn - 1][0], results.at(-1).output);
    }
    turn += 1;
    const usage = new Usage();
    if (turn > CALLS.length) {
      const content = [{ type: 'output_text', text: 'Done.' }];
      return { usage, output: [{ type: 'message', role: 'assistant', status: 'completed', content }] };
    }
    const { name, arguments: args } = CALLS[turn - 1][1];
    const call = { type: 'function_call', callId: `call_${turn}`, name, status: 'completed', arguments: JSON.stringify(args) };
    return { usage, output: [call] };
  },
};
const server = new MCPServerStdio({ command: SERVER.command, args: SERVER.args, env: SERVER.env });
await server.connect();
const mcpConfig = { convertSchemasToStrict: process.argv.includes('strict') };
const agent = new Agent({ name: 'agent', model, mcpServers: [server], mcpConfig });
await new Runner({ tracingDisabled: true }).run(agent, 'Go.');
await server.close();
