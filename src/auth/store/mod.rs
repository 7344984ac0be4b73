//! Where tokens are kept between runs.

mod file;
#[cfg_attr(not(feature = "keyring"), path = "no_keyring.rs")]
mod keyring;
#[cfg_attr(not(feature = "redis"), path = "no_redis.rs")]
pub(crate) mod redis;

use std::any::Any;
use std::error::Error as StdError;
use std::fmt::{self, Debug};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::Secret;

pub use file::FileTokenStore;
pub(in crate::auth) use file::{read as read_object, write as write_object};
pub use keyring::{Keyring, KeyringTokenStore};

/// The tokens of one account after a refresh.
///
/// The serialized form contains them in plain text: treat it like a password.
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
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TokenSet {
    /// The access token.
    pub access_token: Secret,
    /// When the access token expires, if the server said so.
    #[serde(default, with = "unix_seconds")]
    pub expires_at: Option<SystemTime>,
    /// The refresh token to use from now on; a new one if the server rotated it.
    #[serde(default)]
    pub refresh_token: Option<Secret>,
    /// When the refresh token expires, if the grant is limited in time (`refresh_token_expires_in`).
    #[serde(default, with = "unix_seconds")]
    pub refresh_token_expires_at: Option<SystemTime>,
    /// The granted scopes.
    #[serde(default)]
    pub scopes: Vec<String>,
}

impl TokenSet {
    /// Tokens with only an access token; fill in the other fields as needed.
    pub fn new(access_token: impl Into<Secret>) -> Self {
        Self {
            access_token: access_token.into(),
            expires_at: None,
            refresh_token: None,
            refresh_token_expires_at: None,
            scopes: Vec::new(),
        }
    }

    /// Fills in what a refresh omits: the scopes, and the expiry of an unchanged refresh token.
    pub(in crate::auth) fn complete(&mut self, before: &Self) {
        if self.scopes.is_empty() {
            self.scopes.clone_from(&before.scopes);
        }
        let is_same = match (&self.refresh_token, &before.refresh_token) {
            (Some(token), Some(before)) => token.matches(before.expose()),
            _ => false,
        };
        if is_same && self.refresh_token_expires_at.is_none() {
            self.refresh_token_expires_at = before.refresh_token_expires_at;
        }
    }

    /// How long the access token is still valid: zero once expired, `None` if the expiry is unknown.
    pub fn remaining(&self) -> Option<Duration> {
        self.remaining_at(SystemTime::now())
    }

    pub(in crate::auth) fn remaining_at(&self, now: SystemTime) -> Option<Duration> {
        self.expires_at
            .map(|at| at.duration_since(now).unwrap_or(Duration::ZERO))
    }
}

/// An error of a store.
pub type StoreError = Box<dyn StdError + Send + Sync>;

/// The return type of [`TokenStore`]'s methods; create one with `Box::pin(async { … })`.
pub type StoreFuture<'a, T = ()> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// The error of a store that must not be used, because others can read or may have written it.
///
/// With this error, the call fails. With any other, the connector works without the store.
///
/// ```
/// use airbyte_agent_gmail::auth::{InsecureStore, StoreError};
///
/// let error = StoreError::from(InsecureStore::new("/tmp/tokens.json: it belongs to another user; remove it"));
/// assert!(error.is::<InsecureStore>());
/// ```
#[derive(Debug)]
pub struct InsecureStore(String);

impl InsecureStore {
    /// Creates an error; write the text in lower case, name the place, and say what to do next.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for InsecureStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl StdError for InsecureStore {}

/// Identifies the tokens in a store: it changes whenever different tokens are saved.
///
/// Its form is up to the store: a counter, a hash, an entity tag. The default is the version of an empty store.
///
/// ```
/// use airbyte_agent_gmail::auth::StoreVersion;
///
/// assert_ne!(StoreVersion::new("1"), StoreVersion::new("2"));
/// assert_ne!(StoreVersion::new("1"), StoreVersion::default());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreVersion(String);

impl StoreVersion {
    /// Creates a version from the store's own value.
    pub fn new(version: impl Into<String>) -> Self {
        Self(version.into())
    }

