//! Credentials, under the names that Airbyte's connector uses.

use std::sync::Arc;

use super::secret::{check_credential, trimmed};
use super::{Account, Secret, ServiceAccountAuthConfig, TokenSource};
use crate::error::Error;

/// Credentials for one of the two modes, or a source of them.
///
/// ```
/// use airbyte_agent_gmail::{AirbyteAuthConfig, AuthConfig, GmailAuthConfig, GmailConnector};
///
/// let auth: AuthConfig = match std::env::var("REFRESH_TOKEN") {
///     Ok(token) => GmailAuthConfig::new(token).with_client("client-id", "client-secret").into(),
///     Err(_) => AirbyteAuthConfig::new("client-id", "client-secret").with_connector_id("connector-id").into(),
/// };
/// let gmail = GmailConnector::new(auth)?;
/// # Ok::<(), airbyte_agent_gmail::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AuthConfig {
    /// Google's credentials, for open-source mode.
    Gmail(GmailAuthConfig),
    /// Airbyte's credentials, for hosted mode.
    Airbyte(AirbyteAuthConfig),
    /// A Google service account, for one mailbox.
    ServiceAccount(ServiceAccountAuthConfig),
    /// Gmail access tokens from your own source, in open-source mode.
    Source(Arc<dyn TokenSource>),
}

impl AuthConfig {
    /// Takes access tokens from your own source; see [`TokenSource`].
    pub fn from_source(source: impl TokenSource + 'static) -> Self {
        Self::Source(Arc::new(source))
    }
}

impl From<GmailAuthConfig> for AuthConfig {
    fn from(auth: GmailAuthConfig) -> Self {
        Self::Gmail(auth)
    }
}

impl From<AirbyteAuthConfig> for AuthConfig {
    fn from(auth: AirbyteAuthConfig) -> Self {
        Self::Airbyte(auth)
    }
}

impl From<ServiceAccountAuthConfig> for AuthConfig {
    fn from(auth: ServiceAccountAuthConfig) -> Self {
        Self::ServiceAccount(auth)
    }
}

/// Google credentials for open-source mode.
///
/// ```
/// use airbyte_agent_gmail::GmailAuthConfig;
///
/// let auth = GmailAuthConfig::new("1//refresh-token").with_client("client-id", "client-secret");
/// assert!(!format!("{auth:?}").contains("refresh-token"));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GmailAuthConfig {
    /// An access token that may still be valid; used until it expires.
    pub access_token: Option<Secret>,
    /// The refresh token.
    pub refresh_token: Option<Secret>,
    /// The OAuth client's id; needed to refresh.
    pub client_id: Option<String>,
    /// The OAuth client's secret; some types of client have none.
    pub client_secret: Option<Secret>,
}

impl GmailAuthConfig {
    /// Credentials with a refresh token.
    pub fn new(refresh_token: impl Into<Secret>) -> Self {
        Self {
            access_token: None,
            refresh_token: Some(refresh_token.into()),
            client_id: None,
            client_secret: None,
        }
    }

    /// Credentials with only an access token, which lasts an hour at most.
    pub fn from_access_token(access_token: impl Into<Secret>) -> Self {
        Self {
            access_token: Some(access_token.into()),
            refresh_token: None,
            client_id: None,
            client_secret: None,
        }
    }

    /// Adds an access token that may still be valid.
    #[must_use]
    pub fn with_access_token(mut self, access_token: impl Into<Secret>) -> Self {
        self.access_token = Some(access_token.into());
        self
    }

    /// Adds the OAuth client.
    #[must_use]
    pub fn with_client(
        mut self,
        client_id: impl Into<String>,
        client_secret: impl Into<Secret>,
    ) -> Self {
        self.client_id = Some(client_id.into());
        self.client_secret = Some(client_secret.into());
        self
    }

    /// Adds the id of an OAuth client that has no secret.
    #[must_use]
    pub fn with_client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = Some(client_id.into());
        self
    }
}

impl GmailAuthConfig {
    /// Trims the credentials; empty ones count as missing.
    pub(crate) fn checked(self) -> Result<Self, Error> {
        let checked = Self {
            access_token: given_secret(self.access_token),
            refresh_token: given_secret(self.refresh_token),
            client_id: trimmed_text(self.client_id),
            client_secret: given_secret(self.client_secret),
        };
        check_secrets(&[
            ("access token", &checked.access_token),
            ("refresh token", &checked.refresh_token),
            ("client secret", &checked.client_secret),
        ])?;
        check_credential("client id", checked.client_id.as_deref())?;
        Ok(checked)
    }
}

/// The credentials of a signed-in account.
///
/// Give the connector the account's [`store`](crate::auth::AccountDirectory::store) too: it has the access token and
/// its expiry.
impl From<&Account> for GmailAuthConfig {
    fn from(account: &Account) -> Self {
        Self {
            access_token: None,
            refresh_token: account.tokens.refresh_token.clone(),
            client_id: Some(account.client_id.clone()),
            client_secret: account.client_secret.clone(),
        }
    }
}

/// Airbyte credentials for hosted mode, and the connector to use.
///
/// ```
/// use airbyte_agent_gmail::AirbyteAuthConfig;
///
/// let auth = AirbyteAuthConfig::new("client-id", "client-secret").with_customer_name("customer");
/// assert!(!format!("{auth:?}").contains("client-secret"));
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct AirbyteAuthConfig {
    /// The customer's name; the connector's documentation calls it this.
    pub customer_name: Option<String>,
    /// The same name; Airbyte's API now calls it this.
    pub workspace_name: Option<String>,
    /// The organization, if the client belongs to several.
    pub organization_id: Option<String>,
    /// The Airbyte application's client id.
    pub airbyte_client_id: Option<String>,
    /// The Airbyte application's client secret.
    pub airbyte_client_secret: Option<Secret>,
    /// A bearer token, instead of the client id and secret.
    pub bearer_token: Option<Secret>,
    /// The connector's id; without it, the connector is looked up by name.
    pub connector_id: Option<String>,
}

