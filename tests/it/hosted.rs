//! Hosted mode: which connector, which names, which organization; and the search.

#![cfg(feature = "sandbox")]

use crate::support;

use airbyte_agent_gmail::sandbox::{Fault, FaultKind, Sandbox, Service};
use airbyte_agent_gmail::{Airbyte, AirbyteAuthConfig, GmailConnector, SearchFilter, SortOrder};
use serde_json::json;
use support::TestResult;

fn auth(sandbox: &Sandbox) -> AirbyteAuthConfig {
    let airbyte = sandbox.airbyte();
    AirbyteAuthConfig::new(airbyte.client_id, airbyte.client_secret)
}

fn connector(
    sandbox: &Sandbox,
    auth: AirbyteAuthConfig,
) -> Result<GmailConnector, airbyte_agent_gmail::Error> {
    GmailConnector::builder(auth)
        .base_url(sandbox.airbyte_url())
        .build()
}

async fn create(sandbox: &Sandbox, name: &str) -> Result<String, Box<dyn std::error::Error>> {
    let airbyte = Airbyte::builder(auth(sandbox))
        .base_url(sandbox.airbyte_url())
        .build()?;
    let google = sandbox.google();
    let created = airbyte
        .connectors()
        .create()
        .customer_name(sandbox.airbyte().customer_name)
        .connector_type("Gmail")
        .name(name)
        .credentials(serde_json::from_value(json!({
            "client_id": google.client_id,
            "client_secret": google.client_secret,
            "refresh_token": google.refresh_token,
        }))?)
        .replication_config(serde_json::from_value(
            json!({"include_spam_and_trash": true}),
        )?)
        .send()
        .await?;
    Ok(created.id)
}

#[tokio::test]
async fn customer_name_and_workspace_name_find_the_same_connector() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let name = sandbox.airbyte().customer_name;
    let by_customer = connector(&sandbox, auth(&sandbox).with_customer_name(&name))?;
    let by_workspace = connector(&sandbox, auth(&sandbox).with_workspace_name(&name))?;
    assert_eq!(
        by_customer.connector_id().await?,
        sandbox.airbyte().connector_id
    );
    assert_eq!(
        by_workspace.connector_id().await?,
        sandbox.airbyte().connector_id
    );
    let queries: Vec<String> = sandbox
        .requests()
        .into_iter()
        .filter_map(|request| request.query)
        .collect();
    assert!(queries.iter().any(|query| query.contains("customer_name=")));
    assert!(
        queries
            .iter()
            .any(|query| query.contains("workspace_name="))
    );
    Ok(())
}

#[tokio::test]
async fn no_connector_and_several_are_two_errors_that_say_what_to_do() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let error = connector(&sandbox, auth(&sandbox).with_customer_name("nobody"))?
        .check()
        .await
        .expect_err("none");
    assert!(
        error.is_connector_not_found() && !error.is_connector_ambiguous(),
        "{error:?}"
    );
    assert!(error.to_string().contains("create"), "{error}");

    let second = create(&sandbox, "second").await?;
    let named = auth(&sandbox).with_customer_name(sandbox.airbyte().customer_name);
    let error = connector(&sandbox, named.clone())?
        .check()
        .await
        .expect_err("several");
    assert!(
        error.is_connector_ambiguous() && !error.is_connector_not_found(),
        "{error:?}"
    );
    assert!(
        error
            .to_string()
            .contains("2 gmail connectors; give the connector id"),
        "{error}"
    );
    connector(&sandbox, named.with_connector_id(second))?
        .check()
        .await?;
    Ok(())
}

#[tokio::test]
async fn the_lookup_is_made_once_and_a_failed_one_again() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.hosted()?;
    let refused = Fault::new(Service::Airbyte, FaultKind::status(403));
    sandbox.inject(refused.on("list_integrations_connectors"));
    assert!(
        gmail
            .check()
            .await
            .is_err_and(|error| error.is_permission_denied())
    );
    gmail.check().await?;
    gmail.check().await?;
    let lookups = sandbox
        .requests()
        .iter()
        .filter(|request| request.path.ends_with("/integrations/connectors"))
        .count();
    assert_eq!(lookups, 2);
    Ok(())
}

#[tokio::test]
async fn the_organization_is_named_where_there_are_several() -> TestResult {
    let sandbox = Sandbox::start().await?;
    sandbox.configure(|settings| settings.multi_organization = true);
    let named = auth(&sandbox).with_customer_name(sandbox.airbyte().customer_name);
    let error = connector(&sandbox, named.clone())?
        .check()
        .await
        .expect_err("no organization");
    assert!(error.is_invalid_request(), "{error:?}");
    connector(
        &sandbox,
        named.with_organization_id(sandbox.airbyte().organization_id),
    )?
    .check()
    .await?;
    Ok(())
}

