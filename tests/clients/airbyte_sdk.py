#!/usr/bin/env python3
"""Runs Airbyte's Python SDK against the sandbox in both modes, with telemetry off; or Airbyte's older package for Gmail,
airbyte-agent-gmail.

The argument is a file with a running sandbox's announcement, one line of JSON:

    pip install airbyte-agent-sdk
    airbyte-gmail sandbox > sandbox.json &
    python3 tests/clients/airbyte_sdk.py sandbox.json
"""

import asyncio
import base64
import json
import os
import sys
import tempfile

# The SDK reads its settings when imported, and keeps an id for its telemetry in the home folder.
with open(sys.argv[1], encoding="utf-8") as file:
    sandbox = json.loads(file.readline())
os.environ["SDK_DEV_ADP_API_HOST"] = sandbox["airbyte_url"]
os.environ["AIRBYTE_TELEMETRY_MODE"] = "disabled"
home = tempfile.TemporaryDirectory()
os.environ["HOME"] = home.name

try:
    from airbyte_agent_sdk import AirbyteAuthConfig
    from airbyte_agent_sdk.connectors.gmail import GmailConnector, connector_model
    from airbyte_agent_sdk.connectors.gmail.models import GmailAuthConfig

    CUSTOMER = "workspace_name"
except ImportError:
    from airbyte_agent_gmail import AirbyteAuthConfig, GmailAuthConfig, GmailConnector, connector_model

    CUSTOMER = "customer_name"

RAW = base64.urlsafe_b64encode(b"To: support@example.com\r\nSubject: from the SDK\r\n\r\nhello\r\n").decode()


def holds(mode, name, condition, seen=None):
    if not condition:
        sys.exit(f"FAILED {mode}: {name}: {str(seen)[:400]}")
    print(f"ok {mode}: {name}")


def field(value, name):
    """A field of an answer, which is a model or a dictionary."""
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)


async def drive(mode, gmail):
    listed = await gmail.messages.list(max_results=2, q="is:unread")
    records = field(listed, "data")
    holds(mode, "messages are listed", len(records) == 2, listed)
    meta = field(listed, "meta")
    holds(mode, "with the fields of paging", meta is not None and "next" in str(meta).lower(), listed)
    identity = field(records[0], "id")
    message = await gmail.messages.get(message_id=identity)
    holds(mode, "a message is read", field(message, "id") == identity, message)
    label = await gmail.labels.create(name=f"SDK {mode}")
    label_id = field(label, "id")
    holds(mode, "a label is made", bool(label_id), label)
    changed = await gmail.messages.update(message_id=identity, add_label_ids=[label_id])
    holds(mode, "a message is labelled", label_id in str(changed), changed)
    sent = await gmail.messages.create(raw=RAW)
    holds(mode, "a message is sent", "SENT" in str(sent), sent)
    trashed = await gmail.execute("messages_trash", "create", {"messageId": identity})
    holds(mode, "a message goes to the trash", "TRASH" in str(trashed), trashed)
    await gmail.execute("messages_untrash", "create", {"messageId": identity})
    draft = await gmail.execute("drafts", "create", {"message": {"raw": RAW}})
    holds(mode, "a draft is made", "id" in str(draft), draft)
    threads = await gmail.threads.list(max_results=1)
    holds(mode, "threads are listed", len(field(threads, "data")) == 1, threads)
    await gmail.execute("labels", "delete", {"labelId": label_id})
    labels = await gmail.labels.list()
    holds(mode, "a label is deleted", label_id not in str(labels), labels)
    try:
        absent = await gmail.messages.get(message_id="00000000000000ff")
    except Exception as error:  # The SDK raises a different error type in each mode.
        absent = error
    holds(mode, "what is absent is an error", isinstance(absent, Exception), absent)


