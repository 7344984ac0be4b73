//! The Gmail API over HTTP, in front of the mailbox.

mod batch;
mod discovery;
pub(crate) mod error;
mod multipart;
mod parameter;
mod partial_response;
mod resumable;
mod route;
mod upload;

use bytes::Bytes;
use http::{Method, StatusCode, header};
use serde_json::Value;

use super::exchange::{Answer, Request};
use super::google::bearer;
use super::log::RequestRecord;
use super::mailbox::Refusal;
use super::quota;
use super::state::{State, lock};

use parameter::Global;
use route::Route;

pub(crate) use resumable::UploadSessions;

/// The intended request, when a client sends a long query as the body of a POST.
pub(crate) fn overridden(mut request: Request) -> Request {
    let method = request
        .header(METHOD_OVERRIDE)
        .and_then(|method| Method::from_bytes(method.as_bytes()).ok());
    let Some(method) = method.filter(|_| request.method == Method::POST) else {
        return request;
    };
    request.method = method;
    if request.method == Method::GET
        && request.media_type() == "application/x-www-form-urlencoded"
        && let Ok(query) = String::from_utf8(request.body.to_vec())
    {
        request.query = Some(query);
        request.body = Bytes::new();
    }
    request
}

const METHOD_OVERRIDE: &str = "x-http-method-override";
const FIELD_MASK: &str = "x-goog-fieldmask";

/// Names the operation of a request.
pub(crate) fn describe(state: &State, request: &Request, record: &mut RequestRecord) {
    if batch::is_batch(&request.path) {
        record.operation = "batch".to_owned();
    } else if discovery::is_discovery(&request.path) {
        record.operation = "discovery".to_owned();
    } else if let Route::Found(found) = route::find(state, request) {
        record.operation = found.operation.id.to_owned();
    }
}

/// Answers one request.
pub(crate) fn answer(state: &State, request: &Request, record: &mut RequestRecord) -> Answer {
    let sends = [Method::POST, Method::PUT, Method::PATCH].contains(&request.method);
    let measured = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING]
        .iter()
        .any(|name| request.headers.contains_key(name));
    if sends && !measured {
        // Google's front end rejects a body of unknown length, even an empty one.
        return error::page(
            StatusCode::LENGTH_REQUIRED,
            "POST requests require a Content-length header.",
        );
    }
    if batch::is_batch(&request.path) {
        return batch::answer(state, request);
    }
    if discovery::is_discovery(&request.path) {
        return discovery::answer(state, request);
    }
    let answer = operate(state, request, record).unwrap_or_else(|refusal| refusal);
    let answer = answer
        .with_header(header::VARY, "Origin, X-Origin, Referer")
        .with_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .with_header(header::SERVER, "ESF");
    if answer.headers.contains_key(header::CACHE_CONTROL) {
        answer
    } else {
        answer.with_header(header::CACHE_CONTROL, "private")
    }
}

fn operate(state: &State, request: &Request, record: &mut RequestRecord) -> Result<Answer, Answer> {
    let found = match route::find(state, request) {
        Route::Found(found) => found,
        Route::OtherMethod(allowed) => {
            let text = "The request method is inappropriate for this URL.";
            return Err(error::page(StatusCode::METHOD_NOT_ALLOWED, text)
                .with_header(header::ALLOW, &allowed));
        }
        Route::Nothing => {
            let text = "The requested URL was not found on this server.";
            return Err(error::page(StatusCode::NOT_FOUND, text));
        }
    };
    let operation = found.operation;
    let valid = bearer::authorise(state, request, operation, record)?;
    if found.foreign_user.is_some() {
        return Err(error::delegation_denied(
            found.foreign_user.as_deref().unwrap_or_default(),
        ));
    }
    quota::check(state, operation)?;
    let mut pairs = request.query_pairs();
    if let Some(mask) = request.header(FIELD_MASK) {
        // Later values win, so the query takes precedence over the header.
        pairs.insert(0, ("fields".to_owned(), mask.to_owned()));
    }
    let (global, mut params) = parameter::from_query(operation, &pairs)?;
    params.extend(
        found
            .params
            .iter()
            .map(|(name, value)| (name.clone(), Value::from(value.as_str()))),
    );
    if bearer::is_metadata_only(&valid.scopes, operation) {
        parameter::check_metadata_scope(operation, &params)?;
    }

    let outcome = if found.upload {
        match upload::receive(state, request, operation, &global, &mut params)? {
            upload::Received::Whole(media, session) => {
                let outcome = lock(&state.mailbox).call_with_media(operation.id, &params, &media);
                if let Some(id) = session {
                    resumable::settle(state, &id, outcome.as_ref().ok());
                }
                outcome
            }
            upload::Received::Part(answer) => return Ok(answer),
            upload::Received::Nothing(before) => Ok(before),
        }
    } else {
        parameter::from_body(operation, request, &mut params)?;
        upload::check_raw(operation, &params)?;
        lock(&state.mailbox).call(operation.id, &params)
    };
    outcome
        .map(|value| render(&value, &global))
        .map_err(|refusal| refused(&refusal))
}

/// The answer to a request that the mailbox rejects.
fn refused(refusal: &Refusal) -> Answer {
    let status = StatusCode::from_u16(refusal.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    error::with_body(status, &refusal.body())
}

fn render(value: &Value, global: &Global) -> Answer {
    if value.is_null() {
        return Answer::empty(StatusCode::NO_CONTENT);
    }
    let selected = global.fields.as_ref().map(|fields| fields.of(value));
    let shown = selected.as_ref().unwrap_or(value);
    let text = if global.pretty {
        serde_json::to_string_pretty(shown)
    } else {
        serde_json::to_string(shown)
    };
    // Serializing a JSON value cannot fail: its keys are all strings.
    let text = text.unwrap_or_default();
    Answer::empty(StatusCode::OK).with_body("application/json; charset=UTF-8", text + "\n")
}
