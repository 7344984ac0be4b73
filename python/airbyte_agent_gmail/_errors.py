"""The exceptions: one base class, and a subclass for each thing that a caller can do about it."""

__all__ = ["GmailError"]


class GmailError(RuntimeError):
    """A failed call. The message never contains mail, a token or a URL's query."""

    def __init__(
        self,
        message,
        *,
        operation=None,
        status=None,
        reason=None,
        service_message=None,
        request_id=None,
        message_id=None,
        retry_after=None,
        is_transient=False,
        is_outcome_unknown=False,
    ):
        super().__init__(message)
        self.operation = operation
        self.status = status
        self.reason = reason
        self.service_message = service_message
        self.request_id = request_id
        self.message_id = message_id
        self.retry_after = retry_after
        self.is_transient = is_transient
        self.is_outcome_unknown = is_outcome_unknown

    def __init_subclass__(cls, predicate):
        setattr(GmailError, predicate, False)
        setattr(cls, predicate, True)
        __all__.append(cls.__name__)


class ReauthorizationRequiredError(GmailError, predicate="is_reauthorization_required"):
    """The refresh token was rejected: the user must consent again."""


class ConsentDeniedError(GmailError, predicate="is_consent_denied"):
    """The user, or the user's organization, denied the consent."""


class TokenRefreshFailedError(GmailError, predicate="is_token_refresh_failed"):
    """A new access token could not be fetched: try again later."""


class TokenStoreFailedError(GmailError, predicate="is_token_store_failed"):
    """The token store failed."""


class UnauthenticatedError(GmailError, predicate="is_unauthenticated"):
    """The service rejected the token even after a refresh."""


class PermissionDeniedError(GmailError, predicate="is_permission_denied"):
    """The account, the client or the token's scopes do not allow the call."""


class RateLimitedError(GmailError, predicate="is_rate_limited"):
    """The service limits the rate: wait ``retry_after`` seconds."""


class NotFoundError(GmailError, LookupError, predicate="is_not_found"):
    """The resource does not exist."""


class ConflictError(GmailError, predicate="is_conflict"):
    """The request conflicts with an existing resource."""


class InvalidInputError(GmailError, ValueError, predicate="is_invalid_input"):
    """The input is invalid; no request was sent."""


class InvalidRequestError(GmailError, ValueError, predicate="is_invalid_request"):
    """The service rejected the input."""


class UnsupportedError(GmailError, predicate="is_unsupported"):
    """This mode does not support the call."""


class ConfigurationError(GmailError, ValueError, predicate="is_configuration"):
    """Credentials or URLs are incomplete or wrong."""


class ConnectorNotFoundError(GmailError, LookupError, ValueError, predicate="is_connector_not_found"):
    """The customer has no connector of this kind."""


class ConnectorAmbiguousError(GmailError, LookupError, ValueError, predicate="is_connector_ambiguous"):
    """The customer has several connectors: give a connector id."""


class ConnectError(GmailError, ConnectionError, predicate="is_connect"):
    """The service could not be reached."""


class CallTimeoutError(GmailError, TimeoutError, predicate="is_timeout"):
    """The service took too long."""


class ServerError(GmailError, predicate="is_server"):
    """The service failed."""


class InvalidResponseError(GmailError, predicate="is_invalid_response"):
    """The answer does not match the service's API description."""
