//! The history poller: it starts correctly, misses nothing, and does a full sync when the history is lost.

#![cfg(all(feature = "sandbox", feature = "sync"))]

use crate::support;

use std::time::Duration;

use airbyte_agent_gmail::sandbox::{Fault, FaultKind, Sandbox, Service};
use airbyte_agent_gmail::sync::{Event, FullSyncReason, MailboxSync, SyncState, found};
use airbyte_agent_gmail::{Error, GmailConnector};
use serde_json::json;
use support::TestResult;

/// All events until the copy is up to date.
async fn pass(sync: &mut MailboxSync<'_>) -> Result<Vec<Event>, Error> {
    let mut events = Vec::new();
    while let Some(event) = sync.next().await? {
        events.push(event);
    }
    Ok(events)
}

/// The state of a copy that is up to date.
async fn up_to_date(gmail: &GmailConnector) -> Result<SyncState, Error> {
    let mut sync = gmail.sync(SyncState::default());
    pass(&mut sync).await?;
    Ok(sync.state().clone())
}

fn mail(number: u32) -> Vec<u8> {
    format!("From: support@example.com\r\nSubject: Number {number}\r\n\r\nText.\r\n").into_bytes()
}

fn answer(body: serde_json::Value) -> Fault {
    let kind = FaultKind::Answer {
        code: 200,
        content_type: "application/json".to_owned(),
        body: body.to_string(),
    };
    Fault::new(Service::Gmail, kind).on("history_list")
}

fn id_of(event: &Event) -> Option<&str> {
    match event {
        Event::Listed(message)
        | Event::Added(message)
        | Event::Deleted(message)
        | Event::LabelsAdded { message, .. }
        | Event::LabelsRemoved { message, .. } => Some(&message.id),
        _ => None,
    }
}

#[tokio::test]
async fn mail_that_arrives_during_the_listing_is_not_missed() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    let mut sync = gmail.sync(SyncState::default());
    assert_eq!(
        sync.next().await?,
        Some(Event::FullSync(FullSyncReason::First))
    );
    assert!(matches!(sync.next().await?, Some(Event::Listed(_))));
    assert!(!sync.state().is_complete());
    // The profile is fetched before the list: otherwise both would miss this message.
    let id = sandbox.deliver(&mail(1));
    let events = pass(&mut sync).await?;
    let end = events
        .iter()
        .position(|event| *event == Event::FullSyncEnd)
        .ok_or("an end")?;
    let listed = events[..end].len() + 1;
    let total = gmail
        .get_profile()
        .send()
        .await?
        .messages_total
        .ok_or("a total")?;
    assert_eq!(i64::try_from(listed)? + 1, total, "spam and trash included");
    assert_eq!(events[end + 1..].len(), 1);
    assert!(matches!(&events[end + 1], Event::Added(message)
        if message.id == id && message.label_ids.contains(&"INBOX".to_owned())));
    let order: Vec<String> = sandbox
        .requests()
        .into_iter()
        .map(|request| request.operation)
        .collect();
    let first = |name: &str| order.iter().position(|operation| operation == name);
    assert!(first("get_profile") < first("messages_list"));
    assert!(sync.state().is_complete());
    Ok(())
}

#[tokio::test]
async fn every_change_comes_once_and_in_order_from_a_kept_state() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    let kept = serde_json::to_string(&up_to_date(&gmail).await?)?;
    let id = sandbox.deliver(&mail(1));
    gmail
        .messages()
        .modify(&id)
        .add_label_ids(["STARRED"])
        .send()
        .await?;
    gmail
        .messages()
        .modify(&id)
        .remove_label_ids(["UNREAD"])
        .send()
        .await?;
    gmail.messages().delete(&id).send().await?;

    let mut sync = gmail.sync(serde_json::from_str(&kept)?);
    let mut states = Vec::new();
    let mut events = Vec::new();
    while let Some(event) = sync.next().await? {
        events.push(event);
        states.push(sync.state().clone());
    }
    assert_eq!(events.len(), 4);
    assert!(events.iter().all(|event| id_of(event) == Some(id.as_str())));
    assert!(matches!(&events[0], Event::Added(_)));
    assert!(
        matches!(&events[1], Event::LabelsAdded { label_ids, .. } if label_ids == &["STARRED"])
    );
    assert!(
        matches!(&events[2], Event::LabelsRemoved { label_ids, .. } if label_ids == &["UNREAD"])
    );
    assert!(matches!(&events[3], Event::Deleted(_)));
    // The message has since been deleted, which must not be an error.
    assert!(found(gmail.messages().get(&id).send().await)?.is_none());
    // Any state in between resumes right after its event.
    for (index, state) in states.into_iter().enumerate() {
        let mut sync = gmail.sync(state);
        assert_eq!(pass(&mut sync).await?, events[index + 1..], "{index}");
    }
    // A pass without changes is one call.
    sandbox.clear_requests();
    assert_eq!(pass(&mut sync).await?, []);
    assert_eq!(sandbox.requests().len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_lost_history_is_a_full_sync_and_no_endless_one() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    let mut sync = gmail.sync(SyncState::from_history_id("1"));
    let events = pass(&mut sync).await?;
    assert_eq!(
        events.first(),
        Some(&Event::FullSync(FullSyncReason::HistoryExpired))
    );
    assert_eq!(events.last(), Some(&Event::FullSyncEnd));
    assert_eq!(pass(&mut sync).await?, []);

    // If the history is always missing, the result is an error, not one listing after another.
    let lost = Fault::new(Service::Gmail, FaultKind::status(404)).on("history_list");
    sandbox.inject(lost.clone());
    sandbox.inject(lost);
    let mut sync = gmail.sync(SyncState::from_history_id("1"));
    let error = pass(&mut sync).await.err().ok_or("an error")?;
    assert!(error.is_not_found());
    assert!(!sync.state().is_complete());
    assert_eq!(
        sync.next().await?,
        Some(Event::FullSync(FullSyncReason::First))
    );
    Ok(())
}

