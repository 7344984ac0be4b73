//! The log of the requests that the sandbox received.

use std::sync::Mutex;

use serde::Serialize;
use serde_json::{Map, Value};

use super::state::lock;

/// One of the sandbox's services, as the target of a request or a [`Fault`](super::Fault).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Service {
    /// Google's token endpoint, consent page and related endpoints.
    Google,
    /// The Gmail API.
    Gmail,
    /// Airbyte's hosted API.
    Airbyte,
}

/// One request that the sandbox received.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use airbyte_agent_gmail::sandbox::{Sandbox, Service};
///
/// let sandbox = Sandbox::start().await?;
/// sandbox.hosted()?.messages().list().q("is:unread").send().await?;
/// let executed = sandbox.requests().pop().ok_or("a request")?;
/// assert_eq!((executed.service, executed.status), (Service::Airbyte, Some(200)));
/// assert_eq!((executed.entity.as_deref(), executed.action.as_deref()), (Some("messages"), Some("list")));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RequestRecord {
    /// The service that the request was for.
    pub service: Service,
    /// The HTTP method.
    pub method: String,
    /// The path as sent.
    pub path: String,
    /// The query as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The operation id of a Gmail request, or the endpoint's name at the other services; `unknown` for an endpoint
    /// that does not exist.
    pub operation: String,
    /// The status of the answer; absent while there is no answer, or if the connection closed without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The number of the access token used: 0 is the token that the sandbox starts with, and each further token of the
    /// same service has the next number. Absent without a token of the sandbox's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorized_with: Option<u64>,
    /// The entity of an `execute` call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// The action of an `execute` call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The params of an `execute` call, with the length of each mail text in place of the text. For the token endpoint,
    /// the claims of a service account's assertion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params: Option<Value>,
    /// The reason that an `execute` call gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
}

impl RequestRecord {
    pub(crate) fn new(service: Service, method: &str, path: &str, query: Option<&str>) -> Self {
        Self {
            service,
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.map(str::to_owned),
            operation: UNKNOWN.to_owned(),
            status: None,
            authorized_with: None,
            entity: None,
            action: None,
            params: None,
            intent: None,
        }
    }
}

/// The name for endpoints that do not exist.
pub(crate) const UNKNOWN: &str = "unknown";

/// The records, in order of arrival.
#[derive(Debug, Default)]
pub(crate) struct RequestLog(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    next: u64,
    records: Vec<(u64, RequestRecord)>,
}

impl RequestLog {
    /// Adds an incoming request; the number is for [`Self::finish`].
    pub(crate) fn begin(&self, record: RequestRecord) -> u64 {
        let mut entries = lock(&self.0);
        let number = entries.next;
        entries.next += 1;
        entries.records.push((number, record));
        number
    }

    /// Replaces the record of a request with its final state.
    pub(crate) fn finish(&self, number: u64, record: RequestRecord) {
        let records = &mut lock(&self.0).records;
        // The log may have been cleared in between.
        if let Ok(place) = records.binary_search_by_key(&number, |entry| entry.0)
            && let Some(entry) = records.get_mut(place)
        {
            entry.1 = record;
        }
    }

    pub(crate) fn all(&self) -> Vec<RequestRecord> {
        lock(&self.0)
            .records
            .iter()
            .map(|entry| entry.1.clone())
            .collect()
    }

    pub(crate) fn clear(&self) {
        lock(&self.0).records.clear();
    }
}

/// Removes the text of mail from params.
pub(crate) fn without_mail(params: &Value) -> Value {
    match params {
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, value)| match (name.as_str(), value) {
                    ("raw" | "data", Value::String(text)) => (
                        name.clone(),
                        Value::String(format!("({} characters)", text.len())),
                    ),
                    _ => (name.clone(), without_mail(value)),
                })
                .collect::<Map<_, _>>(),
        ),
        Value::Array(values) => values.iter().map(without_mail).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_text_of_mail_is_not_kept() {
        assert_eq!(
            without_mail(&json!({"message": {"raw": "U2VjcmV0", "threadId": "1"}, "ids": ["a"]})),
            json!({"message": {"raw": "(8 characters)", "threadId": "1"}, "ids": ["a"]})
        );
    }

    #[test]
    fn a_record_finished_after_a_clear_stays_out() {
        let log = RequestLog::default();
        let record = RequestRecord::new(Service::Gmail, "GET", "/", None);
        let first = log.begin(record.clone());
        log.clear();
        let second = log.begin(record.clone());
        log.finish(
            first,
            RequestRecord {
                status: Some(500),
                ..record.clone()
            },
        );
        log.finish(
            second,
            RequestRecord {
                status: Some(200),
                ..record
            },
        );
        assert_eq!(
            log.all()
                .iter()
                .map(|record| record.status)
                .collect::<Vec<_>>(),
            [Some(200)]
        );
    }
}
