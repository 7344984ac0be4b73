//! Hosted mode: finding the connector, names, organizations, and search.

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
    let named = |name: &str| queries.iter().filter(|query| query.contains(name)).count();
    assert_eq!((named("workspace_name="), named("customer_name=")), (2, 0));
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
    for named in [&second, &sandbox.airbyte().connector_id, "(second)"] {
        assert!(error.to_string().contains(named), "{error}");
    }
    connector(&sandbox, named.with_connector_id(second))?
        .check()
        .await?;
    Ok(())
}

#[tokio::test]
async fn an_address_that_is_not_airbytes_is_no_unknown_customer() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let named = auth(&sandbox).with_customer_name(sandbox.airbyte().customer_name);
    for body in [r#"{"detail": "Not Found"}"#, "404 page not found"] {
        let kind = FaultKind::Answer {
            code: 404,
            content_type: "application/json".to_owned(),
            body: body.to_owned(),
        };
        let elsewhere = Fault::new(Service::Airbyte, kind);
        sandbox.inject(elsewhere.on("list_integrations_connectors"));
        let error = connector(&sandbox, named.clone())?
            .check()
            .await
            .expect_err("another server");
        assert!(
            error.is_not_found() && !error.is_connector_not_found(),
            "{error:?}"
        );
        assert!(error.to_string().contains("check the base url"), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn a_list_that_is_not_there_is_no_empty_one() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let airbyte = Airbyte::builder(auth(&sandbox))
        .base_url(sandbox.airbyte_url())
        .build()?;
    let customer = sandbox.airbyte().customer_name;
    for body in [
        r#"{}"#,
        r#"{"data": null}"#,
        r#"{"data": {}}"#,
        r#"{"connectors": []}"#,
    ] {
        let kind = FaultKind::Answer {
            code: 200,
            content_type: "application/json".to_owned(),
            body: body.to_owned(),
        };
        let lasting = Fault::new(Service::Airbyte, kind).times(5);
        sandbox.inject(lasting.on("list_integrations_connectors"));
        let listed = airbyte.connectors().list().customer_name(&customer);
        let error = listed.send().await.expect_err(body);
        assert!(error.is_invalid_response(), "{body}: {error:?}");
        sandbox.clear_faults();
    }
    Ok(())
}

#[tokio::test]
async fn what_the_service_behind_airbyte_says_decides_as_without_airbyte() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let (hosted, direct) = (sandbox.hosted()?, sandbox.open_source()?);
    for gmail in [&hosted, &direct] {
        let error = gmail
            .messages()
            .get("00000000000bad")
            .send()
            .await
            .expect_err("no such message");
        assert!(error.is_not_found(), "{error:?}");
        assert_eq!(error.status(), Some(404));
    }
    Ok(())
}

