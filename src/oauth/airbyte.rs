//! A user's consent through Airbyte, from the page's URL to the connector.

use std::time::Duration;

use url::Url;

use super::loopback::Loopback;
use super::page::Page;
use super::pkce;
use crate::airbyte::Airbyte;
use crate::auth::callback::CORRELATION;
use crate::auth::{AirbyteCallback, CallbackError, Secret, airbyte_callback};
use crate::error::{Error, Kind};
use crate::operation;
use crate::transport::is_of_customer;

/// What to create with a consent through Airbyte.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use airbyte_agent_gmail::{Airbyte, oauth::ConnectRequest, sandbox::Sandbox};
///
/// let sandbox = Sandbox::start().await?;
/// let airbyte = Airbyte::builder(sandbox.airbyte_auth()).base_url(sandbox.airbyte_url()).build()?;
/// let consent = ConnectRequest::new("https://app.example.com/connected")
///     .customer_name(sandbox.airbyte().customer_name)
///     .begin(&airbyte)
///     .await?;
/// assert!(consent.url().starts_with(sandbox.airbyte_url()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ConnectRequest {
    redirect_url: String,
    customer_name: Option<String>,
    workspace_name: Option<String>,
    name: Option<String>,
    source_template_id: Option<String>,
    create_template: bool,
    create_workspace: bool,
}

/// A pending consent through Airbyte. It works once.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use airbyte_agent_gmail::{Airbyte, oauth::ConnectRequest, sandbox::Sandbox};
///
/// let sandbox = Sandbox::start().await?;
/// let airbyte = Airbyte::builder(sandbox.airbyte_auth()).base_url(sandbox.airbyte_url()).build()?;
/// let request = ConnectRequest::new("https://app.example.com/connected").customer_name("user@example.com");
/// let consent = request.create_workspace(true).begin(&airbyte).await?;
/// // The user's browser goes to `consent.url()` and comes back to this:
/// let callback = format!("/connected?correlation={}&connector_id=0b2d", consent.correlation());
/// assert_eq!(consent.finish(&airbyte, &callback).await?, "0b2d");
/// # Ok(())
/// # }
/// ```
///
/// A web service stores it, keyed by its [`correlation`](Self::correlation), until the callback arrives.
pub struct AirbyteConsent {
    url: String,
    correlation: Secret,
    path: String,
    request: ConnectRequest,
}

impl ConnectRequest {
    /// A consent that returns to this URL.
    pub fn new(redirect_url: impl Into<String>) -> Self {
        Self {
            redirect_url: redirect_url.into(),
            customer_name: None,
            workspace_name: None,
            name: None,
            source_template_id: None,
            create_template: false,
            create_workspace: false,
        }
    }

    /// The customer who will own the connector.
    pub fn customer_name(mut self, name: impl Into<String>) -> Self {
        self.customer_name = Some(name.into());
        self
    }

    /// The same name under the API's newer term.
    pub fn workspace_name(mut self, name: impl Into<String>) -> Self {
        self.workspace_name = Some(name.into());
        self
    }

    /// The name of the connector.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The source template, if the organization has several.
    pub fn source_template_id(mut self, id: impl Into<String>) -> Self {
        self.source_template_id = Some(id.into());
        self
    }

    /// Whether to create the organization's own template if it has none: Airbyte requires one. Default: no.
    pub fn create_template(mut self, create: bool) -> Self {
        self.create_template = create;
        self
    }

    /// Whether to create the customer's workspace if it does not exist, which a consent does not do. Default: no.
    pub fn create_workspace(mut self, create: bool) -> Self {
        self.create_workspace = create;
        self
    }

    /// Requests the consent page from Airbyte.
    ///
    /// # Errors
    ///
    /// [`is_configuration`](Error::is_configuration): no customer, an invalid URL, or an organization without its own
    /// template; [`is_not_found`](Error::is_not_found): no workspace with that name; errors of Airbyte.
    pub async fn begin(self, airbyte: &Airbyte) -> Result<AirbyteConsent, Error> {
        let mut redirect = Url::parse(&self.redirect_url).map_err(|_| {
            Error::configuration(
                "the redirect url is not valid; give one like https://host/connected",
            )
        })?;
        let correlation = Secret::from(pkce::random()?);
        // Airbyte's callback has no `state`. It keeps the redirect URL's query, so the value goes there.
        redirect
            .query_pairs_mut()
            .append_pair(CORRELATION, correlation.expose());
        if self.create_workspace
            && let Some(name) = self.workspace_name.as_ref().or(self.customer_name.as_ref())
        {
            airbyte.create_workspace(name).await?;
        }
        let url = match self.initiate(airbyte, redirect.as_str()).await {
            Err(error) if is_template_missing(&error) && self.create_template => {
                clone_template(airbyte).await?;
                self.initiate(airbyte, redirect.as_str()).await
            }
            result => result,
        }
        .map_err(explain)?;
        Ok(AirbyteConsent {
            url,
            correlation,
            path: redirect.path().to_owned(),
            request: self,
        })
    }

    async fn initiate(&self, airbyte: &Airbyte, redirect_url: &str) -> Result<String, Error> {
        let mut call = airbyte
            .connectors()
            .initiate_oauth(redirect_url)
            .connector_type(operation::gmail().connector_type);
        call = match (&self.workspace_name, &self.customer_name) {
            (Some(name), _) => call.workspace_name(name),
            (None, Some(name)) => call.customer_name(name),
            (None, None) => return Err(no_customer()),
        };
        if let Some(name) = &self.name {
            call = call.name(name);
        }
        if let Some(id) = &self.source_template_id {
            call = call.source_template_id(id);
        }
        Ok(call.send().await?.consent_url)
    }
}

