//! What counts as a success: one rule for every operation, as a pure function of the expected answer, the status, the
//! content type and the body. The page `guide::answers` has it as a table.

use http::{HeaderMap, StatusCode, header};

use super::call::Call;
use super::key;
use super::retry::Outcome;
use super::surrogate;
use crate::error::Error;
use crate::http::{Failure, Reply};
use crate::operation::Operation;

/// The status that acknowledges a chunk of an upload: "resume incomplete".
pub(super) const INCOMPLETE: u16 = 308;

/// The shape of a successful answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    /// Nothing: status 204, an empty body or `{}`.
    Nothing,
    /// A JSON object.
    Object {
        /// The field that every object of this kind has.
        key: Option<&'static str>,
        /// The fields of this kind. Without a key, the object is `{}` or has at least one of them.
        fields: &'static [&'static str],
    },
    /// The result of a connector's action that this crate doesn't know.
    Anything,
    /// A list that is never omitted: a JSON object with a list under this key.
    Whole(&'static str),
    /// A page of a list: a JSON object that is `{}` or has at least one of these fields.
    List(&'static [&'static str]),
    /// The parts of a batch, each of which is judged on its own.
    Parts,
    /// The URL of an upload, in a header.
    Location,
}

impl Answer {
    /// The answer of an operation.
    pub(crate) fn of(operation: &Operation) -> Self {
        let fields = operation.response_fields;
        match operation.records {
            _ if !operation.has_response => Self::Nothing,
            _ if operation.response_list.is_some() => {
                Self::Whole(operation.response_list.unwrap_or_default())
            }
            Some(_) => Self::List(fields),
            None => Self::Object {
                key: operation.response_key,
                fields,
            },
        }
    }

    /// The same, without the key, which a choice of fields can leave out.
    pub(crate) fn partial(self) -> Self {
        match self {
            Self::Object { fields, .. } => Self::Object { key: None, fields },
            other => other,
        }
    }
}

/// Judges an exchange: a success, or an error and whether to send again.
pub(super) fn exchange(
    call: &Call,
    result: Result<Reply, Failure>,
) -> Result<Reply, (Outcome, Error)> {
    let failure = match result {
        Ok(answer) => return reply(call, answer),
        Err(failure) => failure,
    };
    let (outcome, is_sent) = match &failure {
        Failure::NotSent(_, cause) if cause.passes => (Outcome::NotCarriedOut, false),
        Failure::NotSent(..) | Failure::NotMade(_) => (Outcome::Final, false),
        Failure::TooLarge(_) | Failure::Redirected => (Outcome::Final, true),
        Failure::TimedOut(_) | Failure::Broken(_) | Failure::Damaged(_) => (Outcome::Unclear, true),
    };
    let error = Error::from(failure);
    Err(if is_sent {
        (outcome, call.fail(error))
    } else {
        (outcome, call.name(error))
    })
}

/// Judges an answer: a success, or an error and whether to send again.
fn reply(call: &Call, reply: Reply) -> Result<Reply, (Outcome, Error)> {
    if call.is_piece && reply.status.as_u16() == INCOMPLETE {
        return Ok(reply);
    }
    if !reply.status.is_success() {
        return Err(refusal(call, &reply));
    }
    success(call.answer, reply.status, &reply.headers, &reply.body)
        .map_err(|(outcome, error)| (outcome, call.fail(error)))?;
    call.check_id(&reply.body)
        .map_err(|error| (Outcome::Unclear, error))?;
    Ok(Reply {
        body: match call.answer {
            Answer::Object { .. } | Answer::List(_) | Answer::Whole(_) | Answer::Anything => {
                surrogate::without_halves(reply.body)
            }
            _ => reply.body,
        },
        ..reply
    })
}

/// Judges a part of a batch as a separate answer.
pub(crate) fn part(call: &Call, part: Reply) -> Result<Reply, Error> {
    reply(call, part).map_err(|(_, error)| error)
}

/// Judges the result inside Airbyte's answer by the same rule; an empty answer becomes `null`.
pub(super) fn result(call: &Call, result: &str) -> Result<(), Error> {
    let is_taken = match call.answer {
        Answer::Nothing => matches!(result, "null" | "\"\""),
        // An object could be an error.
        Answer::Anything => !result.starts_with('{'),
        Answer::List(_) => result.starts_with('['),
        _ => false,
    };
    if is_taken {
        return Ok(());
    }
    body(call.answer, &HeaderMap::new(), result.as_bytes())
        .map_err(|(_, error)| call.fail(error))?;
    call.check_id(result.as_bytes())
}

/// The meaning of an error status.
fn refusal(call: &Call, reply: &Reply) -> (Outcome, Error) {
    let error = Error::from_response(reply.status.as_u16(), &reply.headers, &reply.body);
    let status = error.status().unwrap_or(reply.status.as_u16());
    let named = |error: Error| call.name(error);
    match status {
        _ if error.is_rate_limited() => (Outcome::NotCarriedOut, named(error)),
        _ if passes(status) => (Outcome::Unclear, call.fail(error)),
        // The answer is not the service's, so nothing is known.
        _ if error.is_invalid_response() => (Outcome::Final, call.fail(error)),
        // The server doesn't support the request, so it has not carried it out.
        501 | 505 => (Outcome::Final, named(error)),
        500.. => (Outcome::Final, call.fail(error)),
        _ => (Outcome::Final, named(error)),
    }
}

