"""The connector at its path in Airbyte's package."""

from ._connector import GmailConnector as GmailConnector

__all__ = ["GmailConnector"]
