//! Media upload: a message as bytes or from a file, separate from the request's JSON.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use crate::error::Error;
use crate::http::Reply;
use crate::operation::{self, Encoded, MediaUpload, Operation};
use crate::transport::{Call, Session, Transport};

/// Messages up to this size go in one request. Google recommends the resumable protocol above 5 MB.
/// <https://developers.google.com/gmail/api/guides/uploads>
const ONE_REQUEST: u64 = 5 * 1024 * 1024;

/// The size of a chunk in a resumable upload. The protocol requires a multiple of 256 KiB. One chunk of a file is in
/// memory at a time.
const PIECE: usize = 8 * 1024 * 1024;

/// How often an upload recovers from a failed or stalled chunk before it gives up.
const RESUMPTIONS: u32 = 5;

/// How many sessions an upload starts if the service forgets them.
const SESSIONS: u32 = 3;

/// A message to upload: bytes, or a file read in chunks.
///
/// ```
/// use airbyte_agent_gmail::upload::Media;
///
/// let media = Media::from(b"To: support@example.com\r\n\r\nText\r\n".to_vec());
/// let from_file = Media::from_path("message.eml");
/// # let _ = (media, from_file);
/// ```
#[derive(Clone)]
pub struct Media(Source);

#[derive(Clone)]
enum Source {
    Bytes(Bytes),
    File(PathBuf),
}

impl Media {
    /// The content of a file, read while it is sent.
    pub fn from_path(path: impl AsRef<Path>) -> Self {
        Self(Source::File(path.as_ref().to_owned()))
    }

    async fn size(&self) -> std::io::Result<u64> {
        match &self.0 {
            Source::Bytes(bytes) => Ok(bytes.len() as u64),
            Source::File(path) => Ok(tokio::fs::metadata(path).await?.len()),
        }
    }

    async fn piece(&self, offset: u64, length: usize) -> std::io::Result<Bytes> {
        match &self.0 {
            Source::Bytes(bytes) => {
                let start = usize::try_from(offset)
                    .unwrap_or(usize::MAX)
                    .min(bytes.len());
                let end = start.saturating_add(length).min(bytes.len());
                Ok(bytes.slice(start..end))
            }
            Source::File(path) => {
                let mut file = tokio::fs::File::open(path).await?;
                file.seek(std::io::SeekFrom::Start(offset)).await?;
                let mut piece = Vec::with_capacity(length.min(PIECE));
                file.take(length as u64).read_to_end(&mut piece).await?;
                Ok(Bytes::from(piece))
            }
        }
    }
}

impl From<Vec<u8>> for Media {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(Bytes::from(bytes))
    }
}

impl From<Bytes> for Media {
    fn from(bytes: Bytes) -> Self {
        Self(Source::Bytes(bytes))
    }
}

impl fmt::Debug for Media {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match &self.0 {
            Source::Bytes(_) => "bytes",
            Source::File(_) => "file",
        };
        formatter.debug_tuple("Media").field(&source).finish()
    }
}

/// An upload that has not been sent; the `…_media` calls create one.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
/// # let gmail = sandbox.open_source()?;
/// use serde_json::json;
///
/// let mail = b"From: support@example.com\r\nSubject: Old\r\n\r\nText\r\n".to_vec();
/// let message = gmail
///     .messages()
///     .insert_media(mail)
///     .params(json!({"labelIds": ["INBOX"], "internalDateSource": "dateHeader"}))
///     .await?;
/// assert_eq!(message.label_ids, ["INBOX"]);
/// # Ok(())
/// # }
/// ```
#[must_use = "an upload does nothing until it is sent"]
pub struct Upload<T> {
    transport: Transport,
    operation: &'static Operation,
    media: Media,
    params: Value,
    response: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Upload<T> {
    pub(crate) fn new(transport: Transport, operation: &'static Operation, media: Media) -> Self {
        Self {
            transport,
            operation,
            media,
            params: Value::Object(Map::new()),
            response: PhantomData,
        }
    }

    /// Adds a param that the call takes as an argument.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        if let Value::Object(params) = &mut self.params {
            params.insert(name.to_owned(), Value::String(value.into()));
        }
        self
    }

    /// The operation's other params, by their names on the wire.
    pub fn params(mut self, params: impl Into<Value>) -> Self {
        match (&mut self.params, params.into()) {
            (Value::Object(own), Value::Object(more)) => own.extend(more),
            (own, more) => *own = more,
        }
        self
    }

    /// Sends the message, a small one in one request, a large one in chunks.
    ///
    /// An interrupted chunk resumes where it stopped, so the message arrives once.
    ///
    /// # Errors
    ///
    /// [`is_unsupported`](Error::is_unsupported) in hosted mode, [`is_invalid_input`](Error::is_invalid_input) for an
    /// unreadable file, too many bytes or bad params, and whatever the service answers.
    pub async fn send(self) -> Result<T, Error> {
        let operation = self.operation;
        let reply = self.sent().await.map_err(|error| error.of(operation))?;
        serde_json::from_slice(&reply.body)
            .map_err(|error| Call::of(operation).fail(Error::undecodable(&error)))
    }

    async fn sent(self) -> Result<Reply, Error> {
        let direct = self.transport.as_direct().ok_or_else(|| {
            Error::unsupported(
                "airbyte does not take uploads; use open-source mode, or send the message in the params",
            )
        })?;
        let upload = self.operation.media_upload.as_ref();
        let upload =
            upload.ok_or_else(|| Error::unsupported("the operation does not take uploads"))?;
        let size = self.media.size().await.map_err(unreadable)?;
        if size > upload.max_size {
            let limit = upload.max_size >> 20;
            return Err(Error::invalid_input(format!(
                "the message is larger than {limit} MiB; send less, or share large files by a link"
            )));
        }
        let request = request(self.operation, upload, self.params)?;
        let session = Session::new(direct, self.operation, request);
        if size > ONE_REQUEST {
            return in_pieces(&self.media, &session, size).await;
        }
        let bytes = self.media.piece(0, PIECE).await.map_err(unreadable)?;
        session.send_at_once(bytes).await
    }
}

