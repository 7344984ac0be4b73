//! `airbyte-gmail import`: all kinds of sources, labels by name, and messages that Gmail rejects.

#![cfg(feature = "cli")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};

use airbyte_agent_gmail::Mode;
use airbyte_agent_gmail::mail::Reading;
use airbyte_agent_gmail::mail::encoding::decode_base64url;
use airbyte_agent_gmail::sandbox::{Fault, FaultKind, Sandbox, Service};
use airbyte_agent_gmail::sync::mbox;
use airbyte_agent_gmail::types::MessageFormat;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::TestResult;
use crate::support::directory::Directory;
use crate::support::program::PROGRAM;

type Any<T> = Result<T, Box<dyn std::error::Error>>;

pub(crate) async fn run(sandbox: &Sandbox, arguments: &[&str]) -> Any<Output> {
    let mut command = Command::new(PROGRAM);
    command
        .args(arguments)
        .env_clear()
        .envs(sandbox.variables(Mode::OpenSource))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    Ok(command.output().await?)
}

pub(crate) async fn done(sandbox: &Sandbox, arguments: &[&str]) -> Any<Value> {
    let output = run(sandbox, arguments).await?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Err(format!("{:?}: {errors}", output.status.code()).into());
    }
    serde_json::from_slice(&output.stdout).map_err(|_| errors.into())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap_or_default()
}

pub(crate) async fn empty() -> Any<Sandbox> {
    Ok(Sandbox::builder().empty().start().await?)
}

/// The label names of each message, by subject.
pub(crate) async fn labels(sandbox: &Sandbox) -> Any<BTreeMap<String, String>> {
    let gmail = sandbox.open_source()?;
    let names: BTreeMap<String, String> = gmail
        .labels()
        .list()
        .send()
        .await?
        .labels
        .into_iter()
        .filter_map(|label| Some((label.id, label.name?)))
        .collect();
    let list = gmail
        .messages()
        .list()
        .include_spam_trash(true)
        .stream()
        .collect()
        .await?;
    let mut labels = BTreeMap::new();
    for reference in list {
        let id = reference.id;
        let message = gmail
            .messages()
            .get(&id)
            .format(MessageFormat::Raw)
            .send()
            .await?;
        let subject = Reading::from_payload(&message).subject.unwrap_or_default();
        let of_message: BTreeSet<String> = message
            .label_ids
            .iter()
            .map(|id| names.get(id).unwrap_or(id).clone())
            .collect();
        let joined = of_message.into_iter().collect::<Vec<_>>().join("|");
        assert!(
            labels.insert(subject, joined).is_none(),
            "{id} is there twice"
        );
    }
    Ok(labels)
}

fn message(number: usize, fields: &str) -> String {
    format!("Message-ID: <{number}@example.com>\n{fields}Subject: {number}\n\nText {number}\n")
}

fn archive(messages: &[String]) -> Vec<u8> {
    let mut archive = Vec::new();
    for raw in messages {
        mbox::write(&mut archive, "1", 0, raw.as_bytes());
    }
    archive
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_go_by_name_and_a_wrong_one_stops_before_the_first_message() -> TestResult {
    let directory = Directory::new()?;
    let file = directory.file("mail.mbox");
    fs::write(&file, archive(&[message(1, ""), message(2, "")]))?;
    let target = empty().await?;
    let output = run(&target, &["import", text(&file), "--label", "Work"]).await?;
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no label `Work`"));
    assert!(labels(&target).await?.is_empty());
    target.open_source()?.labels().create("Work").send().await?;
    let result = done(
        &target,
        &["import", text(&file), "--label", "work", "--label", "INBOX"],
    )
    .await?;
    assert_eq!(
        (&result["imported"], &result["already_there"]),
        (&json!(2), &json!(0))
    );
    let labels = labels(&target).await?;
    assert_eq!(labels["1"], "INBOX|Work");
    assert_eq!(labels["2"], "INBOX|Work");

    // The same for filters, lists and all other actions that take a label.
    let filter = done(
        &target,
        &[
            "filters",
            "create",
            "--from",
            "a@example.com",
            "--label",
            "WORK",
            "--remove-label",
            "INBOX",
        ],
    )
    .await?;
    assert_eq!(filter["action"]["addLabelIds"], json!(["Label_1"]));
    let listed = done(
        &target,
        &["messages", "list", "--label-ids", "Work", "-o", "json"],
    )
    .await?;
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(2));
    let label = done(&target, &["labels", "get", "work", "-o", "json"]).await?;
    assert_eq!(label["data"]["id"], "Label_1");
    for arguments in [
        [
            "filters",
            "create",
            "--from",
            "a@example.com",
            "--label",
            "Travel",
        ]
        .as_slice(),
        &["messages", "list", "--label-ids", "Travel"],
    ] {
        let output = run(&target, arguments).await?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2));
        assert!(
            said.contains("no label `Travel`") || said.contains("the service said: Invalid label"),
            "{said}"
        );
    }
    Ok(())
}

