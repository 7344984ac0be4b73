#!/usr/bin/env python3
"""Tests less common uses of Airbyte's Python SDK against the sandbox: each action, paging, the Context Store, errors.

The argument is a file with a running sandbox's announcement, one line of JSON:

    pip install airbyte-agent-sdk
    airbyte-gmail sandbox > sandbox.json &
    python3 tests/clients/airbyte_edges.py sandbox.json
"""

import asyncio
import base64
import json
import os
import sys
import tempfile
import urllib.request

with open(sys.argv[1], encoding="utf-8") as file:
    sandbox = json.loads(file.readline())
known, google = sandbox["airbyte"], sandbox["google"]
os.environ["SDK_DEV_ADP_API_HOST"] = sandbox["airbyte_url"]
os.environ["AIRBYTE_TELEMETRY_MODE"] = "disabled"
home = tempfile.TemporaryDirectory()
os.environ["HOME"] = home.name

from airbyte_agent_sdk import AirbyteAuthConfig, Workspace, connect  # noqa: E402  # Reads the environment.
from airbyte_agent_sdk.connectors.gmail import GmailConnector  # noqa: E402
from airbyte_agent_sdk.errors import AirbyteToolError, ConnectorAmbiguityError, ConnectorNotFoundError  # noqa: E402
from airbyte_agent_sdk.http.exceptions import (  # noqa: E402
    AuthenticationError,
    ConnectorValidationError,
    HTTPStatusError,
    RateLimitError,
)

RAW = base64.urlsafe_b64encode(b"To: support@example.com\r\nSubject: at the edges\r\n\r\nhello\r\n").decode()
EXECUTE = "create_integrations_connectors_id_execute"
LIST = "list_integrations_connectors"


def holds(name, condition, seen=None):
    if not condition:
        sys.exit(f"FAILED: {name}: {str(seen)[:600]}")
    print(f"ok: {name}")


def field(value, name):
    """A field of an answer, which is a model or a dictionary."""
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)


def call(url, body=None, method=None, token=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method)) as answer:
        content = answer.read()
    return json.loads(content) if content else None


def control(path, body=None, method=None):
    return call(f"{sandbox['control_url']}/{path}", body, method)


def fault(on, code, body, content_type="application/json"):
    text = body if isinstance(body, str) else json.dumps(body)
    kind = {"answer": {"code": code, "content_type": content_type, "body": text}}
    control("faults", {"service": "airbyte", "matches": on, "kind": kind})


async def refused(name, kind, awaitable, *words):
    try:
        seen = await awaitable
    except kind as error:
        holds(name, all(word in str(error) for word in words), error)
        return error
    except Exception as error:  # The type is checked below.
        seen = f"{type(error).__name__}: {error}"
    return holds(name, False, seen)


def config(**more):
    return AirbyteAuthConfig(
        **{"workspace_name": known["customer_name"], **more},
        airbyte_client_id=known["client_id"],
        airbyte_client_secret=known["client_secret"],
    )


def connector(**more):
    return GmailConnector(auth_config=config(**more))


