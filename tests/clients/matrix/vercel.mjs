// Vercel's AI SDK: text generation with a scripted model.

import { createMCPClient } from '@ai-sdk/mcp';
import { Experimental_StdioMCPTransport as StdioClientTransport } from '@ai-sdk/mcp/mcp-stdio';
import { generateText, stepCountIs } from 'ai';
import { MockLanguageModelV4 } from 'ai/test';

import { CALLS, SERVER, say, sayTools } from './matrix.mjs';

let turn = 0;
const usage = { inputTokens: { total: 1 }, outputTokens: { total: 1 }, totalTokens: 2 };
const model = new MockLanguageModelV4({
  async doGenerate({ prompt, tools }) {
    if (turn === 0) {
      sayTools(tools.map((tool) => tool.name));
    } else {
      say(CALLS[turn - 1][0], prompt.at(-1).content[0].output);
    }
    turn += 1;
    if (turn > CALLS.length) {
      const finishReason = { unified: 'stop', raw: 'stop' };
      return { content: [{ type: 'text', text: 'Done.' }], finishReason, usage, warnings: [] };
    }
    const { name, arguments: args } = CALLS[turn - 1][1];
    const call = { type: 'tool-call', toolCallId: `call_${turn}`, toolName: name, input: JSON.stringify(args) };
    return { content: [call], finishReason: { unified: 'tool-calls', raw: 'tool_calls' }, usage, warnings: [] };
  },
});
const client = await createMCPClient({ transport: new StdioClientTransport(SERVER) });
await generateText({ model, tools: await client.tools(), stopWhen: stepCountIs(CALLS.length + 1), prompt: 'Go.' });
await client.close();