impl AirbyteAuthConfig {
    /// Credentials with a client id and secret.
    pub fn new(client_id: impl Into<String>, client_secret: impl Into<Secret>) -> Self {
        Self {
            airbyte_client_id: Some(client_id.into()),
            airbyte_client_secret: Some(client_secret.into()),
            ..Self::default()
        }
    }

    /// Credentials with a bearer token, which is sent as is.
    pub fn from_bearer_token(token: impl Into<Secret>) -> Self {
        Self {
            bearer_token: Some(token.into()),
            ..Self::default()
        }
    }

    /// Reads the credentials from the environment; see [`GmailConnector::from_env`](crate::GmailConnector::from_env).
    pub fn from_env() -> Self {
        Self {
            customer_name: variable("AIRBYTE_CUSTOMER_NAME"),
            workspace_name: variable("AIRBYTE_WORKSPACE_NAME"),
            organization_id: variable("AIRBYTE_ORGANIZATION_ID"),
            airbyte_client_id: variable("AIRBYTE_CLIENT_ID"),
            airbyte_client_secret: variable("AIRBYTE_CLIENT_SECRET").map(Secret::from),
            bearer_token: variable("AIRBYTE_BEARER_TOKEN").map(Secret::from),
            connector_id: variable("AIRBYTE_CONNECTOR_ID"),
        }
    }

    /// Sets the customer's name.
    #[must_use]
    pub fn with_customer_name(mut self, name: impl Into<String>) -> Self {
        self.customer_name = Some(name.into());
        self
    }

    /// Sets the customer's name, as the workspace name.
    #[must_use]
    pub fn with_workspace_name(mut self, name: impl Into<String>) -> Self {
        self.workspace_name = Some(name.into());
        self
    }

    /// Sets the organization.
    #[must_use]
    pub fn with_organization_id(mut self, id: impl Into<String>) -> Self {
        self.organization_id = Some(id.into());
        self
    }

    /// Sets the connector.
    #[must_use]
    pub fn with_connector_id(mut self, id: impl Into<String>) -> Self {
        self.connector_id = Some(id.into());
        self
    }

    /// Trims the credentials; empty ones count as missing. Names may contain spaces.
    pub(crate) fn checked(self) -> Result<Self, Error> {
        let checked = Self {
            customer_name: trimmed_text(self.customer_name),
            workspace_name: trimmed_text(self.workspace_name),
            organization_id: trimmed_text(self.organization_id),
            airbyte_client_id: trimmed_text(self.airbyte_client_id),
            airbyte_client_secret: given_secret(self.airbyte_client_secret),
            bearer_token: given_secret(self.bearer_token),
            connector_id: trimmed_text(self.connector_id),
        };
        check_credential("organization id", checked.organization_id.as_deref())?;
        check_credential("airbyte client id", checked.airbyte_client_id.as_deref())?;
        check_secrets(&[
            ("airbyte client secret", &checked.airbyte_client_secret),
            ("bearer token", &checked.bearer_token),
        ])?;
        check_credential("connector id", checked.connector_id.as_deref())?;
        Ok(checked)
    }

    /// The name to look the connector up by; the newer field wins.
    pub(crate) fn customer(&self) -> Option<Customer> {
        match (&self.workspace_name, &self.customer_name) {
            (Some(name), _) => Some(Customer::WorkspaceName(name.clone())),
            (None, Some(name)) => Some(Customer::CustomerName(name.clone())),
            (None, None) => None,
        }
    }
}

/// The customer's name, with the field that the caller set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Customer {
    /// `customer_name`, as in the connector's documentation.
    CustomerName(String),
    /// `workspace_name`, as in Airbyte's API.
    WorkspaceName(String),
}

/// Rejects variables that aren't valid Unicode. Ignoring them could select other credentials or another server than
/// the user meant.
pub(crate) fn check_variables() -> Result<(), Error> {
    const OURS: [&str; 5] = [
        "GMAIL_",
        "GOOGLE_",
        "AIRBYTE_",
        "GCE_METADATA_HOST",
        "CLOUDSDK_CONFIG",
    ];
    let unreadable = std::env::vars_os().find_map(|(name, value)| {
        let name = name.into_string().ok()?;
        let is_ours = OURS.iter().any(|prefix| name.starts_with(prefix));
        (is_ours && value.to_str().is_none()).then_some(name)
    });
    match unreadable {
        Some(name) => Err(Error::configuration(format!(
            "{name} is not text in utf-8; set it again, or unset it"
        ))),
        None => Ok(()),
    }
}

/// The trimmed value of a variable; blank counts as unset.
pub(crate) fn variable(name: &str) -> Option<String> {
    let value = std::env::var(name).ok()?;
    Some(trimmed(&value))
        .filter(|value| !value.is_empty())
        .map(str::to_owned)
}

fn check_secrets(secrets: &[(&str, &Option<Secret>)]) -> Result<(), Error> {
    secrets
        .iter()
        .try_for_each(|(what, secret)| check_credential(what, secret.as_ref().map(Secret::expose)))
}

fn trimmed_text(text: Option<String>) -> Option<String> {
    text.map(|text| trimmed(&text).to_owned())
        .filter(|text| !text.is_empty())
}

/// Drops an empty secret; a `Secret` is already trimmed.
fn given_secret(secret: Option<Secret>) -> Option<Secret> {
    secret.filter(|secret| !secret.expose().is_empty())
}
