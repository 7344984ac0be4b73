//! `airbyte-gmail connectors`: the connectors at Airbyte, from their making to their end.

use std::time::Duration;

use airbyte_agent_gmail::api::airbyte::types::{
    CheckStatus, ConnectorCredentials, ReplicationConfig,
};
use airbyte_agent_gmail::auth::Secret;
use airbyte_agent_gmail::oauth::ConnectRequest;
use airbyte_agent_gmail::operation::gmail;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::json;

use super::exit::Failure;
use super::run::confirm;
use super::{browser, credential, output};

/// The commands.
pub(crate) fn command() -> Command {
    Command::new("connectors")
        .about("Make, check and delete connectors at Airbyte")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("create")
                .about("Make a connector from Google credentials: those of the environment, or of a signed-in account")
                .args(customer())
                .arg(create_workspace())
                .arg(name())
                .arg(spam()),
        )
        .subcommand(
            Command::new("connect")
                .about("Make a connector by the user's consent in a browser, and check it")
                .args(customer())
                .arg(name())
                .args(consent())
                .args(browser::arguments()),
        )
        .subcommand(
            Command::new("list")
                .about("List a customer's Gmail connectors")
                .args(customer()),
        )
        .subcommand(Command::new("get").about("Show a connector").arg(id(false)))
        .subcommand(
            Command::new("update")
                .about("Change a connector's name or settings")
                .arg(id(false))
                .arg(name())
                .arg(spam()),
        )
        .subcommand(
            Command::new("delete")
                .about("Delete a connector, and wait until it is gone")
                .arg(id(true))
                .arg(
                    Arg::new("timeout")
                        .long("timeout")
                        .value_name("SECONDS")
                        .value_parser(value_parser!(u64))
                        .default_value("120")
                        .help("How long to wait"),
                ),
        )
        .subcommand(Command::new("check").about("See whether a connector works").arg(id(false)))
        .subcommand(
            Command::new("inspect")
                .about("Show where a connector belongs and what can be done with it")
                .arg(id(false)),
        )
}

/// Who the connector belongs to.
pub(crate) fn customer() -> [Arg; 2] {
    [
        Arg::new("customer-name")
            .long("customer-name")
            .value_name("NAME")
            .conflicts_with("workspace-name")
            .help("The customer; else AIRBYTE_CUSTOMER_NAME"),
        Arg::new("workspace-name")
            .long("workspace-name")
            .value_name("NAME")
            .help("The same by its newer name; else AIRBYTE_WORKSPACE_NAME"),
    ]
}

/// What a consent takes beside the customer.
pub(crate) fn consent() -> [Arg; 3] {
    [
        create_workspace(),
        Arg::new("source-template-id")
            .long("source-template-id")
            .value_name("ID")
            .help("The source template, where the organization has several"),
        Arg::new("create-template")
            .long("create-template")
            .action(ArgAction::SetTrue)
            .help("Make the organization's own source template if there isn't one"),
    ]
}

fn create_workspace() -> Arg {
    Arg::new("create-workspace")
        .long("create-workspace")
        .action(ArgAction::SetTrue)
        .help("Make the customer's workspace if there isn't one of that name")
}

fn name() -> Arg {
    Arg::new("name")
        .long("name")
        .value_name("NAME")
        .help("The connector's name")
}

fn spam() -> Arg {
    Arg::new("include-spam-and-trash")
        .long("include-spam-and-trash")
        .value_name("BOOL")
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("true")
        .value_parser(value_parser!(bool))
        .help("Whether Airbyte's copy of the mailbox holds spam and trash too")
}

fn id(required: bool) -> Arg {
    Arg::new("id")
        .value_name("ID")
        .required(required)
        .help(if required {
            "The connector"
        } else {
            "The connector; else AIRBYTE_CONNECTOR_ID, or the one of `connectors connect`"
        })
}