async def every_action(gmail):
    """Each of the 20 actions, through its own method."""
    profile = await gmail.profile.get()
    holds("the profile is read", "@" in str(profile), profile)
    sent = await gmail.messages.create(raw=RAW)
    answered = await gmail.messages.create(raw=RAW, thread_id=sent["threadId"])
    holds("an answer joins its thread", answered["threadId"] == sent["threadId"], answered)
    for form in ("minimal", "full", "metadata", "raw"):
        message = await gmail.messages.get(message_id=sent["id"], format=form, metadata_headers="Subject,To")
        holds(f"a message is read as {form}", ("raw" in message) == (form == "raw"), message)
    await gmail.messages.update(message_id=sent["id"], add_label_ids=["STARRED"], remove_label_ids=[])
    holds("a message is trashed", "TRASH" in (await gmail.messages_trash.create(message_id=sent["id"]))["labelIds"])
    untrashed = await gmail.messages_untrash.create(message_id=sent["id"])
    holds("and comes back", "TRASH" not in untrashed["labelIds"], untrashed)
    label = await gmail.labels.create(
        name="at the edges", message_list_visibility="show", label_list_visibility="labelShow",
        color={"textColor": "#000000", "backgroundColor": "#ffffff"},
    )
    label = await gmail.labels.update(label_id=label["id"], name="over the edges")
    holds("a label is renamed", (await gmail.labels.get(label_id=label["id"]))["name"] == "over the edges", label)
    await gmail.labels.delete(label_id=label["id"])
    draft = await gmail.drafts.create(message={"raw": RAW, "threadId": sent["threadId"]})
    draft = await gmail.drafts.update(draft_id=draft["id"], message={"raw": RAW})
    holds("a draft is read", (await gmail.drafts.get(draft_id=draft["id"]))["id"] == draft["id"], draft)
    holds("a draft is sent", "SENT" in (await gmail.drafts_send.create(id=draft["id"]))["labelIds"])
    spare = await gmail.drafts.create(message={"raw": RAW})
    await gmail.drafts.delete(draft_id=spare["id"])
    thread = await gmail.threads.get(thread_id=sent["threadId"], format="metadata", metadata_headers="Subject")
    holds("a thread is read", {sent["id"], answered["id"]} <= {one["id"] for one in thread["messages"]}, thread)


async def every_page(gmail):
    for entity in (gmail.messages, gmail.threads, gmail.drafts):
        name, ids, token = type(entity).__name__, [], None
        while True:
            page = await entity.list(max_results=7, page_token=token)
            ids += [field(record, "id") for record in page.data]
            token = field(page.meta, "next_page_token") or field(page.meta, "nextPageToken")
            if not token:
                break
        whole = await entity.list(max_results=500)
        holds(f"{name}: pages to the end", ids == [field(record, "id") for record in whole.data] and len(set(ids)) == len(ids))
    listed = await gmail.execute("messages", "list", {"labelIds": ["INBOX", "UNREAD"], "maxResults": 3})
    joined = await gmail.messages.list(label_ids="INBOX,UNREAD", max_results=3)
    joined = [field(record, "id") for record in joined.data]
    holds("lists are lists, or joined by commas", [record["id"] for record in listed.data] == joined != [], listed)


async def the_context_store(gmail):
    found, cursor = [], None
    while True:
        query = {"filter": {"array_contains": {"labelIds": "INBOX"}}, "sort": [{"internalDate": "asc"}]}
        page = await gmail.messages.context_store_search(query=query, limit=4, cursor=cursor, fields=[["id"], ["labelIds"]])
        found += [record.id for record in page.data]
        cursor = page.meta.cursor
        holds("a page says whether there is more", page.meta.has_more == (cursor is not None), page.meta)
        if cursor is None:
            break
    inbox = await gmail.execute("messages", "list", {"labelIds": ["INBOX"], "maxResults": 500})
    holds("a search to its end", sorted(found) == sorted(record["id"] for record in inbox.data), found)
    for condition in (
        {"startswith": {"name": "inb"}}, {"endswith": {"name": "BOX"}}, {"contains": {"name": "nbo"}},
        {"in": {"id": ["INBOX", "none"]}}, {"keyword": {"name": "inbox none"}}, {"fuzzy": {"name": "inbox"}},
        {"and": [{"eq": {"id": "INBOX"}}, {"not": {"neq": {"type": "system"}}}]}, {"or": [{"eq": {"id": "INBOX"}}]},
    ):
        page = await gmail.labels.context_store_search(query={"filter": condition})
        holds(f"labels by {condition}", [record.id for record in page.data] == ["INBOX"], page)
    for entity in ("profile", "messages", "labels", "drafts", "threads"):
        page = await getattr(gmail, entity).context_store_search(query={}, limit=2)
        holds(f"{entity}: searched without a condition", page.data and page.meta.took_ms is not None, page)
        rows = await getattr(gmail, entity).context_store_sql_query(sql=f"select count(*) as n from {entity}", limit=1)
        holds(f"{entity}: counted in SQL", len(rows.data) == 1, rows)
    for params, word in (
        ({"query": {"filter": {"equals": {"id": "a"}}}}, "operators"), ({"query": {"filter": {"eq": {"thread_id": "a"}}}}, "threadId"),
        ({"query": {}, "limit": 0}, "limit"), ({"query": {}, "cursor": "none"}, "cursor"), ({"query": {}, "page": 1}, "page"),
    ):
        await refused(f"{params} is refused", ConnectorValidationError,
                      gmail.execute("messages", "context_store_search", params), word)
    for sql in ("delete from messages", "selec", ""):
        await refused(f"{sql!r} is refused", ConnectorValidationError, gmail.messages.context_store_sql_query(sql=sql))


