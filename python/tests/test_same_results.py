"""The same calls under Airbyte's airbyte-agent-gmail (in the environment of OLDER) and here, value for value."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from airbyte_agent_gmail.sandbox import Sandbox

# Where the results differ, and why.
REFUSED = "Theirs raises its HTTP client's error, with the whole answer in it; ours a RuntimeError that says what to do."
REASONS = {
    'messages get {"messageId": "0000000000000bad"}': REFUSED,
    "draft delete": REFUSED,
    "messages nothing {}": REFUSED,
    "nothing list {}": REFUSED,
    "connector_id": "The first call looks it up; theirs does not tell it.",
}

STARTED = time.time() * 1000


def numbered(value, seen, key=None):
    """`value` with page tokens, and the dates of what calls have made, replaced by their place among those seen.

    They differ from sandbox to sandbox; equal ones stay equal.
    """
    if isinstance(value, dict):
        return {name: numbered(item, seen, name) for name, item in value.items()}
    if isinstance(value, list):
        return [numbered(item, seen) for item in value]
    if key == "nextPageToken" or key == "internalDate" and int(value) >= STARTED:
        return f"{type(value).__name__} {seen.setdefault((key, value), len(seen))}"
    return value


def results(python):
    with Sandbox() as sandbox:
        environment = {**os.environ, **sandbox.environment, "SDK_DEV_ADP_API_HOST": sandbox.airbyte_url}
        # It would lead both to the same package.
        environment.pop("PYTHONPATH", None)
        auth = {
            name: getattr(sandbox.airbyte_auth, name)
            for name in ("customer_name", "organization_id", "airbyte_client_id", "airbyte_client_secret")
        }
        script = Path(__file__).with_name("same_calls.py")
        ended = subprocess.run(
            [python, script, json.dumps(auth)], env=environment, capture_output=True, text=True, timeout=120
        )
        assert ended.returncode == 0, ended.stderr[-2000:]
        return numbered(json.loads(ended.stdout.splitlines()[-1]), {})


@pytest.mark.skipif("OLDER" not in os.environ, reason="OLDER names no Python with airbyte-agent-gmail")
def test_results_are_the_same():
    theirs, ours = results(os.environ["OLDER"]), results(sys.executable)
    assert len(theirs) >= 60 and theirs.keys() == ours.keys()
    different = {name: (theirs[name], ours[name]) for name in theirs if theirs[name] != ours[name]}
    shown = {name: different[name] for name in different.keys() - REASONS.keys()}
    assert not shown, json.dumps(shown, indent=1)[:4000]
    assert different.keys() == REASONS.keys(), "a row of REASONS is no difference any more"
