//! Exports that other programs open and change, and exports imported into another account.

#![cfg(feature = "cli")]

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, UNIX_EPOCH};

use airbyte_agent_gmail::Mode;
use airbyte_agent_gmail::sandbox::Sandbox;
use airbyte_agent_gmail::sync::mbox::Reader;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::import::{done, empty, labels, run};
use crate::support::TestResult;
use crate::support::directory::Directory;
use crate::support::program::PROGRAM;

type Any<T> = Result<T, Box<dyn std::error::Error>>;

/// A mailbox with this many messages.
async fn mailbox(count: usize) -> Any<Sandbox> {
    let sandbox = empty().await?;
    deliver(&sandbox, 0, count);
    Ok(sandbox)
}

fn deliver(sandbox: &Sandbox, begin: usize, end: usize) {
    for number in begin..end {
        sandbox.deliver(
            format!(
                "Message-ID: <{number}@example.com>\r\nSubject: {number}\r\n\r\nFrom here on\r\n{}",
                "Text.\r\n".repeat(1 + number % 40)
            )
            .as_bytes(),
        );
    }
}

async fn export(
    sandbox: &Sandbox,
    format: &str,
    out: &Path,
    more: &[&str],
) -> Any<(Value, String)> {
    let out = out.to_str().unwrap_or_default();
    let mut arguments = vec![
        "export",
        "--format",
        format,
        "--include-spam-trash",
        "--out",
        out,
    ];
    arguments.extend(more);
    let output = run(sandbox, &arguments).await?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    Ok((serde_json::from_slice(&output.stdout)?, said))
}

/// How often each subject occurs in an output.
fn subjects(format: &str, out: &Path) -> Any<HashMap<String, usize>> {
    let mut raws = Vec::new();
    match format {
        "mbox" => {
            for message in Reader::new(fs::read(out)?.as_slice()) {
                raws.push(message?.raw);
            }
        }
        "ndjson" => {
            for line in fs::read_to_string(out)?.lines() {
                let message: Value = serde_json::from_str(line)?;
                let raw = message["raw"].as_str().unwrap_or_default();
                raws.push(airbyte_agent_gmail::mail::encoding::decode_base64url(raw)?);
            }
        }
        _ => {
            for file in files(out)? {
                raws.push(fs::read(file)?);
            }
        }
    }
    let mut subjects = HashMap::new();
    for raw in raws {
        let text = String::from_utf8_lossy(&raw).into_owned();
        let subject = text.lines().find_map(|line| line.strip_prefix("Subject: "));
        assert!(text.contains("Text."), "{text}");
        *subjects
            .entry(subject.unwrap_or_default().to_owned())
            .or_default() += 1;
    }
    Ok(subjects)
}

fn files(folder: &Path) -> Any<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

fn once(count: usize) -> HashMap<String, usize> {
    (0..count).map(|number| (number.to_string(), 1)).collect()
}

