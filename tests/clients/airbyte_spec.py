#!/usr/bin/env python3
"""Compares the spec with Airbyte's documents, and prints every difference.

    airbyte_spec.py --published agent-api.json    spec/airbyte.yaml with the OpenAPI document of Airbyte's hosted API
    airbyte_spec.py --connector [connector.yaml]  spec/gmail.yaml with the document of Airbyte's Gmail connector

This repository has no copy of Airbyte's documents. The first is published with the documentation of Airbyte Agents; the
second is `specs/gmail/connector.yaml` in the Python package `airbyte-agent-sdk`, which is the default if installed.
`--spec FOLDER` names another folder than this repository's `spec`. Needs PyYAML. Exits with 1 on a difference that no
row below explains, and on a row of CONNECTOR or PUBLISHED that explains nothing.
"""

import argparse
import importlib.util
import json
import pathlib
import re
import sys

import yaml

# The version of the connector's document that CONNECTOR was made for, and the exit status for another one.
VERSION = "0.2.1"
NEWS = 3

# Each row is a difference, with `*` for any text, and the reason to keep it.
PUBLISHED = [
    ("* header x-organization-id: only at Airbyte", "the client adds it to every request, so no call site has to"),
    ("POST */oauth/initiate: only here", "documented in prose, in no published document"),
    ("GET */templates/sources/global: only here", "documented in prose, in no published document"),
    ("* */integrations/definitions/destinations*: only at Airbyte", "data replication, not the agents' concern"),
    ("* */integrations/templates/connections*: only at Airbyte", "data replication, not the agents' concern"),
    ("* body.workspace_name: required at Airbyte alone", "a caller may give it under an older name; it goes out as this"),
    ("* query customer_name: deprecated at Airbyte alone", "this crate keeps the older name usable without a warning"),
    ("* query external_user_id: deprecated at Airbyte alone", "this crate keeps the older name usable without a warning"),
    ("* query *: nullable at Airbyte alone", "a parameter is left out, a query has no null"),
    ("* query *: default [] at Airbyte alone", "an empty list and none are the same in a query"),
    ("* query tags_mode: default *at Airbyte alone", "OpenAPI 3.0 has none beside a reference; the description has it"),
    ("* body.*: nullable at Airbyte alone", "an absent field and a null mean the same in a request"),
    ("* body.*: default * at Airbyte alone", "a default in the schema would be sent; the description has it"),
    ("* body.credentials: object here, map at Airbyte", "the fields of Gmail's OAuth credentials are named"),
    ("* body.replication_config: object here, map at Airbyte", "the one setting of a Gmail connector is named"),
    ("* body.configuration: object here, map at Airbyte", "the two fields of Google's OAuth app are named"),
    ("* body.customization: map here, object at Airbyte", "replication of streams, passed through as it is"),
    ("* body: closed at Airbyte alone", "the generated type has no other fields than the schema's"),
    ("* response*: required at Airbyte alone", "versions of the service differ; only what each of them sends is required"),
    ("* response*: nullable at Airbyte alone", "an optional reference takes a null as absent"),
    ("* response*: default * at Airbyte alone", "an absent field stays absent instead of being made up"),
    ("* response*.user_config_spec: map here, object at Airbyte", "a JSON Schema in its turn, passed through as it is"),
    ("* response.definition.spec: map here, object at Airbyte", "a JSON Schema in its turn, passed through as it is"),
    ("* response*.customization: map here, object at Airbyte", "replication of streams, passed through as it is"),
    ("* response.replication_config: any here, map at Airbyte", "the service's own shape, passed through as it is"),
    ("* response*.auth_tooltip: only here", "the answer is that of the template's get, which has these two fields more"),
    ("* response*.connector_name: only here", "the answer is that of the template's get, which has these two fields more"),
    ("*: format password here, none at Airbyte", "a secret, to become a type that cannot be printed"),
    ("error body.detail: only here", "documented in prose and seen by other clients"),
    ("error body.errors: nullable here alone", "error bodies are read leniently"),
    ("error body.errors: default [] at Airbyte alone", "error bodies are read leniently"),
]

