#!/usr/bin/env python3
"""Drives the sandbox with PyAirbyte's interface to Airbyte's agents (`airbyte.agents`).

The argument is a file with the announcement of a running sandbox, one line of JSON:

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

from airbyte import agents  # noqa: E402  # It reads the environment when it is imported.


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


# PyAirbyte would ask Airbyte Cloud's API for a token, which the sandbox does not play.
credentials = {"client_id": known["client_id"], "client_secret": known["client_secret"]}
token = call("/account/applications/token", credentials)["access_token"]
inspected = call(f"/integrations/connectors/{known['connector_id']}/inspect", token=token)

workspace = agents.AgentWorkspace(workspace_id=inspected["workspace_id"], bearer_token=token)
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
label = connector.create_entity("labels", {"name": "from PyAirbyte"})
holds("a label is made", "from PyAirbyte" in str(label), label)
try:
    refused = connector.get_entity("messages", {"messageId": "00000000000000ff"})
except Exception as error:  # PyAirbyte has error types of its own.
    refused = error
holds("what is absent is an error", isinstance(refused, Exception), refused)
skills = workspace.list_skills()
holds("skills are listed", len(skills) == 2, skills)
docs = workspace.read_skill_docs(inspected["docs_skill_id"], section="labels")
holds("a skill is read", "labels" in str(docs), docs)
print("the sandbox serves PyAirbyte's agents")
