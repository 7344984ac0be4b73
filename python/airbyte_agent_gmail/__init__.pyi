from ._config import AirbyteAuthConfig as AirbyteAuthConfig
from ._config import GmailAuthConfig as GmailAuthConfig
from ._config import GmailReplicationConfig as GmailReplicationConfig
from ._connector import GmailConnector as GmailConnector
from ._errors import (
    GmailError as GmailError,
    ReauthorizationRequiredError as ReauthorizationRequiredError,
    ConsentDeniedError as ConsentDeniedError,
    TokenRefreshFailedError as TokenRefreshFailedError,
    TokenStoreFailedError as TokenStoreFailedError,
    UnauthenticatedError as UnauthenticatedError,
    PermissionDeniedError as PermissionDeniedError,
    RateLimitedError as RateLimitedError,
    NotFoundError as NotFoundError,
    ConflictError as ConflictError,
    InvalidInputError as InvalidInputError,
    InvalidRequestError as InvalidRequestError,
    UnsupportedError as UnsupportedError,
    ConfigurationError as ConfigurationError,
    ConnectorNotFoundError as ConnectorNotFoundError,
    ConnectorAmbiguousError as ConnectorAmbiguousError,
    ConnectError as ConnectError,
    CallTimeoutError as CallTimeoutError,
    ServerError as ServerError,
    InvalidResponseError as InvalidResponseError,
)
from .models import *
from .types import *
from ._result import ExecuteResult as ExecuteResult
from ._result import GmailCheckResult as GmailCheckResult
from ._result import Record as Record
from ._result import ToolAnswer as ToolAnswer
