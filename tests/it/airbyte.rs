//! Each operation of Airbyte's hosted API, through its typed call.

#![cfg(feature = "sandbox")]

use crate::support;

use std::collections::BTreeSet;

use airbyte_agent_gmail::api::airbyte::types::{
    CheckStatus, ConnectorCredentials, OAuthConfiguration, TagsMode, WorkspaceStatus,
};
use airbyte_agent_gmail::operation::{airbyte as table, gmail};
use airbyte_agent_gmail::sandbox::{ErrorBody, Fault, FaultKind, Sandbox, Service};
use airbyte_agent_gmail::{Airbyte, AirbyteAuthConfig, Error};
use serde_json::json;
use support::TestResult;

fn client(sandbox: &Sandbox, auth: AirbyteAuthConfig) -> Result<Airbyte, Error> {
    let url = sandbox.airbyte_url();
    // Goes through the validating proxy of tests/clients/airbyte_mock.py, if the variable names one.
    let url = match std::env::var("AIRBYTE_MOCK") {
        Ok(judge) => format!("{judge}/{}", url.trim_start_matches("http://")),
        Err(_) => url.to_owned(),
    };
    Airbyte::builder(auth).base_url(url).build()
}

#[tokio::test]
async fn every_operation_is_carried_out() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let airbyte = client(&sandbox, sandbox.airbyte_auth())?;
    let known = sandbox.airbyte();
    tokens(&sandbox, &airbyte).await?;
    workspaces(&airbyte, &known.customer_name).await?;
    let template = templates(&airbyte).await?;
    skills(&airbyte, &known.connector_id).await?;
    connectors(&sandbox, &airbyte, &template).await?;

    let configuration = OAuthConfiguration::new("app", "app-secret");
    let stored = airbyte.oauth_credentials().update(configuration);
    let stored = stored.connector_type("gmail").send().await?;
    assert!(!stored.id.is_empty());
    airbyte.oauth_credentials().delete("gmail").send().await?;

    let requests = sandbox.requests();
    let carried_out: BTreeSet<&str> = requests
        .iter()
        .filter(|request| request.status.is_some_and(|status| status < 300))
        .map(|request| request.operation.as_str())
        .collect();
    let missing: Vec<&str> = table()
        .operations
        .iter()
        .map(|row| row.id)
        .filter(|id| !carried_out.contains(id))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    Ok(())
}

async fn tokens(sandbox: &Sandbox, airbyte: &Airbyte) -> TestResult {
    let known = sandbox.airbyte();
    let applications = airbyte.applications();
    let token = applications
        .token(&known.client_id, known.client_secret.as_str())
        .send()
        .await?;
    assert!(token.expires_in.is_some_and(|seconds| seconds > 0));
    assert_eq!(token.organization_id, Some(known.organization_id.clone()));

    let scoped = applications
        .scoped_token()
        .workspace_name(&known.customer_name)
        .send()
        .await?;
    let auth = AirbyteAuthConfig::from_bearer_token(&scoped.token);
    let of_workspace = client(sandbox, auth)?;
    let info = of_workspace.applications().scoped_token_info();
    let info = info.send().await?;
    assert_eq!(info.workspace_name, known.customer_name);
    assert_eq!(info.organization_id, known.organization_id);
    // A scoped token is only good inside its workspace.
    let refused = of_workspace.workspaces().list().send().await;
    assert!(refused.is_err_and(|error| error.is_permission_denied()));

    let widget = applications
        .widget_token("https://app.example.com")
        .workspace_name(&known.customer_name)
        .selected_source_template_tags(["mail"])
        .selected_source_template_tags_mode(TagsMode::All)
        .send()
        .await?;
    assert!(!widget.token.expose().is_empty());
    assert!(!format!("{token:?} {scoped:?} {widget:?}").contains(widget.token.expose()));
    Ok(())
}

