"""google-genai: automatic function calling with an MCP session, against a scripted Gemini on this machine."""

import asyncio
import http.server
import json
import threading

from google import genai
from google.genai import types
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from matrix import ARGUMENTS, CALLS, ENVIRONMENT, PROGRAM, say, say_tools

CELLS = list(CALLS.items())


class Gemini(http.server.BaseHTTPRequestHandler):
    turn = 0

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if Gemini.turn == 0:
            say_tools(
                declared["name"]
                for tool in asked["tools"]
                for declared in tool["functionDeclarations"]
            )
        else:
            say(CELLS[Gemini.turn - 1][0], asked["contents"][-1]["parts"][0]["functionResponse"]["response"])
        Gemini.turn += 1
        part = {"text": "Done."}
        if Gemini.turn <= len(CELLS):
            call = CELLS[Gemini.turn - 1][1]
            part = {"functionCall": {"name": call["name"], "args": call["arguments"]}}
        content = {"role": "model", "parts": [part]}
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
    options = types.HttpOptions(base_url=f"http://127.0.0.1:{gemini.server_port}")
    client = genai.Client(api_key="none", http_options=options)
    # By default the model gets the whole result, with both structured content and text.
    server = StdioServerParameters(command=PROGRAM, args=[*ARGUMENTS, "--text-only"], env=ENVIRONMENT)
    async with stdio_client(server) as streams, ClientSession(*streams) as session:
        await session.initialize()
        # An object would be deep-copied, which a session does not allow (3.6).
        config = {"tools": [session]}
        await client.aio.models.generate_content(model="script", contents="Go.", config=config)


asyncio.run(main())
