"""MCP Python SDK 2, which starts with the stateless protocol."""

import asyncio

from mcp import Client, StdioServerParameters

from matrix import ARGUMENTS, CALLS, ENVIRONMENT, PROGRAM, say, say_tools


async def main():
    server = StdioServerParameters(command=PROGRAM, args=ARGUMENTS, env=ENVIRONMENT)
    async with Client(server) as client:
        say_tools(tool.name for tool in (await client.list_tools()).tools)
        for cell, call in CALLS.items():
            result = await client.call_tool(call["name"], call["arguments"])
            assert result.is_error == (cell in ("fail", "unknown")), result
            say(cell, "\n".join(part.text for part in result.content))


asyncio.run(main())
