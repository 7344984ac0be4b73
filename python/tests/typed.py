"""Code that type checkers must accept, except for the errors that comments announce."""

import asyncio

from airbyte_agent_gmail import AirbyteAuthConfig, GmailConnector, RateLimitedError
from airbyte_agent_gmail.models import GmailAuthConfig, Message
from airbyte_agent_gmail.sandbox import Sandbox
from airbyte_agent_gmail.types import MessagesListParams

OPEN_SOURCE = GmailAuthConfig(refresh_token="x", client_id="x", client_secret="x")
HOSTED = AirbyteAuthConfig(customer_name="x", airbyte_client_id="x", airbyte_client_secret="x")


@GmailConnector.tool_utils
async def plain(entity: str, action: str) -> str:
    return entity + action


@GmailConnector.tool_utils(max_output_chars=None)
async def bounded(entity: str, action: str) -> str:
    return entity + action


async def main() -> None:
    async with Sandbox() as sandbox:
        gmail = sandbox.open_source()
        page = await gmail.messages.list(q="is:unread", label_ids=["INBOX"], max_results=1)
        token: str | None = page.meta.next_page_token
        message: Message = await gmail.messages.get(message_id="x", format="full")
        async for each in gmail.messages.list.records(q=token):
            print(each.id, message.snippet)
        task = asyncio.create_task(gmail.execute("messages", "list", {"q": "x"}))
        try:
            print(await task, await plain("messages", "list"), await bounded("messages", "list"))
        except RateLimitedError as error:
            print(error.retry_after)
        positional: Message = await gmail.messages.get("x", "full")
        drafted = await gmail.drafts.update({"raw": "x"}, "x")
        params: MessagesListParams = {"max_results": 1}
        print(await gmail.execute("messages", "list", params), positional.id, drafted.message)
        print(page.model_dump(), (await gmail.check()).model_dump_json(), HOSTED.model_copy())
        wrong: int = page.meta.next_page_token  # type: ignore[assignment]
        print(page.data[0].nothing, wrong)  # type: ignore[attr-defined]
        await gmail.messages.get(format="full")  # type: ignore[call-arg]
        await gmail.messages.get(message_id="x", format="long")  # type: ignore[arg-type]
        await gmail.messages.list(max_result=1)  # type: ignore[call-arg]
