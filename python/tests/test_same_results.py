"""The same calls under Airbyte's airbyte-agent-gmail (in the environment of OLDER) and here, value for value."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from airbyte_agent_gmail.sandbox import Sandbox

# Where the results differ, and why.
REASONS = {}


def results(python):
    with Sandbox() as sandbox:
        environment = {**os.environ, **sandbox.environment, "SDK_DEV_ADP_API_HOST": sandbox.airbyte_url}
        auth = {
            name: getattr(sandbox.airbyte_auth, name)
            for name in ("customer_name", "organization_id", "airbyte_client_id", "airbyte_client_secret")
        }
        script = Path(__file__).with_name("same_calls.py")
        ended = subprocess.run(
            [python, script, json.dumps(auth)], env=environment, capture_output=True, text=True, timeout=120
        )
        assert ended.returncode == 0, ended.stderr[-2000:]
        return json.loads(ended.stdout.splitlines()[-1])


@pytest.mark.skipif("OLDER" not in os.environ, reason="OLDER names no Python with airbyte-agent-gmail")
def test_results_are_the_same():
    theirs, ours = results(os.environ["OLDER"]), results(sys.executable)
    assert len(theirs) >= 60 and theirs.keys() == ours.keys()
    different = {name for name in theirs if theirs[name] != ours[name]}
    shown = {name: (theirs[name], ours[name]) for name in different - REASONS.keys()}
    assert not shown, json.dumps(shown, indent=1)[:4000]
    assert different == REASONS.keys(), "a row of REASONS is no difference any more"
