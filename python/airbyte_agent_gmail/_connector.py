"""The connector: one interface for both modes."""

import os

from . import _core
from ._config import plain, settings
from ._errors import GmailError, InvalidResponseError


class _Base:
    """The code that the asyncio and the blocking connector share."""

    connector_name = "gmail"
    connector_version = _core.VERSION
    _is_blocking = False

    def __init__(self, auth_config=None, on_token_refresh=None):
        if auth_config is None:
            raise ValueError(
                "no auth_config; give a GmailAuthConfig (open source) or an AirbyteAuthConfig (hosted)"
            )
        self._core = _core.Connector(settings(auth_config), on_token_refresh)

    def __repr__(self):
        mode = "hosted" if self._core.is_hosted else "open source"
        return f"<{type(self).__name__} ({mode})>"

    def __dir__(self):
        return [*super().__dir__(), *(entity["entity_name"] for entity in self.list_entities())]

    @property
    def connector_id(self):
        """The connector's id at Airbyte, once known; None in open-source mode."""
        return self._core.connector_id

    def list_entities(self):
        """The entities that this mode offers, with their actions and params."""
        return _core.entities(self._core.is_hosted)

    def entity_schema(self, entity):
        """The JSON Schema of an entity's records; None if there is no such entity."""
        import json

        path = os.path.join(os.path.dirname(__file__), "entities.json")
        with open(path, encoding="utf-8") as file:
            return json.load(file).get(entity)

    def tools(self):
        """The tools for agents: name, title, description and input_schema of each."""
        return self._core.tools()

    @classmethod
    def tool_utils(
        cls,
        func=None,
        *,
        update_docstring=True,
        enable_hosted_mode_features=True,
        max_output_chars=100_000,
    ):
        """Lists the connector's entities in a tool's docstring, and limits the size of its result.

        ``enable_hosted_mode_features=False`` leaves out entities and actions that only hosted mode has;
        ``max_output_chars=None`` sets no limit.
        """
        from ._tool import decorate

        def decorator(function):
            return decorate(
                function, update_docstring, enable_hosted_mode_features, max_output_chars
            )

        return decorator if func is None else decorator(func)

    def _start(self, entity, action, params, select_fields=(), exclude_fields=()):
        return self._core.execute(
            entity,
            action,
            {} if params is None else dict(params),
            list(select_fields or ()),
            list(exclude_fields or ()),
            self._is_blocking,
        )

    @classmethod
    def _start_consent(cls, airbyte_config, redirect_url, name, replication_config, template):
        _need_customer(airbyte_config)
        return _core.consent_url(
            settings(airbyte_config),
            redirect_url,
            name,
            plain(replication_config),
            template,
            cls._is_blocking,
        )

    @classmethod
    def _start_create(
        cls, airbyte_config, auth_config, secret_id, name, replication_config, template
    ):
        customer = _need_customer(airbyte_config)
        if (auth_config is None) == (secret_id is None):
            raise ValueError("give one of auth_config and server_side_oauth_secret_id")
        credentials = None
        if auth_config is not None:
            credentials = {
                key: value
                for key, value in settings(auth_config).items()
                if value is not None and key != "is_hosted"
            }
        return _core.create(
            settings(airbyte_config),
            credentials,
            secret_id,
            name or f"{cls.connector_name} - {customer}",
            plain(replication_config),
            template,
            cls._is_blocking,
        )

    @classmethod
    def _created(cls, airbyte_config, connector_id):
        from ._config import AirbyteAuthConfig

        values = settings(airbyte_config)
        del values["is_hosted"]
        return cls(auth_config=AirbyteAuthConfig(**{**values, "connector_id": connector_id}))


def _need_customer(config):
    customer = getattr(config, "workspace_name", None) or config.customer_name
    if not customer:
        raise ValueError("airbyte_config names no customer; give customer_name")
    return customer


def _token(result, field, seen):
    token = result.meta.get(field)
    if token and token in seen:
        raise InvalidResponseError(
            "the service gave the same page token again, so the list would never end; report it"
        )
    seen.add(token)
    return token


def _paging(entity, action):
    paging = _core.pagination(entity, action)
    if paging is None:
        raise ValueError(f"{entity} {action} gives no pages; use execute")
    return paging


