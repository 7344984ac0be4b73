//! `airbyte-gmail connectors`: creates, checks and deletes connectors at Airbyte.

mod any;

use std::time::Duration;

use airbyte_agent_gmail::api::airbyte::types::{
    CheckStatus, ConnectorCredentials, ReplicationConfig,
};
use airbyte_agent_gmail::auth::Secret;
use airbyte_agent_gmail::operation::gmail;
use airbyte_agent_gmail::{Airbyte, Error};
use clap::{Args, Subcommand};
use serde_json::json;

use super::action::confirm;
use crate::cli::args::{Browser, Consent, Customer, Global, Named, seconds};
use crate::cli::exit::Failure;
use crate::cli::field::{self, Fields};
use crate::cli::output::Format;
use crate::cli::{output, settings};

/// Create, check and delete connectors at Airbyte
#[derive(Subcommand)]
pub(crate) enum Connectors {
    /// Create a connector from the Google credentials of the environment or of a signed-in account
    Create {
        #[command(flatten)]
        customer: Customer,
        /// Create the customer's workspace if it does not exist
        #[arg(long)]
        create_workspace: bool,
        #[command(flatten)]
        change: Change,
    },
    /// Create a connector with the user's consent in a browser, and check it
    Connect {
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        browser: Browser,
    },
    /// List a customer's Gmail connectors
    List {
        #[command(flatten)]
        customer: Customer,
    },
    /// Show a connector
    Get(Connector),
    /// Change a connector's name or settings
    Update {
        #[command(flatten)]
        connector: Connector,
        #[command(flatten)]
        change: Change,
    },
    /// Delete a connector, and wait until it is gone
    Delete {
        /// The connector
        id: String,
        /// How long to wait
        #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = seconds(..))]
        timeout: Duration,
    },
    /// Check whether a connector works
    Check {
        #[command(flatten)]
        connector: Connector,
        /// How long to wait for a check that is still running
        #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "60", value_parser = seconds(..))]
        wait: Option<Duration>,
    },
    /// Show where a connector belongs and what it can do
    Inspect(Connector),
    #[command(flatten)]
    Any(any::Any),
}

#[derive(Args)]
pub(crate) struct Connector {
    /// The connector (default: AIRBYTE_CONNECTOR_ID, or the one of `connectors connect`)
    id: Option<String>,
}

impl Connector {
    fn id(self) -> Result<String, Failure> {
        match self.id {
            Some(id) => Ok(id),
            None => settings::connector_id()?.ok_or_else(|| {
                Failure::input("which connector? give its id, or set AIRBYTE_CONNECTOR_ID")
            }),
        }
    }
}

#[derive(Args)]
pub(crate) struct Change {
    /// The connector's name
    #[arg(long)]
    name: Option<String>,
    /// Whether Airbyte's copy of the mailbox includes spam and trash
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    include_spam_and_trash: Option<bool>,
}

impl Change {
    fn config(&self) -> Option<ReplicationConfig> {
        self.include_spam_and_trash
            .map(|include| ReplicationConfig {
                include_spam_and_trash: Some(include),
            })
    }
}

impl Connectors {
    /// The fields of its results.
    pub(crate) fn fields(&self) -> Fields {
        let of = |action| field::of_airbyte("connectors", action);
        match self {
            Self::Create { .. } => of("create"),
            Self::Connect { .. } => &["connector_id", "check"],
            Self::List { .. } | Self::Get(_) => of("get"),
            Self::Update { .. } => of("update"),
            Self::Delete { .. } => &["deleted"],
            Self::Check { .. } => &["check"],
            Self::Inspect(_) => of("inspect"),
            Self::Any(command) => command.fields(),
        }
    }

    /// Runs the command.
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let airbyte = settings::airbyte()?;
        let connectors = airbyte.connectors();
        match self {
            Self::Any(command) => command.run(global, &airbyte).await,
            Self::Create {
                customer,
                create_workspace,
                change,
            } => {
                create(
                    global,
                    &airbyte,
                    customer.named()?,
                    create_workspace,
                    change,
                )
                .await
            }
            Self::Connect { consent, browser } => {
                let mut loopback = browser.listen().await?;
                let consent = consent
                    .request(loopback.redirect_url())?
                    .begin(&airbyte)
                    .await?;
                browser.send(consent.url(), &loopback);
                let id = consent
                    .receive(&airbyte, &mut loopback, browser.timeout)
                    .await?;
                settings::directory()?.set_setting(settings::CONNECTOR_ID, Some(&id))?;
                output::note("the connector is created and saved; checking it");
                let known = json!({"connector_id": id});
                check(global, &airbyte, &id, CHECK_OF_NEW, known).await
            }
            Self::List { customer } => {
                let call = connectors.list().definition_id(gmail().definition_id);
                let call = match customer.named()? {
                    Named::Workspace(name) => call.workspace_name(name),
                    Named::Customer(name) => call.customer_name(name),
                };
                let list = call.send().await.inspect_err(|error| {
                    if is_of_customer(error) {
                        output::note(
                            "airbyte has no customer (workspace) of that name, or none with a connector; \
                             `connectors connect` creates one",
                        );
                    }
                })?;
                if list.data.is_empty() {
                    output::note(
                        "the customer has no gmail connector; `connectors connect` creates one",
                    );
                }
                let output = global.output(Format::Json).with_columns(&["id", "name"]);
                output.show_list(&list)
            }
            Self::Get(connector) => global.show(&connectors.get(connector.id()?).send().await?),
            Self::Update { connector, change } => {
                let mut call = connectors.update(connector.id()?);
                if let Some(config) = change.config() {
                    call = call.replication_config(config);
                }
                if let Some(name) = change.name {
                    call = call.name(name);
                }
                global.show(&call.send().await?)
            }
            Self::Delete { id, timeout } => {
                confirm(
                    global,
                    "connectors delete",
                    "Delete a connector and its copy of the mailbox",
                    "",
                )?;
                airbyte.delete_connector(&id, timeout).await?;
                forget(&id)?;
                global.show(&json!({"deleted": id}))
            }
            Self::Check { connector, wait } => {
                let wait = wait.unwrap_or_default();
                check(global, &airbyte, &connector.id()?, wait, json!({})).await
            }
            Self::Inspect(connector) => {
                let id = connector.id()?;
                let inspection = connectors.inspect(&id).send().await?;
                output::note(&format!(
                    "how to use it: airbyte-gmail connectors docs --connector-id {id}"
                ));
                global.show(&inspection)
            }
        }
    }
}

