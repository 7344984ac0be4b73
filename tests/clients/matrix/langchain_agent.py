"""langchain-mcp-adapters: LangGraph's node that runs the tool calls in a model's message."""

import asyncio

from langchain_core.messages import AIMessage
from langchain_mcp_adapters.client import MultiServerMCPClient
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode

from matrix import ARGUMENTS, CALLS, ENVIRONMENT, PROGRAM, say, say_tools


async def main():
    server = {"transport": "stdio", "command": PROGRAM, "args": ARGUMENTS, "env": ENVIRONMENT}
    tools = await MultiServerMCPClient({"gmail": server}).get_tools()
    say_tools(tool.name for tool in tools)
    graph = StateGraph(MessagesState)
    graph.add_node("tools", ToolNode(tools))
    graph.add_edge(START, "tools")
    graph.add_edge("tools", END)
    graph = graph.compile()
    for cell, call in CALLS.items():
        wanted = {"name": call["name"], "args": call["arguments"], "id": cell, "type": "tool_call"}
        state = await graph.ainvoke({"messages": [AIMessage("", tool_calls=[wanted])]})
        say(cell, state["messages"][-1].text)


asyncio.run(main())
