//! Approvals: which calls wait for a person, how often they may happen, and what is recorded.

#![cfg(all(feature = "sandbox", feature = "tool"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by it, in its helpers too"
)]

use crate::support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use airbyte_agent_gmail::GmailConnector;
use airbyte_agent_gmail::sandbox::Sandbox;
use airbyte_agent_gmail::tool::{Access, Answer, Decision, Deed, Profile, Tools};
use serde_json::{Value, json};
use support::directory::Directory;
use support::fault_server::{Breach, FaultServer};

fn ok(answer: Answer) -> Answer {
    assert!(!answer.is_error, "{}", answer.text);
    answer
}

fn code(answer: &Answer) -> &str {
    assert!(answer.is_error, "{}", answer.text);
    answer.structured["error"]["code"].as_str().unwrap()
}

fn message() -> Value {
    json!({"to": ["Support <support@example.com>"], "bcc": ["hidden@example.com"], "subject": "Gr\u{202e}üße", "text": "First line\nSecond line"})
}

/// The tools with a person who decides this way, and the questions that the person was asked.
fn asked(tools: &Tools, access: Access, decision: Decision) -> (Tools, Arc<Mutex<Vec<String>>>) {
    let questions = Arc::<Mutex<Vec<String>>>::default();
    let heard = Arc::clone(&questions);
    let tools = tools
        .clone()
        .with_access(access)
        .with_approver(move |question| {
            heard.lock().unwrap().push(question.text);
            async move { decision }
        });
    (tools, questions)
}

async fn sent(tools: &Tools) -> usize {
    let found = json!({"query": "in:sent to:support@example.com", "max_results": 50});
    let found = ok(tools.call("gmail_search", found).await);
    found.structured["messages"].as_array().unwrap().len()
}

#[tokio::test]
async fn nothing_is_sent_but_what_a_person_was_shown_and_approved() {
    for mode in 0..2 {
        let sandbox = Sandbox::start().await.unwrap();
        let gmail = support::modes(&sandbox)
            .unwrap()
            .into_iter()
            .nth(mode)
            .unwrap();
        let plain = gmail.tools();
        let before = sent(&plain).await;
        let access = || Access::default().approve(Deed::ALL);

        let (declining, questions) = asked(&plain, access(), Decision::Declined);
        assert_eq!(
            code(&declining.call("gmail_send", message()).await),
            "declined"
        );
        assert_eq!(sent(&plain).await, before);
        let question = questions.lock().unwrap().pop().unwrap();
        for shown in [
            "support@example.com",
            "hidden@example.com",
            "Grüße",
            "First line",
        ] {
            assert!(question.contains(shown), "{question}");
        }

        let (absent, _) = asked(&plain, access(), Decision::Unavailable);
        for tools in [&absent, &plain.clone().with_access(access())] {
            let draft = ok(tools.call("gmail_send", message()).await);
            assert_eq!(draft.structured["is_draft_instead"], true);
            assert!(draft.text.contains("Nothing was sent"), "{}", draft.text);
        }
        assert_eq!(sent(&plain).await, before);

        // Content that a person can't be shown is not sent, even with approval.
        let (approving, questions) = asked(&plain, access(), Decision::Approved);
        let raw = json!({"entity": "messages", "action": "create", "params": {"raw": "VG86IGFAZXhhbXBsZS5jb20NCg0KSGk="}});
        assert_eq!(
            code(&approving.call("gmail_execute", raw).await),
            "not_allowed"
        );
        let draft = json!({"entity": "drafts_send", "action": "create", "params": {"id": "r1"}});
        assert_eq!(
            code(&approving.call("gmail_execute", draft).await),
            "not_allowed"
        );
        assert!(questions.lock().unwrap().is_empty());

        ok(approving.call("gmail_send", message()).await);
        assert_eq!(sent(&plain).await, before + 1);
        assert_eq!(questions.lock().unwrap().len(), 1);

        // Kinds that are not listed need no approval.
        let (forwards, questions) = asked(
            &plain,
            Access::default().approve([Deed::Forward]),
            Decision::Declined,
        );
        ok(forwards
            .call(
                "gmail_reply",
                json!({"message_id": first(&plain).await, "text": "Yes."}),
            )
            .await);
        let forward = json!({"message_id": first(&plain).await, "to": ["support@example.com"]});
        assert_eq!(
            code(&forwards.call("gmail_forward", forward).await),
            "declined"
        );
        assert!(questions.lock().unwrap()[0].starts_with("Forward this message?"));
    }
}