async def fields_and_texts(gmail):
    params = {"maxResults": 1}
    chosen = await gmail.execute("messages", "list", params, select_fields=["id"], exclude_fields=["id"])
    holds("chosen fields alone, which win", [list(record) for record in chosen.data] == [["id"]], chosen)
    rest = await gmail.execute("messages", "list", params, exclude_fields=["threadId"])
    holds("all fields but one", "threadId" not in rest.data[0] and "id" in rest.data[0], rest)
    empty = await gmail.execute("messages", "list", params, select_fields=[], exclude_fields=[])
    holds("an empty choice chooses nothing", {"id", "threadId"} <= set(empty.data[0]), empty)
    whole = await gmail.execute("messages", "get", {"messageId": chosen.data[0]["id"]}, select_fields=["payload.mimeType"])
    holds("a field inside of another", list(whole["payload"]) == ["mimeType"], whole)
    query = {"query": {}, "limit": 50}
    cut = await gmail.execute("messages", "context_store_search", query, skip_truncation=False)
    texts = [header["value"] for record in cut["data"] for header in record["payload"]["headers"]]
    holds("long texts are cut where the caller allows it", all(len(text) < 300 for text in texts), max(texts, key=len))


async def errors(gmail):
    await refused("an unknown entity", ConnectorValidationError, gmail.execute("letters", "list", {}), "messages")
    await refused("an unknown action", ConnectorValidationError, gmail.execute("messages", "burn", {}), "context_store_search")
    await refused("an unknown param", ConnectorValidationError, gmail.execute("messages", "get", {"id": "1"}), "messageId")
    await refused("a param of another type", ConnectorValidationError,
                  gmail.execute("messages", "list", {"maxResults": "two"}), "integer")
    await refused("what Gmail does not have", HTTPStatusError, gmail.messages.get(message_id="00000000000000ff"), "404")
    await refused("what Gmail refuses", HTTPStatusError, gmail.messages.create(raw="%"), "400")
    for code, kind, body, word in (
        (401, AuthenticationError, {"detail": "Invalid authentication credentials"}, "Invalid authentication"),
        (403, AuthenticationError, {"detail": "no subscription"}, "no subscription"),
        (409, HTTPStatusError, {"message": "taken", "errors": []}, "taken"),
        (422, ConnectorValidationError, {"detail": [{"loc": ["body", "entity"], "msg": "wrong", "type": "t"}]}, "wrong"),
        (422, ConnectorValidationError, {"message": "m", "errors": [{"field": "a", "message": "one"}, {"message": "two"}]}, "one, two"),
        (502, HTTPStatusError, "<html>bad gateway</html>", "bad gateway"),
    ):
        fault(EXECUTE, code, body)
        await refused(f"{code} {body}", kind, gmail.profile.get(), word)
    status = {"status": {"code": 429, "body": "airbyte", "headers": {"Retry-After": "7"}}}
    control("faults", {"service": "airbyte", "matches": EXECUTE, "kind": status})
    limited = await refused("429", RateLimitError, gmail.profile.get())
    holds("and how long to wait", limited.retry_after == 7, limited.retry_after)
    control("tokens", {"action": "expire_airbyte"})
    await refused("a token that has ended", AuthenticationError, gmail.profile.get(), "Invalid authentication credentials")
    holds("a new one is taken", "@" in str(await connector().profile.get()))
    wrong = GmailConnector(auth_config=AirbyteAuthConfig(airbyte_client_id="a", airbyte_client_secret="b", workspace_name="c"))
    await refused("a wrong client", AuthenticationError, wrong.profile.get())