/// Sends a message in chunks, each from the offset that the service reports.
async fn in_pieces(media: &Media, session: &Session<'_>, size: u64) -> Result<Reply, Error> {
    let mut sessions = 0;
    'session: loop {
        sessions += 1;
        let mut resumable = session.clone().begin(size).await?;
        let (mut resumptions, mut stalls, mut furthest) = (0, 0, 0);
        loop {
            let offset = resumable.offset();
            let piece = media.piece(offset, PIECE).await.map_err(unreadable)?;
            if piece.is_empty() && offset < size {
                return Err(Error::invalid_input(
                    "the file became shorter while it was being sent; send it again",
                ));
            }
            let sent = if piece.is_empty() {
                // All bytes are there, but the service has not sent its response.
                resumable.locate().await
            } else {
                match resumable.send(piece).await {
                    Err(error) if error.is_transient() && resumptions < RESUMPTIONS => {
                        resumptions += 1;
                        resumable.locate().await
                    }
                    sent => sent,
                }
            };
            match sent {
                Ok(Some(reply)) => return Ok(reply),
                Ok(None) if resumable.offset() > furthest => {
                    (furthest, stalls) = (resumable.offset(), 0);
                }
                Ok(None) => {
                    stalls += 1;
                    if stalls > RESUMPTIONS {
                        return Err(resumable.stuck());
                    }
                }
                Err(error) if resumable.is_lost(&error) => {
                    if sessions >= SESSIONS {
                        let lost =
                            "the service forgot the upload several times; send it again later";
                        return Err(resumable.end(lost).caused_by(error));
                    }
                    continue 'session;
                }
                Err(error) if matches!(error.status(), Some(404 | 410)) => {
                    let lost = "the service forgot the upload after its last byte";
                    return Err(resumable.end(lost).caused_by(error));
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl<T: DeserializeOwned + 'static> IntoFuture for Upload<T> {
    type Output = Result<T, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

debug!(Upload<T>, self => operation: self.operation.id);

/// The request of an upload. Its body is the JSON that goes with the bytes.
fn request(
    operation: &'static Operation,
    upload: &MediaUpload,
    params: Value,
) -> Result<Encoded, Error> {
    let mut params = operation::params(params)?;
    // The table lists the bytes as a required field. Add it for the check and remove it from the request.
    put(&mut params, upload.field, Some(json!("")));
    let mut params = operation.accept(params.into())?;
    put(&mut params, upload.field, None);
    let mut request = operation.write_to(upload.path, &params)?;
    if request.body == "{}" {
        request.body = Bytes::new();
    }
    Ok(request)
}

/// Sets or removes a dotted field.
fn put(params: &mut Map<String, Value>, field: &str, value: Option<Value>) {
    match field.split_once('.') {
        Some((outer, inner)) => {
            let outer = params.entry(outer).or_insert_with(|| json!({}));
            if let Value::Object(outer) = outer {
                put(outer, inner, value);
            }
        }
        None => match value {
            Some(value) => {
                params.insert(field.to_owned(), value);
            }
            None => {
                params.remove(field);
            }
        },
    }
}

/// Leaves out the path: the caller knows it, and errors end up in logs.
fn unreadable(error: std::io::Error) -> Error {
    Error::invalid_input(format!(
        "the file can't be read ({}); check that it is there",
        error.kind()
    ))
}
