//! `airbyte-gmail auth login`.

use airbyte_agent_gmail::auth::{
    Account, AccountDirectory, TokenPlace, TokenSet, least_scopes, read_only_scopes, refused_scopes,
};
use airbyte_agent_gmail::oauth::GoogleClient;
use airbyte_agent_gmail::operation::gmail;
use airbyte_agent_gmail::{GmailAuthConfig, GmailConnector};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::{Rows, chosen, missing_actions, shown};
use crate::cli::args::{Browser, Client, Global};
use crate::cli::exit::Failure;
use crate::cli::{output, settings};

/// The account's name if the scopes do not give access to its address.
const UNNAMED: &str = "default";

/// The places for tokens.
const PLACES: [TokenPlace; 2] = [TokenPlace::File, TokenPlace::Keyring];

/// Sign in with a browser, and store the tokens
///
/// Needs an OAuth client of type "desktop app": in the Google Cloud console, enable the Gmail API, then create the
/// client under "Credentials" and download its JSON. Without a client, it uses the one of the account that was
/// signed in before.
///
/// Asks for the scopes that Airbyte's connector needs, except those that delete mail permanently. --read-only,
/// --operation and --scope ask for others.
#[derive(Args)]
pub(crate) struct Login {
    #[command(flatten)]
    client: Client,
    /// Ask only for the scopes that reading needs
    #[arg(long, conflicts_with_all = ["scope", "operation"])]
    read_only: bool,
    /// Ask for this scope [repeat for more]
    #[arg(long, value_name = "URL", conflicts_with = "operation")]
    scope: Vec<String>,
    /// Ask for the least scopes that this operation needs, such as messages.list [repeat for more]
    #[arg(long, value_name = "ENTITY.ACTION")]
    operation: Vec<String>,
    /// Where to store the tokens: in a file that only you can read, or in the system's keyring (default:
    /// AIRBYTE_GMAIL_STORE, or where they are now, or the file)
    #[arg(long, value_name = "PLACE", value_parser = place())]
    store: Option<TokenPlace>,
    #[command(flatten)]
    browser: Browser,
}

fn place() -> impl TypedValueParser<Value = TokenPlace> {
    PossibleValuesParser::new(PLACES.map(TokenPlace::as_str))
        .try_map(|name| named(&name).ok_or("no such place"))
}

fn named(name: &str) -> Option<TokenPlace> {
    PLACES.into_iter().find(|place| place.as_str() == name)
}

