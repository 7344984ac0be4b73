//! `airbyte-gmail signature`.

use airbyte_agent_gmail::GmailConnector;
use airbyte_agent_gmail::types::SendAs;
use clap::{Arg, ArgMatches, Command};
use serde_json::json;

use super::exit::Failure;
use super::output::{self, Format, Output};
use super::{dry_run, given_text};

/// The command's arguments.
pub(crate) fn command() -> Command {
    let address = || {
        Arg::new("address")
            .long("address")
            .value_name("ADDRESS")
            .help("Of which send-as address; the account's default by itself")
    };
    Command::new("signature")
        .about("The signature below new messages: show, set")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("show")
                .about("The signature, as HTML")
                .arg(address()),
        )
        .subcommand(
            Command::new("set")
                .about("Change the signature")
                .arg(
                    Arg::new("html")
                        .value_name("HTML")
                        .required(true)
                        .allow_hyphen_values(true)
                        .help("The signature; @FILE reads a file, - the standard input; an empty text takes it away"),
                )
                .arg(address()),
        )
}

/// Does what the subcommand says.
pub(crate) async fn run(gmail: GmailConnector, arguments: &ArgMatches) -> Result<(), Failure> {
    let Some((name, arguments)) = arguments.subcommand() else {
        return Ok(());
    };
    let send_as = gmail.settings().send_as();
    let address = arguments.get_one::<String>("address");
    if name == "show" {
        let identity = match address {
            Some(address) => send_as.get(address.as_str()).send().await?,
            None => usual(&gmail).await?,
        };
        return output::line(identity.signature.as_deref().unwrap_or_default());
    }
    let html = arguments.get_one::<String>("html").map(String::as_str);
    let html = given_text(html.unwrap_or_default())?;
    let address = match address {
        Some(address) => address.clone(),
        None => usual(&gmail).await?.send_as_email.unwrap_or_default(),
    };
    let output = Output::new(arguments, Format::Json);
    if dry_run(arguments) {
        return output.value(&json!({"dry_run": true, "address": address, "signature": html}));
    }
    // A patch leaves the identity's other fields alone.
    let changed = send_as.patch(address).signature(html).send().await?;
    output.show(&changed)
}

/// The identity with which new messages are written.
async fn usual(gmail: &GmailConnector) -> Result<SendAs, Failure> {
    let mut identities = gmail.settings().send_as().list().send().await?.send_as;
    let position = identities
        .iter()
        .position(|identity| identity.is_default == Some(true))
        .or_else(|| {
            identities
                .iter()
                .position(|identity| identity.is_primary == Some(true))
        })
        .ok_or_else(|| {
            Failure::Other("the account names no default address; give --address".to_owned())
        })?;
    Ok(identities.swap_remove(position))
}
