//! Airbyte's errors, in each form that Airbyte or a server in between sends, and what the caller learns.

#![cfg(feature = "sandbox")]

use crate::support;

use airbyte_agent_gmail::sandbox::{Fault, FaultKind, Sandbox, Service};
use airbyte_agent_gmail::{Airbyte, Connector, Error, GmailConnector, RetryPolicy};
use serde_json::{Value, json};
use support::TestResult;

pub(crate) const EXECUTE: &str = "create_integrations_connectors_id_execute";
pub(crate) const INSPECT: &str = "get_integrations_connectors_id_inspect";

pub(crate) fn answer(code: u16, body: &Value) -> FaultKind {
    FaultKind::Answer {
        code,
        content_type: "application/json".to_owned(),
        body: body.to_string(),
    }
}

/// A sandbox whose operation always answers this way.
pub(crate) async fn answering(
    operation: &str,
    code: u16,
    body: &Value,
) -> Result<Sandbox, Box<dyn std::error::Error>> {
    let sandbox = Sandbox::start().await?;
    let fault = Fault::new(Service::Airbyte, answer(code, body));
    sandbox.inject(fault.on(operation).forever());
    Ok(sandbox)
}

pub(crate) fn airbyte(sandbox: &Sandbox) -> Result<Airbyte, Error> {
    Airbyte::builder(sandbox.airbyte_auth())
        .base_url(sandbox.airbyte_url())
        .retry(RetryPolicy::never())
        .build()
}

pub(crate) fn gmail(sandbox: &Sandbox) -> Result<GmailConnector, Error> {
    let auth = sandbox.airbyte_auth();
    GmailConnector::builder(auth.with_connector_id(sandbox.airbyte().connector_id))
        .base_url(sandbox.airbyte_url())
        .retry(RetryPolicy::never())
        .build()
}

pub(crate) fn any(sandbox: &Sandbox) -> Result<Connector, Error> {
    airbyte(sandbox)?.connector(sandbox.airbyte().connector_id)
}

/// The error for a message fetched through Airbyte.
async fn refused(code: u16, body: &Value) -> Result<Error, Box<dyn std::error::Error>> {
    let sandbox = answering(EXECUTE, code, body).await?;
    let error = gmail(&sandbox)?.messages().get("1").send().await.err();
    Ok(error.ok_or("it was not refused")?)
}

#[tokio::test]
async fn each_error_reaches_the_caller_in_whatever_form() -> TestResult {
    for (body, said) in [
        (
            json!({"message": "m", "errors": [
                {"field": "body", "message": "one", "error_code": "value_error", "details": null},
                {"field": "params.q", "message": "two"},
            ]}),
            vec!["body: one (value_error)", "params.q: two"],
        ),
        (
            json!({"message": null, "errors": ["one", "two"]}),
            vec!["one", "two"],
        ),
        (
            json!({"errors": {"q": ["one", "two"]}}),
            vec!["q: one", "q: two"],
        ),
        (
            json!({"detail": [{"loc": ["body", "q", 0], "msg": "one", "type": "missing"}]}),
            vec!["body.q.0: one (missing)"],
        ),
        (json!({"detail": ["one", "two"]}), vec!["one", "two"]),
        (
            json!({"detail": {"message": "m", "errors": [{"field": ["a", "b"], "message": "one"}]}}),
            vec!["a.b: one"],
        ),
    ] {
        let error = refused(422, &body).await?;
        let errors: Vec<String> = error
            .service_errors()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert!(error.is_invalid_request(), "{body}: {error:?}");
        assert_eq!(errors, said, "{body}");
    }
    Ok(())
}

#[tokio::test]
async fn the_status_of_the_service_behind_decides_wherever_it_stands() -> TestResult {
    for (code, details) in [
        (400, json!({"status_code": 404})),
        (403, json!({"status": 404})),
        (422, json!({"http_status": "404"})),
        (424, json!({"upstream_status": 404})),
        (500, json!({"response": {"status_code": 404}})),
        (502, json!({"error": {"code": 404, "status": "NOT_FOUND"}})),
    ] {
        let body = json!({"message": "m", "errors": [{"message": "m", "details": details}]});
        let error = refused(code, &body).await?;
        assert!(error.is_not_found(), "{code} {details}: {error:?}");
        assert_eq!(error.status(), Some(404));
    }
    // Airbyte's own status for the caller's token concerns Airbyte.
    let body = json!({"errors": [{"message": "m", "details": {"status_code": 404}}]});
    assert!(refused(401, &body).await?.is_unauthenticated());
    assert!(refused(429, &body).await?.is_rate_limited());
    Ok(())
}

