"""Results as models."""

from ._errors import InvalidResponseError
from ._result import executed


def _model(entity, action):
    from . import _models

    name = _models.RESULTS.get((entity, action))
    return name and getattr(_models, name)


def _made(entity, action, make):
    from pydantic import ValidationError

    try:
        return make()
    except ValidationError as error:
        # The error's own message contains values from the mail.
        raise InvalidResponseError(
            f"{entity} {action}: the answer is not what the service's document says "
            f"({error.error_count()} fields); use execute, and report it"
        ) from None


def typed(entity, action, result):
    """The model of an action's result; the plain result if it has no model."""
    model = _model(entity, action)
    if model is None:
        return executed(entity, action, result)
    data, meta = result
    if meta is None:
        return _made(entity, action, lambda: model.model_validate(data))
    return _made(entity, action, lambda: model.model_validate({"data": data, "meta": meta}))


def page(entity, action, result):
    """Like ``typed``, for a result of ``executed``."""
    return typed(entity, action, (result.data, result.meta))
