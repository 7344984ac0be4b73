"""openai-agents: an agent with a scripted model. With `strict` it converts schemas to strict ones."""

import asyncio
import json
import sys

from agents import Agent, ModelResponse, Runner, Usage, set_tracing_disabled
from agents.mcp import MCPServerStdio
from agents.models.interface import Model
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText

from matrix import ARGUMENTS, CALLS, ENVIRONMENT, PROGRAM, say, say_tools

STRICT = "strict" in sys.argv


class Script(Model):
    """Makes each call in turn, and prints its result."""

    def __init__(self):
        self.turn = 0

    async def get_response(self, system_instructions, input, model_settings, tools, *rest, **named):
        cells = list(CALLS.items())
        if self.turn == 0:
            say_tools(tool.name for tool in tools)
        else:
            outputs = [item["output"] for item in input if item.get("type") == "function_call_output"]
            say(cells[self.turn - 1][0], outputs[self.turn - 1])
        self.turn += 1
        if self.turn <= len(cells):
            call = cells[self.turn - 1][1]
            output = ResponseFunctionToolCall(
                id=f"fc_{self.turn}",
                call_id=f"call_{self.turn}",
                type="function_call",
                name=call["name"],
                arguments=json.dumps(call["arguments"]),
            )
        else:
            text = ResponseOutputText(type="output_text", text="Done.", annotations=[])
            output = ResponseOutputMessage(
                id="m", type="message", role="assistant", status="completed", content=[text]
            )
        return ModelResponse(output=[output], usage=Usage(), response_id=None)

    def stream_response(self, *rest, **named):
        raise NotImplementedError


async def main():
    set_tracing_disabled(True)
    parameters = {"command": PROGRAM, "args": ARGUMENTS, "env": ENVIRONMENT}
    async with MCPServerStdio(parameters) as server:
        agent = Agent(
            name="agent",
            model=Script(),
            mcp_servers=[server],
            mcp_config={"convert_schemas_to_strict": STRICT},
        )
        await Runner.run(agent, "Go.")


asyncio.run(main())
