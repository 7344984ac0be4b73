//! Errors and bad input are named for what they are: a proxy's page does not count as Gmail's answer, one unavailable
//! message does not stop the work on others, and finished work is not reported as undone.

#![cfg(all(feature = "cli", feature = "sync"))]

use std::collections::BTreeMap;
use std::process::{Output, Stdio};

use airbyte_agent_gmail::Mode;
use airbyte_agent_gmail::sandbox::{ErrorBody, Fault, FaultKind, Sandbox, Service};
use airbyte_agent_gmail::sync::{Event, FullSyncReason, SyncState, found};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::support::TestResult;
use crate::support::directory::Directory;
use crate::support::program::PROGRAM;

/// A 404 from a proxy or another server.
fn page() -> [FaultKind; 4] {
    let status = |body| FaultKind::Status {
        code: 404,
        body,
        headers: BTreeMap::new(),
    };
    let gateway = |body: &str| FaultKind::Answer {
        code: 404,
        content_type: "application/json".to_owned(),
        body: body.to_owned(),
    };
    [
        status(ErrorBody::Html),
        status(ErrorBody::Empty),
        gateway(r#"{"message": "no route matched"}"#),
        gateway(r#"{"detail": "Not Found"}"#),
    ]
}

fn program(sandbox: &Sandbox, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(arguments)
        .env_clear()
        .envs(sandbox.variables(Mode::OpenSource))
        .stdin(Stdio::null());
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn a_page_with_404_says_nothing_of_a_message() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    let id = gmail.messages().list().send().await?.messages[0].id.clone();
    for kind in page() {
        sandbox.inject(Fault::new(Service::Gmail, kind.clone()).on("messages_get"));
        let error = found(gmail.messages().get(&id).send().await)
            .expect_err("nobody knows whether it is there");
        assert!(error.is_not_found(), "{error:?}");
        assert!(error.to_string().contains("check the base url"), "{error}");

        // Nor does it mean that the history is lost, which would cause a full sync.
        sandbox.inject(Fault::new(Service::Gmail, kind).on("history_list"));
        let mut sync = gmail.sync(SyncState::from_history_id("1"));
        assert!(sync.next().await.is_err());
    }
    let gone = FaultKind::status(404);
    sandbox.inject(Fault::new(Service::Gmail, gone.clone()).on("messages_get"));
    assert!(found(gmail.messages().get(&id).send().await)?.is_none());
    sandbox.inject(Fault::new(Service::Gmail, gone).on("history_list"));
    let mut sync = gmail.sync(SyncState::from_history_id("1"));
    assert_eq!(
        sync.next().await?,
        Some(Event::FullSync(FullSyncReason::HistoryExpired))
    );
    Ok(())
}

#[tokio::test]
async fn a_history_id_that_is_none_leads_nobody_astray() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    let now = gmail
        .get_profile()
        .send()
        .await?
        .history_id
        .ok_or("an id")?;
    for id in [
        json!("soon"),
        json!("-5"),
        json!("1"),
        json!("9".repeat(40)),
    ] {
        sandbox.inject(
            Fault::new(
                Service::Gmail,
                FaultKind::Answer {
                    code: 200,
                    content_type: "application/json".to_owned(),
                    body: json!({"historyId": id, "history": []}).to_string(),
                },
            )
            .on("history_list"),
        );
        let mut sync = gmail.sync(SyncState::from_history_id(&now));
        assert_eq!(sync.next().await?, None);
        assert_eq!(sync.state().history_id(), Some(now.as_str()), "{id}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_message_that_can_not_be_had_does_not_end_an_export() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let all = sandbox
        .open_source()?
        .messages()
        .list()
        .send()
        .await?
        .messages
        .len();
    let answer = |body: &str| FaultKind::Answer {
        code: 200,
        content_type: "application/json".to_owned(),
        body: body.to_owned(),
    };
    for (kind, times, code) in [
        (FaultKind::status(400), 1, 1),
        (FaultKind::status(410), 1, 1),
        (FaultKind::status(500), 4, 7),
        (answer(r#"{"id": "other", "raw": "eA"}"#), 4, 1),
    ] {
        let directory = Directory::new()?;
        let out = directory.file("out").display().to_string();
        let arguments = [
            "export",
            "--format",
            "mbox",
            "--out",
            &out,
            "--at-once",
            "1",
        ];
        let fault = Fault::new(Service::Gmail, kind.clone()).on("messages_get");
        sandbox.inject(fault.times(times));
        let output = program(&sandbox, &arguments).output().await?;
        assert_eq!(
            output.status.code(),
            Some(code),
            "{kind:?}: {}",
            said(&output)
        );
        let report: Value = serde_json::from_slice(&output.stdout)?;
        assert_eq!(report["exported"], all - 1, "{kind:?}");
        assert_eq!(report["refused"], 1, "{kind:?}");
        assert!(said(&output).contains("is left out: "), "{}", said(&output));
        let output = program(&sandbox, &arguments).output().await?;
        assert!(output.status.success(), "{}", said(&output));
        let report: Value = serde_json::from_slice(&output.stdout)?;
        assert_eq!(
            (&report["exported"], &report["refused"]),
            (&json!(1), &json!(0))
        );
    }

    // A proxy that answers 404 for every message ends the export at once.
    for kind in page() {
        let directory = Directory::new()?;
        let out = directory.file("out").display().to_string();
        sandbox.inject(
            Fault::new(Service::Gmail, kind)
                .on("messages_get")
                .forever(),
        );
        let export = ["export", "--format", "mbox", "--out", &out];
        let output = program(&sandbox, &export).output().await?;
        assert_eq!(output.status.code(), Some(5), "{}", said(&output));
        assert!(output.stdout.is_empty());
        sandbox.clear_faults();
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_message_without_an_answer_does_not_end_an_import() -> TestResult {
    let source: String = (0..4)
        .map(|number| {
            format!(
                "From a Mon Jan  1 00:00:00 2024\nMessage-ID: <{number}@example.com>\n\nText\n\n"
            )
        })
        .collect();
    let directory = Directory::new()?;
    let file = directory.file("mail");
    std::fs::write(&file, source)?;
    let file = file.display().to_string();
    let sandbox = Sandbox::builder().empty().start().await?;
    let fault = Fault::new(Service::Gmail, FaultKind::status(500)).on("messages_import");
    sandbox.inject(fault.clone());
    let output = program(&sandbox, &["import", &file]).output().await?;
    assert_eq!(output.status.code(), Some(8), "{}", said(&output));
    let report: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(
        (&report["imported"], &report["unclear"]),
        (&json!(3), &json!(1))
    );

    // Three failures in a row mean that the service is down.
    let other = Sandbox::builder().empty().start().await?;
    std::fs::remove_file(format!("{file}.import"))?;
    other.inject(fault.forever());
    let output = program(&other, &["import", &file]).output().await?;
    assert_eq!(output.status.code(), Some(8));
    let sent = other
        .requests()
        .iter()
        .filter(|request| request.path.ends_with("/import"))
        .count();
    assert_eq!(sent, 3);
    Ok(())
}

#[tokio::test]
async fn an_upload_that_is_forgotten_begins_anew_and_one_that_stands_still_ends() -> TestResult {
    let mut message = b"Subject: forgotten\r\n\r\n".to_vec();
    message.resize(9 * 1024 * 1024, b'x');
    let answer = |code, body: &str| FaultKind::Answer {
        code,
        content_type: "application/json".to_owned(),
        body: body.to_owned(),
    };
    let early = r#"{"id": "early", "threadId": "early"}"#;
    // The outcome by the affected request: the first starts the upload, the third carries the last chunk.
    for (kind, after, is_forever, is_unknown) in [
        (FaultKind::status(404), 1, false, None),
        (FaultKind::status(410), 1, false, None),
        (FaultKind::status(404), 2, false, Some(true)),
        (FaultKind::status(410), 2, false, Some(true)),
        (answer(308, ""), 1, true, Some(false)),
        // The answer to a part of the message.
        (answer(200, early), 1, true, Some(true)),
    ] {
        let sandbox = Sandbox::start().await?;
        let gmail = sandbox.open_source()?;
        let fault = Fault::new(Service::Gmail, kind.clone())
            .on("messages_insert")
            .after(after);
        sandbox.inject(if is_forever { fault.forever() } else { fault });
        let inserted = gmail.messages().insert_media(message.clone()).send().await;
        sandbox.clear_faults();
        match (inserted, is_unknown) {
            (Ok(_), None) => {
                let list = gmail.messages().list().q("subject:forgotten").send();
                assert_eq!(list.await?.messages.len(), 1, "{kind:?}");
            }
            (Err(error), Some(is_unknown)) => {
                assert!(error.is_invalid_response(), "{kind:?}: {error:?}");
                assert_eq!(
                    error.is_outcome_unknown(),
                    is_unknown,
                    "{kind:?}: {error:?}"
                );
            }
            (inserted, _) => return Err(format!("{kind:?}: {inserted:?}").into()),
        }
    }
    Ok(())
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_is_not_told_as_if_it_was_not() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let send = ["send", "--to", "a@example.com", "-s", "x", "--text", "y"];
    for (arguments, code, begin) in [
        (
            &send[..],
            8,
            "error: it was done, but its result can't be shown: standard output",
        ),
        (
            &["profile", "get"],
            1,
            "error: standard output can't be written: ",
        ),
        (
            &["inbox", "--help"],
            1,
            "error: standard output can't be written: ",
        ),
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full")?;
        let program = program(&sandbox, arguments)
            .stdout(full)
            .stderr(Stdio::piped())
            .spawn()?;
        let output = program.wait_with_output().await?;
        assert_eq!(output.status.code(), Some(code), "{}", said(&output));
        assert!(said(&output).starts_with(begin), "{}", said(&output));
    }
    let filtered = [&send[..], &["-o", "json", "--jq", "error(\"no\")"]].concat();
    let output = program(&sandbox, &filtered).output().await?;
    assert_eq!(output.status.code(), Some(8), "{}", said(&output));
    let output = program(&sandbox, &["profile", "get", "--jq", "error(\"no\")"])
        .output()
        .await?;
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_nothing_is_refused_before_the_network() -> TestResult {
    let sandbox = Sandbox::start().await?;
    for arguments in [
        &["archive", "18c2a5", "a/b"][..],
        &["trash", ""],
        &["read", " "],
        &["thread", "a b"],
        &["messages", "get", "\u{a0}"],
        &["label", "18c2a5", "--add", "X", "--remove", "X"],
        &["label", "18c2a5", "--add", " "],
        &["filters", "create"],
        &["filters", "create", "--star"],
        &["filters", "create", "--from", "x"],
        &["filters", "create", "--from", "", "--star"],
        &["filters", "create", "--from", "x", "--forward", "a b@c"],
        &["filters", "create", "--from", "x", "--forward", "nobody"],
        &["watch", "--once", "--since", ""],
        &["auth", "login", "--scope", ""],
        &["auth", "login", "--scope", "a b"],
        &["send", "--to", "a@example.com", "-s", "x", "--text", "-"],
        &["export", "--format", "mbox", "--out", "-"],
        &["inbox", "--jq", "env"],
        &["sandbox", "--mbox", "/nowhere/mail"],
        &["sandbox", "--quota", "sliding:0"],
    ] {
        let output = program(&sandbox, arguments).output().await?;
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?}: {}",
            said(&output)
        );
        assert!(
            said(&output).starts_with("error: "),
            "{arguments:?}: {}",
            said(&output)
        );
    }
    let mut ids = program(&sandbox, &["archive", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = ids.stdin.take() {
        stdin.write_all(b"18c2a5\n{\"id\": \"18c2a6\"}\n").await?;
    }
    let output = ids.wait_with_output().await?;
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(
        said(&output).contains("is not a message id"),
        "{}",
        said(&output)
    );
    assert_eq!(sandbox.requests().len(), 0, "{:?}", sandbox.requests());
    Ok(())
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_variable_that_can_not_be_read_is_named_and_not_passed_over() -> TestResult {
    use std::os::unix::ffi::OsStrExt as _;

    let sandbox = Sandbox::start().await?;
    for name in [
        "GMAIL_REFRESH_TOKEN",
        "GMAIL_SUBJECT",
        "GMAIL_API_URL",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "AIRBYTE_CLIENT_ID",
        "AIRBYTE_GMAIL_CONFIG_DIR",
    ] {
        let mut command = program(&sandbox, &["check"]);
        command.env(name, std::ffi::OsStr::from_bytes(b"\xff\xfe"));
        let output = command.output().await?;
        assert_eq!(output.status.code(), Some(2), "{name}: {}", said(&output));
        assert!(said(&output).contains(name), "{}", said(&output));
    }
    assert_eq!(sandbox.requests().len(), 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_without_its_text_is_no_empty_message() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    let id = gmail.messages().list().send().await?.messages[0].id.clone();
    for fields in [
        json!({}),
        json!({"raw": ""}),
        json!({"raw": "!!"}),
        json!({"raw": 5}),
    ] {
        let mut body = json!({"id": id, "threadId": id});
        if let (Some(body), Some(fields)) = (body.as_object_mut(), fields.as_object()) {
            body.extend(fields.clone());
        }
        let kind = FaultKind::Answer {
            code: 200,
            content_type: "application/json".to_owned(),
            body: body.to_string(),
        };
        sandbox.inject(
            Fault::new(Service::Gmail, kind)
                .on("messages_get")
                .forever(),
        );
        for error in [
            gmail.read(&id).await.err(),
            gmail.read_with_attachments(&id).await.err(),
        ] {
            assert!(
                error.is_some_and(|error| error.is_invalid_response()),
                "{fields}"
            );
        }
        for arguments in [&["read", &id][..], &["attachments", "list", &id]] {
            let output = program(&sandbox, arguments).output().await?;
            assert_eq!(
                output.status.code(),
                Some(1),
                "{arguments:?}: {}",
                said(&output)
            );
            assert!(output.stdout.is_empty());
        }
        sandbox.clear_faults();
    }
    for body in [json!({"id": id}), json!({"id": id, "messages": []})] {
        let kind = FaultKind::Answer {
            code: 200,
            content_type: "application/json".to_owned(),
            body: body.to_string(),
        };
        sandbox.inject(Fault::new(Service::Gmail, kind).on("threads_get").forever());
        let error = gmail.read_thread(&id).await.err();
        assert!(error.is_some_and(|error| error.is_invalid_response()));
        let output = program(&sandbox, &["thread", &id]).output().await?;
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        sandbox.clear_faults();
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_with_messages_that_failed_is_no_whole_one() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let failing = Fault::new(Service::Gmail, FaultKind::status(500));
    for arguments in [
        &["inbox", "-o", "json"][..],
        &["search", "--all", "-o", "ndjson"],
        &["inbox"],
    ] {
        // Several messages of a conversation are fetched as one thread.
        sandbox.inject(failing.clone().on("messages_get").forever());
        sandbox.inject(failing.clone().on("threads_get").forever());
        let output = program(&sandbox, arguments).output().await?;
        assert_eq!(
            output.status.code(),
            Some(7),
            "{arguments:?}: {}",
            said(&output)
        );
        sandbox.clear_faults();
        // The message has been deleted in the meantime.
        sandbox.inject(Fault::new(Service::Gmail, FaultKind::status(404)).on("messages_get"));
        let output = program(&sandbox, arguments).output().await?;
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}",
            said(&output)
        );
    }
    Ok(())
}
