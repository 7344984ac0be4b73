//! Airbyte's answers: only an answer with the operation's shape, about the requested object, counts.

#![cfg(feature = "sandbox")]

use crate::refusal::{EXECUTE, INSPECT, airbyte, answer, answering, any, gmail};
use crate::support;

use airbyte_agent_gmail::api::airbyte::types::OAuthConfiguration;
use airbyte_agent_gmail::sandbox::{Fault, Sandbox, Service};
use airbyte_agent_gmail::{Airbyte, Error};
use serde_json::json;
use support::TestResult;

/// Airbyte's operations that return one object: the object's key, and whether a request names it.
const OF_ONE: [(&str, &str, bool); 15] = [
    ("create_account_applications_scoped_token", "token", false),
    (
        "get_account_applications_scoped_token_info",
        "workspace_id",
        false,
    ),
    ("create_integrations_connectors", "id", false),
    (
        "create_integrations_connectors_oauth_initiate",
        "consent_url",
        false,
    ),
    ("get_integrations_connectors_id", "id", true),
    ("update_integrations_connectors_id", "id", true),
    (INSPECT, "connector_id", true),
    ("update_oauth_credentials", "id", false),
    ("get_workspaces_workspace_id", "id", true),
    ("update_workspaces_workspace_id", "id", true),
    ("create_integrations_templates_sources", "id", false),
    ("get_integrations_templates_sources_id", "id", true),
    ("update_integrations_templates_sources_id", "id", true),
    ("get_integrations_definitions_sources_id", "id", true),
    ("create_account_applications_widget_token", "token", false),
];

/// Calls one of them, for `asked`.
async fn call(airbyte: &Airbyte, operation: &str) -> Result<(), Error> {
    const ID: &str = "asked";
    let (applications, connectors) = (airbyte.applications(), airbyte.connectors());
    let (templates, workspaces) = (airbyte.templates(), airbyte.workspaces());
    match operation {
        "create_account_applications_scoped_token" => {
            let token = applications.scoped_token().workspace_name("w");
            token.send().await.map(drop)
        }
        "create_account_applications_widget_token" => {
            let token = applications
                .widget_token("https://app.example.com")
                .workspace_name("w");
            token.send().await.map(drop)
        }
        "get_account_applications_scoped_token_info" => {
            applications.scoped_token_info().send().await.map(drop)
        }
        "create_integrations_connectors" => {
            let made = connectors.create().workspace_name("w").connector_type("t");
            made.send().await.map(drop)
        }
        "create_integrations_connectors_oauth_initiate" => {
            let begun = connectors.initiate_oauth("https://app.example.com");
            begun
                .workspace_name("w")
                .connector_type("t")
                .send()
                .await
                .map(drop)
        }
        "get_integrations_connectors_id" => connectors.get(ID).send().await.map(drop),
        "update_integrations_connectors_id" => {
            connectors.update(ID).name("n").send().await.map(drop)
        }
        INSPECT => connectors.inspect(ID).send().await.map(drop),
        "update_oauth_credentials" => {
            let app = OAuthConfiguration::new("app", "secret");
            let stored = airbyte.oauth_credentials().update(app).connector_type("t");
            stored.send().await.map(drop)
        }
        "get_workspaces_workspace_id" => workspaces.get(ID).send().await.map(drop),
        "update_workspaces_workspace_id" => workspaces.update(ID).name("n").send().await.map(drop),
        "create_integrations_templates_sources" => {
            let made = templates.create().original_source_template_id(ID);
            made.send().await.map(drop)
        }
        "get_integrations_templates_sources_id" => templates.get(ID).send().await.map(drop),
        "update_integrations_templates_sources_id" => {
            templates.update(ID).name("n").send().await.map(drop)
        }
        _ => airbyte.definitions().get(ID).send().await.map(drop),
    }
}

#[tokio::test]
async fn an_answer_of_another_shape_or_about_another_thing_is_no_record() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let airbyte = airbyte(&sandbox)?;
    for (operation, key, is_asked_for) in OF_ONE {
        let is_known = airbyte_agent_gmail::operation::airbyte().by_id(operation);
        assert!(is_known.is_some(), "{operation}");
        for (body, is_good) in [
            (json!({}), false),
            (json!({"name": "n"}), false),
            (json!({"blocked": "by policy"}), false),
            (json!({"detail": "Not Found"}), false),
            (json!([]), false),
            (json!("done"), false),
            (json!(null), false),
            (json!({key: null}), false),
            (json!({key: "another"}), !is_asked_for),
            (json!({key: "asked", "nobody_knows": [1]}), true),
            (json!({key: "ASKED"}), true),
        ] {
            sandbox.clear_faults();
            let fault = Fault::new(Service::Airbyte, answer(200, &body));
            sandbox.inject(fault.on(operation).forever());
            match call(&airbyte, operation).await {
                Ok(()) => assert!(is_good, "{operation} {body}"),
                Err(error) => assert!(
                    !is_good && error.is_invalid_response(),
                    "{operation} {body}: {error:?}"
                ),
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_airbyte_warns_of_stands_beside_the_result() -> TestResult {
    let warning = json!({"code": "context_store_paused", "message": "may be out of date"});
    for (warning, told) in [
        (json!(null), None),
        (warning.clone(), Some(warning)),
        (
            json!("may be out of date"),
            Some(json!("may be out of date")),
        ),
    ] {
        let body = json!({
            "status": "success",
            "result": {"data": [{"id": "1"}], "meta": {"has_more": false, "cursor": null, "took_ms": 1}},
            "connector_metadata": null,
            "execution_metadata": null,
            "warning": warning,
        });
        let sandbox = answering(EXECUTE, 200, &body).await?;
        let gmail = gmail(&sandbox)?;
        let found = gmail.search("messages").send().await?;
        assert_eq!(found.meta.warning, told);
        let rows = gmail.sql("select id from messages").send().await?;
        assert_eq!(rows.meta.get("warning"), told.as_ref());
        let executed = any(&sandbox)?
            .execute("messages", "list", json!({}))
            .await?;
        assert_eq!(executed.meta.get("warning"), told.as_ref());
        let list = gmail.messages().list().send().await?;
        assert_eq!(list.messages.len(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_file_is_not_asked_for() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let asked = any(&sandbox)?
        .execute("files", "download", json!({"id": "1"}))
        .await;
    assert!(asked.is_err_and(|error| error.is_unsupported()));
    assert!(sandbox.requests().is_empty());
    Ok(())
}
