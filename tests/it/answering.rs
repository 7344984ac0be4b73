//! Replies by people and agents, from odd mail and odd input to the message sent.

#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by it, in its helpers too"
)]

use crate::support;

use std::path::Path;
use std::process::{Output, Stdio};

use airbyte_agent_gmail::sandbox::{Fault, FaultKind, Sandbox, Service};
use airbyte_agent_gmail::{GmailConnector, Mode};
use serde_json::{Value, json};
use support::directory::Directory;
use support::program::PROGRAM;
use tokio::process::Command;

fn program(sandbox: &Sandbox) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .env_clear()
        .envs(sandbox.variables(Mode::OpenSource));
    command.stdin(Stdio::null());
    command
}

async fn run(mut command: Command, arguments: &[&str]) -> Output {
    command.args(arguments).output().await.unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

async fn sent(gmail: &GmailConnector) -> usize {
    let call = gmail.messages().list().label_ids(["SENT"]);
    call.send().await.unwrap().messages.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_a_text_is_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    let gmail = sandbox.open_source().unwrap();
    let id =
        sandbox.deliver(b"From: eva@example.org\r\nMessage-ID: <1@example.org>\r\n\r\nYes?\r\n");
    let before = sent(&gmail).await;
    for arguments in [
        &["reply", &id] as &[&str],
        &["reply", &id, "--reply-all", "--no-quote"],
        &["reply", &id, "--draft"],
        &["send", "--to", "eva@example.org"],
    ] {
        let output = run(program(&sandbox), arguments).await;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            said(&output).contains("nothing to send"),
            "{}",
            said(&output)
        );
    }
    assert_eq!(sent(&gmail).await, before);
    let output = run(program(&sandbox), &["reply", &id, "--text", ""]).await;
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(sent(&gmail).await, before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_to_know_of_an_answer_is_said_by_the_program_and_the_tools() {
    let sandbox = Sandbox::start().await.unwrap();
    let gmail = sandbox.open_source().unwrap();
    let of = |headers: &str| {
        sandbox.deliver(
            format!("{headers}\r\nMessage-ID: <1@example.org>\r\n\r\nHello.\r\n").as_bytes(),
        )
    };
    let table = [
        (
            of("From: MAILER-DAEMON@example.org"),
            "mail server's report",
        ),
        (
            of("From: a@example.org\r\nAuto-Submitted: auto-generated"),
            "a program sent the original",
        ),
        (of("From: no-reply@example.org"), "nobody reads"),
        (
            of(
                "From: a@example.org\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data",
            ),
            "not quoted",
        ),
        (
            of("From: a@example.org\r\nCc: j\u{f6}rg@example.org, b@example.org"),
            "left out",
        ),
    ];
    for (id, expected) in table {
        let output = run(
            program(&sandbox),
            &["reply", &id, "--reply-all", "--text", "x", "-o", "json"],
        )
        .await;
        assert!(output.status.success(), "{}", said(&output));
        assert!(said(&output).contains(expected), "{}", said(&output));
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(
            shown["notes"][0]["text"]
                .as_str()
                .unwrap()
                .contains(expected),
            "{shown}"
        );
        let arguments = json!({"message_id": id, "text": "x", "reply_all": true});
        let answer = gmail.tools().call("gmail_reply", arguments).await;
        assert!(
            !answer.is_error && answer.text.contains(expected),
            "{}",
            answer.text
        );
        assert!(
            answer.structured["notes"][0]["text"]
                .as_str()
                .unwrap()
                .contains(expected)
        );
    }
    let left_out = of("From: a@example.org\r\nCc: j\u{f6}rg@example.org");
    let output = run(
        program(&sandbox),
        &[
            "reply",
            &left_out,
            "--reply-all",
            "--text",
            "x",
            "-o",
            "json",
        ],
    )
    .await;
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(shown["notes"][0]["address"], "jörg@example.org");
    assert_eq!(shown["to"], json!(["a@example.org"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn blanks_around_credentials_are_no_part_of_them() {
    let sandbox = Sandbox::start().await.unwrap();
    let variables: Vec<(String, String)> = sandbox
        .variables(Mode::OpenSource)
        .into_iter()
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect();
    for (before, after) in [("", "\n"), (" ", "\r\n"), ("\t", " ")] {
        let mut command = program(&sandbox);
        for (name, value) in &variables {
            command.env(name, format!("{before}{value}{after}"));
        }
        let output = run(command, &["check"]).await;
        assert!(output.status.success(), "{}", said(&output));
    }
    for bad in ["1//a b", "1//a\nb", "1//\u{e4}"] {
        let mut command = program(&sandbox);
        command.env("GMAIL_REFRESH_TOKEN", bad);
        let output = run(command, &["check"]).await;
        assert_eq!(output.status.code(), Some(2), "{bad:?}: {}", said(&output));
        assert!(
            said(&output).contains("refresh token") && !said(&output).contains(bad),
            "{}",
            said(&output)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_account_wins_over_the_environment() {
    let sandbox = Sandbox::start().await.unwrap();
    let directory = Directory::new().unwrap();
    let with_directory = || {
        let mut command = program(&sandbox);
        command.env("AIRBYTE_GMAIL_CONFIG_DIR", directory.path());
        command
    };
    for arguments in [
        &["check", "--account", "wrok"] as &[&str],
        &["search", "is:unread", "--account", "wrok"],
    ] {
        let output = run(with_directory(), arguments).await;
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?}: {}",
            said(&output)
        );
        assert!(said(&output).contains("wrok"), "{}", said(&output));
    }
    let accounts = directory.path().join("accounts");
    std::fs::create_dir_all(&accounts).unwrap();
    write_private(
        &accounts.join("work.json"),
        &json!({"client_id": "client\n", "tokens": {"access_token": "gone", "refresh_token": "work-token"}}),
    );
    let output = run(with_directory(), &["check", "--account", "work"]).await;
    assert!(
        said(&output).contains("the signed-in account work"),
        "{}",
        said(&output)
    );
    assert!(!output.status.success());
    assert!(run(with_directory(), &["check"]).await.status.success());
    let output = run(
        with_directory(),
        &["check", "--account", "work", "--mode", "hosted"],
    )
    .await;
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
}

fn write_private(path: &Path, value: &Value) {
    std::fs::write(path, value.to_string()).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_answer_to_a_vacation_is_an_unclear_end() {
    let sandbox = Sandbox::start().await.unwrap();
    let answer = FaultKind::Answer {
        code: 200,
        content_type: "application/json".to_owned(),
        body: r#"{"enableAutoReply":"perhaps"}"#.to_owned(),
    };
    sandbox.inject(Fault::new(Service::Gmail, answer).on("settings_update_vacation"));
    let output = run(program(&sandbox), &["vacation", "off"]).await;
    assert_eq!(output.status.code(), Some(8), "{}", said(&output));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains("perhaps"), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vacation_of_the_past_does_not_come_back() {
    let sandbox = Sandbox::start().await.unwrap();
    let gmail = sandbox.open_source().unwrap();
    let past = gmail.settings().update_vacation().enable_auto_reply(false);
    past.start_time("1751328000000")
        .end_time("1752537600000")
        .send()
        .await
        .unwrap();
    let output = run(program(&sandbox), &["vacation", "on", "--text", "again"]).await;
    assert!(
        output.status.success() && said(&output).contains("15 Jul 2025"),
        "{}",
        said(&output)
    );
    let kept = gmail.settings().get_vacation().send().await.unwrap();
    assert_eq!((kept.start_time, kept.end_time), (None, None));
    let output = run(
        program(&sandbox),
        &[
            "vacation",
            "on",
            "--start",
            "2099-08-01",
            "--end",
            "2099-08-10",
        ],
    )
    .await;
    assert!(output.status.success(), "{}", said(&output));
    let output = run(program(&sandbox), &["vacation", "on", "--end", "none"]).await;
    assert!(output.status.success(), "{}", said(&output));
    let kept = gmail.settings().get_vacation().send().await.unwrap();
    assert!(kept.start_time.is_some() && kept.end_time.is_none());
    for arguments in [
        &["--start", "2099-08-10", "--end", "2099-08-01"] as &[&str],
        &["--start", "2099-08-10", "--end", "2099-08-10"],
        &["--end", "2099-07-31"],
        &["--end", "2020-01-01"],
        &["--end", "tomorrow"],
        &["--start", "2099-02-29"],
    ] {
        let output = run(
            program(&sandbox),
            &[&["vacation", "on"], arguments].concat(),
        )
        .await;
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?}: {}",
            said(&output)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_take_arguments_as_models_write_them() {
    let sandbox = Sandbox::start().await.unwrap();
    let gmail = sandbox.open_source().unwrap();
    let tools = gmail.tools();
    let id =
        sandbox.deliver(b"From: eva@example.org\r\nMessage-ID: <1@example.org>\r\n\r\nYes?\r\n");
    let taken = [
        (
            "gmail_messages_update",
            json!({"messageId": id, "addLabelIds": "[\"STARRED\"]", "removeLabelIds": ""}),
        ),
        (
            "gmail_messages_update",
            json!({"messageId": id, "addLabelIds": "STARRED", "removeLabelIds": "[]"}),
        ),
        (
            "gmail_messages_list",
            json!({"labelIds": "[\"INBOX\"]", "maxResults": "2", "includeSpamTrash": "false", "pageToken": "", "q": null}),
        ),
        (
            "gmail_search",
            json!({"query": "in:inbox", "max_results": "2", "page_token": "", "include_spam_trash": "False"}),
        ),
        (
            "gmail_reply",
            json!({"message_id": id, "text": "No.", "reply_all": "false", "html": "", "attachments": "[]"}),
        ),
        (
            "gmail_send",
            json!({"to": "eva@example.org, bob@example.org", "subject": "x", "text": "y", "cc": []}),
        ),
        (
            "gmail_send",
            json!({"to": "[\"eva@example.org\"]", "subject": "x", "text": "[\"y\"]"}),
        ),
        (
            "gmail_execute",
            json!({"entity": "messages", "action": "list", "params": "{\"labelIds\": \"[\\\"INBOX\\\"]\", \"maxResults\": \"1\"}"}),
        ),
        (
            "gmail_execute",
            json!({"entity": "profile", "action": "get", "params": ""}),
        ),
        (
            "gmail_messages_list",
            json!({"select_fields": "[\"id\"]", "maxResults": 1}),
        ),
        (
            "gmail_messages_list",
            json!({"selectFields": ["id"], "max_results": 1, "label_ids": ["INBOX"]}),
        ),
        (
            "gmail_execute",
            json!({"Entity": "messages", "ACTION": "list", "params": {"max_results": 1}}),
        ),
    ];
    for (name, arguments) in taken {
        let answer = tools.call(name, arguments.clone()).await;
        assert!(!answer.is_error, "{name} {arguments}: {}", answer.text);
    }
    let starred = gmail.messages().get(&id).send().await.unwrap().label_ids;
    assert!(starred.contains(&"STARRED".to_owned()), "{starred:?}");
    let refused = [
        (
            "gmail_messages_list",
            json!({"maxResults": "two"}),
            "a whole number from 1 to 500",
        ),
        (
            "gmail_messages_list",
            json!({"maxResults": 1, "max_results": 2}),
            "`max_results` is not a parameter",
        ),
        (
            "gmail_messages_list",
            json!({"includeSpamTrash": "yes"}),
            "true or false",
        ),
        (
            "gmail_messages_update",
            json!({"messageId": id, "addLabelIds": "STARRED,INBOX"}),
            "a list",
        ),
        ("gmail_messages_get", json!({"messageId": ""}), "messageId"),
        (
            "gmail_search",
            json!({"query": "x", "max_results": "many"}),
            "a whole number from 1 to 50",
        ),
        (
            "gmail_execute",
            json!({"entity": "messages", "action": "list", "params": "maxResults=1"}),
            "object",
        ),
    ];
    for (name, arguments, allowed) in refused {
        let answer = tools.call(name, arguments.clone()).await;
        assert!(
            answer.is_error && answer.text.contains(allowed),
            "{name} {arguments}: {}",
            answer.text
        );
    }
    for params in [
        json!({"labelIds": "[\"INBOX\"]"}),
        json!({"labelIds": ["[\"INBOX\"]"]}),
        json!({"maxResults": "2"}),
    ] {
        let error = gmail.execute("messages", "list", params).await.unwrap_err();
        assert!(error.is_invalid_input(), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_answered_and_a_conversation_read() {
    let sandbox = Sandbox::start().await.unwrap();
    let gmail = sandbox.open_source().unwrap();
    let id = sandbox.deliver(
        b"From: Eva <eva@example.org>\r\nTo: user@example.com\r\nReply-To: room@example.org\r\nMessage-ID: <1@example.org>\r\n\
          Authentication-Results: mx.google.com; spf=pass; dkim=pass; dmarc=fail\r\n\
          Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\n\
          BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Lunch\r\nDTSTART:20261201T113000Z\r\nORGANIZER:mailto:eva@example.org\r\n\
          ATTENDEE:mailto:user@example.com\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    );
    let run_it = |arguments: Vec<&'static str>, id: &str| {
        let mut arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
        arguments.insert(1, id.to_owned());
        let mut command = program(&sandbox);
        command.env("TZ", "UTC").args(arguments);
        async move { command.output().await.unwrap() }
    };
    let out = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
    let shown = run_it(vec!["rsvp", "accept", "--dry-run"], &id).await;
    assert!(out(&shown).contains("method=\"REPLY\"") || out(&shown).contains("method=REPLY"));
    let answered = run_it(
        vec!["rsvp", "decline", "--comment", "Ill.", "-o", "json"],
        &id,
    )
    .await;
    let answered: Value = serde_json::from_str(&out(&answered)).unwrap();
    assert_eq!(
        (&answered["answer"], &answered["to"]),
        (&json!("decline"), &json!(["eva@example.org"]))
    );
    let thread = gmail.messages().get(&id).send().await.unwrap();
    let thread = serde_json::to_value(&thread).unwrap()["threadId"]
        .as_str()
        .unwrap()
        .to_owned();
    let page = out(&run_it(vec!["thread"], &thread).await);
    for words in [
        "Reply-To: room@example.org\n",
        "Checked: SPF pass, DKIM pass, DMARC fail (the author may be forged)\n",
        "Invitation (REQUEST)\nWhat: Lunch\nWhen: Tue, 1 Dec 2026 11:30 (UTC)\n",
        &format!("airbyte-gmail rsvp {id} accept|decline|tentative"),
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let messages = run_it(vec!["thread", "-o", "json"], &thread).await;
    let messages: Value = serde_json::from_str(&out(&messages)).unwrap();
    assert_eq!(messages[0]["authentication"]["dmarc"], "fail");
    for words in [vec!["unsubscribe"], vec!["unsubscribe", "--dry-run"]] {
        let refused = run_it(words, &id).await;
        assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
        assert!(
            said(&refused).contains("no way to unsubscribe"),
            "{}",
            said(&refused)
        );
    }
    let refused = run_it(vec!["rsvp", "maybe"], &id).await;
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
}
