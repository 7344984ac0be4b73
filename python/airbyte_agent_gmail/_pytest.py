"""The pytest plugin, which pytest finds as soon as the package is installed."""

import pytest


@pytest.fixture
def gmail_sandbox():
    """A sandbox with its own Google, Airbyte and mailbox."""
    from .sandbox import Sandbox

    with Sandbox() as sandbox:
        yield sandbox
