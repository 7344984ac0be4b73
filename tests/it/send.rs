//! Sending: never twice, and what is known when the answer gets lost.

#![cfg(feature = "sandbox")]

use crate::support;

use airbyte_agent_gmail::mail::{Compose, Composed, Reading};
use airbyte_agent_gmail::sandbox::{Fault, FaultKind, Sandbox, Service};
use airbyte_agent_gmail::{GmailConnector, Mode};
use support::TestResult;

fn compose(subject: &str, size: usize) -> Compose {
    Compose::new()
        .from("user@example.com")
        .to("support@example.com")
        .subject(subject)
        .text("Text\n")
        .attachment("data.bin", "application/octet-stream", vec![7; size])
}

fn mail(subject: &str, size: usize) -> Result<Composed, Box<dyn std::error::Error>> {
    Ok(compose(subject, size).build()?)
}

fn service(gmail: &GmailConnector) -> Service {
    match gmail.mode() {
        Mode::OpenSource => Service::Gmail,
        Mode::Hosted => Service::Airbyte,
    }
}

#[tokio::test]
async fn small_and_large_mail_is_sent_in_both_modes() -> TestResult {
    let sandbox = Sandbox::start().await?;
    for gmail in support::modes(&sandbox)? {
        for size in [10, 2 * 1024 * 1024] {
            let mail = mail("size", size)?;
            let sent = gmail.send(&mail).await?;
            let message = gmail.messages().get(sent.id).send().await?;
            let reading = Reading::from_payload(&message);
            assert_eq!(reading.attachments.len(), 1);
            assert!(gmail.find_sent(&mail.message_id).await?.is_some());
        }
    }
    Ok(())
}

#[tokio::test]
async fn small_and_large_mail_joins_a_thread_and_says_where_answers_go() -> TestResult {
    let sandbox = Sandbox::start().await?;
    for gmail in support::modes(&sandbox)? {
        for size in [10, 2 * 1024 * 1024] {
            let first = mail("a thread", 10)?;
            let thread = gmail.send(&first).await?.thread_id.ok_or("a thread")?;
            let second = compose("Re: a thread", size)
                .reply_to("tickets@example.com")
                .in_reply_to(&first.message_id)
                .references([&first.message_id])
                .thread_id(&thread)
                .build()?;
            let sent = gmail.send(&second).await?;
            assert_eq!(sent.thread_id, Some(thread), "{size}");
            let sent = gmail.messages().get(sent.id);
            let reading = Reading::from_payload(&sent.send().await?);
            assert_eq!(reading.reply_to.to_string(), "tickets@example.com");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_lost_answer_is_an_unknown_outcome_that_can_be_looked_up() -> TestResult {
    for (kind, arrives) in [
        (FaultKind::ConnectionClosedBeforeResponse, true),
        (FaultKind::ConnectionClosedWithoutProcessing, false),
        (FaultKind::TruncatedBody, true),
        (FaultKind::status(503), false),
    ] {
        let sandbox = Sandbox::start().await?;
        for gmail in support::modes(&sandbox)? {
            gmail.check().await?;
            let mail = mail("lost", 10)?;
            sandbox.inject(Fault::new(service(&gmail), kind.clone()).times(1));
            sandbox.clear_requests();
            let error = gmail.send(&mail).await.expect_err("no good answer");
            assert!(error.is_outcome_unknown(), "{kind:?}: {error:?}");
            assert_eq!(error.message_id(), Some(mail.message_id.as_str()));
            assert!(!format!("{error} {error:?}").contains(&mail.message_id));
            assert_eq!(sandbox.requests().len(), 1, "{kind:?}");
            assert_eq!(
                gmail.find_sent(&mail.message_id).await?.is_some(),
                arrives,
                "{kind:?}"
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_the_service_says_it_did_not_do_is_sent_again() -> TestResult {
    for kind in [
        FaultKind::status(429),
        FaultKind::RateLimited403 {
            reason: "userRateLimitExceeded".to_owned(),
        },
    ] {
        let sandbox = Sandbox::start().await?;
        let gmail = sandbox.open_source()?;
        sandbox.inject(Fault::new(Service::Gmail, kind).times(2));
        let mail = mail("again", 10)?;
        gmail.send(&mail).await?;
        assert_eq!(sandbox.requests().len(), 3);
        let found = gmail
            .messages()
            .list()
            .q("in:sent subject:again")
            .send()
            .await?;
        assert_eq!(found.messages.len(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_draft_is_saved() -> TestResult {
    let sandbox = Sandbox::start().await?;
    for gmail in support::modes(&sandbox)? {
        let id = gmail.save_draft(&mail("draft", 10)?).await?.id;
        assert!(gmail.drafts().get(id).send().await?.message.is_some());
    }
    Ok(())
}