#[tokio::test]
async fn an_action_without_success_says_what_airbyte_said() -> TestResult {
    for (body, said) in [
        (
            json!({"status": "error", "result": {"error": "no such label"}}),
            "no such label",
        ),
        (
            json!({"status": "error", "message": "no such label", "result": null}),
            "no such label",
        ),
        (
            json!({"status": "failed", "result": "no such label"}),
            "no such label",
        ),
    ] {
        let error = refused(200, &body).await?;
        assert!(error.is_invalid_request(), "{body}: {error:?}");
        assert_eq!(error.service_message(), Some(said), "{body}");
        let word = body["status"].as_str().unwrap_or_default();
        assert!(
            error.to_string().contains(word) && !error.to_string().contains(said),
            "{error}"
        );
    }
    for body in [
        json!({"status": "error", "result": {"error": {"code": 404, "message": "m"}}}),
        json!({"status": "error", "errors": [{"message": "m", "details": {"status_code": 404}}], "result": null}),
    ] {
        let error = refused(200, &body).await?;
        assert!(error.is_not_found(), "{body}: {error:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_connector_that_is_gone_is_no_message_that_is_gone() -> TestResult {
    for body in [
        json!({"detail": "Connector not found"}),
        json!({"message": "No connector with that id", "errors": []}),
    ] {
        let error = refused(404, &body).await?;
        assert!(
            error.is_connector_not_found() && !error.is_not_found(),
            "{body}: {error:?}"
        );
        assert!(
            error.to_string().contains("connector with that id"),
            "{error}"
        );
        assert!(error.service_message().is_some());
    }
    assert!(
        refused(404, &json!({"detail": "Not Found"}))
            .await?
            .is_not_found()
    );
    Ok(())
}

#[cfg(feature = "oauth")]
#[tokio::test]
async fn a_404_of_a_route_is_no_unknown_customer_of_a_consent() -> TestResult {
    use airbyte_agent_gmail::oauth::ConnectRequest;

    for (body, is_customer) in [
        (json!({"detail": "Not Found"}), false),
        (json!("404 page not found"), false),
        (json!({"detail": "Workspace not found"}), true),
        (json!({"message": "External user c was not found"}), true),
    ] {
        let sandbox =
            answering("create_integrations_connectors_oauth_initiate", 404, &body).await?;
        let request = ConnectRequest::new("https://example.com/back").customer_name("c");
        let error = request
            .begin(&airbyte(&sandbox)?)
            .await
            .expect_err("refused");
        assert!(error.is_not_found(), "{error:?}");
        let is_told_so = error.to_string().contains("no customer");
        assert_eq!(is_told_so, is_customer, "{body}: {error}");
        assert!(
            is_customer || error.to_string().contains("base url"),
            "{error}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn why_there_is_no_application_token_is_told() -> TestResult {
    let body = json!({"message": "down for an hour"});
    let sandbox = answering("create_account_applications_token", 503, &body).await?;
    let error = gmail(&sandbox)?.check().await.expect_err("no token");
    assert!(error.is_token_refresh_failed(), "{error:?}");
    assert!(
        error.to_string().contains("now: the service failed (503)"),
        "{error}"
    );
    assert_eq!(
        (error.status(), error.service_message()),
        (Some(503), Some("down for an hour"))
    );
    let body = json!({"detail": "Invalid client credentials"});
    let sandbox = answering("create_account_applications_token", 401, &body).await?;
    let error = gmail(&sandbox)?.check().await.expect_err("no token");
    assert!(error.is_unauthenticated(), "{error:?}");
    assert!(
        error.to_string().contains("AIRBYTE_CLIENT_SECRET"),
        "{error}"
    );
    assert_eq!(error.service_message(), Some("Invalid client credentials"));
    Ok(())
}

#[tokio::test]
async fn a_context_store_is_asked_for_what_airbyte_says_that_it_has() -> TestResult {
    // If Airbyte does not say what it supports, the action itself shows it.
    let sandbox = answering(INSPECT, 404, &json!({"detail": "Not Found"})).await?;
    let found = any(&sandbox)?.search("labels").limit(1).send().await?;
    assert_eq!(found.data.len(), 1);

    let id = sandbox.airbyte().connector_id;
    let with = |is_ready: bool| {
        let configured = json!({"entity": "labels", "status": "INDEXING", "ready_for_search": is_ready, "supported": true});
        let readiness = json!({
            "supported_context_store_entities": [{"entity": "labels"}], "configured_cache_entities": [configured],
        });
        answer(
            200,
            &json!({"connector_id": id, "name": "n", "context_store_readiness": readiness}),
        )
    };
    sandbox.clear_faults();
    let inspect = |is_ready| Fault::new(Service::Airbyte, with(is_ready)).on(INSPECT);
    sandbox.inject(inspect(false).times(2));
    sandbox.clear_requests();
    let error = any(&sandbox)?
        .search("labels")
        .send()
        .await
        .expect_err("not ready");
    assert!(
        error.is_transient() && error.to_string().contains("INDEXING"),
        "{error}"
    );
    let is_executed = || {
        sandbox
            .requests()
            .iter()
            .any(|request| request.operation == EXECUTE)
    };
    assert!(!is_executed());
    // An entity that was not ready at first may be ready by now.
    sandbox.inject(inspect(false));
    sandbox.inject(inspect(true));
    any(&sandbox)?.search("labels").send().await?;
    assert!(is_executed());
    Ok(())
}

#[tokio::test]
async fn an_action_has_a_name() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let error = any(&sandbox)?
        .execute("messages", " ", json!({}))
        .await
        .expect_err("no action");
    assert!(error.is_invalid_input(), "{error:?}");
    assert!(sandbox.requests().is_empty());
    Ok(())
}
