//! Media uploads, batches, and fetching many messages.

#![cfg(feature = "sandbox")]

use crate::support;

use airbyte_agent_gmail::GmailConnector;
use airbyte_agent_gmail::mail::encoding::decode_base64url;
use airbyte_agent_gmail::sandbox::{ErrorBody, Fault, FaultKind, Sandbox, Service};
use airbyte_agent_gmail::upload::Media;
use serde_json::json;
use support::TestResult;
use support::directory::Directory;

fn message(subject: &str, size: usize) -> Vec<u8> {
    let mut message =
        format!("From: user@example.com\r\nTo: support@example.com\r\nSubject: {subject}\r\n\r\n")
            .into_bytes();
    let line = b"0123456789012345678901234567890123456789012345678901234567890123456789\r\n";
    while message.len() < size {
        message.extend_from_slice(line);
    }
    message
}

async fn stored(gmail: &GmailConnector, id: &str) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let message = gmail.messages().get(id).format("raw").send().await?;
    Ok(decode_base64url(&message.raw.unwrap_or_default())?)
}

#[tokio::test]
async fn bytes_arrive_as_they_are_by_each_protocol() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    for (subject, size, params) in [
        ("simple", 100, json!({})),
        ("multipart", 100, json!({"labelIds": ["STARRED"]})),
        (
            "resumable",
            6 * 1024 * 1024,
            json!({"labelIds": ["STARRED"]}),
        ),
        ("pieces", 20 * 1024 * 1024, json!({})),
    ] {
        let bytes = message(subject, size);
        let inserted = gmail
            .messages()
            .insert_media(bytes.clone())
            .params(params.clone())
            .send()
            .await?;
        assert!(stored(&gmail, &inserted.id).await? == bytes, "{subject}");
        assert_eq!(
            inserted.label_ids.contains(&"STARRED".to_owned()),
            params.get("labelIds").is_some(),
            "{subject}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_file_is_sent_and_a_draft_replaced() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    let directory = Directory::new()?;
    let path = directory.file("upload.eml");
    std::fs::write(&path, message("from a file", 6 * 1024 * 1024))?;
    let sent = gmail
        .messages()
        .send_media(Media::from_path(&path))
        .send()
        .await?;
    std::fs::remove_file(&path)?;
    assert!(sent.label_ids.contains(&"SENT".to_owned()));
    let draft = gmail
        .drafts()
        .create_media(message("first", 10))
        .send()
        .await?;
    let id = draft.id;
    let updated = gmail
        .drafts()
        .update_media(&id, message("second", 10))
        .send()
        .await?;
    assert_eq!(updated.id, id);
    let found = gmail
        .messages()
        .list()
        .q("in:drafts subject:second")
        .send()
        .await?;
    assert_eq!(found.messages.len(), 1);
    let error = gmail
        .messages()
        .send_media(Media::from_path(&path))
        .send()
        .await
        .expect_err("no file");
    assert!(
        error.is_invalid_input() && !error.to_string().contains("upload.eml"),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn a_piece_that_goes_astray_is_taken_up_again_and_the_message_arrives_once() -> TestResult {
    for kind in [
        FaultKind::ConnectionClosedBeforeResponse,
        FaultKind::ConnectionClosedWithoutProcessing,
        FaultKind::status(503),
    ] {
        let sandbox = Sandbox::start().await?;
        let gmail = sandbox.open_source()?;
        let bytes = message("astray", 20 * 1024 * 1024);
        // The first request starts the upload; the faults apply to chunks.
        let begun = gmail.messages().send_media(bytes.clone());
        sandbox.inject(
            Fault::new(Service::Gmail, kind.clone())
                .on("upload_piece")
                .times(2),
        );
        let sent = begun
            .send()
            .await
            .map_err(|error| format!("{kind:?}: {error:?}"))?;
        assert!(stored(&gmail, &sent.id).await?.len() >= bytes.len());
        let found = gmail
            .messages()
            .list()
            .q("in:sent subject:astray")
            .send()
            .await?;
        assert_eq!(found.messages.len(), 1, "{kind:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_can_not_be_uploaded_is_refused_unsent() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    let error = gmail
        .messages()
        .send_media(vec![b'x'; 36_700_161])
        .send()
        .await
        .expect_err("too large");
    assert!(
        error.is_invalid_input() && error.to_string().contains("35 MiB"),
        "{error}"
    );
    let error = gmail
        .messages()
        .insert_media(message("x", 1))
        .params(json!({"labelIds": 1}))
        .send()
        .await
        .expect_err("bad params");
    assert!(error.is_invalid_input(), "{error}");
    let error = sandbox
        .hosted()?
        .messages()
        .send_media(message("x", 1))
        .send()
        .await
        .expect_err("hosted");
    assert!(error.is_unsupported(), "{error}");
    let hosted = sandbox.hosted()?;
    let mut batch = hosted.batch();
    batch.add("profile", "get", json!({}))?;
    let error = batch.send().await.expect_err("hosted");
    assert!(error.is_unsupported(), "{error}");
    assert!(sandbox.requests().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_batch_gives_each_operation_its_own_result() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    let list = gmail.messages().list().max_results(20).send().await?;
    let mut batch = gmail.batch();
    for reference in &list.messages {
        batch.add(
            "messages",
            "get",
            json!({"messageId": reference.id, "format": "minimal"}),
        )?;
    }
    batch.add("messages", "get", json!({"messageId": "00000000000bad00"}))?;
    batch.add("labels", "list", serde_json::Value::Null)?;
    batch.add("labels", "create", json!({"name": "From a batch"}))?;
    assert!(
        batch
            .add("labels", "list", json!([]))
            .is_err_and(|error| error.is_invalid_input())
    );
    sandbox.clear_requests();
    let results = batch.send().await?;
    assert_eq!(
        sandbox
            .requests()
            .iter()
            .filter(|request| request.path.ends_with("/batch"))
            .count(),
        1
    );
    for (reference, result) in list.messages.iter().zip(&results) {
        let result = result.as_ref().map_err(Clone::clone)?;
        assert_eq!(result.data["id"].as_str(), Some(reference.id.as_str()));
    }
    let missing = results[list.messages.len()]
        .as_ref()
        .expect_err("not found");
    assert!(missing.is_not_found());
    assert_eq!(missing.operation(), Some("messages_get"));
    assert!(results.last().is_some_and(|result| {
        result
            .as_ref()
            .is_ok_and(|result| result.data["name"] == "From a batch")
    }));
    Ok(())
}

#[tokio::test]
async fn a_batch_that_is_too_long_is_refused_unsent() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    let mut batch = gmail.batch();
    for _ in 0..100 {
        batch.add("labels", "list", json!({}))?;
    }
    let error = batch
        .add("labels", "list", json!({}))
        .expect_err("too many");
    assert!(error.is_invalid_input() && error.to_string().contains("100 operations"));
    assert!(sandbox.requests().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_batch_that_writes_is_not_sent_twice() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    sandbox.inject(Fault::new(Service::Gmail, FaultKind::ConnectionClosedBeforeResponse).times(1));
    let mut batch = gmail.batch();
    batch.add(
        "messages",
        "create",
        json!({"raw": support::raw("once in a batch")?}),
    )?;
    let error = batch.send().await.expect_err("no answer");
    assert!(error.is_outcome_unknown(), "{error:?}");
    let found = gmail
        .messages()
        .list()
        .q("in:sent subject:\"once in a batch\"")
        .send()
        .await?;
    assert_eq!(found.messages.len(), 1);
    Ok(())
}

#[tokio::test]
async fn many_messages_come_in_order_each_with_its_result() -> TestResult {
    let sandbox = Sandbox::start().await?;
    for gmail in support::modes(&sandbox)? {
        let list = gmail.messages().list().send().await?;
        let mut ids: Vec<String> = list
            .messages
            .into_iter()
            .map(|message| message.id)
            .collect();
        ids.insert(3, "00000000000bad00".to_owned());
        let mut messages = gmail.get_many(ids.clone()).format("minimal").stream();
        let mut fetched = Vec::new();
        while let Some((id, message)) = messages.next().await {
            assert_eq!(message.is_err(), id == "00000000000bad00");
            if let Ok(message) = message {
                assert_eq!(message.id, id);
            }
            fetched.push(id);
        }
        assert_eq!(fetched, ids);
    }
    Ok(())
}

#[tokio::test]
async fn of_many_messages_only_those_that_were_refused_are_asked_for_again() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    let list = gmail.messages().list().max_results(20).send().await?;
    let ids: Vec<String> = list
        .messages
        .into_iter()
        .map(|message| message.id)
        .collect();
    // Google says that there are too many requests, and to retry at once.
    let too_many = FaultKind::Status {
        code: 429,
        body: ErrorBody::Native,
        headers: [("retry-after".to_owned(), "0".to_owned())].into(),
    };
    let fault = Fault::new(Service::Gmail, too_many).on("messages_get");
    sandbox.inject(fault.after(4).times(5));
    sandbox.clear_requests();
    let mut messages = gmail.get_many(ids.clone()).format("minimal").stream();
    let mut fetched = Vec::new();
    while let Some((id, message)) = messages.next().await {
        assert_eq!(message?.id, id);
        fetched.push(id);
    }
    assert_eq!(fetched, ids);
    let requests = sandbox.requests();
    let refused = requests
        .iter()
        .filter(|request| request.status == Some(429));
    assert_eq!(refused.count(), 5);
    for id in &ids {
        let answered = requests
            .iter()
            .filter(|request| request.status == Some(200) && request.path.ends_with(id.as_str()));
        assert_eq!(answered.count(), 1, "{id}");
    }
    Ok(())
}

#[tokio::test]
async fn no_more_messages_are_asked_for_than_are_taken() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    let list = gmail.messages().list().max_results(20).send().await?;
    let ids = list.messages.into_iter().map(|message| message.id);
    sandbox.clear_requests();
    let mut messages = gmail.get_many(ids).at_once(3).stream();
    for taken in 1..=4 {
        messages.next().await.ok_or("a message")?.1?;
        let asked = sandbox.requests().len();
        assert!((taken..taken + 3).contains(&asked), "{taken}: {asked}");
    }
    Ok(())
}

#[tokio::test]
async fn answers_can_be_narrowed_to_some_fields() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    let sparse = gmail.with_fields("id,payload/headers(name,value)")?;
    let list = gmail.messages().list().max_results(3).send().await?;
    let ids = list.messages.into_iter().map(|message| message.id);
    let mut messages = sparse.get_many(ids).stream();
    while let Some((id, message)) = messages.next().await {
        let message = message?;
        assert_eq!(message.id, id);
        assert_eq!((message.thread_id, message.snippet), (None, None));
        let payload = message.payload.ok_or("headers")?;
        assert!(payload.headers.iter().all(|header| header.value.is_some()));
        assert!(!payload.headers.is_empty() && payload.parts.is_empty() && payload.body.is_none());
    }
    // Dynamic calls are narrowed too; calls without an answer are unaffected.
    let sparse = gmail.with_fields("messages/id,nextPageToken")?;
    let page = sparse
        .execute("messages", "list", json!({"maxResults": 2}))
        .await?;
    assert_eq!(page.data[0].as_object().map(serde_json::Map::len), Some(1));
    assert_eq!(
        sparse
            .messages()
            .list()
            .max_results(10)
            .stream()
            .collect()
            .await?
            .len(),
        {
            gmail
                .messages()
                .list()
                .max_results(10)
                .stream()
                .collect()
                .await?
                .len()
        }
    );
    let label = gmail.labels().create("For a moment").send().await?;
    sparse.labels().delete(label.id).send().await?;
    // The original connector is unchanged.
    assert!(
        gmail
            .messages()
            .list()
            .max_results(1)
            .send()
            .await?
            .result_size_estimate
            .is_some()
    );
    assert!(
        gmail
            .with_fields(" ")
            .is_err_and(|error| error.is_invalid_input())
    );
    let refused = gmail.with_fields("nonsense(")?.get_profile().send().await;
    assert!(refused.is_err_and(|error| error.is_invalid_request()));
    let hosted = sandbox.hosted()?;
    assert!(
        hosted
            .with_fields("id")
            .is_err_and(|error| error.is_unsupported())
    );
    Ok(())
}
