//! Which credentials the program uses, what it says about them, and its errors when they can't be used.

#![cfg(feature = "cli")]

use std::fs;
use std::path::PathBuf;

use airbyte_agent_gmail::auth::{Account, AccountDirectory, TokenSet};
use airbyte_agent_gmail::sandbox::Sandbox;
use airbyte_agent_gmail::{GmailAuthConfig, GmailConnector};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::directory::Directory;
use crate::support::program::{self, errors};
use crate::support::{Failure, TestResult};

const LIST: [&str; 4] = ["messages", "list", "--max-results", "1"];
const USER: &str = "user@example.com";
const FILE: &str = "GOOGLE_APPLICATION_CREDENTIALS";

struct Case {
    sandbox: Sandbox,
    directory: Directory,
    key: PathBuf,
}

impl Case {
    async fn new() -> std::io::Result<Self> {
        let (sandbox, directory) = (Sandbox::start().await?, Directory::new()?);
        let key = directory.file("key.json");
        fs::write(&key, sandbox.service_account())?;
        Ok(Self {
            sandbox,
            directory,
            key,
        })
    }

    fn program(&self, arguments: &[&str]) -> Command {
        program::program(&self.sandbox, &self.directory, arguments)
    }

    /// Signs in the sandbox's user.
    fn sign_in(&self, name: &str) -> std::io::Result<()> {
        let google = self.sandbox.google();
        let mut tokens = TokenSet::new(google.access_token);
        tokens.refresh_token = Some(google.refresh_token.as_str().into());
        let secret = Some(google.client_secret.as_str().into());
        let accounts = AccountDirectory::new(self.directory.file("config"));
        accounts.put(&Account::new(name, google.client_id, secret, tokens))
    }
}

/// The program's output and messages.
async fn done(command: &mut Command) -> Result<(Value, String), Failure> {
    let output = command.output().await?;
    Ok((program::json(&output)?, errors(&output)))
}

