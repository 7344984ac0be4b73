//! A minimal browser, and a client of chromedriver, over plain HTTP on this machine.

use std::io;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Failure;

/// An answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    /// The target of a redirect.
    pub(crate) fn location(&self) -> io::Result<String> {
        self.header("location")
            .map(str::to_owned)
            .ok_or_else(|| io::Error::other(format!("no location: {}", self.status)))
    }
}

/// Sends bytes to a port and reads until the other side closes the connection.
pub(crate) async fn raw(port: u16, bytes: &[u8]) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    // The other side may answer and close before reading everything.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let mut buffer = [0_u8; 16 * 1024];
    // Not every server closes the connection when asked, so Content-Length decides if present.
    while !is_whole(&answer) {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            break;
        }
        answer.extend_from_slice(&buffer[..count]);
    }
    let text = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .ok_or_else(|| io::Error::other("no answer"))?;
    Ok(Answer {
        status,
        head: head.to_owned(),
        body: body.to_owned(),
    })
}

fn is_whole(answer: &[u8]) -> bool {
    let Some(head) = answer.windows(4).position(|window| window == b"\r\n\r\n") else {
        return false;
    };
    String::from_utf8_lossy(&answer[..head])
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, length)| length.trim().parse::<usize>().ok())
        .is_some_and(|length| answer.len() >= head + 4 + length)
}

/// The port and request target of an address on this machine.
pub(crate) fn split(url: &str) -> io::Result<(u16, String)> {
    let rest = url
        .strip_prefix("http://127.0.0.1:")
        .or_else(|| url.strip_prefix("http://localhost:"))
        .ok_or_else(|| io::Error::other(format!("not on this machine: {url}")))?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let port = rest[..end].parse().map_err(io::Error::other)?;
    Ok((port, rest[end..].to_owned()))
}

/// Sends one request.
pub(crate) async fn send(method: &str, url: &str, kind: &str, body: &str) -> io::Result<Answer> {
    let (port, target) = split(url)?;
    let request = format!(
        "{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Type: {kind}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    raw(port, request.as_bytes()).await
}

/// Gets a page, without following redirects.
pub(crate) async fn get(url: &str) -> io::Result<Answer> {
    send("GET", url, "text/plain", "").await
}

/// Submits a consent page; returns the address of the redirect.
pub(crate) async fn decide(consent_url: &str, decision: &str) -> io::Result<String> {
    let page = get(consent_url).await?;
    let part = |from: &str| {
        page.body
            .split_once(from)
            .and_then(|(_, rest)| rest.split_once('"'))
            .map(|(value, _)| value.to_owned())
            .ok_or_else(|| {
                io::Error::other(format!("no consent page: {} {}", page.status, page.body))
            })
    };
    let (action, number) = (part("action=\"")?, part("name=\"request\" value=\"")?);
    let (port, _) = split(consent_url)?;
    send(
        "POST",
        &format!("http://127.0.0.1:{port}{action}"),
        "application/x-www-form-urlencoded",
        &format!("request={number}&decision={decision}"),
    )
    .await?
    .location()
}

/// A request to a chromedriver.
pub(crate) async fn webdriver(method: &str, url: &str, body: &Value) -> Result<Value, Failure> {
    let body = if method == "POST" {
        body.to_string()
    } else {
        String::new()
    };
    let answer = send(method, url, "application/json", &body).await?;
    let value: Value = serde_json::from_str(&answer.body)?;
    if answer.status == 200 {
        Ok(value["value"].clone())
    } else {
        Err(format!("chromedriver: {}", value["value"]["message"]).into())
    }
}
