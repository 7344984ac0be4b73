"""The signatures of typed calls, from the table: for positional arguments, ``help``, and frameworks that make tools of functions."""

from functools import lru_cache
from inspect import Parameter, Signature
from typing import Any, Literal, Optional, Union

from . import _core

_TYPES = {"string": str, "integer": int, "number": float, "boolean": bool, "object": dict[str, Any]}

# The parameters of the Context Store's search, which is not an operation of Gmail.
_SEARCH = (
    "Search the copy of the mailbox that Airbyte keeps",
    [
        ("query", {"type": "object", "description": "A filter, and how to sort."}, True),
        ("limit", {"type": "integer", "description": "How many records to give."}, False),
        ("cursor", {"type": "string", "description": "Where the last result ended."}, False),
        (
            "fields",
            {"type": "array", "items": {"type": "string"}, "description": "The fields to give."},
            False,
        ),
    ],
)


def _type(schema):
    if "enum" in schema:
        return Literal[tuple(schema["enum"])]
    kind = schema.get("type")
    if kind == "array":
        return list[_type(schema["items"])]
    if isinstance(kind, list):
        return Union[list[_type(schema["items"])], str]
    return _TYPES.get(kind, Any)


@lru_cache(maxsize=None)
def described(entity, action):
    """The signature and the docstring of a call."""
    summary, params = _core.call(entity, action) or _SEARCH
    signature, lines = [], [f"{summary}.", "", "Args:"]
    for name, schema, required in params:
        kind = _type(schema)
        signature.append(
            Parameter(
                name,
                Parameter.POSITIONAL_OR_KEYWORD,
                default=Parameter.empty if required else None,
                annotation=kind if required else Optional[kind],
            )
        )
        lines.append(f"    {name}: {schema.get('description', '')}")
    return Signature(signature), "\n".join(lines if params else lines[:1])


def describe(call, entity, action, name):
    """Gives a call its name, signature and docstring."""
    signature, call.__doc__ = described(entity, action)
    call.__name__, call.__qualname__ = name, f"{entity}.{name}"
    call.__signature__ = signature
    call.__annotations__ = {
        name: parameter.annotation for name, parameter in signature.parameters.items()
    }


def named(entity, action, arguments, params):
    """The params, with the positional arguments added."""
    if not arguments:
        return params
    names = list(described(entity, action)[0].parameters)
    if len(arguments) > len(names):
        raise TypeError(
            f"{entity}.{action} takes {len(names)} arguments ({', '.join(names)}), and {len(arguments)} were given"
        )
    for name, value in zip(names, arguments):
        if name in params:
            raise TypeError(f"{entity}.{action} got {name} twice")
        params[name] = value
    return params
