//! `airbyte-gmail auth`: signing in, and what is signed in.

use std::time::{SystemTime, UNIX_EPOCH};

use airbyte_agent_gmail::auth::{
    Account, AccountDirectory, FileTokenStore, TokenPlace, TokenSet, TokenStore, least_scopes,
    missing_scopes, read_only_scopes, refused_scopes,
};
use airbyte_agent_gmail::oauth::GoogleClient;
use airbyte_agent_gmail::operation::{Operation, gmail};
use airbyte_agent_gmail::{GmailAuthConfig, GmailConnector};
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};

use super::exit::Failure;
use super::{browser, credential, doctor, output};

/// The name of an account whose scopes do not let its address be seen.
const UNNAMED: &str = "default";

/// The commands.
pub(crate) fn command() -> Command {
    Command::new("auth")
        .about("Sign in to Google, and see who is signed in")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(login())
        .subcommand(Command::new("list").about("List the accounts that are signed in"))
        .subcommand(
            Command::new("status")
                .about("Show which credentials are used, their scopes and when they end"),
        )
        .subcommand(
            Command::new("use")
                .about("Make an account the default")
                .arg(
                    Arg::new("name")
                        .value_name("NAME")
                        .required(true)
                        .help("The account"),
                ),
        )
        .subcommand(
            Command::new("logout")
                .about("Revoke an account's tokens at Google, then forget them")
                .arg(
                    Arg::new("local")
                        .long("local")
                        .action(ArgAction::SetTrue)
                        .help("Only forget them, where Google can't be reached"),
                ),
        )
        .subcommand(
            Command::new("doctor")
                .about("Find out what is wrong with the credentials, and how to fix it")
                .arg(operations(
                    "Also see whether the scopes allow this operation, such as messages.list",
                )),
        )
}

fn login() -> Command {
    Command::new("login")
        .about("Sign in with a browser, and keep the tokens")
        .long_about(
            "Sign in with a browser, and keep the tokens.\n\n\
             Needs an OAuth client of type \"desktop app\": in the Google Cloud console, enable the Gmail API, then make the \
             client under \"Credentials\" and download its json.\n\n\
             Asks for the scopes that Airbyte's connector needs, without those that delete mail for good; --read-only, \
             --operation and --scope ask for others.",
        )
        .arg(
            Arg::new("client-file")
                .long("client-file")
                .value_name("FILE")
                .conflicts_with_all(["client-id", "client-secret"])
                .help("The client_secret_….json as downloaded"),
        )
        .arg(
            Arg::new("client-id")
                .long("client-id")
                .value_name("ID")
                .help("The OAuth client's id; else GMAIL_CLIENT_ID, or that of the account signed in before"),
        )
        .arg(
            Arg::new("client-secret")
                .long("client-secret")
                .value_name("SECRET")
                .help("The OAuth client's secret; GMAIL_CLIENT_SECRET keeps it out of the list of processes"),
        )
        .arg(
            Arg::new("read-only")
                .long("read-only")
                .action(ArgAction::SetTrue)
                .conflicts_with_all(["scope", "operation"])
                .help("Ask only for what reading needs"),
        )
        .arg(
            Arg::new("scope")
                .long("scope")
                .value_name("URL")
                .action(ArgAction::Append)
                .conflicts_with("operation")
                .help("Ask for this scope [repeat for more]"),
        )
        .arg(operations("Ask for the least that this operation needs, such as messages.list"))
        .arg(
            Arg::new("store")
                .long("store")
                .value_name("PLACE")
                .value_parser(["file", "keyring"])
                .help("Where to keep the tokens: a file that only you can read, or the system's keyring; else \
                       AIRBYTE_GMAIL_STORE, or where they were before, or the file"),
        )
        .args(browser::arguments())
}

fn operations(help: &'static str) -> Arg {
    Arg::new("operation")
        .long("operation")
        .value_name("ENTITY.ACTION")
        .action(ArgAction::Append)
        .help(format!("{help} [repeat for more]"))
}

/// Does what the arguments say.
pub(crate) async fn run(arguments: &ArgMatches) -> Result<(), Failure> {
    match arguments.subcommand() {
        Some(("login", arguments)) => sign_in(arguments).await,
        Some(("list", arguments)) => list(arguments),
        Some(("status", arguments)) => status(arguments),
        Some(("use", arguments)) => make_default(arguments),
        Some(("logout", arguments)) => logout(arguments).await,
        Some(("doctor", arguments)) => {
            let rows = chosen(arguments)?;
            doctor::run(arguments, &rows).await
        }
        _ => Err(Failure::input("no such command; see --help".to_owned())),
    }
}

