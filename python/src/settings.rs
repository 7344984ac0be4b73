//! What Python gives to make a connector.

use airbyte_agent_gmail::auth::{AuthConfig, Secret};
use airbyte_agent_gmail::connector::GmailConnectorBuilder;
use airbyte_agent_gmail::{AirbyteAuthConfig, GmailAuthConfig, GmailConnector};
use serde::Deserialize;

/// Credentials and addresses, by the names of Python's configurations.
#[derive(Clone, Deserialize)]
pub(crate) struct Settings {
    pub(crate) is_hosted: bool,
    access_token: Option<Secret>,
    refresh_token: Option<Secret>,
    client_id: Option<String>,
    client_secret: Option<Secret>,
    pub(crate) customer_name: Option<String>,
    pub(crate) workspace_name: Option<String>,
    organization_id: Option<String>,
    airbyte_client_id: Option<String>,
    airbyte_client_secret: Option<Secret>,
    bearer_token: Option<Secret>,
    pub(crate) connector_id: Option<String>,
    gmail_api_url: Option<String>,
    google_token_url: Option<String>,
    pub(crate) airbyte_api_url: Option<String>,
}

impl Settings {
    /// Takes addresses that are not given from the environment, so that they hold for every connector.
    pub(crate) fn with_environment(mut self) -> Self {
        self.gmail_api_url = self.gmail_api_url.or_else(|| variable("GMAIL_API_URL"));
        self.google_token_url = self
            .google_token_url
            .or_else(|| variable("GOOGLE_TOKEN_URL"));
        self.airbyte_api_url = self.airbyte_api_url.or_else(|| variable("AIRBYTE_API_URL"));
        self
    }

    pub(crate) fn airbyte(&self) -> AirbyteAuthConfig {
        let mut auth = AirbyteAuthConfig::default();
        auth.customer_name.clone_from(&self.customer_name);
        auth.workspace_name.clone_from(&self.workspace_name);
        auth.organization_id.clone_from(&self.organization_id);
        auth.airbyte_client_id.clone_from(&self.airbyte_client_id);
        auth.airbyte_client_secret
            .clone_from(&self.airbyte_client_secret);
        auth.bearer_token.clone_from(&self.bearer_token);
        auth.connector_id.clone_from(&self.connector_id);
        auth
    }

    /// Google's credentials.
    pub(crate) fn google(&self) -> GmailAuthConfig {
        let mut auth = GmailAuthConfig::new("");
        auth.refresh_token.clone_from(&self.refresh_token);
        auth.access_token.clone_from(&self.access_token);
        auth.client_id.clone_from(&self.client_id);
        auth.client_secret.clone_from(&self.client_secret);
        auth
    }

    pub(crate) fn builder(&self) -> GmailConnectorBuilder {
        let (auth, base_url): (AuthConfig, _) = if self.is_hosted {
            (self.airbyte().into(), &self.airbyte_api_url)
        } else {
            (self.google().into(), &self.gmail_api_url)
        };
        let mut builder = GmailConnector::builder(auth);
        if let Some(url) = base_url {
            builder = builder.base_url(url);
        }
        if let Some(url) = &self.google_token_url {
            builder = builder.token_url(url);
        }
        builder
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
