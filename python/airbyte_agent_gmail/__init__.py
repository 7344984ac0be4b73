"""Airbyte's agent connector for Gmail, built on the Rust crate ``airbyte-agent-gmail``."""

import os as _os

_here = _os.path.dirname(_os.path.abspath(__file__))
if _os.path.isdir(_os.path.join(_here, "_vendored")) or any(
    name.startswith("airbyte_agent_gmail-") and name.endswith(".dist-info")
    for name in _os.listdir(_os.path.dirname(_here))
):
    raise ImportError(
        "airbyte-agent-gmail and airbyte-agent-gmail-rs both have the module airbyte_agent_gmail; "
        "uninstall both, then install airbyte-agent-gmail-rs alone"
    )

import atexit as _atexit

from . import _core
from ._config import AirbyteAuthConfig, GmailAuthConfig, GmailReplicationConfig
from ._connector import GmailConnector
from ._errors import *  # noqa: F403
from ._errors import __all__ as _errors

_atexit.register(_core.shutdown)

__all__ = [
    "AirbyteAuthConfig",
    "GmailAuthConfig",
    "GmailConnector",
    "GmailReplicationConfig",
    *_errors,
]


def __getattr__(name):
    # Loaded on demand: the models import pydantic, which many programs never need.
    if name.startswith("_"):
        raise AttributeError(name)
    from importlib import import_module

    # `from . import` would call this function again.
    for module in ("_result", "models", "types", "connector"):
        found = getattr(import_module(f"{__name__}.{module}"), name, None)
        if found is not None:
            return found
    if name in globals():
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
