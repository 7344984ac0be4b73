#!/usr/bin/env bash
# Guess: `parameters` of google-genai's FunctionDeclaration accepts a tool's JSON Schema as it is.
# So: google-genai 3.6.1 rejects const, not, oneOf and $ref there, and fails with AttributeError on a list of types; only `parameters_json_schema` accepts them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check google-genai==3.6.1
"$folder/venv/bin/python" - <<'PYTHON'
from google.genai.types import FunctionDeclaration
parts = {"const": {"const": "a"}, "not": {"not": {"type": "string"}}, "oneOf": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
         "$ref": {"$ref": "#/$defs/a"}, "types": {"type": ["string", "null"]}}
for name, part in parts.items():
    schema = {"type": "object", "properties": {"a": part}}
    FunctionDeclaration(name="f", parameters_json_schema=schema)
    try:
        FunctionDeclaration(name="f", parameters=schema)
        raise SystemExit(f"{name} is taken now")
    except (ValueError, AttributeError) as error:
        print(name, type(error).__name__)
        assert isinstance(error, AttributeError) == (name == "types")
PYTHON
