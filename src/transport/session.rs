//! Google's upload protocols: in one request, or in resumable chunks.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use url::Url;

use super::Direct;
use super::call::{Call, Outgoing};
use super::judge::{Answer, INCOMPLETE};
use crate::error::Error;
use crate::http::Reply;
use crate::operation::{Encoded, Operation};

/// The content type of an upload.
const MESSAGE: HeaderValue = HeaderValue::from_static("message/rfc822");

/// An upload of one message.
#[derive(Clone)]
pub(crate) struct Session<'a> {
    direct: &'a Direct,
    operation: &'static Operation,
    call: Call,
    /// The request without the message: its body is the JSON metadata, or empty.
    request: Encoded,
}

/// A resumable upload that has begun.
pub(crate) struct Resumable<'a> {
    direct: &'a Direct,
    call: Call,
    url: Url,
    size: u64,
    offset: u64,
    /// Whether the last chunk may have arrived, which completes the upload.
    may_be_whole: bool,
}

impl<'a> Session<'a> {
    /// An upload with the metadata and parameters of a request.
    pub(crate) fn new(direct: &'a Direct, operation: &'static Operation, request: Encoded) -> Self {
        Self {
            direct,
            operation,
            call: Call::of(operation),
            request,
        }
    }

    /// Sends the message in one request.
    pub(crate) async fn send_at_once(mut self, bytes: Bytes) -> Result<Reply, Error> {
        let (kind, content_type) = if self.request.body.is_empty() {
            self.request.body = bytes;
            ("media", MESSAGE)
        } else {
            let (boundary, body) = related(&self.request.body, &bytes);
            let value = HeaderValue::try_from(format!("multipart/related; boundary={boundary}"))
                .map_err(|_| Error::invalid_input("the message can't be framed"))?;
            self.request.body = body.into();
            ("multipart", value)
        };
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, content_type)]);
        let request = self.outgoing(kind, headers);
        self.direct.send(&self.call, request).await
    }

    /// Begins a resumable upload. Nothing is carried out before the last chunk arrives, so this may be sent again.
    pub(crate) async fn begin(mut self, size: u64) -> Result<Resumable<'a>, Error> {
        let mut headers = HeaderMap::new();
        headers.insert("x-upload-content-type", MESSAGE);
        headers.insert("x-upload-content-length", HeaderValue::from(size));
        if !self.request.body.is_empty() {
            headers.insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json; charset=UTF-8"),
            );
        }
        let begun = Call {
            idempotent: true,
            answer: Answer::Location,
            ..self.call.clone()
        };
        let request = self.outgoing("resumable", headers);
        let reply = self.direct.send(&begun, request).await?;
        let url = reply
            .headers
            .get(header::LOCATION)
            .and_then(|location| location.to_str().ok())
            .and_then(|location| Url::parse(location).ok())
            .ok_or_else(|| self.fail("the service did not start the upload; try again"))?;
        // Each chunk carries the token, so it must not go to another host.
        if self.direct.base_url.origin() != url.origin() {
            return Err(
                self.fail("the service leads the upload to another host, which is never followed")
            );
        }
        Ok(Resumable {
            direct: self.direct,
            call: Call {
                is_piece: true,
                ..self.call
            },
            url,
            size,
            offset: 0,
            may_be_whole: false,
        })
    }

    /// The request for a type of upload, with the operation's own method: an update doesn't use POST.
    fn outgoing(&mut self, kind: &str, headers: HeaderMap) -> Outgoing {
        self.request.query("uploadType", kind);
        Outgoing {
            method: Outgoing::method_of(self.operation),
            address: std::mem::take(&mut self.request.address),
            headers,
            body: std::mem::take(&mut self.request.body),
        }
    }

    fn fail(&self, message: &'static str) -> Error {
        self.call.name(Error::invalid_response(message))
    }
}

