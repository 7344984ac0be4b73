"""Compares Airbyte's airbyte-agent-gmail with this package in one run, and prints a table of ratios.

    python python/measure.py OLDER/bin/python NEWER/bin/python

Both are environments that contain only pip and one package: the first Airbyte's, the second this one.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

IMPORT = """
import time, resource
def kib():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmRSS")).split()[1])
before, began = kib(), time.perf_counter()
{statement}
print(time.perf_counter() - began, kib() - before)
"""

CALLS = """
import asyncio, json, sys, time
from airbyte_agent_gmail import AirbyteAuthConfig, GmailConnector
gmail = GmailConnector(auth_config=AirbyteAuthConfig(**json.loads(sys.argv[1])))

async def cpu(count, at_once, call):
    began = time.process_time()
    for _ in range(count // at_once):
        await asyncio.gather(*(call() for _ in range(at_once)))
    return (time.process_time() - began) / count

async def lags(work):
    late, period = [], 0.001
    async def watch():
        while True:
            began = time.perf_counter()
            await asyncio.sleep(period)
            late.append(time.perf_counter() - began - period)
    watcher = asyncio.ensure_future(watch())
    await work
    watcher.cancel()
    return sorted(late)[int(len(late) * 0.99)]

async def main():
    page = await gmail.execute("messages", "list", {"maxResults": 1})
    params = {"messageId": page.data[0]["id"]}
    call = lambda: gmail.execute("messages", "get", params)
    await cpu(100, 50, call)
    alone = await cpu(500, 1, call)
    together = await cpu(1000, 50, call)
    lag = await lags(cpu(1000, 50, call))
    print("ready", flush=True)
    input()
    results = await asyncio.gather(*(call() for _ in range(20)), return_exceptions=True)
    failed = sum(isinstance(result, Exception) for result in results)
    print(json.dumps([alone, together, lag, failed]))

asyncio.run(main())
"""

SANDBOX = """
from airbyte_agent_gmail.sandbox import Sandbox
import json, sys
with Sandbox() as sandbox:
    auth = sandbox.airbyte_auth
    names = ("customer_name", "organization_id", "airbyte_client_id", "airbyte_client_secret")
    print(json.dumps([sandbox.environment, {name: getattr(auth, name) for name in names}]), flush=True)
    for line in sys.stdin:
        if line == "expire\\n":
            sandbox.expire_airbyte_tokens()
        print(sum("token" in path for _, path, *_ in map(tuple, sandbox.requests())), flush=True)
"""


def run(python, program, *arguments, **options):
    ended = subprocess.run(
        [python, "-c", program, *arguments], capture_output=True, text=True, check=True, **options
    )
    return ended.stdout.split()


def imported(python, statement):
    """The median of several starts: seconds and MB."""
    runs = [run(python, IMPORT.format(statement=statement)) for _ in range(9)]
    seconds, kib = zip(*runs)
    return statistics.median(map(float, seconds)), statistics.median(map(int, kib)) / 1000


def size(python):
    """The installed size in MB without pip, and the number of distributions."""
    (folder,) = run(python, "import sysconfig; print(sysconfig.get_path('purelib'))")
    tools = ("pip", "setuptools", "_distutils", "distutils", "pkg_resources")
    own = [entry for entry in Path(folder).iterdir() if not entry.name.startswith(tools)]
    files = [file for entry in own for file in (entry.rglob("*") if entry.is_dir() else [entry])]
    distributions = sum(entry.suffix == ".dist-info" for entry in own)
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6, distributions


def measured(python, newer):
    """The cost of calls, and the outcome of 20 calls with a token that expired early."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    server = subprocess.Popen([newer, "-c", SANDBOX], **pipes)

    def tokens(line):
        server.stdin.write(line + "\n")
        server.stdin.flush()
        return int(server.stdout.readline())

    environment, auth = json.loads(server.stdout.readline())
    environment = {
        **os.environ,
        **environment,
        "SDK_DEV_ADP_API_HOST": environment["AIRBYTE_API_URL"],
    }
    program = subprocess.Popen([python, "-c", CALLS, json.dumps(auth)], env=environment, **pipes)
    assert program.stdout.readline() == "ready\n"
    before = tokens("expire")
    costs, _ = program.communicate("\n")
    refreshes = tokens("") - before
    server.stdin.close()
    server.wait()
    return [*json.loads(costs), refreshes]


def main():
    older, newer = sys.argv[1:3]
    rows = [("", "theirs", "ours", "ratio", "at most")]

    def row(name, theirs, ours, unit, most=""):
        ratio = f"{ours / theirs:.3f}" if theirs else ""
        rows.append((name, f"{theirs:.4g} {unit}", f"{ours:.4g} {unit}", ratio, str(most)))

    connector = "from airbyte_agent_gmail import GmailConnector, AirbyteAuthConfig"
    models = f"{connector}\nfrom airbyte_agent_gmail.models import GmailAuthConfig, Message"
    for name, statement, limits in [
        ("import", connector, (0.05, 0.25)),
        ("with models", models, (0.40, 0.60)),
    ]:
        theirs, ours = imported(older, statement), imported(newer, statement)
        row(f"{name}: time", theirs[0] * 1000, ours[0] * 1000, "ms", limits[0])
        row(f"{name}: memory", theirs[1], ours[1], "MB", limits[1])
    theirs, ours = measured(older, newer), measured(newer, newer)
    row("CPU of a get, one after the other", theirs[0] * 1e6, ours[0] * 1e6, "µs", 0.12)
    row("CPU of a get, 50 at once", theirs[1] * 1e6, ours[1] * 1e6, "µs", 0.04)
    row("lag of the event loop, p99", theirs[2] * 1e3, ours[2] * 1e3, "ms")
    row("20 on an ended token: failed", theirs[3], ours[3], "")
    row("20 on an ended token: refreshes", theirs[4], ours[4], "")
    theirs, ours = size(older), size(newer)
    row("installed", theirs[0], ours[0], "MB", 0.30)
    row("distributions", theirs[1], ours[1], "")
    for cells in rows:
        print("{:36}{:>14}{:>14}{:>9}{:>9}".format(*cells))


if __name__ == "__main__":
    main()
