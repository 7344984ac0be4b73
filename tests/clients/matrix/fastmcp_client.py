"""fastmcp's client; with `proxy` through a fastmcp proxy server."""

import asyncio
import sys

from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from fastmcp.server import create_proxy

from matrix import ARGUMENTS, CALLS, ENVIRONMENT, PROGRAM, say, say_tools


async def main():
    server = StdioTransport(command=PROGRAM, args=ARGUMENTS, env=ENVIRONMENT)
    if "proxy" in sys.argv:
        server = create_proxy(server)
    async with Client(server) as client:
        say_tools(tool.name for tool in await client.list_tools())
        for cell, call in CALLS.items():
            result = await client.call_tool(call["name"], call["arguments"], raise_on_error=False)
            assert result.is_error == (cell in ("fail", "unknown")), result
            say(cell, "\n".join(part.text for part in result.content))


asyncio.run(main())
