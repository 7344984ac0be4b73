"""The connector for programs without asyncio: the same names, without ``await``."""

from ._connector import _Base, _entity, _health, _paging, _token
from ._errors import GmailError

__all__ = ["GmailConnector"]


class GmailConnector(_Base):
    """A Gmail account, reached directly (open source) or through Airbyte (hosted). Calls block; Ctrl-C interrupts them."""

    _is_blocking = True

    def execute(self, entity, action, params=None, *, select_fields=None, exclude_fields=None):
        """Like the asyncio connector's."""
        from ._result import executed

        result = self._start(entity, action, params, select_fields, exclude_fields)
        return executed(entity, action, result)

    def check(self):
        """Makes one cheap call, to check that the credentials work."""
        try:
            self._core.check(True)
        except GmailError as error:
            return _health(str(error))
        return _health()

    def pages(self, entity, action, params=None):
        """The pages of a list, fetched one at a time."""
        parameter, field = _paging(entity, action)
        params, seen = dict(params or {}), set()
        while True:
            result = self.execute(entity, action, params)
            yield result
            token = _token(result, field, seen)
            if not token:
                return
            params[parameter] = token

    def records(self, entity, action, params=None):
        """The records of a list, over all its pages."""
        for page in self.pages(entity, action, params):
            yield from page.data

    def call_tool(self, name, arguments=None):
        """Calls one of the ``tools``."""
        from ._result import ToolAnswer

        return ToolAnswer(*self._core.call_tool(name, arguments or {}, True))

    @classmethod
    def get_consent_url(
        cls,
        *,
        airbyte_config,
        redirect_url,
        name=None,
        replication_config=None,
        source_template_id=None,
    ):
        """The URL of the consent page."""
        return cls._start_consent(
            airbyte_config, redirect_url, name, replication_config, source_template_id
        )

    @classmethod
    def create(
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
        connector_id = cls._start_create(
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

        def call(*arguments, **params):
            from ._typed import typed

            params = named(entity, action, arguments, params)
            return typed(entity, action, connector._start(entity, action, params))

        describe(call, entity, action, name)
        self.__dict__[name] = call
        return call
