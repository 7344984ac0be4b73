#!/usr/bin/env bash
# Guess: a pydantic-ai agent gives the model the text of an MCP tool's result, perhaps together with the structured content.
# So: pydantic-ai-slim 2.68.0 replaces the text with the structured content: the model never sees anything that only the text says (a warning, a summary).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'pydantic-ai-slim[mcp]==2.68.0' fastmcp==3.4.11
cd "$folder"
cat >server.py <<'PYTHON'
from fastmcp import FastMCP
from fastmcp.tools.tool import ToolResult
server = FastMCP("s")
@server.tool
def read() -> ToolResult:
    return ToolResult(content="2 messages; the second is cut", structured_content={"count": 2})
server.run(show_banner=False)
PYTHON
cat >check.py <<'PYTHON'
import asyncio, sys
from fastmcp.client.transports import StdioTransport
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import FunctionModel
seen = []
def model(messages, _info):
    seen.extend(part.content for part in messages[-1].parts if part.part_kind == "tool-return")
    return ModelResponse([TextPart("done") if seen else ToolCallPart("read", {})])
async def main():
    async with Agent(FunctionModel(model), toolsets=[MCPToolset(StdioTransport(sys.executable, ["server.py"]), init_timeout=60)]) as agent:
        await agent.run("go")
asyncio.run(main())
print(seen)
assert seen == [{"count": 2}]
PYTHON
venv/bin/python check.py 2>/dev/null
