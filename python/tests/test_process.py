"""Programs that exit with calls finished, running or cancelled, and programs that fork."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import asyncio, os, sys
from airbyte_agent_gmail.sandbox import Sandbox

how = sys.argv[1]

async def calls(gmail, how):
    tasks = [asyncio.create_task(gmail.execute("messages", "list")) for _ in range(20)]
    if how == "done":
        await asyncio.gather(*tasks)
        return
    await asyncio.sleep(0.002)
    if how == "cancelled":
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    else:
        # Ends while they run, without a word to them.
        asyncio.get_running_loop().stop()
        await asyncio.sleep(0)

def run(gmail, how):
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(calls(gmail, how))
    except RuntimeError as error:
        assert "stopped" in str(error), error

sandbox = Sandbox().__enter__()
gmail = sandbox.hosted()
if how == "forked":
    run(gmail, "done")
    child = os.fork()
    if child == 0:
        run(gmail, "done")
        run(sandbox.open_source(), "done")
        sys.stdout.write("child ended\\n")
        sys.exit(0)
    assert os.waitpid(child, 0)[1] == 0
    run(gmail, "done")
else:
    run(gmail, how)
sys.stdout.write("ended\\n")
"""


@pytest.mark.parametrize("how", ["done", "under way", "cancelled", "forked"])
def test_programs_end(how):
    for _ in range(int(os.environ.get("PROGRAM_RUNS", "24")) // 4):
        ended = subprocess.run(
            [sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, timeout=60
        )
        assert ended.returncode == 0, ended.stderr
        assert "Fatal" not in ended.stderr and ended.stdout.endswith("ended\n")
        assert ended.stdout.count("ended") == (2 if how == "forked" else 1)