# Differences that only some versions of Airbyte's published document have.
PUBLISHED_AT_TIMES = [
    ("* body.intent: maxLength 512 at Airbyte alone", "the service checks it; a bound would make a type of its own"),
    ("* response.warning: only here", "newer than some published documents"),
    ("* response.warning: any here, * at Airbyte", "seen as an object and as a text, so read as whatever comes"),
    ("* */embedded/*: only at Airbyte", "deprecated twins of the application's tokens"),
    ("GET */connectors/{id}/inspect: only here", "newer than some published documents"),
    ("GET */skills*: only here", "newer than some published documents"),
    ("* query query: minLength 1 at Airbyte alone", "the service checks it"),
    ("* body.intent: only here", "newer than some published documents"),
    ("* response*.runtime_mode: only here", "newer than some published documents"),
    ("* response*.supports_context_store: only here", "newer than some published documents"),
    ("* response*.visibility: only here", "newer than some published documents"),
    ("* response*.color: only here", "newer than some published documents"),
]


def each(reason, what, *places):
    """Rows for the same difference in several places; a difference in any other place is still reported."""
    return [(f"{place}: {what}", reason) for place in places]


CONNECTOR = [
    *each(
        "Gmail leaves out what it has not, it sends no null",
        "nullable at Airbyte alone",
        "Profile.emailAddress", "Profile.messagesTotal", "Profile.threadsTotal", "Profile.historyId",
        "Message beside MessageRef.threadId", "ListMessagesResponse beside MessagesListResponse.nextPageToken",
        "ListMessagesResponse beside MessagesListResponse.resultSizeEstimate", "Message.threadId", "Message.labelIds",
        "Message.snippet", "Message.historyId", "Message.internalDate", "Message.sizeEstimate", "Message.raw",
        "MessagePart", "MessagePart.partId", "MessagePart.mimeType", "MessagePart.filename", "MessagePart.headers",
        "MessagePartHeader beside MessageHeader.name", "MessagePartHeader beside MessageHeader.value",
        "MessagePartBody", "MessagePartBody.attachmentId", "MessagePartBody.size", "MessagePartBody.data",
        "MessagePart.parts", "Label.name", "Label.messageListVisibility", "Label.labelListVisibility", "Label.type",
        "Label.messagesTotal", "Label.messagesUnread", "Label.threadsTotal", "Label.threadsUnread", "LabelColor",
        "LabelColor.textColor", "LabelColor.backgroundColor", "Message beside MessageRef",
        "ListDraftsResponse beside DraftsListResponse.nextPageToken",
        "ListDraftsResponse beside DraftsListResponse.resultSizeEstimate", "Message",
        "Thread beside ThreadRef.snippet", "Thread beside ThreadRef.historyId",
        "ListThreadsResponse beside ThreadsListResponse.nextPageToken",
        "ListThreadsResponse beside ThreadsListResponse.resultSizeEstimate", "Thread.snippet", "Thread.historyId",
        "Thread.messages",
    ),
    *each(
        "a number that Gmail sends as a string, with Google's format",
        "format uint64 here, none at Airbyte",
        "Profile.historyId", "Message.historyId", "Thread beside ThreadRef.historyId", "Thread.historyId",
    ),
    *each(
        "Gmail sends it in full answers, and the connector passes on what Gmail sends",
        "only here",
        "Message beside MessageRef.labelIds", "Message beside MessageRef.snippet",
        "Message beside MessageRef.historyId", "Message beside MessageRef.internalDate",
        "Message beside MessageRef.sizeEstimate", "Message beside MessageRef.raw",
        "Message beside MessageRef.payload", "Message beside MessageRef.classificationLabelValues",
        "Message.classificationLabelValues", "Thread beside ThreadRef.messages",
    ),
    *each(
        "base64url, with Google's format",
        "format byte here, none at Airbyte",
        "SendMessageRequest beside MessageSendParams.raw", "Message.raw", "MessagePartBody.data",
        "CreateDraftRequest beside DraftCreateParams.message.raw",
        "UpdateDraftRequest beside DraftCreateParams.message.raw",
    ),
    *each(
        "a number that Gmail sends as a string, with Google's format",
        "format int64 here, none at Airbyte",
        "Message.internalDate",
    ),
    *each(
        "a part holds parts of its own shape",
        "object here, map at Airbyte",
        "MessagePart.parts[]",
    ),
    *each(
        "Google's values, as an open enum",
        'enum ["hide", "show"] here alone',
        "Label.messageListVisibility",
    ),
    *each(
        "Google's values, as an open enum",
        'enum ["labelHide", "labelShow", "labelShowIfUnread"] here alone',
        "Label.labelListVisibility",
    ),
    *each(
        "Google's values, as an open enum",
        'enum ["system", "user"] here alone',
        "Label.type",
    ),
]

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
BOUNDS = ("minimum", "maximum", "minLength", "maxLength", "pattern")


