//! Google's upload protocols: at once, or in pieces that can be taken up again.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use url::Url;

use super::Direct;
use super::direct::Subject;
use super::judge::Answer;
use crate::error::{Error, Kind};
use crate::http::Reply;
use crate::operation::Operation;

/// The type of what is uploaded.
const MESSAGE: HeaderValue = HeaderValue::from_static("message/rfc822");

/// The status by which a piece is acknowledged: "resume incomplete".
const INCOMPLETE: u16 = 308;

/// An upload of one message.
pub(crate) struct Session<'a> {
    direct: &'a Direct,
    subject: Subject,
    address: String,
}

/// An upload in pieces that has begun.
pub(crate) struct Resumable<'a> {
    direct: &'a Direct,
    subject: Subject,
    url: Url,
    size: u64,
    offset: u64,
}

impl<'a> Session<'a> {
    /// An upload to an address that ends in its query.
    pub(crate) fn new(direct: &'a Direct, operation: &'static Operation, address: String) -> Self {
        Self {
            direct,
            subject: Subject::of(operation),
            address,
        }
    }

    /// Sends all bytes in one request.
    pub(crate) async fn send_at_once(&self, metadata: &[u8], bytes: &[u8]) -> Result<Reply, Error> {
        let mut headers = HeaderMap::new();
        let (kind, body) = if metadata.is_empty() {
            headers.insert(header::CONTENT_TYPE, MESSAGE);
            ("media", bytes.to_vec())
        } else {
            let (boundary, body) = related(metadata, bytes);
            let value = HeaderValue::try_from(format!("multipart/related; boundary={boundary}"))
                .map_err(|_| Error::new(Kind::InvalidInput, "the message can't be framed"))?;
            headers.insert(header::CONTENT_TYPE, value);
            ("multipart", body)
        };
        let request = self
            .direct
            .request(Method::POST, &self.typed(kind), headers, body)?;
        self.direct
            .send_about(&self.subject, self.with_method(request))
            .await
    }

    /// Begins an upload in pieces. Nothing is carried out before the last of them is there, so that this may be tried
    /// again.
    pub(crate) async fn begin(self, metadata: &[u8], size: u64) -> Result<Resumable<'a>, Error> {
        let mut headers = HeaderMap::new();
        headers.insert("x-upload-content-type", MESSAGE);
        headers.insert("x-upload-content-length", HeaderValue::from(size));
        if !metadata.is_empty() {
            headers.insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json; charset=UTF-8"),
            );
        }
        let begun = Subject {
            idempotent: true,
            answer: Answer::Location,
            ..self.subject.clone()
        };
        let request = self.direct.request(
            Method::POST,
            &self.typed("resumable"),
            headers,
            metadata.to_vec(),
        )?;
        let reply = self
            .direct
            .send_about(&begun, self.with_method(request))
            .await?;
        let url = reply
            .headers
            .get(header::LOCATION)
            .and_then(|location| location.to_str().ok())
            .and_then(|location| Url::parse(location).ok())
            .ok_or_else(|| self.fail("the service began no upload; try again"))?;
        // The token goes along with each piece, so that it must not be led elsewhere.
        let own =
            Url::parse(&self.direct.base_url).map_err(|_| self.fail("the base url is not one"))?;
        if own.origin() != url.origin() {
            return Err(
                self.fail("the service leads the upload to another host, which is never followed")
            );
        }
        Ok(Resumable {
            direct: self.direct,
            subject: self.subject,
            url,
            size,
            offset: 0,
        })
    }

    fn typed(&self, kind: &str) -> String {
        let separator = if self.address.ends_with('?') { "" } else { "&" };
        format!("{}{separator}uploadType={kind}", self.address)
    }

    /// An update goes by the method of its operation.
    fn with_method(&self, mut request: reqwest::Request) -> reqwest::Request {
        if let Ok(method) = Method::from_bytes(self.subject.method.as_str().as_bytes()) {
            *request.method_mut() = method;
        }
        request
    }

    fn fail(&self, message: &'static str) -> Error {
        Error::new(Kind::InvalidResponse, message).named(self.subject.name.clone())
    }
}

impl Resumable<'_> {
    /// How many bytes are there already.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Sends the piece at the offset; the answer of the whole behind the last one.
    pub(crate) async fn send(&mut self, piece: Bytes) -> Result<Option<Reply>, Error> {
        let end = self.offset + piece.len() as u64;
        let range = format!(
            "bytes {}-{}/{}",
            self.offset,
            end.saturating_sub(1),
            self.size
        );
        // A piece that went astray is not sent again unasked: the offset is asked for first.
        let subject = Subject {
            idempotent: false,
            ..self.subject.clone()
        };
        let reply = self.put(&subject, &range, piece).await?;
        self.advance(reply, end)
    }

    /// Asks how far the upload has come.
    pub(crate) async fn locate(&mut self) -> Result<Option<Reply>, Error> {
        let subject = Subject {
            idempotent: true,
            ..self.subject.clone()
        };
        let range = format!("bytes */{}", self.size);
        let reply = self
            .put(&subject, &range, Bytes::new())
            .await
            .map_err(|error| self.subject.fail(error))?;
        self.advance(reply, 0)
    }

    async fn put(&self, subject: &Subject, range: &str, piece: Bytes) -> Result<Reply, Error> {
        let range = HeaderValue::try_from(range)
            .map_err(|_| Error::new(Kind::InvalidInput, "the piece has no range"))?;
        let mut request = reqwest::Request::new(Method::PUT, self.url.clone());
        request.headers_mut().insert(header::CONTENT_RANGE, range);
        request.headers_mut().insert(header::CONTENT_TYPE, MESSAGE);
        if !piece.is_empty() {
            *request.body_mut() = Some(piece.into());
        }
        self.direct.send_piece(subject, request).await
    }

    fn advance(&mut self, reply: Reply, end: u64) -> Result<Option<Reply>, Error> {
        if reply.status.as_u16() != INCOMPLETE {
            return Ok(Some(reply));
        }
        // `Range: bytes=0-1048575`; without the header nothing is there yet.
        let received = reply
            .headers
            .get(header::RANGE)
            .and_then(|range| range.to_str().ok())
            .and_then(|range| range.rsplit_once('-'))
            .and_then(|(_, last)| last.parse::<u64>().ok())
            .map_or(0, |last| last.saturating_add(1));
        if received > self.size || (end > 0 && received > end) {
            let error = Error::new(
                Kind::InvalidResponse,
                "the service counts more bytes than were sent; send the message again",
            );
            return Err(error.named(self.subject.name.clone()));
        }
        self.offset = received;
        Ok(None)
    }
}

/// Whether a status goes on with an upload in pieces.
pub(super) fn is_incomplete(status: http::StatusCode) -> bool {
    status.as_u16() == INCOMPLETE
}

/// The body of a multipart upload, with a boundary that does not occur in it.
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
