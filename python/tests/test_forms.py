"""Forms of calls, results and configurations that programs written for Airbyte's package use."""

import asyncio
import copy
import inspect
import json
import pickle
import subprocess
import sys
import threading

import pytest
from pydantic import BaseModel, TypeAdapter

import airbyte_agent_gmail as package
from airbyte_agent_gmail import AirbyteAuthConfig, GmailConnector
from airbyte_agent_gmail.models import GmailAuthConfig, GmailExecuteResult, GmailExecuteResultWithMeta

RAW = "VG86IGFAZXhhbXBsZS5jb20NCg0KVGV4dA0K"

OLDER_NAMES = """
GmailAuthConfig GmailReplicationConfig Profile MessageHeader MessagePartBody MessagePart Message MessageRef
MessagesListResponse LabelColor Label LabelsListResponse DraftRef Draft DraftsListResponse ThreadRef Thread
ThreadsListResponse MessageSendParams MessageModifyParams LabelCreateParamsColor LabelCreateParams
LabelUpdateParamsColor LabelUpdateParams DraftCreateParamsMessage DraftCreateParams DraftSendParams
MessagesListResultMeta DraftsListResultMeta ThreadsListResultMeta GmailCheckResult GmailExecuteResult
GmailExecuteResultWithMeta MessagesListResult LabelsListResult DraftsListResult ThreadsListResult
LabelsCreateParamsColor LabelsUpdateParamsColor DraftsCreateParamsMessage DraftsUpdateParamsMessage ProfileGetParams
MessagesListParams MessagesGetParams LabelsListParams LabelsCreateParams LabelsGetParams LabelsUpdateParams
LabelsDeleteParams DraftsListParams DraftsCreateParams DraftsGetParams DraftsUpdateParams DraftsDeleteParams
DraftsSendCreateParams ThreadsListParams ThreadsGetParams MessagesCreateParams MessagesUpdateParams
MessagesTrashCreateParams MessagesUntrashCreateParams
""".split()


def test_the_names_of_airbytes_package_are_here():
    assert [name for name in OLDER_NAMES if not hasattr(package, name)] == []
    from airbyte_agent_gmail.connector import GmailConnector as by_path
    from airbyte_agent_gmail.types import DraftsUpdateParams, MessagesListParams

    assert by_path is GmailConnector and GmailConnector.connector_version
    assert MessagesListParams(max_results=1) == {"max_results": 1}
    # In the order of the parameters of Airbyte's call.
    assert list(DraftsUpdateParams.__annotations__)[:2] == ["message", "draft_id"]
    body = package.DraftCreateParams(message=package.DraftCreateParamsMessage(raw="x", thread_id="y"))
    assert body.model_dump(by_alias=True) == {"message": {"raw": "x", "threadId": "y"}}


def test_names_are_found_whatever_was_imported_before():
    program = "import airbyte_agent_gmail as package; print(package.%s.__name__, hasattr(package, 'nothing'))"
    for name in ("Message", "GmailCheckResult", "MessagesListParams", "models", "types", "RateLimitedError"):
        ended = subprocess.run([sys.executable, "-c", program % name], capture_output=True, text=True)
        assert ended.stdout.split() == [f"airbyte_agent_gmail.{name}" if name.islower() else name, "False"], ended.stderr


def test_typed_calls_take_arguments_without_names(connector):
    async def main():
        page = await connector.messages.list(2, None, "in:inbox")
        assert len(page.data) == 2
        message = await connector.messages.get(page.data[0].id, "metadata", "Subject")
        assert [header.name for header in message.payload.headers] == ["Subject"]
        draft = await connector.drafts.create({"raw": RAW})
        assert (await connector.drafts.update({"raw": RAW}, draft.id)).id == draft.id
        assert (await connector.drafts_send.create(draft.id)).label_ids == ["SENT"]
        ids = [record.id async for record in connector.messages.list.records(7, q="in:inbox")]
        assert len(ids) > 7
        with pytest.raises(TypeError, match="3 arguments .*and 4"):
            await connector.messages.get("x", "full", "Subject", "y")
        with pytest.raises(TypeError, match="twice"):
            await connector.messages.get("x", message_id="x")

    asyncio.run(main())


def test_typed_calls_say_what_they_take(connector):
    get = connector.messages.get
    assert inspect.iscoroutinefunction(get) and "message_id" in get.__doc__
    parameters = inspect.signature(get).parameters
    assert list(parameters) == ["message_id", "format", "metadata_headers"]
    assert parameters["message_id"].default is inspect.Parameter.empty
    # Agent frameworks turn these annotations into tool schemas.
    assert TypeAdapter(parameters["format"].annotation).validate_python("raw") == "raw"


def test_a_typed_record_is_read_like_a_dict(connector):
    async def main():
        page = await connector.messages.list(max_results=1)
        record = await connector.execute("messages", "get", {"messageId": page.data[0].id})
        message = await connector.messages.get(page.data[0].id)
        assert dict(message) == {**message} == record and len(message) == len(record)
        assert list(message.keys()) == [*message.model_dump(by_alias=True)]
        assert "id" in message and "raw" not in message and message.get("raw", 1) == 1
        # Dumps omit fields that the service left out: models read them.
        assert page.model_dump(by_alias=True)["data"] == [{"id": message.id, "threadId": message.thread_id}]
        labels = await connector.labels.list()
        assert labels.data[0].type_ == labels.data[0].type
        with pytest.raises(AttributeError):
            labels.data[0].nothing_

    asyncio.run(main())


