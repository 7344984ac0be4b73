//! Where access tokens come from: one trait, and a file for each source.

mod airbyte;
mod bearer;
pub(crate) mod google;
mod iam;
mod metadata;
mod service_account;
mod signing_key;

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use super::{Secret, TokenSet};
use crate::error::Error;

pub(crate) use airbyte::AirbyteTokenSource;
pub(crate) use bearer::BearerTokenSource;
pub use google::GOOGLE_TOKEN_URL;
pub(crate) use google::GoogleTokenSource;
pub(crate) use service_account::AssertionTokenSource;
pub(super) use service_account::{Caller, Key, Signer, Way};

/// The maximum number of attempts to get a token while the endpoint fails temporarily.
const ATTEMPTS: u32 = 3;

/// The first pause between two attempts; it doubles.
const PAUSE: Duration = Duration::from_millis(200);

/// The longest pause that the endpoint may ask for; if it asks for more, the caller gets the error at once.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The return type of [`TokenSource::fetch`]; create one with `Box::pin(async { … })`.
pub type TokenFuture<'a> = Pin<Box<dyn Future<Output = Result<TokenResponse, Error>> + Send + 'a>>;

/// A source of access tokens.
///
/// The connector has sources for Google's refresh tokens, bearer tokens and Airbyte's applications. Implement this
/// trait for another one, such as a vault.
///
/// The connector caches the token, fetches it once for many callers, renews it in the background before it expires, and
/// saves new tokens in its [`TokenStore`](super::TokenStore). A source only fetches.
///
/// ```
/// use airbyte_agent_gmail::auth::{AuthConfig, Secret, TokenFuture, TokenResponse, TokenSource};
/// use airbyte_agent_gmail::{Error, GmailConnector};
///
/// #[derive(Debug)]
/// struct Vault;
///
/// impl TokenSource for Vault {
///     fn fetch<'a>(&'a self, _refresh_token: Option<&'a Secret>) -> TokenFuture<'a> {
///         Box::pin(async {
///             let token = std::env::var("VAULT_TOKEN")
///                 .map_err(|_| Error::token_refresh_failed("the vault is sealed; unseal it and try again"))?;
///             Ok(TokenResponse::new(token))
///         })
///     }
/// }
///
/// let gmail = GmailConnector::new(AuthConfig::from_source(Vault))?;
/// # Ok::<(), airbyte_agent_gmail::Error>(())
/// ```
pub trait TokenSource: Debug + Send + Sync {
    /// Fetches a new access token with this refresh token.
    ///
    /// `refresh_token` is the newest from the configuration, the store and earlier answers, and `None` if there is
    /// none. A source that needs no refresh token ignores it.
    ///
    /// The connector allows 30 seconds in all.
    ///
    /// # Errors
    ///
    /// [`Error::reauthorization_required`] if the server rejects this refresh token: it is not tried again until the
    /// store changes. Any other error counts as temporary.
    fn fetch<'a>(&'a self, refresh_token: Option<&'a Secret>) -> TokenFuture<'a>;

    /// Whether the server accepts an old refresh token until its replacement has been used. Default: no.
    ///
    /// If so, a new refresh token stays unused until it is stored: the stored one remains valid, and even a killed
    /// process loses nothing. Other servers treat the use of a replaced refresh token as theft and end the whole
    /// sign-in (RFC 9700 section 4.14.2).
    fn keeps_previous(&self) -> bool {
        false
    }
}

/// The answer of a token endpoint (RFC 6749 section 5.1).
///
/// ```
/// use std::time::Duration;
/// use airbyte_agent_gmail::auth::TokenResponse;
///
/// let mut response = TokenResponse::new("access-token");
/// response.expires_in = Some(Duration::from_secs(3600));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokenResponse {
    /// The access token.
    pub access_token: Secret,
    /// How long it is valid; if unknown, it is used until refused.
    pub expires_in: Option<Duration>,
    /// The refresh token to use from now on, if there is a new one.
    pub refresh_token: Option<Secret>,
    /// How long the refresh token is valid, if limited.
    pub refresh_token_expires_in: Option<Duration>,
    /// The granted scopes, if the answer lists them.
    pub scopes: Vec<String>,
}

impl TokenResponse {
    /// Creates an answer with only an access token; fill in the other fields as needed.
    pub fn new(access_token: impl Into<Secret>) -> Self {
        Self {
            access_token: access_token.into(),
            expires_in: None,
            refresh_token: None,
            refresh_token_expires_in: None,
            scopes: Vec::new(),
        }
    }

    /// Converts the answer for a store, with times instead of durations.
    pub(crate) fn into_tokens(self, now: SystemTime) -> TokenSet {
        let after = |lifetime: Option<Duration>| lifetime.and_then(|life| now.checked_add(life));
        TokenSet {
            expires_at: after(self.expires_in),
            refresh_token_expires_at: after(self.refresh_token_expires_in),
            access_token: self.access_token,
            refresh_token: self.refresh_token,
            scopes: self.scopes,
        }
    }
}

/// Asks until there is an answer, a permanent error, or no attempt left.
async fn with_retry<T, F: Future<Output = Result<T, Error>>>(
    mut ask: impl FnMut() -> F,
) -> Result<T, Error> {
    let mut attempt = 1;
    loop {
        match ask().await {
            Err(error)
                if (error.is_token_refresh_failed()
                    || (error.is_connect() && error.is_transient()))
                    && attempt < ATTEMPTS
                    && error
                        .retry_after()
                        .is_none_or(|asked| asked <= LONGEST_PAUSE) =>
            {
                let pause = PAUSE * 2_u32.pow(attempt - 1);
                tokio::time::sleep(pause.max(error.retry_after().unwrap_or_default())).await;
                attempt += 1;
            }
            result => return result,
        }
    }
}
