"""A sandbox for each test, and both modes."""

import pytest

from airbyte_agent_gmail.sandbox import Sandbox


@pytest.fixture
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(params=["open_source", "hosted"])
def connector(request, sandbox):
    return getattr(sandbox, request.param)()
