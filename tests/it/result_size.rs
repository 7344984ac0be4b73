//! Results fit the limit, whoever wrote the mail. They contain everything that fits, and say what they leave out.

#![cfg(all(feature = "sandbox", feature = "tool"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by it, in its helpers too"
)]

use crate::support;

use airbyte_agent_gmail::sandbox::Sandbox;
use airbyte_agent_gmail::tool::{Answer, Tools};
use serde_json::{Value, json};
use support::directory::Directory;

/// A tool's answer, checked against its output schema.
async fn call(tools: &Tools, name: &str, arguments: Value) -> Answer {
    let answer = tools.call(name, arguments).await;
    assert!(!answer.is_error, "{}", answer.text);
    let schema = tools.get(name).unwrap().output_schema;
    for (field, value) in answer.structured.as_object().unwrap() {
        assert!(schema["properties"][field].is_object(), "{name}: {field}");
        assert!(!value.is_null());
    }
    assert!(
        jsonschema::draft202012::is_valid(&schema, &answer.structured),
        "{name}"
    );
    answer
}

fn length(answer: &Answer) -> usize {
    answer.text.chars().count()
}

/// Delivers the messages of a conversation; returns the id of the last.
fn converse(sandbox: &Sandbox, count: usize, rest: &str) -> String {
    let mut id = String::new();
    for number in 0..count {
        id = sandbox.deliver(
            format!(
                "From: a@example.org\r\nTo: user@example.com\r\nSubject: Talk\r\n\
                 Message-ID: <{number}@example.org>\r\nReferences: <0@example.org>\r\n{rest}"
            )
            .as_bytes(),
        );
    }
    id
}

async fn read_thread(tools: &Tools, id: &str) -> Answer {
    let message = call(tools, "gmail_read_message", json!({"message_id": id})).await;
    let thread = json!({"thread_id": message.structured["thread_id"]});
    call(tools, "gmail_read_thread", thread).await
}

#[tokio::test]
async fn no_sender_makes_a_result_longer_than_the_limit() {
    let sandbox = Sandbox::start().await.unwrap();
    let people: Vec<String> = (0..600)
        .map(|number| format!("untrusted-mail{number}@example.net"))
        .collect();
    let people = people.join(",\r\n ");
    let mut parts = String::from("--b\r\n\r\n");
    parts.push_str(&"A sentence of untrusted-mail. ".repeat(1_500));
    for number in 0..80 {
        parts.push_str(&format!(
            "\r\n--b\r\nContent-Type: application/pdf; name=\"{} {number}.pdf\"\r\n\r\nx\r\n--b\r\n\
             Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n{}",
            "untrusted-mail".repeat(6),
            "untrusted-mail\r\n".repeat(100),
        ));
    }
    let mut id = String::new();
    for number in 0..20 {
        id = sandbox.deliver(
            format!(
                "From: a@example.org\r\nTo: {people}\r\nCc: {people}\r\nReply-To: {people}\r\nSubject: {}\r\n\
                 Message-ID: <{number}@example.org>\r\nReferences: <0@example.org>\r\n\
                 Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}\r\n--b--\r\n",
                "Long untrusted-mail ".repeat(50),
            )
            .as_bytes(),
        );
    }
    let directory = Directory::new().unwrap();
    let limits = [500, 2_000, 3_000, 20_000];
    let check = |answer: &Answer, limit: usize| {
        let most = limit.max(1_200);
        assert!(length(answer) <= most, "{limit}: {}", answer.text);
        // JSON also contains the field names.
        let structured = answer.structured.to_string().chars().count();
        assert!(structured <= 2 * most, "{limit}: {structured}");
        let left_out = answer.structured["left_out"].as_u64();
        assert!(left_out.is_some() || limit == 20_000, "{}", answer.text);
    };
    for gmail in support::modes(&sandbox).unwrap() {
        for limit in limits {
            let tools = gmail.tools().with_limit(limit);
            let tools = tools.with_directory(directory.path()).unwrap();
            let message = call(&tools, "gmail_read_message", json!({"message_id": id})).await;
            let thread = json!({"thread_id": message.structured["thread_id"]});
            let thread = call(&tools, "gmail_read_thread", thread).await;
            for answer in [message, thread] {
                check(&answer, limit);
                assert!(length(&answer) >= limit / 2, "{limit}: {}", answer.text);
                assert!(answer.text.contains("A sentence") && answer.text.contains("left out"));
            }
            // The offset is inside a marker, where the text that neutralizes it is cut off.
            let next = json!({"message_id": id, "offset": 20});
            let found = json!({"query": "", "max_results": 50});
            let saved = json!({"message_id": id});
            for (tool, arguments) in [
                ("gmail_read_message", next),
                ("gmail_search", found),
                ("gmail_save_attachment", saved),
            ] {
                check(&call(&tools, tool, arguments).await, limit);
            }
        }
    }
    for gmail in support::modes(&sandbox).unwrap() {
        for limit in limits {
            let tools = gmail.tools().with_limit(limit);
            let draft = json!({"reply_to_message_id": id, "reply_all": true, "text": "x"});
            check(&call(&tools, "gmail_draft", draft).await, limit);
        }
    }
}

