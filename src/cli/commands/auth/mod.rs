//! `airbyte-gmail auth`: signing in, and what is signed in.

mod doctor;
mod login;

use std::time::{SystemTime, UNIX_EPOCH};

use airbyte_agent_gmail::auth::{Account, FileTokenStore, TokenStore};
use airbyte_agent_gmail::operation::{Operation, gmail};
use clap::Subcommand;
use serde_json::{Value, json};

use crate::cli::args::Global;
use crate::cli::exit::Failure;
use crate::cli::source::Source;
use crate::cli::{output, settings};

/// What the help says about the variables.
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
(redis://host:6379); AIRBYTE_GMAIL_STORE_KEY is the key of the tokens in it.";

/// Sign in to Google, and see who is signed in
#[derive(Subcommand)]
#[command(after_help = VARIABLES)]
pub(crate) enum Auth {
    Login(login::Login),
    /// List the accounts that are signed in
    List,
    /// Show which credentials are used, their scopes and when they end
    Status,
    /// Make an account the default
    Use {
        /// The account
        name: String,
    },
    /// Revoke an account's tokens at Google, then forget them
    Logout {
        /// Only forget them, where Google can't be reached
        #[arg(long)]
        local: bool,
    },
    /// Print an access token, for curl and the like; keep it as a password
    Token,
    /// Find out what is wrong with the credentials, and how to fix it
    Doctor {
        /// Also see whether the scopes allow this operation, such as messages.list [repeat for more]
        #[arg(long, value_name = "ENTITY.ACTION")]
        operation: Vec<String>,
    },
}

impl Auth {
    /// Does what the arguments say.
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

/// The operations of the given names, such as `messages.list`.
fn chosen(names: &[String]) -> Result<Rows, Failure> {
    names
        .iter()
        .map(|name| {
            // The id is what errors and lists name an operation by.
            if let Some(row) = gmail().by_id(name) {
                return Ok(row);
            }
            let (entity, action) = name.rsplit_once(['.', '/']).ok_or_else(|| {
                Failure::input("an operation is named like messages.list".to_owned())
            })?;
            Ok(gmail().find(&entity.replace('-', "_"), &action.replace('-', "_"))?)
        })
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
    global.show(&accounts)
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
    global.show(&json!({
        "google": source,
        "account": account.map(|account| shown(&account, default.as_deref())),
        "airbyte": {
            "credentials": settings::airbyte_variable().map_or("none", |_| "environment"),
            "connector_id": connector,
        },
        "shared_store": settings::shared_store().is_some(),
    }))
}

async fn token(global: &Global) -> Result<(), Failure> {
    let token = settings::connect(global)?.access_token().await?;
    output::line(token.expose())
}

fn make_default(global: &Global, name: &str) -> Result<(), Failure> {
    let directory = settings::directory()?;
    match directory.get(name)? {
        Some(account) => {
            directory.set_default(name)?;
            global.show(&shown(&account, Some(name)))
        }
        None => Err(Failure::input(format!(
            "no account of that name is signed in; there is: {}",
            settings::shown(&directory.names()?)
        ))),
    }
}

async fn logout(global: &Global, local: bool) -> Result<(), Failure> {
    let directory = settings::directory()?;
    let name = match &global.account {
        Some(name) => Some(name.clone()),
        None => directory.default_name()?,
    };
    // To forget an account one need not be able to read its tokens, which a lost keyring would not give.
    let name = name
        .filter(|name| directory.file(name).is_ok_and(|file| file.exists()))
        .ok_or_else(|| {
            Failure::input(
                "no such account is signed in; `airbyte-gmail auth list` shows which are"
                    .to_owned(),
            )
        })?;
    // Held so that no refresh of another process puts tokens back.
    let lock = FileTokenStore::new(directory.file(&name)?)
        .lock()
        .await
        .map_err(|error| Failure::Other(error.to_string()))?;
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
    global.show(
        &json!({"account": name, "revoked": !local, "default_account": directory.default_name()?}),
    )
}

/// An account without its secrets.
pub(crate) fn shown(account: &Account, default: Option<&str>) -> Value {
    let seconds = |time: Option<SystemTime>| {
        time.and_then(|time| time.duration_since(UNIX_EPOCH).ok())
            .map(|since| since.as_secs())
    };
    let date = |time: Option<SystemTime>| {
        // A time that can't be written was not read either.
        seconds(time).and(time).map(httpdate::fmt_http_date)
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
