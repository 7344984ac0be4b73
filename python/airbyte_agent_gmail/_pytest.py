"""What pytest finds by itself once the package is installed."""

import pytest


@pytest.fixture
def gmail_sandbox():
    """A Google and an Airbyte of the test's own, with a mailbox."""
    from .sandbox import Sandbox

    with Sandbox() as sandbox:
        yield sandbox
