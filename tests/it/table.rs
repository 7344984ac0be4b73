//! Every row of the operation table, in both modes.

#![cfg(feature = "sandbox")]

use crate::support;

use airbyte_agent_gmail::operation::{Operation, gmail};
use airbyte_agent_gmail::sandbox::Sandbox;
use serde_json::Value;
use support::{Fixture, TestResult};

/// Client-side encryption and S/MIME need a Workspace edition; the sandbox's account only has it when configured.
fn is_refused_to_the_account(row: &Operation) -> bool {
    row.path.contains("/cse/") || row.path.contains("/smimeInfo")
}

#[test]
fn every_row_says_what_it_costs() {
    for row in gmail().operations {
        let units = row.quota_units;
        assert!(units.current > 0 && units.legacy > 0, "{}", row.id);
    }
}

#[tokio::test]
async fn every_row_is_carried_out_in_open_source_mode() -> TestResult {
    let mut done = 0;
    for row in gmail().operations {
        let sandbox = Sandbox::start().await?;
        let connector = sandbox.open_source()?;
        let params = Fixture::new(&connector).await?.params(row);
        sandbox.clear_requests();
        let result = connector.execute(row.entity, row.action, params).await;
        let requests = sandbox.requests();
        assert_eq!(requests.len(), 1, "{}: {requests:?}", row.id);
        assert_eq!(requests[0].operation, row.id);
        match result {
            Ok(result) => {
                assert!(!is_refused_to_the_account(row), "{}", row.id);
                assert_eq!(result.data.is_array(), row.records.is_some(), "{}", row.id);
                done += 1;
            }
            // For missing features the service itself answers, so the request was valid.
            Err(error) => assert!(
                is_refused_to_the_account(row) && error.is_permission_denied()
                    || error.is_not_found()
                    || error.is_conflict()
                    || error.is_invalid_request() && row.entity.starts_with("settings"),
                "{}: {error} {:?}",
                row.id,
                error.service_message()
            ),
        }
    }
    assert!(done >= 50, "only {done} rows were carried out");
    Ok(())
}

#[tokio::test]
async fn hosted_mode_carries_out_its_actions_alike_and_refuses_the_others_unsent() -> TestResult {
    for row in gmail().operations {
        let sandbox = Sandbox::start().await?;
        let params = Fixture::new(&sandbox.open_source()?).await?.params(row);
        sandbox.clear_requests();
        let hosted = sandbox.hosted()?;
        let result = hosted.execute(row.entity, row.action, params.clone()).await;
        if !row.hosted {
            let error = result.expect_err(row.id);
            assert!(error.is_unsupported(), "{}: {error}", row.id);
            assert_eq!(error.operation(), Some(row.id));
            assert!(sandbox.requests().is_empty(), "{}", row.id);
            continue;
        }
        let result =
            result.map_err(|error| format!("{}: {error} {:?}", row.id, error.service_message()))?;
        let executed: Vec<_> = sandbox
            .requests()
            .into_iter()
            .filter(|request| request.entity.is_some())
            .collect();
        assert_eq!(executed.len(), 1, "{}", row.id);
        assert_eq!(executed[0].entity.as_deref(), Some(row.entity));
        assert_eq!(executed[0].action.as_deref(), Some(row.action));
        if row.read_only {
            // A direct call to the same mailbox returns the same value.
            let direct = sandbox
                .open_source()?
                .execute(row.entity, row.action, params)
                .await?;
            assert_eq!(result, direct, "{}", row.id);
        }
    }
    Ok(())
}

#[tokio::test]
async fn typed_responses_are_equal_in_both_modes() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let (direct, hosted) = (sandbox.open_source()?, sandbox.hosted()?);
    assert_eq!(
        direct.get_profile().send().await?,
        hosted.get_profile().send().await?
    );
    assert_eq!(
        direct.labels().list().send().await?,
        hosted.labels().list().send().await?
    );
    let labels = ["INBOX", "UNREAD"];
    let list = direct
        .messages()
        .list()
        .label_ids(labels)
        .max_results(7)
        .send()
        .await?;
    assert_eq!(
        list,
        hosted
            .messages()
            .list()
            .label_ids(labels)
            .max_results(7)
            .send()
            .await?
    );
    assert!(list.next_page_token.is_some() || list.messages.len() < 7);
    for format in ["full", "metadata", "minimal", "raw"] {
        for reference in &list.messages {
            let id = reference.id.clone();
            let message = direct.messages().get(&id).format(format).send().await?;
            assert_eq!(
                message,
                hosted.messages().get(&id).format(format).send().await?,
                "{format}"
            );
        }
    }
    let headers = ["Subject", "From"];
    let id = list.messages[0].id.clone();
    let message = direct
        .messages()
        .get(&id)
        .format("metadata")
        .metadata_headers(headers)
        .send()
        .await?;
    assert_eq!(
        message
            .payload
            .as_ref()
            .map(|payload| payload.headers.len()),
        Some(2)
    );
    assert_eq!(
        message,
        hosted
            .messages()
            .get(&id)
            .format("metadata")
            .metadata_headers(headers)
            .send()
            .await?
    );
    let threads = direct.threads().list().send().await?;
    assert_eq!(threads, hosted.threads().list().send().await?);
    let drafts = direct.drafts().list().send().await?;
    assert_eq!(drafts, hosted.drafts().list().send().await?);
    // A list without results.
    let nothing = direct
        .messages()
        .list()
        .q("subject:nothing-has-this-subject")
        .send()
        .await?;
    assert!(nothing.messages.is_empty());
    assert_eq!(
        nothing,
        hosted
            .messages()
            .list()
            .q("subject:nothing-has-this-subject")
            .send()
            .await?
    );
    Ok(())
}