/// Checks that an answer with a success status is a success.
fn success(
    answer: Answer,
    status: StatusCode,
    headers: &HeaderMap,
    content: &[u8],
) -> Result<(), (Outcome, Error)> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    match answer {
        Answer::Nothing if status == StatusCode::NO_CONTENT => Ok(()),
        Answer::Nothing => body(answer, headers, content),
        Answer::Object { .. } | Answer::List(_) | Answer::Whole(_) | Answer::Anything
            if !may_be_json(kind) =>
        {
            unclear("the service's answer is not json; check the base url and any proxy in between")
        }
        Answer::Object { .. } | Answer::List(_) | Answer::Whole(_) | Answer::Anything => {
            body(answer, headers, content)
        }
        Answer::Parts if is_kind(kind, "multipart/") => Ok(()),
        Answer::Location if headers.contains_key(header::LOCATION) => Ok(()),
        Answer::Parts | Answer::Location => {
            error_inside(headers, content)?;
            unclear(
                "the service's answer is not of the kind that was asked for; check the base url and any proxy in between",
            )
        }
    }
}

/// Checks that a body is a success.
fn body(answer: Answer, headers: &HeaderMap, content: &[u8]) -> Result<(), (Outcome, Error)> {
    let content = content.trim_ascii();
    let inside = content
        .strip_prefix(b"{")
        .and_then(|rest| rest.strip_suffix(b"}"));
    let is_blank = inside.is_some_and(|inside| inside.trim_ascii().is_empty());
    let (key, fields) = match answer {
        Answer::Nothing if content.is_empty() || is_blank => return Ok(()),
        Answer::Nothing => {
            error_inside(headers, content)?;
            return unclear(
                "the service answered with text where a success has no body; check the base url and any proxy in between",
            );
        }
        Answer::Object { key, fields } => (key, fields),
        Answer::List(fields) => (None, fields),
        Answer::Whole(_) | Answer::Anything => (None, [].as_slice()),
        Answer::Parts | Answer::Location => return Ok(()),
    };
    // A truncated or foreign answer is seldom a whole object.
    if inside.is_none() {
        return unclear(
            "the service's answer is not a whole json object; try again, and if this keeps happening, check any \
             proxy in between",
        );
    }
    if !fields.contains(&"error") {
        error_inside(headers, content)?;
    }
    if let Answer::Whole(list) = answer
        && !key::has_list(content, list)
    {
        return unclear(format!(
            "the service's answer has no list `{list}`, which every such answer has; check the base url and any proxy in between"
        ));
    }
    match key {
        Some(key) if !key::is_in(content, key) => unclear(format!(
            "the service's answer has no `{key}`, which every such answer has; check the base url and any proxy in between"
        )),
        None if !is_blank && !fields.is_empty() && !key::has_any(content, fields) => unclear(
            "the service's answer has none of the fields it should have; check the base url and any proxy in between",
        ),
        _ => Ok(()),
    }
}

fn unclear(message: impl Into<std::borrow::Cow<'static, str>>) -> Result<(), (Outcome, Error)> {
    Err((Outcome::Unclear, Error::invalid_response(message)))
}

/// Longer bodies aren't errors, and searching a large message for one would take a sixth of the time to read it.
const LONGEST_ERROR: usize = 256 * 1024;

/// Finds an error under a success status, which some gateways let through.
fn error_inside(headers: &HeaderMap, content: &[u8]) -> Result<(), (Outcome, Error)> {
    if content.len() > LONGEST_ERROR || !key::has_error(content) {
        return Ok(());
    }
    let Ok(answer) = serde_json::from_slice::<serde_json::Value>(content) else {
        return Ok(());
    };
    let status = answer["error"]["code"]
        .as_u64()
        .and_then(|code| u16::try_from(code).ok())
        .filter(|code| (400..600).contains(code))
        .unwrap_or(500);
    let error = Error::from_response(status, headers, content);
    let outcome = if error.is_rate_limited() || passes(status) {
        Outcome::Unclear
    } else {
        Outcome::Final
    };
    Err((outcome, error))
}

/// Whether a content type is JSON, or says nothing about the content. In the latter case the body must be a JSON object
/// with a field of its kind. A web page never passes.
fn may_be_json(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let is_json = kind
        .get(kind.len().saturating_sub(4)..)
        .is_some_and(|end| end.eq_ignore_ascii_case("json"));
    is_json
        || ["", "text/plain", "application/octet-stream"]
            .iter()
            .any(|other| kind.eq_ignore_ascii_case(other))
}

/// Whether a content type starts with `start`.
fn is_kind(kind: &str, start: &str) -> bool {
    kind.trim_start()
        .get(..start.len())
        .is_some_and(|kind| kind.eq_ignore_ascii_case(start))
}

/// Whether a status may be temporary. 520 and above come from the front end of Airbyte, when it got no valid answer
/// from its backend.
fn passes(status: u16) -> bool {
    matches!(status, 408 | 500 | 502..=504 | 520..=530)
}