class Shape:
    """A schema with references resolved, and both forms of `or null` unified."""

    def __init__(self, document, node):
        node, alternatives = expand(document, node)
        self.document = document
        self.nullable = node.get("nullable", False)
        self.absent = node.get("x-airbyte-absent", False)
        self.default = node.get("default")
        kept = []
        for alternative in alternatives:
            if alternative.get("type") == "null":
                self.nullable = True
            else:
                kept.append(alternative)
        if len(kept) == 1:
            only = Shape(document, kept[0])
            self.nullable = self.nullable or only.nullable
            self.take(only)
        elif kept:
            self.take_union([Shape(document, alternative) for alternative in kept])
        else:
            self.read(node)

    def read(self, node):
        kind = node.get("type", "object" if "properties" in node else "any")
        if isinstance(kind, list):
            self.nullable = self.nullable or "null" in kind
            kind = next((name for name in kind if name != "null"), "any")
        self.properties = node.get("properties", {})
        self.required = set(node.get("required", []))
        self.items = node.get("items", {})
        self.enum = sorted(node.get("enum", []))
        # The size of an integer is this crate's choice; Airbyte's documents never give one.
        self.format = None if kind in ("integer", "number") else node.get("format")
        self.closed = node.get("additionalProperties") is False
        self.bounds = {name: node[name] for name in BOUNDS if name in node}
        self.kind = "map" if kind == "object" and not self.properties else kind

    def take(self, other):
        for name in ("properties", "required", "items", "enum", "format", "closed", "bounds", "kind"):
            setattr(self, name, getattr(other, name))
        self.document = other.document

    def take_union(self, shapes):
        self.take(shapes[0])
        if any(shape.kind != "object" for shape in shapes):
            self.kind = "any"
            return
        # For the sender, a choice of objects is one object with all fields, few of them required.
        self.properties = {name: node for shape in shapes for name, node in shape.properties.items()}
        self.required = set.intersection(*(shape.required for shape in shapes))


def schema_name(node):
    """A schema's name, if it is a reference or a nullable one."""
    for alternative in [node, *node.get("anyOf", []), *node.get("oneOf", []), *node.get("allOf", [])]:
        if "$ref" in alternative:
            return alternative["$ref"].rsplit("/", 1)[-1]
    return None


def expand(document, node):
    """Follows a reference, keeping its sibling keys; returns the schema and its alternatives."""
    beside = {}
    while "$ref" in node:
        beside = {**{name: value for name, value in node.items() if name != "$ref"}, **beside}
        target = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    node = {**node, **beside}
    return node, node.get("anyOf") or node.get("oneOf") or node.get("allOf") or []


