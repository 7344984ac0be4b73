"""The two examples of the connector's documentation, and other hosts, with fake models."""

import asyncio
import json

import pytest

pydantic_ai = pytest.importorskip("pydantic_ai")

from pydantic_ai import Agent
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import FunctionModel


def listing(messages, info):
    """A model that calls the tool and repeats its result."""
    for part in messages[-1].parts:
        if isinstance(part, ToolReturnPart):
            return ModelResponse(parts=[TextPart(part.model_response_str())])
    (tool,) = info.function_tools
    assert "messages" in tool.description
    call = {"entity": "messages", "action": "list", "params": {"maxResults": 2}}
    return ModelResponse(parts=[ToolCallPart(tool.name, call)])


def ask(agent):
    async def main():
        return json.loads((await agent.run("What is new?")).output)

    result = asyncio.run(main())
    assert len(result["data"]) == 2 and result["meta"]["nextPageToken"]


@pytest.fixture
def addresses(sandbox, monkeypatch):
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    return sandbox


def test_the_open_source_example(addresses):
    google = addresses.google_auth
    agent = Agent(FunctionModel(listing))

    from airbyte_agent_gmail import GmailConnector
    from airbyte_agent_gmail.models import GmailAuthConfig

    connector = GmailConnector(
        auth_config=GmailAuthConfig(
            access_token=google.access_token,
            refresh_token=google.refresh_token,
            client_id=google.client_id,
            client_secret=google.client_secret,
        )
    )

    @agent.tool_plain
    @GmailConnector.tool_utils
    async def gmail_execute(entity: str, action: str, params: dict | None = None):
        return await connector.execute(entity, action, params or {})

    ask(agent)


def test_the_hosted_example(addresses):
    airbyte = addresses.airbyte_auth
    agent = Agent(FunctionModel(listing))

    from airbyte_agent_gmail import AirbyteAuthConfig, GmailConnector

    connector = GmailConnector(
        auth_config=AirbyteAuthConfig(
            customer_name=airbyte.customer_name,
            organization_id=airbyte.organization_id,
            airbyte_client_id=airbyte.airbyte_client_id,
            airbyte_client_secret=airbyte.airbyte_client_secret,
        )
    )

    @agent.tool_plain
    @GmailConnector.tool_utils
    async def gmail_execute(entity: str, action: str, params: dict | None = None):
        return await connector.execute(entity, action, params or {})

    ask(agent)


def test_records_go_to_the_model(connector):
    agent = Agent(FunctionModel(profile))

    @agent.tool_plain
    @connector.tool_utils
    async def gmail_execute(entity: str, action: str, params: dict | None = None):
        return await connector.execute(entity, action, params or {})

    result = asyncio.run(agent.run("Who am I?"))
    assert "@" in json.loads(result.output)["emailAddress"]


def profile(messages, _info):
    for part in messages[-1].parts:
        if isinstance(part, ToolReturnPart):
            return ModelResponse(parts=[TextPart(part.model_response_str())])
    return ModelResponse(parts=[ToolCallPart("gmail_execute", {"entity": "profile", "action": "get"})])


def test_a_result_that_is_too_large_asks_the_model_again(connector):
    @connector.tool_utils(max_output_chars=50)
    async def gmail_execute(entity: str, action: str):
        return await connector.execute(entity, action)

    with pytest.raises(pydantic_ai.ModelRetry):
        asyncio.run(gmail_execute("messages", "list"))


def test_langchain(connector):
    tools = pytest.importorskip("langchain_core.tools")

    @tools.tool
    @connector.tool_utils
    async def gmail_execute(entity: str, action: str, params: dict | None = None):
        """Mail."""
        return await connector.execute(entity, action, params or {})

    assert "messages" in gmail_execute.description
    call = {"entity": "messages", "action": "list", "params": {"maxResults": 1}}
    assert len(asyncio.run(gmail_execute.ainvoke(call)).data) == 1


def test_openai_agents(connector):
    agents = pytest.importorskip("agents")
    from openai.types.responses import (
        ResponseFunctionToolCall,
        ResponseOutputMessage,
        ResponseOutputText,
    )

    class Listing(agents.Model):
        """A model that calls the tool and repeats its result."""

        async def get_response(self, system_instructions, input, model_settings, tools, *_, **__):
            (tool,) = tools
            assert "messages" in tool.description
            last = input[-1]
            if last.get("type") == "function_call_output":
                text = ResponseOutputText(annotations=[], text=last["output"], type="output_text")
                output = ResponseOutputMessage(
                    id="1", content=[text], role="assistant", status="completed", type="message"
                )
            else:
                call = {"entity": "messages", "action": "list", "params": {"maxResults": 2}}
                output = ResponseFunctionToolCall(
                    arguments=json.dumps(call), call_id="1", name=tool.name, type="function_call"
                )
            return agents.ModelResponse(output=[output], usage=agents.Usage(), response_id=None)

        def stream_response(self, *_, **__):
            raise NotImplementedError

    # Strict schemas do not allow free-form objects such as params.
    @agents.function_tool(strict_mode=False)
    @connector.tool_utils
    async def gmail_execute(entity: str, action: str, params: dict | None = None):
        return await connector.execute(entity, action, params or {})

    agent = agents.Agent(name="mail", model=Listing(), tools=[gmail_execute])
    config = agents.RunConfig(tracing_disabled=True)
    result = asyncio.run(agents.Runner.run(agent, "What is new?", run_config=config))
    assert result.final_output.count("threadId") == 2 and "nextPageToken" in result.final_output


def test_an_mcp_server(connector):
    mcp = pytest.importorskip("mcp")
    from mcp.server.mcpserver import MCPServer
    from mcp.server.mcpserver.exceptions import ToolError

    from airbyte_agent_gmail import GmailError

    server = MCPServer("mail")

    @server.tool()
    @connector.tool_utils
    async def gmail_execute(entity: str, action: str, params: dict | None = None):
        try:
            return await connector.execute(entity, action, params or {})
        except GmailError as error:
            # The server hides the text of any other error from the model.
            raise ToolError(str(error)) from error

    async def main():
        async with mcp.Client(server) as client:
            (tool,) = (await client.list_tools()).tools
            assert "messages" in tool.description
            call = {"entity": "messages", "action": "list", "params": {"maxResults": 2}}
            result = await client.call_tool(tool.name, call)
            missing = {"entity": "messages", "action": "get", "params": {"messageId": "00000000000000ff"}}
            return result, await client.call_tool(tool.name, missing)

    result, missing = asyncio.run(main())
    given = json.loads(result.content[0].text)
    assert len(given["data"]) == 2 and given["meta"]["nextPageToken"]
    assert missing.is_error and "not found" in missing.content[0].text
