"""The exceptions: one base, and a class for each thing that a caller may do next."""

__all__ = ["GmailError"]


class GmailError(RuntimeError):
    """What went wrong. Its text never contains mail, a token or the query of a URL."""

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
    """The refresh token was rejected: the user has to consent again."""


class ConsentDeniedError(GmailError, predicate="is_consent_denied"):
    """The user, or the user's organization, denied the consent."""


class TokenRefreshFailedError(GmailError, predicate="is_token_refresh_failed"):
    """A new access token could not be fetched: try again later."""


class TokenStoreFailedError(GmailError, predicate="is_token_store_failed"):
    """The token store failed."""


class UnauthenticatedError(GmailError, predicate="is_unauthenticated"):
    """The service refused the token even after a refresh."""


class PermissionDeniedError(GmailError, predicate="is_permission_denied"):
    """The account, the client or the token's scopes do not allow the call."""


class RateLimitedError(GmailError, predicate="is_rate_limited"):
    """The service limits the rate: wait ``retry_after`` seconds."""


class NotFoundError(GmailError, LookupError, predicate="is_not_found"):
    """What was asked for does not exist."""


class ConflictError(GmailError, predicate="is_conflict"):
    """It conflicts with what exists."""


class InvalidInputError(GmailError, ValueError, predicate="is_invalid_input"):
    """The input was refused without a request."""


class InvalidRequestError(GmailError, ValueError, predicate="is_invalid_request"):
    """The service refused the input."""


class UnsupportedError(GmailError, predicate="is_unsupported"):
    """The mode does not offer what was asked."""


class ConfigurationError(GmailError, ValueError, predicate="is_configuration"):
    """Credentials or addresses are incomplete or wrong."""


class ConnectorNotFoundError(GmailError, LookupError, ValueError, predicate="is_connector_not_found"):
    """The customer has no connector of this kind."""


class ConnectorAmbiguousError(GmailError, LookupError, ValueError, predicate="is_connector_ambiguous"):
    """The customer has several: give a connector id."""


class ConnectError(GmailError, ConnectionError, predicate="is_connect"):
    """The service could not be reached."""


class CallTimeoutError(GmailError, TimeoutError, predicate="is_timeout"):
    """The service took too long."""


class ServerError(GmailError, predicate="is_server"):
    """The service failed."""


class InvalidResponseError(GmailError, predicate="is_invalid_response"):
    """The answer is not what the service's document says."""