impl Resumable<'_> {
    /// The number of bytes already received.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Sends the chunk at the offset; returns the final answer after the last one.
    pub(crate) async fn send(&mut self, piece: Bytes) -> Result<Option<Reply>, Error> {
        let end = self.offset + piece.len() as u64;
        self.may_be_whole = end == self.size;
        let range = format!(
            "bytes {}-{}/{}",
            self.offset,
            end.saturating_sub(1),
            self.size
        );
        // A lost chunk is not resent blindly; the offset is queried first.
        let call = Call {
            idempotent: false,
            ..self.call.clone()
        };
        let reply = self.put(&call, &range, piece).await?;
        self.advance(reply, end)
    }

    /// Queries how far the upload has come.
    pub(crate) async fn locate(&mut self) -> Result<Option<Reply>, Error> {
        let call = Call {
            idempotent: true,
            ..self.call.clone()
        };
        let range = format!("bytes */{}", self.size);
        let reply = self
            .put(&call, &range, Bytes::new())
            .await
            .map_err(|error| self.call.fail(error))?;
        self.advance(reply, 0)
    }

    /// Whether the error says that the service has forgotten the upload. Nothing was carried out, so it can start anew.
    pub(crate) fn is_lost(&self, error: &Error) -> bool {
        matches!(error.status(), Some(404 | 410)) && !self.may_be_whole
    }

    /// The error for an upload that makes no progress.
    pub(crate) fn stuck(&self) -> Error {
        self.end("the service accepts no more of the message; send it again later")
    }

    /// The error for an upload that the service ended; if the whole message may have arrived, the outcome is unknown.
    pub(crate) fn end(&self, message: &'static str) -> Error {
        let error = Error::invalid_response(message);
        if self.may_be_whole {
            self.call.fail(error)
        } else {
            self.call.name(error)
        }
    }

    async fn put(&self, call: &Call, range: &str, piece: Bytes) -> Result<Reply, Error> {
        let range = HeaderValue::try_from(range)
            .map_err(|_| Error::invalid_input("the piece has no range"))?;
        let request = Outgoing {
            method: Method::PUT,
            address: self.url.as_str().to_owned(),
            headers: HeaderMap::from_iter([
                (header::CONTENT_RANGE, range),
                (header::CONTENT_TYPE, MESSAGE),
            ]),
            body: piece,
        };
        self.direct.send(call, request).await
    }

    fn advance(&mut self, reply: Reply, end: u64) -> Result<Option<Reply>, Error> {
        if reply.status.as_u16() != INCOMPLETE {
            if !self.may_be_whole {
                // The service took a part of the message for the whole.
                return Err(self.call.fail(Error::invalid_response("the service ended the upload before the whole message was sent; look at what it stored",
                )));
            }
            return Ok(Some(reply));
        }
        // `Range: bytes=0-1048575`. Without the header, nothing has been received; a range with another start is
        // useless.
        let received = reply
            .headers
            .get(header::RANGE)
            .and_then(|range| range.to_str().ok())
            .and_then(|range| range.trim().trim_start_matches("bytes=").strip_prefix("0-"))
            .and_then(|last| last.parse::<u64>().ok())
            .map_or(0, |last| last.saturating_add(1));
        if received > self.size || (end > 0 && received > end) {
            let error = Error::invalid_response(
                "the service counts more bytes than were sent; send the message again",
            );
            return Err(self.call.name(error));
        }
        self.offset = received;
        self.may_be_whole = received == self.size;
        Ok(None)
    }
}

/// The body of a multipart upload, with a boundary that doesn't occur in it.
fn related(metadata: &[u8], bytes: &[u8]) -> (String, Vec<u8>) {
    let mut boundary = "message-boundary".to_owned();
    while memchr::memmem::find(bytes, boundary.as_bytes()).is_some() {
        boundary.push_str(&format!("-{}", boundary.len()));
    }
    let mut body = Vec::with_capacity(metadata.len() + bytes.len() + 256);
    body.extend_from_slice(
        format!("--{boundary}\r\ncontent-type: application/json; charset=UTF-8\r\n\r\n").as_bytes(),
    );
    body.extend_from_slice(metadata);
    body.extend_from_slice(
        format!("\r\n--{boundary}\r\ncontent-type: message/rfc822\r\n\r\n").as_bytes(),
    );
    body.extend_from_slice(bytes);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (boundary, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boundary_occurs_nowhere_in_the_message() {
        let (boundary, body) = related(b"{}", b"a message-boundary and a message-boundary-16");
        let text = String::from_utf8_lossy(&body).into_owned();
        assert_eq!(text.matches(&format!("--{boundary}")).count(), 3);
    }
}
