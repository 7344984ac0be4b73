//! Ten connectors of other services in hosted mode, against a stub of Airbyte: nested records, renamed fields, one
//! request behind several operations, and params that do not fit a query.

use std::future::Future;
use std::sync::{Arc, Mutex};

use airbyte_agent_gmail::{AirbyteAuthConfig, GmailConnector, tried};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

type TestResult = Result<(), Box<dyn std::error::Error>>;

/// A connector whose actions all return one result, and the calls that it received.
async fn stub(answer: Value) -> std::io::Result<(GmailConnector, Arc<Mutex<Vec<Value>>>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = Vec::new();
            let mut buffer = [0; 4096];
            while let Ok(count) = stream.read(&mut buffer).await {
                bytes.extend_from_slice(&buffer[..count]);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let body = text.split_once("\r\n\r\n").map(|(_, body)| body);
                if let Some(Ok(body)) = body.map(serde_json::from_str::<Value>) {
                    log.lock().unwrap().push(body);
                    break;
                }
                if count == 0 {
                    break;
                }
            }
            let answer = answer.to_string();
            let reply = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{answer}",
                answer.len()
            );
            let _ = stream.write_all(reply.as_bytes()).await;
        }
    });
    let connector = GmailConnector::builder(
        AirbyteAuthConfig::from_bearer_token("token").with_connector_id("c"),
    )
    .base_url(&url)
    .build()
    .map_err(std::io::Error::other)?;
    Ok((connector, seen))
}

/// Makes a call, checks the request, and returns the result.
async fn call<T, E: std::error::Error + 'static, F: Future<Output = Result<T, E>>>(
    answer: Value,
    expected: Value,
    make: impl FnOnce(GmailConnector) -> F,
) -> Result<T, Box<dyn std::error::Error>> {
    let (connector, seen) = stub(answer).await?;
    let result = make(connector).await?;
    assert_eq!(seen.lock().unwrap().clone(), vec![expected]);
    Ok(result)
}

/// A page in Airbyte's format.
fn page(records: Value, beside: Value) -> Value {
    json!({"status": "success", "result": records, "connector_metadata": beside})
}

#[tokio::test]
async fn c_linear() -> TestResult {
    let found = call(
        page(json!([{"id": "1", "title": "First"}]), json!({"hasNextPage": true, "endCursor": "e"})),
        json!({"entity": "issues", "action": "list", "params": {"x-apollo-operation-name": "o", "first": 2}}),
        |connector| async move { tried::c_linear::of(&connector).issues().list("o").first(2).send().await },
    )
    .await?;
    assert_eq!(
        found.nodes.first().map(|issue| issue.title.as_str()),
        Some("First")
    );
    assert_eq!(
        (found.end_cursor.as_deref(), found.has_next_page),
        (Some("e"), Some(true))
    );
    Ok(())
}

#[tokio::test]
async fn c_github() -> TestResult {
    let found = call(
        page(json!([{"name": "main"}]), json!({"has_next_page": false})),
        json!({"entity": "branches", "action": "list", "params": {"owner": "o", "repo": "r", "fields": ["name", "target"]}}),
        |connector| async move { tried::c_github::of(&connector).branches().list("o", "r").fields(["name", "target"]).send().await },
    )
    .await?;
    assert_eq!((found.nodes.len(), found.has_next_page), (1, Some(false)));
    Ok(())
}

#[tokio::test]
async fn c_salesforce() -> TestResult {
    let found = call(
        page(
            json!([{"Id": "1", "Name": "Acme"}]),
            json!({"done": true, "nextRecordsUrl": null}),
        ),
        json!({"entity": "accounts", "action": "list", "params": {"q": "select Id from Account"}}),
        |connector| async move {
            tried::c_salesforce::of(&connector)
                .accounts()
                .list("select Id from Account")
                .send()
                .await
        },
    )
    .await?;
    assert_eq!(
        found
            .records
            .first()
            .and_then(|account| account.name.as_deref()),
        Some("Acme")
    );
    assert_eq!(found.done, Some(true));
    Ok(())
}

