//! The settings commands: filters, vacation responder, signature.

#![cfg(feature = "cli")]

use crate::support;

use airbyte_agent_gmail::Mode;
use airbyte_agent_gmail::sandbox::Sandbox;
use serde_json::{Value, json};
use support::TestResult;
use support::program::PROGRAM;
use tokio::process::Command;

async fn run(sandbox: &Sandbox, arguments: &[&str]) -> Result<String, Box<dyn std::error::Error>> {
    let output = Command::new(PROGRAM)
        .env_clear()
        .envs(sandbox.variables(Mode::OpenSource))
        .args(arguments)
        .output()
        .await?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        Err(String::from_utf8(output.stderr)?.into())
    }
}

async fn json(sandbox: &Sandbox, arguments: &[&str]) -> Result<Value, Box<dyn std::error::Error>> {
    Ok(serde_json::from_str(&run(sandbox, arguments).await?)?)
}

#[tokio::test]
async fn a_filter_is_created_applied_to_what_is_there_and_deleted() -> TestResult {
    let sandbox = Sandbox::builder().empty().start().await?;
    for (from, subject) in [
        ("billing@example.com", "Invoice 1"),
        ("billing@example.com", "Invoice 2 (urgent)"),
        ("billing@example.com", "Hello"),
        ("support@example.org", "Invoice 3"),
    ] {
        sandbox.deliver(
            format!("From: {from}\r\nTo: user@example.com\r\nSubject: {subject}\r\n\r\nText.\r\n")
                .as_bytes(),
        );
    }
    let created = json(
        &sandbox,
        &[
            "filters",
            "create",
            "--from",
            "billing@example.com OR nobody@example.com",
            "--subject",
            "invoice",
            "--without",
            "urgent",
            "--archive",
            "--star",
            "--label",
            "IMPORTANT",
        ],
    )
    .await?;
    assert_eq!(created["action"]["removeLabelIds"], json!(["INBOX"]));
    let id = created["id"].as_str().ok_or("an id")?;
    assert_eq!(json(&sandbox, &["filters", "list"]).await?[0], created);

    let inbox = async || -> Result<usize, Box<dyn std::error::Error>> {
        let gmail = sandbox.open_source()?;
        Ok(gmail
            .messages()
            .list()
            .q("in:inbox")
            .stream()
            .collect()
            .await?
            .len())
    };
    let dry = json(&sandbox, &["filters", "apply", id, "--dry-run"]).await?;
    assert_eq!(
        (&dry["messages"], &dry["changed"]),
        (&json!(1), &json!(false))
    );
    assert_eq!(inbox().await?, 4);
    for _ in 0..2 {
        let done = json(&sandbox, &["filters", "apply", id]).await?;
        assert_eq!(done["messages"], 1);
    }
    assert_eq!(inbox().await?, 3);
    let starred = sandbox
        .open_source()?
        .messages()
        .list()
        .q("is:starred is:important")
        .send()
        .await?;
    assert_eq!(starred.messages.len(), 1);

    run(&sandbox, &["filters", "delete", id]).await?;
    assert_eq!(json(&sandbox, &["filters", "list"]).await?, json!([]));
    Ok(())
}

#[tokio::test]
async fn the_automatic_answer_keeps_what_is_not_named() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let on = json(
        &sandbox,
        &[
            "vacation",
            "on",
            "--subject",
            "Away",
            "--text",
            "Back in August.",
            "--start",
            "2096-07-01",
            "--end",
            "2096-08-01",
            "--contacts-only",
        ],
    )
    .await?;
    assert_eq!(on["enableAutoReply"], true);
    assert_eq!(on["startTime"], "3991939200000");
    let off = json(&sandbox, &["vacation", "off"]).await?;
    assert_ne!(off["enableAutoReply"], true);
    let again = json(&sandbox, &["vacation", "on", "--contacts-only=false"]).await?;
    assert_eq!(again["responseSubject"], "Away");
    assert_eq!(again["responseBodyPlainText"], "Back in August.");
    assert_ne!(again["restrictToContacts"], true);
    assert_eq!(json(&sandbox, &["vacation", "show"]).await?, again);
    let error = run(&sandbox, &["vacation", "on", "--start", "2026-02-30"]).await;
    assert!(error.is_err_and(|error| error.to_string().contains("2026-08-01")));
    Ok(())
}

#[tokio::test]
async fn the_signature_is_set_and_shown() -> TestResult {
    let sandbox = Sandbox::start().await?;
    run(&sandbox, &["signature", "set", "<b>Support</b>"]).await?;
    assert_eq!(
        run(&sandbox, &["signature", "show"]).await?,
        "<b>Support</b>\n"
    );
    run(
        &sandbox,
        &["signature", "set", "", "--address", "user@example.com"],
    )
    .await?;
    assert_eq!(
        run(
            &sandbox,
            &["signature", "show", "--address", "user@example.com"]
        )
        .await?,
        "\n"
    );
    Ok(())
}
