//! Writes a reply in an editor, on a terminal created by `script` (util-linux).

use std::path::Path;
use std::process::{Output, Stdio};

use airbyte_agent_gmail::mail::Reading;
use airbyte_agent_gmail::sandbox::Sandbox;
use airbyte_agent_gmail::{GmailConnector, Mode};
use tokio::process::Command;

use crate::support::TestResult;
use crate::support::directory::Directory;
use crate::support::program::PROGRAM;

/// Runs the program on its own terminal, with these commands as the editor.
async fn on_a_terminal(
    sandbox: &Sandbox,
    directory: &Path,
    editor: &str,
    arguments: &str,
) -> std::io::Result<Output> {
    let script = directory.join("editor.sh");
    std::fs::write(&script, editor)?;
    let mut command = Command::new("script");
    command
        .env_clear()
        .envs(sandbox.variables(Mode::OpenSource))
        .env("PATH", "/usr/bin:/bin")
        .env("EDITOR", "/bin/false")
        .env("VISUAL", format!("sh {}", script.display()))
        .env("TMPDIR", directory)
        .args(["-qec", &format!("{PROGRAM} {arguments}"), "/dev/null"])
        .stdin(Stdio::null());
    command.output().await
}

/// The ids of sent messages, newest first.
async fn sent(gmail: &GmailConnector) -> Result<Vec<String>, airbyte_agent_gmail::Error> {
    let list = gmail.messages().list().label_ids(["SENT"]).send().await?;
    let ids = list.messages.into_iter().map(|message| message.id);
    Ok(ids.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_written_in_the_editor() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    let directory = Directory::new()?;
    let id =
        sandbox.deliver(b"From: eva@example.org\r\nMessage-ID: <1@example.org>\r\n\r\nYes?\r\n");
    let before = sent(&gmail).await?.len();
    let editor = "stat -c %a \"$1\" > \"$TMPDIR/mode\"; cp \"$1\" \"$TMPDIR/seen\"; \
                  { echo No.; cat \"$TMPDIR/seen\"; } > \"$1\"";
    let reply = format!("reply {id} -o json");
    let output = on_a_terminal(&sandbox, directory.path(), editor, &reply).await?;
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{shown}");
    let read = |name: &str| std::fs::read_to_string(directory.path().join(name));
    assert_eq!(read("mode")?, "600\n");
    let seen = read("seen")?;
    assert!(seen.ends_with("eva@example.org wrote:\n> Yes?\n"), "{seen}");
    let ids = sent(&gmail).await?;
    assert_eq!(ids.len(), before + 1);
    let text = Reading::from_payload(&gmail.messages().get(&ids[0]).send().await?).text;
    assert!(
        text.starts_with("No.\n\n") && text.ends_with("wrote:\n> Yes?\n"),
        "{text}"
    );
    for (editor, told) in [
        (":", "nothing was written"),
        (": > \"$1\"", "nothing was written"),
        ("exit 3", "the editor ended"),
    ] {
        let output = on_a_terminal(&sandbox, directory.path(), editor, &reply).await?;
        let shown = String::from_utf8_lossy(&output.stdout);
        assert!(!output.status.success() && shown.contains(told), "{shown}");
    }
    assert_eq!(sent(&gmail).await?.len(), before + 1);
    Ok(())
}
