//! One rule for success, checked for every operation in both modes, and for the guide's page about it.

#![cfg(feature = "sandbox")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't go on has failed"
)]

use std::fmt::Write as _;

use airbyte_agent_gmail::operation::{Operation, gmail};
use airbyte_agent_gmail::sandbox::{Fault, FaultKind, Sandbox, Service};
use airbyte_agent_gmail::{AirbyteAuthConfig, Error, GmailConnector, Mode, Quota, RetryPolicy};
use serde_json::{Value, json};

use crate::compare;
use crate::support::{Fixture, TestResult};

const JSON: &str = "application/json; charset=UTF-8";
const PAGE: &str = "<html><body>Please sign in</body></html>";

/// The kind of answer, according to the operation's row.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Nothing,
    Keyed(&'static str),
    List(&'static str),
    Open,
}

fn kind(row: &Operation) -> Kind {
    match (row.has_response, row.records, row.response_key) {
        (false, ..) => Kind::Nothing,
        (true, Some(records), _) => Kind::List(records),
        (true, None, Some(key)) => Kind::Keyed(key),
        (true, None, None) => Kind::Open,
    }
}

/// A valid answer of this kind.
fn own(row: &Operation) -> String {
    match kind(row) {
        Kind::Nothing => String::new(),
        Kind::Keyed(key) => json!({key: "1"}).to_string(),
        Kind::List(records) => json!({records: []}).to_string(),
        Kind::Open => json!({row.response_fields[0]: null}).to_string(),
    }
}

/// Status, type and body, and whether this is a success for the operation.
fn answers(row: &Operation) -> Vec<(u16, &'static str, String, bool)> {
    let kind = kind(row);
    let is_nothing = kind == Kind::Nothing;
    let own = own(row);
    let with_error = own.replacen('}', r#","error":{"code":403,"message":"no"}}"#, 1);
    let mut answers = vec![
        (204, "", String::new(), is_nothing),
        (200, "text/html", String::new(), is_nothing),
        (202, JSON, " \r\n".to_owned(), is_nothing),
        (
            200,
            JSON,
            " { }\n".to_owned(),
            !matches!(kind, Kind::Keyed(_)),
        ),
        (200, JSON, own.clone(), true),
        (200, "text/html", own.clone(), is_nothing),
    ];
    for (content_type, body) in [
        ("text/html; charset=UTF-8", PAGE),
        ("text/plain", "Please sign in"),
        ("text/plain", "OK"),
        ("", PAGE),
        ("application/octet-stream", PAGE),
        (JSON, PAGE),
        (JSON, r#"{"blocked":"by policy","message_text":"no"}"#),
        ("text/plain", r#"{"blocked":"by policy"}"#),
        (
            JSON,
            r#"{"error":{"code":403,"message":"no","status":"PERMISSION_DENIED"}}"#,
        ),
        (JSON, r#"{"error":"denied"}"#),
        (JSON, "[]"),
        (JSON, "null"),
        (JSON, "true"),
        (JSON, "1"),
        (JSON, r#""done""#),
        (JSON, r#"{"id":"1""#),
        (JSON, "{} {}"),
        (JSON, "\u{feff}<p>"),
    ] {
        answers.push((200, content_type, body.to_owned(), false));
    }
    if !is_nothing {
        answers.push((200, JSON, with_error, false));
    }
    if let Kind::List(records) = kind {
        answers.push((200, JSON, json!({records: "none"}).to_string(), false));
        answers.push((200, JSON, json!({records: {"id": "1"}}).to_string(), false));
    }
    answers
}

/// The same in Airbyte's envelope.
fn envelopes(row: &Operation) -> Vec<(u16, &'static str, String, bool)> {
    let kind = kind(row);
    let is_nothing = kind == Kind::Nothing;
    let is_list = matches!(kind, Kind::List(_));
    let own: Value = serde_json::from_str(&own(row)).unwrap_or(Value::Null);
    let results = [
        (json!({}), !matches!(kind, Kind::Keyed(_))),
        (json!(null), is_nothing),
        (json!([]), is_list),
        (json!(""), is_nothing),
        (json!("Please sign in"), false),
        (json!(PAGE), false),
        (json!(true), false),
        (json!({"blocked": "by policy"}), false),
        (json!({"error": {"code": 403, "message": "no"}}), false),
        (own, true),
    ];
    let mut answers: Vec<_> = results
        .into_iter()
        .map(|(result, good)| {
            let body = json!({"status": "success", "result": result, "connector_metadata": null});
            (200, JSON, body.to_string(), good)
        })
        .collect();
    for (content_type, body, good) in [
        (JSON, r#"{"status":"success"}"#, is_nothing),
        (JSON, r#"{"status":"failed","result":{}}"#, false),
        (JSON, r#"{"message":"blocked by policy"}"#, false),
        (
            JSON,
            r#"{"error":"denied","status":"success","result":{}}"#,
            false,
        ),
        (JSON, "{}", false),
        (JSON, "", false),
        (JSON, "[]", false),
        ("text/html", PAGE, false),
        ("text/plain", "Please sign in", false),
        ("", PAGE, false),
    ] {
        answers.push((200, content_type, body.to_owned(), good));
    }
    answers.push((204, "", String::new(), false));
    answers
}

fn assert_told(row: &Operation, about: &str, error: &Error) {
    assert!(
        error.is_invalid_response()
            || error.is_permission_denied()
            || error.is_server()
            || error.is_invalid_request(),
        "{about}: {error:?}"
    );
    let unknown = error.is_outcome_unknown();
    assert!(!(row.read_only && unknown), "{about}: {error:?}");
    if !row.read_only && (error.is_invalid_response() || !row.idempotent) {
        assert!(unknown, "{about}: {error:?}");
    }
    assert_eq!(error.operation(), Some(row.id), "{about}");
    assert!(!format!("{error} {error:?}").contains("sign in"), "{about}");
}

async fn hold(mode: Mode) -> TestResult {
    let sandbox = Sandbox::start().await?;
    let world = Fixture::new(&sandbox.open_source()?).await?;
    let airbyte = sandbox.airbyte();
    let (service, builder) = match mode {
        Mode::OpenSource => (
            Service::Gmail,
            GmailConnector::builder(sandbox.google_auth()).base_url(sandbox.gmail_url()),
        ),
        Mode::Hosted => (
            Service::Airbyte,
            GmailConnector::builder(
                AirbyteAuthConfig::from_bearer_token(airbyte.bearer_token.as_str())
                    .with_connector_id(airbyte.connector_id),
            )
            .base_url(sandbox.airbyte_url()),
        ),
    };
    let gmail = builder
        .token_url(sandbox.token_url())
        .retry(RetryPolicy::never())
        .quota(Quota {
            units_per_minute: None,
            ..Quota::current()
        })
        .build()?;
    let mut tried = 0;
    for row in gmail_rows(mode) {
        let params = Value::Object(world.params(row));
        // An answer must name the requested object, which is the last parameter of the path.
        let asked = row
            .path
            .rsplit_once('{')
            .and_then(|(_, rest)| params[rest.split_once('}')?.0].as_str())
            .map_or_else(|| "\"1\"".to_owned(), |id| json!(id).to_string());
        let answers = match mode {
            Mode::OpenSource => answers(row),
            Mode::Hosted => envelopes(row),
        };
        for (code, content_type, body, good) in answers {
            let body = body.replace("\"1\"", &asked);
            let about = format!("{mode:?} {}: {code} {content_type:?} {body}", row.id);
            let answer = FaultKind::Answer {
                code,
                content_type: content_type.to_owned(),
                body,
            };
            sandbox.clear_faults();
            sandbox.inject(Fault::new(service, answer).on(row.id).forever());
            match gmail.execute(row.entity, row.action, params.clone()).await {
                Ok(result) => assert!(good, "{about}: {result:?}"),
                Err(error) if good => panic!("{about}: {error:?}"),
                Err(error) => assert_told(row, &about, &error),
            }
            tried += 1;
        }
    }
    assert!(tried > 300);
    Ok(())
}

fn gmail_rows(mode: Mode) -> impl Iterator<Item = &'static Operation> {
    gmail()
        .operations
        .iter()
        .copied()
        .filter(move |row| mode == Mode::OpenSource || row.hosted)
}

#[tokio::test]
async fn every_operation_takes_its_own_answers_alone() -> TestResult {
    hold(Mode::OpenSource).await
}

#[tokio::test]
async fn every_hosted_action_takes_its_own_answers_alone() -> TestResult {
    hold(Mode::Hosted).await
}

#[tokio::test]
async fn a_part_of_a_batch_is_judged_alone() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    for (body, good) in [
        ("", true),
        ("{}", true),
        ("Please sign in", false),
        (r#"{"message":"blocked by policy"}"#, false),
    ] {
        let answer = FaultKind::Answer {
            code: 200,
            content_type: "text/plain".to_owned(),
            body: body.to_owned(),
        };
        sandbox.inject(Fault::new(Service::Gmail, answer).on("labels_delete"));
        let mut batch = gmail.batch();
        batch.add("labels", "delete", json!({"labelId": "Label_1"}))?;
        batch.add("labels", "get", json!({"labelId": "INBOX"}))?;
        let results = batch.send().await?;
        assert!(results[1].is_ok());
        match &results[0] {
            Ok(_) => assert!(good, "{body}"),
            Err(error) => assert!(
                !good && error.is_invalid_response() && error.is_outcome_unknown(),
                "{body}: {error:?}"
            ),
        }
    }
    Ok(())
}

const HEAD: &str = "\
# What counts as a success

A 2xx status proves little: a proxy, a network's sign-in page or a wrong address can answer with 200 too. One rule covers
every operation in both modes, uploads, and each part of a batch.

| answer with a 2xx status | operation that returns nothing | a record | a list |
| --- | --- | --- | --- |
| 204, or an empty body | success | error | error |
| `{}` | success | error if every record of its kind has a key, else success | success: an empty list |
| a JSON object with that key, or with a field of its kind | error | success | success |
| a JSON object with neither, such as `{\"message\": \"blocked by policy\"}` | error | error | error |
| a JSON object with an `error` | that error | that error | that error |
| a page (`text/html`), plain text, another JSON value, half an object | error | error | error |

The content type must be JSON, or say nothing (missing, `text/plain`, `application/octet-stream`). In hosted mode the rule
applies to Airbyte's envelope (`status` is `success`, and there is a `result`) and to the result inside it, where `null`
counts as an empty body.

If the service's document requires the list, as Airbyte's own lists do (connectors, workspaces, templates, skills), it must
be there: `{}` is then an error, not an empty list.

In an upload in pieces, 308 is a success too: the service asks for the next piece.

Any other answer is the error [`is_invalid_response`](crate::Error::is_invalid_response). A call that only reads, or that may
be sent twice, is tried again. A call that changes something and still gets no valid answer
[may have been done](crate::Error::is_outcome_unknown): look before you send it again. The program then exits with 8.

A 404 means that something does not exist only if it comes in the service's own form (JSON with an `error`, `errors` or
`detail`). For any other 404, such as a proxy's page, the error says to check the base URL, and `found`, `sync` and `export`
do not conclude that a message or the history is gone.

## What each operation returns

";

#[test]
fn the_guide_says_what_each_operation_answers_with() -> TestResult {
    let mut page = HEAD.to_owned();
    let of = |wanted: &dyn Fn(Kind) -> bool| -> String {
        gmail()
            .operations
            .iter()
            .filter(|row| wanted(kind(row)))
            .map(|row| format!("`{}.{}`", row.entity, row.action))
            .collect::<Vec<_>>()
            .join(", ")
    };
    writeln!(
        page,
        "- **Nothing**: {}.",
        of(&|kind| kind == Kind::Nothing)
    )?;
    let mut keys: Vec<&str> = gmail()
        .operations
        .iter()
        .filter_map(|row| match kind(row) {
            Kind::Keyed(key) => Some(key),
            _ => None,
        })
        .collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        writeln!(
            page,
            "- **A record with `{key}`**: {}.",
            of(&|kind| kind == Kind::Keyed(key))
        )?;
    }
    writeln!(
        page,
        "- **A record without a key**: {}.",
        of(&|kind| kind == Kind::Open)
    )?;
    writeln!(
        page,
        "- **A list**: {}.",
        of(&|kind| matches!(kind, Kind::List(_)))
    )?;
    compare::check("guide/answers.md", &page);
    Ok(())
}
