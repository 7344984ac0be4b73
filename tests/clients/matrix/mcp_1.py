"""MCP Python SDK 1."""

import asyncio

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from matrix import ARGUMENTS, CALLS, ENVIRONMENT, PROGRAM, say, say_tools


async def main():
    server = StdioServerParameters(command=PROGRAM, args=ARGUMENTS, env=ENVIRONMENT)
    async with stdio_client(server) as streams, ClientSession(*streams) as session:
        await session.initialize()
        say_tools(tool.name for tool in (await session.list_tools()).tools)
        for cell, call in CALLS.items():
            result = await session.call_tool(call["name"], call["arguments"])
            assert result.isError == (cell in ("fail", "unknown")), result
            say(cell, "\n".join(part.text for part in result.content))


asyncio.run(main())