async fn create(
    global: &Global,
    airbyte: &Airbyte,
    named: Named,
    create_workspace: bool,
    change: Change,
) -> Result<(), Failure> {
    let mut call = airbyte
        .connectors()
        .create()
        .connector_type(gmail().connector_type)
        .credentials(credentials(global)?);
    if create_workspace {
        let (Named::Workspace(name) | Named::Customer(name)) = &named;
        airbyte.create_workspace(name).await?;
    }
    call = match named {
        Named::Workspace(name) => call.workspace_name(name),
        Named::Customer(name) => call.customer_name(name),
    };
    if let Some(config) = change.config() {
        call = call.replication_config(config);
    }
    if let Some(name) = change.name {
        call = call.name(name);
    }
    let created = call.send().await.inspect_err(|error| {
        if is_of_customer(error) {
            output::note("if the customer (workspace) is new, --create-workspace creates it");
        }
    })?;
    global.show(&created)
}

/// Whether the customer (workspace) was not found, and not something else.
fn is_of_customer(error: &Error) -> bool {
    let said = error.service_message().unwrap_or_default();
    let said = said.to_ascii_lowercase();
    error.is_not_found()
        && ["workspace", "customer", "user"]
            .iter()
            .any(|word| said.contains(word))
}

/// How long the check of a new connector may take.
const CHECK_OF_NEW: Duration = Duration::from_secs(30);

/// Runs Airbyte's check and shows the result, added to the known fields.
async fn check(
    global: &Global,
    airbyte: &Airbyte,
    id: &str,
    wait: Duration,
    mut known: serde_json::Value,
) -> Result<(), Failure> {
    let result = airbyte.check_connector(id, wait).await?;
    known["check"] = serde_json::to_value(&result)?;
    global.show(&known)?;
    match result.status {
        Some(CheckStatus::Succeeded) => Ok(()),
        Some(CheckStatus::Failed) => Err(Failure::other("the connector does not work; see error_message, and let the user consent again (`connectors connect`)")),
        Some(CheckStatus::Cancelled) => Err(Failure::Other(format!(
            "the check was cancelled, which says nothing about the connector; run `connectors check {id}` again"
        ))),
        Some(CheckStatus::Skipped) => Err(Failure::Later(
            "the check was skipped, which says nothing about the connector; run an action with it to find out".to_owned(),
        )),
        status => {
            let status = status.as_ref().map_or("unknown", CheckStatus::as_str);
            let next = if wait.is_zero() {
                format!("run `connectors check {id} --wait` to wait until it ends")
            } else {
                format!("it may still end: run `connectors check {id} --wait SECONDS` again")
            };
            Err(Failure::Later(format!(
                "the check is {status}, which is not a success yet; {next}"
            )))
        }
    }
}

/// The Google credentials to give to Airbyte. Says which they are, because this hands over a mailbox.
fn credentials(global: &Global) -> Result<ConnectorCredentials, Failure> {
    if global.account.is_none()
        && let Some(token) = settings::variable("GMAIL_REFRESH_TOKEN")
    {
        output::note("credentials: the environment (GMAIL_REFRESH_TOKEN)");
        return Ok(ConnectorCredentials {
            access_token: None,
            client_id: settings::variable("GMAIL_CLIENT_ID"),
            client_secret: settings::variable("GMAIL_CLIENT_SECRET").map(Secret::from),
            refresh_token: Secret::from(token),
        });
    }
    let directory = settings::directory()?;
    let account = settings::account(&directory, global)?;
    match account {
        Some(account) => match account.tokens.refresh_token {
            Some(refresh_token) => {
                output::note(&format!(
                    "credentials: the signed-in account {}",
                    account.name
                ));
                Ok(ConnectorCredentials {
                    access_token: None,
                    client_id: Some(account.client_id),
                    client_secret: account.client_secret,
                    refresh_token,
                })
            }
            None => Err(Failure::input(
                "the account has no refresh token; run `airbyte-gmail auth login`",
            )),
        },
        None => Err(Failure::input(
            "no google credentials: set GMAIL_REFRESH_TOKEN with GMAIL_CLIENT_ID and GMAIL_CLIENT_SECRET, run `airbyte-gmail auth login`, or use `connectors connect`",
        )),
    }
}

/// A deleted connector can't stay the default.
fn forget(id: &str) -> Result<(), Failure> {
    let directory = settings::directory()?;
    if directory.setting(settings::CONNECTOR_ID)?.as_deref() == Some(id) {
        directory.set_setting(settings::CONNECTOR_ID, None)?;
    }
    Ok(())
}
