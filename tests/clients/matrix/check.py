"""One row of the table: checks a client's cells against the expected results. Exits with 1 if one is wrong.

    python3 check.py NAME LINES   # LINES: a file with the client's output and the number of sent messages
"""

import json
import pathlib
import re
import sys

CELLS = ["list", "read", "write", "fail", "unknown"]
CALLS = json.loads((pathlib.Path(__file__).parent / "calls.json").read_text())
NEEDED = ["gmail_execute", "gmail_read_message", "gmail_search", "gmail_send"]


def wrong(cell, seen):
    """What is wrong with a cell; empty if it is right."""
    if seen is None:
        return "nothing came"
    if cell == "list":
        missing = set(NEEDED) - set(seen.split("\n"))
        return f"not there: {', '.join(sorted(missing))}" if missing else ""
    count = len(re.findall(CALLS[cell]["seen"], seen))
    if count == 0:
        return f"the model saw: {seen[:300]}"
    if count > 1:
        return f"the model saw it {count} times: {seen[:3000]}"
    return ""


def main():
    name, path = sys.argv[1:]
    lines = [line for line in pathlib.Path(path).read_text().splitlines() if line.startswith("{")]
    seen, sent = {}, None
    for line in map(json.loads, lines):
        if "cell" in line:
            seen[line["cell"]] = line["seen"]
        else:
            sent = line["sent"]
    faults = {cell: wrong(cell, seen.get(cell)) for cell in CELLS}
    if sent != 1:
        faults["write"] = faults["write"] or f"{sent} messages were sent"
    marks = ["WRONG" if faults[cell] else "right" for cell in CELLS]
    print(f"{name:32}" + "".join(f"{mark:9}" for mark in marks))
    for cell, fault in faults.items():
        if fault:
            print(f"    {cell}: {fault}")
    sys.exit(any(faults.values()))


main()
