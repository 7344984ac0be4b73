//! The faults of the matrix.

use std::time::Duration;

use airbyte_agent_gmail::sandbox::{ErrorBody, FaultKind};

use super::Way;
use crate::support::fault_server::Breach;

pub(super) fn faults(elsewhere: &str) -> Vec<(&'static str, Way)> {
    let sandbox = |name, kind| (name, Way::Sandbox(kind));
    let server = |name, breach| (name, Way::Server(breach));
    let status = |code, body, headers: &[(&str, &str)]| FaultKind::Status {
        code,
        body,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    };
    let limit = |reason: &str| FaultKind::RateLimited403 {
        reason: reason.to_owned(),
    };
    let answer = |code, content_type: &str, body: &str| FaultKind::Answer {
        code,
        content_type: content_type.to_owned(),
        body: body.to_owned(),
    };
    let json = "application/json; charset=UTF-8";
    let long = Duration::from_secs(3600);
    let deep = format!(
        r#"{{"messages":{0}{1},"result":{0}{1}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let page = r#"{"messages":[{"id":"1"}],"nextPageToken":"again","status":"success","result":[{"id":"1"}],"connector_metadata":{"nextPageToken":"again"}}"#;
    let another = r#"{"id":"another","labelIds":["STARRED"],"status":"success","result":{"id":"another","labelIds":["STARRED"]}}"#;
    vec![
        ("nobody listens", Way::Nobody),
        ("no new token: the endpoint never answers", Way::Refresh(FaultKind::NeverAnswer)),
        ("no new token: status 503", Way::Refresh(FaultKind::status(503))),
        ("no new token: a page to sign in to the network", Way::Refresh(answer(200, "text/html", "<html><body>Sign in to the network</body></html>"))),
        ("a new token that can't be saved", Way::Save),
        ("pages in a circle", Way::Pages(answer(200, json, page))),
        ("the answer is another message", Way::Message(answer(200, json, another))),
        sandbox("status 400", FaultKind::status(400)),
        sandbox("status 401", FaultKind::Unauthorized),
        sandbox("status 403", FaultKind::status(403)),
        sandbox("403 rateLimitExceeded", limit("rateLimitExceeded")),
        sandbox("403 userRateLimitExceeded", limit("userRateLimitExceeded")),
        sandbox("403 dailyLimitExceeded", limit("dailyLimitExceeded")),
        sandbox("status 404", FaultKind::status(404)),
        sandbox("status 408", FaultKind::status(408)),
        sandbox("status 409", FaultKind::status(409)),
        sandbox("status 429", FaultKind::status(429)),
        sandbox(
            "429, come back at once",
            status(429, ErrorBody::Native, &[("retry-after", "0")]),
        ),
        sandbox(
            "429, come back in an hour",
            status(429, ErrorBody::Native, &[("retry-after", "3600")]),
        ),
        sandbox("status 500", FaultKind::status(500)),
        sandbox("status 501", FaultKind::status(501)),
        sandbox("502 with a page", status(502, ErrorBody::Html, &[])),
        sandbox("status 503", FaultKind::status(503)),
        sandbox("503 with nothing", status(503, ErrorBody::Empty, &[])),
        sandbox("503 in Google's words", status(503, ErrorBody::Google, &[])),
        sandbox("503 in Airbyte's words", status(503, ErrorBody::Airbyte, &[])),
        sandbox("503 in Airbyte's other words", status(503, ErrorBody::Detail, &[])),
        sandbox("status 504", FaultKind::status(504)),
        sandbox("status 507", FaultKind::status(507)),
        sandbox("524 of a front", status(524, ErrorBody::Html, &[])),
        sandbox(
            "302 to another host",
            FaultKind::Redirect {
                location: elsewhere.to_owned(),
            },
        ),
        sandbox(
            "307 to another host",
            status(307, ErrorBody::Empty, &[("location", elsewhere)]),
        ),
        sandbox("303 to nowhere", status(303, ErrorBody::Empty, &[])),
        sandbox("200 with an error inside", answer(200, json, r#"{"error":{"code":503,"message":"Backend Error","status":"UNAVAILABLE"}}"#)),
        sandbox("200 with {}", answer(200, json, "{}")),
        sandbox("200 with an id that is a number", answer(200, json, r#"{"id":1,"messages":1,"result":1}"#)),
        sandbox("200 with a string", answer(200, json, r#""done""#)),
        sandbox("200 with a byte order mark", answer(200, json, "\u{feff}{\"id\":\"1\"}")),
        sandbox("200 with more behind it", answer(200, json, r#"{"id":"1","status":"success","result":{}} {"id":"1"}"#)),
        sandbox("200 with []", answer(200, json, "[]")),
        sandbox("200 with null", answer(200, json, "null")),
        sandbox("200 with nothing", answer(200, json, "")),
        sandbox("204", answer(204, json, "")),
        sandbox("200 with a text", answer(200, "text/plain", "Please sign in")),
        sandbox("200 with a page of no type", answer(200, "", "<html><body>Sign in to the network</body></html>")),
        sandbox("200 with a policy's refusal", answer(200, json, r#"{"message":"blocked by policy"}"#)),
        sandbox("200 that says that it is done", answer(200, json, r#"{"ok":true,"status":"done"}"#)),
        sandbox("200 with a page", answer(200, "text/html", "<html><body>Sign in to the network</body></html>")),
        sandbox("200 with 100,000 brackets", answer(200, json, &deep)),
        sandbox("done, called a page", FaultKind::WrongContentType),
        server("done, called plain text", Breach::Altered(|answer| {
            String::from_utf8_lossy(answer).replace("application/json", "text/plain").into_bytes()
        })),
        sandbox("done, with broken JSON", FaultKind::InvalidJson),
        sandbox("done, connection cut in the body", FaultKind::TruncatedBody),
        sandbox("connection cut, not done", FaultKind::ConnectionClosedWithoutProcessing),
        sandbox("connection cut, done", FaultKind::ConnectionClosedBeforeResponse),
        sandbox("no answer ever", FaultKind::NeverAnswer),
        sandbox("done, a little late", FaultKind::Delay(Duration::from_millis(1))),
        sandbox("done, an hour late", FaultKind::Delay(long)),
        sandbox("done, a little slow", FaultKind::SlowBody(Duration::from_millis(1))),
        sandbox("done, the body hours long", FaultKind::SlowBody(long)),
        server("connection closed unread", Breach::ClosedBeforeReading),
        server("connection closed when read", Breach::ClosedAfterReading),
        server("connection closed when done", Breach::ClosedAfterCarryingOut),
        server("done, early hints before", Breach::Altered(|answer| {
            [b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n", answer].concat()
        })),
        server("done, said to be another protocol", Breach::Altered(|answer| [b"HTTP/1.1 101 Switching Protocols\r\n", answer.splitn(2, |byte| *byte == b'\n').nth(1).unwrap_or_default()].concat())),
        server("done, half the status line", Breach::Altered(|answer| answer[..9].to_vec())),
        server("done, half the headers", Breach::Altered(|answer| answer[..40].to_vec())),
        server("done, half the body", Breach::Altered(|answer| answer[..answer.len() - 20].to_vec())),
        server("done, the length too long", Breach::Altered(|answer| with_length(answer, 100))),
        server("done, the length too short", Breach::Altered(|answer| with_length(answer, -20))),
        server("done, two lengths", Breach::Altered(|answer| with_header(answer, "content-length: 3"))),
        server("done, 2 MB of headers", Breach::Altered(|answer| {
            with_header(answer, &format!("x-long: {}", "x".repeat(2_000_000)))
        })),
        server("done, 1,000 headers", Breach::Altered(|answer| with_header(answer, &vec!["x-more: 1"; 1000].join("\r\n")))),
        server("done, said to be gzip", Breach::Altered(|answer| with_header(answer, "content-encoding: gzip"))),
        server("an empty object, in gzip", Breach::Answered(
            [b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\nconnection: close\r\ncontent-length: 22\r\n\r\n".as_slice(), GZIP].concat(),
        )),
        server("a chunk of no length", Breach::Answered(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nnone\r\n{}\r\n".to_vec(),
        )),
        server("not HTTP", Breach::Answered(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec())),
        server("headers without end, slowly", Breach::Endless {
            head: b"HTTP/1.1 200 OK\r\n",
            piece: b"x-slow: 1\r\n".to_vec(),
            pause: Duration::from_millis(20),
        }),
        server("100 Continue without end", Breach::Endless {
            head: b"",
            piece: b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(),
            pause: Duration::from_millis(20),
        }),
        server("a body without end, slowly", Breach::Endless {
            head: b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{",
            piece: b" ".to_vec(),
            pause: Duration::from_millis(20),
        }),
        server("a body without end", Breach::Endless {
            head: b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{",
            piece: vec![b' '; 65_536],
            pause: Duration::ZERO,
        }),
        server("a length of 2 GB", Breach::Endless {
            head: b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2000000000\r\n\r\n{",
            piece: b" ".to_vec(),
            pause: Duration::from_millis(20),
        }),
    ]
}

/// `{}`, compressed.
const GZIP: &[u8] =
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00\x43\xbf\xa6\xa3\x02\x00\x00\x00";

/// Adds a header to an answer.
fn with_header(answer: &[u8], header: &str) -> Vec<u8> {
    let at = answer
        .windows(2)
        .position(|pair| pair == b"\r\n")
        .expect("a status line");
    [&answer[..at], b"\r\n", header.as_bytes(), &answer[at..]].concat()
}

/// An answer with a wrong length.
fn with_length(answer: &[u8], more: isize) -> Vec<u8> {
    let end = answer
        .windows(4)
        .position(|end| end == b"\r\n\r\n")
        .expect("headers");
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let lied = (answer.len() - end - 4).saturating_add_signed(more);
    let head: Vec<String> = head
        .split("\r\n")
        .map(|line| {
            if line.to_ascii_lowercase().starts_with("content-length:") {
                format!("content-length: {lied}")
            } else {
                line.to_owned()
            }
        })
        .collect();
    [head.join("\r\n").as_bytes(), &answer[end..]].concat()
}
