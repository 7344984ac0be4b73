//! Calls the clients of tests/connector/mutate.sh: what goes out and comes back is what the document said before.

use std::sync::{Arc, Mutex};

use airbyte_agent_gmail::{GmailAuthConfig, GmailConnector, tried};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

type TestResult = Result<(), Box<dyn std::error::Error>>;

/// A notes service that answers with every field that a note may have, and what it is asked.
async fn stub()
-> Result<(GmailConnector, Arc<Mutex<Vec<(String, Value)>>>), Box<dyn std::error::Error>> {
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
                let Some((head, body)) = text.split_once("\r\n\r\n") else {
                    if count == 0 { break } else { continue }
                };
                let body = serde_json::from_str(body).unwrap_or(Value::Null);
                if head.to_lowercase().contains("content-length: ")
                    && !head.contains("content-length: 0")
                    && body.is_null()
                {
                    continue;
                }
                let first = head.lines().next().unwrap_or_default().to_owned();
                let answer = if first.starts_with("GET") {
                    json!({"items": [{"id": "1", "text": "one", "color": "red"}]}).to_string()
                } else if first.contains("archive") {
                    String::new()
                } else {
                    json!({"id": "9", "text": body["text"], "color": "red"}).to_string()
                };
                log.lock().unwrap().push((first, body));
                let reply = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{answer}",
                    answer.len()
                );
                let _ = stream.write_all(reply.as_bytes()).await;
                break;
            }
        }
    });
    let connector = GmailConnector::builder(GmailAuthConfig::from_access_token("token"))
        .base_url(&url)
        .build()?;
    Ok((connector, seen))
}

macro_rules! called {
    ($module:ident) => {
        #[tokio::test]
        async fn $module() -> TestResult {
            let (connector, seen) = stub().await?;
            let client = tried::$module::of(&connector);
            client.notes().list().send().await?;
            client.notes().archive("1").send().await?;
            client.notes().create("hello").send().await?;
            let seen = seen.lock().unwrap().clone();
            assert!(seen[0].0.starts_with("GET /v2/notes HTTP"), "{seen:?}");
            assert!(seen[1].0.starts_with("POST /v2/notes/1:archive HTTP"), "{seen:?}");
            assert_eq!(seen[2].1, json!({"text": "hello"}));
            Ok(())
        }
    };
}