class Comparison:
    """Collects the differences of two documents, ours and Airbyte's."""

    def __init__(self, ours, theirs, names_schemas=False):
        self.ours = ours
        self.theirs = theirs
        self.found = []
        # Whether a difference in a named schema is reported once for the schema, instead of for each use.
        self.names_schemas = names_schemas

    def note(self, place, text):
        line = f"{place}: {text}"
        if line not in self.found:
            self.found.append(line)

    def one_sided(self, place, what, here, there):
        if here != there:
            both = here not in (None, False, [], set()) and there not in (None, False, [], set())
            if both:
                self.note(place, f"{what} {show(here)} here, {show(there)} at Airbyte")
            elif here not in (None, False, [], set()):
                self.note(place, f"{label(what, here)} here alone")
            else:
                self.note(place, f"{label(what, there)} at Airbyte alone")

    def names(self, place, ours, theirs, joint=".", required=()):
        for name in ours:
            if name not in theirs:
                self.note(f"{place}{joint}{name}", "only here, and required" if name in required else "only here")
        for name in theirs:
            if name not in ours:
                self.note(f"{place}{joint}{name}", "only at Airbyte")
        return [name for name in ours if name in theirs]

    def schema(self, place, our_node, their_node, above=()):
        pair = (id(our_node), id(their_node))
        if pair in above:
            return
        above = (*above, pair)
        here, there = schema_name(our_node), schema_name(their_node)
        if self.names_schemas and here and there:
            place = here if here == there else f"{here} beside {there}"
        ours, theirs = Shape(self.ours, our_node), Shape(self.theirs, their_node)
        if ours.absent:
            self.note(place, "marked as absent, and Airbyte has it")
        self.one_sided(place, "nullable", ours.nullable and ours.kind != "any", theirs.nullable and ours.kind != "any")
        self.default(place, ours.default, theirs.default)
        if ours.kind != theirs.kind:
            self.note(place, f"{ours.kind} here, {theirs.kind} at Airbyte")
            return
        if ours.format != theirs.format:
            self.note(place, f"format {ours.format or 'none'} here, {theirs.format or 'none'} at Airbyte")
        self.one_sided(place, "enum", ours.enum, theirs.enum)
        self.one_sided(place, "closed", ours.closed, theirs.closed)
        for bound in BOUNDS:
            self.one_sided(place, bound, ours.bounds.get(bound), theirs.bounds.get(bound))
        if ours.kind == "array":
            self.schema(f"{place}[]", ours.items, theirs.items, above)
        if ours.kind == "object":
            absent = {name for name, node in ours.properties.items() if is_absent(self.ours, node)}
            known = {name: node for name, node in ours.properties.items() if name not in absent - set(theirs.properties)}
            for name in self.names(place, known, theirs.properties, required=ours.required):
                self.one_sided(f"{place}.{name}", "required", name in ours.required, name in theirs.required)
                self.schema(f"{place}.{name}", known[name], theirs.properties[name], above)

    def default(self, place, here, there):
        if here != there:
            if here is None:
                self.note(place, f"default {show(there)} at Airbyte alone")
            elif there is None:
                self.note(place, f"default {show(here)} here alone")
            else:
                self.note(place, f"default {show(here)} here, {show(there)} at Airbyte")

    def parameters(self, place, our_operation, their_operation):
        ours = parameters(self.ours, our_operation)
        theirs = parameters(self.theirs, their_operation)
        ours = {key: node for key, node in ours.items() if key in theirs or not is_absent(self.ours, node)}
        for key in self.names(place, ours, theirs, " "):
            here, there = ours[key], theirs[key]
            where = f"{place} {key}"
            if here.get("x-airbyte-absent"):
                self.note(where, "marked as absent, and Airbyte has it")
            self.one_sided(where, "required", here.get("required", False), there.get("required", False))
            self.one_sided(where, "deprecated", here.get("deprecated", False), there.get("deprecated", False))
            our_schema = here["schema"]
            if here.get("x-airbyte-comma-joined"):
                # The documents call this list a string; Airbyte's executor also takes arrays, but only for these.
                our_schema = {"type": "string"}
            self.schema(where, our_schema, there["schema"])

    def bodies(self, place, our_operation, their_operation):
        ours, theirs = body(self.ours, our_operation), body(self.theirs, their_operation)
        if ours is None or theirs is None:
            self.one_sided(place, "a body", ours is not None, theirs is not None)
        else:
            self.schema(f"{place} body", ours, theirs)

    def responses(self, place, our_operation, their_operation):
        our_status, ours = success(self.ours, our_operation)
        their_status, theirs = success(self.theirs, their_operation)
        self.one_sided(place, "success status", our_status, their_status)
        if ours is None or theirs is None:
            self.one_sided(place, "a response body", ours is not None, theirs is not None)
        else:
            self.schema(f"{place} response", ours, theirs)


