//! `airbyte-gmail oauth`: the parts of a user's consent, for a service that receives the callback itself.

use airbyte_agent_gmail::api::airbyte::types::OAuthConfiguration;
use airbyte_agent_gmail::auth::Secret;
use airbyte_agent_gmail::oauth::GoogleClient;
use airbyte_agent_gmail::operation::gmail;
use clap::{Arg, ArgMatches, Command};
use serde_json::json;

use super::connector::{consent, customer, request};
use super::exit::Failure;
use super::{credential, output};

/// The commands.
pub(crate) fn command() -> Command {
    Command::new("oauth")
        .about("Begin a user's consent at Airbyte, and give Airbyte an OAuth app of your own")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("initiate")
                .about("Get the address of a consent page that returns to your own service")
                .args(customer())
                .args(consent())
                .arg(
                    Arg::new("redirect-url")
                        .long("redirect-url")
                        .value_name("URL")
                        .required(true)
                        .help("Where the consent page returns to"),
                )
                .arg(
                    Arg::new("name")
                        .long("name")
                        .value_name("NAME")
                        .help("The connector's name"),
                ),
        )
        .subcommand(
            Command::new("credentials")
                .about("The OAuth app that consents are given to")
                .subcommand_required(true)
                .arg_required_else_help(true)
                .subcommand(
                    Command::new("put")
                        .about("Use an OAuth app of your own from now on")
                        .arg(
                            Arg::new("client-file")
                                .long("client-file")
                                .value_name("FILE")
                                .conflicts_with_all(["client-id", "client-secret"])
                                .help("The client_secret_….json as downloaded from Google"),
                        )
                        .arg(
                            Arg::new("client-id")
                                .long("client-id")
                                .value_name("ID")
                                .help("The app's client id; else GMAIL_CLIENT_ID"),
                        )
                        .arg(
                            Arg::new("client-secret")
                                .long("client-secret")
                                .value_name("SECRET")
                                .help("The app's client secret; else GMAIL_CLIENT_SECRET"),
                        ),
                )
                .subcommand(Command::new("delete").about("Go back to Airbyte's own OAuth app")),
        )
}

/// Does what the arguments say.
pub(crate) async fn run(arguments: &ArgMatches) -> Result<(), Failure> {
    match arguments.subcommand() {
        Some(("initiate", arguments)) => initiate(arguments).await,
        Some(("credentials", arguments)) => match arguments.subcommand() {
            Some(("put", arguments)) => put(arguments).await,
            Some((_, arguments)) => {
                credential::airbyte()?
                    .oauth_credentials()
                    .delete(gmail().connector_name)
                    .send()
                    .await?;
                output::show(arguments, &json!({"oauth_app": "airbyte"}))
            }
            None => Err(Failure::input("no such command; see --help".to_owned())),
        },
        _ => Err(Failure::input("no such command; see --help".to_owned())),
    }
}

async fn initiate(arguments: &ArgMatches) -> Result<(), Failure> {
    let redirect_url = arguments
        .get_one::<String>("redirect-url")
        .cloned()
        .unwrap_or_default();
    let consent = request(arguments, &redirect_url)?
        .begin(&credential::airbyte()?)
        .await?;
    output::show(
        arguments,
        &json!({
            "consent_url": consent.url(),
            "correlation": consent.correlation(),
        }),
    )
}

async fn put(arguments: &ArgMatches) -> Result<(), Failure> {
    let text = |name: &str, variable: &str| {
        arguments
            .get_one::<String>(name)
            .cloned()
            .or_else(|| credential::variable(variable))
    };
    let (client_id, client_secret) = match arguments.get_one::<String>("client-file") {
        Some(file) => {
            let text = std::fs::read_to_string(file).map_err(|error| {
                Failure::input(format!("the client file can't be read: {error}"))
            })?;
            let client = GoogleClient::from_json(&text)?;
            (Some(client.id().to_owned()), client.secret().cloned())
        }
        None => (
            text("client-id", "GMAIL_CLIENT_ID"),
            text("client-secret", "GMAIL_CLIENT_SECRET").map(Secret::from),
        ),
    };
    let (Some(client_id), Some(client_secret)) = (client_id, client_secret) else {
        return Err(Failure::input(
            "give the app's --client-id and --client-secret, or --client-file".to_owned(),
        ));
    };
    let configuration = OAuthConfiguration {
        client_id,
        client_secret,
    };
    let stored = credential::airbyte()?
        .oauth_credentials()
        .update(configuration)
        .connector_definition_id(gmail().definition_id)
        .send()
        .await?;
    output::show(arguments, &stored)
}