/// Does what the arguments say.
pub(crate) async fn run(arguments: &ArgMatches) -> Result<(), Failure> {
    let Some((name, arguments)) = arguments.subcommand() else {
        return Err(Failure::input("no such command; see --help".to_owned()));
    };
    if name == "connect" {
        return connect(arguments).await;
    }
    if name == "create" {
        return create(arguments).await;
    }
    let airbyte = credential::airbyte()?;
    let connectors = airbyte.connectors();
    match name {
        "list" => {
            let call = connectors.list().definition_id(gmail().definition_id);
            let call = match named(arguments)? {
                Named::Workspace(name) => call.workspace_name(name),
                Named::Customer(name) => call.customer_name(name),
            };
            output::show(arguments, &call.send().await?)
        }
        "get" => output::show(arguments, &connectors.get(given(arguments)?).send().await?),
        "inspect" => output::show(
            arguments,
            &connectors.inspect(given(arguments)?).send().await?,
        ),
        "check" => check(arguments, &airbyte, &given(arguments)?, json!({})).await,
        "update" => {
            let mut call = connectors.update(given(arguments)?);
            if let Some(name) = arguments.get_one::<String>("name") {
                call = call.name(name);
            }
            if let Some(config) = config(arguments) {
                call = call.replication_config(config);
            }
            output::show(arguments, &call.send().await?)
        }
        "delete" => {
            let id = given(arguments)?;
            confirm(
                arguments,
                "connectors delete",
                "Delete a connector and its copy of the mailbox",
                "",
            )?;
            let seconds = arguments.get_one::<u64>("timeout").copied().unwrap_or(120);
            airbyte
                .delete_connector(&id, Duration::from_secs(seconds))
                .await?;
            forget(&id)?;
            output::show(arguments, &json!({"deleted": id}))
        }
        _ => Err(Failure::input("no such command; see --help".to_owned())),
    }
}

async fn create(arguments: &ArgMatches) -> Result<(), Failure> {
    let airbyte = credential::airbyte()?;
    let mut call = airbyte
        .connectors()
        .create()
        .connector_type(gmail().connector_type)
        .credentials(credentials(arguments)?);
    let named = named(arguments)?;
    if arguments.get_flag("create-workspace") {
        let (Named::Workspace(name) | Named::Customer(name)) = &named;
        airbyte.create_workspace(name).await?;
    }
    call = match named {
        Named::Workspace(name) => call.workspace_name(name),
        Named::Customer(name) => call.customer_name(name),
    };
    if let Some(name) = arguments.get_one::<String>("name") {
        call = call.name(name);
    }
    if let Some(config) = config(arguments) {
        call = call.replication_config(config);
    }
    let created = call.send().await.inspect_err(|error| {
        if error.is_not_found() {
            output::note("if the customer (workspace) is a new one, --create-workspace makes it");
        }
    })?;
    output::show(arguments, &created)
}

async fn connect(arguments: &ArgMatches) -> Result<(), Failure> {
    let airbyte = credential::airbyte()?;
    let (mut loopback, limit) = browser::listen(arguments).await?;
    let consent = request(arguments, loopback.redirect_url())?
        .begin(&airbyte)
        .await?;
    browser::send(arguments, consent.url(), &loopback);
    let id = consent.receive(&airbyte, &mut loopback, limit).await?;
    credential::directory()?.set_setting(credential::CONNECTOR_ID, Some(&id))?;
    output::note("the connector is made and remembered; checking it");
    check(arguments, &airbyte, &id, json!({"connector_id": id})).await
}

/// A consent, as the arguments describe it.
pub(crate) fn request(
    arguments: &ArgMatches,
    redirect_url: &str,
) -> Result<ConnectRequest, Failure> {
    let text = |name: &str| arguments.try_get_one::<String>(name).ok().flatten();
    let mut request = ConnectRequest::new(redirect_url)
        .create_template(arguments.get_flag("create-template"))
        .create_workspace(arguments.get_flag("create-workspace"));
    request = match named(arguments)? {
        Named::Workspace(name) => request.workspace_name(name),
        Named::Customer(name) => request.customer_name(name),
    };
    if let Some(name) = text("name") {
        request = request.name(name);
    }
    if let Some(id) = text("source-template-id") {
        request = request.source_template_id(id);
    }
    Ok(request)
}

