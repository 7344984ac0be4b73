//! Media uploads: the message alone or with its metadata.

use bytes::Bytes;
use http::{StatusCode, header};
use serde_json::{Map, Value};

use super::error;
use super::multipart;
use super::parameter::{self, Global};
use super::resumable;
use crate::operation::Operation;
use crate::sandbox::exchange::{Answer, Request, media_type};
use crate::sandbox::state::State;
use crate::sandbox::table;

/// The content of an upload request.
#[derive(Debug)]
pub(super) enum Received {
    /// The whole message, and the resumable upload to settle.
    Whole(Bytes, Option<String>),
    /// More is needed: an answer that asks for it.
    Part(Answer),
    /// A repeat of an upload that is done: its answer.
    Nothing(Value),
}

/// Reads the message, and adds the metadata to the params.
pub(super) fn receive(
    state: &State,
    request: &Request,
    operation: &'static Operation,
    global: &Global,
    params: &mut Map<String, Value>,
) -> Result<Received, Answer> {
    let limit = table::largest_media(operation).unwrap_or_default();
    let kind = request.media_type();
    match global.upload_type.as_deref() {
        // Gmail looks at the body's type: a message is a message, even when the upload type says otherwise.
        None if !kind.starts_with("multipart/") => whole(request, &kind, limit),
        Some("multipart") if kind.starts_with("message/") => whole(request, &kind, limit),
        Some("media" | "raw") => whole(request, &kind, limit),
        None | Some("multipart") => {
            let media = multipart_media(request, operation, params)?;
            check_size(media.len() as u64, limit)?;
            Ok(Received::Whole(media, None))
        }
        Some("resumable") => match &global.upload_id {
            None => resumable::begin(state, request, operation, params, limit).map(Received::Part),
            Some(id) => resumable::advance(state, request, operation, id, params, limit),
        },
        _ => {
            let message =
                "Invalid value for parameter uploadType: give media, multipart or resumable";
            Err(error::answer(
                StatusCode::BAD_REQUEST,
                "INVALID_ARGUMENT",
                "invalidParameter",
                message,
            ))
        }
    }
}

fn whole(request: &Request, kind: &str, limit: u64) -> Result<Received, Answer> {
    check_type(kind)?;
    check_size(request.body.len() as u64, limit)?;
    Ok(Received::Whole(request.body.clone(), None))
}

fn multipart_media(
    request: &Request,
    operation: &Operation,
    params: &mut Map<String, Value>,
) -> Result<Bytes, Answer> {
    let content_type = request
        .header(header::CONTENT_TYPE.as_str())
        .unwrap_or_default();
    let parts = multipart::boundary(content_type)
        .and_then(|boundary| multipart::parts(&request.body, &boundary))
        .unwrap_or_default();
    let [metadata, media] = parts.as_slice() else {
        return Err(error::bad_request("Malformed multipart body."));
    };
    if !metadata.body.trim_ascii().is_empty() {
        parameter::from_json(operation, metadata.body, params)?;
    }
    let kind = media
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    check_type(&media_type(kind.unwrap_or_default()))?;
    let encoding = media
        .headers
        .get("content-transfer-encoding")
        .and_then(|value| value.to_str().ok());
    if encoding.is_some_and(|encoding| encoding.eq_ignore_ascii_case("base64")) {
        return decode(media.body);
    }
    Ok(request.body.slice_ref(media.body))
}

fn decode(text: &[u8]) -> Result<Bytes, Answer> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let text: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    STANDARD
        .decode(text)
        .map(Bytes::from)
        .map_err(|_| error::bad_request("Malformed base64 in multipart body."))
}

/// Rejects anything but a message.
pub(super) fn check_type(kind: &str) -> Result<(), Answer> {
    if kind.starts_with("message/") {
        return Ok(());
    }
    let message = format!("Media type '{kind}' is not supported. Valid media types: [message/*]");
    Err(error::answer(
        StatusCode::BAD_REQUEST,
        "INVALID_ARGUMENT",
        "badContent",
        &message,
    ))
}

/// The size limit also applies to a message inside JSON.
pub(super) fn check_raw(operation: &Operation, params: &Map<String, Value>) -> Result<(), Answer> {
    let raw = params
        .get("raw")
        .or_else(|| params.get("message")?.get("raw"))
        .and_then(Value::as_str);
    match (raw, table::largest_media(operation)) {
        (Some(raw), Some(limit)) => {
            check_size(raw.trim_end_matches('=').len() as u64 * 3 / 4, limit)
        }
        _ => Ok(()),
    }
}

/// Rejects media larger than the operation's limit.
pub(super) fn check_size(length: u64, limit: u64) -> Result<(), Answer> {
    if length <= limit {
        return Ok(());
    }
    let message = format!("Upload size exceeds the limit of {limit} bytes.");
    Err(error::answer(
        StatusCode::PAYLOAD_TOO_LARGE,
        "INVALID_ARGUMENT",
        "uploadTooLarge",
        &message,
    ))
}
