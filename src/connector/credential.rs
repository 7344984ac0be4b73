//! Where credentials come from if the program doesn't supply them: the environment, a signed-in account, or one of
//! Google's credential files.

use std::io;

use super::{GmailConnector, GmailConnectorBuilder};
use crate::auth::{
    AccountDirectory, AirbyteAuthConfig, CredentialFile, GmailAuthConfig, Secret,
    application_default, check_variables, variable,
};
use crate::error::{Error, Kind};
use crate::operation::Mode;

impl GmailConnector {
    /// Connects with the credentials it finds.
    ///
    /// It looks in the environment, as [`from_env`](Self::from_env) does, then for the default account of
    /// `airbyte-gmail auth login`. That account takes precedence over `GOOGLE_APPLICATION_CREDENTIALS`, unless
    /// `GMAIL_SUBJECT` names a mailbox too.
    ///
    /// ```standalone_crate
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use airbyte_agent_gmail::{Mode, sandbox::Sandbox};
    /// # let sandbox = Sandbox::start().await?;
    /// # for (name, value) in sandbox.variables(Mode::OpenSource) {
    /// #     unsafe { std::env::set_var(name, value) };
    /// # }
    /// use airbyte_agent_gmail::GmailConnector;
    ///
    /// let gmail = GmailConnector::connect()?;
    /// println!("{}", gmail.get_profile().await?.email_address);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`is_configuration`](Error::is_configuration): there are no credentials, or the environment has some for both
    /// modes. [`is_token_store_failed`](Error::is_token_store_failed): the account can't be read.
    pub fn connect() -> Result<Self, Error> {
        GmailConnectorBuilder::at_hand()?.build()
    }

    /// Connects an account of `airbyte-gmail auth login`, by its name (usually the mail address).
    ///
    /// New tokens are saved with the account.
    ///
    /// ```standalone_crate
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use airbyte_agent_gmail::{Mode, auth::{Account, AccountDirectory, TokenSet}, sandbox::Sandbox};
    /// # let sandbox = Sandbox::start().await?;
    /// # for (name, value) in sandbox.variables(Mode::OpenSource) {
    /// #     unsafe { std::env::set_var(name, value) };
    /// # }
    /// # let path = std::env::temp_dir().join(format!("from-account-{}", std::process::id()));
    /// # unsafe { std::env::set_var("AIRBYTE_GMAIL_CONFIG_DIR", &path) };
    /// # let google = sandbox.google();
    /// # let mut tokens = TokenSet::new("expired");
    /// # tokens.refresh_token = Some(google.refresh_token.as_str().into());
    /// # let secret = Some(google.client_secret.as_str().into());
    /// # AccountDirectory::new(&path).put(&Account::new("user@example.com", &google.client_id, secret, tokens))?;
    /// use airbyte_agent_gmail::GmailConnector;
    ///
    /// let gmail = GmailConnector::from_account("user@example.com")?;
    /// println!("{}", gmail.get_profile().await?.email_address);
    /// # std::fs::remove_dir_all(&path)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The variables `GMAIL_API_URL` and `GOOGLE_TOKEN_URL` override the URLs.
    ///
    /// # Errors
    ///
    /// [`is_configuration`](Error::is_configuration): no such account is signed in.
    /// [`is_token_store_failed`](Error::is_token_store_failed): the account can't be read.
    pub fn from_account(name: &str) -> Result<Self, Error> {
        GmailConnectorBuilder::from_account(name)?.build()
    }
}

impl GmailConnectorBuilder {
    /// Takes the settings from the environment; see [`GmailConnector::from_env`].
    ///
    /// # Errors
    ///
    /// As for [`GmailConnector::from_env`].
    pub fn from_env(mode: Option<Mode>) -> Result<Self, Error> {
        let found = match Self::environment(mode)? {
            None => Self::application_default()?,
            found => found,
        };
        found.ok_or_else(|| {
            Error::configuration("no credentials: set GMAIL_REFRESH_TOKEN with GMAIL_CLIENT_ID and GMAIL_CLIENT_SECRET, or GOOGLE_APPLICATION_CREDENTIALS with GMAIL_SUBJECT for a service account, or AIRBYTE_CLIENT_ID and AIRBYTE_CLIENT_SECRET with AIRBYTE_CUSTOMER_NAME",
            )
        })
    }

    /// Takes the settings of a signed-in account; see [`GmailConnector::from_account`].
    ///
    /// # Errors
    ///
    /// As for [`GmailConnector::from_account`].
    pub fn from_account(name: &str) -> Result<Self, Error> {
        check_variables()?;
        let directory = AccountDirectory::of_user().ok_or_else(homeless)?;
        Self::stored(&directory, name)?.ok_or_else(|| {
            Error::configuration("no account of that name is signed in; `airbyte-gmail auth list` shows which are, and `airbyte-gmail auth login` adds one",
            )
        })
    }

