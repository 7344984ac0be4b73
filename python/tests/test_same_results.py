"""The same calls with Airbyte's airbyte-agent-gmail (in the environment OLDER) and with this package, compared by value."""

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

AUTH = {
    "hosted": (
        "airbyte_auth",
        ("customer_name", "organization_id", "airbyte_client_id", "airbyte_client_secret"),
    ),
    "open_source": ("google_auth", ("refresh_token", "client_id", "client_secret")),
}

STARTED = time.time() * 1000


def numbered(value, seen, key=None):
    """Numbers page tokens, and the dates of messages that calls created, in order of appearance.

    They differ from sandbox to sandbox; equal ones stay equal.
    """
    if isinstance(value, dict):
        return {name: numbered(item, seen, name) for name, item in value.items()}
    if isinstance(value, list):
        return [numbered(item, seen) for item in value]
    if key == "nextPageToken" or key == "internalDate" and int(value) >= STARTED:
        return f"{type(value).__name__} {seen.setdefault((key, value), len(seen))}"
    return value


def results(python, mode):
    with Sandbox() as sandbox:
        environment = {**os.environ, **sandbox.environment, "SDK_DEV_ADP_API_HOST": sandbox.airbyte_url}
        # It would make both import the same package.
        environment.pop("PYTHONPATH", None)
        auth, names = AUTH[mode]
        auth = {name: getattr(getattr(sandbox, auth), name) for name in names}
        script = Path(__file__).with_name("same_calls.py")
        ended = subprocess.run(
            [python, script, mode, json.dumps(auth)], env=environment, capture_output=True, text=True, timeout=120
        )
        assert ended.returncode == 0, ended.stderr[-2000:]
        return numbered(json.loads(ended.stdout.splitlines()[-1]), {})


@pytest.mark.skipif("OLDER" not in os.environ, reason="OLDER names no Python with airbyte-agent-gmail")
@pytest.mark.parametrize("mode", ["hosted", "open_source"])
def test_results_are_the_same(mode):
    theirs, ours = results(os.environ["OLDER"], mode), results(sys.executable, mode)
    assert len(theirs) >= 60 and theirs.keys() == ours.keys()
    different = {name: (theirs[name], ours[name]) for name in theirs if theirs[name] != ours[name]}
    reasons = REASONS.keys() if mode == "hosted" else REASONS.keys() - {"connector_id"}
    shown = {name: different[name] for name in different.keys() - reasons}
    assert not shown, json.dumps(shown, indent=1)[:4000]
    assert different.keys() == reasons, "a row of REASONS is no difference any more"
