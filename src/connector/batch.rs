//! Several operations in one request.

use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::Value;

use super::GmailConnector;
use super::answer::from_service;
use super::execute::ExecuteResult;
use crate::api::gmail::operation::TABLE;
use crate::error::Error;
use crate::http::FirstByte;
use crate::operation::{Encoded, Operation, QuotaUnits};
use crate::transport::{Answer, Call, Outgoing, batch, judge};

/// Google's limit on the operations of a batch. Google recommends at most 50, and with more than a few dozen, the
/// mailbox's limit on concurrent calls refuses some of them.
const LIMIT: usize = 100;

/// Operations to send in one request; see [`GmailConnector::batch`].
#[must_use = "a batch does nothing until it is sent"]
pub struct Batch<'a> {
    gmail: &'a GmailConnector,
    requests: Vec<(&'static Operation, Encoded)>,
}

impl GmailConnector {
    /// Starts a batch: up to 100 operations in one request, each with its own result.
    ///
    /// Each operation costs as much quota as on its own. Open-source mode only.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.open_source()?;
    /// use serde_json::json;
    ///
    /// let mut batch = gmail.batch();
    /// batch.add("labels", "get", json!({"labelId": "INBOX"}))?;
    /// batch.add("labels", "get", json!({"labelId": "no-such-label"}))?;
    /// let results = batch.send().await?;
    /// assert!(results[0].is_ok());
    /// assert!(results[1].as_ref().is_err_and(|error| error.is_not_found()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn batch(&self) -> Batch<'_> {
        Batch {
            gmail: self,
            requests: Vec::new(),
        }
    }
}

impl Batch<'_> {
    /// Adds an operation; the arguments are those of [`GmailConnector::execute`].
    ///
    /// # Errors
    ///
    /// [`is_invalid_input`](Error::is_invalid_input): `execute` would reject it, or the batch already has 100
    /// operations.
    pub fn add(
        &mut self,
        entity: &str,
        action: &str,
        params: impl Into<Value>,
    ) -> Result<(), Error> {
        if self.requests.len() >= LIMIT {
            return Err(Error::invalid_input(format!(
                "a batch takes {LIMIT} operations; send it and begin another"
            )));
        }
        let operation = TABLE.find(entity, action)?;
        let request = operation.write(&operation.accept(params.into())?)?;
        self.requests.push((operation, request));
        Ok(())
    }

    /// The number of operations.
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    /// Whether the batch is empty.
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// Sends the batch; the results are in the order of the operations.
    ///
    /// An operation refused for its rate is not sent again; its error says so
    /// ([`is_rate_limited`](Error::is_rate_limited)). Add it to the next batch.
    ///
    /// # Errors
    ///
    /// [`is_unsupported`](Error::is_unsupported) in hosted mode, and errors of the batch as a whole.
    pub async fn send(self) -> Result<Vec<Result<ExecuteResult, Error>>, Error> {
        let named = |error: Error| error.named("batch".into());
        let direct = self.gmail.transport.as_direct().ok_or_else(|| {
            named(Error::unsupported(
                "airbyte does not take batches; use open-source mode, or single calls",
            ))
        })?;
        if self.is_empty() {
            return Ok(Vec::new());
        }
        let rows = || self.requests.iter().map(|(row, _)| *row);
        let units = rows().fold(0_u32, |sum, row| {
            sum.saturating_add(direct.quota.units_of(row))
        });
        let call = Call {
            idempotent: rows().all(|row| row.idempotent),
            first_byte: FirstByte::Soon,
            quota: QuotaUnits {
                current: units,
                legacy: units,
            },
            ..Call::unlisted("batch", rows().all(|row| row.read_only), Answer::Parts)
        };
        let (boundary, body) = batch::write(&self.requests);
        let content_type = HeaderValue::try_from(format!("multipart/mixed; boundary={boundary}"))
            .map_err(|_| named(Error::invalid_input("the batch can't be framed")))?;
        let request = Outgoing {
            method: Method::POST,
            address: TABLE.batch_path.to_owned(),
            headers: HeaderMap::from_iter([(header::CONTENT_TYPE, content_type)]),
            body: body.into(),
        };
        let reply = direct.send(&call, request).await?;
        let content_type = reply
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let replies =
            batch::read(content_type, &reply.body, self.requests.len()).ok_or_else(|| {
                call.fail(Error::invalid_response(
                    "the answer is not a batch; check the base url",
                ))
            })?;
        Ok(self
            .requests
            .into_iter()
            .zip(replies)
            .map(|((operation, request), reply)| {
                let call = Call {
                    id: request.id,
                    ..Call::of(operation)
                };
                let Some(reply) = reply else {
                    return Err(call.fail(Error::invalid_response(
                        "the batch has no answer to it; try it alone",
                    )));
                };
                let reply = judge::part(&call, reply)?;
                from_service(operation, &reply.body)
            })
            .collect())
    }
}

debug!(Batch<'_>, self => len: self.len());
