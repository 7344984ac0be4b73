"""The connector, by the path that Airbyte's package has it at."""

from ._connector import GmailConnector as GmailConnector

__all__ = ["GmailConnector"]
