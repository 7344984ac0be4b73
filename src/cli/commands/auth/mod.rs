//! `airbyte-gmail auth`: signs in, and shows what is signed in.

mod doctor;
mod login;

use std::time::{SystemTime, UNIX_EPOCH};

use airbyte_agent_gmail::auth::{Account, TokenSet, missing_scopes};
use airbyte_agent_gmail::operation::{Operation, gmail};
use airbyte_agent_gmail::tool::visible_text;
use clap::Subcommand;
use serde_json::{Value, json};

use crate::cli::args::Global;
use crate::cli::exit::Failure;
use crate::cli::field::Fields;
use crate::cli::source::Source;
use crate::cli::{label, output, settings};

/// The fields of an account.
const ACCOUNT: [&str; 9] = [
    "account",
    "default",
    "store",
    "client_id",
    "scopes",
    "signed_in_at",
    "access_token_expires_at",
    "access_token_expires_in_seconds",
    "refresh_token_expires_at",
];

/// The part of the help about variables.
const VARIABLES: &str = "\
Variables that give credentials, where --account names no account:
  Open source: GMAIL_REFRESH_TOKEN (or GMAIL_ACCESS_TOKEN), GMAIL_CLIENT_ID,
               GMAIL_CLIENT_SECRET; or GOOGLE_APPLICATION_CREDENTIALS, for a
               service account with GMAIL_SUBJECT and GMAIL_SCOPES
  Hosted:      AIRBYTE_CLIENT_ID and AIRBYTE_CLIENT_SECRET (or
               AIRBYTE_BEARER_TOKEN); AIRBYTE_CUSTOMER_NAME,
               AIRBYTE_WORKSPACE_NAME or AIRBYTE_CONNECTOR_ID;
               AIRBYTE_ORGANIZATION_ID
Several hosts share tokens and Google's quota through AIRBYTE_GMAIL_STORE
(redis://host:6379); AIRBYTE_GMAIL_STORE_KEY is the key of the tokens in it.

Defaults: config.yaml in the folder of the accounts (AIRBYTE_GMAIL_CONFIG_DIR, else
~/.config/airbyte-gmail on Linux) may have mode and limit, and for a terminal
output and pager, such as \"limit: 25\". Flags and the environment win.";

/// Sign in to Google, and see which accounts are signed in
#[derive(Subcommand)]
#[command(after_help = VARIABLES)]
pub(crate) enum Auth {
    Login(login::Login),
    /// List the accounts that are signed in
    List,
    /// Show which credentials are used, their scopes and when they expire
    Status,
    /// Make an account the default
    Use {
        /// The account
        name: String,
    },
    /// Revoke an account's tokens at Google, then forget them
    Logout {
        /// Only forget them, if Google can't be reached
        #[arg(long)]
        local: bool,
    },
    /// Print an access token for curl and similar tools; treat it like a password
    Token,
    /// Find out what is wrong with the credentials, and how to fix it
    Doctor {
        /// Also check whether the scopes allow this operation, such as messages.list [repeat for more]
        #[arg(long, value_name = "ENTITY.ACTION")]
        operation: Vec<String>,
    },
}

impl Auth {
    /// The fields of its results.
    pub(crate) fn fields(&self) -> Fields {
        match self {
            Self::Login(_) | Self::List | Self::Use { .. } => &ACCOUNT,
            Self::Status => &["google", "account", "airbyte", "shared_store"],
            Self::Logout { .. } => &["account", "revoked", "default_account"],
            Self::Token => &[],
            Self::Doctor { .. } => &["ok", "findings"],
        }
    }

    /// Runs the command.
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        match self {
            Self::Login(login) => login.run(global).await,
            Self::List => list(global),
            Self::Status => status(global),
            Self::Use { name } => make_default(global, &name),
            Self::Logout { local } => logout(global, local).await,
            Self::Token => token(global).await,
            Self::Doctor { operation } => doctor::run(global, &chosen(&operation)?).await,
        }
    }
}

type Rows = Vec<&'static Operation>;

/// The operations with these names, such as `messages.list`.
fn chosen(names: &[String]) -> Result<Rows, Failure> {
    names
        .iter()
        .map(|name| {
            // Errors and lists name an operation by its id.
            if let Some(row) = gmail().by_id(name) {
                return Ok(row);
            }
            let (entity, action) = name.rsplit_once(['.', '/']).ok_or_else(|| {
                Failure::input(format!(
                    "`{}` is not an operation; give a name like messages.list",
                    visible_text(name)
                ))
            })?;
            Ok(gmail().find(&entity.replace('-', "_"), &action.replace('-', "_"))?)
        })
        .collect()
}

/// The actions that the tokens' scopes do not allow.
fn missing_actions(rows: Rows, tokens: &TokenSet) -> Vec<String> {
    missing_scopes(rows, &tokens.scopes)
        .map(|row| format!("{}.{}", row.entity, row.action))
        .collect()
}

fn list(global: &Global) -> Result<(), Failure> {
    let directory = settings::directory()?;
    let default = directory.default_name()?;
    let mut accounts = Vec::new();
    for name in directory.names()? {
        if let Some(account) = directory.get(&name)? {
            accounts.push(shown(&account, default.as_deref()));
        }
    }
    global.tell(&accounts, |_| match accounts.as_slice() {
        [] => "no account is signed in; run `airbyte-gmail auth login`".to_owned(),
        accounts => accounts.iter().map(told).collect::<Vec<_>>().join("\n"),
    })
}

