//! Several signed-in accounts in one directory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};

use super::store::{read_object, write_object};
use super::{FileTokenStore, Secret, TokenSet};

/// What stays as it is in a file's name: an address is still to be recognised.
const FILE_NAME: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'@')
    .remove(b'.')
    .remove(b'-')
    .remove(b'_')
    .remove(b'+');

/// The longest name of an account; with its ending it fits into a file's name.
const MAX_NAME: usize = 200;

/// The end of an account file's name.
const ENDING: &str = ".json";

/// The file beside the accounts with what is not about one of them.
const SETTINGS: &str = "settings.json";

/// An account that has been signed in: its OAuth client and its tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// Its name, usually the mail address.
    pub name: String,
    /// The id of the OAuth client that the tokens were given to.
    pub client_id: String,
    /// That client's secret, where it has one.
    pub client_secret: Option<Secret>,
    /// When the user last consented.
    pub signed_in_at: Option<SystemTime>,
    /// The tokens, as of the last refresh.
    pub tokens: TokenSet,
}

impl Account {
    /// An account that signs in now.
    pub fn new(
        name: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: Option<Secret>,
        tokens: TokenSet,
    ) -> Self {
        Self {
            name: name.into(),
            client_id: client_id.into(),
            client_secret,
            signed_in_at: Some(SystemTime::now()),
            tokens,
        }
    }
}

/// A directory with a file for each account, each of which is its [`FileTokenStore`].
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use airbyte_agent_gmail::auth::{Account, AccountDirectory, TokenSet};
///
/// let path = std::env::temp_dir().join(format!("accounts-{}", std::process::id()));
/// let accounts = AccountDirectory::new(&path);
/// accounts.put(&Account::new("user@example.com", "client-id", None, TokenSet::new("token")))?;
/// assert_eq!(accounts.default_name()?.as_deref(), Some("user@example.com"));
/// # std::fs::remove_dir_all(&path)
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AccountDirectory {
    path: PathBuf,
}

impl AccountDirectory {
    /// The accounts in a directory, which need not be there yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where the directory is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names of the accounts, in order.
    ///
    /// # Errors
    ///
    /// When the directory can't be read.
    pub fn names(&self) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(self.accounts()) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            let Some(name) = name.to_str().and_then(|name| name.strip_suffix(ENDING)) else {
                continue;
            };
            if let Ok(name) = percent_decode_str(name).decode_utf8() {
                names.push(name.into_owned());
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// The account of a name.
    ///
    /// # Errors
    ///
    /// When its file can't be read, or others can read it.
    pub fn get(&self, name: &str) -> io::Result<Option<Account>> {
        let path = self.file(name)?;
        let Some(object) = read_object(&path)? else {
            return Ok(None);
        };
        let text = |field: &str| object.get(field).and_then(Value::as_str);
        let tokens = object
            .get("tokens")
            .and_then(|tokens| serde_json::from_value(tokens.clone()).ok());
        let (Some(client_id), Some(tokens)) = (text("client_id"), tokens) else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "{}: it is not an account's file; move it away and sign in again",
                    path.display()
                ),
            ));
        };
        Ok(Some(Account {
            name: name.to_owned(),
            client_id: client_id.to_owned(),
            client_secret: text("client_secret").map(Secret::from),
            signed_in_at: object
                .get("signed_in_at")
                .and_then(Value::as_u64)
                .and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds))),
            tokens,
        }))
    }

    /// Adds an account, or puts it in the place of the one of that name. The first one becomes the default.
    ///
    /// # Errors
    ///
    /// When the file can't be written.
    pub fn put(&self, account: &Account) -> io::Result<()> {
        let mut object = Map::new();
        object.insert("client_id".to_owned(), account.client_id.clone().into());
        if let Some(secret) = &account.client_secret {
            object.insert("client_secret".to_owned(), secret.expose().into());
        }
        if let Some(since) = account
            .signed_in_at
            .and_then(|at| at.duration_since(UNIX_EPOCH).ok())
        {
            object.insert("signed_in_at".to_owned(), since.as_secs().into());
        }
        object.insert("tokens".to_owned(), serde_json::to_value(&account.tokens)?);
        write_object(&self.file(&account.name)?, &object)?;
        if self.setting("default_account")?.is_none() {
            self.set_default(&account.name)?;
        }
        Ok(())
    }

    /// Forgets an account; another one becomes the default where it was that. Whether there was one.
    ///
    /// # Errors
    ///
    /// When the file can't be removed.
    pub fn remove(&self, name: &str) -> io::Result<bool> {
        let removed = match fs::remove_file(self.file(name)?) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(error),
        };
        if self.setting("default_account")?.as_deref() == Some(name) {
            self.set_setting("default_account", self.names()?.first().map(String::as_str))?;
        }
        Ok(removed)
    }

    /// The name of the default account.
    ///
    /// # Errors
    ///
    /// When the settings can't be read.
    pub fn default_name(&self) -> io::Result<Option<String>> {
        self.setting("default_account")
    }

    /// Makes an account the default.
    ///
    /// # Errors
    ///
    /// When the settings can't be written.
    pub fn set_default(&self, name: &str) -> io::Result<()> {
        self.set_setting("default_account", Some(name))
    }

    /// The file of an account, as a store of its tokens.
    ///
    /// # Errors
    ///
    /// When the name is none that an account can have.
    pub fn store(&self, name: &str) -> io::Result<FileTokenStore> {
        Ok(FileTokenStore::new(self.file(name)?))
    }

    /// A setting that is kept beside the accounts.
    ///
    /// # Errors
    ///
    /// When the settings can't be read.
    pub fn setting(&self, name: &str) -> io::Result<Option<String>> {
        Ok(read_object(&self.path.join(SETTINGS))?
            .unwrap_or_default()
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned))
    }

    /// Changes a setting, or forgets it.
    ///
    /// # Errors
    ///
    /// When the settings can't be written.
    pub fn set_setting(&self, name: &str, value: Option<&str>) -> io::Result<()> {
        let path = self.path.join(SETTINGS);
        let mut settings = read_object(&path)?.unwrap_or_default();
        match value {
            Some(value) => settings.insert(name.to_owned(), value.into()),
            None => settings.remove(name),
        };
        write_object(&path, &settings)
    }

    fn accounts(&self) -> PathBuf {
        self.path.join("accounts")
    }

    fn file(&self, name: &str) -> io::Result<PathBuf> {
        let encoded = utf8_percent_encode(name, FILE_NAME).to_string();
        if name.is_empty() || name.starts_with('.') || encoded.len() > MAX_NAME {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "an account's name is a mail address or a short word",
            ));
        }
        Ok(self.accounts().join(format!("{encoded}{ENDING}")))
    }
}
