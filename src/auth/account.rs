//! Several signed-in accounts in one directory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};

use super::config::variable;
use super::store::{read_object, write_object};
use super::{FileTokenStore, Keyring, KeyringTokenStore, Secret, TokenSet, TokenStore};

/// Characters to keep in a file name, so people recognise the address in it.
const FILE_NAME: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'@')
    .remove(b'.')
    .remove(b'-')
    .remove(b'_')
    .remove(b'+');

/// The longest account name that still makes a valid file name with its extension.
const MAX_NAME: usize = 200;

/// The extension of an account's file.
const ENDING: &str = ".json";

/// The file for settings that belong to no single account.
const SETTINGS: &str = "settings.json";

/// The field of an account's file that names the place of its secrets.
const PLACE: &str = "store";

/// Where an account's tokens and its client's secret are kept.
///
/// ```
/// use airbyte_agent_gmail::auth::{AccountDirectory, TokenPlace};
///
/// let place = TokenPlace::default();
/// assert_eq!(place.as_str(), "file");
/// // Check that the tokens can be stored before sending the user to a consent page.
/// AccountDirectory::new("accounts").check_place(place)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenPlace {
    /// In the account's file.
    #[default]
    File,
    /// In the operating system's keyring, which needs the feature `keyring`.
    Keyring,
}

impl TokenPlace {
    /// Its name: `file` or `keyring`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Keyring => "keyring",
        }
    }
}

/// A signed-in account: its OAuth client and its tokens.
///
/// ```
/// # use airbyte_agent_gmail::auth::{Account, TokenSet};
/// use airbyte_agent_gmail::auth::AccountDirectory;
/// use airbyte_agent_gmail::{GmailAuthConfig, GmailConnector};
///
/// # let path = std::env::temp_dir().join(format!("account-{}", std::process::id()));
/// let accounts = AccountDirectory::new(&path);
/// # let mut tokens = TokenSet::new("token");
/// # tokens.refresh_token = Some("1//refresh-token".into());
/// # accounts.put(&Account::new("user@example.com", "client-id", None, tokens))?;
/// let account = accounts.get("user@example.com")?.ok_or("sign in first: airbyte-gmail auth login")?;
/// let gmail = GmailConnector::builder(GmailAuthConfig::from(&account))
///     .token_store(accounts.store(&account.name)?)
///     .build()?;
/// # std::fs::remove_dir_all(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Account {
    /// Its name, usually the mail address.
    pub name: String,
    /// The id of the OAuth client that the tokens were issued to.
    pub client_id: String,
    /// The client's secret, if it has one.
    pub client_secret: Option<Secret>,
    /// When the user last consented.
    pub signed_in_at: Option<SystemTime>,
    /// The tokens, as of the last refresh.
    pub tokens: TokenSet,
    /// Where the tokens and the client's secret are kept.
    pub place: TokenPlace,
}

impl Account {
    /// Creates an account that signs in now and keeps its tokens in a file.
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
            place: TokenPlace::File,
        }
    }
}

/// A directory with one file per account.
///
/// The file also holds the account's tokens, unless the operating system's keyring does.
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
    keyring: Option<Keyring>,
}