async def drive_older(airbyte, google, config):
    """Features of the older package only: its health check, creating connectors, and its tool."""
    checked = await GmailConnector(auth_config=config).check()
    holds("hosted", "the connector is healthy", checked.status == "healthy", checked)
    credentials = GmailAuthConfig(
        refresh_token=google["refresh_token"],
        client_id=google["client_id"],
        client_secret=google["client_secret"],
    )
    # By its own id, since the customer has two connectors from here on.
    made = await GmailConnector.create(airbyte_config=config, auth_config=credentials, name="from the package")
    profile = await made.execute("profile", "get", {})
    holds("hosted", "a connector is made and used", "@" in str(profile), profile)
    url = await GmailConnector.get_consent_url(airbyte_config=config, redirect_url="https://app.example.com/back")
    holds("hosted", "a consent is begun", url.startswith("http"), url)

    @GmailConnector.tool_utils
    async def gmail_execute(entity: str, action: str, params: dict):
        return await made.execute(entity, action, params)

    holds("hosted", "the tool is described", "messages" in gmail_execute.__doc__, gmail_execute.__doc__)
    labels = await gmail_execute("labels", "list", {})
    holds("hosted", "the tool works", "INBOX" in str(labels), labels)

    async def refused(name, awaitable, *words):
        try:
            error = await awaitable
        except Exception as raised:  # Lookups and requests raise different error types.
            error = raised
        said = isinstance(error, Exception) and all(word in str(error) for word in words)
        holds("hosted", name, said, error)

    await refused("two connectors", GmailConnector(auth_config=config).profile.get(), "found 2")
    unknown = config.model_copy(update={"customer_name": "nobody's"})
    await refused("an unknown customer", GmailConnector(auth_config=unknown).profile.get(), "404", "Workspace not found")
    await refused("a customer of nobody", GmailConnector.create(airbyte_config=unknown, auth_config=credentials), "404")
    other = config.model_copy(update={"organization_id": "00000000-0000-4000-8000-000000000000"})
    await refused("another organization", GmailConnector(auth_config=other).profile.get(), "403")
    await refused("a secret that is not known", GmailConnector.create(
        airbyte_config=config, server_side_oauth_secret_id="none"), "400", "secret")
    await refused("a template that is not there", GmailConnector.create(
        airbyte_config=config, auth_config=credentials, source_template_id=other.organization_id), "404", "template")
    await refused("another address to come back to", GmailConnector.get_consent_url(
        airbyte_config=config, redirect_url="nowhere"), "422", "redirect_url")
    await refused("an unknown action", made.execute("messages", "burn", {}), "400", "Available actions")
    page, ids = await made.messages.list(max_results=500), []
    token = None
    while True:
        part = await made.messages.list(max_results=9, page_token=token)
        ids += [field(record, "id") for record in part.data]
        token = field(part.meta, "next_page_token") or field(part.meta, "nextPageToken")
        if not token:
            break
    holds("hosted", "pages to the end", ids == [field(record, "id") for record in page.data], ids)
    client = made._executor._cloud_client
    await client.configure_oauth_app_parameters("gmail", {"client_id": "app", "client_secret": "secret"})
    await client.configure_oauth_app_parameters("gmail", None)
    await refused("an app without a secret", client.configure_oauth_app_parameters("gmail", {"client_id": "app"}), "422")


async def main():
    airbyte, google = sandbox["airbyte"], sandbox["google"]
    config = AirbyteAuthConfig(
        **{CUSTOMER: airbyte["customer_name"]},
        organization_id=airbyte["organization_id"],
        airbyte_client_id=airbyte["client_id"],
        airbyte_client_secret=airbyte["client_secret"],
    )
    hosted = GmailConnector(auth_config=config)
    await drive("hosted", hosted)
    if CUSTOMER == "customer_name":
        await drive_older(airbyte, google, config)
    if CUSTOMER == "workspace_name":  # The older package has no search.
        query = {"filter": {"contains": {"labelIds": "INBOX"}}}
        found = await hosted.messages.context_store_search(query=query, limit=2)
        holds("hosted", "the stored records are searched", len(field(found, "data")) == 2, found)

    # The SDK has no setting for Google's address.
    model = connector_model.GmailConnectorModel
    model.base_url = sandbox["gmail_url"]
    model.auth.config["refresh_url"] = sandbox["token_url"]
    await drive(
        "open source",
        GmailConnector(
            auth_config=GmailAuthConfig(
                access_token=google["access_token"],
                refresh_token=google["refresh_token"],
                client_id=google["client_id"],
                client_secret=google["client_secret"],
            )
        ),
    )
    print("the sandbox serves Airbyte's Python SDK")


asyncio.run(main())
