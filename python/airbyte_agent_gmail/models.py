"""Credentials, and the models of results; pydantic is loaded with the first model."""

from ._config import AirbyteAuthConfig, GmailAuthConfig, GmailReplicationConfig

__all__ = ["AirbyteAuthConfig", "GmailAuthConfig", "GmailReplicationConfig"]


def __getattr__(name):
    if name == "GmailCheckResult":
        from ._result import GmailCheckResult

        return GmailCheckResult
    if not name.startswith("_"):
        from importlib import import_module

        for module in ("_models", "_older"):
            found = getattr(import_module(f"airbyte_agent_gmail.{module}"), name, None)
            if found is not None:
                return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
