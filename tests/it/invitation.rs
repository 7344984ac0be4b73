//! Replies to invitations, checks of senders, and unsubscribing, through the library and the tools, in both modes.

#![cfg(all(feature = "sandbox", feature = "tool"))]
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use crate::support;

use airbyte_agent_gmail::mail::Participation;
use airbyte_agent_gmail::sandbox::Sandbox;
use airbyte_agent_gmail::tool::Access;
use serde_json::json;

const INVITATION: &[u8] = b"From: Eva <eva@example.org>\r\nTo: user@example.com\r\nSubject: Lunch\r\n\
    Message-ID: <1@example.org>\r\nContent-Type: text/calendar; charset=utf-8; method=REQUEST\r\n\r\n\
    BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:lunch@example.org\r\nSUMMARY:Lunch\r\n\
    DTSTART:20261201T113000Z\r\nDTEND:20261201T123000Z\r\nLOCATION:Canteen <untrusted-mail>\r\n\
    ORGANIZER;CN=Eva:mailto:eva@example.org\r\nATTENDEE;CN=User;RSVP=TRUE:mailto:user@example.com\r\n\
    ATTENDEE:mailto:bob@example.net\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

#[tokio::test]
async fn an_invitation_is_read_and_answered() {
    let sandbox = Sandbox::start().await.unwrap();
    let id = sandbox.deliver(INVITATION);
    for gmail in support::modes(&sandbox).unwrap() {
        let sent = gmail
            .respond(&id)
            .comment("With joy.")
            .accept()
            .await
            .unwrap();
        let sent = gmail.read(sent.id).await.unwrap();
        assert_eq!(sent.to.to_string(), "eva@example.org");
        assert_eq!(sent.subject.as_deref(), Some("Accepted: Lunch"));
        assert!(sent.text.starts_with("With joy.\n"), "{}", sent.text);
        let reply = &sent.calendars[0];
        assert_eq!(reply.method.as_deref(), Some("REPLY"));
        let attendees = &reply.entries[0].attendees;
        assert_eq!(attendees[0].participation.as_deref(), Some("ACCEPTED"));
        assert_eq!(
            (attendees[0].address.as_str(), attendees.len()),
            ("user@example.com", 1)
        );

        let tools = gmail.tools();
        let shown = tools
            .call("gmail_read_message", json!({"message_id": id}))
            .await;
        for words in [
            "[Invitation (REQUEST)",
            "What: Lunch",
            "1 Dec 2026 11:30 to 12:30 (UTC)",
            "Organizer: Eva <eva@example.org>",
        ] {
            assert!(shown.text.contains(words), "{words}: {}", shown.text);
        }
        assert!(!shown.text.contains("BEGIN:VCALENDAR"), "{}", shown.text);
        let said = json!({"message_id": id, "answer": "tentative"});
        let answer = tools.call("gmail_respond", said.clone()).await;
        assert_eq!(
            answer.structured["recipients"],
            json!(["eva@example.org"]),
            "{}",
            answer.text
        );
        let refused = tools
            .call(
                "gmail_respond",
                json!({"message_id": id, "answer": "perhaps"}),
            )
            .await;
        assert!(
            refused.text.contains("accept, decline, tentative"),
            "{}",
            refused.text
        );
        for access in [
            Access::default().no_send(),
            Access::default().allow_recipients(["@example.com"]),
        ] {
            let refused = gmail
                .tools()
                .with_access(access)
                .call("gmail_respond", said.clone())
                .await;
            assert_eq!(
                refused.structured["error"]["code"], "not_allowed",
                "{}",
                refused.text
            );
        }
    }
    let gmail = sandbox.open_source().unwrap();
    let answers = gmail
        .messages()
        .list()
        .q("in:sent subject:Lunch")
        .send()
        .await
        .unwrap();
    assert_eq!(answers.messages.len(), 4);
}

#[tokio::test]
async fn what_has_no_invitation_for_the_account_is_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    let plain = sandbox.deliver(b"From: eva@example.org\r\n\r\nText.\r\n");
    let text = String::from_utf8_lossy(INVITATION).replace("mailto:user@", "mailto:other@");
    let others = sandbox.deliver(text.as_bytes());
    for gmail in support::modes(&sandbox).unwrap() {
        for id in [&plain, &others] {
            let refused = gmail
                .respond(id)
                .prepare(Participation::Declined)
                .await
                .unwrap_err();
            assert!(refused.is_invalid_input(), "{refused}");
        }
    }
}

