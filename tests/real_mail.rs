//! The main job on mail that the project did not write, where there is some, and on its own sample: imported from an
//! mbox, listed, searched, read, labelled, answered and sent, in both modes; each message byte for byte.

#![allow(
    clippy::print_stdout,
    reason = "whoever runs it has to see what was not run"
)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use airbyte_agent_gmail::GmailConnector;
use airbyte_agent_gmail::mail::encoding::decode_base64url;
use airbyte_agent_gmail::mail::{MailboxList, Reading, reply};
use airbyte_agent_gmail::sandbox::Sandbox;
use support::TestResult;

/// The files of a folder with an ending, in the order of their names.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == ending)
        })
        .collect();
    files.sort();
    files
}

/// The messages that CPython's tests ship, where a Python is installed with them.
fn python_samples() -> Vec<PathBuf> {
    let named = std::env::var_os("PYTHON_TEST_EMAIL_DATA").map(PathBuf::from);
    let managed = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".pyenv/versions"));
    let versions = managed
        .and_then(|managed| fs::read_dir(managed).ok())
        .into_iter()
        .flatten()
        .flatten();
    let folders = named.into_iter().chain(versions.flat_map(|version| {
        ["3.11", "3.12", "3.13", "3.14"].map(|python| {
            version
                .path()
                .join(format!("lib/python{python}/test/test_email/data"))
        })
    }));
    folders
        .map(|folder| files(&folder, "txt"))
        .find(|files| !files.is_empty())
        .unwrap_or_default()
}

/// An mbox in the mboxrd form: each line of `>`s and `From ` gets one `>` more.
fn mbox(messages: &[Vec<u8>]) -> Vec<u8> {
    let mut mbox = Vec::new();
    for message in messages {
        mbox.extend_from_slice(b"From MAILER-DAEMON Thu Jan  1 00:00:00 2026\n");
        for line in message.split_inclusive(|byte| *byte == b'\n') {
            let unquoted = line
                .iter()
                .position(|byte| *byte != b'>')
                .unwrap_or(line.len());
            if line[unquoted..].starts_with(b"From ") {
                mbox.push(b'>');
            }
            mbox.extend_from_slice(line);
        }
        if !message.ends_with(b"\n") {
            mbox.push(b'\n');
        }
        mbox.push(b'\n');
    }
    mbox
}

async fn raw(gmail: &GmailConnector, id: &str) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let message = gmail.messages().get(id).format("raw").send().await?;
    Ok(decode_base64url(&message.raw.unwrap_or_default())?)
}

async fn main_job(paths: &[PathBuf]) -> TestResult {
    // A message that does not end in a line break gets one from the mbox, as every mbox does.
    let messages: Vec<Vec<u8>> = paths
        .iter()
        .map(|path| {
            fs::read(path).map(|mut bytes| {
                if !bytes.ends_with(b"\n") {
                    bytes.push(b'\n');
                }
                bytes
            })
        })
        .collect::<Result<_, _>>()?;
    let file = std::env::temp_dir().join(format!(
        "real-mail-{}-{}.mbox",
        std::process::id(),
        messages.len()
    ));
    fs::write(&file, mbox(&messages))?;
    let sandbox = Sandbox::builder().mbox(&file).start().await;
    fs::remove_file(&file)?;
    let sandbox = sandbox?;
    let own: MailboxList = "user@example.com".parse()?;
    for gmail in support::modes(&sandbox)? {
        let mode = support::mode_name(&gmail);
        let listed = gmail
            .messages()
            .list()
            .q("in:anywhere -in:sent")
            .max_results(500)
            .stream()
            .collect()
            .await?;
        assert_eq!(listed.len(), messages.len(), "{mode}");
        let mut left = messages.clone();
        let mut answered = 0;
        for reference in listed {
            let id = reference.id.unwrap_or_default();
            let bytes = raw(&gmail, &id).await?;
            let at = left.iter().position(|message| *message == bytes);
            left.swap_remove(at.ok_or_else(|| format!("{mode}: {id} is not what was imported"))?);

            let message = gmail.messages().get(&id).send().await?;
            let reading = Reading::from_payload(&message);
            if let Some(message_id) = reading.message_id.as_deref()
                && message_id.bytes().all(|byte| byte.is_ascii_graphic())
            {
                let found = gmail
                    .messages()
                    .list()
                    .q(format!("rfc822msgid:{message_id} in:anywhere"))
                    .send()
                    .await?;
                assert!(
                    found
                        .messages
                        .iter()
                        .any(|found| found.id.as_deref() == Some(id.as_str())),
                    "{mode}: {message_id}"
                );
            }
            let labelled = gmail
                .messages()
                .modify(&id)
                .add_label_ids(["STARRED"])
                .send()
                .await?;
            assert!(labelled.label_ids.iter().any(|label| label == "STARRED"));
            // A message that names nobody to answer can't be answered; most can.
            if let Ok(answer) = reply(&message, &own)
                && let Ok(mail) = answer.from("user@example.com").text("Thank you.\n").build()
            {
                let sent = gmail.send(&mail).await?;
                assert!(sent.label_ids.iter().any(|label| label == "SENT"));
                answered += 1;
            }
        }
        assert!(left.is_empty(), "{mode}");
        assert!(
            answered * 2 > messages.len(),
            "{mode}: {answered} of {} answered",
            messages.len()
        );
        let sent = gmail
            .messages()
            .list()
            .label_ids(["SENT"])
            .stream()
            .collect()
            .await?;
        assert!(sent.len() >= answered, "{mode}");
    }
    Ok(())
}

#[tokio::test]
async fn the_projects_own_sample() -> TestResult {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sandbox/mailbox/sample");
    let files = files(&folder, "eml");
    assert!(files.len() > 40);
    main_job(&files).await
}

#[tokio::test]
async fn mail_that_the_project_did_not_write() -> TestResult {
    let samples = python_samples();
    if samples.is_empty() {
        println!(
            "NOT RUN: no Python with its test messages is installed; name their folder with PYTHON_TEST_EMAIL_DATA"
        );
        return Ok(());
    }
    main_job(&samples).await
}