async fn sign_in(arguments: &ArgMatches) -> Result<(), Failure> {
    let directory = credential::directory()?;
    let client = client(arguments)?;
    let (scopes, rows) = wanted(arguments)?;
    let wanted_place = place(arguments)?;
    let known = match arguments.get_one::<String>("account") {
        Some(name) => Some(name.clone()),
        None => directory.default_name()?,
    };
    // Before the browser opens: a consent whose tokens can't be kept is a consent for nothing.
    directory.check_place(place_of(&directory, wanted_place, known.as_deref())?)?;
    let hint = arguments
        .get_one::<String>("account")
        .filter(|name| name.contains('@'));
    let (mut loopback, limit) = browser::listen(arguments).await?;
    let consent = client.consent(loopback.redirect_url(), &scopes, hint.map(String::as_str))?;
    browser::send(arguments, consent.url(), &loopback);
    let tokens = consent.receive(&client, &mut loopback, limit).await?;
    let name = match arguments.get_one::<String>("account") {
        Some(name) => name.clone(),
        None => address(&client, &tokens).await,
    };
    let refused: Vec<&str> = refused_scopes(&scopes, &tokens.scopes).collect();
    let partly = (!refused.is_empty()).then(|| {
        let missing: Vec<String> = missing_scopes(rows, &tokens.scopes)
            .map(|row| format!("{}.{}", row.entity, row.action))
            .collect();
        let effect = if missing.is_empty() {
            String::new()
        } else {
            format!("; not allowed are: {}", missing.join(", "))
        };
        format!(
            "note: less was granted than asked for, without {}{effect}; to allow all, sign in again and tick every box",
            refused.join(" ")
        )
    });
    let mut account = Account::new(name.as_str(), client.id(), client.secret().cloned(), tokens);
    account.place = place_of(&directory, wanted_place, Some(&name))?;
    // Another process may be about to write the refreshed token of the sign-in before this one. The lock is beside the
    // account's file wherever its tokens are.
    let lock = FileTokenStore::new(directory.file(&name)?)
        .lock()
        .await
        .map_err(|error| Failure::Other(error.to_string()))?;
    directory.put(&account)?;
    drop(lock);
    if let Some(variable) = credential::google_variable() {
        output::note(&format!(
            "note: {variable} is set and wins over this account; unset it, or give --account, to use the account"
        ));
    }
    if let Some(partly) = partly {
        output::note(&partly);
    }
    output::show(
        arguments,
        &shown(&account, directory.default_name()?.as_deref()),
    )
}

/// The OAuth client: of the arguments, the environment, or the account that is signed in already.
fn client(arguments: &ArgMatches) -> Result<GoogleClient, Failure> {
    let text = |name: &str| arguments.get_one::<String>(name).cloned();
    if let Some(file) = text("client-file") {
        let text = std::fs::read_to_string(&file)
            .map_err(|error| Failure::input(format!("the client file can't be read: {error}")))?;
        return Ok(credential::at_google(GoogleClient::from_json(&text)?));
    }
    if let Some(id) = text("client-id").or_else(|| credential::variable("GMAIL_CLIENT_ID")) {
        let client = GoogleClient::new(id);
        let secret = text("client-secret").or_else(|| credential::variable("GMAIL_CLIENT_SECRET"));
        return Ok(credential::at_google(match secret {
            Some(secret) => client.with_secret(secret),
            None => client,
        }));
    }
    let directory = credential::directory()?;
    // An account of a new name is none that is signed in already.
    let known = match text("account") {
        Some(name) => directory.get(&name)?,
        None => None,
    };
    let known = match known {
        Some(account) => Some(account),
        None => match directory.default_name()? {
            Some(name) => directory.get(&name)?,
            None => None,
        },
    };
    known.as_ref().map(credential::client_of).ok_or_else(|| {
        Failure::input(
            "no oauth client: give --client-file with the json from google cloud console, or --client-id and --client-secret; \
             `airbyte-gmail auth login --help` says how to get one"
                .to_owned(),
        )
    })
}

/// The place for the tokens that the arguments or the environment name.
fn place(arguments: &ArgMatches) -> Result<Option<TokenPlace>, Failure> {
    let named = arguments
        .get_one::<String>("store")
        .cloned()
        .or_else(|| credential::variable("AIRBYTE_GMAIL_STORE"));
    match named.as_deref() {
        None => Ok(None),
        Some("file") => Ok(Some(TokenPlace::File)),
        Some("keyring") => Ok(Some(TokenPlace::Keyring)),
        Some(_) => Err(Failure::input(
            "AIRBYTE_GMAIL_STORE is neither file nor keyring; set it to one of them".to_owned(),
        )),
    }
}