#[tokio::test]
async fn what_gmail_found_out_about_the_sender_is_told() {
    let sandbox = Sandbox::start().await.unwrap();
    let id = sandbox.deliver(
        b"Authentication-Results: mx.google.com; dkim=pass header.i=@example.net header.s=a header.b=b; spf=softfail; dmarc=fail\r\n\
          Authentication-Results: mx.google.com; dmarc=pass\r\nFrom: Bank <bank@example.org>\r\nReply-To: thief@example.net\r\n\r\nPay.\r\n",
    );
    for gmail in support::modes(&sandbox).unwrap() {
        let reading = gmail.read(&id).await.unwrap();
        assert_eq!(reading.reply_to_others().to_string(), "thief@example.net");
        let shown = gmail
            .tools()
            .call("gmail_read_message", json!({"message_id": id}))
            .await;
        assert_eq!(
            shown.structured["authentication"],
            json!({"spf": "softfail", "dkim": "pass", "dmarc": "fail", "dkim_domains": ["example.net"]})
        );
        assert_eq!(shown.structured["is_reply_to_other"], true);
        for words in [
            "SPF softfail, DKIM pass, DMARC fail; the author may be forged",
            "see Reply-To",
        ] {
            assert!(shown.text.contains(words), "{}", shown.text);
        }
    }
}

#[tokio::test]
async fn a_list_is_left_only_where_its_sender_is_proven_and_public() {
    let sandbox = Sandbox::start().await.unwrap();
    let message = |verdict: &str, url: &str| {
        format!(
            "Authentication-Results: mx.google.com; dkim={verdict} header.i=@example.org header.s=s1 header.b=abc\r\n\
             DKIM-Signature: v=1; d=example.org; s=s1; h=from:list-unsubscribe:list-unsubscribe-post; b=abcdef\r\n\
             From: news@example.org\r\nList-Unsubscribe: <{url}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nNews.\r\n"
        )
    };
    let good = sandbox.deliver(message("pass", "https://example.org/u?list=1").as_bytes());
    let gmail = sandbox.open_source().unwrap();
    let url = gmail.unsubscribe_url(&good).await.unwrap();
    assert_eq!(url, "https://example.org/u?list=1");
    let table = [
        (message("fail", "https://example.org/u"), "dkim"),
        (message("pass", "https://127.0.0.1:1/u"), "public internet"),
        (
            message("pass", "https://169.254.169.254/latest"),
            "public internet",
        ),
        (message("pass", "http://example.org/u"), "https"),
    ];
    for (raw, why) in table {
        let id = sandbox.deliver(raw.as_bytes());
        for gmail in support::modes(&sandbox).unwrap() {
            let refused = gmail.unsubscribe(&id).await.unwrap_err();
            assert!(refused.is_invalid_input(), "{refused}");
            assert!(refused.to_string().contains(why), "{refused}");
            let answer = gmail
                .tools()
                .call("gmail_unsubscribe", json!({"message_id": id}))
                .await;
            assert_eq!(
                answer.structured["error"]["code"], "invalid_arguments",
                "{}",
                answer.text
            );
        }
    }
}

#[tokio::test]
async fn an_agent_with_limits_leaves_no_list() {
    let sandbox = Sandbox::start().await.unwrap();
    let gmail = sandbox.open_source().unwrap();
    let tool = gmail.tools().get("gmail_unsubscribe").unwrap();
    assert!(
        tool.annotations.destructive && !tool.annotations.read_only && tool.annotations.open_world
    );
    for access in [
        Access::default().read_only(),
        Access::default().no_send(),
        Access::default().allow_actions(["messages.get"]).unwrap(),
        Access::default().allow_recipients(["@example.com"]),
    ] {
        let tools = gmail.tools().with_access(access);
        assert!(tools.get("gmail_unsubscribe").is_none());
        let refused = tools
            .call("gmail_unsubscribe", json!({"message_id": "1"}))
            .await;
        assert_eq!(
            refused.structured["error"]["code"], "not_allowed",
            "{}",
            refused.text
        );
    }
}
