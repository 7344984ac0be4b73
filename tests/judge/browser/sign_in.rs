//! Both sign-ins.

use std::time::Duration;

use airbyte_agent_gmail::sandbox::Sandbox;
use tokio::process::Command;

use super::Browser;
use crate::support::directory::Directory;
use crate::support::program::{self, Waiting};
use crate::support::{Failure, web};

fn login(sandbox: &Sandbox, directory: &Directory, more: &[&str]) -> Command {
    let google = sandbox.google();
    let mut arguments = vec![
        "auth",
        "login",
        "--no-browser",
        "--client-id",
        &google.client_id,
    ];
    arguments.extend(more);
    let mut command = program::program(sandbox, directory, &arguments);
    command.env("GMAIL_CLIENT_SECRET", &google.client_secret);
    command
}

#[tokio::test]
async fn google_in_a_browser() -> Result<(), Failure> {
    let browser = Browser::start().await?;
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;

    let waiting = Waiting::start(login(&sandbox, &directory, &[])).await?;
    browser.open(&waiting.url).await?;
    browser.page("google-consent").await?;
    // A second tab with a guessed answer is rejected while the first still waits.
    let redirect = waiting
        .url
        .split('&')
        .find_map(|pair| pair.strip_prefix("redirect_uri="))
        .ok_or("no redirect")?
        .replace("%3A", ":")
        .replace("%2F", "/");
    let first = browser.new_tab().await?;
    browser
        .open(&format!("{redirect}?state=guessed&code=guessed"))
        .await?;
    let (title, text) = browser.page("refused").await?;
    assert!(
        title.contains("does not belong") && !text.contains("guessed"),
        "{title}"
    );
    browser.open(&format!("{redirect}/elsewhere")).await?;
    browser.page("not-found").await?;
    browser.close_tab(&first).await?;
    browser.click("allow").await?;
    let (title, text) = browser.page("signed-in").await?;
    assert!(title.contains("You are signed in"), "{title} {text}");
    let back = browser.address().await?;
    assert!(back.contains("code="));
    let (code, output, rest) = waiting.end().await?;
    assert_eq!(code, Some(0), "{rest}");
    assert!(output.contains("user@example.com"));
    program::json(
        &program::program(&sandbox, &directory, &["check"])
            .output()
            .await?,
    )?;

    // The old answer is replayed on the same port.
    let (port, _) = web::split(&redirect)?;
    let port = port.to_string();
    let waiting = Waiting::start(login(&sandbox, &directory, &["--port", &port])).await?;
    let taken = login(&sandbox, &directory, &["--port", &port])
        .output()
        .await?;
    assert_eq!(taken.status.code(), Some(2));
    assert!(
        program::errors(&taken).contains("is in use"),
        "{}",
        program::errors(&taken)
    );
    browser.open(&back).await?;
    let (title, _) = browser.page("replayed").await?;
    assert!(title.contains("does not belong"), "{title}");
    browser.open(&waiting.url).await?;
    browser.click("deny").await?;
    let (title, _) = browser.page("denied").await?;
    assert!(title.contains("Access was not allowed"), "{title}");
    let (code, _, rest) = waiting.end().await?;
    assert_eq!(code, Some(3), "{rest}");

    // A tab closed without an answer.
    let waiting = Waiting::start(login(&sandbox, &directory, &["--timeout", "2"])).await?;
    let first = browser.new_tab().await?;
    browser.open(&waiting.url).await?;
    browser.close_tab(&first).await?;
    let (code, _, rest) = waiting.end().await?;
    assert_eq!(code, Some(7));
    assert!(rest.contains("was its tab closed?"), "{rest}");
    Ok(())
}

