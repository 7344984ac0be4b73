"""Credentials, named as in Airbyte's connector. Plain classes, to avoid loading pydantic."""

from ._dump import Dump
from ._errors import ConfigurationError


class _Config(Dump):
    """Keyword fields. The repr names the fields that are set, without their values; dumps contain the secrets."""

    _fields = ()
    __slots__ = ()

    def __init__(self, **values):
        for name in self._fields:
            setattr(self, name, values.pop(name, None))
        if values:
            unknown = ", ".join(sorted(values))
            raise ConfigurationError(
                f"{type(self).__name__} has no {unknown}; it takes {', '.join(self._fields)}"
            )

    def __repr__(self):
        given = [name for name in self._fields if getattr(self, name) is not None]
        return f"{type(self).__name__}({', '.join(f'{name}=…' for name in given)})"

    def __eq__(self, other):
        return type(self) is type(other) and self.model_dump() == other.model_dump()

    __hash__ = None

    def _names(self):
        return self._fields

    @classmethod
    def model_validate(cls, values):
        """Creates a configuration from a dict."""
        if isinstance(values, cls):
            return values
        if not isinstance(values, dict):
            raise ConfigurationError(
                f"{cls.__name__} is made of a dict, and a {type(values).__name__} was given"
            )
        return cls(**values)

    @classmethod
    def model_validate_json(cls, text):
        """Creates a configuration from JSON."""
        import json

        return cls.model_validate(json.loads(text))

    def model_copy(self, *, update=None):
        """A copy, with some fields changed."""
        return type(self)(**{**self.model_dump(), **(update or {})})

    @classmethod
    def __get_pydantic_core_schema__(cls, _source, _handler):
        # For programs that use it as a field of their own models.
        from pydantic_core import core_schema as schema

        fields = {
            name: schema.typed_dict_field(schema.any_schema(), required=False)
            for name in cls._fields
        }
        values = schema.no_info_after_validator_function(
            cls.model_validate, schema.typed_dict_schema(fields, extra_behavior="forbid")
        )
        return schema.json_or_python_schema(
            json_schema=values,
            python_schema=schema.union_schema([schema.is_instance_schema(cls), values]),
            serialization=schema.plain_serializer_function_ser_schema(
                lambda config, info: config.model_dump(exclude_none=info.exclude_none),
                info_arg=True,
            ),
        )


class GmailAuthConfig(_Config):
    """Google's credentials, for open-source mode: a refresh token with its client, or only an access token."""

    _fields = __slots__ = ("access_token", "refresh_token", "client_id", "client_secret")


class AirbyteAuthConfig(_Config):
    """Airbyte's credentials, for hosted mode, and the connector to use."""

    _fields = __slots__ = (
        "customer_name",
        "workspace_name",
        "organization_id",
        "airbyte_client_id",
        "airbyte_client_secret",
        "bearer_token",
        "connector_id",
    )

    def __init__(self, **values):
        # The parameter's oldest name.
        if "external_user_id" in values:
            values.setdefault("customer_name", values.pop("external_user_id"))
        super().__init__(**values)


class GmailReplicationConfig(_Config):
    """What Airbyte's copy of a mailbox contains."""

    _fields = __slots__ = ("include_spam_and_trash",)


def _value(config, name):
    value = getattr(config, name, None)
    reveal = getattr(value, "get_secret_value", None)
    return reveal() if reveal else value


def settings(config):
    """The settings for the native module, from any object with a configuration's attributes."""
    hosted = any(hasattr(config, name) for name in ("airbyte_client_id", "bearer_token"))
    if not hosted and not any(hasattr(config, name) for name in ("refresh_token", "access_token")):
        raise TypeError(
            f"auth_config is a {type(config).__name__}; give a GmailAuthConfig or an AirbyteAuthConfig"
        )
    fields = (AirbyteAuthConfig if hosted else GmailAuthConfig)._fields
    return {"is_hosted": hosted, **{name: _value(config, name) for name in fields}}


def plain(config):
    """A configuration as a dict of the fields that are set."""
    if config is None or isinstance(config, dict):
        return config
    return config.model_dump(exclude_none=True)
