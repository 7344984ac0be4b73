//! Everyday mail through the library: reading, replying, forwarding and drafting, in both modes.

#![cfg(all(feature = "sandbox", feature = "mail"))]

use crate::support;

use airbyte_agent_gmail::mail::Reading;
use airbyte_agent_gmail::sandbox::Sandbox;
use support::TestResult;

const ORIGINAL: &[u8] = b"From: Eva <eva@example.org>\r\nTo: user@example.com, bob@example.net\r\n\
    Subject: Invoice\r\nMessage-ID: <1@example.org>\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nIs it paid?\r\n\
    --b\r\nContent-Type: text/csv; name=a.csv\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\n1,2\r\n--b--\r\n";

#[tokio::test]
async fn a_message_is_answered_passed_on_and_drafted() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let id = sandbox.deliver(ORIGINAL);
    for gmail in support::modes(&sandbox)? {
        let original = gmail.read(&id).await?;
        assert_eq!(original.text, "Is it paid?");
        assert_eq!(original.attachments[0].data(), None);
        let whole = gmail.read_with_attachments(&id).await?;
        assert!(
            whole.attachments[0]
                .data()
                .is_some_and(|bytes| bytes.starts_with(b"1,2"))
        );

        let prepared = gmail.reply_all(&id).prepare().await?;
        let recipients: Vec<_> = prepared
            .recipients()
            .map(|address| address.address())
            .collect();
        assert_eq!(recipients, ["eva@example.org", "bob@example.net"]);
        assert!(
            prepared
                .quotation_text()
                .is_some_and(|text| text.contains("> Is it paid?"))
        );

        let sent = gmail
            .reply(&id)
            .text("Yes.")
            .without_quotation()
            .send()
            .await?;
        let sent = gmail.read(sent.id).await?;
        assert_eq!(
            (sent.text.as_str(), sent.to.to_string()),
            ("Yes.\n", "Eva <eva@example.org>".to_owned())
        );
        assert_eq!(
            (&sent.thread_id, sent.subject.as_deref()),
            (&original.thread_id, Some("Re: Invoice"))
        );

        let draft = gmail
            .forward(&id)
            .to("accounting@example.net")
            .text("For you.")
            .save_draft()
            .await?;
        let message = draft.message.map(|message| message.id).unwrap_or_default();
        let draft = gmail.read_with_attachments(message).await?;
        assert_eq!(draft.label_ids, ["DRAFT"]);
        assert_eq!(
            (draft.attachments[0].name.as_str(), draft.attachments.len()),
            ("a.csv", 1)
        );
        let without = gmail.forward(&id).without_attachments().prepare().await?;
        assert!(
            Reading::from_raw(&without.build()?.raw)
                .attachments
                .is_empty()
        );

        let thread = gmail
            .read_thread(original.thread_id.unwrap_or_default())
            .await?;
        assert_eq!(thread[0].text, "Is it paid?");
        assert!(thread.len() >= 3, "{}", thread.len());
    }
    Ok(())
}

#[tokio::test]
async fn what_can_not_be_sent_is_refused_before_it_is() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let id = sandbox.deliver(ORIGINAL);
    let nobody = sandbox.deliver(b"Subject: x\r\nMessage-ID: <2@example.org>\r\n\r\nx\r\n");
    for gmail in support::modes(&sandbox)? {
        let error = gmail
            .forward(&id)
            .send()
            .await
            .err()
            .ok_or("no recipient")?;
        assert!(
            error.is_invalid_input() && error.to_string().contains("no recipient"),
            "{error}"
        );
        let error = gmail
            .forward(&id)
            .to("nobody")
            .send()
            .await
            .err()
            .ok_or("no address")?;
        assert!(error.is_invalid_input(), "{error}");
        let error = gmail
            .reply(&nobody)
            .text("x")
            .send()
            .await
            .err()
            .ok_or("nobody to answer")?;
        assert!(error.is_invalid_input(), "{error}");
        let error = gmail
            .reply("00000000000000ff")
            .send()
            .await
            .err()
            .ok_or("no message")?;
        // Airbyte only reports that the service rejected it.
        assert!(
            error.is_not_found() || error.is_invalid_request(),
            "{error}"
        );
        let sent = gmail
            .messages()
            .list()
            .q("in:sent subject:Invoice")
            .send()
            .await?;
        assert!(sent.messages.is_empty());
    }
    Ok(())
}
