"""Calls that run unchanged with Airbyte's package and with this one; prints each result as JSON."""

import asyncio
import base64
import importlib.util
import json
import os
import sys
from dataclasses import asdict, is_dataclass

from airbyte_agent_gmail import AirbyteAuthConfig, GmailConnector
from airbyte_agent_gmail.models import GmailAuthConfig

RAW = base64.urlsafe_b64encode(b"To: a@example.com\r\nSubject: Same\r\n\r\nText\r\n").decode()


def plain(result):
    if hasattr(result, "data") and hasattr(result, "meta") and not isinstance(result, dict):
        return {"data": plain(result.data), "meta": plain(result.meta)}
    if hasattr(result, "data") and not isinstance(result, dict):
        return {"data": plain(result.data), "meta": {}}
    if hasattr(result, "model_dump"):
        return result.model_dump(mode="json", by_alias=True, exclude_none=True)
    if is_dataclass(result):
        return {name: value for name, value in asdict(result).items() if value is not None}
    if isinstance(result, list):
        return [plain(item) for item in result]
    return result


def connector(mode, auth):
    if mode == "hosted":
        return GmailConnector(auth_config=AirbyteAuthConfig(**auth))
    # Airbyte's package has only Google's URLs; this one takes others from the environment.
    if importlib.util.find_spec("airbyte_agent_gmail.connector_model"):
        from airbyte_agent_gmail.connector_model import GmailConnectorModel as model

        model.base_url = os.environ["GMAIL_API_URL"]
        model.auth.config["refresh_url"] = os.environ["GOOGLE_TOKEN_URL"]
    return GmailConnector(auth_config=GmailAuthConfig(**auth))


async def main():
    gmail = connector(sys.argv[1], json.loads(sys.argv[2]))
    results = {}

    async def note(name, call):
        try:
            result = await call
        except Exception as error:
            results[name] = {"raised": type(error).__name__}
            return None
        results[name] = plain(result)
        return result

    async def execute(entity, action, params=None, note_as=None):
        name = note_as or f"{entity} {action} {json.dumps(params)[:80]}"
        return await note(name, gmail.execute(entity, action, params))

    await execute("profile", "get")
    await execute("profile", "get", {})
    page = await execute("messages", "list")
    ids = [record["id"] for record in page.data]
    threads = [record["threadId"] for record in page.data]
    for size in (1, 2, 5, 100):
        await execute("messages", "list", {"max_results": size})
        await execute("messages", "list", {"maxResults": size})
    first = await execute("messages", "list", {"maxResults": 3})
    await execute("messages", "list", {"maxResults": 3, "page_token": first.meta["nextPageToken"]}, "second page")
    for query in ("is:unread", "in:sent", "from:nobody@example.com", "subject:invoice"):
        await execute("messages", "list", {"q": query})
        await execute("threads", "list", {"q": query})
    await execute("messages", "list", {"label_ids": "INBOX"})
    await execute("messages", "list", {"labelIds": "UNREAD", "max_results": 2})
    await execute("messages", "list", {"include_spam_trash": True})
    for form in ("full", "minimal", "metadata", "raw"):
        await execute("messages", "get", {"message_id": ids[0], "format": form}, f"message {form}")
        await execute("messages", "get", {"messageId": ids[1], "format": form}, f"second message {form}")
    one = {"message_id": ids[0], "format": "metadata", "metadata_headers": "Subject"}
    await execute("messages", "get", one, "one header")
    await execute("messages", "get", {"messageId": "0000000000000bad"})
    await execute("threads", "list")
    await execute("threads", "list", {"max_results": 2})
    for form in ("full", "minimal", "metadata"):
        await execute("threads", "get", {"thread_id": threads[0], "format": form}, f"thread {form}")
    await execute("labels", "list")
    await execute("labels", "get", {"label_id": "INBOX"})
    await execute("labels", "get", {"labelId": "SENT"})
    label = await execute("labels", "create", {"name": "Same", "label_list_visibility": "labelShow"}, "label create")
    if label:
        await execute("labels", "update", {"label_id": label["id"], "name": "Other"}, "label update")
        await execute("labels", "get", {"label_id": label["id"]}, "label get")
        await execute("messages", "update", {"message_id": ids[0], "add_label_ids": [label["id"]]}, "add label")
        await execute("messages", "update", {"messageId": ids[0], "removeLabelIds": [label["id"]]}, "remove label")
        await execute("labels", "delete", {"label_id": label["id"]}, "label delete")
    await execute("messages_trash", "create", {"message_id": ids[0]}, "trash")
    await execute("messages_untrash", "create", {"message_id": ids[0]}, "untrash")
    draft = await execute("drafts", "create", {"message": {"raw": RAW}}, "draft create")
    if draft:
        await execute("drafts", "get", {"draft_id": draft["id"]}, "draft get")
        await execute("drafts", "list", {"max_results": 1}, "drafts list")
        await execute("drafts", "update", {"draft_id": draft["id"], "message": {"raw": RAW}}, "draft update")
        await execute("drafts_send", "create", {"id": draft["id"]}, "draft send")
        await execute("drafts", "delete", {"draft_id": draft["id"]}, "draft delete")
    await execute("messages", "create", {"raw": RAW}, "send")
    await execute("messages", "nothing", {})
    await execute("nothing", "list", {})
    await note("typed profile", gmail.profile.get())
    await note("typed list", gmail.messages.list(max_results=2, q="in:inbox"))
    await note("typed get", gmail.messages.get(message_id=ids[1], format="full"))
    await note("typed labels", gmail.labels.list())
    await note("typed threads", gmail.threads.list(max_results=2))
    await note("typed thread", gmail.threads.get(thread_id=threads[0]))
    await note("check", gmail.check())
    results["connector_id"] = gmail.connector_id is not None
    print(json.dumps(results, default=str))


asyncio.run(main())