def compare_published(ours, theirs):
    """Compares spec/airbyte.yaml with the published document of the hosted API."""
    comparison = Comparison(ours, theirs)
    our_operations, their_operations = operations(ours), operations(theirs)
    for place in our_operations:
        if place not in their_operations:
            comparison.note(place, "only here")
    for place in their_operations:
        if place not in our_operations:
            comparison.note(place, "only at Airbyte")
    for place in (place for place in our_operations if place in their_operations):
        here, there = our_operations[place], their_operations[place]
        comparison.one_sided(place, "operation id", here["operationId"], there["operationId"])
        comparison.one_sided(place, "a token", needs_token(ours, here), needs_token(theirs, there))
        comparison.parameters(place, here, there)
        comparison.bodies(place, here, there)
        comparison.responses(place, here, there)
        for status in ("400", "403", "422", "500"):
            if error := error_body(theirs, there, status):
                comparison.schema("error body", error_body(ours, here, f"{status[0]}XX"), error)
    return comparison.found


def compare_connector(ours, theirs):
    """Compares spec/gmail.yaml with the connector's document, for the connector's actions."""
    comparison = Comparison(ours, theirs, names_schemas=True)
    for name in ("x-airbyte-connector-name", "x-airbyte-connector-definition-id"):
        comparison.one_sided("info", name, ours["info"].get(name), theirs["info"].get(name))
    our_store, their_store = context_store(ours), context_store(theirs)
    for place in comparison.names("context store", our_store, their_store, " "):
        comparison.one_sided(f"context store {place}", "type", our_store[place], their_store[place])
    our_actions, their_actions = actions(ours), actions(theirs)
    for action in comparison.names("action", our_actions, their_actions, " "):
        (our_place, here), (their_place, there) = our_actions[action], their_actions[action]
        comparison.one_sided(f"action {action}", "path", our_place, their_place)
        for name in ("x-airbyte-record-extractor", "x-airbyte-meta-extractor", "x-airbyte-preferred-for-check"):
            comparison.one_sided(f"action {action}", name, here.get(name), there.get(name))
        comparison.parameters(f"action {action}", here, there)
        comparison.bodies(f"action {action}", here, there)
        comparison.responses(f"action {action}", here, there)
    return comparison.found


def operations(document):
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def actions(document):
    return {
        f"{operation['x-airbyte-entity']}/{operation['x-airbyte-action']}": (place, operation)
        for place, operation in operations(document).items()
        if "x-airbyte-entity" in operation
    }


def context_store(document):
    store = document["info"].get("x-airbyte-context-store", {})
    found = {}
    for entity in store.get("entities", []):
        for field in entity["fields"]:
            kinds = field["type"] if isinstance(field["type"], list) else [field["type"]]
            found[f"{entity['entity']}.{field['name']}"] = next(kind for kind in kinds if kind != "null")
    return found