#[tokio::test]
async fn incomplete_credentials_are_refused_when_the_connector_is_made() {
    let cases = [
        (
            AirbyteAuthConfig::default().with_customer_name("c"),
            "no airbyte credentials",
        ),
        (AirbyteAuthConfig::new("id", "secret"), "which connector"),
        (
            AirbyteAuthConfig::new("id", "secret").with_connector_id("../x"),
            "the connector id is not one",
        ),
    ];
    for (auth, message) in cases {
        let error = GmailConnector::new(auth).expect_err(message);
        assert!(
            error.is_configuration() && error.to_string().contains(message),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_search_is_typed_and_hosted_only() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let hosted = sandbox.hosted()?;
    let found = hosted
        .search("messages")
        .filter(SearchFilter::all([
            SearchFilter::contains("labelIds", "INBOX"),
            SearchFilter::not(SearchFilter::contains("labelIds", "UNREAD")),
        ]))
        .sort("internalDate", SortOrder::Descending)
        .limit(3)
        .send()
        .await?;
    assert_eq!(found.data.len(), 3);
    assert!(found.meta.has_more);
    let next = hosted
        .search("messages")
        .filter(SearchFilter::all([
            SearchFilter::contains("labelIds", "INBOX"),
            SearchFilter::not(SearchFilter::contains("labelIds", "UNREAD")),
        ]))
        .sort("internalDate", SortOrder::Descending)
        .limit(3)
        .cursor(found.meta.cursor.clone().ok_or("a cursor")?)
        .send()
        .await?;
    assert_ne!(found.data, next.data);
    let messages: Vec<airbyte_agent_gmail::types::Message> = found.records()?;
    let dates: Vec<_> = messages
        .iter()
        .map(|message| message.internal_date.clone())
        .collect();
    assert!(
        dates.is_sorted_by(|first, second| first >= second),
        "{dates:?}"
    );
    assert!(
        messages
            .iter()
            .all(|message| message.label_ids.iter().all(|label| label != "UNREAD"))
    );

    let named = hosted
        .search("labels")
        .filter(SearchFilter::is_in("id", ["INBOX", "SENT", "none"]))
        .send()
        .await?;
    assert_eq!(named.data.len(), 2);
    let by_params = hosted
        .execute(
            "labels",
            "context_store_search",
            json!({"query": {"filter": {"eq": {"id": "INBOX"}}}, "limit": 5, "fields": ["id"]}),
        )
        .await?;
    assert_eq!(by_params.data, json!([{"id": "INBOX"}]));

    sandbox.clear_requests();
    let error = sandbox
        .open_source()?
        .search("messages")
        .send()
        .await
        .expect_err("open source");
    assert!(error.is_unsupported(), "{error:?}");
    let error = hosted
        .search("filters")
        .send()
        .await
        .expect_err("no such entity");
    assert!(
        error.is_invalid_input() && error.to_string().contains("profile, messages, labels"),
        "{error}"
    );
    let error = hosted
        .search("messages")
        .filter(SearchFilter::eq("thread_id", "x"))
        .send()
        .await
        .expect_err("no such field");
    assert!(
        error.is_invalid_input() && error.to_string().contains("threadId"),
        "{error}"
    );
    assert!(sandbox.requests().is_empty());
    Ok(())
}

#[tokio::test]
async fn what_airbytes_connector_lacks_is_refused_unsent() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let hosted = sandbox.hosted()?;
    let id = hosted.messages().list().send().await?.messages[0]
        .id
        .clone();
    sandbox.clear_requests();
    let error = hosted
        .messages()
        .delete(&id)
        .send()
        .await
        .expect_err("no action");
    assert!(error.is_unsupported(), "{error:?}");
    assert!(
        error
            .to_string()
            .starts_with("messages_delete: airbyte's gmail connector has no such action"),
        "{error}"
    );
    let error = hosted
        .messages()
        .modify(&id)
        .remove_classification_label_ids(["x"])
        .send()
        .await
        .expect_err("no such param");
    assert!(
        error.is_unsupported() && error.to_string().contains("removeClassificationLabelIds"),
        "{error}"
    );
    assert!(sandbox.requests().is_empty());
    Ok(())
}

#[test]
fn an_answer_that_leaves_things_out_is_read_all_the_same() -> TestResult {
    use airbyte_agent_gmail::api::airbyte::types::{ConnectorList, InitiateOAuthResponse};
    let list: ConnectorList = serde_json::from_value(json!({"data": [{"id": "a"}]}))?;
    assert_eq!(list.data.first().map(|item| item.id.as_str()), Some("a"));
    let list: ConnectorList = serde_json::from_value(json!({}))?;
    assert!(list.data.is_empty());
    let answer: InitiateOAuthResponse =
        serde_json::from_value(json!({"consent_url": "u", "more": 1}))?;
    assert_eq!(answer.consent_url, "u");
    Ok(())
}