/// Outcomes other than yes and no.
#[tokio::test]
async fn a_consent_that_is_partly_given_fails_or_expires() -> Result<(), Failure> {
    let browser = Browser::start().await?;
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;

    // The user deselects a scope.
    let scopes = [
        "--operation",
        "messages.list",
        "--operation",
        "settings_filters.create",
    ];
    let waiting = Waiting::start(login(&sandbox, &directory, &scopes)).await?;
    browser.open(&waiting.url).await?;
    browser.tick("scope-1").await?;
    browser.page("google-boxes-consent").await?;
    browser.click("allow").await?;
    let (title, _) = browser.page("partly").await?;
    assert!(title.contains("less access than requested"), "{title}");
    let (code, _, rest) = waiting.end().await?;
    assert_eq!(code, Some(0), "{rest}");
    assert!(rest.contains("less was granted"), "{rest}");

    // The step after the consent fails.
    let mut command = login(&sandbox, &directory, &[]);
    command.env("GMAIL_CLIENT_SECRET", "changed");
    let waiting = Waiting::start(command).await?;
    browser.open(&waiting.url).await?;
    browser.click("allow").await?;
    let (title, _) = browser.page("failed").await?;
    assert!(title.contains("did not work"), "{title}");
    let (code, _, rest) = waiting.end().await?;
    assert_eq!(code, Some(2), "{rest}");
    assert!(rest.contains("client_secret"), "{rest}");

    // The consent page waits too long.
    sandbox.configure(|settings| settings.consent_lifetime = Duration::ZERO);
    let customer = sandbox.airbyte().customer_name;
    let connect = [
        "connectors",
        "connect",
        "--no-browser",
        "--customer-name",
        &customer,
    ];
    let waiting = Waiting::start(program::hosted(&sandbox, &directory, &connect)).await?;
    browser.open(&waiting.url).await?;
    browser.click("allow").await?;
    let (title, _) = browser.page("expired").await?;
    assert!(title.contains("expired"), "{title}");
    let (code, _, rest) = waiting.end().await?;
    assert_eq!(code, Some(7), "{rest}");
    assert!(rest.contains("expired"), "{rest}");
    Ok(())
}

#[tokio::test]
async fn airbyte_in_a_browser() -> Result<(), Failure> {
    let browser = Browser::start().await?;
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    let customer = sandbox.airbyte().customer_name;
    let connect = |more: &[&str]| {
        let mut arguments = vec![
            "connectors",
            "connect",
            "--no-browser",
            "--customer-name",
            &customer,
        ];
        arguments.extend(more);
        program::hosted(&sandbox, &directory, &arguments)
    };
    let waiting = Waiting::start(connect(&[])).await?;
    browser.open(&waiting.url).await?;
    browser.page("airbyte-consent").await?;
    browser.click("allow").await?;
    let (title, _) = browser.page("connected").await?;
    assert!(title.contains("Your mailbox is connected"), "{title}");
    let back = browser.address().await?;
    let (code, output, rest) = waiting.end().await?;
    assert_eq!(code, Some(0), "{rest}");
    assert!(output.contains("succeeded"), "{output}");

    // The same port: a third sign-in finds it in use, and a second tab's old answer is rejected.
    let port = web::split(&back)?.0.to_string();
    let waiting = Waiting::start(connect(&["--port", &port])).await?;
    let taken = connect(&["--port", &port]).output().await?;
    assert_eq!(taken.status.code(), Some(2));
    assert!(program::errors(&taken).contains("is in use"));
    browser.open(&waiting.url).await?;
    let first = browser.new_tab().await?;
    let forged = back
        .split('?')
        .next()
        .map(|callback| format!("{callback}?connector_id=mine&correlation=guessed"))
        .unwrap_or_default();
    for address in [&back, &forged] {
        browser.open(address).await?;
        let (title, _) = browser.page("airbyte-refused").await?;
        assert!(title.contains("does not belong"), "{title}");
    }
    browser.close_tab(&first).await?;
    browser.click("deny").await?;
    let (title, _) = browser.page("airbyte-denied").await?;
    assert!(title.contains("Access was not allowed"), "{title}");
    let (code, output, rest) = waiting.end().await?;
    assert_eq!(code, Some(3), "{rest}");
    assert!(!output.contains("succeeded"), "{output}");

    let waiting = Waiting::start(connect(&["--timeout", "2"])).await?;
    let first = browser.new_tab().await?;
    browser.open(&waiting.url).await?;
    browser.close_tab(&first).await?;
    let (code, _, rest) = waiting.end().await?;
    assert_eq!(code, Some(7));
    assert!(rest.contains("was its tab closed?"), "{rest}");
    program::json(
        &program::hosted(&sandbox, &directory, &["check"])
            .output()
            .await?,
    )?;
    Ok(())
}
