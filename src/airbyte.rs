//! Airbyte's hosted API: connectors and their workspaces.
//!
//! [`Airbyte`] is the client. Every hosted [`GmailConnector`](crate::GmailConnector) contains one
//! ([`airbyte`](crate::GmailConnector::airbyte)). The calls are in [`api::airbyte::call`](crate::api::airbyte::call),
//! and the module `oauth` (feature `oauth`) asks for a user's consent. The [guide](crate::guide::hosted) goes from
//! nothing to the first call.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;

use crate::api::airbyte::types::{CheckResult, CheckStatus};
use crate::api::airbyte::{Client, operation};
use crate::auth::{
    AirbyteAuthConfig, AirbyteTokenSource, BearerTokenSource, Secret, TokenCache, TokenSource,
};
use crate::error::{Error, Kind};
use crate::http::{Http, Limits, base, check_url};
use crate::transport::{Direct, Governor, ORGANIZATION, RetryBudget, RetryPolicy, Transport};

/// The first pause between two polls. Each pause is twice the one before, up to [`LONGEST_PAUSE`].
const FIRST_LOOK: Duration = Duration::from_millis(100);

/// The longest pause between two polls.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// A client of Airbyte's hosted API, for everything around a connector: create and list connectors, start a user's
/// OAuth flow.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use airbyte_agent_gmail::{Airbyte, sandbox::Sandbox};
///
/// let sandbox = Sandbox::start().await?;
/// let airbyte = Airbyte::builder(sandbox.airbyte_auth()).base_url(sandbox.airbyte_url()).build()?;
/// let customer = &sandbox.airbyte().customer_name;
/// let connectors = airbyte.connectors().list().customer_name(customer).send().await?;
/// assert_eq!(connectors.data.len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Airbyte {
    client: Client,
}

/// Settings of an [`Airbyte`] client.
///
/// ```
/// use airbyte_agent_gmail::{Airbyte, AirbyteAuthConfig, RetryPolicy};
///
/// let auth = AirbyteAuthConfig::new("client-id", "client-secret").with_organization_id("organization-id");
/// let airbyte = Airbyte::builder(auth).retry(RetryPolicy::never()).build()?;
/// # Ok::<(), airbyte_agent_gmail::Error>(())
/// ```
#[derive(Debug)]
pub struct AirbyteBuilder {
    auth: AirbyteAuthConfig,
    base_url: String,
    http: Option<reqwest::Client>,
    limits: Limits,
    gzip: bool,
    retry: RetryPolicy,
}

impl Airbyte {
    /// A client of the public API.
    ///
    /// # Errors
    ///
    /// See [`AirbyteBuilder::build`].
    pub fn new(auth: AirbyteAuthConfig) -> Result<Self, Error> {
        Self::builder(auth).build()
    }

    /// Returns a builder for a client with other settings.
    pub fn builder(auth: AirbyteAuthConfig) -> AirbyteBuilder {
        AirbyteBuilder {
            auth,
            base_url: operation::BASE_URL.to_owned(),
            http: None,
            limits: Limits::default(),
            gzip: true,
            retry: RetryPolicy::default(),
        }
    }

    /// Creates a customer's workspace unless it exists. A connector needs an existing workspace.
    ///
    /// Airbyte creates the workspace along with a scoped token, which is discarded here.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let airbyte = airbyte_agent_gmail::Airbyte::builder(sandbox.airbyte_auth())
    /// #     .base_url(sandbox.airbyte_url())
    /// #     .build()?;
    /// airbyte.create_workspace("customer-42").await?;
    /// let connectors = airbyte.connectors().list().customer_name("customer-42").send().await?;
    /// assert!(connectors.data.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Whatever Airbyte refuses.
    pub async fn create_workspace(&self, name: &str) -> Result<(), Error> {
        let token = self.applications().scoped_token().workspace_name(name);
        token.send().await.map(drop)
    }

