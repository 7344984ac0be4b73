//! `airbyte-gmail signature`.

use airbyte_agent_gmail::GmailConnector;
use airbyte_agent_gmail::types::SendAs;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::args::{Global, Text};
use crate::cli::exit::Failure;
use crate::cli::output;
use crate::cli::settings::connect;

/// Show or set the signature of new messages
#[derive(Subcommand)]
pub(crate) enum Signature {
    /// The signature, as HTML
    Show {
        #[command(flatten)]
        identity: Identity,
    },
    /// Change the signature
    Set {
        /// The signature; @FILE reads a file, - reads standard input; an empty text removes it
        #[arg(allow_hyphen_values = true)]
        html: Text,
        #[command(flatten)]
        identity: Identity,
    },
}

#[derive(Args)]
pub(crate) struct Identity {
    /// The send-as address that it is for (default: the account's default address)
    #[arg(long)]
    address: Option<String>,
}

impl Signature {
    /// Runs the command.
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let gmail = connect(global)?;
        let send_as = gmail.settings().send_as();
        match self {
            Self::Show { identity } => {
                let identity = match identity.address {
                    Some(address) => send_as.get(address).send().await?,
                    None => usual(&gmail).await?,
                };
                output::line(identity.signature.as_deref().unwrap_or_default())
            }
            Self::Set { html, identity } => {
                let html = html.read()?;
                let address = match identity.address {
                    Some(address) => address,
                    None => usual(&gmail).await?.send_as_email,
                };
                if global.dry_run {
                    return global
                        .show(&json!({"dry_run": true, "address": address, "signature": html}));
                }
                // A patch leaves the identity's other fields alone.
                let changed = send_as.patch(address).signature(html).send().await?;
                global.show(&changed)
            }
        }
    }
}

/// The identity for new messages.
async fn usual(gmail: &GmailConnector) -> Result<SendAs, Failure> {
    let identities = gmail.settings().send_as().list().send().await?.send_as;
    let is_usual = |identity: &SendAs| identity.is_default == Some(true);
    identities
        .into_iter()
        .filter(|identity| is_usual(identity) || identity.is_primary == Some(true))
        .max_by_key(is_usual)
        .ok_or_else(|| Failure::other("the account names no default address; give --address"))
}
