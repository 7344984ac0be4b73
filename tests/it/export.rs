//! `airbyte-gmail export` and `import`: after kills and restarts every message is there once, byte for byte.

#![cfg(feature = "cli")]

use crate::support;

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use airbyte_agent_gmail::Mode;
use airbyte_agent_gmail::mail::encoding::decode_base64url;
use airbyte_agent_gmail::sandbox::{Fault, FaultKind, Sandbox, Service};
use airbyte_agent_gmail::sync::mbox;
use serde_json::{Value, json};
use support::TestResult;
use support::directory::Directory;
use support::program::PROGRAM;
use tokio::process::Command;

/// Pseudorandom numbers, the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Messages of many sizes, including difficult ones.
fn generated(count: u32) -> Vec<Vec<u8>> {
    let mut numbers = Numbers(u64::from(count));
    (0..count)
        .map(|number| {
            let mut raw = format!(
                "Message-ID: <{number}@example.com>\r\nFrom: support@example.com\r\nDate: Thu, 1 Jan 2026 00:{:02}:{:02} +0000\r\nSubject: Number {number}\r\n\r\n",
                number / 60 % 60,
                number % 60
            )
            .into_bytes();
            let line: &[u8] = match numbers.below(6) {
                0 => b"From here on a sentence\r\n>From there\r\n\r\n",
                1 => b"bare line feeds\n\n\n",
                2 => b"\xff\xfe\x00 not text \r\r\n",
                _ => b"A line of text as people write it.\r\n",
            };
            for _ in 0..=numbers.below(60) {
                raw.extend_from_slice(line);
            }
            raw
        })
        .collect()
}

/// Endings that mbox cannot represent; these messages are delivered directly.
const ODD: [&[u8]; 5] = [
    b"Message-ID: <odd-1@example.com>\r\n\r\nno end",
    b"Message-ID: <odd-2@example.com>\r\n\r\nFrom ",
    b"Message-ID: <odd-3@example.com>\r\n\r\n\r\n\r\n",
    b"Message-ID: <odd-4@example.com>\r\n\r\n>>From \r",
    b"From: a@example.com\nMessage-ID: <odd-5@example.com>",
];

/// A sandbox with these messages and those with odd endings.
async fn sandbox_with(
    directory: &Directory,
    messages: &[Vec<u8>],
) -> Result<Sandbox, Box<dyn std::error::Error>> {
    let mut file = Vec::new();
    for (number, raw) in messages.iter().enumerate() {
        mbox::write(&mut file, &number.to_string(), 1_767_225_600_000, raw);
    }
    let path = directory.file("source.mbox");
    fs::write(&path, file)?;
    let sandbox = Sandbox::builder().mbox(&path).start().await?;
    for raw in ODD {
        sandbox.deliver(raw);
    }
    Ok(sandbox)
}

fn program(sandbox: &Sandbox) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .env_clear()
        .envs(sandbox.variables(Mode::OpenSource))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

fn export(sandbox: &Sandbox, format: &str, out: &Path) -> Command {
    let mut command = program(sandbox);
    command
        .args([
            "export",
            "--format",
            format,
            "--include-spam-trash",
            "--out",
        ])
        .arg(out);
    command
}

fn lines(path: &Path) -> Result<Vec<Value>, Box<dyn std::error::Error>> {
    BufReader::new(File::open(path)?)
        .lines()
        .map(|line| Ok(serde_json::from_str(&line?)?))
        .collect()
}

fn index(out: &Path) -> PathBuf {
    PathBuf::from(format!("{}.index", out.display()))
}

fn report(output: &Output) -> Result<Value, Box<dyn std::error::Error>> {
    let errors = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).map_err(|_| errors.into())
}

