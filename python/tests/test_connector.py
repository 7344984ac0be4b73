"""The documented surface, in both modes."""

import asyncio
import copy
import json
import pickle

import pytest

import airbyte_agent_gmail as package
from airbyte_agent_gmail import AirbyteAuthConfig, GmailConnector
from airbyte_agent_gmail.models import GmailAuthConfig, GmailReplicationConfig


def test_a_list_gives_data_and_meta(connector):
    async def main():
        both = [
            await connector.execute("messages", "list", {name: 2})
            for name in ("max_results", "maxResults")
        ]
        assert both[0] == both[1]
        assert len(both[0].data) == 2 and both[0].meta["nextPageToken"]
        last = await connector.execute("messages", "list", {"q": "from:nobody@example.com"})
        assert last.meta["nextPageToken"] is None
        return both[0].data[0]["id"]

    identifier = asyncio.run(main())
    record = asyncio.run(connector.execute("messages", "get", {"message_id": identifier}))
    assert record["id"] == record.data["id"] == identifier
    assert record.meta == {} and json.loads(json.dumps(record)) == record


def test_typed_calls_give_models(connector):
    async def main():
        page = await connector.messages.list(q="in:inbox", max_results=2)
        assert page.meta.next_page_token
        message = await connector.messages.get(message_id=page.data[0].id, format="full")
        assert message.thread_id == message["threadId"] == page.data[0].thread_id
        assert message.payload.headers[0].name
        assert message.model_dump(by_alias=True, exclude_unset=True) == await connector.execute(
            "messages", "get", {"messageId": message.id}
        )
        labels = await connector.labels.list()
        assert {"INBOX", "SENT"} <= {label.id for label in labels.data}

    asyncio.run(main())


def test_pages_end(connector):
    async def main():
        pages = [page async for page in connector.pages("messages", "list", {"maxResults": 7})]
        records = [record.id async for record in connector.messages.list.records(max_results=7)]
        assert len(pages) > 1 and all(len(page.data) <= 7 for page in pages)
        assert records == [record["id"] for page in pages for record in page.data]
        assert len(set(records)) == len(records)

    asyncio.run(main())


def test_errors_say_what_to_do_next(connector):
    async def failing(*call):
        with pytest.raises(package.GmailError) as caught:
            await connector.execute(*call)
        return caught.value

    error = asyncio.run(failing("messages", "get", {"messageId": "0000000000000bad"}))
    assert isinstance(error, (package.NotFoundError, package.InvalidRequestError, RuntimeError))
    assert error.operation == "messages_get"
    error = asyncio.run(failing("messages", "list", {"maxResult": 1}))
    assert isinstance(error, package.InvalidInputError) and isinstance(error, ValueError)
    assert error.is_invalid_input and not error.is_not_found
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is type(error) and vars(twin) == vars(error)


def test_every_predicate_has_a_class():
    for name in package.__all__:
        value = getattr(package, name)
        if isinstance(value, type) and issubclass(value, package.GmailError):
            assert value.__doc__ and value.__module__ == "airbyte_agent_gmail._errors"


def test_check_says_healthy_or_why_not(connector, sandbox):
    assert asyncio.run(connector.check()).status == "healthy"
    wrong = sandbox.connector(GmailAuthConfig(access_token="wrong"))
    result = asyncio.run(wrong.check())
    assert result.status == "unhealthy" and result.error and result.checked_entity


def test_twenty_calls_wait_for_one_refresh(sandbox):
    told = []
    gmail = sandbox.open_source(on_token_refresh=told.append)

    async def main():
        sandbox.expire_access_tokens()
        calls = [gmail.execute("profile", "get") for _ in range(20)]
        return await asyncio.gather(*calls)

    assert len(asyncio.run(main())) == 20
    assert [path for _, path in sandbox.requests()].count("/token") == 1
    assert len(told) == 1 and told[0]["access_token"]


def test_a_coroutine_is_told_of_new_tokens(sandbox):
    told = []

    async def keep(tokens):
        await asyncio.sleep(0)
        told.append(tokens)

    sandbox.expire_access_tokens()
    gmail = sandbox.open_source(on_token_refresh=keep)
    asyncio.run(gmail.execute("profile", "get"))
    assert len(told) == 1


def test_a_cancelled_task_ends_and_the_others_go_on(connector):
    async def main():
        tasks = [
            asyncio.create_task(connector.execute("messages", "list")) for _ in range(10)
        ]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    results = asyncio.run(main())
    assert all(isinstance(result, asyncio.CancelledError) for result in results[::2])
    assert all(result.data for result in results[1::2])


