#!/usr/bin/env bash
# Guess: a model sees every content item of an MCP tool's result, and sees from isError that the tool failed.
# So: mcpadapt 0.1.19, through which smolagents uses MCP servers, passes on only the first item, and passes an error off as a result.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mcpadapt==0.1.19 smolagents==1.26.0 mcp==1.30.0 2>/dev/null
cd "$folder"
cat >server.py <<'PYTHON'
from mcp.server.fastmcp import FastMCP
from mcp.types import CallToolResult, TextContent
server = FastMCP("s")
@server.tool()
def two() -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text) for text in ("first", "second")])
@server.tool()
def failed() -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text="why")], isError=True)
server.run()
PYTHON
cat >check.py <<'PYTHON'
import sys
from mcp import StdioServerParameters
from smolagents import ToolCollection
with ToolCollection.from_mcp(StdioServerParameters(command=sys.executable, args=["server.py"]), trust_remote_code=True) as collection:
    seen = {tool.name: tool() for tool in collection.tools}
print(seen)
assert seen == {"two": "first", "failed": "why"}
PYTHON
venv/bin/python check.py 2>/dev/null
