//! Connectors set up for a sandbox.

use super::Sandbox;
use crate::auth::{AirbyteAuthConfig, GmailAuthConfig};
use crate::connector::GmailConnector;
use crate::error::Error;
use crate::transport::RetryPolicy;

impl Sandbox {
    /// The Google credentials, as a connector's configuration.
    pub fn google_auth(&self) -> GmailAuthConfig {
        let google = self.google();
        GmailAuthConfig::new(google.refresh_token)
            .with_access_token(google.access_token)
            .with_client(google.client_id, google.client_secret)
    }

    /// The Airbyte credentials with the customer's name, as a connector's configuration.
    pub fn airbyte_auth(&self) -> AirbyteAuthConfig {
        let airbyte = self.airbyte();
        AirbyteAuthConfig::new(airbyte.client_id, airbyte.client_secret)
            .with_customer_name(airbyte.customer_name)
            .with_organization_id(airbyte.organization_id)
    }

    /// A connector in open-source mode.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// sandbox.open_source()?.check().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`GmailConnectorBuilder::build`](crate::connector::GmailConnectorBuilder::build).
    pub fn open_source(&self) -> Result<GmailConnector, Error> {
        GmailConnector::builder(self.google_auth())
            .base_url(self.gmail_url())
            .token_url(self.token_url())
            .retry(quick())
            .build()
    }

    /// A connector in hosted mode.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// sandbox.hosted()?.check().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`GmailConnectorBuilder::build`](crate::connector::GmailConnectorBuilder::build).
    pub fn hosted(&self) -> Result<GmailConnector, Error> {
        GmailConnector::builder(self.airbyte_auth())
            .base_url(self.airbyte_url())
            .retry(quick())
            .build()
    }
}

/// The usual policy without its pauses, which are pointless on one machine.
fn quick() -> RetryPolicy {
    RetryPolicy {
        initial_pause: std::time::Duration::from_millis(1),
        ..RetryPolicy::default()
    }
}
