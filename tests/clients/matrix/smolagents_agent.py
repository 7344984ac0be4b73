"""smolagents: a tool-calling agent with a scripted model."""

from mcp import StdioServerParameters
from smolagents import MCPClient, ToolCallingAgent
from smolagents.models import ChatMessage, ChatMessageToolCall, ChatMessageToolCallFunction, MessageRole, Model

from matrix import ARGUMENTS, CALLS, ENVIRONMENT, PROGRAM, say, say_tools

CELLS = list(CALLS.items())

# Every argument is required unless its schema has OpenAPI's `nullable`, so models pass all of them, mostly empty.
EMPTY = {"string": "", "array": [], "boolean": False, "integer": 0, "object": {}}


class Script(Model):
    turn = 0

    def generate(self, messages, tools_to_call_from=None, **named):
        if self.turn == 0:
            say_tools(tool.name for tool in tools_to_call_from if tool.name != "final_answer")
        else:
            last = messages[-1].content
            say(CELLS[self.turn - 1][0], "\n".join(part["text"] for part in last))
        self.turn += 1
        name, arguments = "final_answer", {"answer": "Done."}
        if self.turn <= len(CELLS):
            call = CELLS[self.turn - 1][1]
            name = call["name"]
            inputs = next(tool.inputs for tool in tools_to_call_from if tool.name == name)
            arguments = {key: EMPTY[schema["type"]] for key, schema in inputs.items()}
            if "max_results" in arguments:
                arguments["max_results"] = 10
            arguments |= call["arguments"]
        function = ChatMessageToolCallFunction(name=name, arguments=arguments)
        call = ChatMessageToolCall(function=function, id=f"call_{self.turn}", type="function")
        return ChatMessage(role=MessageRole.ASSISTANT, content="", tool_calls=[call])


server = StdioServerParameters(command=PROGRAM, args=ARGUMENTS, env=ENVIRONMENT)
with MCPClient(server, structured_output=False) as tools:
    agent = ToolCallingAgent(tools=tools, model=Script(), verbosity_level=-1)
    agent.run("Go.")