async fn workspaces(airbyte: &Airbyte, first: &str) -> TestResult {
    let workspaces = airbyte.workspaces();
    let before = workspaces.stats().send().await?.total_count;
    for name in ["second", "third"] {
        airbyte.create_workspace(name).await?;
    }
    let page = workspaces.list().limit(2).send().await?;
    assert_eq!(page.data.len(), 2);
    assert!(page.next.is_some());
    let found = workspaces.list().name_contains("second").send().await?;
    let [second] = found.data.as_slice() else {
        return Err(format!("one workspace, not {}", found.data.len()).into());
    };
    let renamed = workspaces
        .update(&second.id)
        .name("renamed")
        .status(WorkspaceStatus::Inactive)
        .send()
        .await?;
    assert_eq!(renamed.id, second.id);
    let read = workspaces.get(&second.id).send().await?;
    assert_eq!(
        (read.name.as_str(), &read.status),
        ("renamed", &Some(WorkspaceStatus::Inactive))
    );
    let inactive = workspaces.list().status(WorkspaceStatus::Inactive);
    assert_eq!(inactive.send().await?.data, [read]);
    let stats = workspaces.stats().send().await?;
    assert_eq!(stats.total_count, before.map(|count| count + 2));
    assert_eq!(stats.inactive_count, Some(1));
    workspaces.delete(&second.id).send().await?;
    let names = workspaces.list().send().await?.data;
    let names: Vec<&str> = names.iter().map(|one| one.name.as_str()).collect();
    assert!(names.contains(&first) && !names.contains(&"renamed"));
    let gone = workspaces.get(&second.id).send().await;
    assert!(gone.is_err_and(|error| error.is_not_found()));
    Ok(())
}

/// Creates a template and returns its id.
async fn templates(airbyte: &Airbyte) -> Result<String, Box<dyn std::error::Error>> {
    let definitions = airbyte.definitions().list().name("gmail").send().await?;
    let definition = definitions.definitions.first().ok_or("a definition")?;
    assert_eq!(
        definition.source_definition_id.as_deref(),
        Some(gmail().definition_id)
    );
    let templates = airbyte.templates();
    let global = templates.list_global().send().await?;
    let original = global.data.first().ok_or("a global template")?;
    let made = templates
        .create()
        .original_source_template_id(&original.id)
        .name("Our Gmail")
        .send()
        .await?;
    let read = templates.get(&made.id).send().await?;
    assert_eq!(read.name, "Our Gmail");
    assert_eq!(read.connector_name.as_deref(), Some("gmail"));
    let own = templates.list().send().await?;
    assert!(own.data.iter().any(|template| template.id == made.id));
    assert!(own.data.iter().all(|template| template.id != original.id));
    let in_place = templates.list().use_global(true).send().await?;
    assert_eq!(in_place.data, global.data);
    let tagged = templates.list().tags(["mail"]).tags_mode(TagsMode::Any);
    assert!(tagged.send().await?.data.is_empty());
    let renamed = templates.update(&made.id).name("Our mail").send().await?;
    assert_eq!(renamed.name, "Our mail");
    let spare = templates.create().original_source_template_id(&original.id);
    let spare = spare.send().await?;
    templates.delete(&spare.id).send().await?;
    let gone = templates.get(&spare.id).send().await;
    assert!(gone.is_err_and(|error| error.is_not_found()));
    let definition = airbyte.definitions().get(gmail().definition_id);
    let questions = definition.send().await?.example_questions;
    assert!(questions.is_some_and(|questions| !questions.direct.is_empty()));
    Ok(made.id)
}

