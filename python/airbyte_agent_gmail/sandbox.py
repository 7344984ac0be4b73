"""The sandbox: a local Google and Airbyte with a mailbox, for tests."""

import json

from . import _core
from ._config import AirbyteAuthConfig, GmailAuthConfig
from ._connector import GmailConnector

__all__ = ["Sandbox"]


class Sandbox:
    """Runs inside ``async with Sandbox() as sandbox``, or ``with`` in a program without asyncio."""

    def __init__(self):
        self._core = _core.Sandbox()

    def _started(self, announcement):
        facts = json.loads(announcement)
        self.gmail_url = facts["gmail_url"]
        self.token_url = facts["token_url"]
        self.airbyte_url = facts["airbyte_url"]
        self.control_url = facts["control_url"]
        google, airbyte = facts["google"], facts["airbyte"]
        self.google_auth = GmailAuthConfig(
            access_token=google["access_token"],
            refresh_token=google["refresh_token"],
            client_id=google["client_id"],
            client_secret=google["client_secret"],
        )
        self.airbyte_auth = AirbyteAuthConfig(
            customer_name=airbyte["customer_name"],
            organization_id=airbyte["organization_id"],
            airbyte_client_id=airbyte["client_id"],
            airbyte_client_secret=airbyte["client_secret"],
        )
        return self

    @property
    def environment(self):
        """The environment variables that point every connector of a process to this sandbox."""
        return {
            "GMAIL_API_URL": self.gmail_url,
            "GOOGLE_TOKEN_URL": self.token_url,
            "AIRBYTE_API_URL": self.airbyte_url,
        }

    def connector(self, auth_config, on_token_refresh=None, *, kind=GmailConnector):
        """A connector that uses this sandbox."""
        import os

        before = {name: os.environ.get(name) for name in self.environment}
        os.environ.update(self.environment)
        try:
            return kind(auth_config=auth_config, on_token_refresh=on_token_refresh)
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)

    def open_source(self, **options):
        """A connector in open-source mode."""
        return self.connector(self.google_auth, **options)

    def hosted(self, **options):
        """A connector in hosted mode."""
        return self.connector(self.airbyte_auth, **options)

    def expire_access_tokens(self):
        """Expires Google's access tokens, as happens after an hour."""
        self._core.expire_access_tokens()

    def expire_airbyte_tokens(self):
        """Expires Airbyte's tokens."""
        self._core.expire_airbyte_tokens()

    def requests(self):
        """The method and path of each request so far."""
        return self._core.requests()

    async def __aenter__(self):
        return self._started(await self._core.start(False))

    async def __aexit__(self, *_):
        self._core.stop()

    def __enter__(self):
        return self._started(self._core.start(True))

    def __exit__(self, *_):
        self._core.stop()