/// Runs Airbyte's check, and prints what came of it with what is known already.
async fn check(
    arguments: &ArgMatches,
    airbyte: &airbyte_agent_gmail::Airbyte,
    id: &str,
    mut known: serde_json::Value,
) -> Result<(), Failure> {
    let result = airbyte.connectors().check(id).send().await?;
    let failed = matches!(
        result.status,
        Some(CheckStatus::Failed | CheckStatus::Cancelled)
    );
    if let Some(object) = known.as_object_mut() {
        object.insert(
            "check".to_owned(),
            serde_json::to_value(&result).map_err(|error| Failure::Other(error.to_string()))?,
        );
    }
    output::show(arguments, &known)?;
    if failed {
        return Err(Failure::Other(
            "the connector does not work; see error_message, and let the user consent again (`connectors connect`)"
                .to_owned(),
        ));
    }
    Ok(())
}

enum Named {
    Workspace(String),
    Customer(String),
}

fn named(arguments: &ArgMatches) -> Result<Named, Failure> {
    let text = |name: &str| arguments.get_one::<String>(name).cloned();
    if let Some(name) = text("workspace-name") {
        return Ok(Named::Workspace(name));
    }
    if let Some(name) = text("customer-name") {
        return Ok(Named::Customer(name));
    }
    credential::variable("AIRBYTE_WORKSPACE_NAME")
        .map(Named::Workspace)
        .or_else(|| credential::variable("AIRBYTE_CUSTOMER_NAME").map(Named::Customer))
        .ok_or_else(|| Failure::input("whose? give --customer-name or --workspace-name".to_owned()))
}

fn given(arguments: &ArgMatches) -> Result<String, Failure> {
    if let Some(id) = arguments.get_one::<String>("id") {
        return Ok(id.clone());
    }
    credential::connector_id()?.ok_or_else(|| {
        Failure::input("which connector? give its id, or set AIRBYTE_CONNECTOR_ID".to_owned())
    })
}

fn config(arguments: &ArgMatches) -> Option<ReplicationConfig> {
    arguments
        .get_one::<bool>("include-spam-and-trash")
        .map(|include| ReplicationConfig {
            include_spam_and_trash: Some(*include),
        })
}

/// The Google credentials that go to Airbyte: they are named, since this hands a mailbox over.
fn credentials(arguments: &ArgMatches) -> Result<ConnectorCredentials, Failure> {
    let is_named = arguments.get_one::<String>("account").is_some();
    if !is_named && let Some(token) = credential::variable("GMAIL_REFRESH_TOKEN") {
        output::note("credentials: the environment (GMAIL_REFRESH_TOKEN)");
        return Ok(ConnectorCredentials {
            access_token: None,
            client_id: credential::variable("GMAIL_CLIENT_ID"),
            client_secret: credential::variable("GMAIL_CLIENT_SECRET").map(Secret::from),
            refresh_token: Secret::from(token),
        });
    }
    let directory = credential::directory()?;
    let account = credential::account(&directory, arguments)?;
    match account {
        Some(account) => match account.tokens.refresh_token {
            Some(refresh_token) => {
                output::note(&format!("credentials: the signed-in account {}", account.name));
                Ok(ConnectorCredentials {
                    access_token: None,
                    client_id: Some(account.client_id),
                    client_secret: account.client_secret,
                    refresh_token,
                })
            }
            None => Err(Failure::input(
                "the account has no refresh token; run `airbyte-gmail auth login`".to_owned(),
            )),
        },
        None => Err(Failure::input(
            "no google credentials: set GMAIL_REFRESH_TOKEN with GMAIL_CLIENT_ID and GMAIL_CLIENT_SECRET, run `airbyte-gmail auth login`, or use `connectors connect`"
                .to_owned(),
        )),
    }
}

/// A connector that is gone is no default any more.
fn forget(id: &str) -> Result<(), Failure> {
    let directory = credential::directory()?;
    if directory.setting(credential::CONNECTOR_ID)?.as_deref() == Some(id) {
        directory.set_setting(credential::CONNECTOR_ID, None)?;
    }
    Ok(())
}
