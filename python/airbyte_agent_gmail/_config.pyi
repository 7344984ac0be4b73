from collections.abc import Mapping
from typing import Any

from typing_extensions import Self

from ._dump import Dump

class _Config(Dump):
    @classmethod
    def model_validate(cls, values: Self | dict[str, Any]) -> Self: ...
    @classmethod
    def model_validate_json(cls, text: str | bytes) -> Self: ...
    def model_copy(self, *, update: Mapping[str, Any] | None = None) -> Self: ...

class GmailAuthConfig(_Config):
    access_token: str | None
    refresh_token: str | None
    client_id: str | None
    client_secret: str | None
    def __init__(
        self,
        *,
        access_token: str | None = None,
        refresh_token: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
    ) -> None: ...

class AirbyteAuthConfig(_Config):
    customer_name: str | None
    workspace_name: str | None
    organization_id: str | None
    airbyte_client_id: str | None
    airbyte_client_secret: str | None
    bearer_token: str | None
    connector_id: str | None
    def __init__(
        self,
        *,
        customer_name: str | None = None,
        workspace_name: str | None = None,
        organization_id: str | None = None,
        airbyte_client_id: str | None = None,
        airbyte_client_secret: str | None = None,
        bearer_token: str | None = None,
        connector_id: str | None = None,
        external_user_id: str | None = None,
    ) -> None: ...

class GmailReplicationConfig(_Config):
    include_spam_and_trash: bool | None
    def __init__(self, *, include_spam_and_trash: bool | None = None) -> None: ...
