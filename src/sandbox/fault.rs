//! Faults that tests inject into requests.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderName, StatusCode, header};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;

use super::airbyte::error as airbyte_error;
use super::exchange::Answer;
use super::gmail::error as gmail_error;
use super::log::Service;

/// A fault in the requests to one service.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use airbyte_agent_gmail::sandbox::{Fault, FaultKind, Sandbox, Service};
///
/// let sandbox = Sandbox::start().await?;
/// // The next two lists of messages are answered with 503.
/// sandbox.inject(Fault::new(Service::Gmail, FaultKind::status(503)).on("messages_list").times(2));
/// // And every other Gmail request is answered a second late.
/// sandbox.inject(Fault::new(Service::Gmail, FaultKind::Delay(std::time::Duration::from_secs(1))).forever());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Fault {
    /// The service whose requests it affects.
    pub service: Service,
    /// The operation id or endpoint name that it is limited to; an `execute` call matches both its endpoint and the id
    /// of its Gmail operation.
    #[serde(default)]
    pub matches: Option<String>,
    /// How many requests it affects; all of them if `None` (`"forever"` in JSON).
    #[serde(default = "once", deserialize_with = "times")]
    pub times: Option<u32>,
    /// How many requests it lets pass first.
    #[serde(default)]
    pub after: u32,
    /// The failure.
    pub kind: FaultKind,
}

impl Fault {
    /// A fault in the next request to a service.
    #[must_use]
    pub fn new(service: Service, kind: FaultKind) -> Self {
        Self {
            service,
            matches: None,
            times: once(),
            after: 0,
            kind,
        }
    }

    /// Limits it to an operation id or endpoint name.
    #[must_use]
    pub fn on(mut self, name: &str) -> Self {
        self.matches = Some(name.to_owned());
        self
    }

    /// Makes it affect that many requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Lets that many requests pass first.
    #[must_use]
    pub fn after(mut self, after: u32) -> Self {
        self.after = after;
        self
    }

    /// Makes it affect every request.
    #[must_use]
    pub fn forever(mut self) -> Self {
        self.times = None;
        self
    }
}

/// A failure to inject.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use airbyte_agent_gmail::sandbox::{ErrorBody, Fault, FaultKind, Sandbox, Service};
///
/// let sandbox = Sandbox::start().await?;
/// let gmail = sandbox.open_source()?;
/// let late = FaultKind::Status {
///     code: 429,
///     body: ErrorBody::Html,
///     headers: [("Retry-After".to_owned(), "3600".to_owned())].into(),
/// };
/// sandbox.inject(Fault::new(Service::Gmail, late));
/// let error = gmail.get_profile().send().await.unwrap_err();
/// assert_eq!(error.retry_after().map(|wait| wait.as_secs()), Some(3600));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FaultKind {
    /// An answer with that status; the request is not carried out.
    Status {
        /// The status code.
        code: u16,
        /// The shape of the body.
        #[serde(default)]
        body: ErrorBody,
        /// Headers of the answer.
        #[serde(default)]
        headers: BTreeMap<String, String>,
    },
    /// This exact answer; the request is not carried out.
    Answer {
        /// The status code.
        code: u16,
        /// The body's media type.
        content_type: String,
        /// The body.
        body: String,
    },
    /// 401 as the service words it; the request is not carried out.
    Unauthorized,
    /// 403 in Google's shape with this reason, as when a limit is reached; the request is not carried out.
    RateLimited403 {
        /// `rateLimitExceeded`, `userRateLimitExceeded`, `dailyLimitExceeded`, …
        reason: String,
    },
    /// 302 to another address; the request is not carried out.
    Redirect {
        /// The address.
        location: String,
    },
    /// The connection closes without an answer; the request is not carried out.
    ConnectionClosedWithoutProcessing,
    /// The connection closes without an answer, but the request is carried out.
    ConnectionClosedBeforeResponse,
    /// No answer while the sandbox runs; the request is not carried out.
    NeverAnswer,
    /// The request is carried out and the connection closes in the middle of the answer's body.
    TruncatedBody,
    /// The request is carried out and the answer is delayed by this time.
    #[serde(with = "milliseconds")]
    Delay(Duration),
    /// The request is carried out and the body comes in ten pieces with this pause before each.
    #[serde(with = "milliseconds")]
    SlowBody(Duration),
    /// The request is carried out and its answer is labelled `text/html`.
    WrongContentType,
    /// The request is carried out and the body is cut so that it is not valid JSON.
    InvalidJson,
}

impl FaultKind {
    /// An answer with that status, in the service's own shape.
    #[must_use]
    pub fn status(code: u16) -> Self {
        Self::Status {
            code,
            body: ErrorBody::Native,
            headers: BTreeMap::new(),
        }
    }
}

/// The shape of an error's body, for [`FaultKind::Status`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorBody {
    /// As the service itself would word it.
    #[default]
    Native,
    /// The Gmail API's shape.
    Google,
    /// Airbyte's documented shape: `message` and `errors`.
    Airbyte,
    /// Airbyte's other shape: `detail`.
    Detail,
    /// An HTML page, as a proxy sends it.
    Html,
    /// An empty body.
    Empty,
}

/// The faults waiting for their requests.
#[derive(Debug, Default)]
pub(crate) struct FaultQueue(Vec<Fault>);

