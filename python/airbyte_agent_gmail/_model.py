"""The base of the generated models."""

from collections.abc import ItemsView, KeysView, ValuesView
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, model_serializer

from ._result import ExecuteResult

T = TypeVar("T")
S = TypeVar("S")


def _alias(name: str) -> str:
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)


class Model(BaseModel):
    """A record: its fields as attributes, and by the service's names as those of a dict."""

    # What a model needs is built at its first use: a program uses few of them.
    model_config = ConfigDict(
        extra="allow", populate_by_name=True, alias_generator=_alias, defer_build=True
    )

    @model_serializer(mode="wrap")
    def _given(self, dump: Any) -> Any:
        """What the service gave; fields that it left out are no news to anybody."""
        dumped = dump(self)
        for name, field in type(self).model_fields.items():
            if name not in self.model_fields_set:
                dumped.pop(name, None)
                dumped.pop(field.alias, None)
        return dumped

    def __getitem__(self, name: str) -> Any:
        return self._dict()[name]

    def __contains__(self, name: str) -> bool:
        return name in self._dict()

    def __len__(self) -> int:
        return len(self._dict())

    # An empty record is one too.
    def __bool__(self) -> bool:
        return True

    def get(self, name: str, default: Any = None) -> Any:
        """As a dict's."""
        return self._dict().get(name, default)

    def keys(self) -> KeysView[str]:
        """As a dict's."""
        return self._dict().keys()

    def values(self) -> ValuesView[Any]:
        """As a dict's."""
        return self._dict().values()

    def items(self) -> ItemsView[str, Any]:
        """As a dict's."""
        return self._dict().items()

    def _dict(self) -> dict[str, Any]:
        return self.model_dump(by_alias=True)

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            # Airbyte's models have `type_`.
            if name.endswith("_") and name[:-1] in type(self).model_fields:
                return getattr(self, name[:-1])
            return super().__getattr__(name)


class _ListKind(type(BaseModel)):  # type: ignore[misc]
    """``execute`` gives lists that are no models of pydantic's, and programs ask whether it gave a list."""

    def __instancecheck__(cls, instance: Any) -> bool:
        if cls in (Result, ResultWithMeta) and isinstance(instance, ExecuteResult):
            return True
        return super().__instancecheck__(instance)


class Result(BaseModel, Generic[T], metaclass=_ListKind):
    """A list."""

    model_config = ConfigDict(defer_build=True)

    data: T


class ResultWithMeta(Result[T], Generic[T, S]):
    """A list, with the fields beside its records."""

    meta: S
