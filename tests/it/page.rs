//! Lists end, regardless of the page tokens that the service returns.

#![cfg(all(feature = "sandbox", feature = "sync", feature = "cli"))]

use crate::support;

use airbyte_agent_gmail::Mode;
use airbyte_agent_gmail::page::SeenTokens;
use airbyte_agent_gmail::sandbox::{Fault, FaultKind, Sandbox, Service};
use airbyte_agent_gmail::sync::SyncState;
use futures_util::TryStreamExt;
use serde_json::{Value, json};
use support::directory::Directory;
use support::{TestResult, modes, program};

/// The paged lists, each with the key of its records.
const LISTS: [(&str, &str); 4] = [
    ("messages_list", "messages"),
    ("threads_list", "threads"),
    ("drafts_list", "drafts"),
    ("history_list", "history"),
];

/// How often a cycle of tokens repeats before the test fails.
const ROUNDS: usize = 20;

/// Makes the pages of an operation a cycle: each token repeats after `length` pages.
fn circle(sandbox: &Sandbox, operation: &str, key: &str, length: usize) {
    let history = json!({"historyId": "1", "id": "100011"});
    for page in 0..ROUNDS * length {
        let mut body = history.clone();
        body["nextPageToken"] = json!(format!("token-{}", page % length));
        body[key] = json!([]);
        let kind = FaultKind::Answer {
            code: 200,
            content_type: "application/json".to_owned(),
            body: body.to_string(),
        };
        sandbox.inject(Fault::new(Service::Gmail, kind).on(operation));
    }
}

fn requests(sandbox: &Sandbox, operation: &str) -> usize {
    let requests = sandbox.requests();
    requests
        .iter()
        .filter(|request| request.operation == operation)
        .count()
}

#[tokio::test]
async fn each_stream_ends_with_an_error_at_a_token_that_it_has_seen() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    for (operation, key) in LISTS {
        for length in [1, 2, 3, 7] {
            sandbox.clear_requests();
            circle(&sandbox, operation, key, length);
            let error = match operation {
                "messages_list" => {
                    gmail
                        .messages()
                        .list()
                        .pages()
                        .try_for_each(|_| async { Ok(()) })
                        .await
                }
                "threads_list" => {
                    gmail
                        .threads()
                        .list()
                        .stream()
                        .try_for_each(|_| async { Ok(()) })
                        .await
                }
                "drafts_list" => {
                    gmail
                        .drafts()
                        .list()
                        .stream()
                        .try_for_each(|_| async { Ok(()) })
                        .await
                }
                _ => {
                    gmail
                        .history()
                        .list("1")
                        .pages()
                        .try_for_each(|_| async { Ok(()) })
                        .await
                }
            }
            .expect_err("it would never end");
            assert!(
                error.is_invalid_response() && error.to_string().contains("page token"),
                "{error}"
            );
            assert_eq!(error.operation(), Some(operation));
            assert_eq!(requests(&sandbox, operation), length + 1);
            sandbox.clear_faults();
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_sync_ends_with_an_error_too() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    for (operation, key, state) in [
        ("messages_list", "messages", SyncState::default()),
        ("history_list", "history", SyncState::from_history_id("1")),
    ] {
        circle(&sandbox, operation, key, 3);
        let mut sync = gmail.sync(state);
        let mut ended = sync.next().await;
        while let Ok(Some(_)) = ended {
            ended = sync.next().await;
        }
        assert!(
            ended.is_err_and(|error| error.is_invalid_response()),
            "{operation}"
        );
        sandbox.clear_faults();
    }
    Ok(())
}

#[tokio::test]
async fn the_commands_that_page_end_too() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    let out = directory.file("out.mbox").display().to_string();
    let commands: [&[&str]; 4] = [
        &["messages", "list", "--all"],
        &["execute", "messages", "list", "--all"],
        &["search", "--all", "in:inbox"],
        &["export", "--format", "mbox", "--out", &out],
    ];
    for arguments in commands {
        circle(&sandbox, "messages_list", "messages", 3);
        let output = program::program(&sandbox, &directory, arguments)
            .envs(sandbox.variables(Mode::OpenSource))
            .output()
            .await?;
        let errors = program::errors(&output);
        if arguments.contains(&"execute") && errors.contains("unexpected argument") {
            continue;
        }
        assert!(
            !output.status.success() && errors.contains("page token"),
            "{arguments:?}: {errors}"
        );
        sandbox.clear_faults();
    }
    Ok(())
}

