#!/usr/bin/env python3
"""Compares spec/gmail.yaml with Google's discovery document of Gmail v1.

Reports every difference in methods, verbs, paths, parameters, request and response fields (their types, formats, enums,
defaults, and whether they are required, read-only or deprecated), scopes and media upload.
Intended differences are listed below, each with its reason. Any other difference is an error, and so is a row that no
longer matches: exit status 1, or 3 if the document has another revision than the rows.

    pip install google-api-python-client pyyaml
    python3 tests/clients/discovery.py [--discovery gmail.v1.json] [--spec spec/gmail.yaml]
"""

import argparse
import importlib.util
import json
import pathlib
import re
import sys

import yaml

# The revision that the rows below were made for, and the exit status for another one: Google has changed something.
REVISION = "20261005"
NEWS = 3

# (a regular expression for the whole line of a difference, its reason)
DIFFERENCES = [
    # Paths and parameters.
    (r"\w+: path part \{userId\} is me", "a user's consent opens no mailbox but their own"),
    (r"(message|label|draft|thread)s_\w+: path part \{id\} is \{\1Id\}", "Airbyte's document names it so"),
    (
        r"settings_cse_identities_patch: path part \{emailAddress\} is \{cseEmailAddress\}",
        "OpenAPI forbids two paths that differ only in a parameter's name, and get and delete use this one",
    ),
    (r"global parameter (alt|callback|prettyPrint|\$\.xgafv): missing", "the answer is always JSON, for this crate alone"),
    (r"global parameter fields: missing", "GmailConnector::with_fields sends it with any call"),
    (r"global parameter (access_token|key|oauth_token|quotaUser): missing", "the transport says who asks, in a header"),
    (r"global parameter (uploadType|upload_protocol): missing", "the transport's uploads send it"),
    (
        r"history_list: parameter startHistoryId: required False is True",
        "Google's description begins with the word Required",
    ),
    # Fields that requests do not send.
    (
        r"(messages|drafts)_\w+: request Message: field (historyId|id|internalDate|payload|sizeEstimate|snippet): missing",
        "Gmail finds them out; the content of a message is sent in raw",
    ),
    (
        r"(messages_send|drafts_\w+): request Message: field labelIds: missing",
        "Gmail itself labels what is drafted and sent",
    ),
    (r"drafts_(create|update): request Draft: field id: missing", "Gmail gives it, and update has it in the path"),
    (r"labels_(create|patch): request Label: field id: missing", "Gmail gives it, and patch has it in the path"),
    (
        r"labels_\w+: request Label: field (type|(messages|threads)(Total|Unread)): missing",
        "Gmail counts, and every label that a user makes is of type user",
    ),
    (r"settings_filters_create: request Filter: field id: missing", "Gmail gives it"),
    (
        r"settings_\w+: request (Delegate|ForwardingAddress|SendAs): field verificationStatus: missing",
        "Google's description calls it read-only",
    ),
    (
        r"settings_send_as_\w+: request SendAs: field isPrimary: missing",
        "Google's description calls it read-only",
    ),
    (
        r"settings_send_as_(patch|update): request SendAs: field sendAsEmail: missing",
        "it is in the path, and read-only after create",
    ),
    (r"settings_cse_identities_patch: request CseIdentity: field emailAddress: missing", "it is in the path"),
    (
        r"settings_send_as_smime_info_insert: request SmimeInfo: field (expiration|id|isDefault|issuerCn|pem): missing",
        "Gmail reads them from the certificate; setDefault chooses the default",
    ),
    (
        r"settings_cse_keypairs_(disable|enable|obliterate): request \w+ is none",
        "Google's request has no fields, and an absent body says as much as an empty one",
    ),
    # Required fields. Google's document only marks them for some methods of messages, drafts and labels.
    (
        r"labels_(create|update): request Label: field (id|name|\w+Visibility): required True is False",
        "Airbyte's document wants no more than the name of a new label",
    ),
    (r"(messages_import|drafts_send): request Message: field raw: required False is True", "there is no other content"),
    (r"drafts_(create|update): request Draft: field message: required False is True", "Airbyte's document wants it"),
    (r"messages_batch_\w+: request \w+: field ids: required False is True", "without them nothing is asked"),
    (r"watch: request WatchRequest: field topicName: required False is True", "there is no other place to publish to"),
    (
        r"settings_\w+_create: request \w+: field (delegateEmail|emailAddress|forwardingEmail|sendAsEmail): "
        r"required False is True",
        "it is what is created",
    ),
    (
        r"settings_filters_create: request Filter: field (action|criteria): required False is True",
        "a filter is the two together",
    ),
    (
        r"settings_send_as_smime_info_insert: request SmimeInfo: field pkcs12: required False is True",
        "Google's description of the method calls it required",
    ),
    (
        r"settings_cse_keypairs_create: request CseKeyPair: field (pkcs7|privateKeyMetadata): required False is True",
        "a key pair is the two together",
    ),
]

