//! The classes of errors, by what to do next.

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
    /// Ask the user again; consent was denied.
    ConsentDenied,
    /// Try again; there is no new access token for now.
    TokenRefreshFailed,
    /// Fix the token store.
    TokenStore,
    /// Check the credentials.
    Unauthenticated,
    /// Get permission, or the scope.
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
    /// Fix the certificate or the proxy, which refuses the connection; nothing was sent.
    ConnectRefused,
    /// Try again, with more time.
    Timeout,
    /// Try again; the connection broke.
    Interrupted,
    /// Try again; the service failed.
    Server,
    /// Report it.
    #[default]
    InvalidResponse,
}