/// Does what mail programs do to an mbox: marks each message as seen.
fn note_in_each(out: &Path, what: &str) -> TestResult {
    let mut changed = Vec::new();
    for line in fs::read(out)?.split_inclusive(|byte| *byte == b'\n') {
        changed.extend_from_slice(line);
        if line.starts_with(b"From ") {
            changed.extend_from_slice(what.as_bytes());
        }
    }
    // Programs write a new file and rename it over the old one.
    let new = out.with_extension("other");
    fs::write(&new, changed)?;
    Ok(fs::rename(new, out)?)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_other_programs_write_into_an_mbox_stays() -> TestResult {
    let directory = Directory::new()?;
    for (name, change) in [
        (
            "noted",
            (|out| note_in_each(out, "Status: RO\nX-Status: A\n")) as fn(&Path) -> TestResult,
        ),
        ("appended", |out| {
            let foreign =
                "From bob@example.com Thu Jan  1 00:00:00 2026\nSubject: foreign\n\nText.\n\n";
            Ok(fs::write(out, [fs::read(out)?, foreign.into()].concat())?)
        }),
        ("appended without an end", |out| {
            let foreign =
                "From bob@example.com Thu Jan  1 00:00:00 2026\nSubject: foreign\n\nText.";
            Ok(fs::write(out, [fs::read(out)?, foreign.into()].concat())?)
        }),
        ("prepended and noted", |out| {
            let foreign =
                "From bob@example.com Thu Jan  1 00:00:00 2026\nSubject: foreign\n\nText.\n\n";
            fs::write(out, [foreign.into(), fs::read(out)?].concat())?;
            note_in_each(out, "X-UID: 7\n")
        }),
        ("replaced", |out| {
            let foreign =
                "From bob@example.com Thu Jan  1 00:00:00 2026\nSubject: foreign\n\nText.\n\n";
            Ok(fs::write(out, foreign)?)
        }),
        ("cut", |out| {
            let mbox = fs::read(out)?;
            Ok(fs::write(out, &mbox[..mbox.len() / 2])?)
        }),
        ("taken away", |out| Ok(fs::remove_file(out)?)),
    ] {
        let sandbox = mailbox(12).await?;
        let out = directory.file(&name.replace(' ', "-"));
        export(&sandbox, "mbox", &out, &[]).await?;
        change(&out)?;
        let before = fs::read(&out).unwrap_or_default();
        deliver(&sandbox, 12, 14);
        let (_, said) = export(&sandbox, "mbox", &out, &[]).await?;
        assert!(
            said.contains("another program has changed it"),
            "{name}: {said}"
        );
        assert!(fs::read(&out)?.starts_with(&before), "{name}");
        let mut found = subjects("mbox", &out)?;
        if before.windows(7).any(|text| text == b"foreign") {
            assert_eq!(found.remove("foreign"), Some(1), "{name}");
        }
        if name == "cut" {
            // The truncated message is there in its piece as well.
            found.values_mut().for_each(|count| *count = 1);
        }
        assert_eq!(found, once(14), "{name}");
        // A second run does nothing more.
        let (result, _) = export(&sandbox, "mbox", &out, &[]).await?;
        assert_eq!(result["exported"], 0, "{name}");
    }
    // A file that is no longer an mbox stays unchanged.
    let sandbox = mailbox(3).await?;
    let out = directory.file("letter");
    export(&sandbox, "mbox", &out, &[]).await?;
    for letter in ["Dear reader,\n", "Subject: x\n\nDear reader,\n"] {
        fs::write(&out, letter)?;
        let output = run(
            &sandbox,
            &[
                "export",
                "--format",
                "mbox",
                "--include-spam-trash",
                "--out",
                out.to_str().unwrap_or_default(),
            ],
        )
        .await?;
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(fs::read_to_string(&out)?, letter);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_other_programs_do_to_ndjson_and_a_maildir_stays() -> TestResult {
    let directory = Directory::new()?;
    let sandbox = mailbox(12).await?;
    let out = directory.file("out.ndjson");
    export(&sandbox, "ndjson", &out, &[]).await?;
    // Rewritten by a program that sorts keys, adds one and removes a message, without a final line break.
    let mut lines = Vec::new();
    for line in fs::read_to_string(&out)?.lines().skip(1) {
        let mut message: Value = serde_json::from_str(line)?;
        message["seen"] = json!(true);
        lines.push(message.to_string());
    }
    fs::write(&out, lines.join("\n"))?;
    let (result, said) = export(&sandbox, "ndjson", &out, &[]).await?;
    assert!(
        said.contains("1 messages that are no longer in it"),
        "{said}"
    );
    assert_eq!(result["exported_again"], 1);
    assert_eq!(subjects("ndjson", &out)?, once(12));
    assert_eq!(
        fs::read_to_string(&out)?.matches("\"seen\":true").count(),
        11
    );

    let out = directory.file("Maildir");
    export(&sandbox, "maildir", &out, &[]).await?;
    let mut files = files(&out.join("cur"))?;
    files.sort();
    let name = |file: &Path| {
        file.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    fs::create_dir_all(out.join(".Work/cur"))?;
    // Marked, moved to a folder, renamed or deleted; and foreign mail added.
    fs::rename(
        &files[0],
        out.join("cur").join(format!("{}FS", name(&files[0]))),
    )?;
    fs::rename(&files[1], out.join(".Work/cur").join(name(&files[1])))?;
    fs::rename(
        &files[2],
        out.join(".Work/cur/1767225600.M1P1.example.com:2,S"),
    )?;
    fs::remove_file(&files[3])?;
    for foreign in [
        "1767225600.abcdef0123456789.airbyte-gmail:2,S",
        "1767225600.M2P2.example.com:2,S",
    ] {
        fs::write(out.join("cur").join(foreign), "Subject: foreign\n\nText.\n")?;
    }
    let (result, _) = export(&sandbox, "maildir", &out, &[]).await?;
    assert_eq!(
        (&result["exported"], &result["exported_again"]),
        (&json!(1), &json!(1))
    );
    let mut found = subjects("maildir", &out)?;
    assert_eq!(found.remove("foreign"), Some(2));
    assert_eq!(found, once(12));
    assert_eq!(
        export(&sandbox, "maildir", &out, &[]).await?.0["exported"],
        0
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_and_another_programs_notes_lose_and_double_nothing() -> TestResult {
    let directory = Directory::new()?;
    let sandbox = mailbox(400).await?;
    let out = directory.file("out.mbox");
    let mut killed = 0;
    for round in 0..8 {
        let mut child = Command::new(PROGRAM)
            .args([
                "export",
                "--format",
                "mbox",
                "--include-spam-trash",
                "--quota",
                "legacy",
                "--out",
            ])
            .arg(&out)
            .env_clear()
            .envs(sandbox.variables(Mode::OpenSource))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let length = || fs::metadata(&out).map_or(0, |metadata| metadata.len());
        let end = length() + 1 + round * 977;
        while length() < end && child.try_wait()?.is_none() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        killed += usize::from(child.try_wait()?.is_none());
        child.kill().await?;
        if out.exists() && round % 2 == 1 {
            note_in_each(&out, "X-UID: 1\n")?;
        }
    }
    assert!(killed > 2, "the kills came too late");
    export(&sandbox, "mbox", &out, &[]).await?;
    assert_eq!(subjects("mbox", &out)?, once(400));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn files_have_the_messages_time_and_are_their_owners_alone() -> TestResult {
    let directory = Directory::new()?;
    let sandbox = mailbox(3).await?;
    let out = directory.file("Maildir");
    export(&sandbox, "maildir", &out, &[]).await?;
    let index = fs::read_to_string(directory.file("Maildir.index"))?;
    for line in index.lines().skip(1) {
        let line: Value = serde_json::from_str(line)?;
        let file = out
            .join("cur")
            .join(line["file"].as_str().unwrap_or_default());
        let time = fs::metadata(&file)?
            .modified()?
            .duration_since(UNIX_EPOCH)?;
        assert_eq!(Some(time.as_millis() as u64), line["date"].as_u64());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let id = sandbox.deliver(
            b"Content-Type: text/plain; name=a.txt\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nText\r\n",
        );
        let saved = directory.file("saved/deep");
        done(
            &sandbox,
            &[
                "attachments",
                "save",
                &id,
                "--dir",
                saved.to_str().unwrap_or_default(),
                "-o",
                "json",
            ],
        )
        .await?;
        let mode =
            |path: &Path| Ok::<_, std::io::Error>(fs::metadata(path)?.permissions().mode() & 0o777);
        for folder in [&out, &out.join("cur"), &out.join("new"), &saved] {
            assert_eq!(mode(folder)?, 0o700, "{}", folder.display());
        }
        for file in files(&out)?.iter().chain(&files(&saved)?) {
            assert_eq!(mode(file)?, 0o600, "{}", file.display());
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_travel_to_another_account_by_name() -> TestResult {
    let directory = Directory::new()?;
    let sandbox = mailbox(2).await?;
    let gmail = sandbox.open_source()?;
    for name in ["A, B", "Grüße/Nested", "Only there"] {
        gmail.labels().create(name).send().await?;
    }
    let list = gmail.messages().list().stream().collect().await?;
    for (reference, labels) in list
        .iter()
        .zip([["Label_1", "Label_2"], ["Label_3", "STARRED"]])
    {
        gmail
            .messages()
            .modify(&reference.id)
            .add_label_ids(labels.map(str::to_owned))
            .send()
            .await?;
    }
    let expected = labels(&sandbox).await?;
    for (format, header) in [
        ("mbox", false),
        ("maildir", false),
        ("mbox", true),
        ("maildir", true),
    ] {
        let out = directory.file(&format!("{format}-{header}"));
        let more: &[&str] = if header { &["--x-gmail-labels"] } else { &[] };
        export(&sandbox, format, &out, more).await?;
        let target = Sandbox::builder()
            .empty()
            .email_address("other@example.com")
            .start()
            .await?;
        // In the other account the ids mean something else.
        let other = target.open_source()?;
        other.labels().create("Invoices 2026").send().await?;
        other.labels().create("a, b").send().await?;
        if format == "mbox" {
            note_in_each(&out, "Status: O\n")?;
        }
        let path = out.to_str().unwrap_or_default();
        let arguments: &[&str] = if header {
            &["import", path]
        } else {
            &["import", path, "--keep-labels"]
        };
        let result = done(&target, arguments).await?;
        assert_eq!(result["labels_created"], 2);
        let found = labels(&target).await?;
        for (subject, labels) in &expected {
            let sorted = |labels: &str| {
                let mut labels: Vec<String> = labels.split('|').map(str::to_lowercase).collect();
                labels.sort();
                labels
            };
            assert_eq!(sorted(&found[subject]), sorted(labels), "{format} {header}");
        }
    }
    // Older indexes only have ids: those of another account can't be resolved.
    let out = directory.file("old.mbox");
    let raw = b"Message-ID: <1@example.com>\nSubject: 1\n\nText.\n";
    let mut archive = Vec::new();
    airbyte_agent_gmail::sync::mbox::write(&mut archive, "18c2a", 0, raw);
    fs::write(&out, &archive)?;
    let header = json!({"format": "mbox", "account": "user@example.com"});
    let line = json!({"id": "18c2a", "labels": ["Label_1", "STARRED"], "date": 0, "at": 0, "length": archive.len()});
    fs::write(
        directory.file("old.mbox.index"),
        format!("{header}\n{line}\n"),
    )?;
    let target = Sandbox::builder()
        .empty()
        .email_address("other@example.com")
        .start()
        .await?;
    target
        .open_source()?
        .labels()
        .create("Invoices 2026")
        .send()
        .await?;
    let output = run(
        &target,
        &["import", out.to_str().unwrap_or_default(), "--keep-labels"],
    )
    .await?;
    assert_eq!(output.status.code(), Some(1));
    let result: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(result["labels_not_placed"], json!({"Label_1": 1}));
    assert_eq!(labels(&target).await?["1"], "STARRED");
    Ok(())
}