/// Runs a command until its file has grown by this many bytes, then kills it; returns whether it finished first.
async fn kill_after(
    mut command: Command,
    file: &Path,
    growth: u64,
) -> Result<bool, Box<dyn std::error::Error>> {
    let length = || fs::metadata(file).map_or(0, |metadata| metadata.len());
    let end = length() + growth;
    let mut child = command.stdout(Stdio::null()).spawn()?;
    loop {
        if let Some(status) = child.try_wait()? {
            assert!(status.success(), "{status}");
            return Ok(true);
        }
        if length() >= end {
            child.kill().await?;
            return Ok(false);
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}

fn counted(messages: impl IntoIterator<Item = Vec<u8>>) -> HashMap<Vec<u8>, u32> {
    let mut counts = HashMap::new();
    for raw in messages {
        *counts.entry(raw).or_default() += 1;
    }
    counts
}

fn all(messages: &[Vec<u8>]) -> HashMap<Vec<u8>, u32> {
    counted(messages.iter().cloned().chain(ODD.map(<[u8]>::to_vec)))
}

/// The messages of an export, found through its own index.
fn exported(format: &str, out: &Path) -> Result<Vec<Vec<u8>>, Box<dyn std::error::Error>> {
    let lines = lines(&index(out))?;
    let records = &lines[1..];
    let ids: std::collections::HashSet<&str> = records
        .iter()
        .filter_map(|line| line["id"].as_str())
        .collect();
    assert_eq!(ids.len(), records.len(), "each message once in the index");
    let mut messages = Vec::new();
    match format {
        "mbox" => {
            for (read, line) in
                mbox::Reader::new(BufReader::new(File::open(out)?)).zip(records.iter())
            {
                let read = read?;
                assert_eq!(line["at"], read.offset);
                messages.push(read.raw);
            }
            let length = fs::metadata(out)?.len();
            let last = records.last().ok_or("a record")?;
            assert_eq!(
                last["at"]
                    .as_u64()
                    .zip(last["length"].as_u64())
                    .map(|(at, long)| at + long),
                Some(length)
            );
        }
        "ndjson" => {
            for message in self::lines(out)? {
                let raw = message["raw"].as_str().ok_or("a raw text")?;
                messages.push(decode_base64url(raw)?);
            }
        }
        _ => {
            assert_eq!(fs::read_dir(out.join("tmp"))?.count(), 0);
            for entry in fs::read_dir(out.join("cur"))? {
                messages.push(fs::read(entry?.path())?);
            }
            for line in records {
                let name = line["file"].as_str().ok_or("a name")?;
                assert!(out.join("cur").join(name).exists(), "{name}");
            }
        }
    }
    assert_eq!(messages.len(), records.len());
    Ok(messages)
}

async fn killed_and_resumed(format: &str, count: u32, kills: u32) -> TestResult {
    let directory = Directory::new()?;
    let messages = generated(count);
    let sandbox = sandbox_with(&directory, &messages).await?;
    let out = directory.file("out");
    let mut numbers = Numbers(u64::from(kills));
    let mut killed = 0;
    for _ in 0..kills {
        let growth = numbers.below(40_000);
        let ended = kill_after(export(&sandbox, format, &out), &index(&out), growth).await?;
        killed += u32::from(!ended);
    }
    assert!(killed >= 2, "the kills came too late");
    let output = export(&sandbox, format, &out).output().await?;
    let first = report(&output)?;
    assert!(exported(format, &out).map(counted)? == all(&messages));
    assert_eq!(
        first["exported"]
            .as_u64()
            .zip(first["already_there"].as_u64())
            .map(|(new, old)| new + old),
        Some(u64::from(count) + ODD.len() as u64)
    );

    // A later export adds only what is new.
    let id = sandbox.deliver(b"Message-ID: <new@example.com>\r\n\r\nNew.\r\n");
    let output = export(&sandbox, format, &out).output().await?;
    assert_eq!(report(&output)?["exported"], 1);
    let last = lines(&index(&out))?.pop().ok_or("a line")?;
    assert_eq!(last["id"], id.as_str());
    assert_eq!(last["labels"], json!(["UNREAD", "INBOX"]));
    assert_eq!(
        exported(format, &out)?.len(),
        messages.len() + ODD.len() + 1
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_mbox_is_whole_after_kills() -> TestResult {
    killed_and_resumed("mbox", 3000, 8).await
}

#[tokio::test(flavor = "multi_thread")]
async fn ndjson_is_whole_after_kills() -> TestResult {
    killed_and_resumed("ndjson", 1000, 4).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_maildir_is_whole_after_kills() -> TestResult {
    killed_and_resumed("maildir", 1000, 4).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_output_is_never_mixed_or_overwritten() -> TestResult {
    let directory = Directory::new()?;
    let sandbox = sandbox_with(&directory, &generated(5)).await?;
    let out = directory.file("out");
    report(&export(&sandbox, "mbox", &out).output().await?)?;
    let before = fs::read(&out)?;
    for (arguments, what) in [
        (
            vec!["--format", "ndjson", "--include-spam-trash"],
            "--format",
        ),
        (vec!["--format", "mbox"], "--include-spam-trash"),
        (
            vec!["--format", "mbox", "--include-spam-trash", "--query", "x"],
            "--query",
        ),
    ] {
        let mut command = program(&sandbox);
        command.arg("export").args(arguments).arg("--out").arg(&out);
        let output = command.output().await?;
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8(output.stderr)?.contains(what));
    }
    let other = Sandbox::builder()
        .email_address("other@example.com")
        .start()
        .await?;
    let output = export(&other, "mbox", &out).output().await?;
    assert!(String::from_utf8(output.stderr)?.contains("another account"));
    assert!(fs::read(&out)? == before);

    // A file that is not an export stays unchanged, even next to an empty index.
    let letter = directory.file("letter");
    fs::write(&letter, "Dear reader")?;
    for _ in 0..2 {
        let output = export(&sandbox, "mbox", &letter).output().await?;
        assert_eq!(output.status.code(), Some(2));
        fs::write(index(&letter), "")?;
    }
    assert_eq!(fs::read(&letter)?, b"Dear reader");

    // An output that has lost its content is filled again, and a message says so.
    fs::write(&out, b"")?;
    let output = export(&sandbox, "mbox", &out).output().await?;
    assert!(String::from_utf8_lossy(&output.stderr).contains("exported again"));
    let again = report(&output)?;
    assert_eq!(
        (&again["exported"], &again["exported_again"]),
        (&json!(10), &json!(10))
    );
    assert!(exported("mbox", &out).map(counted)? == all(&generated(5)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_export_at_a_time_writes_to_an_output() -> TestResult {
    let directory = Directory::new()?;
    let sandbox = sandbox_with(&directory, &generated(5)).await?;
    let out = directory.file("out");
    sandbox.inject(Fault::new(Service::Gmail, FaultKind::NeverAnswer).on("messages_get"));
    let mut first = export(&sandbox, "mbox", &out)
        .stdout(Stdio::null())
        .spawn()?;
    let is_at_work = || {
        sandbox
            .requests()
            .iter()
            .any(|request| request.operation == "messages_get")
    };
    while !is_at_work() {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    let second = export(&sandbox, "mbox", &out).output().await?;
    assert_eq!(second.status.code(), Some(2));
    let said = String::from_utf8(second.stderr)?;
    let holder = if cfg!(target_os = "linux") {
        format!("process {} is using it", first.id().ok_or("it runs")?)
    } else {
        "another process is using it".to_owned()
    };
    assert!(said.contains(&holder), "{said}");
    // The lock ends with the process, however it ends.
    first.kill().await?;
    report(&export(&sandbox, "mbox", &out).output().await?)?;
    assert_eq!(exported("mbox", &out)?.len(), 5 + ODD.len());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quota_is_the_users_choice() -> TestResult {
    let directory = Directory::new()?;
    let sandbox = sandbox_with(&directory, &generated(5)).await?;
    for (table, code) in [("current", 0), ("legacy", 0), ("former", 2)] {
        let mut command = export(&sandbox, "mbox", &directory.file(table));
        let output = command.args(["--quota", table]).output().await?;
        assert_eq!(output.status.code(), Some(code), "{table}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn vanished_messages_are_passed_over_and_failures_are_resumed() -> TestResult {
    let directory = Directory::new()?;
    let messages = generated(30);
    let sandbox = sandbox_with(&directory, &messages).await?;
    let out = directory.file("out");
    sandbox.inject(Fault::new(Service::Gmail, FaultKind::status(404)).on("messages_get"));
    sandbox.inject(Fault::new(Service::Gmail, FaultKind::status(403)).on("messages_get"));
    let output = export(&sandbox, "mbox", &out).output().await?;
    assert_eq!(output.status.code(), Some(4));
    let output = export(&sandbox, "mbox", &out).output().await?;
    assert_eq!(report(&output)?["vanished"], 0);
    assert!(exported("mbox", &out).map(counted)? == all(&messages));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn hosted_mode_exports_too() -> TestResult {
    let directory = Directory::new()?;
    let messages = generated(20);
    let sandbox = sandbox_with(&directory, &messages).await?;
    let out = directory.file("out");
    let mut command = export(&sandbox, "mbox", &out);
    command
        .args(["--mode", "hosted"])
        .envs(sandbox.variables(Mode::Hosted))
        .env("AIRBYTE_ORGANIZATION_ID", sandbox.airbyte().organization_id);
    report(&command.output().await?)?;
    assert!(exported("mbox", &out).map(counted)? == all(&messages));
    Ok(())
}

/// All messages of a mailbox.
async fn mailbox(sandbox: &Sandbox) -> Result<Vec<Vec<u8>>, Box<dyn std::error::Error>> {
    let gmail = sandbox.open_source()?;
    let list = gmail
        .messages()
        .list()
        .include_spam_trash(true)
        .stream()
        .collect()
        .await?;
    let ids: Vec<String> = list.into_iter().map(|message| message.id).collect();
    let mut fetched = gmail.get_many(ids).format("raw").stream();
    let mut messages = Vec::new();
    while let Some((_, message)) = fetched.next().await {
        messages.push(decode_base64url(&message?.raw.unwrap_or_default())?);
    }
    Ok(messages)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_neither_doubled_nor_cut_short() -> TestResult {
    let directory = Directory::new()?;
    let mut messages = generated(400);
    // A large message goes through an upload.
    messages[7].resize(1_200_000, b'x');
    messages[7].extend_from_slice(b"\r\n");
    // Two messages with the same Message-ID are both imported.
    let twice = messages[0].clone();
    messages.insert(1, twice);
    let source = sandbox_with(&directory, &messages).await?;
    let file = directory.file("out");
    report(&export(&source, "mbox", &file).output().await?)?;
    let offsets: Vec<u64> = lines(&index(&file))?
        .iter()
        .filter_map(|line| line["at"].as_u64())
        .collect();

    let target = Sandbox::builder().empty().start().await?;
    let notes = PathBuf::from(format!("{}.import", file.display()));
    let import = || {
        let mut command = program(&target);
        command
            .args(["import", "--label", "STARRED", "--keep-labels"])
            .arg(&file);
        command
    };
    // Kill it, then twice lose the answer to a message that did arrive.
    for growth in [2_000, 9_000] {
        kill_after(import(), &notes, growth).await?;
    }
    for _ in 0..2 {
        // One lost answer does not end an import; three in a row do.
        target.inject(
            Fault::new(Service::Gmail, FaultKind::ConnectionClosedBeforeResponse)
                .on("messages_import")
                .times(3),
        );
        let output = import().output().await?;
        target.clear_faults();
        assert_eq!(
            output.status.code(),
            Some(8),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let result = report(&import().output().await?)?;
    assert_eq!(result["refused"], 0);
    assert_eq!(result["unclear"], 0);
    assert!(counted(mailbox(&target).await?) == all(&messages));
    assert_eq!(offsets.len(), messages.len() + ODD.len());
    let gmail = target.open_source()?;
    let starred = gmail
        .messages()
        .list()
        .q("is:starred in:inbox")
        .stream()
        .collect()
        .await?;
    assert_eq!(starred.len(), messages.len() + ODD.len());
    // Another run does nothing.
    assert_eq!(report(&import().output().await?)?["imported"], 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_arrived_is_sent_again_and_what_nobody_can_know_is_said() -> TestResult {
    let directory = Directory::new()?;
    let mut archive = Vec::new();
    let first: &[u8] = b"Message-ID: <a@example.com>\r\n\r\nA\r\n";
    let nameless: &[u8] = b"Subject: no id\r\n\r\nB\r\n";
    mbox::write(&mut archive, "1", 0, first);
    let second_at = archive.len();
    mbox::write(&mut archive, "2", 0, nameless);
    let file = directory.file("mail");
    fs::write(&file, &archive)?;
    let notes = PathBuf::from(format!("{}.import", file.display()));
    let header = json!({"account": "user@example.com", "size": archive.len()});
    for (at, imported, unclear) in [(0, 2, 0), (second_at, 1, 1)] {
        let target = Sandbox::builder().empty().start().await?;
        let doubt = json!({"at": at, "step": "sending", "sent": 0});
        // The truncated last line is what a kill leaves.
        fs::write(&notes, format!("{header}\n{doubt}\n{{\"at\":12"))?;
        let output = program(&target).arg("import").arg(&file).output().await?;
        let result = report(&output)?;
        assert_eq!(result["imported"], imported);
        assert_eq!(result["unclear"], unclear);
        assert_eq!(output.status.code(), Some(i32::from(unclear > 0)));
        assert_eq!(mailbox(&target).await?.len(), imported);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_lags_behind_does_not_double_a_message() -> TestResult {
    let directory = Directory::new()?;
    let raw: &[u8] = b"Message-ID: <a@example.com>\r\n\r\nA\r\n";
    let mut archive = Vec::new();
    mbox::write(&mut archive, "1", 0, raw);
    let file = directory.file("mail");
    fs::write(&file, &archive)?;
    let target = Sandbox::builder().empty().start().await?;
    target.deliver(raw);
    // It arrived five seconds ago, and the search does not find it yet.
    let sent = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() - 5;
    let header = json!({"account": "user@example.com", "size": archive.len()});
    let doubt = json!({"at": 0, "step": "sending", "sent": sent});
    let notes = PathBuf::from(format!("{}.import", file.display()));
    fs::write(&notes, format!("{header}\n{doubt}\n"))?;
    let nothing = FaultKind::Answer {
        code: 200,
        content_type: "application/json".to_owned(),
        body: json!({"resultSizeEstimate": 0}).to_string(),
    };
    target.inject(Fault::new(Service::Gmail, nothing).on("messages_list"));
    let result = report(&program(&target).arg("import").arg(&file).output().await?)?;
    assert_eq!(
        (&result["imported"], &result["already_there"]),
        (&json!(0), &json!(1))
    );
    let requests = target.requests();
    let searches = requests
        .iter()
        .filter(|request| request.operation == "messages_list");
    assert_eq!(searches.count(), 2);
    assert_eq!(mailbox(&target).await?.len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_messages_are_tried_again_and_other_failures_are_taken_back() -> TestResult {
    let directory = Directory::new()?;
    let mut archive = Vec::new();
    for raw in generated(3) {
        mbox::write(&mut archive, "1", 0, &raw);
    }
    let file = directory.file("mail");
    fs::write(&file, &archive)?;
    let target = Sandbox::builder().empty().start().await?;
    let fault =
        |status| Fault::new(Service::Gmail, FaultKind::status(status)).on("messages_import");
    target.inject(fault(400));
    target.inject(fault(403));
    let output = program(&target).arg("import").arg(&file).output().await?;
    assert_eq!(output.status.code(), Some(4));
    let output = program(&target).arg("import").arg(&file).output().await?;
    let result = report(&output)?;
    assert_eq!(
        (&result["imported"], &result["already_there"]),
        (&json!(3), &json!(0))
    );
    assert_eq!(mailbox(&target).await?.len(), 3);
    let other = Sandbox::builder()
        .email_address("other@example.com")
        .start()
        .await?;
    let output = program(&other).arg("import").arg(&file).output().await?;
    assert_eq!(output.status.code(), Some(2));
    Ok(())
}