impl Login {
    /// Signs in.
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let directory = settings::directory()?;
        let (scopes, rows) = self.wanted()?;
        let wanted_place = self.place()?;
        let client = client(global, &directory, self.client)?;
        let known = match &global.account {
            Some(name) => Some(name.clone()),
            None => directory.default_name()?,
        };
        // Check before the browser opens: without a place for the tokens, the user would consent in vain.
        directory.check_place(place_of(&directory, wanted_place, known.as_deref())?)?;
        let hint = global.account.as_deref().filter(|name| name.contains('@'));
        let mut loopback = self.browser.listen().await?;
        let consent = client.consent(loopback.redirect_url(), &scopes, hint)?;
        self.browser.send(consent.url(), &loopback);
        let tokens = consent
            .receive(&client, &mut loopback, self.browser.timeout)
            .await?;
        let name = match &global.account {
            Some(name) => name.clone(),
            None => address(&client, &tokens).await,
        };
        let refused: Vec<&str> = refused_scopes(&scopes, &tokens.scopes).collect();
        let partly = (!refused.is_empty()).then(|| {
            let missing = missing_actions(rows, &tokens);
            let effect = if missing.is_empty() {
                String::new()
            } else {
                format!("; not allowed: {}", missing.join(", "))
            };
            format!(
                "note: less was granted than asked for, without {}{effect}; to allow all, sign in again and tick every box",
                refused.join(" ")
            )
        });
        let mut account =
            Account::new(name.as_str(), client.id(), client.secret().cloned(), tokens);
        account.place = place_of(&directory, wanted_place, Some(&name))?;
        // Another process may be about to write the refreshed token of the sign-in before this one.
        let lock = settings::lock(&directory, &name).await?;
        directory.put(&account)?;
        drop(lock);
        if let Some(variable) = settings::google_variable() {
            output::note(&format!(
                "note: {variable} is set and wins over this account; unset it, or give --account, to use the account"
            ));
        }
        if let Some(partly) = partly {
            output::note(&partly);
        }
        global.tell(
            &shown(&account, directory.default_name()?.as_deref()),
            super::told,
        )
    }

    /// The place for the tokens from the flag or the environment.
    fn place(&self) -> Result<Option<TokenPlace>, Failure> {
        match (self.store, settings::variable("AIRBYTE_GMAIL_STORE")) {
            (Some(place), _) => Ok(Some(place)),
            (None, None) => Ok(None),
            // A shared store is used in addition to the account, which stays where it is.
            (None, Some(_)) if settings::shared_store().is_some() => Ok(None),
            (None, Some(name)) => named(&name).map(Some).ok_or_else(|| {
                Failure::input(
                    "AIRBYTE_GMAIL_STORE is neither file nor keyring nor an address such as redis://host:6379; set it to one of them",
                )
            }),
        }
    }

    /// The scopes to request, and the operations that need them.
    fn wanted(&self) -> Result<(Vec<String>, Rows), Failure> {
        let is_none = |scope: &str| scope.is_empty() || scope.contains(char::is_whitespace);
        if let Some(scope) = self.scope.iter().find(|scope| is_none(scope)) {
            return Err(Failure::input(format!(
                "--scope: `{scope}` is not a scope; give one like https://www.googleapis.com/auth/gmail.readonly, and repeat --scope for more"
            )));
        }
        if !self.scope.is_empty() {
            return Ok((self.scope.clone(), Vec::new()));
        }
        let all = gmail().operations.iter().copied();
        let rows: Rows = if self.read_only {
            all.filter(|row| row.read_only).collect()
        } else if self.operation.is_empty() {
            all.filter(|row| row.hosted && !row.destructive).collect()
        } else {
            chosen(&self.operation)?
        };
        let scopes = if self.read_only {
            read_only_scopes()
        } else {
            least_scopes(rows.iter().copied())
        };
        Ok((scopes.into_iter().map(str::to_owned).collect(), rows))
    }
}

/// The OAuth client from the flags, the environment, or a signed-in account.
fn client(
    global: &Global,
    directory: &AccountDirectory,
    given: Client,
) -> Result<GoogleClient, Failure> {
    if let Some(client) = given.read()? {
        return Ok(settings::at_google(client));
    }
    // A new account is not signed in yet; use the default account's client.
    let mut known = None;
    for name in [global.account.clone(), directory.default_name()?] {
        if let (None, Some(name)) = (&known, name) {
            known = directory.get(&name)?;
        }
    }
    known.as_ref().map(settings::client_of).ok_or_else(|| {
        Failure::input(
            "no oauth client: give --client-file with the json from google cloud console, or --client-id and --client-secret; \
             `airbyte-gmail auth login --help` says how to get one",
        )
    })
}

/// Without an explicit place, tokens must not move from the keyring to a file.
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

/// The mail address for new tokens, if their scopes allow reading it.
async fn address(client: &GoogleClient, tokens: &TokenSet) -> String {
    let auth = GmailAuthConfig::from_access_token(&tokens.access_token).with_client_id(client.id());
    let profile = match settings::addressed(GmailConnector::builder(auth)).build() {
        Ok(gmail) => gmail.get_profile().send().await,
        Err(error) => Err(error),
    };
    match profile {
        Ok(profile) => profile.email_address,
        Err(error) => {
            output::note(&format!(
                "note: the account's address can't be read ({error}); the account is saved as {UNNAMED}"
            ));
            UNNAMED.to_owned()
        }
    }
}
