#!/usr/bin/env bash
# Guess: google-genai accepts the tools of any MCP server and drops the parts of a schema that it can't use.
# So: google-genai 3.6.1 fails with AttributeError on `additionalProperties: false`, which MCP recommends for tools without arguments and zod writes into every schema; one such tool disables all of the server's tools.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check google-genai==3.6.1 mcp==1.30.0
"$folder/venv/bin/python" - <<'PYTHON'
from mcp.types import Tool
from google.genai._mcp_utils import mcp_to_gemini_tools
tool = lambda schema: Tool(name="f", inputSchema=schema)
open_, closed = {"type": "object"}, {"type": "object", "additionalProperties": False}
print(mcp_to_gemini_tools([tool(open_)])[0].function_declarations[0].name)
try:
    mcp_to_gemini_tools([tool(open_), tool(closed)])
except AttributeError as error:
    print("AttributeError:", error)
else:
    raise SystemExit("additionalProperties: false is taken now")
PYTHON
