//! Fetches many messages at the lowest cost in quota units.

#![cfg(all(feature = "sandbox", feature = "mail"))]

use crate::support::TestResult;

use airbyte_agent_gmail::connector::GmailConnectorBuilder;
use airbyte_agent_gmail::operation::gmail;
use airbyte_agent_gmail::sandbox::{ErrorBody, Fault, FaultKind, Sandbox, Service};
use airbyte_agent_gmail::types::Message;
use airbyte_agent_gmail::{GmailConnector, RetryPolicy};

fn builder(sandbox: &Sandbox) -> GmailConnectorBuilder {
    GmailConnector::builder(sandbox.google_auth())
        .base_url(sandbox.gmail_url())
        .token_url(sandbox.token_url())
}

/// Delivers a thread with this many messages.
fn deliver(sandbox: &Sandbox, name: &str, size: usize) {
    for number in 0..size {
        let answers = if number == 0 {
            String::new()
        } else {
            format!("In-Reply-To: <{name}-0@example.com>\r\n")
        };
        sandbox.deliver(
            format!(
                "From: a@example.com\r\nSubject: {name}\r\nMessage-ID: <{name}-{number}@example.com>\r\n{answers}\r\nText.\r\n"
            )
            .as_bytes(),
        );
    }
}

/// The delivered messages, as a list returns them.
async fn listed(gmail: &GmailConnector) -> Result<Vec<Message>, Box<dyn std::error::Error>> {
    let list = gmail
        .messages()
        .list()
        .q("from:a@example.com")
        .max_results(500);
    Ok(list.send().await?.messages)
}

/// The units that the requests since the last clearing cost, and their number.
fn units(sandbox: &Sandbox) -> (u32, usize) {
    let requests = sandbox.requests();
    let units = requests
        .iter()
        .filter_map(|request| gmail().by_id(&request.operation))
        .map(|row| row.quota_units.current);
    (units.sum(), requests.len())
}

#[tokio::test]
async fn a_mailbox_is_read_for_the_least_units() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let sizes = 1..=12_usize;
    for size in sizes.clone() {
        deliver(&sandbox, &format!("thread-{size}"), size);
    }
    let gmail = sandbox.open_source()?;
    let all = listed(&gmail).await?;
    assert_eq!(all.len(), sizes.clone().sum::<usize>());
    let half: Vec<Message> = all.iter().step_by(2).cloned().collect();
    for (wanted, format) in [(&all, "full"), (&half, "metadata"), (&all, "raw")] {
        let mut of_thread = std::collections::HashMap::<_, u32>::new();
        for message in wanted {
            *of_thread.entry(message.thread_id.clone()).or_default() += 1;
        }
        let least: u32 = of_thread
            .values()
            .map(|count| {
                if format == "raw" {
                    20 * count
                } else {
                    (20 * count).min(40)
                }
            })
            .sum();
        sandbox.clear_requests();
        let mut messages = gmail.get_many(wanted).format(format).stream();
        for message in wanted {
            let (id, fetched) = messages.next().await.ok_or("a message")?;
            let fetched = fetched?;
            assert_eq!((&id, &fetched.id), (&message.id, &message.id));
            let alone = gmail.messages().get(id.as_str()).format(format);
            assert_eq!(fetched, alone.send().await?);
        }
        assert!(messages.next().await.is_none());
        let own = u32::try_from(wanted.len())? * 20;
        assert_eq!(units(&sandbox).0 - own, least, "{format}");
    }
    Ok(())
}

#[tokio::test]
async fn corrected_units_decide_what_is_fetched() -> TestResult {
    let sandbox = Sandbox::start().await?;
    deliver(&sandbox, "thread", 4);
    let connector = |message, thread| {
        builder(&sandbox)
            .quota_units("messages_get", message)
            .quota_units("threads_get", thread)
            .build()
    };
    let wanted = listed(&sandbox.open_source()?).await?;
    for (message, thread, requests) in [(20, 80, 4), (20, 79, 1), (60, 40, 1), (0, 40, 4)] {
        let gmail = connector(message, thread)?;
        sandbox.clear_requests();
        let mut messages = gmail.get_many(&wanted).stream();
        while let Some((_, message)) = messages.next().await {
            message?;
        }
        assert_eq!(units(&sandbox).1, requests, "{message}, {thread}");
    }
    Ok(())
}

#[tokio::test]
async fn each_message_has_its_own_result_though_threads_are_fetched() -> TestResult {
    let sandbox = Sandbox::start().await?;
    deliver(&sandbox, "thread", 4);
    let gmail = builder(&sandbox).retry(RetryPolicy::never()).build()?;
    let mut wanted = listed(&gmail).await?;
    // One message has been deleted, and one is requested twice.
    gmail
        .messages()
        .delete(wanted[1].id.as_str())
        .send()
        .await?;
    wanted.push(wanted[0].clone());
    let outcome = async |wanted: &[Message]| {
        let mut messages = gmail.get_many(wanted).stream();
        let mut outcome = Vec::new();
        while let Some((id, message)) = messages.next().await {
            outcome.push((id, message.map(|message| message.id)));
        }
        outcome
    };
    let found = outcome(&wanted).await;
    assert_eq!(found.len(), 5);
    for (at, (id, message)) in found.iter().enumerate() {
        assert_eq!(id, &wanted[at].id);
        match message {
            Ok(own) => assert_eq!(own, id),
            Err(error) => assert!(at == 1 && error.is_not_found(), "{at}: {error}"),
        }
    }
    // An error for the thread is an error for each of its messages, without further calls.
    let broken = FaultKind::Status {
        code: 403,
        body: ErrorBody::Native,
        headers: Default::default(),
    };
    sandbox.inject(Fault::new(Service::Gmail, broken).on("threads_get"));
    sandbox.clear_requests();
    let found = outcome(&wanted[..4]).await;
    assert!(found.iter().all(|(_, message)| message.is_err()));
    assert_eq!(units(&sandbox).1, 1);
    Ok(())
}
