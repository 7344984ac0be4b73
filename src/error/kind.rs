//! The classes of errors, by what a caller does next.

/// The class of an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Fix the configuration.
    Configuration,
    /// Fix the arguments; nothing was sent.
    InvalidInput,
    /// Use the other mode.
    Unsupported,
    /// Let the user consent again.
    ReauthorizationRequired,
    /// Ask the user again: the consent was denied.
    ConsentDenied,
    /// Try again: no new access token for now.
    TokenRefreshFailed,
    /// Fix the token store.
    TokenStore,
    /// Check the credentials.
    Unauthenticated,
    /// Get the permission or the scope.
    PermissionDenied,
    /// Wait.
    RateLimited,
    /// Check the id.
    NotFound,
    /// Look at what exists.
    Conflict,
    /// Fix the arguments, as the service says.
    InvalidRequest,
    /// Create a connector.
    ConnectorNotFound,
    /// Choose a connector.
    ConnectorAmbiguous,
    /// Check the network; nothing was sent.
    Connect,
    /// A certificate or a proxy refuses the connection; nothing was sent.
    ConnectRefused,
    /// Try again, with more time.
    Timeout,
    /// Try again: the connection broke.
    Interrupted,
    /// Try again: the service failed.
    Server,
    /// Report it.
    #[default]
    InvalidResponse,
}
