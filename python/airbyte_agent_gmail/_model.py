"""The base of the generated models."""

from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

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

    def __getitem__(self, name: str) -> Any:
        return self.model_dump(by_alias=True, exclude_unset=True)[name]

    def __contains__(self, name: str) -> bool:
        return name in self.model_dump(by_alias=True, exclude_unset=True)

    def get(self, name: str, default: Any = None) -> Any:
        """As a dict's."""
        return self.model_dump(by_alias=True, exclude_unset=True).get(name, default)


class Result(BaseModel, Generic[T]):
    """A list."""

    model_config = ConfigDict(defer_build=True)

    data: T


class ResultWithMeta(Result[T], Generic[T, S]):
    """A list, with the fields beside its records."""

    meta: S