#[tokio::test]
async fn an_interrupted_listing_begins_anew() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    let mut sync = gmail.sync(SyncState::default());
    sync.next().await?;
    sync.next().await?;
    let mut sync = gmail.sync(sync.state().clone());
    assert_eq!(
        sync.next().await?,
        Some(Event::FullSync(FullSyncReason::Interrupted))
    );
    assert_eq!(pass(&mut sync).await?.last(), Some(&Event::FullSyncEnd));
    Ok(())
}

#[tokio::test]
async fn pages_without_history_and_records_without_messages_do_no_harm() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    let state = up_to_date(&gmail).await?;
    let start = state.history_id().unwrap_or_default().to_owned();
    sandbox.inject(answer(
        json!({"nextPageToken": "second", "historyId": "999999"}),
    ));
    sandbox.inject(answer(json!({"nextPageToken": "third", "history": [
        {"id": "200001", "messagesAdded": [{}, {"message": null}]},
        {"id": "200002", "messagesAdded": [{"message": {"id": "a"}}, {"message": {"id": "b"}}]},
    ]})));
    sandbox.inject(answer(json!({"historyId": "200010"})));
    let mut sync = gmail.sync(state);
    assert_eq!(sync.next().await?.as_ref().and_then(id_of), Some("a"));
    // If the program ends here, the second half of the record is not skipped, and an early page's history id does not
    // count.
    assert_eq!(sync.state().history_id(), Some(start.as_str()));
    assert_eq!(sync.next().await?.as_ref().and_then(id_of), Some("b"));
    assert_eq!(sync.state().history_id(), Some("200002"));
    assert_eq!(sync.next().await?, None);
    assert_eq!(sync.state().history_id(), Some("200010"));
    Ok(())
}

#[tokio::test]
async fn an_error_in_between_leaves_the_state_where_it_was() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    let state = up_to_date(&gmail).await?;
    let id = sandbox.deliver(&mail(1));
    sandbox.inject(
        Fault::new(Service::Gmail, FaultKind::status(500))
            .on("history_list")
            .times(4),
    );
    let mut sync = gmail.sync(state.clone());
    assert!(sync.next().await.is_err_and(|error| error.is_transient()));
    assert_eq!(sync.state(), &state);
    assert_eq!(
        sync.next().await?.as_ref().and_then(id_of),
        Some(id.as_str())
    );
    Ok(())
}

#[tokio::test]
async fn waiting_polls_until_something_happens() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    let mut sync = gmail.sync(up_to_date(&gmail).await?);
    sandbox.clear_requests();
    let deliver = async {
        while sandbox.requests().len() < 3 {
            tokio::task::yield_now().await;
        }
        sandbox.deliver(&mail(1))
    };
    let (event, id) = tokio::join!(sync.wait(Duration::from_millis(1)), deliver);
    assert_eq!(id_of(&event?), Some(id.as_str()));
    Ok(())
}

#[tokio::test]
async fn a_label_has_a_copy_of_its_own() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    let mut sync = gmail.sync(SyncState::default()).label("SENT");
    let listed = pass(&mut sync).await?.len() - 2;
    let sent = gmail
        .messages()
        .list()
        .label_ids(["SENT"])
        .stream()
        .collect()
        .await?;
    assert_eq!(listed, sent.len());
    sandbox.deliver(&mail(1));
    assert_eq!(pass(&mut sync).await?, []);
    Ok(())
}

#[tokio::test]
async fn hosted_mode_lists_and_says_that_it_has_no_history() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.hosted()?;
    let mut sync = gmail.sync(SyncState::default());
    let mut listed = 0;
    let error = loop {
        match sync.next().await {
            Ok(Some(Event::Listed(_))) => listed += 1,
            Ok(Some(_)) => {}
            Ok(None) => return Err("there is no history to come to the end of".into()),
            Err(error) => break error,
        }
    };
    assert!(listed > 10);
    assert!(error.is_unsupported());
    assert_eq!(error.operation(), Some("history_list"));
    assert!(sync.state().is_complete());
    Ok(())
}
