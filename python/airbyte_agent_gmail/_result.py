"""Results."""

from dataclasses import dataclass, field

from . import _core
from ._dump import Dump


@dataclass(slots=True)
class ExecuteResult(Dump):
    """A list: its records, and the fields beside them, such as ``nextPageToken``."""

    data: list
    meta: dict = field(default_factory=dict)


class Record(dict):
    """A record, as the service gives it. ``data`` is the record itself, so you can read every result in the same way."""

    __slots__ = ()

    @property
    def data(self):
        """The record."""
        return self

    @property
    def meta(self):
        """Nothing is beside a record."""
        return {}


@dataclass(slots=True)
class GmailCheckResult(Dump):
    """What ``check`` found: ``healthy``, or ``unhealthy`` with the reason."""

    status: str
    error: str | None = None
    checked_entity: str | None = None
    checked_action: str | None = None


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """The result of a tool: text for a model, and the same as JSON."""

    text: str
    structured: dict
    is_error: bool


def executed(entity, action, result):
    """The result of the native part, in Python's shape; the last page's token is None."""
    data, meta = result
    if meta is None:
        return Record(data)
    paging = _core.pagination(entity, action)
    if paging is not None:
        meta.setdefault(paging[1], None)
    return ExecuteResult(data, meta)
