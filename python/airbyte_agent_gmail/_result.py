"""What calls give."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ExecuteResult:
    """A list: its records, and what is beside them, such as ``nextPageToken``."""

    data: list
    meta: dict = field(default_factory=dict)


class Record(dict):
    """A record, as the service gives it. ``data`` is the record itself, so that every result can be read one way."""

    __slots__ = ()

    @property
    def data(self):
        """The record."""
        return self

    @property
    def meta(self):
        """Nothing is beside a record."""
        return {}


@dataclass(frozen=True, slots=True)
class GmailCheckResult:
    """What ``check`` found: ``healthy``, or ``unhealthy`` with the reason."""

    status: str
    error: str | None = None
    checked_entity: str | None = None
    checked_action: str | None = None


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """What a tool gave: text for a model, and the same as JSON."""

    text: str
    structured: dict
    is_error: bool


def executed(result):
    """The result of the native part, in Python's shape."""
    data, meta = result
    return Record(data) if meta is None else ExecuteResult(data, meta)