/// A sign-in that says nothing of the place must not move tokens from the keyring into a file.
fn place_of(
    directory: &AccountDirectory,
    wanted: Option<TokenPlace>,
    name: Option<&str>,
) -> Result<TokenPlace, Failure> {
    match (wanted, name) {
        (Some(place), _) => Ok(place),
        (None, Some(name)) => Ok(directory.place(name)?),
        (None, None) => Ok(TokenPlace::File),
    }
}

type Rows = Vec<&'static Operation>;

/// The scopes to ask for, and the operations that they are for.
fn wanted(arguments: &ArgMatches) -> Result<(Vec<String>, Rows), Failure> {
    if let Some(scopes) = arguments.get_many::<String>("scope") {
        return Ok((scopes.cloned().collect(), Vec::new()));
    }
    let rows: Rows = if arguments.get_flag("read-only") {
        gmail()
            .operations
            .iter()
            .copied()
            .filter(|row| row.read_only)
            .collect()
    } else {
        chosen(arguments)?
    };
    let (scopes, rows) = if arguments.get_flag("read-only") {
        (read_only_scopes(), rows)
    } else if rows.is_empty() {
        let rows: Rows = gmail()
            .operations
            .iter()
            .copied()
            .filter(|row| row.hosted && !row.destructive)
            .collect();
        (least_scopes(rows.iter().copied()), rows)
    } else {
        (least_scopes(rows.iter().copied()), rows)
    };
    Ok((scopes.into_iter().map(str::to_owned).collect(), rows))
}

fn chosen(arguments: &ArgMatches) -> Result<Rows, Failure> {
    arguments
        .get_many::<String>("operation")
        .into_iter()
        .flatten()
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

/// The mail address of new tokens, where their scopes let it be seen.
async fn address(client: &GoogleClient, tokens: &TokenSet) -> String {
    let auth = GmailAuthConfig::from_access_token(&tokens.access_token).with_client_id(client.id());
    let profile = match credential::addressed(GmailConnector::builder(auth)).build() {
        Ok(gmail) => gmail.get_profile().send().await,
        Err(error) => Err(error),
    };
    match profile {
        Ok(profile) => profile.email_address.unwrap_or_else(|| UNNAMED.to_owned()),
        Err(error) => {
            output::note(&format!(
                "note: the account's address can't be seen ({error}); it is kept under the name {UNNAMED}"
            ));
            UNNAMED.to_owned()
        }
    }
}

fn list(arguments: &ArgMatches) -> Result<(), Failure> {
    let directory = credential::directory()?;
    let default = directory.default_name()?;
    let mut accounts = Vec::new();
    for name in directory.names()? {
        if let Some(account) = directory.get(&name)? {
            accounts.push(shown(&account, default.as_deref()));
        }
    }
    output::show(arguments, &accounts)
}

fn status(arguments: &ArgMatches) -> Result<(), Failure> {
    let directory = credential::directory()?;
    let account = credential::account(&directory, arguments)?;
    let default = directory.default_name()?;
    let source = match (credential::google_variable_for(arguments), &account) {
        (Some(name), _) => json!({"from": "environment", "variable": name}),
        (None, Some(account)) => json!({
            "from": "signed-in account",
            "account": account.name,
            "file": directory.file(&account.name)?.display().to_string(),
        }),
        (None, None) => json!({"from": "nowhere", "next": "airbyte-gmail auth login"}),
    };
    let connector = credential::connector_id()?;
    output::show(
        arguments,
        &json!({
            "google": source,
            "account": account.map(|account| shown(&account, default.as_deref())),
            "airbyte": {
                "credentials": credential::airbyte_variable().map_or("none", |_| "environment"),
                "connector_id": connector,
            },
        }),
    )
}

fn make_default(arguments: &ArgMatches) -> Result<(), Failure> {
    let directory = credential::directory()?;
    let name = arguments
        .get_one::<String>("name")
        .cloned()
        .unwrap_or_default();
    match directory.get(&name)? {
        Some(account) => {
            directory.set_default(&name)?;
            output::show(arguments, &shown(&account, Some(&name)))
        }
        None => Err(Failure::input(format!(
            "no account of that name is signed in; there is: {}",
            credential::shown(&directory.names()?)
        ))),
    }
}

async fn logout(arguments: &ArgMatches) -> Result<(), Failure> {
    let directory = credential::directory()?;
    let local = arguments.get_flag("local");
    let name = match arguments.get_one::<String>("account") {
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
        if let Err(error) = credential::client_of(&account).revoke(token).await {
            output::note(
                "the account is still signed in, since google did not revoke its tokens; --local forgets them anyway",
            );
            return Err(error.into());
        }
    }
    directory.remove(&name)?;
    drop(lock);
    output::show(
        arguments,
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
        // A time that can't be written is none that was read.
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
