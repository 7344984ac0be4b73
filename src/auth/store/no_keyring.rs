//! Stands in for the operating system's keyring in builds without the feature `keyring`: opening it fails.

use std::convert::Infallible;
use std::io;
use std::path::PathBuf;

use serde_json::{Map, Value};

use super::{Saved, StoreFuture, StoreVersion, TokenSet, TokenStore};

/// The operating system's keyring.
///
/// Needs the feature `keyring`; without it, opening fails.
#[derive(Clone, Debug)]
pub struct Keyring(Infallible);

impl Keyring {
    /// The keyring of the user who runs this program.
    ///
    /// # Errors
    ///
    /// Always: this needs the feature `keyring`.
    pub fn system() -> io::Result<Self> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "this program was built without the feature `keyring`; build it with `keyring`, or keep the tokens in a file (`--store file`)",
        ))
    }

    /// A keyring for tests; it ends with its last clone.
    ///
    /// # Errors
    ///
    /// Always: this needs the feature `keyring`.
    pub fn in_memory() -> io::Result<Self> {
        Self::system()
    }

    /// The store of an account's tokens in this keyring.
    ///
    /// # Errors
    ///
    /// Never: there is no keyring to ask.
    pub fn store(&self, account: &str) -> io::Result<KeyringTokenStore> {
        let _ = account;
        match self.0 {}
    }
}

/// Keeps the tokens of one account in the system's keyring; see [`Keyring::store`].
///
/// Needs the feature `keyring`; without it, opening a keyring fails.
#[derive(Clone, Debug)]
pub struct KeyringTokenStore(Infallible);

impl KeyringTokenStore {
    /// Makes processes take turns, with a lock on `<path>.lock`.
    #[must_use]
    pub fn with_lock_file(self, path: impl Into<PathBuf>) -> Self {
        let _ = path;
        self
    }

    pub(in crate::auth) fn read(&self) -> io::Result<Option<Map<String, Value>>> {
        match self.0 {}
    }

    pub(in crate::auth) fn write(&self, _: &Map<String, Value>) -> io::Result<()> {
        match self.0 {}
    }

    pub(in crate::auth) fn remove(&self) -> io::Result<()> {
        match self.0 {}
    }
}

impl TokenStore for KeyringTokenStore {
    fn save<'a>(&'a self, _: &'a TokenSet, _: &'a StoreVersion) -> StoreFuture<'a, Saved> {
        match self.0 {}
    }
}
