"""A sandbox for each test, and both modes."""

import pytest


@pytest.fixture
def sandbox(gmail_sandbox):
    return gmail_sandbox


@pytest.fixture(params=["open_source", "hosted"])
def connector(request, sandbox):
    return getattr(sandbox, request.param)()
