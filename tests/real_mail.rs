//! Mail as it is, broken messages among it, in an mbox file: imported, listed, searched, read, labelled, answered and
//! sent in both modes. Each message's bytes stay what they were.
//!
//! The mail is the project's own sample and, where a Python is installed with its tests, the messages that those ship;
//! `PYTHON_TEST_EMAIL_DATA=folder` names their folder.

mod support;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use airbyte_agent_gmail::GmailConnector;
use airbyte_agent_gmail::mail::{MailboxList, Reading, reply};
use airbyte_agent_gmail::sandbox::Sandbox;
use airbyte_agent_gmail::types::MessageFormat;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE;
use support::TestResult;

/// The files of a folder with an extension, in the order of their names.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

/// The messages of Python's tests: of the folder that is named, or of the newest Python that pyenv manages.
fn python_samples() -> Vec<PathBuf> {
    let named = env::var_os("PYTHON_TEST_EMAIL_DATA").map(PathBuf::from);
    let versions = env::var_os("HOME").map(|home| PathBuf::from(home).join(".pyenv/versions"));
    let managed = ["3.13", "3.12", "3.11"].into_iter().flat_map(|release| {
        fs::read_dir(versions.clone().unwrap_or_default())
            .into_iter()
            .flatten()
            .filter_map(Result::ok)
            .map(move |version| {
                version
                    .path()
                    .join(format!("lib/python{release}/test/test_email/data"))
            })
    });
    named
        .into_iter()
        .chain(managed)
        .map(|folder| files(&folder, "txt"))
        .find(|files| !files.is_empty())
        .unwrap_or_default()
}

/// An mbox file of messages in the mboxrd form, and the bytes that each message has in it.
fn mbox(messages: &[Vec<u8>]) -> (Vec<u8>, Vec<Vec<u8>>) {
    let mut file = Vec::new();
    let mut kept = Vec::new();
    for message in messages {
        let mut message = message.clone();
        // The form has no way to say that the last line has no end.
        if !message.ends_with(b"\n") {
            message.push(b'\n');
        }
        file.extend(b"From sender@example.com Thu Jan 01 10:00:00 2026\n");
        for line in message.split_inclusive(|byte| *byte == b'\n') {
            let quotes = line.iter().take_while(|byte| **byte == b'>').count();
            if line[quotes..].starts_with(b"From ") {
                file.push(b'>');
            }
            file.extend(line);
        }
        file.extend(b"\n");
        kept.push(message);
    }
    (file, kept)
}

#[tokio::test]
async fn the_projects_sample_mail() -> TestResult {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sandbox/mailbox/sample");
    assert!(walk("sample", &files(&folder, "eml")).await? > 50);
    Ok(())
}

#[tokio::test]
async fn the_messages_of_pythons_tests() -> TestResult {
    let files = python_samples();
    if files.is_empty() {
        // Not captured as what `println!` writes is: whoever runs it has to see what was not run.
        writeln!(
            std::io::stderr(),
            "NOT RUN: no Python with its tests is here; set PYTHON_TEST_EMAIL_DATA to its test_email/data"
        )?;
        return Ok(());
    }
    assert!(walk("python", &files).await? > 40);
    Ok(())
}

/// Carries all messages through a sandbox in each mode, and tells how many there were.
async fn walk(name: &str, files: &[PathBuf]) -> Result<usize, Box<dyn std::error::Error>> {
    let messages = files.iter().map(fs::read).collect::<Result<Vec<_>, _>>()?;
    let (file, mut expected) = mbox(&messages);
    expected.sort();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.mbox"));
    fs::write(&path, file)?;
    for hosted in [false, true] {
        let sandbox = Sandbox::builder().mbox(&path).start().await?;
        let gmail = if hosted {
            sandbox.hosted()?
        } else {
            sandbox.open_source()?
        };
        let ids = list(&gmail).await?;
        assert_eq!(ids.len(), expected.len());
        let mut found = Vec::new();
        let mut answered = 0;
        for id in &ids {
            let raw = raw(&gmail, id).await?;
            answered += usize::from(use_one(&gmail, id, &raw).await?);
            found.push(raw);
        }
        found.sort();
        assert!(found == expected, "some message's bytes have changed");
        assert!(answered * 2 > ids.len(), "{answered} were answered");
        let labelled = gmail.messages().list().q("label:Walked").send().await?;
        assert!(!labelled.messages.is_empty());
    }
    Ok(expected.len())
}