    /// The store's own value; empty for an empty store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The result of [`TokenStore::load`].
///
/// ```
/// use airbyte_agent_gmail::auth::{StoreVersion, StoredTokens, TokenSet};
///
/// let stored = StoredTokens::new(TokenSet::new("access-token"), StoreVersion::new("7"));
/// assert!(stored.tokens.is_some());
/// assert!(StoredTokens::default().tokens.is_none());
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct StoredTokens {
    /// The tokens saved last, if any.
    pub tokens: Option<TokenSet>,
    /// Their version.
    pub version: StoreVersion,
}

impl StoredTokens {
    /// Tokens and their version.
    pub fn new(tokens: TokenSet, version: StoreVersion) -> Self {
        Self {
            tokens: Some(tokens),
            version,
        }
    }
}

/// The result of a [`TokenStore::save`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    /// The tokens are stored, with this version.
    Done(StoreVersion),
    /// Nothing was saved: the store holds another version than the one to replace.
    Conflict,
}

/// Keeps other users of a store waiting until it is released; see [`TokenStore::lock`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// use std::sync::Arc;
/// use airbyte_agent_gmail::auth::StoreLock;
/// use tokio::sync::Mutex;
///
/// let turn = Arc::new(Mutex::new(()));
/// let lock = StoreLock::new(turn.clone().lock_owned().await);
/// assert!(turn.try_lock().is_err());
/// lock.release().await?;
/// assert!(turn.try_lock().is_ok());
/// # Ok(())
/// # }
/// ```
#[must_use = "the lock ends when it is dropped"]
pub struct StoreLock {
    _held: Option<Box<dyn Any + Send>>,
    release: Option<StoreFuture<'static>>,
}

impl StoreLock {
    /// A lock that lasts as long as this value, such as a locked file.
    pub fn new(held: impl Any + Send) -> Self {
        Self {
            _held: Some(Box::new(held)),
            release: None,
        }
    }

    /// A lease on a server, with the future that releases it.
    ///
    /// It must also expire on its own, at the earliest a minute after it was taken, because a killed process releases
    /// nothing.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    /// use airbyte_agent_gmail::auth::StoreLock;
    ///
    /// let lock = StoreLock::lease(async { Ok(()) });
    /// lock.release().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn lease(release: impl Future<Output = Result<(), StoreError>> + Send + 'static) -> Self {
        Self {
            _held: None,
            release: Some(Box::pin(release)),
        }
    }

    /// Adds a value that keeps the lock alive, such as a task that renews a lease.
    ///
    /// It is dropped before the release begins.
    ///
    /// ```
    /// use airbyte_agent_gmail::auth::StoreLock;
    ///
    /// let (renews, mut ended) = tokio::sync::oneshot::channel::<()>();
    /// let lock = StoreLock::lease(async { Ok(()) }).holding(renews);
    /// drop(lock);
    /// assert!(ended.try_recv().is_err());
    /// ```
    pub fn holding(mut self, held: impl Any + Send) -> Self {
        self._held = Some(Box::new(held));
        self
    }

    /// No lock, for a store with only one user.
    pub fn none() -> Self {
        Self {
            _held: None,
            release: None,
        }
    }

    /// Releases the lock, and waits until that is done.
    ///
    /// # Errors
    ///
    /// The store's error; a lease then expires on its own.
    pub async fn release(mut self) -> Result<(), StoreError> {
        let release = self.release.take();
        // The release waits until renewing has stopped, so drop what renews first.
        drop(self);
        match release {
            Some(release) => release.await,
            None => Ok(()),
        }
    }
}

debug!(StoreLock, self);

