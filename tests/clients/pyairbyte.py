#!/usr/bin/env python3
"""Runs PyAirbyte's interface to Airbyte's agents (`airbyte.agents`) against the sandbox.

The argument is a file with a running sandbox's announcement, one line of JSON:

    pip install airbyte
    airbyte-gmail sandbox > sandbox.json &
    python3 tests/clients/pyairbyte.py sandbox.json
"""

import json
import os
import sys
import tempfile
import urllib.request

with open(sys.argv[1], encoding="utf-8") as file:
    sandbox = json.loads(file.readline())
known = sandbox["airbyte"]
api = f"{sandbox['airbyte_url']}/api/v1"
os.environ["AIRBYTE_AGENTS_API_URL"] = api
os.environ["DO_NOT_TRACK"] = "1"
home = tempfile.TemporaryDirectory()
os.environ["HOME"] = home.name

from airbyte import agents  # noqa: E402  # Reads the environment when imported.
from airbyte.exceptions import AirbyteError as agents_error  # noqa: E402


def holds(name, condition, seen=None):
    if not condition:
        sys.exit(f"FAILED: {name}: {str(seen)[:400]}")
    print(f"ok: {name}")


def call(path, body=None, token=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    with urllib.request.urlopen(urllib.request.Request(api + path, data, headers)) as answer:
        return json.load(answer)


# PyAirbyte would request a token from Airbyte Cloud's API, which the sandbox does not simulate.
credentials = {"client_id": known["client_id"], "client_secret": known["client_secret"]}
token_of_application = call("/account/applications/token", credentials)["access_token"]
inspected = call(f"/integrations/connectors/{known['connector_id']}/inspect", token=token_of_application)

workspace = agents.AgentWorkspace(workspace_id=inspected["workspace_id"], bearer_token=token_of_application)
holds("the workspace is found", workspace.get_info().name == known["customer_name"])
connectors = workspace.list_connectors()
holds("connectors are listed", len(connectors) == 1, connectors)
connector = workspace.get_connector(known["connector_id"])
details = connector.inspect()
holds("the connector is inspected", "connector-source:" in str(details), details)
page = connector.list_entities("messages", {"maxResults": 2, "labelIds": ["INBOX"]})
holds("messages are listed", len(page.entities) == 2, page)
message = connector.get_entity("messages", {"messageId": page.entities[0]["id"]})
holds("a message is read", page.entities[0]["id"] in str(message), message)
ids, token = [], None
while True:
    params = {"maxResults": 9, **({"pageToken": token} if token else {})}
    part = connector.list_entities("messages", params, select_fields=["id"], intent="read to the end")
    ids += [entity["id"] for entity in part.entities]
    token = part.connector_metadata.model_extra["nextPageToken"]
    if not token:
        break
whole = connector.list_entities("messages", {"maxResults": 500})
holds("pages to the end", ids == [entity["id"] for entity in whole.entities], ids)
holds("in their own metadata", part.execution_metadata.execution_time_ms is not None and part.warning is None, part)
first = connector.list_entities("messages", {"maxResults": 1}, exclude_fields=["threadId"]).entities
holds("without a field", list(first[0]) == ["id"], first)
label = connector.create_entity("labels", {"name": "from PyAirbyte"})
holds("a label is made", "from PyAirbyte" in str(label), label)
identity = label.result["id"]
label = connector.update_entity("labels", {"labelId": identity, "name": "by PyAirbyte"})
holds("a label is changed", label.result["name"] == "by PyAirbyte", label)
gone = connector.delete_entity("labels", {"labelId": identity})
holds("a label is deleted", gone.status == "success", gone)


def refused(name, ask, status, word):
    try:
        error = ask()
    except agents_error as raised:
        error = raised
    context = getattr(error, "context", None) or {}
    said = context.get("status_code") == status and word in context.get("response_text", "")
    holds(name, said, f"{error} {context}")


def gmail_of(connector_id, of=workspace):
    return agents.AgentConnector(connector_id, credentials=of._credentials, workspace_id=of.workspace_id)


absent = {"messageId": "00000000000000ff"}
refused("what is absent is an error", lambda: connector.get_entity("messages", absent), 400, "404")
refused("a connector that is not there", lambda: gmail_of(inspected["workspace_id"]).inspect(), 404, "Connector not found")
refused("no id of a connector", lambda: gmail_of("gmail").inspect(), 422, "UUID")
refused("a search that Gmail's connector has not", lambda: connector.search_entities("messages"), 400, "Unknown action 'search'")
refused("SQL of destinations", lambda: connector.execute("", "sql_select", {"sql": "select 1"}), 400, "Unknown entity")
refused("a limit that is none", lambda: connector.list_entities("messages", page_size=2), 400, "limit")
ended = agents.AgentWorkspace(workspace_id=inspected["workspace_id"], bearer_token="ended")
refused("a token that is not good", ended.get_info, 401, "Invalid authentication credentials")
other = agents.AgentWorkspace(
    workspace_id=inspected["workspace_id"], bearer_token=token_of_application, organization_id=inspected["workspace_id"]
)
refused("another organization", other.list_connectors, 403, "organization")
skills = workspace.list_skills()
holds("skills are listed", len(skills) == 2, skills)
docs = workspace.read_skill_docs(inspected["docs_skill_id"], section="labels")
holds("a skill is read", "labels" in str(docs), docs)
print("the sandbox serves PyAirbyte's agents")
