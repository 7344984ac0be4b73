//! The notes connector against a stub, in both modes.

use std::sync::{Arc, Mutex};

use airbyte_agent_gmail::operation::gmail as table;
use airbyte_agent_gmail::types::Color;
use airbyte_agent_gmail::{AirbyteAuthConfig, GmailAuthConfig, GmailConnector};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

type TestResult = Result<(), Box<dyn std::error::Error>>;

/// Serves the notes API and Airbyte's execute in front of it; records the request lines.
async fn stub() -> std::io::Result<(String, Arc<Mutex<Vec<String>>>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let log = log.clone();
            tokio::spawn(async move {
                let mut bytes = Vec::new();
                let mut buffer = [0; 4096];
                while let Ok(count) = stream.read(&mut buffer).await {
                    bytes.extend_from_slice(&buffer[..count]);
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    let Some((head, body)) = text.split_once("\r\n\r\n") else {
                        if count == 0 {
                            return;
                        }
                        continue;
                    };
                    let length = head
                        .lines()
                        .find_map(|line| {
                            line.to_lowercase()
                                .strip_prefix("content-length: ")
                                .and_then(|length| length.parse::<usize>().ok())
                        })
                        .unwrap_or(0);
                    if body.len() < length {
                        continue;
                    }
                    let first = head.lines().next().unwrap_or_default().to_owned();
                    let (status, answer) =
                        answer(&first, &serde_json::from_str(body).unwrap_or_default());
                    log.lock().unwrap().push(first);
                    let answer = if answer.is_null() {
                        String::new()
                    } else {
                        answer.to_string()
                    };
                    let reply = format!(
                        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{answer}",
                        answer.len()
                    );
                    if stream.write_all(reply.as_bytes()).await.is_err() {
                        return;
                    }
                    bytes.clear();
                }
            });
        }
    });
    Ok((url, seen))
}

fn notes(after: Option<&str>) -> Value {
    match after {
        None => {
            json!({"items": [{"id": "1", "color": "red"}, {"id": "2", "color": "new-color"}], "cursor": "c2"})
        }
        Some("c2") => json!({"items": [], "cursor": "c3"}),
        Some(_) => json!({"items": [{"id": "3", "color": "deep-blue"}]}),
    }
}

fn answer(first: &str, body: &Value) -> (u16, Value) {
    let path = first.split(' ').nth(1).unwrap_or_default();
    if path.ends_with("/execute") {
        let params = &body["params"];
        return match (body["entity"].as_str(), body["action"].as_str()) {
            (Some("notes"), Some("list")) => {
                let mut page = notes(params["after"].as_str());
                assert!(
                    params["colors"].is_null() || params["colors"] == json!(["red", "deep-blue"])
                );
                (
                    200,
                    json!({"status": "success", "result": page["items"].take(), "connector_metadata": {"cursor": page["cursor"]}}),
                )
            }
            (Some("notes"), Some("create")) => (
                200,
                json!({"status": "success", "result": {"id": "9", "text": params["text"], "author": {"1st name": "Ada"}}}),
            ),
            _ => (400, json!({"detail": "no such action"})),
        };
    }
    if path.starts_with("/v2/notes/") {
        return (204, Value::Null);
    }
    if first.starts_with("POST") {
        assert_eq!(body["grid"], json!([[1, 2]]));
        return (
            201,
            json!({"id": "9", "text": body["text"], "author": {"1st name": "Ada"}}),
        );
    }
    let after = path
        .split_once("after=")
        .map(|(_, rest)| rest.split('&').next().unwrap_or(rest));
    (200, notes(after))
}

#[tokio::test]
async fn another_connector_works_by_its_document_alone() -> TestResult {
    let (url, seen) = stub().await?;
    let direct = GmailConnector::builder(GmailAuthConfig::from_access_token("token"))
        .base_url(&url)
        .build()?;
    let hosted = GmailConnector::builder(
        AirbyteAuthConfig::from_bearer_token("token").with_connector_id("c"),
    )
    .base_url(&url)
    .build()?;
    for connector in [&direct, &hosted] {
        connector.check().await?;
        let all = connector.notes().list().stream().collect().await?;
        let ids: Vec<_> = all.iter().filter_map(|note| note.id.as_deref()).collect();
        assert_eq!(ids, ["1", "2", "3"]);
        assert_eq!(all[1].color, Some(Color::Unknown("new-color".to_owned())));
        let page = connector
            .execute(
                "notes",
                "list",
                json!({"colors": ["red", "deep-blue"], "limit": 2}),
            )
            .await?;
        assert_eq!(page.data.as_array().map(Vec::len), Some(2));
        assert_eq!(page.meta["cursor"], "c2");
        let note = connector
            .notes()
            .create("hello")
            .color(Color::Red)
            .grid([vec![1, 2]])
            .send()
            .await?;
        assert_eq!(note.text.as_deref(), Some("hello"));
        let author = note.author.ok_or("an author")?;
        assert_eq!(author.x1st_name.as_deref(), Some("Ada"));
        let some = connector.notes().list().send_("now").send().await?;
        assert_eq!(some.items.len(), 2);
        assert!(
            connector
                .execute("notes", "list", json!({"limit": 51}))
                .await
                .is_err_and(|error| error.is_invalid_input())
        );
    }
    direct.notes().archive("1").send().await?;
    assert!(
        hosted
            .notes()
            .archive("1")
            .send()
            .await
            .is_err_and(|error| error.is_unsupported())
    );
    let lines = seen.lock().unwrap().clone();
    assert!(
        lines
            .iter()
            .any(|line| line.contains("/v2/notes?limit=2&colors=red&colors=deep-blue")),
        "{lines:?}"
    );
    assert!(
        lines.iter().any(|line| line.contains("/v2/notes?send=now")),
        "{lines:?}"
    );
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("POST /v2/notes/1:archive")),
        "{lines:?}"
    );
    // A read-only field is not a parameter, and never required.
    let create = table().find("notes", "create")?.params_schema();
    assert_eq!(create["required"], json!(["text"]));
    assert!(create["properties"]["id"].is_null());
    let schema = table().find("notes", "list")?.params_schema();
    let pinned = schema["properties"]["pinned"]["description"].as_str();
    assert_eq!(pinned, Some("Deprecated. Use colors."));
    assert_eq!(schema["properties"]["limit"]["maximum"], 50);
    Ok(())
}
