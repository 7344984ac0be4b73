//! A server with a few prepared answers, so that clients never wait for it.

use std::convert::Infallible;
use std::io::Write;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

const ID: &str = "1931f0a7c2d4e5b6";

struct Answers {
    full: Bytes,
    /// The same message as gzip.
    packed: Bytes,
    list: Bytes,
    raw: Bytes,
    executed_full: Bytes,
    executed_list: Bytes,
    token: Bytes,
}

/// Prints its address and serves until the process is killed.
pub(crate) async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("http://{}", listener.local_addr()?);
    let executed = |result: &Value, meta: Value| json!({"status": "success", "result": result, "connector_metadata": meta});
    let (full, list) = (full(), list());
    let answers: &Answers = Box::leak(Box::new(Answers {
        full: pretty(&full),
        packed: gzip(&pretty(&full))?,
        list: pretty(&list),
        raw: pretty(&raw()),
        executed_full: executed(&full, Value::Null).to_string().into(),
        executed_list: executed(
            &list["messages"],
            json!({"nextPageToken": list["nextPageToken"], "resultSizeEstimate": list["resultSizeEstimate"]}),
        )
        .to_string()
        .into(),
        token: Bytes::from_static(br#"{"access_token":"ya29.token","expires_in":3599,"token_type":"Bearer"}"#),
    }));
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            let service = service_fn(|request| answer(answers, request));
            http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await
        });
    }
}

async fn answer(
    answers: &'static Answers,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let body = request.into_body().collect().await;
    let body = body.map(|body| body.to_bytes()).unwrap_or_default();
    // A base URL of `…/delay/20` has a latency of 20 milliseconds.
    let delay = path
        .strip_prefix("/delay/")
        .and_then(|rest| rest.split('/').next());
    if let Some(delay) = delay.and_then(|delay| delay.parse().ok()) {
        // Sleeps on a thread: the runtime's sleep takes a millisecond longer, a twentieth of the measured time.
        let delay = Duration::from_millis(delay);
        let _ = tokio::task::spawn_blocking(move || std::thread::sleep(delay)).await;
    }
    let list = br#""action":"list""#;
    let answer = if path.ends_with("/token") {
        &answers.token
    } else if path.ends_with("/execute") {
        if body.windows(list.len()).any(|part| part == list) {
            &answers.executed_list
        } else {
            &answers.executed_full
        }
    } else if path.ends_with("/messages") {
        &answers.list
    } else if query.to_ascii_lowercase().contains("format=raw") {
        &answers.raw
    } else if path.starts_with("/gzip/") {
        &answers.packed
    } else {
        &answers.full
    };
    let mut answer = answer.clone();
    // Puts the requested id into the message.
    let id = path.rsplit('/').next().unwrap_or_default();
    if delay.is_some() && id.len() == ID.len() {
        answer = String::from_utf8_lossy(&answer).replacen(ID, id, 1).into();
    }
    let response = Response::builder().header("content-type", "application/json; charset=UTF-8");
    let response = if path.starts_with("/gzip/") {
        response.header("content-encoding", "gzip")
    } else {
        response
    };
    Ok(response.body(Full::new(answer)).expect("a response"))
}

fn gzip(plain: &[u8]) -> std::io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain)?;
    Ok(encoder.finish()?.into())
}

/// Formats JSON like Google: indented, with a resource's id first.
fn pretty(value: &Value) -> Bytes {
    let mut rest = value.clone();
    let id = rest.as_object_mut().and_then(|object| object.remove("id"));
    let text = serde_json::to_string_pretty(&rest).expect("json");
    match id {
        Some(id) => text
            .replacen('{', &format!("{{\n  \"id\": {id},"), 1)
            .into(),
        None => text.into(),
    }
}

/// A message of 8 KB with text and HTML, and a realistic number of headers.
fn full() -> Value {
    let mut headers: Vec<Value> = (0..12)
        .map(|number| {
            json!({"name": format!("X-Received-{number}"), "value": "by 2002:a05:6214:500f:b0:6d8:9a1c with SMTP id jo15; Thu, 12 Nov 2026 03:16:42 -0800 (PST)"})
        })
        .collect();
    for (name, value) in [
        ("From", "Support <support@example.com>"),
        ("To", "user@example.com"),
        ("Subject", "Re: the order of last week"),
        ("Date", "Thu, 12 Nov 2026 11:16:42 +0000"),
        ("Message-ID", "<CAH7aQ3n@mail.example.com>"),
        (
            "Content-Type",
            "multipart/alternative; boundary=\"000000000000\"",
        ),
    ] {
        headers.push(json!({"name": name, "value": value}));
    }
    let part = |id: &str, kind: &str, size: usize| {
        json!({"partId": id, "mimeType": kind, "filename": "", "headers": [{"name": "Content-Type", "value": kind}],
            "body": {"size": size * 3 / 4, "data": text(size)}})
    };
    json!({
        "id": "1931f0a7c2d4e5b6", "threadId": "1931f0a7c2d4e5b6", "labelIds": ["UNREAD", "CATEGORY_PERSONAL", "INBOX"],
        "snippet": "Hello, the order of last week is on its way and will be there on Monday.",
        "historyId": "123456789", "internalDate": "1762946202000", "sizeEstimate": 8123,
        "payload": {"partId": "", "mimeType": "multipart/alternative", "filename": "", "headers": headers,
            "body": {"size": 0}, "parts": [part("0", "text/plain", 1200), part("1", "text/html", 3200)]},
    })
}

/// Base64 of this many bytes of words, which compress about as well as mail.
fn text(size: usize) -> String {
    const WORDS: [&str; 16] = [
        "the ", "order ", "of ", "last ", "week ", "is ", "on ", "its ", "way ", "and ", "Monday ",
        "<br>", "price ", "&nbsp;", "invoice ", "please ",
    ];
    let mut seed = 1_u32;
    let mut words = String::new();
    while words.len() < size * 3 / 4 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        words.push_str(WORDS[(seed >> 28) as usize]);
        if seed & 0x0f00_0000 == 0 {
            words.push_str(&seed.to_string());
        }
    }
    URL_SAFE.encode(&words[..size * 3 / 4])
}

fn list() -> Value {
    let messages: Vec<Value> = (0..500)
        .map(|number| json!({"id": format!("1931f0a7c2{number:06x}"), "threadId": format!("1931f0a7c2{number:06x}")}))
        .collect();
    json!({"messages": messages, "nextPageToken": "09876543210987654321", "resultSizeEstimate": 501})
}

fn raw() -> Value {
    json!({
        "id": "1931f0a7c2d4e5b6", "threadId": "1931f0a7c2d4e5b6", "labelIds": ["INBOX"], "snippet": "Hello",
        "historyId": "123456789", "internalDate": "1762946202000", "sizeEstimate": 3_932_160,
        "raw": "SGVsbG8g".repeat(5 * 1024 * 1024 / 8),
    })
}