/// As `formail -s maildrop` 3.0 and `getmail` with `unixfrom` deliver into a Maildir.
#[tokio::test]
async fn the_separator_that_delivery_leaves_in_a_maildir_is_no_header() -> TestResult {
    let (sandbox, directory) = (empty().await?, Directory::new()?);
    let maildir = directory.file("mail");
    for folder in ["cur", "new", "tmp"] {
        fs::create_dir_all(maildir.join(folder))?;
    }
    let message = "Subject: delivered\r\n\r\nFrom me to you.\r\n";
    let file = format!("From eva@example.org Sun Mar 08 10:00:00 2026\n{message}");
    fs::write(maildir.join("new/1.a.host"), file)?;
    done(&sandbox, &["import", text(&maildir), "-o", "json"]).await?;
    let gmail = sandbox.open_source()?;
    let list = gmail.messages().list().send().await?.messages;
    let imported = gmail
        .messages()
        .get(&list.first().ok_or("no message")?.id)
        .format(MessageFormat::Raw)
        .send()
        .await?;
    let raw = decode_base64url(imported.raw.as_deref().unwrap_or_default())?;
    assert!(raw.ends_with(message.as_bytes()));
    assert!(!raw.starts_with(b"From "));
    Ok(())
}

/// As a shell gives the output of a command: `import <(zcat takeout.mbox.gz)`.
#[cfg(unix)]
#[tokio::test]
async fn what_can_be_read_only_once_is_not_imported() -> TestResult {
    let output = run(&empty().await?, &["import", "/dev/null"]).await?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("/dev/null: it is a pipe or a device"),
        "{said}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_gmail_refuses_is_told_and_tried_again_and_the_others_go_on() -> TestResult {
    for (code, reason) in [
        (400, "failedPrecondition"),
        (413, "uploadTooLarge"),
        (422, "invalid"),
    ] {
        let directory = Directory::new()?;
        let file = directory.file("mail.mbox");
        let messages: Vec<String> = (1..=4).map(|number| message(number, "")).collect();
        fs::write(&file, archive(&messages))?;
        let target = empty().await?;
        let refusal = FaultKind::Answer {
            code,
            content_type: "application/json".to_owned(),
            body: json!({"error": {"code": code, "message": "Not this one", "errors": [{"reason": reason}]}}).to_string(),
        };
        target.inject(Fault::new(Service::Gmail, refusal).on("messages_import"));
        let output = run(&target, &["import", text(&file)]).await?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("left out: byte 0 <1@example.com>"), "{said}");
        assert!(said.contains("left out: 1 message;"), "{said}");
        assert!(said.contains("Not this one"), "{said}");
        let result: Value = serde_json::from_slice(&output.stdout)?;
        assert_eq!(
            (&result["imported"], &result["refused"]),
            (&json!(3), &json!(1))
        );
        assert_eq!(result["left_out"][0]["message_id"], "1@example.com");
        // Meanwhile another program marks the messages and moves the first to the end.
        let mut changed: Vec<String> = messages
            .iter()
            .map(|raw| format!("Status: RO\n{raw}"))
            .collect();
        changed.rotate_left(1);
        fs::write(&file, archive(&changed))?;
        let result = done(&target, &["import", text(&file)]).await?;
        assert_eq!(
            (&result["imported"], &result["already_there"]),
            (&json!(1), &json!(3))
        );
        assert_eq!(labels(&target).await?.len(), 4);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_of_the_future_costs_one_wait_that_is_told() -> TestResult {
    let directory = Directory::new()?;
    let file = directory.file("mail.mbox");
    let archive = archive(&[message(1, "")]);
    fs::write(&file, &archive)?;
    let sent = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)?
        .as_secs()
        + 7200;
    let header = json!({"account": "user@example.com", "size": archive.len()});
    let doubt = json!({"at": 0, "step": "sending", "sent": sent});
    fs::write(
        directory.file("mail.mbox.import"),
        format!("{header}\n{doubt}\n"),
    )?;
    let target = empty().await?;
    let output = run(&target, &["import", text(&file)]).await?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(said.matches("waiting").count(), 1, "{said}");
    assert_eq!(labels(&target).await?.len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_of_takeout_become_labels() -> TestResult {
    let directory = Directory::new()?;
    let file = directory.file("takeout.mbox");
    for (fields, own, expected) in [
        (
            "X-Gmail-Labels: Inbox,Unread,Starred,\"Projects, big\",Work/Invoices\n",
            "",
            "INBOX|Projects, big|STARRED|UNREAD|Work/Invoices",
        ),
        (
            "X-Gmail-Labels: =?UTF-8?Q?Bo=C3=AEte_de_r=C3=A9ception,Non_lus,Caf=C3=A9/Cr?=\n =?UTF-8?Q?=C3=A8me,Cat=C3=A9gorie=C2=A0:_Promotions?=\n",
            "",
            "CATEGORY_PROMOTIONS|Café/Crème|INBOX|UNREAD",
        ),
        (
            "X-Gmail-Labels: =?UTF-8?Q?Posteingang,Wichtig,Ge=C3=B6ffnet,Kategorie:_=22Neuigkeiten=22?=\n",
            "",
            "CATEGORY_UPDATES|IMPORTANT|INBOX",
        ),
        ("X-Gmail-Labels: Archived,\n Opened,\n Sent\n", "", "SENT"),
        (
            "X-Gmail-Labels: Iosaf,Obair\n",
            "Iosaf = INBOX\nObair = Work\n",
            "INBOX|Work",
        ),
        ("X-Gmail-Labels: Drafts,Starred\n", "", "DRAFT|STARRED"),
    ] {
        let target = empty().await?;
        fs::write(&file, archive(&[message(1, fields)]))?;
        fs::write(directory.file("words"), own)?;
        let words = directory.file("words");
        let mut arguments = vec!["import", text(&file)];
        if !own.is_empty() {
            arguments.extend(["--labels-as", text(&words)]);
        }
        done(&target, &arguments).await?;
        assert_eq!(labels(&target).await?["1"], expected, "{fields}");
        let _ = fs::remove_file(directory.file("takeout.mbox.import"));
    }
    // Labels that Gmail lets nobody set or create are reported.
    let target = empty().await?;
    fs::write(
        &file,
        archive(&[message(1, "X-Gmail-Labels: Inbox,Chat,Muted\n")]),
    )?;
    let output = run(&target, &["import", text(&file)]).await?;
    assert_eq!(output.status.code(), Some(1));
    let result: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(result["labels_not_placed"], json!({"CHAT": 1, "Muted": 1}));
    assert_eq!(labels(&target).await?["1"], "INBOX");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_maildir_and_eml_files_are_sources() -> TestResult {
    let directory = Directory::new()?;
    let maildir = directory.file("Maildir");
    for (path, number) in [
        ("cur/1.M1P1.example.com:2,S", 1),
        ("cur/2.M1P1.example.com:2,FS", 2),
        ("new/3.M1P1.example.com", 3),
        (".Work.Entw&APw-rfe/cur/4.M1P1.example.com,S=3:2,S", 4),
        (".Sent/cur/5.M1P1.example.com:2,S", 5),
        ("cur/6.M1P1.example.com:2,DS", 6),
        ("tmp/7.M1P1.example.com", 7),
        ("cur/.hidden", 8),
        ("dovecot.index", 9),
    ] {
        let file = maildir.join(path);
        fs::create_dir_all(file.parent().ok_or("a folder")?)?;
        fs::write(file, message(number, ""))?;
    }
    let target = empty().await?;
    let result = done(&target, &["import", text(&maildir)]).await?;
    assert_eq!(result["imported"], 6);
    let found = labels(&target).await?;
    let found: Vec<String> = found
        .into_iter()
        .map(|(subject, labels)| format!("{subject}:{labels}"))
        .collect();
    assert_eq!(
        found,
        [
            "1:",
            "2:STARRED",
            "3:UNREAD",
            "4:Work/Entwürfe",
            "5:SENT",
            "6:DRAFT"
        ]
    );
    // Renamed and moved files are still recognized.
    fs::rename(
        maildir.join("new/3.M1P1.example.com"),
        maildir.join("cur/3.M9.other:2,S"),
    )?;
    assert_eq!(
        done(&target, &["import", text(&maildir)]).await?["imported"],
        0
    );

    let folder = directory.file("saved");
    for (path, number) in [("a.eml", 1), ("b/c/d.EML", 2), ("b/notes.txt", 3)] {
        let file = folder.join(path);
        fs::create_dir_all(file.parent().ok_or("a folder")?)?;
        fs::write(file, message(number, "Status: Open\n"))?;
    }
    let target = empty().await?;
    assert_eq!(
        done(&target, &["import", text(&folder)]).await?["imported"],
        2
    );
    let one = directory.file("saved/a.eml");
    let target = empty().await?;
    assert_eq!(done(&target, &["import", text(&one)]).await?["imported"], 1);
    let none = run(
        &target,
        &["import", text(&directory.file("saved/b/c/none"))],
    )
    .await?;
    assert_eq!(none.status.code(), Some(2));
    Ok(())
}

/// Folders of offlineimap and of an account in another language; file names after a copy to a system without colons.
#[tokio::test(flavor = "multi_thread")]
async fn the_folders_and_files_of_other_programs_are_understood() -> TestResult {
    let directory = Directory::new()?;
    let maildir = directory.file("Mail");
    for (number, (path, _)) in (1..).zip(FOREIGN) {
        let file = maildir.join(path);
        fs::create_dir_all(file.parent().ok_or("a folder")?)?;
        fs::write(file, message(number, ""))?;
    }
    let target = empty().await?;
    let result = done(&target, &["import", text(&maildir)]).await?;
    assert_eq!(result["imported"], FOREIGN.len());
    assert_eq!(result["labels_created"], 0);
    let found = labels(&target).await?;
    for (number, (path, expected)) in (1..).zip(FOREIGN) {
        assert_eq!(found[&format!("{number}")], expected, "{path}");
    }
    Ok(())
}

const FOREIGN: [(&str, &str); 12] = [
    ("INBOX/cur/1.M1P1.example.com,U=1,FMD5=7e33:2,S", "INBOX"),
    ("[Gmail].Sent Mail/cur/2.M1P1.example.com:2,S", "SENT"),
    ("[Gmail].All Mail/cur/3.M1P1.example.com:2,S", ""),
    ("[Gmail]/Gesendet/cur/4.M1P1.example.com:2,S", "SENT"),
    ("[Gmail]/Alle Nachrichten/cur/5.M1P1.example.com:2,S", ""),
    (
        ".[Google Mail].Corbeille/cur/6.M1P1.example.com:2,S",
        "TRASH",
    ),
    ("INBOX/cur/7.M1P1.example.com\u{f03a}2,FS", "INBOX|STARRED"),
    ("INBOX/cur/8.M1P1.example.com\u{ff1a}2,FS", "INBOX|STARRED"),
    ("INBOX/cur/9.M1P1.example.com_2,FS", "INBOX|STARRED"),
    ("INBOX/cur/10.M1P1.example.com%3A2,S", "INBOX"),
    ("INBOX/cur/11.M1P1.example2,S", "INBOX"),
    ("INBOX/new/12.M1P1.mail-2,S=512,W=520", "INBOX|UNREAD"),
];

/// An editor has added a byte order mark to one file, and another is an mbox by its content.
#[tokio::test(flavor = "multi_thread")]
async fn what_stands_before_the_message_in_an_eml_file_is_no_part_of_it() -> TestResult {
    let directory = Directory::new()?;
    let folder = directory.file("saved");
    fs::create_dir_all(&folder)?;
    let marked = [b"\xef\xbb\xbf".as_slice(), message(1, "").as_bytes()].concat();
    fs::write(folder.join("a.eml"), marked)?;
    fs::write(
        folder.join("b.eml"),
        archive(&[message(2, ""), message(3, "")]),
    )?;
    fs::write(folder.join("c.eml"), "From here on it is text.\n")?;
    fs::write(folder.join("d.eml"), "\r\n")?;
    let target = empty().await?;
    let output = run(&target, &["import", text(&folder)]).await?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let result: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(
        (&result["imported"], &result["refused"]),
        (&json!(4), &json!(1)),
        "{said}"
    );
    assert_eq!(result["left_out"][0]["file"], "d.eml");
    assert!(said.contains("d.eml: there is nothing in it"), "{said}");
    let found = labels(&target).await?;
    for subject in ["1", "2", "3"] {
        assert!(found.contains_key(subject), "{found:?}");
    }
    let again = run(&target, &["import", text(&folder)]).await?;
    let again: Value = serde_json::from_slice(&again.stdout)?;
    assert_eq!(
        (&again["imported"], &again["already_there"]),
        (&json!(0), &json!(4))
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_passed_over_are_told() -> TestResult {
    let directory = Directory::new()?;
    let folder = directory.file("saved");
    fs::create_dir_all(folder.join("more"))?;
    fs::write(folder.join("a.eml"), message(1, ""))?;
    let target = empty().await?;
    let quiet = run(&target, &["import", text(&folder)]).await?;
    assert!(quiet.status.success() && quiet.stderr.is_empty());
    for name in ["more/1.emlx", "more/2.msg", ".DS_Store"] {
        fs::write(folder.join(name), "x")?;
    }
    let told = run(&target, &["import", text(&folder)]).await?;
    assert!(told.status.success());
    let said = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(
        said.contains("not imported: 2, such as more/1.emlx"),
        "{said}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_cannot_be_told_stops_before_the_first_message() -> TestResult {
    let directory = Directory::new()?;
    let file = directory.file("mail.mbox");
    let mut text_of_file = archive(&[message(1, "")]);
    text_of_file.extend(b"From \nwhat may be text\n");
    fs::write(&file, &text_of_file)?;
    let target = empty().await?;
    let output = run(&target, &["import", text(&file)]).await?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("line 7, byte "), "{said}");
    assert!(labels(&target).await?.is_empty());
    Ok(())
}
