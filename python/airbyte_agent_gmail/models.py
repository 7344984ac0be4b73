"""Credentials, and the models of results; pydantic is loaded with the first model."""

from ._config import AirbyteAuthConfig, GmailAuthConfig, GmailReplicationConfig

__all__ = ["AirbyteAuthConfig", "GmailAuthConfig", "GmailReplicationConfig"]


def __getattr__(name):
    if name == "GmailCheckResult":
        from ._result import GmailCheckResult

        return GmailCheckResult
    if not name.startswith("_"):
        from . import _models, _older

        for module in (_models, _older):
            if hasattr(module, name):
                return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
