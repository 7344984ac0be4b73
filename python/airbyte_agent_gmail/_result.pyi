from dataclasses import dataclass
from typing import Any

from ._dump import Dump

@dataclass
class ExecuteResult(Dump):
    data: list[dict[str, Any]]
    meta: dict[str, Any]

class Record(dict[str, Any]):
    @property
    def data(self) -> Record: ...
    @property
    def meta(self) -> dict[str, Any]: ...

@dataclass
class GmailCheckResult(Dump):
    status: str
    error: str | None = None
    checked_entity: str | None = None
    checked_action: str | None = None

@dataclass(frozen=True)
class ToolAnswer:
    text: str
    structured: dict[str, Any]
    is_error: bool
