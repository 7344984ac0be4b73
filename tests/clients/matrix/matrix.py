"""Shared by the matrix's Python clients: the calls, the server, and the output for a cell."""

import json
import os
import pathlib
import sys

CALLS = json.loads((pathlib.Path(__file__).parent / "calls.json").read_text())
PROGRAM = sys.argv[1]
ARGUMENTS = ["mcp"]
ENVIRONMENT = dict(os.environ)


def say(cell, seen):
    """One cell: the result that the model got, or the caller without a model."""
    if not isinstance(seen, str):
        seen = json.dumps(seen, ensure_ascii=False, default=str)
    print(json.dumps({"cell": cell, "seen": seen}), flush=True)


def say_tools(names):
    say("list", "\n".join(sorted(names)))
