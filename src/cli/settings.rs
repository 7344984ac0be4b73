//! Finds settings. Flags win over the environment, and the environment over stored settings.
//!
//! The credentials are those of the account in `--account`, else those in the environment; else, for Google, those
//! that [`Source`] finds.

use std::env;
use std::time::Duration;

use airbyte_agent_gmail::auth::{
    Account, AccountDirectory, CredentialFile, FileTokenStore, GOOGLE_TOKEN_URL, StoreLock,
    TokenStore,
};
use airbyte_agent_gmail::oauth::{GOOGLE_AUTH_URL, GOOGLE_REVOKE_URL, GoogleClient};
use airbyte_agent_gmail::tool::visible_text;
use airbyte_agent_gmail::{
    Airbyte, AirbyteAuthConfig, GmailAuthConfig, GmailConnector, Mode, RetryPolicy,
    connector::GmailConnectorBuilder,
};

use super::args::Global;
use super::exit::Failure;
use super::output;
use super::source::Source;

/// The setting with the connector created by `connectors connect`.
pub(crate) const CONNECTOR_ID: &str = "connector_id";

/// A variable, unless unset or empty.
pub(crate) fn variable(name: &str) -> Option<String> {
    let value = env::var(name).ok()?;
    // A line end that was pasted along is not part of the value.
    Some(value.trim())
        .filter(|value| !value.is_empty())
        .map(str::to_owned)
}

/// Refuses variables that are not text. Ignoring them could select another account or service.
fn check_variables() -> Result<(), Failure> {
    const OURS: [&str; 5] = [
        "GMAIL_",
        "GOOGLE_",
        "AIRBYTE_",
        "GCE_METADATA_HOST",
        "CLOUDSDK_CONFIG",
    ];
    let unreadable = env::vars_os().find_map(|(name, value)| {
        let name = name.into_string().ok()?;
        let is_ours = OURS.iter().any(|prefix| name.starts_with(prefix));
        (is_ours && value.to_str().is_none()).then_some(name)
    });
    match unreadable {
        Some(name) => Err(Failure::input(format!(
            "{name} is not text in utf-8; set it again, or unset it"
        ))),
        None => Ok(()),
    }
}

/// The variable with Google credentials, if any.
pub(crate) fn google_variable() -> Option<&'static str> {
    ["GMAIL_REFRESH_TOKEN", "GMAIL_ACCESS_TOKEN"]
        .into_iter()
        .find(|name| variable(name).is_some())
}

/// Like `google_variable`, but `--account` wins over the environment.
pub(crate) fn google_variable_for(global: &Global) -> Option<&'static str> {
    match global.account {
        Some(_) => None,
        None => google_variable(),
    }
}

/// The variable with Airbyte credentials, if any.
pub(crate) fn airbyte_variable() -> Option<&'static str> {
    ["AIRBYTE_CLIENT_ID", "AIRBYTE_BEARER_TOKEN"]
        .into_iter()
        .find(|name| variable(name).is_some())
}

/// The directory of accounts and settings.
pub(crate) fn directory() -> Result<AccountDirectory, Failure> {
    check_variables()?;
    AccountDirectory::of_user().ok_or_else(|| {
        Failure::input(
            "there is no home directory to keep accounts in; set AIRBYTE_GMAIL_CONFIG_DIR",
        )
    })
}

/// The selected account: the one in `--account`, or the default.
pub(crate) fn account(
    directory: &AccountDirectory,
    global: &Global,
) -> Result<Option<Account>, Failure> {
    if let Some(name) = &global.account {
        let found = directory.get(name).map_err(|error| match error.kind() {
            std::io::ErrorKind::InvalidInput => {
                Failure::input(format!("the account `{}`: {error}", visible_text(name)))
            }
            _ => Failure::from(error),
        })?;
        return match found {
            Some(account) => Ok(Some(account)),
            None => not_signed_in(directory, name),
        };
    }
    match directory.default_name()? {
        Some(name) => Ok(directory.get(&name)?),
        None => Ok(None),
    }
}

/// The error for an account that does not exist.
pub(crate) fn not_signed_in<T>(directory: &AccountDirectory, name: &str) -> Result<T, Failure> {
    Err(Failure::input(format!(
        "no account `{}` is signed in; {}",
        visible_text(name),
        shown(&directory.names()?)
    )))
}

/// Locks an account's tokens against other processes. The lock is next to the account's file, even if the tokens are
/// elsewhere.
pub(crate) async fn lock(directory: &AccountDirectory, name: &str) -> Result<StoreLock, Failure> {
    let locked = FileTokenStore::new(directory.file(name)?).lock().await;
    locked.map_err(|error| Failure::Other(error.to_string()))
}