VERBS = ("get", "put", "post", "delete", "patch")
FORMATS = {"google-datetime": "date-time"}


def main():
    arguments = parse_arguments()
    discovery = json.loads(discovery_path(arguments.discovery).read_text(encoding="utf-8"))
    spec = yaml.safe_load(arguments.spec.read_text(encoding="utf-8"))
    found = sorted(set(Comparison(discovery, spec).differences()))

    used = set()
    unexplained = []
    for line in found:
        rows = [row for row, (pattern, _) in enumerate(DIFFERENCES) if re.fullmatch(pattern, line)]
        used.update(rows)
        if not rows:
            unexplained.append(line)
        if arguments.verbose:
            print(line, *(f"    {DIFFERENCES[row][1]}" for row in rows), sep="\n")
    stale = [pattern for row, (pattern, _) in enumerate(DIFFERENCES) if row not in used]

    for line in unexplained:
        print(f"unexplained difference: {line}")
    for pattern in stale:
        print(f"no difference matches this row any more, remove it: {pattern}")
    print(
        f"discovery revision {discovery['revision']}: {len(found)} differences, {len(unexplained)} unexplained, "
        f"{len(stale)} stale rows of {len(DIFFERENCES)}"
    )
    if not unexplained and not stale:
        return 0
    return 1 if discovery["revision"] == REVISION else NEWS


def parse_arguments():
    default_spec = pathlib.Path(__file__).resolve().parents[2] / "spec" / "gmail.yaml"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--discovery", type=pathlib.Path, help="default: the one in google-api-python-client")
    parser.add_argument("--spec", type=pathlib.Path, default=default_spec)
    parser.add_argument("--verbose", action="store_true", help="print the explained differences too")
    return parser.parse_args()


def discovery_path(given):
    if given:
        return given
    package = importlib.util.find_spec("googleapiclient")
    if package is None:
        sys.exit("google-api-python-client is not installed: install it, or give --discovery")
    return pathlib.Path(package.origin).parent / "discovery_cache" / "documents" / "gmail.v1.json"