#[tokio::test]
async fn lists_go_out_as_lists_and_the_intent_with_them() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let hosted = sandbox.hosted()?;
    sandbox.clear_requests();
    let typed = hosted.with_intent("typed")?;
    typed
        .messages()
        .list()
        .label_ids(["INBOX", "UNREAD"])
        .send()
        .await?;
    for labels in [json!(["INBOX", "UNREAD"]), json!("INBOX, UNREAD")] {
        let params = json!({"labelIds": labels});
        hosted
            .execute("messages", "list", params)
            .intent("dynamic")
            .await?;
    }
    let sent: Vec<_> = sandbox
        .requests()
        .into_iter()
        .filter(|request| request.action.is_some())
        .map(|request| (request.params, request.intent))
        .collect();
    let params = Some(json!({"labelIds": ["INBOX", "UNREAD"]}));
    let with = |intent: &str| (params.clone(), Some(intent.to_owned()));
    assert_eq!(sent, [with("typed"), with("dynamic"), with("dynamic")]);
    let error = hosted.with_intent("x".repeat(513)).expect_err("too long");
    assert!(error.is_invalid_input(), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn the_older_name_goes_out_as_the_newer_one() -> TestResult {
    let row = airbyte_agent_gmail::operation::airbyte()
        .by_id("create_integrations_connectors")
        .ok_or("a row")?;
    let params = |value: serde_json::Value| value.as_object().cloned().unwrap_or_default();
    let request = row.encode(&params(
        json!({"customer_name": "c", "connector_type": "Gmail"}),
    ))?;
    let body: serde_json::Value = serde_json::from_slice(request.body())?;
    assert_eq!(
        body,
        json!({"workspace_name": "c", "connector_type": "Gmail"})
    );
    for twice in [
        json!({"customer_name": "c", "workspace_name": "w"}),
        json!({"customer_name": "c", "external_user_id": "e"}),
    ] {
        let error = row.encode(&params(twice)).expect_err("two names");
        assert!(
            error.is_invalid_input() && error.to_string().contains("twice"),
            "{error}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn each_of_airbytes_errors_reaches_the_caller() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let airbyte = Airbyte::builder(auth(&sandbox))
        .base_url(sandbox.airbyte_url())
        .build()?;
    let error = airbyte
        .connectors()
        .create()
        .definition_id("no uuid")
        .send()
        .await
        .expect_err("refused");
    let shown: Vec<String> = error
        .service_errors()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        shown.contains(&"body.workspace_name: Field required (missing)".to_owned())
            && shown
                .iter()
                .any(|wrong| wrong.starts_with("body.definition_id: ")),
        "{shown:?}"
    );
    assert!(!format!("{error} {error:?}").contains("Field required"));
    Ok(())
}

#[tokio::test]
async fn no_connection_to_airbyte_is_told_as_such() -> TestResult {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}", listener.local_addr()?);
    drop(listener);
    let auth = AirbyteAuthConfig::new("id", "secret").with_connector_id("connector");
    let error = GmailConnector::builder(auth)
        .base_url(address)
        .build()?
        .check()
        .await
        .expect_err("nobody there");
    assert!(
        error.is_connect() && error.to_string().contains("connect"),
        "{error:?}"
    );
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
    assert!(
        error.is_invalid_request() && error.to_string().contains("AIRBYTE_ORGANIZATION_ID"),
        "{error:?}"
    );
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
        (
            AirbyteAuthConfig::new("id", "secret"),
            "name (AIRBYTE_CUSTOMER_NAME)",
        ),
        (
            AirbyteAuthConfig::new("id", "secret").with_connector_id("../x"),
            "the connector id is not valid",
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
            SearchFilter::array_contains("labelIds", "INBOX"),
            SearchFilter::not(SearchFilter::array_contains("labelIds", "UNREAD")),
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
            SearchFilter::array_contains("labelIds", "INBOX"),
            SearchFilter::not(SearchFilter::array_contains("labelIds", "UNREAD")),
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

#[tokio::test]
async fn any_connector_is_used_by_its_id() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let airbyte = Airbyte::builder(auth(&sandbox))
        .base_url(sandbox.airbyte_url())
        .build()?;
    let known = sandbox.airbyte();
    let connector = airbyte
        .find_connector(&known.customer_name, "gmail")
        .await?;
    assert_eq!(connector.id(), known.connector_id);
    let page = connector
        .execute("messages", "list", json!({"maxResults": 2}))
        .await?;
    assert_eq!(page.data.as_array().map(Vec::len), Some(2));
    assert!(page.meta["nextPageToken"].is_string());
    let healthy = connector.execute("*", "check", json!({})).await?;
    assert_eq!(healthy.data["status"], "healthy");
    let found = connector.search("labels").limit(2).send().await?;
    assert_eq!(found.data.len(), 2);
    assert!(found.meta.has_more);
    sandbox.clear_requests();
    let error = connector
        .search("filters")
        .send()
        .await
        .expect_err("no such entity");
    assert!(
        error.is_invalid_input() && error.to_string().contains("messages"),
        "{error}"
    );
    assert!(sandbox.requests().is_empty());
    let error = connector
        .execute("messages", "get", json!({"messageId": "00000000000bad"}))
        .await
        .expect_err("no such message");
    assert!(error.is_not_found(), "{error:?}");
    assert!(
        airbyte
            .connector("a/b")
            .is_err_and(|error| error.is_invalid_input())
    );
    let nobody = airbyte.find_connector(&known.customer_name, "Linear").await;
    assert!(nobody.is_err_and(|error| error.is_connector_not_found()));
    Ok(())
}

#[tokio::test]
async fn a_check_that_is_not_settled_is_no_success() -> TestResult {
    use airbyte_agent_gmail::api::airbyte::types::CheckStatus;
    use std::time::Duration;

    let sandbox = Sandbox::start().await?;
    let airbyte = Airbyte::builder(auth(&sandbox))
        .base_url(sandbox.airbyte_url())
        .build()?;
    let id = sandbox.airbyte().connector_id;
    let checks = || {
        let requests = sandbox.requests();
        let name = "create_integrations_connectors_id_check";
        requests
            .iter()
            .filter(|request| request.operation == name)
            .count()
    };
    for status in ["pending", "running", "inconclusive"] {
        sandbox.configure(|settings| settings.check_status = Some(status.to_owned()));
        let check = airbyte.check_connector(&id, Duration::ZERO).await?;
        assert_eq!(check.status, Some(CheckStatus::from(status)));
    }
    assert_eq!(checks(), 3);
    let wait = airbyte.check_connector(&id, Duration::from_secs(20));
    let settle = async {
        while checks() < 5 {
            tokio::task::yield_now().await;
        }
        sandbox.configure(|settings| settings.check_status = None);
    };
    let (check, ()) = tokio::join!(wait, settle);
    assert_eq!(check?.status, Some(CheckStatus::Succeeded));
    Ok(())
}

#[cfg(feature = "sandbox-sql")]
#[tokio::test]
async fn the_copy_is_asked_in_sql_which_only_reads() -> TestResult {
    #[derive(Debug, serde::Deserialize)]
    struct Counted {
        count: usize,
    }

    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.hosted()?;
    let sql = "select count(*) as count from messages, json_each(labelIds) where value = 'UNREAD'";
    let counted: Vec<Counted> = gmail.sql(sql).send().await?.rows()?;
    let unread = gmail
        .messages()
        .list()
        .label_ids(["UNREAD"])
        .max_results(500)
        .send()
        .await?;
    assert_eq!(counted[0].count, unread.messages.len());
    let rows = gmail.sql("select id from messages").limit(2).send().await?;
    assert_eq!((rows.data.len(), &rows.meta["has_more"]), (2, &json!(true)));
    let by_params = gmail
        .execute(
            "labels",
            "context_store_sql_query",
            json!({"sql": "select name from labels where id = 'INBOX'"}),
        )
        .await?;
    assert_eq!(by_params.data, json!([{"name": "INBOX"}]));
    // The copy follows the mailbox.
    let count = async |sql: &str| -> Result<usize, Box<dyn std::error::Error>> {
        let counted: Vec<Counted> = gmail.sql(sql).send().await?.rows()?;
        Ok(counted[0].count)
    };
    let (messages, labels) = (
        "select count(*) as count from messages",
        "select count(*) as count from labels",
    );
    let texts = "select count(*) as count from messages where payload like '%text/plain%'";
    let before = (
        count(messages).await?,
        count(labels).await?,
        count(texts).await?,
    );
    assert!(before.2 > 0);
    sandbox.deliver(b"From: support@example.com\r\nSubject: Hello\r\n\r\nHello.\r\n");
    assert_eq!(count(messages).await?, before.0 + 1);
    assert_eq!(count(texts).await?, before.2 + 1);
    assert_eq!(count(messages).await?, before.0 + 1);
    gmail.labels().create("Ideas").send().await?;
    assert_eq!(count(labels).await?, before.1 + 1);
    for sql in [
        "delete from messages",
        "insert into messages values (1)",
        "create table t (x)",
        "drop table messages",
        "attach '/tmp/other.db' as other",
        "pragma table_list",
        "select * from pragma_table_list",
        "vacuum into '/tmp/other.db'",
        "select load_extension('x')",
        "select id from messages; delete from messages",
        "select randomblob(1000000000)",
        "with recursive r(x) as (select 1 union all select x + 1 from r) select count(*) from r",
        "selec id",
    ] {
        let error = gmail.sql(sql).send().await.expect_err(sql);
        assert!(error.is_invalid_request(), "{sql}: {error:?}");
    }
    sandbox.clear_requests();
    let error = gmail.sql(" ").send().await.expect_err("no query");
    assert!(error.is_invalid_input(), "{error:?}");
    let error = sandbox.open_source()?.sql("select 1").send().await;
    assert!(error.is_err_and(|error| error.is_unsupported()));
    assert!(sandbox.requests().is_empty());
    Ok(())
}
