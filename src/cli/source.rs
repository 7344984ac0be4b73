//! Decides which Google credentials to use, and why, for all commands.

use std::path::PathBuf;

use airbyte_agent_gmail::auth::{Account, AccountDirectory, CredentialFile};
use serde_json::{Value, json};

use super::args::Global;
use super::exit::Failure;
use super::settings::{account, google_variable, variable};

/// The variable with the mailbox for a service account.
const SUBJECT: &str = "GMAIL_SUBJECT";

/// The variable with the path of a credential file.
const FILE: &str = "GOOGLE_APPLICATION_CREDENTIALS";

/// A source of Google credentials.
pub(crate) enum Source {
    /// A token in this variable.
    Variable(&'static str),
    /// A signed-in account, and why it was chosen.
    Account(Box<Account>, &'static str),
    /// A Google credential file, and why it was chosen.
    File(PathBuf, &'static str),
    /// The service account of this machine.
    Machine,
}

impl Source {
    /// The first available source.
    pub(crate) fn find(
        directory: &AccountDirectory,
        global: &Global,
    ) -> Result<Option<Self>, Failure> {
        if global.account.is_some() {
            let named = account(directory, global)?.map(Box::new);
            return Ok(named.map(|account| Self::Account(account, "--account names it")));
        }
        if let Some(name) = google_variable() {
            return Ok(Some(Self::Variable(name)));
        }
        let (file, subject) = (CredentialFile::named_path(), variable(SUBJECT));
        if let (Some(file), Some(_)) = (&file, &subject) {
            let why = "GOOGLE_APPLICATION_CREDENTIALS names it, and GMAIL_SUBJECT the mailbox";
            return Ok(Some(Self::File(file.clone(), why)));
        }
        if let Some(account) = account(directory, global)? {
            if let Some(subject) =
                subject.filter(|subject| !subject.eq_ignore_ascii_case(&account.name))
            {
                return Err(Failure::input(format!(
                    "{SUBJECT} names {subject}, and the signed-in account is {}: name a service account's file with {FILE}, \
                     or unset {SUBJECT}",
                    account.name
                )));
            }
            let why = match file {
                Some(_) => {
                    "a signed-in account wins over GOOGLE_APPLICATION_CREDENTIALS, unless GMAIL_SUBJECT names a mailbox"
                }
                None => "it has signed in, and the environment gives no credentials",
            };
            return Ok(Some(Self::Account(Box::new(account), why)));
        }
        if let Some(file) = file {
            return Ok(Some(Self::File(
                file,
                "GOOGLE_APPLICATION_CREDENTIALS names it",
            )));
        }
        if let Some(file) = CredentialFile::well_known_path() {
            return Ok(Some(Self::File(
                file,
                "gcloud has written it, and there are no other credentials",
            )));
        }
        Ok(subject.map(|_| Self::Machine))
    }

    /// The source in words.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Variable(name) => format!("the environment ({name})"),
            Self::Account(account, _) => format!("the signed-in account {}", account.name),
            Self::File(path, _) => {
                let subject = variable(SUBJECT);
                let mailbox =
                    subject.map_or_else(String::new, |subject| format!(", for {subject}"));
                format!("the credential file {}{mailbox}", path.display())
            }
            Self::Machine => format!(
                "the service account of this machine, for {}",
                variable(SUBJECT).unwrap_or_default()
            ),
        }
    }

    /// The note to print, with the reason if the choice may surprise.
    pub(crate) fn note(&self) -> String {
        match self {
            Self::Account(_, why) if why.contains(FILE) => {
                format!("credentials: {} ({why})", self.shown())
            }
            _ => format!("credentials: {}", self.shown()),
        }
    }

    /// The source as JSON for programs.
    pub(crate) fn to_json(&self, directory: &AccountDirectory) -> Result<Value, Failure> {
        Ok(match self {
            Self::Variable(name) => json!({
                "from": "environment",
                "variable": name,
                "why": "a token in the environment wins over files and accounts",
            }),
            Self::Account(account, why) => json!({
                "from": "signed-in account",
                "account": account.name,
                "file": directory.file(&account.name)?.display().to_string(),
                "why": why,
            }),
            Self::File(path, why) => {
                let mut shown = json!({
                    "from": "credential file",
                    "file": path.display().to_string(),
                    "subject": variable(SUBJECT),
                    "why": why,
                });
                match CredentialFile::read(path)? {
                    CredentialFile::ServiceAccount(account) => {
                        shown["service_account"] = account.email().into();
                        shown["client_id"] = account.client_id().into();
                    }
                    CredentialFile::AuthorizedUser(user) => {
                        shown["client_id"] = user.client_id.into()
                    }
                    _ => {}
                }
                shown
            }
            Self::Machine => json!({
                "from": "metadata server",
                "subject": variable(SUBJECT),
                "why": "GMAIL_SUBJECT names a mailbox, and there are no other credentials",
            }),
        })
    }
}
