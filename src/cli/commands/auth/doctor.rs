//! `airbyte-gmail auth doctor`: finds what is wrong with the credentials, and how to fix it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use airbyte_agent_gmail::auth::{
    Account, AccountDirectory, MemoryTokenStore, Saved, StoreFuture, StoreLock, StoreVersion,
    StoredTokens, TokenPlace, TokenSet, TokenStore,
};
use airbyte_agent_gmail::connector::GmailConnectorBuilder;
use airbyte_agent_gmail::oauth::GoogleClient;
use airbyte_agent_gmail::operation::{Operation, gmail};
use airbyte_agent_gmail::{Error, GmailAuthConfig, GmailConnector, Mode};
use serde_json::{Value, json};

use super::missing_actions;
use crate::cli::args::Global;
use crate::cli::exit::Failure;
use crate::cli::output;
use crate::cli::settings;
use crate::cli::source::Source;

/// The largest clock difference that does no harm, in seconds.
const HARMLESS_SKEW: i64 = 60;

/// The lifetime of refresh tokens while the consent screen is in testing.
const TESTING: Duration = Duration::from_secs(7 * 24 * 3600);

/// The findings, and the first error among them.
#[derive(Default)]
struct Findings {
    list: Vec<Value>,
    error: Option<Error>,
    problems: usize,
}

impl Findings {
    fn good(&mut self, what: &str, text: impl Into<String>) {
        self.list
            .push(json!({"check": what, "ok": true, "found": text.into()}));
    }

    fn bad(&mut self, what: &str, text: impl Into<String>, next: &str) {
        self.problems += 1;
        self.list
            .push(json!({"check": what, "ok": false, "found": text.into(), "next": next}));
    }

    fn failed(&mut self, what: &str, error: Error, next: &str) {
        self.bad(what, error.to_string(), next);
        self.error.get_or_insert(error);
    }
}

