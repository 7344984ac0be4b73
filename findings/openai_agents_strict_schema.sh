#!/usr/bin/env bash
# Guess: openai-agents makes a tool's schema strict without changing what it accepts: an optional property becomes nullable, as in OpenAI's guide to strict schemas.
# So: openai-agents 0.24.0 makes an optional property required but not nullable, so the model has to invent a value; a free-form object (`type: object`) becomes one that accepts only {}.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check openai-agents==0.24.0
"$folder/venv/bin/python" - <<'PYTHON'
from agents.strict_schema import ensure_strict_json_schema
schema = {"type": "object", "required": ["id"],
          "properties": {"id": {"type": "string"}, "cc": {"type": "string"}, "headers": {"type": "object"}}}
strict = ensure_strict_json_schema(schema)
print(strict)
assert strict["required"] == ["id", "cc", "headers"]
assert strict["properties"]["cc"] == {"type": "string"}
assert strict["properties"]["headers"] == {"type": "object", "additionalProperties": False}
PYTHON
