//! What is known of a call: how errors name it, what it costs, and what its answer looks like.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::{Map, Value};

use super::judge::Answer;
use super::key;
use crate::error::{Error, Kind};
use crate::http::FirstByte;
use crate::operation::{Encoded, Operation, QuotaUnits};

/// A call of an operation, or of several at once.
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
    /// What a success looks like.
    pub(crate) answer: Answer,
    /// Whether it sends a piece of an upload, which may be answered with "go on".
    pub(crate) is_piece: bool,
    /// Until when its answer has to begin.
    pub(crate) first_byte: FirstByte,
    /// The text that the answer's key has to have: an answer about something else does not count.
    pub(crate) id: Option<String>,
    /// The fields that the answer is to have, where it is not to have all.
    pub(crate) fields: Option<Arc<str>>,
    /// What it costs of the quota.
    pub(crate) quota: QuotaUnits,
}

impl Call {
    /// A call of an operation.
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

    /// Takes from params what the answer has to be about.
    pub(crate) fn about(mut self, operation: &Operation, params: &Map<String, Value>) -> Self {
        self.id = operation
            .repeated_param()
            .and_then(|name| params.get(name)?.as_str())
            .map(str::to_owned);
        self
    }

    /// The same, for an answer with these fields alone. Every method of Google's that has an answer takes the parameter.
    pub(super) fn with_fields(mut self, fields: Option<&Arc<str>>) -> Self {
        self.fields = fields
            .filter(|_| !matches!(self.answer, Answer::Nothing))
            .cloned();
        if self.fields.is_some() {
            self = self.partial();
        }
        self
    }

    /// The same, for an answer that a choice among the fields can leave its key out of.
    pub(crate) fn partial(mut self) -> Self {
        self.answer = self.answer.partial();
        self
    }

    /// Holds an answer against what it has to be about. A person can write an address in other letters than its owner.
    pub(super) fn check_id(&self, body: &[u8]) -> Result<(), Error> {
        let Answer::Object { key: Some(key), .. } = self.answer else {
            return Ok(());
        };
        let is_other = self.id.as_ref().is_some_and(|id| {
            !id.contains('@') && !key::names(body, key, |text| text.eq_ignore_ascii_case(id))
        });
        if is_other {
            return Err(self.fail(Error::new(
                Kind::InvalidResponse,
                format!("the service's answer is about another `{key}` than the one asked for; try again, and if \
                         this keeps happening, check any proxy in between"),
            )));
        }
        Ok(())
    }

    /// Notes what is not known of the outcome: whether what may not be sent twice was done, and, where the answer is not
    /// the service's, whether anything was.
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

    /// Names the call.
    pub(super) fn name(&self, error: Error) -> Error {
        error.named(self.name.clone())
    }
}

/// What goes out for a call. It is kept as long as it may have to go out again, and costs no copy until it does.
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    /// A path with its query at the service, or a whole url.
    pub(crate) address: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Outgoing {
    /// An operation's request.
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
