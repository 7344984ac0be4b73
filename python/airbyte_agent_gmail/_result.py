"""Results."""

from dataclasses import dataclass, field

from . import _core
from ._dump import Dump


@dataclass(slots=True)
class ExecuteResult(Dump):
    """A list: its records, and fields such as ``nextPageToken``."""

    data: list
    meta: dict = field(default_factory=dict)


class Record(dict):
    """A record as the service returns it. ``data`` is the record itself, so that every result has a ``data``."""

    __slots__ = ()

    @property
    def data(self):
        """The record."""
        return self

    @property
    def meta(self):
        """Empty: only lists have ``meta``."""
        return {}


@dataclass(slots=True)
class GmailCheckResult(Dump):
    """The result of ``check``: ``healthy``, or ``unhealthy`` with the reason."""

    status: str
    error: str | None = None
    checked_entity: str | None = None
    checked_action: str | None = None


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """A tool's result, as text for a model and as JSON."""

    text: str
    structured: dict
    is_error: bool


def executed(entity, action, result):
    """Converts a result of the native module; the last page's token is None."""
    data, meta = result
    if meta is None:
        return Record(data)
    paging = _core.pagination(entity, action)
    if paging is not None:
        meta.setdefault(paging[1], None)
    return ExecuteResult(data, meta)
