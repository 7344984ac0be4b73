"""``tool_utils``: turns a function into a good tool for a model."""

import json
import sys
from functools import wraps
from inspect import iscoroutinefunction

from . import _core

DEFAULT_MAX_OUTPUT_CHARS = 100_000


def _plain(value):
    if hasattr(value, "data") and hasattr(value, "meta"):
        return {"data": value.data, "meta": value.meta}
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", by_alias=True)
    return str(value)


def _bounded(result, limit, name):
    if not limit or limit <= 0:
        return result
    try:
        size = len(json.dumps(result, default=_plain, ensure_ascii=False))
    except (TypeError, ValueError):
        return result
    if size <= limit:
        return result
    message = (
        f"{name}: the result has {size:,} characters and {limit:,} are allowed; "
        "ask for fewer records (maxResults), a shorter format, or fewer fields"
    )
    # Its agents ask the model again on ModelRetry.
    pydantic_ai = sys.modules.get("pydantic_ai")
    raise (pydantic_ai.ModelRetry if pydantic_ai else RuntimeError)(message)


def decorate(function, update_docstring, hosted, limit):
    """The function with the entities in its docstring, and a result of limited size."""
    if iscoroutinefunction(function):

        @wraps(function)
        async def wrapped(*args, **kwargs):
            return _bounded(await function(*args, **kwargs), limit, function.__name__)

    else:

        @wraps(function)
        def wrapped(*args, **kwargs):
            return _bounded(function(*args, **kwargs), limit, function.__name__)

    if update_docstring:
        own = (function.__doc__ or "").strip()
        wrapped.__doc__ = "\n".join(filter(None, [own, _core.guide(hosted)]))
    return wrapped
