//! What is known about a call: its name in errors, its cost, and the shape of its answer.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::{Map, Value};

use super::judge::Answer;
use super::key;
use crate::error::Error;
use crate::http::FirstByte;
use crate::operation::{Encoded, Operation, QuotaUnits};

/// A call of one operation, or of several in a batch.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The name in errors and events.
    pub(crate) name: Cow<'static, str>,
    /// Whether it may be sent twice.
    pub(crate) idempotent: bool,
    /// Whether it needs a token.
    pub(crate) authenticated: bool,
    /// Whether it changes nothing.
    pub(crate) read_only: bool,
    /// The shape of a successful answer.
    pub(crate) answer: Answer,
    /// Whether it uploads a chunk, which the service may answer with "resume incomplete".
    pub(crate) is_piece: bool,
    /// The deadline for the first byte of the answer.
    pub(crate) first_byte: FirstByte,
    /// The id that the answer must have; an answer about something else doesn't count.
    pub(crate) id: Option<String>,
    /// The fields to request, if not all.
    pub(crate) fields: Option<Arc<str>>,
    /// Its cost in quota units.
    pub(crate) quota: QuotaUnits,
}

impl Call {
    /// The call of an operation.
    pub(crate) fn of(operation: &'static Operation) -> Self {
        Self {
            name: Cow::Borrowed(operation.id),
            idempotent: operation.idempotent,
            authenticated: operation.authenticated,
            read_only: operation.read_only,
            answer: Answer::of(operation),
            is_piece: false,
            first_byte: FirstByte::Soon,
            id: None,
            fields: None,
            quota: operation.quota_units,
        }
    }

    /// A call that isn't in the table. It costs no quota, and its answer starts when it is done.
    pub(crate) fn unlisted(name: &'static str, read_only: bool, answer: Answer) -> Self {
        Self {
            name: Cow::Borrowed(name),
            idempotent: read_only,
            authenticated: true,
            read_only,
            answer,
            is_piece: false,
            first_byte: FirstByte::WhenDone,
            id: None,
            fields: None,
            quota: QuotaUnits::NONE,
        }
    }

    /// Sets the id that the answer must have, from the params.
    pub(crate) fn about(mut self, operation: &Operation, params: &Map<String, Value>) -> Self {
        self.id = operation
            .repeated_param()
            .and_then(|name| params.get(name)?.as_str())
            .map(str::to_owned);
        self
    }

    /// Requests only these fields. Every Google method with an answer accepts the parameter.
    pub(super) fn with_fields(mut self, fields: Option<&Arc<str>>) -> Self {
        self.fields = fields
            .filter(|_| !matches!(self.answer, Answer::Nothing))
            .cloned();
        if self.fields.is_some() {
            self = self.partial();
        }
        self
    }

    /// Allows the answer to lack its key, for a choice of fields.
    pub(crate) fn partial(mut self) -> Self {
        self.answer = self.answer.partial();
        self
    }

    /// Checks the answer's id. An email address may differ from the owner's spelling, so it isn't compared.
    pub(super) fn check_id(&self, body: &[u8]) -> Result<(), Error> {
        let Answer::Object { key: Some(key), .. } = self.answer else {
            return Ok(());
        };
        let is_other = self.id.as_ref().is_some_and(|id| {
            !id.contains('@') && !key::names(body, key, |text| text.eq_ignore_ascii_case(id))
        });
        if is_other {
            return Err(self.fail(Error::invalid_response(format!("the service's answer is about another `{key}` than the one asked for; try again, and if \
                         this keeps happening, check any proxy in between"),
            )));
        }
        Ok(())
    }

    /// Marks the outcome as unknown where it is: after a call that must not be sent twice, or, if the answer didn't
    /// come from the service, after any call that changes something.
    pub(crate) fn fail(&self, error: Error) -> Error {
        let unknown = if error.is_invalid_response() {
            !self.read_only
        } else {
            !self.idempotent
        };
        let error = if unknown {
            error.outcome_unknown()
        } else {
            error
        };
        self.name(error)
    }

    /// Names the call in the error.
    pub(super) fn name(&self, error: Error) -> Error {
        error.named(self.name.clone())
    }
}

/// The request of a call, kept while it may have to be sent again, and copied only then.
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    /// A path with its query, relative to the service, or a full URL.
    pub(crate) address: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Outgoing {
    /// The request of an operation.
    pub(crate) fn new(operation: &Operation, request: Encoded) -> Self {
        Self {
            method: Self::method_of(operation),
            address: request.address,
            headers: request.headers,
            body: request.body,
        }
    }

    /// The HTTP method of an operation.
    pub(super) fn method_of(operation: &Operation) -> Method {
        use crate::operation::Method as Own;
        match operation.method {
            Own::Get => Method::GET,
            Own::Post => Method::POST,
            Own::Put => Method::PUT,
            Own::Patch => Method::PATCH,
            Own::Delete => Method::DELETE,
        }
    }
}
