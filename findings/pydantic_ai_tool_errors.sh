#!/usr/bin/env bash
# Guess: the model reads a tool result with isError and goes on, however often that happens.
# So: pydantic-ai-slim 2.68.0 counts each as a retry, and a tool has one: the second error in a row ends the run with UnexpectedModelBehavior. `tool_error_behavior='failed'` lets the model read them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'pydantic-ai-slim[mcp]==2.68.0' fastmcp==3.4.11
cd "$folder"
cat >server.py <<'PYTHON'
from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
server = FastMCP("s")
@server.tool
def find(name: str) -> str:
    raise ToolError(f"there is no {name}")
server.run(show_banner=False)
PYTHON
cat >check.py <<'PYTHON'
import asyncio, sys
from fastmcp.client.transports import StdioTransport
from pydantic_ai import Agent, UnexpectedModelBehavior
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import FunctionModel

async def run(**options):
    names = iter(["a", "b", "c"])
    def model(_messages, _info):
        name = next(names, None)
        return ModelResponse([ToolCallPart("find", {"name": name}) if name else TextPart("none of them")])
    toolset = MCPToolset(StdioTransport(sys.executable, ["server.py"]), init_timeout=60, **options)
    async with Agent(FunctionModel(model), toolsets=[toolset]) as agent:
        return (await agent.run("go")).output

async def main():
    print("failed:", await run(tool_error_behavior="failed"))
    try:
        await run()
    except UnexpectedModelBehavior as error:
        print("by default:", error)
    else:
        raise SystemExit("the model goes on now")

asyncio.run(main())
PYTHON
venv/bin/python check.py 2>/dev/null
