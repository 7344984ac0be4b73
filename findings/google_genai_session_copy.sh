#!/usr/bin/env bash
# Guess: GenerateContentConfig(tools=[session]) accepts an MCP session, as google-genai's README shows.
# So: google-genai 3.6.1 deep-copies the config, and a connected session can't be copied: it raises TypeError before any request. A plain dict, {"tools": [session]}, works.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check google-genai==3.6.1 mcp==1.30.0
cd "$folder"
cat >server.py <<'PYTHON'
from mcp.server.fastmcp import FastMCP
server = FastMCP("s")
@server.tool()
def read() -> str:
    return "a"
server.run()
PYTHON
cat >check.py <<'PYTHON'
import asyncio, http.server, json, sys, threading
from google import genai
from google.genai import types
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

class Gemini(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        content = {"role": "model", "parts": [{"text": "done"}]}
        body = json.dumps({"candidates": [{"content": content, "finishReason": "STOP"}]}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass

async def main():
    gemini = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Gemini)
    threading.Thread(target=gemini.serve_forever, daemon=True).start()
    client = genai.Client(api_key="none", http_options=types.HttpOptions(base_url=f"http://127.0.0.1:{gemini.server_port}"))
    async with stdio_client(StdioServerParameters(command=sys.executable, args=["server.py"])) as streams, ClientSession(*streams) as session:
        await session.initialize()
        ask = lambda config: client.aio.models.generate_content(model="m", contents="go", config=config)
        print("dict:", (await ask({"tools": [session]})).text)
        try:
            await ask(types.GenerateContentConfig(tools=[session]))
        except TypeError as error:
            print("GenerateContentConfig:", error)
        else:
            raise SystemExit("the session is taken now")

asyncio.run(main())
PYTHON
venv/bin/python check.py 2>/dev/null
