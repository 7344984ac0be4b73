//! Where tokens are kept between runs.

use std::error::Error as StdError;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::Secret;

/// The tokens of one account after a refresh.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenSet {
    /// The access token.
    pub access_token: Secret,
    /// When the access token ends, if the server said so.
    pub expires_at: Option<SystemTime>,
    /// The refresh token to use from now on; a new one where the server has rotated it.
    pub refresh_token: Option<Secret>,
    /// When the refresh token ends, where the grant is limited in time (`refresh_token_expires_in`).
    pub refresh_token_expires_at: Option<SystemTime>,
    /// The granted scopes.
    pub scopes: Vec<String>,
}

/// What [`TokenStore::save`] returns.
pub type StoreFuture<'a> =
    Pin<Box<dyn Future<Output = Result<(), Box<dyn StdError + Send + Sync>>> + Send + 'a>>;

/// Takes every new access token, and every refresh token that the server has rotated.
///
/// ```
/// use airbyte_agent_gmail::auth::{StoreFuture, TokenSet, TokenStore};
///
/// #[derive(Debug)]
/// struct PrintExpiry;
///
/// impl TokenStore for PrintExpiry {
///     fn save<'a>(&'a self, tokens: &'a TokenSet) -> StoreFuture<'a> {
///         Box::pin(async move {
///             println!("good until {:?}", tokens.expires_at);
///             Ok(())
///         })
///     }
/// }
/// ```
pub trait TokenStore: Debug + Send + Sync {
    /// Keeps the tokens.
    ///
    /// # Errors
    ///
    /// Any error; the call that made the refresh reports it
    /// ([`is_token_store_failed`](crate::Error::is_token_store_failed)), and the new tokens are used all the same.
    fn save<'a>(&'a self, tokens: &'a TokenSet) -> StoreFuture<'a>;
}

/// Keeps the latest tokens in memory.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
/// use airbyte_agent_gmail::{GmailConnector, auth::MemoryTokenStore, sandbox::Sandbox};
///
/// let sandbox = Sandbox::start().await?;
/// sandbox.expire_access_tokens();
/// let store = Arc::new(MemoryTokenStore::default());
/// let gmail = GmailConnector::builder(sandbox.google_auth())
///     .base_url(sandbox.gmail_url())
///     .token_url(sandbox.token_url())
///     .token_store(store.clone())
///     .build()?;
/// gmail.get_profile().send().await?;
/// assert!(store.tokens().is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct MemoryTokenStore {
    tokens: Mutex<Option<TokenSet>>,
}

impl MemoryTokenStore {
    /// The latest tokens, if any were saved.
    pub fn tokens(&self) -> Option<TokenSet> {
        self.tokens
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl TokenStore for MemoryTokenStore {
    fn save<'a>(&'a self, tokens: &'a TokenSet) -> StoreFuture<'a> {
        Box::pin(async move {
            *self.tokens.lock().unwrap_or_else(PoisonError::into_inner) = Some(tokens.clone());
            Ok(())
        })
    }
}