#[test]
fn a_circle_that_is_longer_than_what_is_remembered_is_found() {
    let mut seen = SeenTokens::default();
    let straight = 70_000;
    assert!((0..straight).all(|number| seen.is_new(&format!("straight {number}"))));
    let circle = 100_000;
    let found =
        (0..10 * circle).position(|number| !seen.is_new(&format!("round {}", number % circle)));
    assert!(found.is_some_and(|found| found <= 3 * circle), "{found:?}");
}

/// Operations whose answers contain the requested id, and its parameter.
const NAMED: [(&str, &str); 6] = [
    ("messages_get", "messageId"),
    ("threads_get", "threadId"),
    ("drafts_get", "draftId"),
    ("labels_get", "labelId"),
    ("messages_trash", "messageId"),
    ("threads_modify", "threadId"),
];

#[tokio::test]
async fn an_answer_about_something_else_is_an_error() -> TestResult {
    let sandbox = Sandbox::start().await?;
    for gmail in modes(&sandbox)? {
        let hosted = gmail.mode() == Mode::Hosted;
        for (operation, param) in NAMED {
            let row = airbyte_agent_gmail::operation::gmail()
                .by_id(operation)
                .ok_or(operation)?;
            if hosted && !row.hosted {
                continue;
            }
            let other = json!({"id": "19aaaaaaaaaaaaaa", "threadId": "1", "name": "Other"});
            let (service, body) = if hosted {
                (
                    Service::Airbyte,
                    json!({"status": "success", "result": other}),
                )
            } else {
                (Service::Gmail, other)
            };
            let kind = FaultKind::Answer {
                code: 200,
                content_type: "application/json".to_owned(),
                body: body.to_string(),
            };
            sandbox.inject(Fault::new(service, kind).on(operation).forever());
            let params = json!({param: "19bbbbbbbbbbbbbb"});
            let error = gmail
                .execute(row.entity, row.action, params)
                .await
                .expect_err(operation);
            assert!(error.is_invalid_response(), "{operation}: {error}");
            assert!(!error.to_string().contains("19aaaaaaaaaaaaaa"));
            assert_eq!(error.is_outcome_unknown(), !row.read_only, "{operation}");
            if operation == "messages_get" {
                let mut messages = gmail.get_many(["19bbbbbbbbbbbbbb"]).stream();
                let (_, message) = messages.next().await.ok_or("a message")?;
                assert!(message.is_err_and(|error| error.is_invalid_response()));
            }
            sandbox.clear_faults();
        }
    }
    Ok(())
}

#[tokio::test]
async fn in_a_batch_each_part_is_held_against_what_it_asked_for() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    let list = gmail.messages().list().max_results(2).send().await?;
    let ids: Vec<String> = list
        .messages
        .into_iter()
        .map(|message| message.id)
        .collect();
    let swapped: Value = json!({"id": ids[0]});
    let kind = FaultKind::Answer {
        code: 200,
        content_type: "application/json".to_owned(),
        body: swapped.to_string(),
    };
    sandbox.inject(Fault::new(Service::Gmail, kind).on("messages_get").times(2));
    let mut batch = gmail.batch();
    for id in &ids {
        batch.add("messages", "get", json!({"messageId": id}))?;
    }
    let results = batch.send().await?;
    assert!(results[0].is_ok());
    assert!(
        results[1]
            .as_ref()
            .is_err_and(|error| error.is_invalid_response())
    );
    Ok(())
}