#[tokio::test]
async fn a_conversation_has_every_message_that_fits() {
    let sandbox = Sandbox::builder().empty().start().await.unwrap();
    let id = converse(&sandbox, 36, "\r\nA short word.\r\n");
    for gmail in support::modes(&sandbox).unwrap() {
        let thread = read_thread(&gmail.tools(), &id).await;
        assert_eq!(thread.structured["messages"].as_array().unwrap().len(), 36);
        assert_eq!(thread.structured.get("left_out"), None);
        assert_eq!(thread.text.matches("A short word.").count(), 36);
        assert!(!thread.text.contains("left out"), "{}", thread.text);
        assert!(length(&thread) <= 20_000);
        let small = read_thread(&gmail.tools().with_limit(3_000), &id).await;
        let shown = small.structured["messages"].as_array().unwrap();
        let left_out = 36 - shown.len();
        assert!(shown.len() >= 5, "{}", small.text);
        assert_eq!(small.structured["left_out"], json!(left_out));
        assert_eq!(small.text.matches("A short word.").count(), shown.len());
        let said = format!("(The {left_out} oldest of 36 messages are left out;");
        assert!(small.text.contains(&said), "{}", small.text);
        assert!((2_000..=3_000).contains(&length(&small)));
        // A result that claims to have all ids has them.
        let ids =
            json!({"threadId": small.structured["thread_id"], "select_fields": ["messages.id"]});
        let ids = call(&gmail.tools(), "gmail_threads_get", ids).await;
        assert_eq!(
            ids.structured["data"]["messages"].as_array().unwrap().len(),
            36
        );
    }
}

#[tokio::test]
async fn long_texts_leave_out_no_more_messages_than_they_must() {
    let sandbox = Sandbox::builder().empty().start().await.unwrap();
    let rest = format!("\r\n{}\r\n", "A sentence. ".repeat(500));
    let id = converse(&sandbox, 60, &rest);
    for gmail in support::modes(&sandbox).unwrap() {
        let thread = read_thread(&gmail.tools(), &id).await;
        let shown = thread.structured["messages"].as_array().unwrap();
        assert!(shown.len() >= 18, "{}", shown.len());
        for message in shown {
            assert!(message["next_offset"].as_u64().unwrap() >= 200, "{message}");
        }
        assert!((18_000..=20_000).contains(&length(&thread)));
    }
}

#[tokio::test]
async fn attachments_and_headers_are_shown_where_there_is_space() {
    let sandbox = Sandbox::builder().empty().start().await.unwrap();
    let people: Vec<String> = (0..8)
        .map(|number| format!("colleague{number}@example.net"))
        .collect();
    let people = people.join(", ");
    let mut rest = format!(
        "Cc: {people}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHere they are.\r\n"
    );
    for number in 0..6 {
        rest.push_str(&format!(
            "--b\r\nContent-Type: application/pdf; name=\"The report of a long year {number}.pdf\"\r\n\r\nx\r\n"
        ));
    }
    rest.push_str("--b--\r\n");
    let id = converse(&sandbox, 16, &rest);
    for gmail in support::modes(&sandbox).unwrap() {
        let thread = read_thread(&gmail.tools(), &id).await;
        let messages = thread.structured["messages"].as_array().unwrap();
        assert_eq!(messages.len(), 16);
        for message in messages {
            assert_eq!(message["cc"], json!(people));
            assert_eq!(message["attachments"].as_array().unwrap().len(), 6);
            assert_eq!(message.get("left_out"), None);
        }
    }
}

#[tokio::test]
async fn a_search_says_how_many_it_leaves_out_and_leads_to_them() {
    let sandbox = Sandbox::builder().empty().start().await.unwrap();
    for number in 0..60 {
        let rest = format!("\r\nWord {number}. {}\r\n", "A sentence. ".repeat(40));
        converse(&sandbox, 1, &rest);
    }
    for gmail in support::modes(&sandbox).unwrap() {
        let tools = gmail.tools().with_limit(3_000);
        let found = json!({"query": "", "max_results": 50});
        let found = call(&tools, "gmail_search", found).await;
        let shown = found.structured["messages"].as_array().unwrap().len();
        assert!((5..50).contains(&shown), "{shown}");
        assert_eq!(found.structured["left_out"], json!(50 - shown));
        assert!(length(&found) <= 3_000);
        // A page token would skip the messages that are left out.
        assert_eq!(found.structured.get("next_page_token"), None);
        let said = format!(
            "({} more are left out; with max_results: {shown}",
            50 - shown
        );
        assert!(found.text.contains(&said), "{}", found.text);
        let again = json!({"query": "", "max_results": shown});
        let again = call(&tools, "gmail_search", again).await;
        assert_eq!(again.structured.get("left_out"), None);
        assert_eq!(
            again.structured["messages"].as_array().unwrap().len(),
            shown
        );
        assert!(again.structured["next_page_token"].is_string());
    }
}

#[tokio::test]
async fn recipients_are_addresses_alone_and_their_rest_is_counted() {
    let sandbox = Sandbox::builder().empty().start().await.unwrap();
    let people: Vec<String> = (0..100)
        .map(|number| format!("person{number}@example.net"))
        .collect();
    for gmail in support::modes(&sandbox).unwrap() {
        let tools = gmail.tools().with_limit(2_000);
        for tool in ["gmail_draft", "gmail_send"] {
            let message = json!({"to": people, "subject": "x", "text": "x"});
            let answer = call(&tools, tool, message).await;
            let told = answer.structured["recipients"].as_array().unwrap();
            assert_eq!(
                told[..],
                people.iter().map(|one| json!(one)).collect::<Vec<_>>()[..told.len()]
            );
            let left_out = people.len() - told.len();
            assert!(left_out > 0);
            assert_eq!(answer.structured["left_out"], json!(left_out));
            assert!(answer.text.contains(&format!("(and {left_out} more)")));
        }
    }
}
