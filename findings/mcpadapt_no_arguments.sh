#!/usr/bin/env bash
# Guess: every client accepts {"type": "object", "additionalProperties": false} as the schema of a tool without arguments, as MCP recommends.
# So: mcpadapt 0.1.19, through which smolagents uses MCP servers, reads `properties` without checking for it: KeyError, and all of the server's tools are unavailable. `"properties": {}` avoids it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mcpadapt==0.1.19 smolagents==1.26.0 mcp==1.30.0 2>/dev/null
cd "$folder"
cat >server.py <<'PYTHON'
import asyncio, sys
from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
server = Server("s")
schema = {"type": "object", "additionalProperties": False}
if sys.argv[1:]:
    schema["properties"] = {}
@server.list_tools()
async def tools():
    argument = {"type": "object", "properties": {"a": {"type": "string"}}}
    return [types.Tool(name="other", description="o", inputSchema=argument), types.Tool(name="plain", description="p", inputSchema=schema)]
async def main():
    async with stdio_server() as streams:
        await server.run(*streams, server.create_initialization_options())
asyncio.run(main())
PYTHON
cat >check.py <<'PYTHON'
import sys
from mcp import StdioServerParameters
from smolagents import ToolCollection
def tools(*words):
    with ToolCollection.from_mcp(StdioServerParameters(command=sys.executable, args=["server.py", *words]), trust_remote_code=True) as collection:
        return [tool.name for tool in collection.tools]
print(tools("with properties"))
try:
    tools()
except KeyError as error:
    print("KeyError:", error)
else:
    raise SystemExit("the schema is taken now")
PYTHON
venv/bin/python check.py 2>/dev/null
