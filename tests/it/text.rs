//! The text of an answer, passed through as the service wrote it.

#![cfg(feature = "sandbox")]

use crate::support;

use airbyte_agent_gmail::operation::gmail;
use airbyte_agent_gmail::sandbox::{Fault, FaultKind, Sandbox, Service};
use airbyte_agent_gmail::{GmailConnector, Selection};
use serde_json::{Value, json};
use support::{Fixture, TestResult};

/// A number with more digits than `Value` can hold, an unnecessary escape, and unordered fields.
const MESSAGE: &str = "{\n \"id\": \"1\", \"sizeEstimate\": 1.0E2, \"snippet\": \"\\u003cb ü\",\n \"historyId\": 123456789012345678901}";

const PAGE: &str = r#"{"nextPageToken":"n", "messages": [ {"threadId":"2","id":"1"} ],
  "resultSizeEstimate":null, "kind":"list"}"#;

/// A connector in each mode whose calls get this body; hosted, inside the envelope.
async fn answered_with(
    sandbox: &Sandbox,
    body: &str,
) -> Result<[GmailConnector; 2], Box<dyn std::error::Error>> {
    let hosted = sandbox.hosted()?;
    hosted.connector_id().await?;
    sandbox.clear_faults();
    let enveloped =
        format!(r#"{{"status":"success", "result" : {body} , "connector_metadata":null}}"#);
    let fault = |service, body: &str| {
        let kind = FaultKind::Answer {
            code: 200,
            content_type: "application/json".to_owned(),
            body: body.to_owned(),
        };
        Fault::new(service, kind).forever()
    };
    let execute = "create_integrations_connectors_id_execute";
    sandbox.inject(fault(Service::Airbyte, &enveloped).on(execute));
    for operation in ["messages_get", "messages_list"] {
        sandbox.inject(fault(Service::Gmail, body).on(operation));
    }
    Ok([sandbox.open_source()?, hosted])
}

#[tokio::test]
async fn a_text_comes_as_the_service_wrote_it() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let params = json!({"messageId": "1"});
    for connector in answered_with(&sandbox, MESSAGE).await? {
        let given = connector.execute("messages", "get", params.clone());
        let given = given.text().await?;
        assert_eq!(given.data.get(), MESSAGE);
        assert!(given.meta.is_empty());
        let whole = serde_json::to_string(&given)?;
        assert_eq!(whole, format!(r#"{{"data":{MESSAGE},"meta":{{}}}}"#));
        let chosen = connector.execute("messages", "get", params.clone());
        let chosen = chosen.selection(Selection::select(["snippet"]));
        assert_eq!(chosen.text().await?.data.get(), r#"{"snippet":"<b ü"}"#);
    }
    for connector in answered_with(&sandbox, PAGE).await? {
        let given = connector.execute("messages", "list", json!({})).text();
        let given = given.await?;
        assert_eq!(given.data.get(), r#"[ {"threadId":"2","id":"1"} ]"#);
        assert_eq!(Value::from(given.meta), json!({"nextPageToken": "n"}));
    }
    for connector in answered_with(&sandbox, r#"{"resultSizeEstimate":0}"#).await? {
        let given = connector.execute("messages", "list", json!({})).text();
        assert_eq!(given.await?.data.get(), "[]");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_no_answer_is_none_as_a_text_either() -> TestResult {
    let sandbox = Sandbox::start().await?;
    for (action, body) in [
        ("get", r#"{"id": "1", "snippet": }"#),
        ("get", r#"{"id": "1", "snippet": "a}"#),
        ("list", r#"{"messages": {}}"#),
        ("list", r#"{"messages": [{"id": 1,}]}"#),
        ("list", r#"{"messages": "none"}"#),
    ] {
        for connector in answered_with(&sandbox, body).await? {
            let params = match action {
                "get" => json!({"messageId": "1"}),
                _ => json!({}),
            };
            let call = || connector.execute("messages", action, params.clone());
            let (value, text) = (call().await, call().text().await);
            assert!(
                value.is_err_and(|error| error.is_invalid_response()),
                "{body}"
            );
            assert!(
                text.is_err_and(|error| error.is_invalid_response()),
                "{body}"
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn each_text_is_what_the_value_is_read_from() -> TestResult {
    let mut compared = 0;
    for row in gmail().operations.iter().filter(|row| row.read_only) {
        let sandbox = Sandbox::start().await?;
        let open = sandbox.open_source()?;
        let hosted = sandbox.hosted()?;
        let params = Fixture::new(&open).await?.params(row);
        for connector in [&open, &hosted] {
            let call = || connector.execute(row.entity, row.action, params.clone());
            let Ok(value) = call().await else { continue };
            let text = call().text().await?;
            assert_eq!(
                serde_json::from_str::<Value>(text.data.get())?,
                value.data,
                "{}",
                row.id
            );
            assert_eq!(text.meta, value.meta, "{}", row.id);
            compared += 1;
        }
    }
    assert!(compared >= 30, "only {compared} answers were compared");
    Ok(())
}