async fn first(tools: &Tools) -> String {
    let found = json!({"query": "subject:Release in:inbox", "max_results": 1});
    let found = ok(tools.call("gmail_search", found).await);
    found.structured["messages"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_person_is_asked_about_what_can_not_be_undone_and_about_rules_that_share() {
    let sandbox = Sandbox::start().await.unwrap();
    let plain = sandbox.open_source().unwrap().tools();
    let id = first(&plain).await;
    let delete = json!({"entity": "messages", "action": "delete", "params": {"messageId": id}});
    let filter = json!({"entity": "settings_filters", "action": "create", "params": {
        "criteria": {"from": "a@example.com"}, "action": {"forward": "b@example.com"},
    }});
    for (call, shown) in [(delete, id.as_str()), (filter, "b@example.com")] {
        let (declining, questions) = asked(
            &plain,
            Access::profile(Profile::Assistant),
            Decision::Declined,
        );
        let answer = declining.call("gmail_execute", call.clone()).await;
        assert_eq!(code(&answer), "declined", "{}", answer.text);
        assert!(
            questions.lock().unwrap()[0].contains(shown),
            "{questions:?}"
        );
        let (absent, _) = asked(
            &plain,
            Access::profile(Profile::Assistant),
            Decision::Unavailable,
        );
        assert_eq!(
            code(&absent.call("gmail_execute", call).await),
            "not_allowed"
        );
    }
    // Leaving a list sends a message.
    let leave = json!({"message_id": id});
    for deed in [Deed::Send, Deed::Unsubscribe] {
        let access = Access::default().approve([deed]);
        let (declining, questions) = asked(&plain, access, Decision::Declined);
        let answer = declining.call("gmail_unsubscribe", leave.clone()).await;
        assert_eq!(code(&answer), "declined", "{}", answer.text);
        assert!(questions.lock().unwrap()[0].starts_with("Unsubscribe from"));
    }
    ok(plain
        .call("gmail_read_message", json!({"message_id": id}))
        .await);
    let reader = plain.clone().with_access(Access::profile(Profile::Reader));
    assert_eq!(
        code(&reader.call("gmail_send", message()).await),
        "not_allowed"
    );
}

#[tokio::test]
async fn caps_hold_for_all_that_count_in_one_file() {
    let sandbox = Sandbox::start().await.unwrap();
    let directory = Directory::new().unwrap();
    let plain = sandbox.open_source().unwrap().tools();
    let access = || {
        let access = Access::default().cap(Deed::Send, 2);
        access.count_in(directory.file("counts"))
    };
    // Like two processes.
    let [one, other] = [access(), access()].map(|access| plain.clone().with_access(access));
    // Refused calls do not count.
    let nobody = json!({"to": [], "subject": "x", "text": "x"});
    assert!(one.call("gmail_send", nobody).await.is_error);
    ok(one.call("gmail_send", message()).await);
    ok(other.call("gmail_send", message()).await);
    for tools in [&one, &other, &plain.clone().with_access(access())] {
        let answer = tools.call("gmail_send", message()).await;
        assert_eq!(code(&answer), "not_allowed");
        assert!(answer.text.contains("2 a day"), "{}", answer.text);
    }
    let (declining, _) = asked(
        &plain,
        Access::default().approve([Deed::Send]).cap(Deed::Send, 1),
        Decision::Declined,
    );
    for _ in 0..3 {
        assert_eq!(
            code(&declining.call("gmail_send", message()).await),
            "declined"
        );
    }
    std::fs::write(directory.file("counts"), "nonsense\n").unwrap();
    assert_eq!(
        code(&one.call("gmail_send", message()).await),
        "not_allowed"
    );
}

#[tokio::test]
async fn each_call_is_recorded_without_a_word_of_mail() {
    let sandbox = Sandbox::start().await.unwrap();
    let directory = Directory::new().unwrap();
    let path = directory.file("audit.jsonl");
    let access = Access::default()
        .approve([Deed::Forward])
        .audit(&path)
        .unwrap();
    let tools = sandbox.open_source().unwrap().tools();
    let tools = tools.with_access(access).with_caller("client 1\n\u{202e}");
    let id = first(&tools).await;
    ok(tools.call("gmail_send", message()).await);
    ok(tools
        .call(
            "gmail_forward",
            json!({"message_id": id, "to": ["a@example.com"]}),
        )
        .await);
    let trash =
        json!({"Entity": "messages_trash", "action": "create", "params": {"messageId": id}});
    ok(tools.call("gmail_execute", trash).await);
    assert!(tools.call("no_such\ntool", json!({})).await.is_error);
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let facts: Vec<(&str, &str)> = lines
        .iter()
        .map(|line| {
            (
                line["tool"].as_str().unwrap(),
                line["outcome"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        facts,
        [
            ("gmail_search", "done"),
            ("gmail_send", "done"),
            ("gmail_forward", "drafted"),
            ("gmail_execute", "done"),
            ("unknown", "invalid_arguments"),
        ]
    );
    assert_eq!(lines[3]["action"], "messages_trash.create");
    assert!(lines[3]["ids"].as_array().unwrap().contains(&json!(id)));
    assert!(
        lines
            .iter()
            .all(|line| line["who"] == "client 1" && line["time"].is_string())
    );
    for word in ["Grüße", "First", "support@"] {
        assert!(!text.contains(word), "{text}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        symlink(&path, directory.file("link")).unwrap();
        assert!(Access::default().audit(directory.file("link")).is_err());
    }
}

#[tokio::test]
async fn a_call_that_hangs_is_answered_in_time() {
    let sandbox = Sandbox::start().await.unwrap();
    let server = FaultServer::before(sandbox.gmail_url()).await.unwrap();
    let drip = || Breach::Endless {
        head: b"HTTP/1.1 200 OK\r\n",
        piece: b"x-slow: 1\r\n".to_vec(),
        pause: Duration::from_millis(5),
    };
    let gmail = GmailConnector::builder(sandbox.google_auth()).base_url(server.url());
    let gmail = gmail.build().unwrap();
    let tools = gmail.tools().with_answer_within(Duration::from_millis(300));
    server.spoil(drip(), 1);
    let read = tools.call("gmail_labels_list", json!({})).await;
    assert_eq!(code(&read), "too_slow");
    server.spoil(drip(), 1);
    let write = tools.call("gmail_send", message()).await;
    assert_eq!(code(&write), "outcome_unknown");
    assert!(write.text.contains("in:sent"), "{}", write.text);
    ok(tools.call("gmail_labels_list", json!({})).await);
}