def test_secrets_are_not_shown():
    config = GmailAuthConfig(refresh_token="s3cret", client_id="id", client_secret="hidden")
    assert "s3cret" not in repr(config) and "hidden" not in repr(config)
    assert "s3cret" not in repr(GmailConnector(auth_config=config))


def test_what_is_wrong_is_said_at_once():
    with pytest.raises(package.ConfigurationError):
        GmailConnector(auth_config=GmailAuthConfig())
    with pytest.raises(TypeError, match="object"):
        GmailConnector(auth_config=object())
    with pytest.raises(package.ConfigurationError, match="refresh_tokn"):
        GmailAuthConfig(refresh_tokn="x")


def test_any_object_with_the_attributes_is_a_configuration(sandbox):
    class Secret:
        def get_secret_value(self):
            return sandbox.google_auth.access_token

    class Config:
        access_token = Secret()

    gmail = sandbox.connector(Config())
    assert asyncio.run(gmail.execute("profile", "get"))["emailAddress"]


def test_connectors_are_made_and_consented_to(sandbox, monkeypatch):
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    airbyte = sandbox.airbyte_auth

    async def main():
        url = await GmailConnector.get_consent_url(
            airbyte_config=airbyte, redirect_url="https://app.example.com/connected"
        )
        assert url.startswith("http")
        made = await GmailConnector.create(
            airbyte_config=airbyte,
            auth_config=sandbox.google_auth,
            replication_config=GmailReplicationConfig(include_spam_and_trash=False),
        )
        assert made.connector_id
        return await made.execute("profile", "get")

    assert asyncio.run(main())["emailAddress"]
    with pytest.raises(ValueError, match="customer"):
        asyncio.run(
            GmailConnector.get_consent_url(
                airbyte_config=AirbyteAuthConfig(airbyte_client_id="x"), redirect_url="https://x"
            )
        )


def test_the_looked_up_id_is_known_afterwards(sandbox):
    gmail = sandbox.hosted()
    assert gmail.connector_id is None
    asyncio.run(gmail.execute("profile", "get"))
    assert gmail.connector_id
    assert sandbox.open_source().connector_id is None


def test_the_table_describes_itself(connector):
    entities = {entity["entity_name"]: entity for entity in connector.list_entities()}
    messages = entities["messages"]
    assert "list" in messages["available_actions"] and messages["description"]
    names = [parameter["name"] for parameter in messages["parameters"]["list"]]
    assert "maxResults" in names
    assert "threadId" in connector.entity_schema("messages")["properties"]
    assert connector.entity_schema("nothing") is None
    assert set(entities) <= set(dir(connector))
    with pytest.raises(AttributeError, match="nothing"):
        connector.nothing
    with pytest.raises(AttributeError, match="it has"):
        connector.messages.nothing


def test_tool_utils_fills_the_docstring_and_bounds_the_result(connector):
    @GmailConnector.tool_utils
    async def plain(entity: str, action: str, params: dict | None = None):
        """Mail."""
        return await connector.execute(entity, action, params or {})

    assert plain.__doc__.startswith("Mail.\n") and "messages" in plain.__doc__
    assert asyncio.run(plain("messages", "list")).data

    @GmailConnector.tool_utils(update_docstring=False, max_output_chars=100)
    async def short(entity: str, action: str):
        return await connector.execute(entity, action, {})

    assert short.__doc__ is None
    with pytest.raises(Exception, match="characters"):
        asyncio.run(short("messages", "list"))


def test_tools_read_and_reply(connector):
    async def main():
        names = {tool["name"] for tool in connector.tools()}
        assert {"gmail_search", "gmail_read_message", "gmail_send"} <= names
        answer = await connector.call_tool("gmail_search", {"query": "in:inbox"})
        assert not answer.is_error and answer.text and answer.structured

    asyncio.run(main())


def test_the_environment_leads_every_connector(sandbox, monkeypatch):
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    for auth in (sandbox.google_auth, sandbox.airbyte_auth):
        assert asyncio.run(GmailConnector(auth_config=auth).execute("profile", "get"))


def test_blocking_calls_need_no_event_loop(sandbox):
    from airbyte_agent_gmail.blocking import GmailConnector as Blocking

    for auth in (sandbox.google_auth, sandbox.airbyte_auth):
        gmail = sandbox.connector(auth, kind=Blocking)
        assert gmail.check().status == "healthy"
        assert gmail.messages.list(max_results=1).data[0].id
        assert len(list(gmail.records("messages", "list", {"maxResults": 10}))) > 10
