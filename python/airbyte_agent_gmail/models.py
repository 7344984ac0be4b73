"""Credentials, and the models of results; pydantic is loaded with the first model."""

from importlib import import_module as _import

from ._config import AirbyteAuthConfig, GmailAuthConfig, GmailReplicationConfig

_OTHERS = {
    "GmailCheckResult": "_result",
    "GmailExecuteResult": "_model",
    "GmailExecuteResultWithMeta": "_model",
}


def __getattr__(name):
    if name == "__all__":
        from ._models import LISTS, OTHER_NAMES, RECORDS

        configs = [AirbyteAuthConfig, GmailAuthConfig, GmailReplicationConfig]
        return [*(each.__name__ for each in configs), *_OTHERS, *RECORDS, *LISTS, *OTHER_NAMES]
    home = _import(f"airbyte_agent_gmail.{_OTHERS.get(name, '_models')}")
    found = None if name.startswith("_") else getattr(home, name, None)
    if found is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return found
