//! Tokens in the operating system's keyring.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use keyring_core::{CredentialStore, Entry};
use serde_json::{Map, Value};

use super::file::{self, FileTokenStore};
use super::{Saved, StoreFuture, StoreLock, StoreVersion, StoredTokens, TokenSet, TokenStore};

/// The name under which keyrings list this crate's entries.
const SERVICE: &str = "airbyte-gmail";

/// The operating system's keyring.
///
/// This is the Keychain on macOS, the Credential Manager on Windows, and elsewhere any program with the Secret Service
/// protocol, such as GNOME Keyring, KWallet or KeePassXC.
///
/// Needs the feature `keyring`.
///
/// Servers usually have no keyring. There, opening fails, and nothing is written elsewhere; use [`FileTokenStore`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// use airbyte_agent_gmail::auth::{Keyring, StoreVersion, TokenSet, TokenStore};
///
/// # let keyring = || Keyring::in_memory();
/// # #[cfg(any())]
/// let keyring = || Keyring::system();
/// let store = keyring()?.store("user@example.com")?;
/// store.save(&TokenSet::new("token"), &StoreVersion::default()).await?;
/// assert!(store.load().await?.tokens.is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Keyring {
    store: Arc<CredentialStore>,
}

impl Keyring {
    /// The keyring of the user who runs this program.
    ///
    /// # Errors
    ///
    /// If there is no keyring, or it can't be reached.
    pub fn system() -> io::Result<Self> {
        native().map(|store| Self { store }).map_err(failed)
    }

    /// A keyring for tests; it ends with its last clone.
    ///
    /// # Errors
    ///
    /// Never in practice.
    pub fn in_memory() -> io::Result<Self> {
        let store = keyring_core::mock::Store::new().map_err(failed)?;
        Ok(Self { store })
    }

    /// The store of an account's tokens in this keyring.
    ///
    /// # Errors
    ///
    /// If the keyring doesn't accept the name.
    pub fn store(&self, account: &str) -> io::Result<KeyringTokenStore> {
        let entry = self.store.build(SERVICE, account, None).map_err(failed)?;
        Ok(KeyringTokenStore {
            entry: Arc::new(entry),
            account: account.to_owned(),
            lock: None,
        })
    }
}

debug!(Keyring, self);

/// Keeps the tokens of one account in the system's keyring; see [`Keyring::store`].
///
/// Needs the feature `keyring`.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// use airbyte_agent_gmail::auth::{Keyring, TokenStore};
///
/// # let directory = std::env::temp_dir().join(format!("lock-{}", std::process::id()));
/// # let keyring = || Keyring::in_memory();
/// # #[cfg(any())]
/// let keyring = || Keyring::system();
/// let store = keyring()?.store("user@example.com")?.with_lock_file(directory.join("user"));
/// let lock = store.lock().await?;
/// assert!(directory.join("user.lock").exists());
/// # drop(lock);
/// # std::fs::remove_dir_all(&directory)?;
/// # Ok(())
/// # }
/// ```
///
/// A keyring has no lock: give processes that share an account a lock file ([`with_lock_file`](Self::with_lock_file)),
/// or each of them refreshes on its own.
#[derive(Clone)]
pub struct KeyringTokenStore {
    entry: Arc<Entry>,
    account: String,
    lock: Option<FileTokenStore>,
}

impl KeyringTokenStore {
    /// Makes processes take turns, with a lock on `<path>.lock`. Nothing is written to that file.
    #[must_use]
    pub fn with_lock_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.lock = Some(FileTokenStore::new(path));
        self
    }

    /// Everything kept for the account; `None` if there is nothing.
    pub(in crate::auth) fn read(&self) -> io::Result<Option<Map<String, Value>>> {
        let text = match self.entry.get_secret() {
            Ok(text) => text,
            Err(keyring_core::Error::NoEntry) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        // The parser's message could quote a token.
        serde_json::from_slice(&text)
            .map(Some)
            .map_err(|_| self.unreadable())
    }

    pub(in crate::auth) fn write(&self, object: &Map<String, Value>) -> io::Result<()> {
        self.entry
            .set_secret(&serde_json::to_vec(object)?)
            .map_err(failed)
    }

    pub(in crate::auth) fn remove(&self) -> io::Result<()> {
        match self.entry.delete_credential() {
            Ok(()) | Err(keyring_core::Error::NoEntry) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    fn read_tokens(&self) -> io::Result<StoredTokens> {
        let object = self.read()?.unwrap_or_default();
        file::stored(object).map_err(|_| self.unreadable())
    }

    fn write_tokens(&self, tokens: &TokenSet, replaces: &StoreVersion) -> io::Result<Saved> {
        let mut object = self.read()?.unwrap_or_default();
        let saved = file::replace(&mut object, tokens, replaces)?;
        if saved != Saved::Conflict {
            self.write(&object)?;
        }
        Ok(saved)
    }

    fn unreadable(&self) -> io::Error {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!(
                "the entry {SERVICE} of {} in the system's keyring is not a token store; remove it and sign in again",
                self.account
            ),
        )
    }

    /// Runs off the async threads, since a keyring may wait for a person to unlock it.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let store = self.clone();
        tokio::task::spawn_blocking(move || work(&store))
            .await
            .map_err(io::Error::other)?
    }
}

impl TokenStore for KeyringTokenStore {
    fn load(&self) -> StoreFuture<'_, StoredTokens> {
        Box::pin(async move { Ok(self.blocking(Self::read_tokens).await?) })
    }

    fn save<'a>(
        &'a self,
        tokens: &'a TokenSet,
        replaces: &'a StoreVersion,
    ) -> StoreFuture<'a, Saved> {
        let (tokens, replaces) = (tokens.clone(), replaces.clone());
        Box::pin(async move {
            Ok(self
                .blocking(move |store| store.write_tokens(&tokens, &replaces))
                .await?)
        })
    }

    fn lock(&self) -> StoreFuture<'_, StoreLock> {
        match &self.lock {
            Some(file) => file.lock(),
            None => Box::pin(async { Ok(StoreLock::none()) }),
        }
    }
}

debug!(KeyringTokenStore, self => account: self.account);

#[cfg(target_os = "macos")]
fn native() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(windows)]
fn native() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(all(unix, not(any(target_vendor = "apple", target_os = "android"))))]
fn native() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(not(any(
    windows,
    target_os = "macos",
    all(unix, not(any(target_vendor = "apple", target_os = "android")))
)))]
fn native() -> keyring_core::Result<Arc<CredentialStore>> {
    Err(keyring_core::Error::NotSupportedByStore(
        "this system has no supported keyring".to_owned(),
    ))
}

/// Converts a keyring error to text: as a value, it can hold what was read.
fn failed(error: keyring_core::Error) -> io::Error {
    io::Error::other(format!(
        "the system's keyring can't be used ({error}); unlock it, or keep the tokens in a file (`--store file`, FileTokenStore)"
    ))
}
