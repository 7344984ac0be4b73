"""google-adk: an agent with a scripted model."""

import asyncio

from google.adk.agents import LlmAgent
from google.adk.models.base_llm import BaseLlm
from google.adk.models.llm_response import LlmResponse
from google.adk.runners import InMemoryRunner
from google.adk.tools.mcp_tool.mcp_session_manager import StdioConnectionParams
from google.adk.tools.mcp_tool.mcp_toolset import McpToolset
from google.genai import types
from mcp import StdioServerParameters

from matrix import ARGUMENTS, CALLS, ENVIRONMENT, PROGRAM, say, say_tools

CELLS = list(CALLS.items())


class Script(BaseLlm):
    turn: int = 0

    async def generate_content_async(self, llm_request, stream=False):
        if self.turn == 0:
            say_tools(llm_request.tools_dict)
        else:
            answer = llm_request.contents[-1].parts[0].function_response.response
            say(CELLS[self.turn - 1][0], answer)
        self.turn += 1
        part = types.Part(text="Done.")
        if self.turn <= len(CELLS):
            call = CELLS[self.turn - 1][1]
            part = types.Part.from_function_call(name=call["name"], args=call["arguments"])
        yield LlmResponse(content=types.Content(role="model", parts=[part]))


async def main():
    # By default the model gets the whole result, with both structured content and text.
    server = StdioServerParameters(command=PROGRAM, args=[*ARGUMENTS, "--text-only"], env=ENVIRONMENT)
    toolset = McpToolset(connection_params=StdioConnectionParams(server_params=server))
    agent = LlmAgent(name="agent", model=Script(model="script"), tools=[toolset])
    runner = InMemoryRunner(agent=agent, app_name="matrix")
    session = await runner.session_service.create_session(app_name="matrix", user_id="user")
    message = types.Content(role="user", parts=[types.Part(text="Go.")])
    async for _ in runner.run_async(user_id="user", session_id=session.id, new_message=message):
        pass
    await toolset.close()


asyncio.run(main())