def test_lists_are_dumped_copied_and_pickled(connector):
    async def main():
        result = await connector.execute("messages", "list", {"max_results": 2})
        assert isinstance(result, GmailExecuteResult) and isinstance(result, GmailExecuteResultWithMeta)
        assert not isinstance(result.data[0], GmailExecuteResult)
        assert json.loads(result.model_dump_json()) == result.model_dump(mode="json") == dict(result)
        assert result.model_dump(exclude={"meta"}) == {"data": result.data}
        typed = await connector.messages.list(max_results=2)
        check = await connector.check()
        assert check.model_dump(exclude_none=True)["status"] == "healthy"
        for value in (result, typed, result.data[0], typed.data[0], check):
            assert pickle.loads(pickle.dumps(value)) == copy.deepcopy(value) == value
        result.data = result.data[:1]
        assert len(result.data) == 1

    asyncio.run(main())


@pytest.mark.parametrize("value", [b"x", float("nan"), 10**30, object(), {1: 2}])
def test_what_json_has_not_is_refused(connector, sandbox, value):
    before = len(sandbox.requests())
    with pytest.raises((package.InvalidInputError, TypeError), match="params: .*JSON has"):
        asyncio.run(connector.execute("messages", "list", {"q": value}))
    assert len(sandbox.requests()) == before


def test_configurations_do_what_models_do():
    config = GmailAuthConfig(refresh_token="r", client_id="i")
    assert GmailAuthConfig.model_validate(config.model_dump()) == config
    assert GmailAuthConfig.model_validate_json(config.model_dump_json()) == config
    assert config.model_copy(update={"client_id": "j"}).client_id == "j"
    assert pickle.loads(pickle.dumps(config)) == copy.deepcopy(config) == config

    class Settings(BaseModel):
        gmail: GmailAuthConfig
        airbyte: AirbyteAuthConfig | None = None

    settings = Settings.model_validate({"gmail": {"refresh_token": "r"}})
    assert settings.model_dump(exclude_none=True) == {"gmail": {"refresh_token": "r"}}
    assert Settings(gmail=config).gmail is config
    assert Settings.model_validate_json(settings.model_dump_json()) == settings
    assert "gmail" in Settings.model_json_schema()["properties"]
    with pytest.raises(ValueError, match="refresh_tokn"):
        Settings.model_validate({"gmail": {"refresh_tokn": "r"}})


def test_secrets_are_in_no_error_and_no_repr(sandbox):
    google = sandbox.google_auth
    wrong = GmailAuthConfig(refresh_token="s3cret", client_id="id", client_secret="hidden")
    gmail = sandbox.connector(wrong)
    with pytest.raises(package.GmailError) as caught:
        asyncio.run(gmail.execute("profile", "get"))
    shown = [repr(caught.value), repr(vars(caught.value)), repr(gmail), repr(google), repr(wrong), repr(sandbox.airbyte_auth)]
    secrets = ["s3cret", "hidden", google.client_secret, google.refresh_token, sandbox.airbyte_auth.airbyte_client_secret]
    assert not [secret for secret in secrets for text in shown if secret in text]


def test_tokens_come_with_their_type(sandbox):
    told = []
    sandbox.expire_access_tokens()
    asyncio.run(sandbox.open_source(on_token_refresh=told.append).execute("profile", "get"))
    assert told[0]["token_type"] == "Bearer" and told[0]["access_token"]


def test_threads_share_a_connector(connector):
    """Each has its own event loop; they run in sequence and concurrently."""
    found = []

    def work():
        async def main():
            calls = [connector.execute("profile", "get") for _ in range(5)]
            return await asyncio.gather(*calls)

        for _ in range(3):
            found.extend(asyncio.run(main()))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 60 and len({record["emailAddress"] for record in found}) == 1


def test_blocking_calls_work_where_a_loop_runs(sandbox):
    """As in a notebook."""
    from airbyte_agent_gmail.blocking import GmailConnector as Blocking

    async def cell():
        gmail = sandbox.connector(sandbox.google_auth, kind=Blocking)
        identifier = gmail.messages.list(1).data[0].id
        assert gmail.messages.get(identifier)["id"] == identifier
        return await sandbox.hosted().execute("profile", "get")

    assert asyncio.run(cell())["emailAddress"]


def test_tools_keep_their_own_docstring(connector):
    class Mail:
        @GmailConnector.tool_utils
        async def call(self, entity: str, action: str, params: dict | None = None):
            """Reads mail.

            Args:
                entity: What.
            """
            return await connector.execute(entity, action, params or {})

        @staticmethod
        @connector.tool_utils(max_output_chars=10)
        def text(length: int, *, letter="x"):
            return letter * length

    own, _, guide = Mail.call.__doc__.partition("\nEntities")
    assert own.startswith("Reads mail.") and own.rstrip().endswith("entity: What.")
    # Frameworks stop reading at the first empty line.
    assert guide and "\n\n" not in guide
    assert asyncio.run(Mail().call("profile", "get"))["emailAddress"]
    assert Mail.text(8) == "xxxxxxxx" and list(inspect.signature(Mail.text).parameters) == ["length", "letter"]
    with pytest.raises(Exception, match="13 characters"):
        Mail.text(11, letter="y")


def test_models_are_made_once_whoever_asks():
    program = """
import threading
from airbyte_agent_gmail import models
found = []
threads = [threading.Thread(target=lambda: found.append(models.ThreadsListResult)) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert len(found) == 8 and len(set(found)) == 1
from airbyte_agent_gmail.models import *
assert ThreadRef is Thread and Thread.__module__ == "airbyte_agent_gmail._models"
assert sum(isinstance(value, type) for value in list(globals().values())) > 70
part = MessagePart(parts=[{"parts": [{"partId": "0"}]}])
assert type(part.parts[0].parts[0]) is MessagePart and part.parts[0].parts[0].part_id == "0"
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
