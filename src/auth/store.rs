//! Where tokens are kept between runs.

mod file;
#[cfg(feature = "keyring")]
mod keyring;

use std::any::Any;
use std::error::Error as StdError;
use std::fmt::{self, Debug};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::Secret;

pub use file::FileTokenStore;
pub(in crate::auth) use file::{read as read_object, write as write_object};
#[cfg(feature = "keyring")]
pub use keyring::{Keyring, KeyringTokenStore};

/// The tokens of one account after a refresh. Its serialized form holds the tokens as they are: keep it as a password.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use airbyte_agent_gmail::auth::TokenSet;
///
/// let mut tokens = TokenSet::new("access-token");
/// assert_eq!(tokens.remaining(), None);
/// tokens.expires_at = Some(SystemTime::now() + Duration::from_secs(3600));
/// assert!(tokens.remaining() > Some(Duration::from_secs(3500)));
/// tokens.expires_at = Some(SystemTime::UNIX_EPOCH);
/// assert_eq!(tokens.remaining(), Some(Duration::ZERO));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TokenSet {
    /// The access token.
    pub access_token: Secret,
    /// When the access token ends, if the server said so.
    #[serde(default, with = "unix_seconds")]
    pub expires_at: Option<SystemTime>,
    /// The refresh token to use from now on; a new one where the server has rotated it.
    #[serde(default)]
    pub refresh_token: Option<Secret>,
    /// When the refresh token ends, where the grant is limited in time (`refresh_token_expires_in`).
    #[serde(default, with = "unix_seconds")]
    pub refresh_token_expires_at: Option<SystemTime>,
    /// The granted scopes.
    #[serde(default)]
    pub scopes: Vec<String>,
}

impl TokenSet {
    /// Tokens of which only the access token is known yet; the fields are there to be filled.
    pub fn new(access_token: impl Into<Secret>) -> Self {
        Self {
            access_token: access_token.into(),
            expires_at: None,
            refresh_token: None,
            refresh_token_expires_at: None,
            scopes: Vec::new(),
        }
    }

    /// Takes what the answer to a refresh leaves out from the tokens before it: the scopes, and the end of a refresh
    /// token that is still the same.
    pub(in crate::auth) fn complete(&mut self, before: Self) {
        if self.scopes.is_empty() {
            self.scopes = before.scopes;
        }
        if self.refresh_token == before.refresh_token && self.refresh_token_expires_at.is_none() {
            self.refresh_token_expires_at = before.refresh_token_expires_at;
        }
    }

    /// How long the access token still lives: nothing once it has ended, `None` where the end is not known.
    pub fn remaining(&self) -> Option<Duration> {
        self.expires_at.map(|at| {
            at.duration_since(SystemTime::now())
                .unwrap_or(Duration::ZERO)
        })
    }
}

/// What the methods of [`TokenStore`] return: `Box::pin(async { … })` makes one.
pub type StoreFuture<'a, T = ()> =
    Pin<Box<dyn Future<Output = Result<T, Box<dyn StdError + Send + Sync>>> + Send + 'a>>;

/// Holds other users of a store off until it is dropped; [`TokenStore::lock`] gives it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// use std::sync::Arc;
/// use airbyte_agent_gmail::auth::{StoreFuture, StoreLock, TokenSet, TokenStore};
/// use tokio::sync::Mutex;
///
/// #[derive(Debug, Default)]
/// struct InOneProcess {
///     turn: Arc<Mutex<()>>,
/// }
///
/// impl TokenStore for InOneProcess {
///     fn lock(&self) -> StoreFuture<'_, StoreLock> {
///         Box::pin(async { Ok(StoreLock::new(self.turn.clone().lock_owned().await)) })
///     }
///
///     fn save<'a>(&'a self, _tokens: &'a TokenSet) -> StoreFuture<'a> {
///         Box::pin(async { Ok(()) })
///     }
/// }
///
/// let store = InOneProcess::default();
/// let lock = store.lock().await?;
/// assert!(store.turn.try_lock().is_err());
/// drop(lock);
/// assert!(store.turn.try_lock().is_ok());
/// # Ok(())
/// # }
/// ```
#[must_use = "the lock ends when it is dropped"]
pub struct StoreLock {
    _held: Option<Box<dyn Any + Send>>,
}

impl StoreLock {
    /// A lock that lasts as long as this value, such as a locked file.
    pub fn new(held: impl Any + Send) -> Self {
        Self {
            _held: Some(Box::new(held)),
        }
    }

    /// The lock of a store that nobody else uses.
    pub fn none() -> Self {
        Self { _held: None }
    }
}

impl Debug for StoreLock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("StoreLock").finish_non_exhaustive()
    }
}

/// Keeps the tokens of one account: takes every new access token and every refresh token that the server has rotated,
/// and gives them to the next process.
///
/// Before a refresh the connector takes the [`lock`](Self::lock) and [`load`](Self::load)s: tokens that another process
/// has put there meanwhile are used in place of a refresh, and a refresh token that is there goes before the one of the
/// configuration, since it is newer. A store with `save` alone is a mere listener.
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
    /// Gives what was saved last, if anything.
    ///
    /// # Errors
    ///
    /// Any error; no refresh is made then, and the call reports it
    /// ([`is_token_store_failed`](crate::Error::is_token_store_failed)).
    fn load(&self) -> StoreFuture<'_, Option<TokenSet>> {
        Box::pin(async { Ok(None) })
    }

    /// Waits until nobody else refreshes the tokens of this store.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    fn lock(&self) -> StoreFuture<'_, StoreLock> {
        Box::pin(async { Ok(StoreLock::none()) })
    }

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
    fn load(&self) -> StoreFuture<'_, Option<TokenSet>> {
        Box::pin(async { Ok(self.tokens()) })
    }

    fn save<'a>(&'a self, tokens: &'a TokenSet) -> StoreFuture<'a> {
        Box::pin(async move {
            *self.tokens.lock().unwrap_or_else(PoisonError::into_inner) = Some(tokens.clone());
            Ok(())
        })
    }
}

/// Times as whole seconds since 1970.
mod unix_seconds {
    use serde::{Deserializer, Serializer};

    use super::{Deserialize, Duration, Serialize, SystemTime, UNIX_EPOCH};

    pub(super) fn serialize<S: Serializer>(
        time: &Option<SystemTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        time.and_then(|time| time.duration_since(UNIX_EPOCH).ok())
            .map(|since| since.as_secs())
            .serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<SystemTime>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?
            .and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds))))
    }
}

#[cfg(test)]
mod tests {
    use super::{Secret, SystemTime, TokenSet};

    #[test]
    fn what_a_refresh_leaves_out_stays() {
        let mut before = TokenSet::new("old");
        before.refresh_token = Some(Secret::from("r"));
        before.refresh_token_expires_at = Some(SystemTime::UNIX_EPOCH);
        before.scopes = vec!["scope".to_owned()];
        let mut after = TokenSet::new("new");
        after.refresh_token = Some(Secret::from("r"));
        after.complete(before.clone());
        assert_eq!(after.access_token.expose(), "new");
        assert_eq!(after.scopes, ["scope"]);
        assert_eq!(after.refresh_token_expires_at, Some(SystemTime::UNIX_EPOCH));

        // Another refresh token has an end of its own, and given scopes are the ones that hold.
        let mut rotated = TokenSet::new("new");
        rotated.refresh_token = Some(Secret::from("s"));
        rotated.scopes = vec!["less".to_owned()];
        rotated.complete(before);
        assert_eq!(rotated.refresh_token_expires_at, None);
        assert_eq!(rotated.scopes, ["less"]);
    }
}
