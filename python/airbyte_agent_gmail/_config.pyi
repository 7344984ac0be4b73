from typing import Any

class GmailAuthConfig:
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
    def model_dump(self, *, exclude_none: bool = False) -> dict[str, Any]: ...

class AirbyteAuthConfig:
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
    def model_dump(self, *, exclude_none: bool = False) -> dict[str, Any]: ...

class GmailReplicationConfig:
    include_spam_and_trash: bool | None
    def __init__(self, *, include_spam_and_trash: bool | None = None) -> None: ...
    def model_dump(self, *, exclude_none: bool = False) -> dict[str, Any]: ...