    fn at_hand() -> Result<Self, Error> {
        if let Some(builder) = Self::environment(None)? {
            return Ok(builder);
        }
        let subject = variable("GMAIL_SUBJECT");
        if subject.is_some()
            && CredentialFile::named_path().is_some()
            && let Some(builder) = Self::application_default()?
        {
            return Ok(builder);
        }
        let directory = AccountDirectory::of_user();
        let name = match &directory {
            Some(directory) => directory.default_name().map_err(unreadable)?,
            None => None,
        };
        let found = match (directory, name) {
            (Some(_), Some(name))
                if subject.is_some_and(|subject| !subject.eq_ignore_ascii_case(&name)) =>
            {
                return Err(Error::configuration(
                    "GMAIL_SUBJECT names another mailbox than that of the signed-in account; name a service account's file with GOOGLE_APPLICATION_CREDENTIALS, or unset it",
                ));
            }
            (Some(directory), Some(name)) => Self::stored(&directory, &name)?,
            _ => Self::application_default()?,
        };
        found.ok_or_else(|| {
            Error::configuration("no credentials: run `airbyte-gmail auth login`, or set GMAIL_REFRESH_TOKEN with GMAIL_CLIENT_ID and GMAIL_CLIENT_SECRET, or GOOGLE_APPLICATION_CREDENTIALS with GMAIL_SUBJECT for a service account, or AIRBYTE_CLIENT_ID and AIRBYTE_CLIENT_SECRET with AIRBYTE_CUSTOMER_NAME",
            )
        })
    }

    /// The settings from Google's credential file or this machine, if any.
    fn application_default() -> Result<Option<Self>, Error> {
        Ok(application_default()?.map(|auth| Self::new(auth).addressed()))
    }

    /// The settings from the environment, if it contains credentials.
    fn environment(mode: Option<Mode>) -> Result<Option<Self>, Error> {
        check_variables()?;
        let gmail = GmailAuthConfig {
            access_token: variable("GMAIL_ACCESS_TOKEN").map(Secret::from),
            refresh_token: variable("GMAIL_REFRESH_TOKEN").map(Secret::from),
            client_id: variable("GMAIL_CLIENT_ID"),
            client_secret: variable("GMAIL_CLIENT_SECRET").map(Secret::from),
        };
        let airbyte = AirbyteAuthConfig::from_env();
        let has_gmail = gmail.access_token.is_some() || gmail.refresh_token.is_some();
        let has_airbyte = airbyte.airbyte_client_id.is_some() || airbyte.bearer_token.is_some();
        let mode = match (mode, has_gmail, has_airbyte) {
            (Some(mode), _, _) => mode,
            (None, true, false) => Mode::OpenSource,
            (None, false, true) => Mode::Hosted,
            (None, false, false) => return Ok(None),
            (None, true, true) => {
                return Err(Error::configuration(
                    "the environment has credentials for both modes; say which one (open-source or hosted) is meant",
                ));
            }
        };
        let builder = match mode {
            Mode::Hosted => Self::new(airbyte.into()),
            Mode::OpenSource if !has_gmail => return Ok(None),
            Mode::OpenSource if variable("GMAIL_SUBJECT").is_some() => {
                return Err(Error::configuration(
                    "GMAIL_SUBJECT names a mailbox for a service account, and the token of GMAIL_REFRESH_TOKEN or GMAIL_ACCESS_TOKEN belongs to one user; unset one of them",
                ));
            }
            Mode::OpenSource => Self::new(gmail.into()),
        };
        Ok(Some(builder.addressed()))
    }

    /// The settings of an account in a directory, if it exists.
    fn stored(directory: &AccountDirectory, name: &str) -> Result<Option<Self>, Error> {
        let Some(account) = directory.get(name).map_err(unreadable)? else {
            return Ok(None);
        };
        let builder = Self::new(GmailAuthConfig::from(&account).into()).addressed();
        // With a shared store, don't use the account's own; its file still has the secret that the key is derived from.
        if builder.shared_store.is_some() {
            return Ok(Some(builder));
        }
        let store = directory.store(name).map_err(unreadable)?;
        Ok(Some(builder.token_store(store)))
    }

    /// Applies the URLs in the environment.
    fn addressed(mut self) -> Self {
        let base_url = match self.mode() {
            Mode::OpenSource => variable("GMAIL_API_URL"),
            Mode::Hosted => variable("AIRBYTE_API_URL"),
        };
        if let Some(url) = base_url {
            self = self.base_url(url);
        }
        if let Some(url) = variable("GOOGLE_TOKEN_URL") {
            self = self.token_url(url);
        }
        // `file` and `keyring` are places for signed-in accounts.
        self.shared_store = variable("AIRBYTE_GMAIL_STORE")
            .filter(|place| !["file", "keyring"].contains(&place.as_str()));
        self.store_key = variable("AIRBYTE_GMAIL_STORE_KEY").map(Secret::from);
        self
    }
}

fn homeless() -> Error {
    Error::configuration(
        "there is no home directory with accounts; set AIRBYTE_GMAIL_CONFIG_DIR, or give credentials",
    )
}

fn unreadable(error: io::Error) -> Error {
    Error::new(
        Kind::TokenStore,
        "the signed-in account can't be read; see the cause, or sign in again: `airbyte-gmail auth login`",
    )
    .caused_by(error)
}
