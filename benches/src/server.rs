//! A server of canned answers in a process of its own, so that its time is not counted.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::Result;

/// Starts the server; gives its address.
pub fn start() -> Result<(Child, String)> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("--serve")
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
    Ok((child, line.trim().to_owned()))
}

struct Answers {
    get: Vec<u8>,
    raw: Vec<u8>,
    list: Vec<u8>,
    hosted_get: Vec<u8>,
    hosted_raw: Vec<u8>,
    hosted_list: Vec<u8>,
}

pub fn serve() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("http://{}", listener.local_addr()?);
    let answers = Arc::new(answers());
    for stream in listener.incoming() {
        let (stream, answers) = (stream?, answers.clone());
        std::thread::spawn(move || {
            // A client that goes away ends its thread.
            let _ = converse(stream, &answers);
        });
    }
    Ok(())
}

fn converse(mut stream: TcpStream, answers: &Answers) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first)? == 0 {
            return Ok(());
        }
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let body = String::from_utf8_lossy(&body);
        let answer = match (
            first.contains("/execute"),
            first.contains("format=raw") || body.contains("\"raw\""),
            first.contains("maxResults") || body.contains("maxResults"),
        ) {
            (true, true, _) => &answers.hosted_raw,
            (true, _, true) => &answers.hosted_list,
            (true, ..) => &answers.hosted_get,
            (false, true, _) => &answers.raw,
            (false, _, true) => &answers.list,
            (false, ..) => &answers.get,
        };
        stream.write_all(answer)?;
    }
}

fn answers() -> Answers {
    let headers: Vec<Value> = (0..30)
        .map(|index| json!({"name": format!("X-Header-{index}"), "value": "a value of some length, as headers have it"}))
        .collect();
    let part = |mime: &str, size: usize| json!({"partId": "0", "mimeType": mime, "filename": "", "headers": headers[..3], "body": {"size": size, "data": "QUJD".repeat(size / 4)}});
    let message = json!({
        "id": "id", "threadId": "id", "labelIds": ["INBOX", "UNREAD"], "snippet": "A message", "historyId": "12345",
        "internalDate": "1770000000000", "sizeEstimate": 8000,
        "payload": {"partId": "", "mimeType": "multipart/alternative", "filename": "", "headers": headers, "body": {"size": 0},
            "parts": [part("text/plain", 1200), part("text/html", 2800)]},
    });
    let raw = json!({"id": "id", "threadId": "id", "raw": "QUJD".repeat(5 * 1024 * 1024 / 4)});
    let records: Vec<Value> = (0..500)
        .map(|index| json!({"id": format!("{index:016x}"), "threadId": format!("{index:016x}")}))
        .collect();
    let list =
        json!({"messages": records, "nextPageToken": "123456789", "resultSizeEstimate": 501});
    let hosted = |result: &Value, metadata: Value| json!({"status": "success", "result": result, "connector_metadata": metadata, "execution_metadata": {"connector_instance_id": "id", "execution_time_ms": 5}});
    Answers {
        get: http(&message),
        raw: http(&raw),
        list: http(&list),
        hosted_get: http(&hosted(&message, Value::Null)),
        hosted_raw: http(&hosted(&raw, Value::Null)),
        hosted_list: http(&hosted(
            &list["messages"],
            json!({"nextPageToken": "123456789", "resultSizeEstimate": 501}),
        )),
    }
}

fn http(body: &Value) -> Vec<u8> {
    let body = body.to_string();
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=UTF-8\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}
