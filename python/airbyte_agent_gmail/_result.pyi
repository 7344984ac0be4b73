from dataclasses import dataclass
from typing import Any

@dataclass(frozen=True)
class ExecuteResult:
    data: list[dict[str, Any]]
    meta: dict[str, Any]

class Record(dict[str, Any]):
    @property
    def data(self) -> Record: ...
    @property
    def meta(self) -> dict[str, Any]: ...

@dataclass(frozen=True)
class GmailCheckResult:
    status: str
    error: str | None = None
    checked_entity: str | None = None
    checked_action: str | None = None

@dataclass(frozen=True)
class ToolAnswer:
    text: str
    structured: dict[str, Any]
    is_error: bool