/// An account as a line for people.
pub(crate) fn told(account: &Value) -> String {
    let text = |name: &str| account[name].as_str().unwrap_or_default();
    let default = if account["default"] == true {
        ", the default account"
    } else {
        ""
    };
    let (account, store) = (text("account"), text("store"));
    output::marked(true, &format!("{account}{default} (tokens in the {store})"))
}

fn status(global: &Global) -> Result<(), Failure> {
    let directory = settings::directory()?;
    let account = settings::account(&directory, global)?;
    let default = directory.default_name()?;
    let source = match Source::find(&directory, global)? {
        Some(source) => source.to_json(&directory)?,
        None => json!({"from": "nowhere", "next": "airbyte-gmail auth login"}),
    };
    let connector = settings::connector_id()?;
    let status = json!({
        "google": source,
        "account": account.map(|account| shown(&account, default.as_deref())),
        "airbyte": {
            "credentials": settings::airbyte_variable().map_or("none", |_| "environment"),
            "connector_id": connector,
        },
        "shared_store": settings::shared_store().is_some(),
    });
    global.tell(&status, status_lines)
}

/// The status as lines for people.
fn status_lines(status: &Value) -> String {
    let source = &status["google"];
    let text = |value: &Value| value.as_str().map(visible_text);
    let of = |name: &str| text(&source[name]);
    let has_google = source["from"] != "nowhere";
    let from = of("from").unwrap_or_default();
    let what = ["account", "variable", "file", "subject"];
    let google = match what.iter().find_map(|name| of(name)) {
        Some(what) if has_google => format!("google: {from}, {what}"),
        None if has_google => format!("google: {from}"),
        _ => "google: no credentials; run `airbyte-gmail auth login`".to_owned(),
    };
    let mut lines = vec![output::marked(has_google, &google)];
    if let Some(end) = text(&status["account"]["access_token_expires_at"]) {
        lines.push(format!(
            "  the access token lasts until {end}, and is renewed"
        ));
    }
    if let Some(scopes) = status["account"]["scopes"].as_array() {
        let scopes = scopes.iter().filter_map(text).collect::<Vec<_>>();
        lines.push(format!("  scopes: {}", scopes.join(" ")));
    }
    let airbyte = &status["airbyte"];
    if airbyte["credentials"] == "environment" {
        let connector = text(&airbyte["connector_id"]);
        let connector = connector.map_or_else(String::new, |id| format!(", connector {id}"));
        let line = format!("airbyte: the environment{connector}");
        lines.push(output::marked(true, &line));
    }
    lines.join("\n")
}

async fn token(global: &Global) -> Result<(), Failure> {
    let token = settings::connect(global)?.access_token().await?;
    output::line(token.expose())
}

fn make_default(global: &Global, name: &str) -> Result<(), Failure> {
    let directory = settings::directory()?;
    if directory.file(name).is_err() {
        return Err(Failure::input(format!(
            "`{}` is not a signed-in account; {}",
            visible_text(name),
            settings::shown(&directory.names()?)
        )));
    }
    match directory.get(name)? {
        Some(account) => {
            directory.set_default(name)?;
            global.tell(&shown(&account, Some(name)), told)
        }
        None => settings::not_signed_in(&directory, name),
    }
}

async fn logout(global: &Global, local: bool) -> Result<(), Failure> {
    let directory = settings::directory()?;
    let name = match &global.account {
        Some(name) => Some(name.clone()),
        None => directory.default_name()?,
    };
    let name = name.ok_or_else(|| {
        Failure::input("no account is signed in, so there is nothing to sign out")
    })?;
    // Signing out must work without reading the tokens, which a lost keyring can't return.
    if !directory.file(&name).is_ok_and(|file| file.exists()) {
        return settings::not_signed_in(&directory, &name);
    }
    // Held so that another process's refresh does not put the tokens back.
    let lock = settings::lock(&directory, &name).await?;
    if !local && let Some(account) = directory.get(&name)? {
        let token = account
            .tokens
            .refresh_token
            .as_ref()
            .unwrap_or(&account.tokens.access_token);
        if let Err(error) = settings::client_of(&account).revoke(token).await {
            output::note(
                "the account is still signed in, since google did not revoke its tokens; --local forgets them anyway",
            );
            return Err(error.into());
        }
    }
    directory.remove(&name)?;
    drop(lock);
    label::forget();
    global.tell(
        &json!({"account": name, "revoked": !local, "default_account": directory.default_name()?}),
        |_| output::marked(true, &format!("{name} is signed out")),
    )
}

/// An account without its secrets.
pub(crate) fn shown(account: &Account, default: Option<&str>) -> Value {
    // HTTP dates can't express times before 1970.
    let date = |time: Option<SystemTime>| {
        let time = time.filter(|time| *time >= UNIX_EPOCH);
        time.map(httpdate::fmt_http_date)
    };
    json!({
        "account": account.name,
        "default": default == Some(account.name.as_str()),
        "store": account.place.as_str(),
        "client_id": account.client_id,
        "scopes": account.tokens.scopes,
        "signed_in_at": date(account.signed_in_at),
        "access_token_expires_at": date(account.tokens.expires_at),
        "access_token_expires_in_seconds": account.tokens.remaining().map(|left| left.as_secs()),
        "refresh_token_expires_at": date(account.tokens.refresh_token_expires_at),
    })
}