/// The advice to choose one of these accounts, or to sign in.
pub(crate) fn shown(names: &[String]) -> String {
    if names.is_empty() {
        "run `airbyte-gmail auth login`".to_owned()
    } else {
        format!("use one of: {}", names.join(", "))
    }
}

/// A connector with the selected credentials. Says which they are.
pub(crate) fn connect(global: &Global) -> Result<GmailConnector, Failure> {
    Ok(telling(builder(global)?).build()?)
}

/// Says which credentials are used, if there are others or the person asked.
fn tell(global: &Global, note: impl FnOnce() -> String) {
    let accounts = directory().and_then(|directory| Ok(directory.names()?));
    let others = [
        google_variable().is_some(),
        airbyte_variable().is_some(),
        CredentialFile::named_path().is_some() || CredentialFile::well_known_path().is_some(),
    ];
    let sources = others.iter().filter(|is_there| **is_there).count();
    if global.verbose || sources + accounts.map_or(0, |names| names.len()) > 1 {
        output::note(&note());
    }
}

/// Reports waits for Google's quota.
fn telling(builder: GmailConnectorBuilder) -> GmailConnectorBuilder {
    builder.before_quota_wait(|wait| {
        let seconds = wait.as_secs_f64().ceil();
        output::note(&format!("waiting {seconds} s for google's quota"));
    })
}

/// Like `telling`, but with no limit on the waits: for work that takes hours.
pub(crate) fn patient(builder: GmailConnectorBuilder) -> GmailConnectorBuilder {
    telling(builder).retry(RetryPolicy {
        quota_wait: Duration::MAX,
        ..RetryPolicy::default()
    })
}

/// The mode from the flags, or from the configuration file if the environment leaves it open.
fn mode(global: &Global) -> Result<Option<Mode>, Failure> {
    check_variables()?;
    let is_account = global.account.is_some();
    let mode = global.mode.or(is_account.then_some(Mode::OpenSource));
    if mode.is_none() && google_variable().is_some() == airbyte_variable().is_some() {
        return global.defaults.mode();
    }
    Ok(mode)
}

/// Whether commands go through Airbyte.
pub(crate) fn is_hosted(global: &Global) -> Result<bool, Failure> {
    Ok(match mode(global)? {
        Some(mode) => mode == Mode::Hosted,
        None => google_variable_for(global).is_none() && airbyte_variable().is_some(),
    })
}

/// Like `connect`, but not built yet.
pub(crate) fn builder(global: &Global) -> Result<GmailConnectorBuilder, Failure> {
    let builder = chosen(global)?;
    Ok(match &global.intent {
        Some(intent) => builder.intent(intent),
        None => builder,
    })
}

fn chosen(global: &Global) -> Result<GmailConnectorBuilder, Failure> {
    let mode = mode(global)?;
    if global.account.is_some() && mode == Some(Mode::Hosted) {
        return Err(Failure::input(
            "--account names a google account, but hosted mode uses connectors; leave one of the two out",
        ));
    }
    if is_hosted(global)? {
        return hosted(global);
    }
    if let Some(name) = google_variable_for(global) {
        if mode.is_none() && airbyte_variable().is_some() {
            // The error says that the environment is ambiguous.
            return Ok(GmailConnectorBuilder::from_env(None)?);
        }
        tell(global, || format!("credentials: the environment ({name})"));
        return of_environment();
    }
    let directory = directory()?;
    let source = Source::find(&directory, global)?;
    match &source {
        // A file or this machine may supply credentials that nobody chose explicitly.
        Some(source @ (Source::File(..) | Source::Machine)) => output::note(&source.note()),
        Some(source) => tell(global, || source.note()),
        None => {}
    }
    match source {
        Some(Source::Account(account, _)) => stored(&directory, &account),
        Some(_) => of_environment(),
        None if mode.is_some() => Err(Failure::input(
            "no google credentials: run `airbyte-gmail auth login`, or set GMAIL_REFRESH_TOKEN with GMAIL_CLIENT_ID and GMAIL_CLIENT_SECRET, or GOOGLE_APPLICATION_CREDENTIALS with GMAIL_SUBJECT for a service account",
        )),
        None => Err(Failure::input(
            "no credentials: run `airbyte-gmail auth login`, or set GMAIL_REFRESH_TOKEN with GMAIL_CLIENT_ID and GMAIL_CLIENT_SECRET, or GOOGLE_APPLICATION_CREDENTIALS with GMAIL_SUBJECT for a service account, or AIRBYTE_CLIENT_ID and AIRBYTE_CLIENT_SECRET with AIRBYTE_CUSTOMER_NAME; without an account, `airbyte-gmail demo` and `airbyte-gmail sandbox` show everything",
        )),
    }
}

