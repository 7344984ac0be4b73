//! The connector: one interface for both modes.
//!
//! [`GmailConnector::builder`] takes a [`GmailAuthConfig`](crate::GmailAuthConfig) (open source) or an
//! [`AirbyteAuthConfig`](crate::AirbyteAuthConfig) (hosted). The connector has the typed calls of
//! [`api::gmail::call`](crate::api::gmail::call), and also:
//!
//! - [`execute`](GmailConnector::execute): any action by its names, as agents call it. [`ExecuteResult`] has values, or
//!   the service's own [text](Execute::text).
//! - [`batch`](GmailConnector::batch): many calls in one request. With `mail`, `get_many`: many messages by their ids.
//! - With `mail`, everyday jobs: `read`, `read_thread`, `reply`, `reply_all`, `forward`, `respond`, `unsubscribe`,
//!   `send`, `save_draft`.
//! - [`search`](GmailConnector::search) and [`sql`](GmailConnector::sql): the Context Store, in hosted mode;
//!   [`SearchFilter`].
//! - [`Connector`]: any Airbyte connector, by its id.
//! - [`Selection`]: the fields of records to return.

mod answer;
mod any;
mod batch;
mod builder;
mod credential;
mod execute;
mod partial;
#[cfg(feature = "mail")]
pub(crate) mod people;
mod search;
mod selection;
mod sql;
mod store;

use progenitor_client::ClientInfo;

use crate::airbyte::Airbyte;
use crate::api::gmail::{Client, operation};
use crate::auth::{AuthConfig, Secret};
use crate::error::Error;
use crate::transport::{Hosted, Transport};

pub use any::Connector;
pub use batch::Batch;
pub use builder::GmailConnectorBuilder;
pub use execute::{Execute, ExecuteResult, Executing};
#[cfg(feature = "mail")]
pub use people::*;
pub use search::{Search, SearchFilter, SearchMeta, SearchResult, SortOrder};
pub use selection::Selection;
pub use sql::{Sql, SqlResult};

pub use crate::operation::Mode;

/// A Gmail account, reached directly (open source) or through Airbyte (hosted).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use airbyte_agent_gmail::sandbox::Sandbox;
/// use serde_json::json;
///
/// let sandbox = Sandbox::start().await?;
/// for gmail in [sandbox.open_source()?, sandbox.hosted()?] {
///     let unread = gmail.messages().list().q("is:unread").send().await?;
///     let same = gmail.execute("messages", "list", json!({"q": "is:unread"})).await?;
///     assert_eq!(same.data.as_array().map(Vec::len), Some(unread.messages.len()));
/// }
/// # Ok(())
/// # }
/// ```
///
/// Clones share connections, tokens and everything else: create one per account, and clone it freely.
#[derive(Clone)]
pub struct GmailConnector {
    client: Client,
    transport: Transport,
    airbyte: Option<Airbyte>,
}

impl GmailConnector {
    /// Creates a connector with default settings.
    ///
    /// # Errors
    ///
    /// As for [`GmailConnectorBuilder::build`].
    pub fn new(auth: impl Into<AuthConfig>) -> Result<Self, Error> {
        Self::builder(auth).build()
    }

    /// Starts building a connector with other settings.
    pub fn builder(auth: impl Into<AuthConfig>) -> GmailConnectorBuilder {
        GmailConnectorBuilder::new(auth.into())
    }

