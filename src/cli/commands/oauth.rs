//! `airbyte-gmail oauth`: the steps of a user's consent, for a service that receives the callback itself.

use airbyte_agent_gmail::api::airbyte::types::OAuthConfiguration;
use airbyte_agent_gmail::operation::gmail;
use clap::Subcommand;
use serde_json::json;

use crate::cli::args::{Client, Consent, Global};
use crate::cli::exit::Failure;
use crate::cli::field::{self, Fields};
use crate::cli::settings;

/// Start a consent at Airbyte, or give Airbyte your own OAuth app
#[derive(Subcommand)]
pub(crate) enum Oauth {
    /// Get the url of a consent page that returns to your own service
    Initiate {
        #[command(flatten)]
        consent: Consent,
        /// Where the consent page returns to
        #[arg(long, value_name = "URL")]
        redirect_url: String,
    },
    #[command(subcommand)]
    Credentials(Credentials),
}

/// Set the OAuth app that users give their consent to
#[derive(Subcommand)]
pub(crate) enum Credentials {
    /// Use your own OAuth app from now on
    Put(Client),
    /// Go back to Airbyte's own OAuth app
    Delete,
}

impl Oauth {
    /// The fields of its results.
    pub(crate) fn fields(&self) -> Fields {
        match self {
            Self::Initiate { .. } => &["consent_url", "correlation"],
            Self::Credentials(Credentials::Put(_)) => {
                field::of_airbyte("oauth_credentials", "update")
            }
            Self::Credentials(Credentials::Delete) => &["oauth_app"],
        }
    }

    /// Runs the command.
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        match self {
            Self::Initiate {
                consent,
                redirect_url,
            } => {
                let consent = consent
                    .request(&redirect_url)?
                    .begin(&settings::airbyte()?)
                    .await?;
                global.show(&json!({
                    "consent_url": consent.url(),
                    "correlation": consent.correlation(),
                }))
            }
            Self::Credentials(Credentials::Put(client)) => put(global, client).await,
            Self::Credentials(Credentials::Delete) => {
                settings::airbyte()?
                    .oauth_credentials()
                    .delete(gmail().connector_name)
                    .send()
                    .await?;
                global.show(&json!({"oauth_app": "airbyte"}))
            }
        }
    }
}

async fn put(global: &Global, client: Client) -> Result<(), Failure> {
    let incomplete =
        || Failure::input("give the app's --client-id and --client-secret, or --client-file");
    let client = client.read()?.ok_or_else(incomplete)?;
    let configuration = OAuthConfiguration {
        client_id: client.id().to_owned(),
        client_secret: client.secret().cloned().ok_or_else(incomplete)?,
    };
    let stored = settings::airbyte()?
        .oauth_credentials()
        .update(configuration)
        .connector_definition_id(gmail().definition_id)
        .send()
        .await?;
    global.show(&stored)
}