/// A connector for a signed-in account. It stores tokens where the account's are.
pub(crate) fn stored(
    directory: &AccountDirectory,
    account: &Account,
) -> Result<GmailConnectorBuilder, Failure> {
    let builder = addressed(GmailConnector::builder(GmailAuthConfig::from(account)));
    let builder = match shared_store() {
        // The account's own file still has the secret that the key derives from.
        Some(address) => builder.shared_store(address),
        None => builder.token_store(directory.store(&account.name)?),
    };
    let builder = match variable("AIRBYTE_GMAIL_STORE_KEY") {
        Some(key) => builder.store_key(key),
        None => builder,
    };
    Ok(warning(builder))
}

/// The store shared by processes on several hosts.
pub(crate) fn shared_store() -> Option<String> {
    variable("AIRBYTE_GMAIL_STORE").filter(|place| place.contains("://"))
}

/// A connector with the environment's credentials.
fn of_environment() -> Result<GmailConnectorBuilder, Failure> {
    Ok(warning(GmailConnectorBuilder::from_env(Some(
        Mode::OpenSource,
    ))?))
}

/// Reports tokens that can't be stored.
fn warning(builder: GmailConnectorBuilder) -> GmailConnectorBuilder {
    builder.on_token_store_warning(|warning| {
        let cause = std::error::Error::source(warning);
        let cause = cause.map_or_else(String::new, |cause| format!(" ({cause})"));
        output::note(&format!("warning: {warning}{cause}"));
    })
}

/// Applies the environment's URLs to a builder.
pub(crate) fn addressed(mut builder: GmailConnectorBuilder) -> GmailConnectorBuilder {
    if let Some(url) = variable("GMAIL_API_URL") {
        builder = builder.base_url(url);
    }
    if let Some(url) = variable("GOOGLE_TOKEN_URL") {
        builder = builder.token_url(url);
    }
    builder
}

/// A Google client with the environment's URLs.
pub(crate) fn at_google(client: GoogleClient) -> GoogleClient {
    let url = |name: &str, usual: &str| variable(name).unwrap_or_else(|| usual.to_owned());
    client.with_urls(
        url("GOOGLE_AUTH_URL", GOOGLE_AUTH_URL),
        url("GOOGLE_TOKEN_URL", GOOGLE_TOKEN_URL),
        url("GOOGLE_REVOKE_URL", GOOGLE_REVOKE_URL),
    )
}

/// The Google client that an account signed in with.
pub(crate) fn client_of(account: &Account) -> GoogleClient {
    let client = GoogleClient::new(&account.client_id);
    at_google(match &account.client_secret {
        Some(secret) => client.with_secret(secret),
        None => client,
    })
}

/// The connector's id from the environment or from `connectors connect`.
pub(crate) fn connector_id() -> Result<Option<String>, Failure> {
    match variable("AIRBYTE_CONNECTOR_ID") {
        Some(id) => Ok(Some(id)),
        None => Ok(directory()?.setting(CONNECTOR_ID)?),
    }
}

fn hosted(global: &Global) -> Result<GmailConnectorBuilder, Failure> {
    let mut auth = AirbyteAuthConfig::from_env();
    let named = auth.connector_id.is_some()
        || auth.customer_name.is_some()
        || auth.workspace_name.is_some();
    let mut which = "";
    if !named && let Some(id) = connector_id()? {
        auth = auth.with_connector_id(id);
        which = ", the connector from `connectors connect`";
    }
    if let Some(name) = airbyte_variable() {
        tell(global, || {
            format!("credentials: the environment ({name}){which}")
        });
    }
    let mut builder = GmailConnector::builder(auth);
    if let Some(url) = variable("AIRBYTE_API_URL") {
        builder = builder.base_url(url);
    }
    Ok(builder)
}

/// A client of Airbyte's API with the environment's credentials.
pub(crate) fn airbyte() -> Result<Airbyte, Failure> {
    if airbyte_variable().is_none() {
        return Err(Failure::input(
            "no airbyte credentials: set AIRBYTE_CLIENT_ID and AIRBYTE_CLIENT_SECRET (in airbyte's web app, under your \
             application), or AIRBYTE_BEARER_TOKEN",
        ));
    }
    let mut builder = Airbyte::builder(AirbyteAuthConfig::from_env());
    if let Some(url) = variable("AIRBYTE_API_URL") {
        builder = builder.base_url(url);
    }
    Ok(builder.build()?)
}