/// The messages of a program that ended with exit code 2.
async fn refused(command: &mut Command) -> Result<String, Failure> {
    let output = command.output().await?;
    let said = errors(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    Ok(said)
}

#[tokio::test]
async fn a_file_and_a_subject_win_over_a_signed_in_account_and_a_file_alone_does_not()
-> Result<(), Failure> {
    let case = Case::new().await?;
    let (_, said) = done(
        case.program(&LIST)
            .env(FILE, &case.key)
            .env("GMAIL_SUBJECT", USER),
    )
    .await?;
    assert!(said.contains("key.json") && said.contains(USER), "{said}");
    case.sign_in("another@example.com")?;
    let mut status = case.program(&["auth", "status"]);
    let (shown, _) = done(status.env(FILE, &case.key).env("GMAIL_SUBJECT", USER)).await?;
    let google = &shown["google"];
    assert_eq!(google["from"], "credential file");
    assert_eq!(google["subject"], USER);
    assert!(
        google["why"]
            .as_str()
            .is_some_and(|why| why.contains("GMAIL_SUBJECT"))
    );
    assert!(google["client_id"].is_string() && google["service_account"].is_string());

    let (_, said) = done(case.program(&LIST).env(FILE, &case.key)).await?;
    assert!(
        said.contains("another@example.com") && said.contains("wins over GOOGLE_APPLICATION"),
        "{said}"
    );
    let (shown, _) = done(case.program(&["auth", "status"]).env(FILE, &case.key)).await?;
    assert_eq!(shown["google"]["from"], "signed-in account");
    assert!(
        shown["google"]["why"]
            .as_str()
            .is_some_and(|why| why.contains("wins over"))
    );
    // The variable names a mailbox, but the only account is for another.
    let said = refused(case.program(&LIST).env("GMAIL_SUBJECT", USER)).await?;
    assert!(
        said.contains("another@example.com") && said.contains("GMAIL_SUBJECT"),
        "{said}"
    );
    Ok(())
}

#[tokio::test]
async fn gclouds_own_file_comes_last() -> Result<(), Failure> {
    let case = Case::new().await?;
    let google = case.sandbox.google();
    let folder = case.directory.file("gcloud");
    fs::create_dir(&folder)?;
    let file = json!({
        "type": "authorized_user", "client_id": google.client_id,
        "client_secret": google.client_secret, "refresh_token": google.refresh_token,
    });
    fs::write(
        folder.join("application_default_credentials.json"),
        file.to_string(),
    )?;
    let (_, said) = done(case.program(&LIST).env("CLOUDSDK_CONFIG", &folder)).await?;
    assert!(
        said.contains("application_default_credentials.json"),
        "{said}"
    );
    let said = refused(
        case.program(&LIST)
            .env("CLOUDSDK_CONFIG", &folder)
            .env("GMAIL_SUBJECT", USER),
    )
    .await?;
    assert!(said.contains("authorized_user"), "{said}");
    case.sign_in(USER)?;
    let (_, said) = done(case.program(&LIST).env("CLOUDSDK_CONFIG", &folder)).await?;
    assert!(said.contains("signed-in account"), "{said}");
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_named_and_can_not_be_used_is_told_by_its_path() -> Result<(), Failure> {
    let case = Case::new().await?;
    let absent = case.directory.file("absent.json");
    let broken = case.directory.file("broken.json");
    fs::write(&broken, "no json")?;
    for (file, name) in [(&absent, "absent.json"), (&broken, "broken.json")] {
        let said = refused(
            case.program(&LIST)
                .env(FILE, file)
                .env("GMAIL_SUBJECT", USER),
        )
        .await?;
        assert!(said.contains(name), "{said}");
    }
    // A service account without a subject has no mailbox.
    let said = refused(case.program(&LIST).env(FILE, &case.key)).await?;
    for part in [
        "GMAIL_SUBJECT",
        "admin.google.com",
        "client id",
        "gmail.modify",
    ] {
        assert!(said.contains(part), "{said}");
    }
    let google = case.sandbox.google();
    let mut both = case.program(&LIST);
    both.env("GMAIL_REFRESH_TOKEN", google.refresh_token)
        .env("GMAIL_CLIENT_ID", google.client_id)
        .env("GMAIL_CLIENT_SECRET", google.client_secret)
        .env("GMAIL_SUBJECT", USER);
    assert!(refused(&mut both).await?.contains("GMAIL_SUBJECT"));
    assert!(case.sandbox.requests().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_machine_of_googles_is_asked_where_a_mailbox_is_named() -> Result<(), Failure> {
    let case = Case::new().await?;
    let origin = case.sandbox.gmail_url();
    let host = origin.trim_start_matches("http://");
    let machine = |arguments: &[&str]| {
        let mut command = case.program(arguments);
        command
            .env("GCE_METADATA_HOST", host)
            .env("GOOGLE_IAM_CREDENTIALS_URL", origin);
        command
    };
    let said = refused(&mut machine(&LIST)).await?;
    assert!(said.contains("no credentials"), "{said}");
    assert!(case.sandbox.requests().is_empty());
    let (_, said) = done(machine(&LIST).env("GMAIL_SUBJECT", USER)).await?;
    assert!(said.contains("this machine"), "{said}");
    let (shown, _) = done(machine(&["auth", "status"]).env("GMAIL_SUBJECT", USER)).await?;
    assert_eq!(shown["google"]["from"], "metadata server");
    Ok(())
}

#[tokio::test]
async fn a_token_is_printed_for_others_to_use() -> Result<(), Failure> {
    let case = Case::new().await?;
    let mut command = case.program(&["auth", "token"]);
    let output = command
        .env(FILE, &case.key)
        .env("GMAIL_SUBJECT", USER)
        .output()
        .await?;
    assert!(output.status.success(), "{}", errors(&output));
    let token = String::from_utf8(output.stdout)?;
    GmailConnector::builder(GmailAuthConfig::from_access_token(token.as_str()))
        .base_url(case.sandbox.gmail_url())
        .build()?
        .check()
        .await?;
    assert_eq!(token.lines().count(), 1);
    Ok(())
}

#[tokio::test]
async fn the_doctor_says_what_an_administrator_has_to_allow() -> Result<(), Failure> {
    let case = Case::new().await?;
    let doctor = || {
        let mut command = case.program(&["auth", "doctor"]);
        command.env(FILE, &case.key).env("GMAIL_SUBJECT", USER);
        command
    };
    let (shown, _) = done(&mut doctor()).await?;
    assert_eq!(shown["ok"], true);
    case.sandbox
        .limit_scopes(&["https://www.googleapis.com/auth/gmail.readonly"]);
    let output = doctor().output().await?;
    assert_eq!(output.status.code(), Some(2));
    let shown: Value = serde_json::from_slice(&output.stdout)?;
    let text = shown.to_string();
    for part in [
        "unauthorized_client",
        "admin.google.com",
        "client id",
        "do what the message says",
    ] {
        assert!(text.contains(part), "{text}");
    }
    Ok(())
}

#[cfg(feature = "redis")]
#[tokio::test]
async fn a_shared_store_that_is_gone_or_wrong_is_told() -> TestResult {
    let case = Case::new().await?;
    let with = |store: &str, more: &[(&str, &str)]| {
        let mut command = case.program(&LIST);
        command
            .env(FILE, &case.key)
            .env("GMAIL_SUBJECT", USER)
            .env("AIRBYTE_GMAIL_STORE", store)
            .envs(more.iter().copied());
        command
    };
    let failed = |error: Failure| error.to_string();
    // Nothing listens on the port of `discard`.
    let gone = "redis://127.0.0.1:9";
    let (_, said) = done(&mut with(gone, &[])).await.map_err(failed)?;
    assert!(
        said.contains("warning") && said.contains("127.0.0.1:9"),
        "{said}"
    );
    for (store, more, part) in [
        ("mongodb://127.0.0.1", &[][..], "redis://"),
        ("redis:///", &[], "host"),
        ("redis://127.0.0.1/x", &[], "database"),
        (gone, &[("AIRBYTE_GMAIL_STORE_KEY", "short")], "32 bytes"),
        (
            gone,
            &[(FILE, ""), ("GCE_METADATA_HOST", "127.0.0.1:9")],
            "AIRBYTE_GMAIL_STORE_KEY",
        ),
    ] {
        let said = refused(&mut with(store, more)).await.map_err(failed)?;
        assert!(said.contains(part), "{said}");
    }
    Ok(())
}