impl AccountDirectory {
    /// Uses this directory, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            keyring: None,
        }
    }

    /// The directory in which `airbyte-gmail auth login` keeps accounts, or `None` without a home directory.
    ///
    /// This is `AIRBYTE_GMAIL_CONFIG_DIR`, else `airbyte-gmail` under `XDG_CONFIG_HOME`, else under the system's
    /// settings folder (`~/.config`, `~/Library/Application Support` on macOS, `%APPDATA%` on Windows).
    pub fn of_user() -> Option<Self> {
        const OWN: &str = "airbyte-gmail";
        let path = |name: &str| variable(name).map(PathBuf::from);
        let system = || {
            if cfg!(windows) {
                path("APPDATA").map(|data| data.join(OWN))
            } else if cfg!(target_os = "macos") {
                path("HOME").map(|home| home.join("Library/Application Support").join(OWN))
            } else {
                path("HOME").map(|home| home.join(".config").join(OWN))
            }
        };
        path("AIRBYTE_GMAIL_CONFIG_DIR")
            .or_else(|| path("XDG_CONFIG_HOME").map(|config| config.join(OWN)))
            .or_else(system)
            .map(Self::new)
    }

    /// Uses this keyring instead of the operating system's.
    ///
    /// Needs the feature `keyring`.
    #[must_use]
    pub fn with_keyring(mut self, keyring: Keyring) -> Self {
        self.keyring = Some(keyring);
        self
    }

    /// The path of the directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names of the accounts, sorted.
    ///
    /// # Errors
    ///
    /// If the directory can't be read.
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

    /// The account with this name.
    ///
    /// # Errors
    ///
    /// If the account's file or keyring entry can't be read, or if others can read the file.
    pub fn get(&self, name: &str) -> io::Result<Option<Account>> {
        let path = self.file(name)?;
        let Some(object) = read_object(&path)? else {
            return Ok(None);
        };
        let place = place(&object);
        let kept = match place {
            TokenPlace::File => None,
            TokenPlace::Keyring => Some(self.kept(name)?),
        };
        let secrets = kept.as_ref().unwrap_or(&object);
        let text = |field: &str| object.get(field).and_then(Value::as_str);
        let tokens = secrets
            .get("tokens")
            .and_then(|tokens| serde_json::from_value(tokens.clone()).ok());
        let (Some(client_id), Some(tokens)) = (text("client_id"), tokens) else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "{}: it is not an account file; move it away and sign in again",
                    path.display()
                ),
            ));
        };
        Ok(Some(Account {
            name: name.to_owned(),
            client_id: client_id.to_owned(),
            client_secret: secrets
                .get("client_secret")
                .and_then(Value::as_str)
                .map(Secret::from),
            signed_in_at: object
                .get("signed_in_at")
                .and_then(Value::as_u64)
                .and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds))),
            tokens,
            place,
        }))
    }

    /// Adds an account, or replaces the one with the same name.
    ///
    /// The first account becomes the default.
    ///
    /// # Errors
    ///
    /// If the file or the keyring can't be written.
    pub fn put(&self, account: &Account) -> io::Result<()> {
        let path = self.file(&account.name)?;
        let mut secrets = Map::new();
        if let Some(secret) = &account.client_secret {
            secrets.insert("client_secret".to_owned(), secret.expose().into());
        }
        secrets.insert("tokens".to_owned(), serde_json::to_value(&account.tokens)?);
        let mut object = Map::new();
        object.insert("client_id".to_owned(), account.client_id.clone().into());
        if let Some(since) = account
            .signed_in_at
            .and_then(|at| at.duration_since(UNIX_EPOCH).ok())
        {
            object.insert("signed_in_at".to_owned(), since.as_secs().into());
        }
        match account.place {
            TokenPlace::File => {
                let before = read_object(&path).ok().flatten().unwrap_or_default();
                object.extend(secrets);
                write_object(&path, &object)?;
                if place(&before) == TokenPlace::Keyring {
                    // The new tokens are saved; nothing uses a leftover keyring entry.
                    let _ = self.remove_kept(&account.name);
                }
            }
            TokenPlace::Keyring => {
                self.keep(&account.name, &secrets)?;
                object.insert(PLACE.to_owned(), account.place.as_str().into());
                write_object(&path, &object)?;
            }
        }
        if self.setting("default_account")?.is_none() {
            self.set_default(&account.name)?;
        }
        Ok(())
    }

    /// Removes an account, and returns whether it existed.
    ///
    /// If it was the default, another account becomes the default.
    ///
    /// # Errors
    ///
    /// If the file can't be removed. If only the keyring entry can't be, the account is gone anyway.
    pub fn remove(&self, name: &str) -> io::Result<bool> {
        let path = self.file(name)?;
        let in_keyring = matches!(
            read_object(&path),
            Ok(Some(object)) if place(&object) == TokenPlace::Keyring
        );
        let cleared = if in_keyring {
            self.remove_kept(name)
        } else {
            Ok(())
        };
        let removed = match fs::remove_file(&path) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(error),
        };
        if self.setting("default_account")?.as_deref() == Some(name) {
            self.set_setting("default_account", self.names()?.first().map(String::as_str))?;
        }
        cleared.map(|()| removed)
    }

    /// The name of the default account.
    ///
    /// # Errors
    ///
    /// If the settings can't be read.
    pub fn default_name(&self) -> io::Result<Option<String>> {
        self.setting("default_account")
    }

    /// Makes an account the default.
    ///
    /// # Errors
    ///
    /// If the settings can't be written.
    pub fn set_default(&self, name: &str) -> io::Result<()> {
        self.set_setting("default_account", Some(name))
    }

    /// Where an account's tokens are kept; [`TokenPlace::File`] for an unknown account.
    ///
    /// # Errors
    ///
    /// If the account's file can't be read.
    pub fn place(&self, name: &str) -> io::Result<TokenPlace> {
        Ok(read_object(&self.file(name)?)?
            .as_ref()
            .map_or(TokenPlace::File, place))
    }

    /// Checks that tokens can be stored in a place; call it before sending a user to a consent page.
    ///
    /// # Errors
    ///
    /// If they can't; the text says why, and what to do.
    pub fn check_place(&self, place: TokenPlace) -> io::Result<()> {
        match place {
            TokenPlace::File => Ok(()),
            TokenPlace::Keyring => self.check_keyring(),
        }
    }

    /// The token store of an account: its file, or the keyring with a lock file.
    ///
    /// # Errors
    ///
    /// If the name is invalid, or the keyring with the tokens is missing.
    pub fn store(&self, name: &str) -> io::Result<Arc<dyn TokenStore>> {
        match self.place(name)? {
            TokenPlace::File => Ok(Arc::new(FileTokenStore::of_account(self.file(name)?))),
            TokenPlace::Keyring => self.keyring_store(name),
        }
    }

    /// The path of an account's file.
    ///
    /// # Errors
    ///
    /// If the name is invalid.
    pub fn file(&self, name: &str) -> io::Result<PathBuf> {
        let encoded = utf8_percent_encode(name, FILE_NAME).to_string();
        if name.is_empty() || name.starts_with('.') || encoded.len() > MAX_NAME {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "an account name must be a mail address or a short word",
            ));
        }
        Ok(self.accounts().join(format!("{encoded}{ENDING}")))
    }

    /// A setting stored next to the accounts.
    ///
    /// ```
    /// use airbyte_agent_gmail::auth::AccountDirectory;
    ///
    /// # let path = std::env::temp_dir().join(format!("settings-{}", std::process::id()));
    /// let accounts = AccountDirectory::new(&path);
    /// accounts.set_setting("signature", Some("on"))?;
    /// assert_eq!(accounts.setting("signature")?.as_deref(), Some("on"));
    /// accounts.set_setting("signature", None)?;
    /// assert_eq!(accounts.setting("signature")?, None);
    /// # std::fs::remove_dir_all(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the settings can't be read.
    pub fn setting(&self, name: &str) -> io::Result<Option<String>> {
        Ok(read_object(&self.path.join(SETTINGS))?
            .unwrap_or_default()
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned))
    }

    /// Changes or removes a setting.
    ///
    /// # Errors
    ///
    /// If the settings can't be written.
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

    fn entry(&self, name: &str) -> io::Result<KeyringTokenStore> {
        let keyring = match &self.keyring {
            Some(keyring) => keyring.clone(),
            None => Keyring::system()?,
        };
        Ok(keyring.store(name)?.with_lock_file(self.file(name)?))
    }

    fn check_keyring(&self) -> io::Result<()> {
        // A reachable keyring may still be locked, with nobody there to unlock it, so read an entry.
        self.entry("nobody")?.read().map(|_| ())
    }

    fn keyring_store(&self, name: &str) -> io::Result<Arc<dyn TokenStore>> {
        Ok(Arc::new(self.entry(name)?))
    }

    fn kept(&self, name: &str) -> io::Result<Map<String, Value>> {
        self.entry(name)?.read()?.ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::NotFound,
                format!("the system's keyring no longer has the tokens of {name}; sign in again"),
            )
        })
    }

    fn keep(&self, name: &str, secrets: &Map<String, Value>) -> io::Result<()> {
        self.entry(name)?.write(secrets)
    }

    fn remove_kept(&self, name: &str) -> io::Result<()> {
        self.entry(name)?.remove()
    }
}

/// The place of the secrets, according to an account's file.
fn place(object: &Map<String, Value>) -> TokenPlace {
    match object.get(PLACE).and_then(Value::as_str) {
        Some("keyring") => TokenPlace::Keyring,
        _ => TokenPlace::File,
    }
}