impl AirbyteConsent {
    /// The URL of the consent page, for the user's browser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The value that the callback will carry as `correlation`. Until then, keep it as secret as a password.
    pub fn correlation(&self) -> &str {
        self.correlation.expose()
    }

    /// Takes the callback's URL (or its path and query) and returns the connector's id.
    ///
    /// # Errors
    ///
    /// [`is_consent_denied`](Error::is_consent_denied); a callback that belongs to another consent
    /// ([`is_invalid_input`](Error::is_invalid_input)); whatever Airbyte reports.
    pub async fn finish(self, airbyte: &Airbyte, callback: &str) -> Result<String, Error> {
        let callback = self.read(callback)?;
        self.connector(airbyte, callback).await
    }

    /// Waits for the browser, shows it a result page, and returns the connector's id.
    ///
    /// # Errors
    ///
    /// Those of [`finish`](Self::finish); [`is_timeout`](Error::is_timeout) if nobody answers the consent page.
    pub async fn receive(
        self,
        airbyte: &Airbyte,
        loopback: &mut Loopback,
        limit: Duration,
    ) -> Result<String, Error> {
        let (callback, arrival) = loopback.receive(limit, |target| self.read(target)).await?;
        let result = self.connector(airbyte, callback).await;
        let page = if result.is_ok() {
            Page::Connected
        } else {
            Page::Failed
        };
        arrival.answer(page).await;
        result
    }

    fn read(&self, callback: &str) -> Result<AirbyteCallback, CallbackError> {
        airbyte_callback(callback, &self.path, self.correlation.expose())
    }

    async fn connector(
        &self,
        airbyte: &Airbyte,
        callback: AirbyteCallback,
    ) -> Result<String, Error> {
        let secret = match callback {
            AirbyteCallback::Connector(id) => return Ok(id),
            AirbyteCallback::Secret(secret) => secret,
        };
        let mut call = airbyte
            .connectors()
            .create()
            .connector_type(operation::gmail().connector_type)
            .server_side_oauth_secret_id(secret.expose());
        call = match (&self.request.workspace_name, &self.request.customer_name) {
            (Some(name), _) => call.workspace_name(name),
            (None, Some(name)) => call.customer_name(name),
            (None, None) => return Err(no_customer()),
        };
        if let Some(name) = &self.request.name {
            call = call.name(name);
        }
        if let Some(id) = &self.request.source_template_id {
            call = call.source_template_id(id);
        }
        Ok(call.send().await?.id)
    }
}

debug!(AirbyteConsent, self => request: self.request);

/// Whether Airbyte refused a consent because the organization has no source template of its own.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use airbyte_agent_gmail::{Airbyte, sandbox::Sandbox};
/// use airbyte_agent_gmail::oauth::{ConnectRequest, is_template_missing};
///
/// # let sandbox = Sandbox::start().await?;
/// # let airbyte = Airbyte::builder(sandbox.airbyte_auth()).base_url(sandbox.airbyte_url()).build()?;
/// # let customer = sandbox.airbyte().customer_name;
/// sandbox.configure(|settings| settings.own_template = false);
/// let request = ConnectRequest::new("https://app.example.com/connected").customer_name(customer);
/// let error = request.clone().begin(&airbyte).await.unwrap_err();
/// assert!(is_template_missing(&error));
/// request.create_template(true).begin(&airbyte).await?;
/// # Ok(())
/// # }
/// ```
pub fn is_template_missing(error: &Error) -> bool {
    // `begin` returns an explanation with Airbyte's refusal as its cause.
    let refusal = std::error::Error::source(error)
        .and_then(|cause| cause.downcast_ref())
        .unwrap_or(error);
    refusal.status() == Some(400)
        && refusal.service_message().is_some_and(|message| {
            message
                .to_ascii_lowercase()
                .contains("organization-specific source template")
        })
}

fn explain(error: Error) -> Error {
    if error.is_not_found() {
        let text = if is_of_customer(&error) {
            "airbyte has no customer (workspace) of that name; check the name, or have it created (create_workspace, \
             `--create-workspace`)"
        } else {
            "not found, and airbyte does not say what; check the base url, then the customer's (workspace's) \
             name"
        };
        return Error::new(Kind::NotFound, text).explaining(error);
    }
    if !is_template_missing(&error) {
        return error;
    }
    Error::configuration("your organization has no source template for gmail, which airbyte needs before users can consent; enable \
         gmail in airbyte's web app, or create one (create_template, `--create-template`)",
    )
    .explaining(error)
}

fn no_customer() -> Error {
    Error::configuration("whose connector will it be? give the customer's (workspace's) name")
}

/// Creates the organization's own template from Airbyte's.
async fn clone_template(airbyte: &Airbyte) -> Result<(), Error> {
    let definition_id = operation::gmail().definition_id;
    let list = airbyte.templates().list().use_global(true).send().await?;
    let template = list
        .data
        .into_iter()
        .find(|template| {
            let id = template.actor_definition_id.as_deref();
            id.is_some_and(|id| id.eq_ignore_ascii_case(definition_id))
        })
        .ok_or_else(|| {
            Error::unsupported("airbyte has no global template for gmail to clone; enable gmail in airbyte's web app",
            )
        })?;
    airbyte
        .templates()
        .create()
        .original_source_template_id(template.id)
        .send()
        .await?;
    Ok(())
}
