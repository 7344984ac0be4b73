//! The program at a terminal: fitting columns, styles, the pager. `script` of util-linux creates the terminal.

#![cfg(all(feature = "cli", target_os = "linux"))]

use std::process::Stdio;

use airbyte_agent_gmail::Mode;
use airbyte_agent_gmail::sandbox::Sandbox;
use tokio::process::Command;

use crate::support::Failure;
use crate::support::program::PROGRAM;

/// The output of a successful command on a terminal with this many columns.
async fn shown(
    sandbox: &Sandbox,
    mode: Mode,
    columns: usize,
    arguments: &str,
    variables: &[(&str, &str)],
) -> Result<String, Failure> {
    let mut command = Command::new("script");
    let line = format!("stty cols {columns} rows 30; exec {PROGRAM} {arguments}");
    command
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("TERM", "xterm")
        .env("PAGER", "cat")
        .env("TZ", "UTC")
        .env("AIRBYTE_GMAIL_CONFIG_DIR", "/nonexistent")
        .envs(sandbox.variables(mode))
        .envs(variables.iter().copied())
        .stdin(Stdio::null());
    let output = command.output().await?;
    let text = String::from_utf8(output.stdout)?.replace('\r', "");
    if !output.status.success() {
        return Err(format!("{arguments}: {text}").into());
    }
    Ok(text)
}

/// Removes the styles from a text.
fn plain(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or(part, |(_, rest)| rest));
    }
    plain
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_mail_fits_the_terminal() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    for mode in [Mode::OpenSource, Mode::Hosted] {
        for columns in [40, 60, 100, 160] {
            let list = shown(&sandbox, mode, columns, "search -n 12 has:userlabels", &[]).await?;
            assert!(list.contains("\x1b[1m"), "{list}");
            let list = plain(&list);
            let first = list.lines().next().unwrap_or_default();
            assert!(first.trim_start().starts_with("ID "), "{list}");
            for line in list
                .lines()
                .filter(|line| !line.starts_with("there is more"))
            {
                assert!(line.chars().count() <= columns, "{columns}: {line}");
            }
            assert_eq!(first.contains("LABELS"), columns >= 100, "{first}");
            assert!(
                !list.contains("Label_") && !list.contains("INBOX"),
                "{list}"
            );
        }
        let list = shown(&sandbox, mode, 160, "inbox -n 20", &[("NO_COLOR", "1")]).await?;
        assert!(list.contains("● ") && !list.contains('\x1b'), "{list}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn people_read_lines_and_programs_json() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    for mode in [Mode::OpenSource, Mode::Hosted] {
        for (command, sign) in [("check", "✓"), ("auth doctor", "✓"), ("auth status", "✓")] {
            let lines = shown(&sandbox, mode, 80, command, &[("NO_COLOR", "")]).await?;
            assert!(
                lines.contains(sign) && !lines.contains('{'),
                "{command}: {lines}"
            );
            let json = shown(&sandbox, mode, 80, &format!("{command} -o json"), &[]).await?;
            serde_json::from_str::<serde_json::Value>(&json)?;
        }
    }
    let mode = Mode::OpenSource;
    let off = shown(&sandbox, mode, 80, "vacation show", &[]).await?;
    assert!(
        plain(&off).contains("✗ the automatic answer is off"),
        "{off}"
    );
    let none = shown(&sandbox, mode, 80, "filters list", &[]).await?;
    assert!(none.contains("there are no filters"), "{none}");
    let create = "filters create --from a@example.com --label Receipts --archive";
    let made = shown(&sandbox, mode, 80, create, &[]).await?;
    assert!(
        plain(&made).contains("from:(a@example.com) → +Receipts, -Inbox"),
        "{made}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_text_goes_through_the_pager() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let id = sandbox.deliver(b"From: a@example.com\r\nSubject: Paged\r\n\r\nHello\r\n");
    let read = format!("read {id}");
    let paged = [("PAGER", "sed s/^/paged:/")];
    let text = shown(&sandbox, Mode::OpenSource, 80, &read, &paged).await?;
    assert!(
        text.contains("paged:Subject: Paged") && text.contains("paged:Hello"),
        "{text}"
    );
    // A missing pager is skipped.
    let absent = [("PAGER", "no-such-pager-here -x")];
    let text = shown(&sandbox, Mode::OpenSource, 80, &read, &absent).await?;
    assert!(text.contains("\nHello"), "{text}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_written_in_the_editor() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let editor = [("EDITOR", "sh -c 'echo Written. > \"$1\"' sh")];
    let send = "send --to support@example.com --subject Edited";
    shown(&sandbox, Mode::OpenSource, 80, send, &editor).await?;
    let gmail = sandbox.open_source()?;
    let sent = gmail
        .messages()
        .list()
        .q("in:sent subject:Edited")
        .send()
        .await?;
    let reading = gmail
        .read(&sent.messages.first().ok_or("nothing was sent")?.id)
        .await?;
    assert_eq!(reading.text, "Written.\n");
    // Nothing is written, so nothing is sent.
    let empty = [("EDITOR", "true")];
    let refused = shown(&sandbox, Mode::OpenSource, 80, send, &empty).await;
    let refused = refused
        .err()
        .ok_or("an empty message was sent")?
        .to_string();
    assert!(refused.contains("nothing was written"), "{refused}");
    Ok(())
}
