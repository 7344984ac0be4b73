#!/usr/bin/env bash
# Guess: with the MCP Python SDK, the message of an exception in a tool reaches the model, as it did in 1.x ("Error executing tool f: why").
# So: MCPServer of mcp 2.3.0 says only "Error executing tool f" unless the tool raises mcp.server.mcpserver.exceptions.ToolError; the model can't tell what to change.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mcp==2.3.0
"$folder/venv/bin/python" - <<'PYTHON'
import asyncio
from mcp import Client
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

server = MCPServer("s")

@server.tool()
async def plain():
    raise RuntimeError("the label is missing")

@server.tool()
async def told():
    raise ToolError("the label is missing")

async def main():
    async with Client(server) as client:
        for name in ("plain", "told"):
            result = await client.call_tool(name, {})
            text = result.content[0].text
            print(name, text)
            assert result.is_error
            assert ("the label is missing" in text) == (name == "told")

asyncio.run(main())
PYTHON
