"""What the Python clients of the matrix share: the calls, the server, and how to say what a model was given."""

import json
import os
import pathlib
import sys

CALLS = json.loads((pathlib.Path(__file__).parent / "calls.json").read_text())
PROGRAM = sys.argv[1]
ARGUMENTS = ["mcp"]
ENVIRONMENT = dict(os.environ)


def say(cell, seen):
    """One cell: what the model, or the caller where there is no model, was given."""
    if not isinstance(seen, str):
        seen = json.dumps(seen, ensure_ascii=False, default=str)
    print(json.dumps({"cell": cell, "seen": seen}), flush=True)


def say_tools(names):
    say("list", "\n".join(sorted(names)))