#[tokio::test]
async fn streams_give_every_record_once_in_both_modes() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let mut seen: Vec<Vec<String>> = Vec::new();
    for connector in support::modes(&sandbox)? {
        sandbox.clear_requests();
        let all = connector
            .messages()
            .list()
            .max_results(500)
            .send()
            .await?
            .messages;
        let streamed = connector
            .messages()
            .list()
            .max_results(7)
            .stream()
            .collect()
            .await?;
        assert_eq!(streamed, all);
        let mut pages = connector.messages().list().max_results(7).pages();
        let mut count = 0;
        while let Some(page) = pages.next().await {
            count += page?.messages.len();
        }
        assert_eq!(count, all.len());
        seen.push(all.into_iter().map(|message| message.id).collect());
    }
    assert_eq!(seen[0], seen[1]);
    Ok(())
}

#[tokio::test]
async fn a_stream_asks_for_no_page_that_it_does_not_need() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let connector = sandbox.open_source()?;
    let mut stream = connector.messages().list().max_results(5).stream();
    for _ in 0..5 {
        stream.next().await.ok_or("a record")??;
    }
    assert_eq!(sandbox.requests().len(), 1);
    Ok(())
}

#[tokio::test]
async fn both_shapes_of_a_hosted_list_are_read() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let hosted = sandbox.hosted()?;
    let ask = || async {
        let typed = hosted.messages().list().max_results(3).send().await?;
        let executed = hosted
            .execute("messages", "list", serde_json::json!({"maxResults": 3}))
            .await?;
        Ok::<_, airbyte_agent_gmail::Error>((typed, executed))
    };
    let array = ask().await?;
    sandbox.configure(|settings| {
        settings.list_result = airbyte_agent_gmail::sandbox::ListResult::Envelope;
    });
    assert_eq!(array, ask().await?);
    assert_eq!(array.1.data.as_array().map(Vec::len), Some(3));
    assert!(
        array
            .1
            .meta
            .get("nextPageToken")
            .is_some_and(Value::is_string)
    );
    Ok(())
}

#[tokio::test]
async fn what_an_edition_has_can_be_switched_on() -> TestResult {
    let sandbox = Sandbox::start().await?;
    sandbox.configure(|settings| {
        settings.smime = true;
        settings.client_side_encryption = true;
    });
    let gmail = sandbox.open_source()?;
    let address = "user@example.com";
    let certificates = || gmail.settings().send_as().smime_info();
    let first = certificates()
        .insert(address, "c2FuZGJveA==")
        .send()
        .await?;
    let second = certificates()
        .insert(address, "c2FuZGJveA==")
        .send()
        .await?;
    certificates()
        .set_default(address, &second.id)
        .send()
        .await?;
    let read = certificates().get(address, &second.id).send().await?;
    assert_eq!(read.is_default, Some(true));
    certificates().delete(address, &first.id).send().await?;
    let left = certificates().list(address).send().await?;
    assert_eq!(left.smime_info.len(), 1);
    let cse = || gmail.settings().cse();
    let pair = cse().keypairs().create("chain", Vec::new()).send().await?;
    let identity = cse()
        .identities()
        .create(address)
        .primary_key_pair_id(&pair.key_pair_id)
        .send()
        .await?;
    assert_eq!(
        identity.primary_key_pair_id.as_ref(),
        Some(&pair.key_pair_id)
    );
    let early = cse().keypairs().obliterate(&pair.key_pair_id).send().await;
    assert!(early.is_err_and(|error| error.is_invalid_request()));
    let disabled = cse().keypairs().disable(&pair.key_pair_id).send().await?;
    assert!(disabled.disable_time.is_some());
    let enabled = cse().keypairs().enable(&pair.key_pair_id).send().await?;
    assert!(enabled.disable_time.is_none());
    cse().keypairs().disable(&pair.key_pair_id).send().await?;
    cse()
        .keypairs()
        .obliterate(&pair.key_pair_id)
        .send()
        .await?;
    assert!(
        cse()
            .keypairs()
            .list()
            .send()
            .await?
            .cse_key_pairs
            .is_empty()
    );
    cse().identities().delete(address).send().await?;
    let gone = cse().identities().get(address).send().await;
    assert!(gone.is_err_and(|error| error.is_not_found()));
    Ok(())
}