def parameters(document, operation):
    found = {}
    for node in operation.get("parameters", []):
        node, _ = expand(document, node)
        found[f"{node['in']} {node['name'].lower() if node['in'] == 'header' else node['name']}"] = node
    return found


def body(document, operation):
    if "requestBody" not in operation:
        return None
    node, _ = expand(document, operation["requestBody"])
    return node["content"]["application/json"]["schema"]


def success(document, operation):
    for status, node in operation["responses"].items():
        if str(status).startswith("2"):
            node, _ = expand(document, node)
            return str(status), node.get("content", {}).get("application/json", {}).get("schema")
    return None, None


def error_body(document, operation, status):
    node, _ = expand(document, operation["responses"].get(status, {}))
    return node.get("content", {}).get("application/json", {}).get("schema")


def needs_token(document, operation):
    return bool(operation.get("security", document.get("security", [])))


def is_absent(document, node):
    """Whether it is never sent to Airbyte: the connector lacks it, or it is sent under another name."""
    node = expand(document, node)[0]
    return node.get("x-airbyte-absent", False) or "x-sent-as" in node


def label(what, value):
    return what if value is True else f"{what} {show(value)}"


def show(value):
    return value if isinstance(value, str) else json.dumps(value)


def explain(found, rows, may_be_idle):
    """Prints each difference with its reason, and returns the number of lines without one."""
    patterns = [
        (re.compile(".*".join(map(re.escape, pattern.split("*")))), pattern, reason)
        for pattern, reason in rows + may_be_idle
    ]
    idle = {pattern for pattern, _ in rows}
    unexplained = 0
    for line in found:
        matches = [(pattern, reason) for expression, pattern, reason in patterns if expression.fullmatch(line)]
        idle -= {pattern for pattern, _ in matches}
        unexplained += not matches
        print(f"{line}\n    {'because ' + matches[0][1] if matches else 'UNEXPLAINED'}")
    for pattern in sorted(idle):
        print(f"{pattern}\n    IDLE: no difference of this kind is left, remove the row")
    print(f"{len(found)} differences, {unexplained} unexplained, {len(idle)} idle rows")
    return unexplained + len(idle)


def installed_connector():
    package = importlib.util.find_spec("airbyte_agent_sdk")
    if package is None:
        sys.exit("airbyte-agent-sdk is not installed: install it, or name its connector.yaml")
    return pathlib.Path(package.origin).parent / "specs" / "gmail" / "connector.yaml"


def load(path):
    text = pathlib.Path(path).read_text(encoding="utf-8")
    return json.loads(text) if str(path).endswith(".json") else yaml.safe_load(text)


def main():
    parser = argparse.ArgumentParser(description="Compares the spec with what Airbyte publishes.")
    parser.add_argument("--published", help="the OpenAPI document of Airbyte's hosted API")
    parser.add_argument(
        "--connector",
        nargs="?",
        const="",
        help="connector.yaml of Airbyte's Gmail connector; without a path, the one in airbyte-agent-sdk",
    )
    parser.add_argument("--spec", default=pathlib.Path(__file__).resolve().parents[2] / "spec", help="the spec's folder")
    options = parser.parse_args()
    if options.connector == "":
        options.connector = installed_connector()
    if not options.published and not options.connector:
        parser.error("give --published, --connector or both")
    spec = pathlib.Path(options.spec)
    if options.published:
        found = compare_published(load(spec / "airbyte.yaml"), load(options.published))
        if explain(found, PUBLISHED, PUBLISHED_AT_TIMES):
            return 1
    if options.connector:
        connector = load(options.connector)
        found = compare_connector(load(spec / "gmail.yaml"), connector)
        if explain(found, CONNECTOR, []):
            return 1 if str(connector["info"]["version"]) == VERSION else NEWS
    return 0


if __name__ == "__main__":
    sys.exit(main())