async fn skills(airbyte: &Airbyte, connector_id: &str) -> TestResult {
    let first = airbyte.skills().list().limit(1).send().await?;
    assert_eq!(first.data.len(), 1);
    let cursor = first.next_cursor.ok_or("another page")?;
    let rest = airbyte.skills().list().cursor(cursor).send().await?;
    assert!(rest.data.iter().all(|skill| skill.id != first.data[0].id));
    let found = airbyte.skills().search("gmail").send().await?;
    let id = format!("connector-source:{connector_id}");
    assert!(found.data.iter().any(|skill| skill.id == id));
    let docs = airbyte.skills().docs(&id).send().await?;
    let section = &docs.outline.first().ok_or("a section")?.id;
    let of_section = airbyte.connector(connector_id)?.docs(Some(section)).await?;
    assert_eq!(of_section.section_id.as_ref(), Some(section));
    assert!(!of_section.content.is_empty());
    let unknown = airbyte.skills().docs("none").send().await;
    assert!(unknown.is_err_and(|error| error.is_not_found()));
    Ok(())
}

async fn connectors(sandbox: &Sandbox, airbyte: &Airbyte, template: &str) -> TestResult {
    let google = sandbox.google();
    let customer = sandbox.airbyte().customer_name;
    let mut credentials = ConnectorCredentials::new(google.refresh_token);
    credentials.client_id = Some(google.client_id);
    credentials.client_secret = Some(google.client_secret.into());
    let connectors = airbyte.connectors();
    let check = connectors
        .check_config()
        .customer_name(&customer)
        .source_template_id(template)
        .credentials(credentials.clone())
        .send()
        .await?;
    assert_eq!(check.status, Some(CheckStatus::Succeeded));
    let wrong = ConnectorCredentials::new("no-such-token");
    let check = connectors
        .check_config()
        .customer_name(&customer)
        .connector_type(gmail().connector_type)
        .credentials(wrong)
        .send()
        .await?;
    assert_eq!(check.status, Some(CheckStatus::Failed), "{check:?}");

    let made = connectors
        .create()
        .customer_name(&customer)
        .source_template_id(template)
        .name("Made")
        .credentials(credentials)
        .send()
        .await?;
    let begun = connectors
        .initiate_oauth("https://app.example.com/back")
        .customer_name(&customer)
        .connector_type(gmail().connector_type)
        .send()
        .await?;
    assert!(begun.consent_url.starts_with(sandbox.airbyte_url()));
    let updated = connectors.update(&made.id).name("Renamed").send().await?;
    assert_eq!(updated.name, "Renamed");
    let read = connectors.get(&made.id).send().await?;
    assert_eq!(read.name, "Renamed");
    assert_eq!(
        read.source_template.map(|template| template.id).as_deref(),
        Some(template)
    );
    let check = connectors.check(&made.id).send().await?;
    assert_eq!(check.status, Some(CheckStatus::Succeeded));
    let inspected = connectors.inspect(&made.id).send().await?;
    assert_eq!(inspected.connector_id, made.id);
    let executed = connectors
        .execute(&made.id, "messages", "list")
        .params(
            json!({"maxResults": 2})
                .as_object()
                .cloned()
                .unwrap_or_default(),
        )
        .send()
        .await?;
    assert_eq!(executed.status.as_deref(), Some("success"));
    let listed = connectors.list().customer_name(&customer).send().await?;
    assert!(listed.data.iter().any(|one| one.id == made.id));
    connectors.delete(&made.id).send().await?;
    Ok(())
}

#[tokio::test]
async fn an_error_has_the_id_of_its_request() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let airbyte = client(&sandbox, sandbox.airbyte_auth())?;
    let refusal = |id: &str| FaultKind::Status {
        code: 400,
        body: ErrorBody::Airbyte,
        headers: [("x-request-id".to_owned(), id.to_owned())].into(),
    };
    for (given, kept) in [
        ("7f3c-01", Some("7f3c-01")),
        ("a text, which may be mail", None),
    ] {
        sandbox.inject(Fault::new(Service::Airbyte, refusal(given)).on("list_workspaces"));
        let error = airbyte.workspaces().list().send().await;
        let error = error.err().ok_or("a refusal")?;
        assert_eq!(error.request_id(), kept);
    }
    Ok(())
}