async def organizations():
    control("settings", {"multi_organization": True}, "POST")
    await refused("no organization", ConnectorValidationError, connector().profile.get(), "specify target organization")
    named = connector(organization_id=known["organization_id"])
    holds("the organization is named", "@" in str(await named.profile.get()))
    control("settings", {"multi_organization": False}, "POST")
    other = "00000000-0000-4000-8000-000000000000"
    await refused("another organization", AuthenticationError, connector(organization_id=other).profile.get(), "403")
    await refused("no id of one", ConnectorValidationError, connector(organization_id="mine").profile.get(), "422")


async def documentation(gmail):
    inspected = await gmail.inspect_connector()
    ready = inspected["context_store_readiness"]["configured_cache_entities"]
    holds("the connector is inspected", all(entity["ready_for_search"] for entity in ready), inspected)
    outline = await gmail.read_skill_docs()
    holds("its documentation is read", "## Outline" in outline and "`messages`" in outline, outline)
    section = await gmail.read_skill_docs("messages")
    holds("and a section of it", "| param |" in section and "messageId" in section, section)

    @GmailConnector.agent_tool()
    async def execute(entity: str, action: str, params: dict | None = None):
        return await gmail.execute(entity=entity, action=action, params=params or {})

    holds("the tool works", "INBOX" in str(await execute("labels", "list")))
    await refused("and says what went wrong", AirbyteToolError, execute("messages", "get"), "messageId")


async def the_workspace(gmail):
    async with Workspace(
        client_id=known["client_id"], client_secret=known["client_secret"], workspace_name=known["customer_name"]
    ) as workspace:
        [first] = await workspace.list_connectors()
        holds("the connectors are listed", (first.id, first.connector_type) == (known["connector_id"], "Gmail"), first)
        holds("the workspace has an id", len(await workspace._resolve_workspace_id()) == 36)
        executor = await workspace.get_connector(name="gmail")
        result = await executor.execute("messages", "list", params={"maxResults": 1}, intent="look around")
        holds("an executor works", result.success and result.meta["nextPageToken"], result)
        logged = control("requests")[-1]
        holds("the intent arrives", logged["intent"] == "look around", logged)
        await executor.close()
        async with connect("gmail", auth_config=config()) as connected:
            holds("connect finds it", "@" in str(await connected.profile.get()))
        body = {"workspace_name": known["customer_name"], "connector_type": "gmail", "name": first.name,
                "credentials": {"refresh_token": google["refresh_token"]}}
        token = await gmail._executor._cloud_client.get_bearer_token()
        second = call(f"{sandbox['airbyte_url']}/api/v1/integrations/connectors", body, token=token)["id"]
        await refused("two of one name", ConnectorAmbiguityError, connector().profile.get(), "found 2")
        holds("by its id", "@" in str(await connector(connector_id=second).profile.get()))
        await workspace.delete_connector(second)
        await refused("what is deleted", HTTPStatusError, connector(connector_id=second).profile.get(), "404")
        while len(await workspace.list_connectors()) > 1:
            pass
        holds("one is left", "@" in str(await connector().profile.get()))
        fault(LIST, 200, {"data": []})
        await refused("none", ConnectorNotFoundError, connector().profile.get())
    await refused("an unknown workspace", HTTPStatusError, connector(workspace_name="nobody's").profile.get(), "404")


async def main():
    gmail = connector()
    await every_action(gmail)
    await every_page(gmail)
    await the_context_store(gmail)
    await fields_and_texts(gmail)
    await documentation(gmail)
    await the_workspace(gmail)
    await errors(gmail)
    await organizations()
    print("the sandbox serves Airbyte's Python SDK at its edges")


asyncio.run(main())
