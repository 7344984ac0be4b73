//! The program against the sandbox, as people and scripts use it.

#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by it, in its helpers too"
)]

use crate::support;

use std::process::{Output, Stdio};

use airbyte_agent_gmail::Mode;
use airbyte_agent_gmail::operation::gmail;
use airbyte_agent_gmail::sandbox::{ErrorBody, Fault, FaultKind, Sandbox, Service};
use serde_json::Value;
use support::directory::Directory;
use support::program::PROGRAM;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// The program without credentials.
fn bare() -> Command {
    let mut command = Command::new(PROGRAM);
    command.env_clear();
    command
}

fn program(sandbox: &Sandbox, mode: Mode) -> Command {
    let mut command = bare();
    command.envs(sandbox.variables(mode));
    command
}

async fn run(mut command: Command, arguments: &[&str]) -> Output {
    let command = command.args(arguments).stdin(Stdio::null());
    command.output().await.unwrap()
}

async fn text(command: Command, arguments: &[&str]) -> String {
    let output = run(command, arguments).await;
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

async fn json(command: Command, arguments: &[&str]) -> Value {
    let text = text(command, arguments).await;
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{arguments:?}: {text}"))
}

/// A sandbox in its own process, and the lines that it prints.
fn sandbox(arguments: &[&str]) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut child = bare()
        .arg("sandbox")
        .args(arguments)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_says_how_to_reach_it() {
    let (_served, mut lines) = sandbox(&[]);
    let line = lines.next_line().await.unwrap().unwrap();
    let announcement: Value = serde_json::from_str(&line).unwrap();
    let mut command = bare();
    command
        .env("GMAIL_API_URL", announcement["gmail_url"].as_str().unwrap())
        .env(
            "GMAIL_ACCESS_TOKEN",
            announcement["google"]["access_token"].as_str().unwrap(),
        );
    text(command, &["check"]).await;
    for mode in ["open-source", "hosted"] {
        let (_served, mut lines) = sandbox(&["--env", mode]);
        let mut command = bare();
        // The last variable of each mode is an address.
        loop {
            let line = lines.next_line().await.unwrap().unwrap();
            let (name, value) = line
                .strip_prefix("export ")
                .unwrap()
                .split_once('=')
                .unwrap();
            command.env(name, value.trim_matches('\''));
            if ["GOOGLE_TOKEN_URL", "AIRBYTE_API_URL"].contains(&name) {
                break;
            }
        }
        text(command, &["check"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_is_for_https_and_its_password_is_never_shown() {
    let sandbox = Sandbox::start().await.unwrap();
    let proxy = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://user:pass-word@{}", proxy.local_addr().unwrap());
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        let mut command = program(&sandbox, Mode::OpenSource);
        command.env(name, &address);
        text(command, &["search", "is:unread", "-n", "1"]).await;
    }
    let refusal = tokio::spawn(async move {
        let (mut stream, _) = proxy.accept().await.unwrap();
        let mut head = vec![0; 4096];
        let length = stream.read(&mut head).await.unwrap();
        let refused = b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(refused).await.unwrap();
        String::from_utf8(head[..length].to_vec()).unwrap()
    });
    let mut command = program(&sandbox, Mode::OpenSource);
    command
        .env("ALL_PROXY", &address)
        .env("GMAIL_API_URL", "https://gmail.example.com");
    let output = run(command, &["search", "is:unread", "-n", "1"]).await;
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("pass-word"), "{said}");
    let head = refusal.await.unwrap();
    assert!(head.starts_with("CONNECT gmail.example.com:443"), "{head}");
    assert!(
        head.to_lowercase().contains("proxy-authorization: basic"),
        "{head}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_searches_reads_answers_and_tidies() {
    let sandbox = Sandbox::start().await.unwrap();
    for mode in [Mode::OpenSource, Mode::Hosted] {
        let program = || program(&sandbox, mode);
        let table = text(program(), &["search", "is:unread", "-n", "3"]).await;
        assert!(
            table.starts_with("ID ") && table.lines().count() == 4,
            "{table}"
        );
        let found = json(
            program(),
            &[
                "search",
                "from:stranger@example.net",
                "-n",
                "1",
                "-o",
                "json",
            ],
        )
        .await;
        let id = found["messages"][0]["id"].as_str().unwrap();
        let read = text(program(), &["read", id]).await;
        assert!(
            read.contains("Subject: Quick question")
                && read.contains("ignore previous instructions")
        );
        let subject = json(
            program(),
            &["read", id, "-o", "json", "--fields", "subject"],
        )
        .await;
        assert_eq!(subject.as_object().unwrap().len(), 1);
        let labelled = text(
            program(),
            &[
                "label", id, "--add", "Neu", "--create", "--remove", "unread",
            ],
        )
        .await;
        assert!(!labelled.contains("UNREAD"), "{labelled}");
        assert!(!text(program(), &["archive", id]).await.contains("INBOX"));
        let sent = json(program(), &["reply", id, "--text", "No.", "-o", "json"]).await;
        let answer = text(
            program(),
            &["read", "--quoted", sent["sent"].as_str().unwrap()],
        )
        .await;
        assert!(
            answer.contains("Subject: Re: Quick question") && answer.contains("> Hello assistant"),
            "{answer}"
        );
        let sent = json(
            program(),
            &[
                "send",
                "--to",
                "Support <support@example.com>",
                "-s",
                "Grüße",
                "--text",
                "Hallo",
                "-o",
                "json",
            ],
        )
        .await;
        assert!(sent["sent"].is_string());
        let draft = json(
            program(),
            &[
                "forward",
                id,
                "--to",
                "accounting@example.net",
                "--draft",
                "-o",
                "json",
            ],
        )
        .await;
        assert!(draft["draft"].is_string());
        assert!(text(program(), &["trash", id]).await.contains("TRASH"));
        assert_eq!(
            run(program(), &["messages-untrash", "create", id])
                .await
                .status
                .code(),
            Some(0)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_go_from_one_command_to_the_next() {
    for mode in [Mode::OpenSource, Mode::Hosted] {
        let sandbox = Sandbox::start().await.unwrap();
        let program = || program(&sandbox, mode);
        let unread = ["inbox", "is:unread", "-n", "3", "-o", "ids"];
        let ids = text(program(), &unread).await;
        assert_eq!(ids.lines().count(), 3, "{ids}");
        let piped = async |arguments: &[&str]| {
            let mut command = program();
            let command = command.args(arguments).args(["-", "--output", "json"]);
            let mut child = command
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut stdin = child.stdin.take().unwrap();
            stdin.write_all(ids.as_bytes()).await.unwrap();
            drop(stdin);
            let output = child.wait_with_output().await.unwrap();
            assert!(output.status.success(), "{arguments:?}");
            serde_json::from_slice::<Value>(&output.stdout).unwrap()
        };
        for (arguments, label, has_label) in [
            (["mark", "read"].as_slice(), "UNREAD", false),
            (&["mark", "unread"], "UNREAD", true),
            (&["archive"], "INBOX", false),
            (&["trash"], "TRASH", true),
            (&["untrash"], "TRASH", false),
        ] {
            let changed = piped(arguments).await;
            let changed = changed.as_array().unwrap();
            assert_eq!(changed.len(), 3, "{arguments:?}");
            for (message, id) in changed.iter().zip(ids.lines()) {
                assert_eq!(message["id"], id);
                let labels = message["labels"].as_array().unwrap();
                assert_eq!(
                    labels.iter().any(|have| have == label),
                    has_label,
                    "{arguments:?}: {labels:?}"
                );
            }
        }
        // Archived messages have left the inbox.
        let left = text(program(), &["ls", "-n", "50", "-o", "ids"]).await;
        assert!(ids.lines().all(|id| !left.contains(id)));
        let none = run(program(), &["archive", "-"]).await;
        let told = String::from_utf8_lossy(&none.stderr).into_owned();
        assert!(
            none.status.success() && told.contains("no message id"),
            "{told}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_gives_as_many_as_it_is_asked_for() {
    let sandbox = Sandbox::start().await.unwrap();
    let program = || program(&sandbox, Mode::OpenSource);
    let all = text(program(), &["search", "--all", "-o", "ids"]).await;
    let all = all.lines().count();
    for wanted in [1, 7, 60] {
        let number = wanted.to_string();
        let ids = text(program(), &["search", "-n", &number, "-o", "ids"]).await;
        assert_eq!(ids.lines().count(), wanted.min(all), "{wanted} of {all}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attachments_are_saved_and_none_is_overwritten() {
    let sandbox = Sandbox::start().await.unwrap();
    let directory = Directory::new().unwrap();
    let to = directory.file("attachments");
    let found = json(
        program(&sandbox, Mode::OpenSource),
        &["search", "subject:itinerary", "-o", "json"],
    )
    .await;
    let id = found["messages"][0]["id"].as_str().unwrap();
    for _ in 0..2 {
        let saved = json(
            program(&sandbox, Mode::Hosted),
            &[
                "attachments",
                "save",
                id,
                "--dir",
                to.to_str().unwrap(),
                "-o",
                "json",
            ],
        )
        .await;
        for file in saved.as_array().unwrap() {
            assert_eq!(
                std::fs::metadata(file["file"].as_str().unwrap())
                    .unwrap()
                    .len(),
                file["size"].as_u64().unwrap()
            );
        }
    }
    assert_eq!(std::fs::read_dir(&to).unwrap().count(), 4);
    // The error names a file that is in the folder's place.
    let taken = directory.file("taken");
    std::fs::write(&taken, "mine").unwrap();
    let taken = taken.to_str().unwrap();
    for folder in [taken.to_owned(), format!("{taken}/below")] {
        for command in [
            ["attachments", "save", id, "--dir", &folder].as_slice(),
            &["open", id, "1", "--no-viewer", "--dir", &folder],
        ] {
            let refused = run(program(&sandbox, Mode::OpenSource), command).await;
            let said = String::from_utf8_lossy(&refused.stderr).into_owned();
            assert_eq!(refused.status.code(), Some(2), "{command:?}: {said}");
            assert!(said.contains(&format!("error: {folder}: ")), "{said}");
        }
    }
    assert_eq!(std::fs::read_to_string(taken).unwrap(), "mine");
}

#[tokio::test(flavor = "multi_thread")]
async fn how_long_to_wait_is_told() {
    let sandbox = Sandbox::start().await.unwrap();
    let late = FaultKind::Status {
        code: 429,
        body: ErrorBody::default(),
        headers: [("Retry-After".to_owned(), "3600".to_owned())].into(),
    };
    sandbox.inject(Fault::new(Service::Gmail, late.clone()).forever());
    for operation in ["labels_list", "messages_list"] {
        let fault = Fault::new(Service::Airbyte, late.clone()).on(operation);
        sandbox.inject(fault.forever());
    }
    for mode in [Mode::OpenSource, Mode::Hosted] {
        for command in [["labels", "list"].as_slice(), &["search", "in:inbox"]] {
            let refused = run(program(&sandbox, mode), command).await;
            let said = String::from_utf8_lossy(&refused.stderr).into_owned();
            assert_eq!(
                refused.status.code(),
                Some(6),
                "{mode:?} {command:?}: {said}"
            );
            assert_eq!(
                said.matches("again in 3600 s").count(),
                1,
                "{mode:?} {command:?}: {said}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_output_has_the_same_records() {
    let sandbox = Sandbox::start().await.unwrap();
    for mode in [Mode::OpenSource, Mode::Hosted] {
        let program = || program(&sandbox, mode);
        let page = json(program(), &["labels", "list"]).await;
        let labels = page["data"].as_array().unwrap();
        let lines = text(program(), &["labels", "list", "-o", "ndjson"]).await;
        let records: Vec<Value> = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(&records, labels);
        let yaml: Value =
            serde_norway::from_str(&text(program(), &["labels", "list", "-o", "yaml"]).await)
                .unwrap();
        assert_eq!(yaml, page);
        let table = text(
            program(),
            &[
                "labels",
                "list",
                "-o",
                "table",
                "--fields",
                "id,color.backgroundColor",
            ],
        )
        .await;
        assert_eq!(table.lines().count(), labels.len() + 1);
        assert!(
            table.starts_with("ID ") && !table.contains('\u{1b}'),
            "{table}"
        );
        let all = text(
            program(),
            &[
                "messages",
                "list",
                "--max-results",
                "20",
                "--all",
                "--fields",
                "id",
            ],
        )
        .await;
        let whole = json(
            program(),
            &["messages", "list", "--max-results", "500", "--fields", "id"],
        )
        .await;
        let streamed: Vec<Value> = all
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert!(streamed.len() > 20);
        assert_eq!(&streamed, whole["data"].as_array().unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_sends_nothing() {
    let sandbox = Sandbox::start().await.unwrap();
    for arguments in [
        vec!["messages", "delete", "abc"],
        vec!["messages", "create", "--raw", "VG8"],
        vec!["labels", "create", "--name", "x"],
        vec![
            "execute",
            "messages",
            "batch_delete",
            "--params",
            r#"{"ids": ["a"]}"#,
        ],
    ] {
        let mut arguments = arguments;
        arguments.push("--dry-run");
        let shown = json(program(&sandbox, Mode::OpenSource), &arguments).await;
        assert_eq!(shown["dry_run"], true);
        assert!(shown["address"].as_str().unwrap().starts_with("/gmail/v1/"));
        // A dry run needs no credentials.
        assert_eq!(json(bare(), &arguments).await, shown);
    }
    let message = text(
        program(&sandbox, Mode::Hosted),
        &[
            "send",
            "--to",
            "a@example.com",
            "-s",
            "x",
            "--text",
            "y",
            "--dry-run",
        ],
    )
    .await;
    assert!(
        message.contains("To: <a@example.com>") && message.contains("Subject: x"),
        "{message}"
    );
    assert!(sandbox.requests().is_empty());
    let directory = Directory::new().unwrap();
    let mbox = directory.file("mail.mbox");
    std::fs::write(
        &mbox,
        "From a@example.com Sat Mar  7 08:15:00 2026\nSubject: x\n\nText\n",
    )
    .unwrap();
    for arguments in [
        vec!["archive", "a"],
        vec!["trash", "a"],
        vec!["label", "a", "--add", "INBOX"],
        vec!["import", mbox.to_str().unwrap()],
        vec!["filters", "create", "--from", "a@example.com", "--star"],
        vec!["filters", "delete", "a"],
        vec!["vacation", "on", "--text", "x"],
        vec!["signature", "set", "<p>x</p>"],
    ] {
        let mut arguments = arguments;
        arguments.extend(["--dry-run", "-o", "json"]);
        assert_eq!(
            json(program(&sandbox, Mode::OpenSource), &arguments).await["dry_run"],
            true
        );
    }
    assert!(
        sandbox
            .requests()
            .iter()
            .all(|request| request.method == "GET" || request.path == "/token")
    );
    // Commands that cannot show what they would do refuse `--dry-run`, and do nothing.
    for arguments in [
        ["connectors", "delete", "a"].as_slice(),
        &["auth", "logout"],
        &["oauth", "credentials", "delete"],
        &["export", "--format", "mbox", "--out", "never-made.mbox"],
    ] {
        let mut arguments = arguments.to_vec();
        arguments.push("--dry-run");
        let refused = run(program(&sandbox, Mode::Hosted), &arguments).await;
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8_lossy(&refused.stderr).contains("no --dry-run"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_is_told_and_what_was_done_is_shown() {
    let sandbox = Sandbox::start().await.unwrap();
    let program = || program(&sandbox, Mode::OpenSource);
    let nothing = run(program(), &["send", "--to", "a@example.com"]).await;
    assert_eq!(nothing.status.code(), Some(2));
    let both = [
        "send",
        "--to",
        "a@example.com",
        "--text",
        "-",
        "--html",
        "-",
    ];
    let twice = run(program(), &both).await;
    assert_eq!(twice.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&twice.stderr).contains("read only once"));
    assert!(sandbox.requests().is_empty());
    let found = json(program(), &["search", "in:inbox", "-n", "1", "-o", "json"]).await;
    let id = found["messages"][0]["id"].as_str().unwrap();
    let half = run(program(), &["trash", id, "00000000000000ff", "1"]).await;
    assert_eq!(half.status.code(), Some(5));
    assert!(String::from_utf8_lossy(&half.stdout).contains(id));
    let said = String::from_utf8_lossy(&half.stderr).into_owned();
    assert!(
        said.contains("1 of 3 messages are done; it stopped at 00000000000000ff"),
        "{said}"
    );
    // A search fails like every other command.
    let wrong = run(program(), &["search", "x", "--page-token", "wrong"]).await;
    assert_eq!(wrong.status.code(), Some(2));
    let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(
        said.contains("error: messages_list: ")
            && said.contains("the service said: Invalid pageToken"),
        "{said}"
    );
    let plain = sandbox.deliver(b"From: a@example.com\r\nSubject: x\r\n\r\nText\r\n");
    let none = run(program(), &["attachments", "list", &plain]).await;
    assert!(none.status.success() && none.stdout.is_empty());
    let directory = Directory::new().unwrap();
    let mut bare = bare();
    bare.env("AIRBYTE_GMAIL_CONFIG_DIR", directory.path());
    let said = run(bare, &["search", "x"]).await.stderr;
    assert!(String::from_utf8_lossy(&said).contains("auth login"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_for_good_needs_a_yes() {
    let sandbox = Sandbox::start().await.unwrap();
    let before = sandbox.mailbox_state();
    for row in gmail().operations.iter().filter(|row| row.destructive) {
        let params: serde_json::Map<String, Value> = row
            .fields
            .iter()
            .filter(|field| field.required)
            .map(|field| {
                (
                    field.name.to_owned(),
                    if field.name == "ids" {
                        serde_json::json!(["a"])
                    } else {
                        "a".into()
                    },
                )
            })
            .collect();
        let params = Value::Object(params).to_string();
        let refused = run(
            program(&sandbox, Mode::OpenSource),
            &["execute", row.entity, row.action, "--params", &params],
        )
        .await;
        assert_eq!(refused.status.code(), Some(2), "{}", row.id);
        assert!(String::from_utf8_lossy(&refused.stderr).contains("--yes"));
    }
    assert!(sandbox.requests().is_empty());
    assert_eq!(sandbox.mailbox_state(), before);
    let label = json(
        program(&sandbox, Mode::OpenSource),
        &["labels", "create", "--name", "Gone soon"],
    )
    .await;
    let id = label["data"]["id"].as_str().unwrap();
    text(
        program(&sandbox, Mode::OpenSource),
        &["labels", "delete", id, "--yes"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_code_says_what_to_do() {
    let sandbox = Sandbox::start().await.unwrap();
    let code = async |mode: Mode, arguments: &[&str]| {
        run(program(&sandbox, mode), arguments).await.status.code()
    };
    assert_eq!(code(Mode::OpenSource, &["check"]).await, Some(0));
    assert_eq!(
        code(Mode::OpenSource, &["messages", "lisst"]).await,
        Some(2)
    );
    assert_eq!(
        code(
            Mode::OpenSource,
            &["messages", "list", "--max-results", "many"]
        )
        .await,
        Some(2)
    );
    for params in [
        "",
        "{",
        "[]",
        "null x",
        r#"{"q": NaN}"#,
        r#"{"q": "a", "q": "b"}"#,
        r#"{"maxResults": "5"}"#,
        r#"{"maxResults": 1e999}"#,
        r#"{"q": null}"#,
        &format!("{{\"q\": {}{}}}", "[".repeat(1000), "]".repeat(1000)),
    ] {
        let arguments = ["execute", "messages", "list", "--params", params];
        assert_eq!(
            code(Mode::OpenSource, &arguments).await,
            Some(2),
            "{params}"
        );
    }
    assert!(
        sandbox
            .requests()
            .iter()
            .all(|request| request.path != "/gmail/v1/users/me/messages")
    );
    assert_eq!(
        code(Mode::OpenSource, &["schema", "nothing"]).await,
        Some(2)
    );
    assert_eq!(
        code(Mode::OpenSource, &["read", "00000000000000ff"]).await,
        Some(5)
    );
    assert_eq!(
        code(
            Mode::Hosted,
            &["history", "list", "--start-history-id", "1"]
        )
        .await,
        Some(9)
    );
    sandbox.inject(
        Fault::new(Service::Gmail, FaultKind::ConnectionClosedBeforeResponse).on("messages_send"),
    );
    assert_eq!(
        code(
            Mode::OpenSource,
            &["send", "--to", "a@example.com", "-s", "x", "--text", "y"]
        )
        .await,
        Some(8)
    );
    sandbox.limit_scopes(&["https://www.googleapis.com/auth/gmail.readonly"]);
    assert_eq!(
        code(Mode::OpenSource, &["labels", "create", "--name", "x"]).await,
        Some(4)
    );
    sandbox.revoke_refresh_token();
    let output = run(program(&sandbox, Mode::OpenSource), &["check"]).await;
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("airbyte-gmail auth login"), "{said}");
    assert_eq!(run(bare(), &["check"]).await.status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_with_an_unclear_end_says_how_to_look() {
    let sandbox = Sandbox::start().await.unwrap();
    let closed = FaultKind::ConnectionClosedBeforeResponse;
    sandbox.inject(Fault::new(Service::Gmail, closed).on("messages_send"));
    let send = ["send", "--to", "a@example.com", "-s", "x", "--text", "y"];
    let output = run(program(&sandbox, Mode::OpenSource), &send).await;
    assert_eq!(output.status.code(), Some(8));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("error: it may have been sent: "), "{said}");
    let last = said.lines().last().unwrap();
    let look = last
        .strip_prefix("look first: airbyte-gmail search '")
        .unwrap();
    let look = look.strip_suffix('\'').unwrap();
    let search = ["search", look, "-o", "ids"];
    let found = text(program(&sandbox, Mode::OpenSource), &search).await;
    assert_eq!(found.lines().count(), 1, "{look}");
}

#[tokio::test]
async fn a_reader_that_goes_away_is_no_failure() {
    let mut child = bare()
        .arg("schema")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success());
    assert!(output.stderr.is_empty());
}

#[tokio::test]
async fn it_describes_itself() {
    let text = async |arguments: &[&str]| text(bare(), arguments).await;
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(
            text(&["completions", shell])
                .await
                .contains("airbyte-gmail")
        );
    }
    let directory = Directory::new().unwrap();
    text(&["man", directory.path().to_str().unwrap()]).await;
    let page = std::fs::read_to_string(directory.file("airbyte-gmail-messages-list.1")).unwrap();
    assert!(page.contains("max\\-results"), "{page}");
    for row in gmail().operations {
        let schema: Value =
            serde_json::from_str(&text(&["schema", row.entity, row.action]).await).unwrap();
        assert_eq!(schema["properties"], row.params_schema()["properties"]);
    }
    assert!(text(&["--help-agents"]).await.contains("- messages: list("));
    assert!(
        text(&["--help-agents=labels"])
            .await
            .starts_with("# labels")
    );
    assert!(
        text(&["help", "messages", "list"])
            .await
            .contains("--max-results")
    );
    assert!(
        text(&["messages", "list", "--help"])
            .await
            .contains("--all")
    );
}

#[tokio::test]
async fn dates_are_on_the_clock_of_whoever_reads() {
    let sandbox = Sandbox::start().await.unwrap();
    let in_zone = |zone: &str| {
        let mut command = program(&sandbox, Mode::OpenSource);
        command.env("TZ", zone);
        command
    };
    let search = ["search", "in:inbox", "--limit", "3", "--output", "json"];
    let mut moments = Vec::new();
    for (zone, offset) in [
        ("Asia/Tokyo", "+09:00"),
        ("UTC", "+00:00"),
        ("XYZ+3:30", "-03:30"),
    ] {
        let found = json(in_zone(zone), &search).await;
        let messages = found["messages"].as_array().unwrap();
        assert_eq!(messages.len(), 3);
        for message in messages {
            let date = message["date_rfc3339"].as_str().unwrap();
            assert!(date.ends_with(offset), "{date}");
            assert!(
                message["date"].as_str().unwrap().contains(','),
                "as the sender wrote it"
            );
            let id = message["id"].as_str().unwrap();
            let got = json(
                in_zone(zone),
                &[
                    "messages", "get", id, "--format", "minimal", "--output", "json",
                ],
            )
            .await;
            let got = got.get("data").unwrap_or(&got);
            let moment: jiff::Timestamp = date.parse().unwrap();
            let internal: i64 = got["internalDate"].as_str().unwrap().parse().unwrap();
            assert_eq!(moment.as_second(), internal.div_euclid(1000));
            moments.push(moment);
            let read = json(in_zone(zone), &["read", id, "--output", "json"]).await;
            assert_eq!(read["date_rfc3339"], date);
            let page = text(in_zone(zone), &["read", id]).await;
            let written = format!(" {}\n", offset.replace(':', ""));
            assert!(
                page.lines().any(|line| line.starts_with("Date: ")) && page.contains(&written),
                "{page}"
            );
            let table = text(in_zone(zone), &["search", "in:inbox", "--limit", "3"]).await;
            let clock = date.split_at(11).1.split_at(5).0;
            assert!(table.contains(&format!(" {clock} ")), "{table}");
        }
    }
    assert_eq!(moments[..3], moments[3..6]);
    assert_eq!(moments[..3], moments[6..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_runs_in_the_sandbox_and_nothing_of_the_person_goes_along() {
    let run = async |arguments: &[&str]| {
        let mut command = bare();
        let output = command
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("GMAIL_ACCESS_TOKEN", "a-person's-own")
            .env("AIRBYTE_CONNECTOR_ID", "a-person's-own")
            .env("GOOGLE_APPLICATION_CREDENTIALS", "/no/such/file")
            .args(arguments)
            .output()
            .await
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr),
        )
    };
    for mode in [&[][..], &["--env", "hosted"]] {
        let program = [
            "--",
            PROGRAM,
            "messages",
            "list",
            "--max-results",
            "1",
            "-o",
            "json",
        ];
        let (code, stdout, stderr) = run(&[&["sandbox"], mode, &program].concat()).await;
        assert_eq!(code, Some(0), "{stderr}");
        // Only the command writes to standard output.
        let result: Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!(result["data"].as_array().map(Vec::len), Some(1));
    }
    let script = "env; ls -A \"$AIRBYTE_GMAIL_CONFIG_DIR\"; exit 41";
    let (code, stdout, _) = run(&["sandbox", "--", "sh", "-c", script]).await;
    assert_eq!(code, Some(41));
    assert!(!stdout.contains("a-person's-own"), "{stdout}");
    assert!(
        !stdout.contains("GOOGLE_APPLICATION_CREDENTIALS"),
        "{stdout}"
    );
    let (code, _, stderr) = run(&["sandbox", "--", "no-such-command-here"]).await;
    assert_eq!(code, Some(127));
    assert!(stderr.contains("no-such-command-here"), "{stderr}");
}
