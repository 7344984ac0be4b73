"""The models, made of the generated table."""

import os
from collections.abc import ItemsView, KeysView, ValuesView
from threading import RLock
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, create_model, model_serializer

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
        either = (GmailExecuteResult, GmailExecuteResultWithMeta)
        if cls in either and isinstance(instance, ExecuteResult):
            return True
        return super().__instancecheck__(instance)


class GmailExecuteResult(BaseModel, Generic[T], metaclass=_ListKind):
    """A list."""

    model_config = ConfigDict(defer_build=True)

    data: T


class GmailExecuteResultWithMeta(GmailExecuteResult[T], Generic[T, S]):
    """A list, with the fields beside its records."""

    meta: S


_LOCK = RLock()
if hasattr(os, "register_at_fork"):
    # A child of `fork` has no thread that would release it.
    os.register_at_fork(
        before=_LOCK.acquire, after_in_parent=_LOCK.release, after_in_child=_LOCK.release
    )


def made(table: dict[str, Any], name: str) -> Any:
    """The model of a name in the module ``_models``, kept there, where pickle and pydantic look for it."""
    with _LOCK:
        if name not in table:
            table[name] = _made(table, name)
        return table[name]


def _made(table: dict[str, Any], name: str) -> Any:
    module = table["__name__"]
    if name in table["RECORDS"]:
        summary, fields = table["RECORDS"][name]
        for kind in fields.values():
            # A message's part has parts: a model may name itself.
            inner = kind.rstrip("]").rpartition("[")[2]
            if inner in table["RECORDS"] and inner != name:
                made(table, inner)
        kinds = {field: (f"{kind} | None", None) for field, kind in fields.items()}
        model = create_model(name, __base__=Model, __module__=module, **kinds)
        # Before 2.5, pydantic takes `__doc__` for a field.
        model.__doc__ = summary
        return model
    if name in table["LISTS"]:
        record, meta = table["LISTS"][name]
        records = list[made(table, record)]
        base = (
            GmailExecuteResultWithMeta[records, made(table, meta)]
            if meta
            else GmailExecuteResult[records]
        )
        # A class of its own name can be pickled.
        return create_model(name, __base__=base, __module__=module)
    if name in table["OTHER_NAMES"]:
        return made(table, table["OTHER_NAMES"][name])
    raise AttributeError(f"module {module!r} has no attribute {name!r}")