    /// Deletes a connector and waits until it is gone.
    ///
    /// Airbyte answers before the deletion is done; only its list of connectors shows the end.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let airbyte = airbyte_agent_gmail::Airbyte::builder(sandbox.airbyte_auth())
    /// #     .base_url(sandbox.airbyte_url())
    /// #     .build()?;
    /// use std::time::Duration;
    ///
    /// let id = sandbox.airbyte().connector_id;
    /// airbyte.delete_connector(&id, Duration::from_secs(60)).await?;
    /// assert!(airbyte.connectors().inspect(&id).send().await.is_err_and(|error| error.is_not_found()));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found); [`is_timeout`](Error::is_timeout) if the connector is still listed
    /// after `limit`.
    pub async fn delete_connector(&self, id: &str, limit: Duration) -> Result<(), Error> {
        let started = tokio::time::Instant::now();
        let workspace = self.connectors().inspect(id).send().await?.workspace_id;
        self.connectors().delete(id).send().await?;
        let Some(workspace) = workspace else {
            return Err(Error::invalid_response(
                "the deletion has started; airbyte does not say which workspace has the connector, so its end \
                 can't be checked",
            ));
        };
        let mut pause = FIRST_LOOK;
        loop {
            let list = self
                .connectors()
                .list()
                .workspace_id(workspace.as_str())
                .send()
                .await;
            let is_listed = match list {
                Ok(list) => list.data.iter().any(|connector| connector.id == id),
                // Some versions answer "not found" for a workspace without connectors.
                Err(error) if error.is_gone() => false,
                Err(error) => return Err(error),
            };
            if !is_listed {
                return Ok(());
            }
            if started.elapsed() + pause > limit {
                return Err(Error::new(
                    Kind::Timeout,
                    "the deletion has started, but the connector is still listed; check again later",
                ));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Checks a connector, again and again while Airbyte reports the check as pending, running or inconclusive, for
    /// up to `limit`.
    ///
    /// Returns the last answer. Only [`CheckStatus::Succeeded`] is a success.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let airbyte = airbyte_agent_gmail::Airbyte::builder(sandbox.airbyte_auth())
    /// #     .base_url(sandbox.airbyte_url())
    /// #     .build()?;
    /// use airbyte_agent_gmail::api::airbyte::types::CheckStatus;
    /// use std::time::Duration;
    ///
    /// let id = sandbox.airbyte().connector_id;
    /// let check = airbyte.check_connector(&id, Duration::from_secs(60)).await?;
    /// assert_eq!(check.status, Some(CheckStatus::Succeeded));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found), and whatever Airbyte refuses. A connector that fails its check is not
    /// an error.
    pub async fn check_connector(&self, id: &str, limit: Duration) -> Result<CheckResult, Error> {
        let started = tokio::time::Instant::now();
        let mut pause = FIRST_LOOK;
        loop {
            let check = self.connectors().check(id).send().await?;
            let is_settled = !matches!(
                check.status,
                None | Some(
                    CheckStatus::Pending | CheckStatus::Running | CheckStatus::Inconclusive
                )
            );
            if is_settled || started.elapsed() + pause > limit {
                return Ok(check);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// The generated client, for anything the typed calls do not offer.
    ///
    /// Its API follows progenitor's versions. `Error::from` turns its errors into this crate's [`Error`].
    pub fn client(&self) -> &Client {
        &self.client
    }
}

impl AirbyteBuilder {
    /// The base URL of the API. Default: `https://api.airbyte.ai`.
    #[must_use]
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = base_url.into();
        self
    }

    /// The HTTP client. Default: one with this crate's own limits, which never follows a redirect.
    #[must_use]
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }

    /// How long a request may take, and how large a response may be.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Whether to accept gzip responses. Default: yes.
    #[must_use]
    pub fn gzip(mut self, gzip: bool) -> Self {
        self.gzip = gzip;
        self
    }

    /// When a request is sent again.
    #[must_use]
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// [`is_configuration`](crate::Error::is_configuration): neither a client id and secret nor a bearer token, or a
    /// base URL that is neither https nor on this machine.
    pub fn build(mut self) -> Result<Airbyte, Error> {
        self.auth = self.auth.checked()?;
        // Some of Airbyte's own tools expect the URL with the path prefix. Accept both.
        let base_url = check_url("airbyte api url", &self.base_url)?;
        let base_url = base_url
            .strip_suffix("/api/v1")
            .unwrap_or(&base_url)
            .to_owned();
        let http = Http::new(self.http, self.limits, self.gzip)?;
        let organization_id = self.auth.organization_id.as_deref();
        let organization_id = organization_id
            .map(HeaderValue::from_str)
            .transpose()
            .map_err(|_| Error::configuration("the organization id is not valid; check it"))?;
        let (source, bearer): (Arc<dyn TokenSource>, Option<Secret>) = match (
            &self.auth.bearer_token,
            &self.auth.airbyte_client_id,
            &self.auth.airbyte_client_secret,
        ) {
            (Some(bearer), None, None) => (Arc::new(BearerTokenSource), Some(bearer.clone())),
            // The id and secret renew the token when the given one expires.
            (bearer, Some(client_id), Some(client_secret)) => {
                let source = AirbyteTokenSource {
                    http: http.clone(),
                    base_url: base_url.clone(),
                    organization: organization_id
                        .clone()
                        .map(|organization| (ORGANIZATION, organization)),
                    client_id: client_id.clone(),
                    client_secret: client_secret.clone(),
                };
                (Arc::new(source), bearer.clone())
            }
            (None, None, None) => {
                return Err(Error::configuration(
                    "no airbyte credentials: give a client id and secret, or a bearer token",
                ));
            }
            (_, Some(_), None) => {
                return Err(Error::configuration(
                    "the airbyte client secret is missing; give it",
                ));
            }
            (_, None, Some(_)) => {
                return Err(Error::configuration(
                    "the airbyte client id is missing; give it",
                ));
            }
        };
        let direct = Direct {
            http: http.clone(),
            base_url: base(&base_url)?,
            token: Some(TokenCache::new(source, bearer, None)),
            organization_id,
            retry: self.retry,
            quota: Governor::unpaced(),
            budget: RetryBudget::default(),
        };
        Ok(Airbyte {
            client: Client::new_with_client(
                &base_url,
                http.client().clone(),
                Transport::direct(direct),
            ),
        })
    }
}

debug!(Airbyte, self);