class Comparison:
    """Compares Google's document (theirs) with the spec (ours)."""

    def __init__(self, discovery, spec):
        self.discovery = discovery
        self.spec = spec

    def differences(self):
        yield from self.document()
        theirs = {operation_id(method["id"]): method for method in methods_of(self.discovery)}
        ours = {
            operation["operationId"]: (path, verb, operation)
            for path, item in self.spec["paths"].items()
            for verb, operation in item.items()
            if verb in VERBS
        }
        for name in theirs.keys() - ours.keys():
            yield f"{name}: missing"
        for name in ours.keys() - theirs.keys():
            yield f"{name}: unknown to Google"
        for name in theirs.keys() & ours.keys():
            yield from self.operation(name, theirs[name], *ours[name])

    def document(self):
        servers = [server["url"] for server in self.spec["servers"]]
        if servers != [self.discovery["baseUrl"].rstrip("/")]:
            yield f"server: {self.discovery['baseUrl']} is {servers}"
        if self.spec["info"]["version"] != self.discovery["version"]:
            yield f"version: {self.discovery['version']} is {self.spec['info']['version']}"
        theirs = set(self.discovery["auth"]["oauth2"]["scopes"])
        ours = set(self.spec["components"]["securitySchemes"]["oauth2"]["flows"]["authorizationCode"]["scopes"])
        for scope in theirs ^ ours:
            yield f"declared scope {scope}: {'missing' if scope in theirs else 'unknown to Google'}"
        for name in self.discovery["parameters"]:
            yield f"global parameter {name}: missing"

    def operation(self, name, method, path, verb, operation):
        if method["httpMethod"].lower() != verb:
            yield f"{name}: verb {method['httpMethod']} is {verb.upper()}"
        renamed = yield from self.path(name, method["path"], path.lstrip("/"))
        yield from self.parameters(name, method.get("parameters", {}), operation.get("parameters", []), renamed)
        yield from self.scopes(name, method, operation)
        yield from self.media_upload(name, method, operation, renamed)
        yield from self.request(name, method, operation)
        yield from self.response(name, method, operation)

    def path(self, name, theirs, ours):
        """Returns our name for each of Google's path parameters, or the fixed text in its place."""
        renamed = {}
        their_parts, our_parts = split_path(theirs), split_path(ours)
        if len(their_parts) != len(our_parts):
            yield f"{name}: path {theirs} is {ours}"
            return renamed
        for their_part, our_part in zip(their_parts, our_parts):
            if their_part.startswith("{"):
                renamed[their_part[1:-1]] = our_part
            if their_part != our_part:
                yield f"{name}: path part {their_part} is {our_part}"
        return renamed

    def parameters(self, name, theirs, ours, renamed):
        ours = {parameter["name"]: parameter for parameter in map(self.resolve, ours)}
        seen = set()
        for their_name, their in theirs.items():
            our_name = their_name
            if their["location"] == "path":
                part = renamed.get(their_name, "{" + their_name + "}")
                if not part.startswith("{"):
                    continue
                our_name = part[1:-1]
            our = ours.get(our_name)
            if our is None:
                yield f"{name}: parameter {their_name}: missing"
                continue
            seen.add(our_name)
            where = f"{name}: parameter {their_name}"
            yield from differs(where, "place", their["location"], our["in"])
            for flag in ("required", "deprecated"):
                yield from differs(where, flag, their.get(flag, False), our.get(flag, False))
            yield from self.value(where, repeated_as_array(their), our["schema"], None)
        for our_name in ours.keys() - seen:
            yield f"{name}: parameter {our_name}: unknown to Google"

    def scopes(self, name, method, operation):
        theirs = set(method["scopes"])
        ours = {scope for alternative in operation["security"] for scope in alternative["oauth2"]}
        for alternative in operation["security"]:
            if len(alternative["oauth2"]) != 1:
                yield f"{name}: scopes {alternative['oauth2']} are asked for together"
        for scope in theirs ^ ours:
            yield f"{name}: scope {scope}: {'missing' if scope in theirs else 'unknown to Google'}"

    def media_upload(self, name, method, operation, renamed):
        theirs = None
        if method.get("supportsMediaUpload"):
            upload = method["mediaUpload"]
            path = upload["protocols"]["simple"]["path"]
            for their_name, our_part in renamed.items():
                path = path.replace("{" + their_name + "}", our_part)
            theirs = {"path": path, "max-size": int(upload["maxSize"]), "accept": ",".join(upload["accept"])}
        ours = {key: value for key, value in operation.get("x-media-upload", {}).items() if key != "field"}
        yield from differs(name, "media upload", theirs, ours or None)

    def request(self, name, method, operation):
        theirs = method.get("request", {}).get("$ref")
        ours = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if theirs and ours:
            yield from self.object(f"{name}: request", theirs, ours, method["id"], set())
        elif theirs or ours:
            yield f"{name}: request {theirs or 'none'} is {ours['$ref'] if ours else 'none'}"

    def response(self, name, method, operation):
        theirs = method.get("response", {}).get("$ref")
        [(_, success)] = [entry for entry in operation["responses"].items() if str(entry[0]).startswith("2")]
        ours = success.get("content", {}).get("application/json", {}).get("schema")
        if theirs and ours:
            yield from differs(f"{name}: response", "schema", theirs, ours["$ref"].rsplit("/", 1)[-1])
            # Without the operation in the prefix: a response's schema is the same wherever it is used.
            yield from self.object("response", theirs, ours, None, set())
        elif theirs or ours:
            yield f"{name}: response {theirs or 'none'} is {ours['$ref'] if ours else 'none'}"

    def object(self, where, their_name, our_schema, request_of, visited):
        """Compares the fields of two objects; `request_of` is their method, if they are a request."""
        theirs = self.discovery["schemas"][their_name].get("properties", {})
        ours = self.resolve(our_schema)
        fields = ours.get("properties", {})
        if (their_name, id(fields)) in visited:
            return
        visited.add((their_name, id(fields)))
        yield from differs(where, their_name, "object", ours.get("type"))
        required = set(ours.get("required", []))
        for field in theirs.keys() - fields.keys():
            if not (request_of and theirs[field].get("readOnly")):
                yield f"{where} {their_name}: field {field}: missing"
        for field in fields.keys() - theirs.keys():
            yield f"{where} {their_name}: field {field}: unknown to Google"
        for field in theirs.keys() & fields.keys():
            their = theirs[field]
            place = f"{where} {their_name}: field {field}"
            yield from differs(place, "required", is_required(their, request_of), field in required)
            for flag in ("readOnly", "deprecated"):
                yield from differs(place, flag, their.get(flag, False), fields[field].get(flag, False))
            yield from self.value(place, their, fields[field], (where, request_of, visited))

    def value(self, where, theirs, ours, context):
        """Compares two values; `context` holds the arguments for nested objects, and is absent for parameters."""
        resolved = self.resolve(ours)
        if "$ref" in theirs:
            outer, request_of, visited = context
            yield from self.object(outer, theirs["$ref"], ours, request_of, visited)
            return
        yield from differs(where, "type", theirs["type"], resolved.get("type"))
        if theirs["type"] == "array":
            yield from self.value(where, theirs["items"], resolved.get("items", {}), context)
            return
        their_format = theirs.get("format")
        yield from differs(where, "format", FORMATS.get(their_format, their_format), resolved.get("format"))
        yield from differs(where, "enum", set(theirs.get("enum", [])), set(resolved.get("enum", [])))
        yield from differs(where, "default", theirs.get("default"), as_text(resolved.get("default")))

    def resolve(self, value):
        # OpenAPI 3.0 wraps a reference in allOf to add a description or a default.
        if "allOf" in value:
            [wrapped] = value["allOf"]
            return {**self.resolve(wrapped), **{name: beside for name, beside in value.items() if name != "allOf"}}
        if "$ref" not in value:
            return value
        target = self.spec
        for part in value["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return target


def is_required(field, method_id):
    """Google lists the methods in an annotation, or after @required in the description."""
    methods = field.get("annotations", {}).get("required", [])
    _, _, described = field.get("description", "").partition("@required")
    return method_id in [*methods, *described.split()]


def differs(where, what, theirs, ours):
    if theirs != ours:
        yield f"{where}: {what} {readable(theirs)} is {readable(ours)}"


def readable(value):
    if value is None:
        return "none"
    return ", ".join(sorted(value)) if isinstance(value, set) else value


def as_text(value):
    """Google writes every default as a string."""
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def repeated_as_array(parameter):
    if not parameter.get("repeated"):
        return parameter
    return {"type": "array", "items": {key: value for key, value in parameter.items() if key != "repeated"}}


def split_path(path):
    """Splits at slashes and around parameters, so that `{keyPairId}:disable` has two parts."""
    return [part for part in re.split(r"/|(\{[^}]*\})", path) if part]


def methods_of(resource):
    yield from resource.get("methods", {}).values()
    for inner in resource.get("resources", {}).values():
        yield from methods_of(inner)


def operation_id(method_id):
    name = method_id.removeprefix("gmail.users.").replace(".", "_")
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: "_" + match.group(1).lower(), name)


if __name__ == "__main__":
    sys.exit(main())