/// Checks the credentials, from the file to the mailbox. Reports everything, not only the first problem.
pub(crate) async fn run(global: &Global, rows: &[&'static Operation]) -> Result<(), Failure> {
    let mut findings = Findings::default();
    if settings::is_hosted(global)? {
        hosted(&mut findings, global).await;
        return report(global, findings);
    }
    let directory = settings::directory()?;
    let found = Source::find(&directory, global);
    let is_file = matches!(found, Ok(Some(Source::File(..) | Source::Machine)));
    if let Ok(Some(source @ (Source::Variable(_) | Source::File(..) | Source::Machine))) = &found {
        findings.good("credentials", source.shown());
        let auth = GmailConnectorBuilder::from_env(Some(Mode::OpenSource));
        let client = GoogleClient::new(settings::variable("GMAIL_CLIENT_ID").unwrap_or_default());
        clock(&mut findings, &settings::at_google(client)).await;
        let store = Arc::new(MemoryTokenStore::default());
        let gmail = auth.and_then(|auth| auth.token_store(store.clone()).build());
        mailbox(&mut findings, gmail, None, is_file).await;
        match store.tokens() {
            Some(tokens) => scopes(&mut findings, rows, &tokens),
            None => findings.good("scopes", "not known: no refresh was needed"),
        }
    } else if let Err(Failure::Input(message)) = &found
        && settings::account(&directory, global).is_ok()
    {
        findings.bad("credentials", message, "do what it says");
    } else {
        stored(&mut findings, global, rows).await?;
    }
    if let Some(address) = settings::shared_store() {
        shared(&mut findings, address).await;
    }
    report(global, findings)
}

/// Shows the findings; fails if there is a problem.
fn report(global: &Global, findings: Findings) -> Result<(), Failure> {
    let shown = json!({"ok": findings.problems == 0, "findings": findings.list});
    global.tell(&shown, |_| {
        let line = |finding: &Value| {
            let text = |name: &str| finding[name].as_str().unwrap_or_default();
            let next = match text("next") {
                "" => String::new(),
                next => format!("\n    next: {next}"),
            };
            let line = format!("{}: {}{next}", text("check"), text("found"));
            output::marked(finding["ok"] == true, &line)
        };
        let lines = findings.list.iter().map(line);
        lines.collect::<Vec<_>>().join("\n")
    })?;
    match findings.error {
        Some(error) => Err(error.into()),
        None if findings.problems > 0 => Err(Failure::other(
            "there are problems; each finding says what to do next",
        )),
        None => Ok(()),
    }
}

/// Checks Airbyte's credentials, the connector, and the mailbox behind it.
async fn hosted(findings: &mut Findings, global: &Global) {
    match settings::airbyte_variable() {
        Some(name) => findings.good("credentials", format!("the environment ({name})")),
        None => {
            return findings.bad(
                "credentials",
                "the environment gives no airbyte credentials",
                "set AIRBYTE_CLIENT_ID and AIRBYTE_CLIENT_SECRET, which airbyte's web app shows under your application",
            );
        }
    }
    let checked = match settings::connect(global) {
        Ok(gmail) => gmail.check().await,
        Err(Failure::Gmail(error)) => Err(error),
        Err(Failure::Input(message) | Failure::Other(message)) => {
            return findings.bad("connector", message, "do what it says");
        }
        Err(_) => return findings.bad("connector", "it can't be made", "try again"),
    };
    let Err(error) = checked else {
        findings.good("sign-in", "airbyte accepts the credentials");
        findings.good("connector", "airbyte has one for the customer");
        return findings.good("mailbox", "the gmail api answers through it");
    };
    let (what, next) = if error.is_connector_ambiguous() {
        (
            "connector",
            "set AIRBYTE_CONNECTOR_ID to one of those that `airbyte-gmail connectors list` shows",
        )
    } else if error.is_connector_not_found() || error.is_configuration() {
        (
            "connector",
            "name the customer in AIRBYTE_CUSTOMER_NAME, or create a connector: `airbyte-gmail connectors connect`",
        )
    } else if error.is_unauthenticated() || error.is_reauthorization_required() {
        (
            "sign-in",
            "check that AIRBYTE_CLIENT_ID and AIRBYTE_CLIENT_SECRET belong together and are still valid",
        )
    } else if error.is_transient() {
        ("network", "try again later")
    } else {
        ("mailbox", "do what the message says")
    };
    findings.failed(what, error, next);
}

async fn stored(
    findings: &mut Findings,
    global: &Global,
    rows: &[&'static Operation],
) -> Result<(), Failure> {
    let directory = settings::directory()?;
    let account = match settings::account(&directory, global) {
        Ok(Some(account)) => account,
        Ok(None) => {
            findings.bad(
                "credentials",
                "neither the environment nor a signed-in account gives any",
                "run `airbyte-gmail auth login`",
            );
            return Ok(());
        }
        Err(Failure::Other(message) | Failure::Input(message)) => {
            findings.bad(
                "credentials",
                message,
                "do what it says, then sign in again",
            );
            return Ok(());
        }
        Err(failure) => return Err(failure),
    };
    findings.good(
        "credentials",
        format!(
            "the signed-in account {} ({}; its tokens are in {})",
            account.name,
            directory.file(&account.name)?.display(),
            match account.place {
                TokenPlace::Keyring => "the system's keyring",
                _ => "that file",
            }
        ),
    );
    let client = settings::client_of(&account);
    if account.client_id.ends_with(".apps.googleusercontent.com")
        || settings::variable("GOOGLE_TOKEN_URL").is_some()
    {
        findings.good("client", account.client_id.clone());
    } else {
        findings.bad(
            "client",
            "the client id does not end with .apps.googleusercontent.com",
            "sign in again with the client id of the google cloud console",
        );
    }
    clock(findings, &client).await;
    if let Some(end) = account.tokens.refresh_token_expires_at {
        lifetime(findings, end);
    }
    let gmail = refreshing(&directory, &account);
    mailbox(findings, gmail, Some(&account), false).await;
    let tokens = directory
        .get(&account.name)?
        .map_or(account.tokens, |account| account.tokens);
    scopes(findings, rows, &tokens);
    Ok(())
}

async fn clock(findings: &mut Findings, client: &GoogleClient) {
    match client.clock_skew().await {
        Ok(Some(skew)) if skew.abs() <= HARMLESS_SKEW => {
            findings.good("clock", "this machine's clock agrees with google's");
        }
        Ok(Some(skew)) => {
            let side = if skew > 0 { "ahead of" } else { "behind" };
            findings.bad(
                "clock",
                format!("this machine's clock is {} seconds {side} google's", skew.abs()),
                "set the clock, preferably with NTP: a wrong clock makes valid tokens look expired, and expired \
                 ones valid",
            );
        }
        Ok(None) => findings.good(
            "clock",
            "not known: the token endpoint does not say the time",
        ),
        Err(error) => findings.failed("network", error, "do what the message says"),
    }
}

fn lifetime(findings: &mut Findings, end: SystemTime) {
    match end.duration_since(SystemTime::now()) {
        Ok(left) => findings.good(
            "consent",
            format!("time-limited; {} hours are left", left.as_secs() / 3600),
        ),
        Err(_) => findings.bad(
            "consent",
            "it was time-limited and has ended",
            "run `airbyte-gmail auth login` again",
        ),
    }
}

/// Checks the shared store. The check needs no tokens.
async fn shared(findings: &mut Findings, address: String) {
    let builder = GmailConnector::builder(GmailAuthConfig::new("")).shared_store(address);
    let Err(error) = builder.check_shared_store().await else {
        return findings.good("shared store", "the server lets this host in");
    };
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    findings.bad(
        "shared store",
        cause.unwrap_or_else(|| error.to_string()),
        "do what it says; until then this host renews its own tokens and keeps a pace of its own",
    );
    findings.error.get_or_insert(error);
}

/// A connector that starts with a refresh, to test the refresh token and not only the access token.
fn refreshing(directory: &AccountDirectory, account: &Account) -> Result<GmailConnector, Error> {
    let builder = settings::addressed(GmailConnector::builder(GmailAuthConfig::from(account)));
    match directory.store(&account.name) {
        Ok(store) => builder.token_store(Arc::new(Refreshed(store))).build(),
        Err(_) => builder.build(),
    }
}

async fn mailbox(
    findings: &mut Findings,
    gmail: Result<GmailConnector, Error>,
    account: Option<&Account>,
    is_file: bool,
) {
    let result = match gmail {
        Ok(gmail) => gmail.check().await,
        Err(error) => Err(error),
    };
    let error = match result {
        Ok(()) => {
            findings.good("sign-in", "google accepts the tokens");
            return findings.good("mailbox", "the gmail api answers");
        }
        Err(error) => error,
    };
    let since = account
        .and_then(|account| account.signed_in_at)
        .and_then(|at| SystemTime::now().duration_since(at).ok());
    if error.is_reauthorization_required() {
        let week = since.is_some_and(|since| since >= TESTING && since < TESTING + TESTING / 7);
        let next = if week {
            "the sign-in is a week old, so the consent screen is most likely in testing, where tokens live 7 days: publish the \
             app under \"audience\" in the google cloud console, then run `airbyte-gmail auth login`"
        } else {
            "run `airbyte-gmail auth login`; if it comes back after 7 days, publish the app under \"audience\" in the google \
             cloud console"
        };
        return findings.failed("sign-in", error, next);
    }
    let next = match error.reason() {
        // For a service account, the message itself names what is missing, with its client id and scopes.
        _ if is_file => "do what the message says",
        Some("invalid_client" | "unauthorized_client") => {
            "the client was deleted or its secret changed: download its json again and sign in with --client-file"
        }
        Some("accessNotConfigured" | "SERVICE_DISABLED") => {
            "enable the gmail api for the client's project at console.cloud.google.com, under \"apis & services\""
        }
        Some("insufficientPermissions" | "ACCESS_TOKEN_SCOPE_INSUFFICIENT") => {
            "sign in again and tick every box, or name every operation that you use with --operation"
        }
        _ if error.is_token_store_failed() => "do what the cause says",
        _ if error.is_transient() => "try again later",
        _ => "do what the message says",
    };
    let what = if error.is_permission_denied() || error.is_unauthenticated() {
        "mailbox"
    } else {
        "sign-in"
    };
    findings.failed(what, error, next);
}

fn scopes(findings: &mut Findings, rows: &[&'static Operation], tokens: &TokenSet) {
    let named = !rows.is_empty();
    let rows = if named { rows } else { gmail().operations };
    let all = rows.len();
    let missing = missing_actions(rows.to_vec(), tokens);
    if named && !missing.is_empty() {
        return findings.bad(
            "scopes",
            format!("they do not allow {}", missing.join(", ")),
            "sign in again with --operation for each of them, and for all others that you use",
        );
    }
    // With minimal scopes, some operations are necessarily not allowed.
    findings.good(
        "scopes",
        format!(
            "{}: {} of {all} operations are allowed",
            tokens.scopes.join(" "),
            all - missing.len()
        ),
    );
}

/// A store whose access token always looks expired.
#[derive(Debug)]
struct Refreshed(Arc<dyn TokenStore>);

impl TokenStore for Refreshed {
    fn load(&self) -> StoreFuture<'_, StoredTokens> {
        Box::pin(async move {
            let mut stored = self.0.load().await?;
            if let Some(tokens) = &mut stored.tokens {
                tokens.expires_at = Some(SystemTime::UNIX_EPOCH);
            }
            Ok(stored)
        })
    }

    fn save<'a>(
        &'a self,
        tokens: &'a TokenSet,
        replaces: &'a StoreVersion,
    ) -> StoreFuture<'a, Saved> {
        self.0.save(tokens, replaces)
    }

    fn lock(&self) -> StoreFuture<'_, StoreLock> {
        self.0.lock()
    }
}
