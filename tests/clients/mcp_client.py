"""The official Python MCP client against `airbyte-gmail mcp`, over the standard streams and over HTTP.

    pip install mcp
    python tests/clients/mcp_client.py target/debug/airbyte-gmail

The program takes its credentials from the environment, such as those of `airbyte-gmail sandbox`.
"""

import asyncio
import os
import subprocess
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

try:
    from mcp.client.streamable_http import streamable_http_client
except ImportError:  # The name in older releases.
    from mcp.client.streamable_http import streamablehttp_client as streamable_http_client

TOKEN = "token-of-the-test"


def field(value, *names):
    """A field, in any spelling that a release of the client uses."""
    for name in names:
        if hasattr(value, name):
            return getattr(value, name)
    raise AttributeError(names)


async def talk(session):
    begun = await session.initialize()
    assert field(begun, "serverInfo", "server_info").name == "airbyte-gmail", begun
    tools = (await session.list_tools()).tools
    names = {tool.name for tool in tools}
    assert len(tools) <= 15 and {"gmail_search", "gmail_execute", "gmail_send"} <= names, names

    steps = []

    async def progress(done, total, message):
        steps.append(done)

    found = await session.call_tool(
        "gmail_search", {"query": "in:inbox", "max_results": 3}, progress_callback=progress
    )
    assert not field(found, "isError", "is_error"), found
    messages = field(found, "structuredContent", "structured_content")["messages"]
    assert len(messages) == 3 and steps, (messages, steps)

    message = await session.call_tool("gmail_read_message", {"message_id": messages[0]["id"]})
    assert "<untrusted-mail " in message.content[0].text

    missing = await session.call_tool("gmail_read_message", {"message_id": "00000000000000ff"})
    assert field(missing, "isError", "is_error") and "not_found" in missing.content[0].text

    sent = await session.call_tool(
        "gmail_send", {"to": ["support@example.com"], "subject": "Grüße", "text": "Hallo"}
    )
    assert not field(sent, "isError", "is_error"), sent

    try:
        await session.call_tool("no_such_tool", {})
    except Exception as error:  # The client has its own class for server errors.
        assert "no tool with that name" in str(error), error
    else:
        raise AssertionError("a tool that is not there was called")

    # A cancelled call does not affect the next.
    task = asyncio.ensure_future(session.call_tool("gmail_search", {"query": "", "max_results": 50}))
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
    profile = await session.call_tool("gmail_profile_get", {})
    assert not field(profile, "isError", "is_error"), profile
    return len(tools)


async def over_streams(program):
    server = StdioServerParameters(command=program, args=["mcp"], env=dict(os.environ))
    async with stdio_client(server) as streams, ClientSession(*streams[:2]) as session:
        return await talk(session)


async def over_http(program):
    server = subprocess.Popen(
        [program, "mcp", "--http", "--port", "0"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "AIRBYTE_GMAIL_MCP_TOKEN": TOKEN},
    )
    try:
        # The first lines name the credentials in use.
        url = next(line.split()[-1] for line in server.stderr if "served at" in line)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        try:
            from mcp.shared._httpx_utils import create_mcp_http_client

            client = streamable_http_client(url, http_client=create_mcp_http_client(headers=headers))
        except TypeError:  # Older releases take the headers themselves.
            client = streamable_http_client(url, headers=headers)
        async with client as streams, ClientSession(*streams[:2]) as session:
            return await talk(session)
    finally:
        server.terminate()
        server.wait()


async def main():
    program = sys.argv[1]
    print(f"standard streams: {await over_streams(program)} tools", end="; ")
    print(f"http: {await over_http(program)} tools")


asyncio.run(main())