async fn list(gmail: &GmailConnector) -> Result<BTreeSet<String>, airbyte_agent_gmail::Error> {
    let mut ids = BTreeSet::new();
    let list = gmail.messages().list().include_spam_trash(true);
    let mut messages = list.max_results(7).stream();
    while let Some(message) = messages.next().await {
        ids.extend(message?.id);
    }
    Ok(ids)
}

async fn raw(gmail: &GmailConnector, id: &str) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let get = gmail.messages().get(id).format(MessageFormat::Raw);
    let raw = get.send().await?.raw.ok_or("raw")?;
    Ok(BASE64_URL_SAFE.decode(raw)?)
}

/// Reads, finds, labels and answers one message; tells whether it could be answered.
async fn use_one(
    gmail: &GmailConnector,
    id: &str,
    raw: &[u8],
) -> Result<bool, Box<dyn std::error::Error>> {
    let message = gmail.messages().get(id).send().await?;
    let reading = Reading::from_payload(&message);
    let whole = Reading::from_raw(raw);
    assert_eq!(reading.subject, whole.subject);
    // The names of authors may differ: what is neither ASCII nor UTF-8 in a header is anybody's guess.
    let authors = |reading: &Reading| -> Vec<String> {
        let from = reading.from.iter();
        from.map(|author| author.address().to_owned()).collect()
    };
    assert_eq!(authors(&reading), authors(&whole));
    // Parts within parts that end at the same line can be told apart in more than one way.
    if !nests_one_boundary(raw) {
        assert_eq!(
            reading.attachments.len(),
            whole.attachments.len(),
            "{:?}",
            whole.subject
        );
    }

    let word = whole.subject.as_deref().and_then(|subject| {
        subject
            .split_ascii_whitespace()
            .find(|word| word.len() > 3 && word.bytes().all(|byte| byte.is_ascii_alphabetic()))
    });
    if let Some(word) = word {
        let query = format!("in:anywhere subject:{word}");
        let list = gmail.messages().list().q(query).max_results(500);
        let found = list.send().await?.messages;
        assert!(
            found.iter().any(|found| found.id.as_deref() == Some(id)),
            "{word} of {:?}",
            whole.subject
        );
    }

    let labels = gmail.labels().list().send().await?.labels;
    let label = labels
        .into_iter()
        .find(|label| label.name.as_deref() == Some("Walked"));
    let label = match label {
        Some(label) => label,
        None => gmail.labels().create("Walked").send().await?,
    };
    let label = label.id.ok_or("a label's id")?;
    let modify = gmail.messages().modify(id).add_label_ids([label.as_str()]);
    let labelled = modify.send().await?;
    assert!(labelled.label_ids.contains(&label));

    // A draft is no message yet, and some messages have nobody to answer to.
    let own: MailboxList = "user@example.com".parse()?;
    let Ok(answer) = reply(&message, &own) else {
        return Ok(false);
    };
    let answer = answer.from("user@example.com").text("Thank you.\n").build();
    let Ok(answer) = answer else {
        return Ok(false);
    };
    let sent = gmail.send(&answer).await?;
    // A subject with a broken encoded word is read, and so repeated, in more than one way.
    if !whole
        .subject
        .as_deref()
        .is_some_and(|subject| subject.contains("=?"))
    {
        assert_eq!(sent.thread_id, message.thread_id, "{:?}", whole.subject);
    }
    Ok(true)
}

/// Whether a message names one boundary for several of its parts.
fn nests_one_boundary(raw: &[u8]) -> bool {
    let text = String::from_utf8_lossy(raw).to_ascii_lowercase();
    let boundaries: Vec<&str> = text
        .split("boundary=")
        .skip(1)
        .filter_map(|rest| rest.lines().next())
        .collect();
    boundaries.iter().collect::<BTreeSet<_>>().len() < boundaries.len()
}
