//! This crate's error type: [`Error`], with predicates for what a caller may do next.
//!
//! The [guide](crate::guide::errors) has a table of the predicates.

mod kind;
mod response;
mod service;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use kind::Kind;
pub(crate) use response::is_reason;
pub use service::ServiceError;

/// A result with this crate's [`Error`].
///
/// ```
/// use airbyte_agent_gmail::{GmailConnector, Result};
///
/// async fn unread(gmail: &GmailConnector) -> Result<usize> {
///     let list = gmail.messages().list().q("is:unread").send().await?;
///     Ok(list.messages.len())
/// }
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error, with predicates named after what to do next.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use airbyte_agent_gmail::sandbox::Sandbox;
///
/// let sandbox = Sandbox::start().await?;
/// let gmail = sandbox.open_source()?;
/// let error = gmail.messages().get("0000000000000bad").send().await.unwrap_err();
/// assert!(error.is_not_found());
/// assert_eq!(error.operation(), Some("messages_get"));
/// # Ok(())
/// # }
/// ```
///
/// The text names the operation and what to do next. It never contains a body, a token, a header or a URL's query. The
/// service's own words are separate, in [`service_message`](Self::service_message).
#[derive(Clone)]
pub struct Error {
    inner: Arc<Inner>,
}

#[derive(Clone, Default)]
struct Inner {
    kind: Kind,
    operation: Option<Cow<'static, str>>,
    message: Cow<'static, str>,
    status: Option<u16>,
    reason: Option<String>,
    service_message: Option<String>,
    service_errors: Vec<ServiceError>,
    request_id: Option<String>,
    message_id: Option<String>,
    retry_after: Option<Duration>,
    /// Whether this rate limit lasts longer than a few minutes.
    lasts: bool,
    /// Whether the service itself refused, as opposed to some server in between.
    is_said: bool,
    outcome_unknown: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Creates an error; the text is in lower case and says what to do next.
    pub(crate) fn new(kind: Kind, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            inner: Arc::new(Inner {
                kind,
                message: message.into(),
                ..Inner::default()
            }),
        }
    }

    /// Creates an error for your own [`TokenSource`](crate::auth::TokenSource): the refresh token was rejected.
    ///
    /// The user has to consent again. Write the message in lower case, and say what to do next.
    ///
    /// ```
    /// use airbyte_agent_gmail::Error;
    ///
    /// let error = Error::reauthorization_required("the vault knows no such user; sign in again");
    /// assert!(error.is_reauthorization_required());
    /// ```
    pub fn reauthorization_required(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::ReauthorizationRequired, message)
    }

    /// Creates an error for your own [`TokenSource`](crate::auth::TokenSource): there is no token at the moment.
    ///
    /// ```
    /// use airbyte_agent_gmail::Error;
    ///
    /// let error = Error::token_refresh_failed("the vault is sealed; unseal it and try again");
    /// assert!(error.is_token_refresh_failed() && error.is_transient());
    /// ```
    pub fn token_refresh_failed(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::TokenRefreshFailed, message)
    }

    /// Fix the configuration.
    pub(crate) fn configuration(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Configuration, message)
    }

    /// Fix the arguments; nothing was sent.
    pub(crate) fn invalid_input(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::InvalidInput, message)
    }

    /// Use the other mode.
    pub(crate) fn unsupported(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Unsupported, message)
    }

    /// Report it: this isn't a valid answer.
    pub(crate) fn invalid_response(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::InvalidResponse, message)
    }

    /// The text without the operation.
    pub(crate) fn message(&self) -> &str {
        &self.inner.message
    }

    /// Names the operation, unless one is named already.
    pub(crate) fn named(self, name: Cow<'static, str>) -> Self {
        if self.inner.operation.is_some() {
            return self;
        }
        self.with(|inner| inner.operation = Some(name))
    }

    /// A refusal of a token endpoint, with its status and error code.
    pub(crate) fn refusal(kind: Kind, message: String, status: u16, code: &str) -> Self {
        Self::new(kind, message).with(|inner| {
            inner.status = Some(status);
            inner.reason = (!code.is_empty()).then(|| code.to_owned());
        })
    }

    /// Adds the cause.
    pub(crate) fn caused_by(self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.with(|inner| inner.source = Some(Arc::new(source)))
    }

    /// Explains another error, and keeps what the service said.
    pub(crate) fn explaining(self, cause: Self) -> Self {
        let said = Inner::clone(&cause.inner);
        self.with(|inner| {
            inner.status = inner.status.or(said.status);
            inner.reason = inner.reason.take().or(said.reason);
            inner.service_message = inner.service_message.take().or(said.service_message);
            inner.service_errors = said.service_errors;
            inner.request_id = inner.request_id.take().or(said.request_id);
            inner.retry_after = inner.retry_after.or(said.retry_after);
            inner.source = Some(Arc::new(cause));
        })
    }

    /// Marks that the service may have carried out the request.
    pub(crate) fn outcome_unknown(self) -> Self {
        self.with(|inner| inner.outcome_unknown = true)
    }

    /// Sets how long to wait, unless the service has said it.
    pub(crate) fn again_in(self, wait: Option<Duration>) -> Self {
        self.with(|inner| inner.retry_after = inner.retry_after.or(wait))
    }

    /// Whether the rate limit is over in a minute or so, with a requested wait of at most `longest`. Daily limits,
    /// sending limits and limits of unknown duration don't count.
    pub(crate) fn is_of_a_minute(&self, longest: Duration) -> bool {
        self.is_rate_limited()
            && !self.inner.lasts
            && self.retry_after().is_none_or(|asked| asked <= longest)
    }

    /// Adds the Message-ID of the mail in question.
    #[cfg(feature = "mail")]
    pub(crate) fn about(self, message_id: &str) -> Self {
        self.with(|inner| inner.message_id = Some(message_id.to_owned()))
    }

    /// The error for an answer that isn't the JSON that the document describes.
    pub(crate) fn undecodable(error: &serde_json::Error) -> Self {
        // A serde error can quote a value of the body. So report only its position, or the name of a missing field,
        // which comes from the document.
        let text = error.to_string();
        if let Some((name, _)) = text
            .strip_prefix("missing field `")
            .and_then(|rest| rest.split_once('`'))
        {
            return Self::invalid_response(format!(
                "the service's answer has no `{name}`, which every such answer has; if you choose fields, \
                     choose it too, and check the base url"
            ));
        }
        Self::invalid_response(format!(
            "the service's answer does not fit its document (line {}, column {}); try again, and report it \
                 if this keeps happening",
            error.line(),
            error.column()
        ))
    }

    fn with(self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Arc::unwrap_or_clone(self.inner);
        change(&mut inner);
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The id in the spec of the operation that failed, such as `messages_get`.
    pub fn operation(&self) -> Option<&str> {
        self.inner.operation.as_deref()
    }

    /// The HTTP status of the service's answer.
    ///
    /// If Airbyte reports an error of the service behind it, this is that service's status.
    pub fn status(&self) -> Option<u16> {
        self.inner.status
    }

    /// The service's code for the reason, such as `rateLimitExceeded` or `invalid_grant`.
    pub fn reason(&self) -> Option<&str> {
        self.inner.reason.as_deref()
    }

    /// The service's own message.
    ///
    /// It can repeat what was sent (a label's name, an address, a search), so `Display` and `Debug` leave it out. Show
    /// it to the owner of the mail, but don't log it.
    pub fn service_message(&self) -> Option<&str> {
        self.inner.service_message.as_deref()
    }

    /// The service's message about each field of the request, if it lists several, as Airbyte does.
    ///
    /// Like [`service_message`](Self::service_message), it can repeat what was sent.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let airbyte = airbyte_agent_gmail::Airbyte::builder(sandbox.airbyte_auth())
    /// #     .base_url(sandbox.airbyte_url())
    /// #     .build()?;
    /// let error = airbyte.connectors().create().send().await.unwrap_err();
    /// for wrong in error.service_errors() {
    ///     println!("{wrong}");
    /// }
    /// assert!(error.service_errors().iter().any(|wrong| wrong.field() == Some("body.workspace_name")));
    /// # Ok(())
    /// # }
    /// ```
    pub fn service_errors(&self) -> &[ServiceError] {
        &self.inner.service_errors
    }

    /// The service's id of the request, for its support team.
    pub fn request_id(&self) -> Option<&str> {
        self.inner.request_id.as_deref()
    }

    /// The Message-ID of mail with an unknown outcome; `GmailConnector::find_sent` asks Gmail whether it arrived.
    ///
    /// `Display` and `Debug` leave it out, because it is a header of somebody's mail.
    pub fn message_id(&self) -> Option<&str> {
        self.inner.message_id.as_deref()
    }

    /// How long the service asks to wait before trying again.
    pub fn retry_after(&self) -> Option<Duration> {
        self.inner.retry_after
    }

    /// Whether the same call may succeed later, unchanged.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.inner.kind,
            Kind::RateLimited
                | Kind::Server
                | Kind::Connect
                | Kind::Timeout
                | Kind::Interrupted
                | Kind::TokenRefreshFailed
        )
    }

    /// Whether the service may have carried out the request although no valid answer came.
    ///
    /// Check before you send again, so no mail is sent twice.
    pub fn is_outcome_unknown(&self) -> bool {
        self.inner.outcome_unknown
    }

    /// Whether the user has to consent again, because the refresh token was rejected.
    pub fn is_reauthorization_required(&self) -> bool {
        self.inner.kind == Kind::ReauthorizationRequired
    }

    /// Whether the user or the user's organization denied consent.
    pub fn is_consent_denied(&self) -> bool {
        self.inner.kind == Kind::ConsentDenied
    }

    /// Whether no new access token could be fetched; try again later.
    pub fn is_token_refresh_failed(&self) -> bool {
        self.inner.kind == Kind::TokenRefreshFailed
    }

    /// Whether the token store failed.
    ///
    /// Either it must not be used, or only it could have provided a token. The function of
    /// [`on_token_store_warning`](crate::connector::GmailConnectorBuilder::on_token_store_warning) gets such errors
    /// too.
    pub fn is_token_store_failed(&self) -> bool {
        self.inner.kind == Kind::TokenStore
    }

    /// Whether the service refused the token (401), even after a refresh.
    pub fn is_unauthenticated(&self) -> bool {
        self.inner.kind == Kind::Unauthenticated
    }

    /// Whether the account, the client or the token's scopes don't allow the call (403).
    pub fn is_permission_denied(&self) -> bool {
        self.inner.kind == Kind::PermissionDenied
    }

    /// Whether the service limits the rate; wait, see [`retry_after`](Self::retry_after).
    pub fn is_rate_limited(&self) -> bool {
        self.inner.kind == Kind::RateLimited
    }

    /// Whether the requested thing doesn't exist (404).
    pub fn is_not_found(&self) -> bool {
        self.inner.kind == Kind::NotFound
    }

    /// Whether the service itself says that it doesn't exist.
    ///
    /// A 404 from a proxy, or from a server at a wrong base URL, is [`is_not_found`](Self::is_not_found) too, but
    /// doesn't mean that a message is gone.
    pub fn is_gone(&self) -> bool {
        self.is_not_found() && self.inner.is_said
    }

    /// Whether the request conflicts with what exists (409).
    pub fn is_conflict(&self) -> bool {
        self.inner.kind == Kind::Conflict
    }

    /// Whether this crate rejected the input, without sending a request.
    pub fn is_invalid_input(&self) -> bool {
        self.inner.kind == Kind::InvalidInput
    }

    /// Whether the service rejected the input (400, 422, and any other 4xx without its own predicate).
    pub fn is_invalid_request(&self) -> bool {
        self.inner.kind == Kind::InvalidRequest
    }

    /// Whether the mode (open source or hosted) doesn't offer the operation.
    pub fn is_unsupported(&self) -> bool {
        self.inner.kind == Kind::Unsupported
    }

    /// Whether the configuration is incomplete or contradictory.
    pub fn is_configuration(&self) -> bool {
        self.inner.kind == Kind::Configuration
    }

    /// Whether Airbyte has no such connector, for the customer or with that id; create one, or check the id.
    pub fn is_connector_not_found(&self) -> bool {
        self.inner.kind == Kind::ConnectorNotFound
    }

    /// Whether Airbyte has several connectors for the customer; give the connector id.
    pub fn is_connector_ambiguous(&self) -> bool {
        self.inner.kind == Kind::ConnectorAmbiguous
    }

    /// Whether no connection could be made; nothing was sent.
    ///
    /// The text says why: an unknown name, a refused connection or, [permanently](Self::is_transient), a refused
    /// certificate or a refusing proxy.
    pub fn is_connect(&self) -> bool {
        matches!(self.inner.kind, Kind::Connect | Kind::ConnectRefused)
    }

    /// Whether no answer came in time.
    pub fn is_timeout(&self) -> bool {
        self.inner.kind == Kind::Timeout
    }

    /// Whether the service failed (5xx).
    pub fn is_server(&self) -> bool {
        self.inner.kind == Kind::Server
    }

    /// Whether the answer doesn't match the service's document.
    pub fn is_invalid_response(&self) -> bool {
        self.inner.kind == Kind::InvalidResponse
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = &self.inner.operation {
            write!(formatter, "{operation}: ")?;
        }
        formatter.write_str(&self.inner.message)?;
        if self.inner.outcome_unknown {
            formatter.write_str("; it may have been done, so look before you send it again")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Error")
            .field("kind", &self.inner.kind)
            .field("operation", &self.inner.operation)
            .field("message", &self.inner.message)
            .field("status", &self.inner.status)
            .field("reason", &self.inner.reason)
            .field("request_id", &self.inner.request_id)
            .field("retry_after", &self.inner.retry_after)
            .field("outcome_unknown", &self.inner.outcome_unknown)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.inner
            .source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}