impl FaultQueue {
    pub(crate) fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The faults that have requests left.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter().filter(|fault| fault.times != Some(0))
    }

    /// Takes the oldest fault that applies to a request with these names.
    pub(crate) fn take(&mut self, service: Service, names: &[&str]) -> Option<FaultKind> {
        self.take_fitting(service, names, |_| true)
    }

    /// Takes the answer of the oldest fault that replaces the answer. Other faults close or delay a connection, and a
    /// request inside a batch has none of its own.
    pub(crate) fn take_answer(&mut self, service: Service, name: &str) -> Option<Answer> {
        self.take_fitting(service, &[name], |kind| kind.answer(service).is_some())?
            .answer(service)
    }

    fn take_fitting(
        &mut self,
        service: Service,
        names: &[&str],
        fits: impl Fn(&FaultKind) -> bool,
    ) -> Option<FaultKind> {
        self.0.retain(|fault| fault.times != Some(0));
        let fault = self.0.iter_mut().find(|fault| {
            fault.service == service
                && fault
                    .matches
                    .as_deref()
                    .is_none_or(|wanted| names.contains(&wanted))
                && fits(&fault.kind)
        })?;
        if let Some(left) = fault.after.checked_sub(1) {
            fault.after = left;
            return None;
        }
        fault.times = fault.times.map(|times| times - 1);
        Some(fault.kind.clone())
    }
}

impl FaultKind {
    /// The answer of a fault that replaces the service's own.
    pub(crate) fn answer(&self, service: Service) -> Option<Answer> {
        match self {
            Self::Status {
                code,
                body,
                headers,
            } => {
                let status =
                    StatusCode::from_u16(*code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let answer = body.answer(service, status);
                Some(headers.iter().fold(
                    answer,
                    |answer, (name, value)| match HeaderName::try_from(name.as_str()) {
                        Ok(name) => answer.with_header(name, value),
                        Err(_) => answer,
                    },
                ))
            }
            Self::Answer {
                code,
                content_type,
                body,
            } => {
                let status =
                    StatusCode::from_u16(*code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                Some(Answer::empty(status).with_body(content_type, body.clone()))
            }
            Self::Unauthorized => Some(match service {
                Service::Google => ErrorBody::Native.answer(service, StatusCode::UNAUTHORIZED),
                Service::Gmail => gmail_error::invalid_credentials(),
                Service::Airbyte => airbyte_error::unauthorized(),
            }),
            Self::RateLimited403 { reason } => Some(gmail_error::limit(reason)),
            Self::Redirect { location } => Some(Answer::found(location)),
            _ => None,
        }
    }
}

impl ErrorBody {
    fn answer(self, service: Service, status: StatusCode) -> Answer {
        let text = status.canonical_reason().unwrap_or("Error");
        match (self, service) {
            (Self::Native, Service::Google) => {
                let error = match status.as_u16() {
                    400 => "invalid_grant",
                    401 => "invalid_client",
                    500..=599 => "internal_failure",
                    _ => "access_denied",
                };
                Answer::json(status, &json!({"error": error, "error_description": text}))
            }
            (Self::Google, _) | (Self::Native, Service::Gmail) => gmail_error::generic(status),
            (Self::Airbyte, _) | (Self::Native, Service::Airbyte) => {
                airbyte_error::documented(status, text, &[])
            }
            (Self::Detail, _) => airbyte_error::detail(status, text),
            (Self::Html, _) => Answer::html(
                status,
                format!(
                    "<html><head><title>{text}</title></head><body><h1>{text}</h1></body></html>"
                ),
            ),
            (Self::Empty, _) => Answer::empty(status).with_header(header::CONTENT_LENGTH, "0"),
        }
    }
}

fn once() -> Option<u32> {
    Some(1)
}

fn times<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Times {
        Count(u32),
        Word(String),
    }
    match Times::deserialize(deserializer)? {
        Times::Count(count) => Ok(Some(count)),
        Times::Word(word) if word == "forever" => Ok(None),
        Times::Word(word) => Err(serde::de::Error::custom(format!(
            "times is \"{word}\": give a number or \"forever\""
        ))),
    }
}

mod milliseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        value: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(value.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_from_json() {
        let fault: Fault = serde_json::from_value(json!({
            "service": "gmail", "matches": "messages_list", "times": 2,
            "kind": {"status": {"code": 429, "headers": {"retry-after": "3"}}}
        }))
        .unwrap();
        assert_eq!(
            (fault.times, fault.matches.as_deref()),
            (Some(2), Some("messages_list"))
        );
        let answer = fault.kind.answer(fault.service).unwrap();
        assert_eq!(answer.headers["retry-after"], "3");
        let fault: Fault = serde_json::from_value(
            json!({"service": "google", "times": "forever", "kind": {"delay": 20}}),
        )
        .unwrap();
        assert_eq!(
            fault,
            Fault::new(Service::Google, FaultKind::Delay(Duration::from_millis(20))).forever()
        );
        for wrong in [
            json!({"service": "gmail", "kind": "sleepy"}),
            json!({"service": "gmail", "kind": "never_answer", "time": 1}),
            json!({"service": "gmail", "kind": "never_answer", "times": "often"}),
        ] {
            assert!(
                serde_json::from_value::<Fault>(wrong.clone()).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_fault_meets_its_requests_and_then_is_gone() {
        let mut queue = FaultQueue::default();
        queue.push(Fault::new(Service::Gmail, FaultKind::NeverAnswer).on("messages_list"));
        assert_eq!(queue.take(Service::Gmail, &["messages_get"]), None);
        assert_eq!(queue.take(Service::Airbyte, &["messages_list"]), None);
        assert_eq!(
            queue.take(Service::Gmail, &["messages_list"]),
            Some(FaultKind::NeverAnswer)
        );
        assert_eq!(queue.take(Service::Gmail, &["messages_list"]), None);
    }
}