def _health(error=None):
    from ._result import GmailCheckResult

    return GmailCheckResult("unhealthy" if error else "healthy", error, *(_core.checked() or ()))


class GmailConnector(_Base):
    """A Gmail account, reached directly (open source) or through Airbyte (hosted), from asyncio.

    Cancelling a task cancels its request. Mail may have been sent by then: check before you send it again.
    """

    async def execute(
        self, entity, action, params=None, *, select_fields=None, exclude_fields=None
    ):
        """Runs an action. Params may be spelled ``max_results`` or ``maxResults``.

        A list returns ``data`` and ``meta``; any other action returns the record, a dict whose ``data`` is the dict itself.
        """
        from ._result import executed

        result = await self._start(entity, action, params, select_fields, exclude_fields)
        return executed(entity, action, result)

    async def check(self):
        """Makes one cheap call, to check that the credentials work."""
        try:
            await self._core.check(self._is_blocking)
        except GmailError as error:
            return _health(str(error))
        return _health()

    async def pages(self, entity, action, params=None):
        """The pages of a list, fetched one at a time."""
        parameter, field = _paging(entity, action)
        params, seen = dict(params or {}), set()
        while True:
            result = await self.execute(entity, action, params)
            yield result
            token = _token(result, field, seen)
            if not token:
                return
            params[parameter] = token

    async def records(self, entity, action, params=None):
        """The records of a list, over all its pages."""
        async for page in self.pages(entity, action, params):
            for record in page.data:
                yield record

    async def call_tool(self, name, arguments=None):
        """Calls one of the ``tools``, such as ``gmail_read_message``, ``gmail_send`` and ``gmail_reply``."""
        from ._result import ToolAnswer

        return ToolAnswer(*await self._core.call_tool(name, arguments or {}, self._is_blocking))

    @classmethod
    async def get_consent_url(
        cls,
        *,
        airbyte_config,
        redirect_url,
        name=None,
        replication_config=None,
        source_template_id=None,
    ):
        """The URL of the consent page, which then redirects to ``redirect_url?connector_id=…``."""
        return await cls._start_consent(
            airbyte_config, redirect_url, name, replication_config, source_template_id
        )

    @classmethod
    async def create(
        cls,
        *,
        airbyte_config,
        auth_config=None,
        server_side_oauth_secret_id=None,
        name=None,
        replication_config=None,
        source_template_id=None,
    ):
        """Creates a hosted connector from Google's credentials or a consent, and returns it."""
        connector_id = await cls._start_create(
            airbyte_config,
            auth_config,
            server_side_oauth_secret_id,
            name,
            replication_config,
            source_template_id,
        )
        return cls._created(airbyte_config, connector_id)

    def __getattr__(self, name):
        return _entity(self, name, _Entity)


def _entity(connector, name, kind):
    actions = dict(_core.actions(name)) if not name.startswith("_") else None
    if not actions:
        raise AttributeError(f"{type(connector).__name__} has no entity or attribute {name!r}")
    entity = kind(connector, name, actions)
    connector.__dict__[name] = entity
    return entity


class _Entity:
    """An entity and its actions, from the table."""

    def __init__(self, connector, name, actions):
        self._connector = connector
        self._name = name
        self._actions = actions

    def __dir__(self):
        return list(self._actions)

    def __getattr__(self, name):
        action = self._actions.get(name) if not name.startswith("_") else None
        if action is None:
            known = ", ".join(self._actions)
            raise AttributeError(f"{self._name} has no action {name!r}; it has {known}")
        from ._signature import describe, named

        connector, entity = self._connector, self._name

        async def call(*arguments, **params):
            from ._typed import typed

            params = named(entity, action, arguments, params)
            return typed(entity, action, await connector._start(entity, action, params))

        async def pages(*arguments, **params):
            from ._typed import page

            params = named(entity, action, arguments, params)
            async for result in connector.pages(entity, action, params):
                yield page(entity, action, result)

        async def records(*arguments, **params):
            async for result in pages(*arguments, **params):
                for record in result.data:
                    yield record

        describe(call, entity, action, name)
        if _core.pagination(entity, action):
            call.pages, call.records = pages, records
        self.__dict__[name] = call
        return call
