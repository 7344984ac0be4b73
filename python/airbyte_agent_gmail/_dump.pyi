from collections.abc import Collection, Iterator
from typing import Any

class Dump:
    def model_dump(
        self,
        *,
        mode: str = ...,
        include: Collection[str] | None = None,
        exclude: Collection[str] | None = None,
        by_alias: bool | None = ...,
        exclude_none: bool = False,
        **options: Any,
    ) -> dict[str, Any]: ...
    def model_dump_json(self, *, indent: int | None = None, **options: Any) -> str: ...
    def __iter__(self) -> Iterator[tuple[str, Any]]: ...