/// Keeps the tokens of one account for the next process: every new access token and every rotated refresh token.
///
/// Before a refresh, the connector takes the [`lock`](Self::lock) and [`load`](Self::load)s. If another process has
/// saved new tokens, it uses those and doesn't refresh. A stored refresh token is newer than the configured one, and
/// wins. A store that only implements `save` acts as a listener.
///
/// If a store fails, calls still succeed as long as a token can be obtained without it. Unsaved tokens are used anyway,
/// and saved once the store works again;
/// [`on_token_store_warning`](crate::connector::GmailConnectorBuilder::on_token_store_warning) reports the failure.
///
/// ```
/// use airbyte_agent_gmail::auth::{Saved, StoreFuture, StoreVersion, TokenSet, TokenStore};
///
/// #[derive(Debug)]
/// struct PrintExpiry;
///
/// impl TokenStore for PrintExpiry {
///     fn save<'a>(&'a self, tokens: &'a TokenSet, _replaces: &'a StoreVersion) -> StoreFuture<'a, Saved> {
///         Box::pin(async move {
///             println!("good until {:?}", tokens.expires_at);
///             Ok(Saved::Done(StoreVersion::default()))
///         })
///     }
/// }
/// ```
pub trait TokenStore: Debug + Send + Sync {
    /// Returns the tokens saved last, with their version.
    ///
    /// # Errors
    ///
    /// Any error; the refresh continues with the known tokens, and saves the new ones later.
    fn load(&self) -> StoreFuture<'_, StoredTokens> {
        Box::pin(async { Ok(StoredTokens::default()) })
    }

    /// Waits until nobody else refreshes the tokens of this store.
    ///
    /// The connector waits for 40 seconds at most, and holds the lock for 40 seconds at most.
    ///
    /// # Errors
    ///
    /// Any error; the refresh continues without the lock.
    fn lock(&self) -> StoreFuture<'_, StoreLock> {
        Box::pin(async { Ok(StoreLock::none()) })
    }

    /// Saves the tokens, if the store still holds the version that they replace (compare and swap).
    ///
    /// # Errors
    ///
    /// Any error; the new tokens are used, and saved later.
    fn save<'a>(
        &'a self,
        tokens: &'a TokenSet,
        replaces: &'a StoreVersion,
    ) -> StoreFuture<'a, Saved>;

    /// Checks that tokens can be saved, without saving any.
    ///
    /// Called once, when a stored access token is first used, so the user learns in time that the next one can't be
    /// saved.
    ///
    /// # Errors
    ///
    /// Any error; it becomes a warning.
    fn check_writable(&self) -> StoreFuture<'_> {
        Box::pin(async { Ok(()) })
    }
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
    kept: Mutex<(u64, Option<TokenSet>)>,
}

impl MemoryTokenStore {
    /// The latest tokens, if any were saved.
    pub fn tokens(&self) -> Option<TokenSet> {
        self.kept().1.clone()
    }

    fn kept(&self) -> MutexGuard<'_, (u64, Option<TokenSet>)> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The version after this many saves.
fn counted(saves: u64) -> StoreVersion {
    if saves == 0 {
        StoreVersion::default()
    } else {
        StoreVersion::new(saves.to_string())
    }
}

impl TokenStore for MemoryTokenStore {
    fn load(&self) -> StoreFuture<'_, StoredTokens> {
        Box::pin(async {
            let kept = self.kept();
            Ok(StoredTokens {
                tokens: kept.1.clone(),
                version: counted(kept.0),
            })
        })
    }

    fn save<'a>(
        &'a self,
        tokens: &'a TokenSet,
        replaces: &'a StoreVersion,
    ) -> StoreFuture<'a, Saved> {
        Box::pin(async move {
            let mut kept = self.kept();
            if counted(kept.0) != *replaces {
                return Ok(Saved::Conflict);
            }
            kept.0 += 1;
            kept.1 = Some(tokens.clone());
            Ok(Saved::Done(counted(kept.0)))
        })
    }
}

/// Serializes times as whole seconds since 1970.
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
        after.complete(&before);
        assert_eq!(after.access_token.expose(), "new");
        assert_eq!(after.scopes, ["scope"]);
        assert_eq!(after.refresh_token_expires_at, Some(SystemTime::UNIX_EPOCH));

        // Another refresh token has its own expiry, and scopes in the answer take precedence.
        let mut rotated = TokenSet::new("new");
        rotated.refresh_token = Some(Secret::from("s"));
        rotated.scopes = vec!["less".to_owned()];
        rotated.complete(&before);
        assert_eq!(rotated.refresh_token_expires_at, None);
        assert_eq!(rotated.scopes, ["less"]);
    }
}
