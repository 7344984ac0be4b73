//! The arguments for a Google OAuth client.

use std::path::PathBuf;

use airbyte_agent_gmail::Secret;
use airbyte_agent_gmail::oauth::GoogleClient;
use clap::Args;

use crate::cli::exit::Failure;
use crate::cli::settings;

#[derive(Args)]
pub(crate) struct Client {
    /// The client_secret_….json that you downloaded from Google
    #[arg(long, value_name = "FILE", conflicts_with_all = ["client_id", "client_secret"])]
    client_file: Option<PathBuf>,
    /// The OAuth client's id (default: GMAIL_CLIENT_ID)
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// The OAuth client's secret (default: GMAIL_CLIENT_SECRET, which keeps it out of the process list)
    #[arg(long, value_name = "SECRET")]
    client_secret: Option<Secret>,
}

impl Client {
    /// The client from the flags or the environment.
    pub(crate) fn read(self) -> Result<Option<GoogleClient>, Failure> {
        if let Some(file) = self.client_file {
            let text = std::fs::read_to_string(&file).map_err(|error| {
                Failure::input(format!(
                    "the client file {} can't be read: {error}",
                    file.display()
                ))
            })?;
            return Ok(Some(GoogleClient::from_json(&text)?));
        }
        let Some(id) = self
            .client_id
            .or_else(|| settings::variable("GMAIL_CLIENT_ID"))
        else {
            return Ok(None);
        };
        let client = GoogleClient::new(id);
        let variable = || settings::variable("GMAIL_CLIENT_SECRET").map(Secret::from);
        Ok(Some(match self.client_secret.or_else(variable) {
            Some(secret) => client.with_secret(secret),
            None => client,
        }))
    }
}