#[tokio::test]
async fn c_amazon_seller_partner() -> TestResult {
    let found = call(
        page(json!([{"AmazonOrderId": "1"}]), json!({"next_token": "n"})),
        json!({"entity": "orders", "action": "list", "params": {"MaxResultsPerPage": 5}}),
        |connector| async move {
            tried::c_amazon_seller_partner::of(&connector)
                .orders()
                .list()
                .max_results_per_page(5)
                .send()
                .await
        },
    )
    .await?;
    assert_eq!(
        (found.orders.len(), found.next_token.as_deref()),
        (1, Some("n"))
    );
    Ok(())
}

#[tokio::test]
async fn c_chargebee() -> TestResult {
    let found = call(
        page(
            json!([{"id": "1", "email": "a@example.com"}]),
            json!({"next_offset": "o"}),
        ),
        json!({"entity": "customer", "action": "list", "params": {"limit": 3}}),
        |connector| async move {
            tried::c_chargebee::of(&connector)
                .customer()
                .list()
                .limit(3)
                .send()
                .await
        },
    )
    .await?;
    assert_eq!(
        found
            .customer
            .first()
            .and_then(|customer| customer.email.as_deref()),
        Some("a@example.com")
    );
    assert_eq!(found.next_offset.as_deref(), Some("o"));
    Ok(())
}

#[tokio::test]
async fn c_stripe() -> TestResult {
    let found = call(
        page(json!([{"id": "cus_1", "object": "customer"}]), json!({"has_more": true})),
        json!({"entity": "customers", "action": "list", "params": {"limit": 1, "created": {"gte": 5}}}),
        |connector| async move {
            let created = airbyte_agent_gmail::api::c_stripe::types::CustomersListCreated { gte: Some(5), ..Default::default() };
            tried::c_stripe::of(&connector).customers().list().limit(1).created(created).send().await
        },
    )
    .await?;
    assert_eq!((found.data.len(), found.has_more), (1, Some(true)));
    Ok(())
}

#[tokio::test]
async fn c_hubspot() -> TestResult {
    let found = call(
        page(
            json!([{"id": "1"}]),
            json!({"next_cursor": "c", "next_link": "l"}),
        ),
        json!({"entity": "contacts", "action": "list", "params": {"limit": 1, "archived": false}}),
        |connector| async move {
            tried::c_hubspot::of(&connector)
                .contacts()
                .list()
                .limit(1)
                .archived(false)
                .send()
                .await
        },
    )
    .await?;
    assert_eq!(
        (found.next_cursor.as_deref(), found.next_link.as_deref()),
        (Some("c"), Some("l"))
    );
    Ok(())
}

#[tokio::test]
async fn c_notion() -> TestResult {
    let found = call(
        page(json!([{"id": "1", "object": "page"}]), json!({"next_cursor": null, "has_more": false})),
        json!({"entity": "pages", "action": "list", "params": {"Notion-Version": "v", "page_size": 1}}),
        |connector| async move { tried::c_notion::of(&connector).pages().list("v").page_size(1).send().await },
    )
    .await?;
    assert_eq!((found.results.len(), found.has_more), (1, Some(false)));
    Ok(())
}

#[tokio::test]
async fn c_tiktok_marketing() -> TestResult {
    let found = call(
        page(json!([{"campaign_id": "1"}]), json!({"page_info": {"page": 1}})),
        json!({"entity": "campaigns", "action": "list", "params": {"advertiser_id": "a", "page": 1}}),
        |connector| async move { tried::c_tiktok_marketing::of(&connector).campaigns().list("a").page(1).send().await },
    )
    .await?;
    assert!(found.list.len() == 1 && found.page_info.is_some());
    Ok(())
}

#[tokio::test]
async fn c_google_drive() -> TestResult {
    let found = call(
        json!({"status": "success", "result": {"id": "1", "name": "notes"}}),
        json!({"entity": "files", "action": "create", "params": {"name": "notes"}}),
        |connector| async move {
            tried::c_google_drive::of(&connector)
                .files()
                .create("notes")
                .send()
                .await
        },
    )
    .await?;
    assert_eq!(found.name.as_deref(), Some("notes"));
    Ok(())
}
