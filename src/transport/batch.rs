//! Google's batch format (multipart/mixed of application/http), as pure functions.
//! <https://developers.google.com/gmail/api/guides/batch>

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::http::Reply;
use crate::operation::{Encoded, Operation};

/// The prefix of part ids.
const ID: &str = "item-";

/// Writes a batch; returns the boundary and the body.
pub(crate) fn write(requests: &[(&'static Operation, Encoded)]) -> (String, Vec<u8>) {
    // No line of JSON or of an encoded URL starts with it.
    let boundary = "batch-boundary".to_owned();
    let mut body = Vec::new();
    for (index, (operation, request)) in requests.iter().enumerate() {
        let head = format!(
            "--{boundary}\r\nContent-Type: application/http\r\nContent-ID: <{ID}{index}>\r\n\r\n{} {} HTTP/1.1\r\n",
            operation.method, request.address
        );
        body.extend_from_slice(head.as_bytes());
        for (name, value) in &request.headers {
            body.extend_from_slice(name.as_str().as_bytes());
            body.extend_from_slice(b": ");
            body.extend_from_slice(value.as_bytes());
            body.extend_from_slice(b"\r\n");
        }
        if !request.body.is_empty() {
            body.extend_from_slice(
                format!("Content-Length: {}\r\n", request.body.len()).as_bytes(),
            );
        }
        body.extend_from_slice(b"\r\n");
        body.extend_from_slice(&request.body);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (boundary, body)
}

/// Reads the answers of a batch, in the order of the requests. A missing answer is `None`; the whole result is `None`
/// if the content type names no boundary.
pub(crate) fn read(content_type: &str, body: &Bytes, count: usize) -> Option<Vec<Option<Reply>>> {
    let boundary = boundary(content_type)?;
    let mut replies: Vec<Option<Reply>> = vec![None; count];
    for part in parts(body, boundary) {
        if let Some((index, reply)) = read_part(&part)
            && let Some(place) = replies.get_mut(index)
        {
            *place = Some(reply);
        }
    }
    Some(replies)
}

fn boundary(content_type: &str) -> Option<&str> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().to_ascii_lowercase().starts_with("multipart/") {
        return None;
    }
    let value = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("boundary")
            .then_some(value.trim())
    })?;
    let value = value.trim_matches('"');
    (!value.is_empty()).then_some(value)
}

/// The parts between boundary lines.
fn parts(body: &Bytes, boundary: &str) -> Vec<Bytes> {
    let delimiter = format!("--{boundary}");
    let mut starts = memchr::memmem::find_iter(body, delimiter.as_bytes())
        .filter(|at| *at == 0 || body.get(at.wrapping_sub(1)) == Some(&b'\n'));
    let mut parts = Vec::new();
    let mut from = starts.next().map(|at| at + delimiter.len());
    while let Some(start) = from {
        let next = starts.next();
        if body
            .get(start..)
            .is_some_and(|rest| rest.starts_with(b"--"))
        {
            break;
        }
        let end = next.unwrap_or(body.len());
        if start <= end {
            parts.push(body.slice(start..end));
        }
        from = next.map(|at| at + delimiter.len());
    }
    parts
}

fn read_part(part: &Bytes) -> Option<(usize, Reply)> {
    // Skip the rest of the boundary line; the part's own headers follow.
    let line = memchr::memchr(b'\n', part)?;
    let (headers, inner) = head(&part.slice(line + 1..));
    let id = headers.get("content-id")?.to_str().ok()?;
    let index = id
        .trim()
        .trim_matches(['<', '>'])
        .rsplit_once(ID)?
        .1
        .parse()
        .ok()?;
    let line = memchr::memchr(b'\n', &inner)?;
    let status_line = String::from_utf8_lossy(inner.get(..line)?).into_owned();
    let status = status_line.split_whitespace().nth(1)?.parse::<u16>().ok()?;
    let (headers, body) = head(&inner.slice(line + 1..));
    // The line break before a boundary belongs to the boundary.
    let length = body
        .strip_suffix(b"\n")
        .map_or(body.as_ref(), |rest| {
            rest.strip_suffix(b"\r").unwrap_or(rest)
        })
        .len();
    Some((
        index,
        Reply {
            status: StatusCode::from_u16(status).ok()?,
            headers,
            body: body.slice(..length),
        },
    ))
}

/// The headers up to the empty line, and the rest. Invalid header lines are skipped.
fn head(bytes: &Bytes) -> (HeaderMap, Bytes) {
    let mut headers = HeaderMap::new();
    let mut rest = bytes.clone();
    while let Some(end) = memchr::memchr(b'\n', &rest) {
        let line = rest.slice(..end);
        rest = rest.slice(end + 1..);
        let line = line.trim_ascii();
        if line.is_empty() {
            break;
        }
        if let Some(colon) = memchr::memchr(b':', line)
            && let (Some(name), Some(value)) = (line.get(..colon), line.get(colon + 1..))
            && let Ok(name) = HeaderName::from_bytes(name)
            && let Ok(value) = HeaderValue::from_bytes(value.trim_ascii())
        {
            headers.append(name, value);
        }
    }
    (headers, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_find_their_requests_in_any_order() {
        let body = "preamble\r\n--b\r\nContent-Type: application/http\r\nContent-ID: <response-item-1>\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n\r\n{\"error\":{}}\r\n--b\r\nContent-Type: application/http\r\nContent-ID: response-item-0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"id\":\"--b is no line\"}\r\n--b--\r\n";
        let replies = read(
            "multipart/mixed; boundary=\"b\"",
            &Bytes::from_static(body.as_bytes()),
            3,
        )
        .unwrap_or_default();
        let shown: Vec<_> = replies
            .iter()
            .map(|reply| {
                reply
                    .as_ref()
                    .map(|reply| (reply.status.as_u16(), reply.body.clone()))
            })
            .collect();
        assert_eq!(
            shown,
            [
                Some((200, Bytes::from_static(b"{\"id\":\"--b is no line\"}"))),
                Some((404, Bytes::from_static(b"{\"error\":{}}"))),
                None
            ]
        );
    }

    #[test]
    fn what_is_no_batch_is_none() {
        for kind in [
            "",
            "text/html; boundary=b",
            "multipart/mixed",
            "multipart/mixed; boundary=",
        ] {
            assert!(
                read(kind, &Bytes::from_static(b"--b"), 1).is_none(),
                "{kind}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300), cut in 0_usize..400) {
            let good = b"--b\r\nContent-ID: <response-item-0>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{}\r\n--b--";
            let mut mixed = good.get(..cut.min(good.len())).unwrap_or_default().to_vec();
            mixed.extend_from_slice(&body);
            proptest::prop_assert!(read("multipart/mixed; boundary=b", &Bytes::from(mixed), 1).is_some());
        }
    }
}
