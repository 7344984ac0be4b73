"""pydantic-ai: an agent with a function as its model."""

import asyncio

from fastmcp.client.transports import StdioTransport
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import ModelResponse, RetryPromptPart, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import FunctionModel

from matrix import ARGUMENTS, CALLS, ENVIRONMENT, PROGRAM, say, say_tools

CELLS = list(CALLS.items())
turn = 0


def model(messages, info):
    global turn
    if turn == 0:
        say_tools(tool.name for tool in info.function_tools)
    else:
        given = [
            part
            for part in messages[-1].parts
            if isinstance(part, (ToolReturnPart, RetryPromptPart))
        ]
        said = [
            part.model_response() if isinstance(part, RetryPromptPart) else part.model_response_str()
            for part in given
        ]
        say(CELLS[turn - 1][0], "\n".join(said))
    turn += 1
    if turn <= len(CELLS):
        call = CELLS[turn - 1][1]
        return ModelResponse(parts=[ToolCallPart(call["name"], call["arguments"])])
    return ModelResponse(parts=[TextPart("Done.")])


async def main():
    server = StdioTransport(command=PROGRAM, args=ARGUMENTS, env=ENVIRONMENT)
    agent = Agent(FunctionModel(model), toolsets=[MCPToolset(server, max_retries=3)])
    async with agent:
        await agent.run("Go.")


asyncio.run(main())