    /// Creates a connector from the environment; `mode` decides if there are credentials for both modes.
    ///
    /// | variable | open source | hosted |
    /// | --- | --- | --- |
    /// | `GMAIL_REFRESH_TOKEN`, `GMAIL_ACCESS_TOKEN` | one of them | |
    /// | `GMAIL_CLIENT_ID`, `GMAIL_CLIENT_SECRET` | to refresh | |
    /// | `GOOGLE_APPLICATION_CREDENTIALS` | without these: a Google credential file, else gcloud's own | |
    /// | `GMAIL_SUBJECT`, `GMAIL_SCOPES` | the mailbox and scopes of a service account | |
    /// | `AIRBYTE_GMAIL_STORE`, `AIRBYTE_GMAIL_STORE_KEY` | [shared](crate::guide::hosts) | |
    /// | `GMAIL_API_URL`, `GOOGLE_TOKEN_URL` | other URLs | |
    /// | `AIRBYTE_CLIENT_ID` and `AIRBYTE_CLIENT_SECRET`, or `AIRBYTE_BEARER_TOKEN` | | required |
    /// | `AIRBYTE_CONNECTOR_ID`, `AIRBYTE_CUSTOMER_NAME` or `AIRBYTE_WORKSPACE_NAME` | | one of them |
    /// | `AIRBYTE_ORGANIZATION_ID`, `AIRBYTE_API_URL` | | optional |
    ///
    /// # Errors
    ///
    /// [`is_configuration`](Error::is_configuration): there are no credentials, there are some for both modes without
    /// `mode`, or [`GmailConnectorBuilder::build`] fails.
    pub fn from_env(mode: Option<Mode>) -> Result<Self, Error> {
        GmailConnectorBuilder::from_env(mode)?.build()
    }

    /// How this connector reaches Gmail.
    pub fn mode(&self) -> Mode {
        if self.airbyte.is_some() {
            Mode::Hosted
        } else {
            Mode::OpenSource
        }
    }

    /// The client of Airbyte's API, in hosted mode.
    pub fn airbyte(&self) -> Option<&Airbyte> {
        self.airbyte.as_ref()
    }

    /// The hosted connector's id; if not configured, it is looked up once by the customer's name.
    ///
    /// # Errors
    ///
    /// [`is_connector_not_found`](Error::is_connector_not_found) and
    /// [`is_connector_ambiguous`](Error::is_connector_ambiguous); in open-source mode,
    /// [`is_unsupported`](Error::is_unsupported).
    pub async fn connector_id(&self) -> Result<&str, Error> {
        self.hosted_route("connector_id")?.connector_id().await
    }

    /// The generated client, for anything that the typed calls don't offer.
    ///
    /// Its API follows progenitor's versions. `Error::from` turns its errors into this crate's [`Error`].
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Makes one cheap call to check that the credentials work.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.open_source()?;
    /// gmail.check().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Anything that prevents the call; in hosted mode, also errors of Airbyte or the connector.
    pub async fn check(&self) -> Result<(), Error> {
        let row = operation::TABLE
            .operations
            .iter()
            .find(|row| row.check)
            .ok_or_else(|| {
                Error::configuration("the spec prefers no operation for the check; mark one")
            })?;
        self.execute(row.entity, row.action, serde_json::json!({}))
            .await
            .map(|_| ())
    }

    /// An access token for Gmail to use outside this crate, in open-source mode.
    ///
    /// It is renewed if necessary, and valid for an hour at most.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.open_source()?;
    /// let token = gmail.access_token().await?;
    /// assert!(!token.expose().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If no token is available; in hosted mode, [`is_unsupported`](Error::is_unsupported), because Airbyte keeps the
    /// tokens.
    pub async fn access_token(&self) -> Result<Secret, Error> {
        let direct = self.transport.as_direct();
        let Some(tokens) = direct.and_then(|direct| direct.token.as_ref()) else {
            return Err(Error::unsupported(
                "airbyte keeps gmail's tokens in hosted mode; give google's credentials",
            ));
        };
        Ok(tokens.bearer(None).await?.token)
    }

    /// The same connector, with another transport.
    fn with_transport(&self, transport: Transport) -> Self {
        let (address, http) = (self.client.baseurl(), self.client.client().clone());
        Self {
            client: Client::new_with_client(address, http, transport.clone()),
            transport,
            airbyte: self.airbyte.clone(),
        }
    }

    fn hosted_route(&self, what: &'static str) -> Result<&Hosted, Error> {
        self.transport.as_hosted().ok_or_else(|| {
            Error::unsupported("only hosted mode offers it; give airbyte credentials")
                .named(what.into())
        })
    }
}

debug!(GmailConnector, self => mode: self.mode());
