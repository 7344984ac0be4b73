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


ABANDONED = """
import asyncio, os
from airbyte_agent_gmail.sandbox import Sandbox

sandbox = Sandbox().__enter__()
gmail = sandbox.hosted()
asyncio.run(gmail.execute("messages", "list"))

async def abandoned():
    asyncio.ensure_future(gmail.execute("messages", "list"))
    await asyncio.sleep(0)

def descriptors():
    for _ in range(30):
        asyncio.run(abandoned())
    asyncio.run(gmail.execute("messages", "list"))
    return len(os.listdir("/dev/fd"))

descriptors()
print(descriptors() - descriptors())
"""


def test_closed_loops_leave_nothing():
    ended = subprocess.run(
        [sys.executable, "-c", ABANDONED], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    # Each loop had two descriptors; the last ones may still be in use.
    assert abs(int(ended.stdout)) < 10


LISTENING = """
import asyncio
from airbyte_agent_gmail.sandbox import Sandbox

sandbox = Sandbox().__enter__()
gmail = sandbox.open_source(on_token_refresh=lambda tokens: None)
asyncio.run(gmail.execute("profile", "get"))
print("ended")
"""


def test_a_program_ends_whose_connector_listens_for_tokens():
    ended = subprocess.run(
        [sys.executable, "-c", LISTENING], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "ended\n"
