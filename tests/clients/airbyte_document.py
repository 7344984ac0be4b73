"""Airbyte's published document: its operations' requests and answers."""

import datetime
import json
import pathlib
import re
import urllib.parse

import jsonschema

FORMATS = jsonschema.FormatChecker()


@FORMATS.checks("date-time", raises=ValueError)
def is_date_time(value):
    if not isinstance(value, str):
        return True
    return "T" in value and datetime.datetime.fromisoformat(value.replace("Z", "+00:00")).tzinfo is not None


# The forms of an answer that the document allows; `whole` is the sandbox's own.
FORMS = ("whole", "bare", "nulls", "more")


class Document:
    """The published document, looked up by request."""

    def __init__(self, path):
        self.document = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        self.patterns = []
        # Paths with fewer parameters first: `/skills/docs` before any `/skills/{id}`.
        for template, item in sorted(self.document["paths"].items(), key=lambda pair: pair[0].count("{")):
            pattern = re.compile(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(template)))
            self.patterns.append((pattern, template, item))

    def operation(self, method, path):
        for pattern, template, item in self.patterns:
            if pattern.fullmatch(path) and method.lower() in item:
                return template, item[method.lower()]
        return None, None

    def resolved(self, schema):
        """The schemas behind a schema: the target of its reference, or its alternatives."""
        if "$ref" in schema:
            return self.resolved(self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]])
        alternatives = schema.get("anyOf", schema.get("oneOf"))
        return [schema] if alternatives is None else [one for each in alternatives for one in self.resolved(each)]

    def answer_schema(self, operation, status):
        described = operation["responses"].get(str(status), {})
        return described.get("content", {}).get("application/json", {}).get("schema")

    def wrong_answer(self, operation, status, content):
        """How an answer differs from the document."""
        if str(status) not in operation["responses"]:
            return None if status in (401, 404, 409, 429) else f"status {status} is not described"
        schema = self.answer_schema(operation, status)
        if schema is None:
            return None
        schema = {**schema, "components": self.document["components"]}
        validator = jsonschema.Draft202012Validator(schema, format_checker=FORMATS)
        errors = validator.iter_errors(json.loads(content))
        return "; ".join(f"{error.json_path}: {error.message[:200]}" for error in errors) or None

    def unnamed(self, operation, query, body):
        """The names in a request that the document does not have; a mock accepts them."""
        parameters = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"}
        yield from (f"query {name}" for name, _ in urllib.parse.parse_qsl(query) if name not in parameters)
        if body:
            content = operation.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema", {"properties": {}})
            yield from (f"body {name}" for name in self.unnamed_in(schema, json.loads(body)))

    def unnamed_in(self, schema, value, place=""):
        schemas = self.resolved(schema)
        if isinstance(value, list):
            for one in schemas:
                for item in value if "items" in one else []:
                    yield from self.unnamed_in(one["items"], item, place)
        if not isinstance(value, dict) or any(one.get("additionalProperties") for one in schemas):
            return
        known = {name: inner for one in schemas for name, inner in one.get("properties", {}).items()}
        for name, inner in value.items():
            if name in known:
                yield from self.unnamed_in(known[name], inner, f"{place}{name}.")
            else:
                yield place + name

    def shaped(self, schema, value, form):
        """The answer in another form that the document allows."""
        schemas = self.resolved(schema)
        if form == "nulls" and any(one.get("type") == "null" for one in schemas):
            return None
        fitting = [one for one in schemas if one.get("type") != "null"]
        if len(fitting) != 1:
            return value
        [one] = fitting
        if isinstance(value, list) and "items" in one:
            return [self.shaped(one["items"], item, form) for item in value]
        if not isinstance(value, dict) or "properties" not in one:
            return value
        required = one.get("required", [])
        shaped = {
            name: self.shaped(one["properties"][name], inner, form) if name in one["properties"] else inner
            for name, inner in value.items()
            if form != "bare" or name in required
        }
        return {"nobody_knows": {"this": [1]}, **shaped} if form == "more" else shaped
