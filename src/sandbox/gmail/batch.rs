//! The batch endpoint: up to a hundred requests in one `multipart/mixed` body.

use bytes::Bytes;
use http::{Method, StatusCode, header};

use super::{error, multipart, operate, overridden, route};
use crate::sandbox::exchange::{Answer, Request};
use crate::sandbox::log::{RequestRecord, Service};
use crate::sandbox::random;
use crate::sandbox::state::{State, lock};

/// The most requests in one batch.
const LARGEST: usize = 100;

/// Whether a path is the batch endpoint's.
pub(super) fn is_batch(path: &str) -> bool {
    ["/batch", "/batch/gmail/v1"].contains(&path)
}

/// Answers a batch: each inner request as if sent alone, in order.
pub(super) fn answer(state: &State, request: &Request) -> Answer {
    if request.method != Method::POST {
        let text = "The request method is inappropriate for this URL.";
        return error::page(StatusCode::METHOD_NOT_ALLOWED, text)
            .with_header(header::ALLOW, "POST");
    }
    let content_type = request
        .header(header::CONTENT_TYPE.as_str())
        .unwrap_or_default();
    let Some(boundary) = multipart::boundary(content_type) else {
        return error::bad_request(
            "Failed to parse batch request, error: 0 items. Received batch body: no multipart boundary.",
        );
    };
    let parts = match multipart::parts(&request.body, &boundary) {
        Some(parts) if !parts.is_empty() => parts,
        _ => return error::bad_request("Failed to parse batch request, error: 0 items."),
    };
    if parts.len() > LARGEST {
        return error::bad_request(
            "The batch request could not be processed: Inner request count exceeds the limit: 100.",
        );
    }
    let boundary = format!("batch_{}", random::token("answers"));
    let mut body = Vec::new();
    for part in &parts {
        let answer = match inner(request, part) {
            Some(inner) => single(state, &overridden(inner)),
            None => error::bad_request("Failed to parse inner request."),
        };
        body.extend_from_slice(
            format!("--{boundary}\r\nContent-Type: application/http\r\n").as_bytes(),
        );
        if let Some(id) = part
            .headers
            .get("content-id")
            .and_then(|id| id.to_str().ok())
        {
            body.extend_from_slice(format!("Content-ID: {}\r\n", response_id(id)).as_bytes());
        }
        body.extend_from_slice(b"\r\n");
        write(&answer, &mut body);
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Answer::empty(StatusCode::OK)
        .with_body(&format!("multipart/mixed; boundary={boundary}"), body)
        .with_header(header::CACHE_CONTROL, "private")
        .with_header(header::VARY, "Origin, X-Origin, Referer")
}

fn single(state: &State, request: &Request) -> Answer {
    let mut record = RequestRecord::new(
        Service::Gmail,
        request.method.as_str(),
        &request.path,
        request.query.as_deref(),
    );
    let found = match route::find(state, request) {
        route::Route::Found(found) if !found.upload => Some(found),
        _ => None,
    };
    if let Some(found) = &found {
        record.operation = found.operation.id.to_owned();
    }
    let number = state.log.begin(record.clone());
    let fault = lock(&state.faults).take_answer(Service::Gmail, &record.operation);
    let answer = match (fault, found) {
        (Some(answer), _) => answer,
        // A batch can contain neither uploads nor another batch.
        (None, None) => error::generic(StatusCode::NOT_FOUND),
        (None, Some(_)) => operate(state, request, &mut record).unwrap_or_else(|refusal| refusal),
    };
    record.status = Some(answer.status.as_u16());
    state.log.finish(number, record);
    answer
}

/// The request in a part: request line, headers and body.
fn inner(outer: &Request, part: &multipart::Part<'_>) -> Option<Request> {
    let content_type = part.headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    if crate::sandbox::exchange::media_type(content_type) != "application/http" {
        return None;
    }
    let text = part.body.trim_ascii_start();
    let end = text
        .iter()
        .position(|&byte| byte == b'\n')
        .unwrap_or(text.len());
    let (line, rest) = text.split_at(end);
    let mut words = std::str::from_utf8(line).ok()?.split_ascii_whitespace();
    let method = Method::from_bytes(words.next()?.as_bytes()).ok()?;
    let target = words.next()?;
    // Google's Java client sends absolute URLs; the host is the batch's own in any case.
    let target = match target.split_once("://") {
        Some((_, rest)) if !target.starts_with('/') => rest.get(rest.find('/')?..)?,
        _ => target,
    };
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (target, None),
    };
    let content = multipart::part(rest.strip_prefix(b"\n").unwrap_or(rest))?;
    let mut headers = content.headers;
    // The outer request's authorization applies to inner requests without their own.
    if !headers.contains_key(header::AUTHORIZATION)
        && let Some(value) = outer.headers.get(header::AUTHORIZATION)
    {
        headers.insert(header::AUTHORIZATION, value.clone());
    }
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let body = match length {
        Some(length) => content.body.get(..length).unwrap_or(content.body),
        None => content.body.trim_ascii(),
    };
    Some(Request {
        method,
        path: path.to_owned(),
        query,
        headers,
        body: Bytes::copy_from_slice(body),
    })
}

/// `<id>` becomes `<response-id>`.
fn response_id(id: &str) -> String {
    match id.trim().strip_prefix('<') {
        Some(rest) => format!("<response-{rest}"),
        None => format!("response-{}", id.trim()),
    }
}

fn write(answer: &Answer, into: &mut Vec<u8>) {
    let reason = answer.status.canonical_reason().unwrap_or_default();
    into.extend_from_slice(format!("HTTP/1.1 {} {reason}\r\n", answer.status.as_u16()).as_bytes());
    for (name, value) in answer.headers.iter() {
        into.extend_from_slice(name.as_str().as_bytes());
        into.extend_from_slice(b": ");
        into.extend_from_slice(value.as_bytes());
        into.extend_from_slice(b"\r\n");
    }
    into.extend_from_slice(format!("Content-Length: {}\r\n\r\n", answer.body.len()).as_bytes());
    into.extend_from_slice(&answer.body);
    into.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_requests_are_read() {
        let outer = Request {
            method: Method::POST,
            path: "/batch".to_owned(),
            query: None,
            headers: [(header::AUTHORIZATION, "Bearer outer".parse().unwrap())]
                .into_iter()
                .collect(),
            body: Bytes::new(),
        };
        let text = b"Content-Type: application/http\n\nPOST /a/b?c=d HTTP/1.1\nContent-Type: application/json\n\n{\"e\": 1}\n";
        let request = inner(&outer, &multipart::part(text).unwrap()).unwrap();
        assert_eq!(
            (request.method.as_str(), request.path.as_str()),
            ("POST", "/a/b")
        );
        assert_eq!(request.query.as_deref(), Some("c=d"));
        assert_eq!(request.body.as_ref(), b"{\"e\": 1}");
        assert_eq!(request.bearer(), Some("outer"));
        let own =
            b"Content-Type: application/http\r\n\r\nGET /a\r\nAuthorization: Bearer inner\r\n\r\n";
        let request = inner(&outer, &multipart::part(own).unwrap()).unwrap();
        assert_eq!((request.bearer(), request.body.len()), (Some("inner"), 0));
    }

    #[test]
    fn content_ids_are_marked_as_answers() {
        assert_eq!(response_id("<abc + 1>"), "<response-abc + 1>");
        assert_eq!(response_id("item1"), "response-item1");
    }
}
