//! Calls through Airbyte: the request becomes `{entity, action, params}`, and the result becomes the service's
//! response.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use bytes::Bytes;
use progenitor_client::ClientInfo;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tokio::sync::OnceCell;

use super::call::{Call, Outgoing};
use super::direct::Direct;
use super::form::Form;
use super::judge::{self, Answer};
use super::made_reply;
use crate::api::airbyte::types::ConnectorSummary;
use crate::api::airbyte::{Client, call as site, operation as table};
use crate::auth::Customer;
use crate::error::{Error, Kind};
use crate::http::{FirstByte, Reply};
use crate::lenient;
use crate::operation::{Encoder, Field, Operation, Schema};

/// Everything needed to call a hosted connector.
pub(crate) struct Hosted {
    pub(crate) airbyte: Client,
    pub(crate) customer: Option<Customer>,
    pub(crate) connector_id: OnceCell<String>,
    pub(crate) definition_id: &'static str,
}

#[derive(Serialize)]
struct ExecuteRequest<'a> {
    entity: &'a str,
    action: &'a str,
    params: &'a Map<String, Value>,
    #[serde(flatten)]
    beside: &'a Map<String, Value>,
}

/// The envelope of an answer, parsed no deeper than needed.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(default)]
    status: Option<String>,
    /// Distinguishes `null` from a missing field.
    #[serde(default, borrow, deserialize_with = "given")]
    result: Option<&'a RawValue>,
    #[serde(default, borrow)]
    connector_metadata: Option<&'a RawValue>,
    #[serde(default, borrow)]
    warning: Option<&'a RawValue>,
}

fn given<'de: 'a, 'a, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// An action's result and paging fields, as Airbyte sent them.
pub(crate) struct Executed {
    body: Bytes,
}

/// The object form of a list that some of Airbyte's texts show.
#[derive(Deserialize)]
struct DataAndMeta<'a> {
    #[serde(borrow)]
    data: &'a RawValue,
    #[serde(default, borrow)]
    meta: Option<&'a RawValue>,
}

impl Hosted {
    /// The connector's id: configured, or looked up once by the customer's name.
    pub(crate) async fn connector_id(&self) -> Result<&str, Error> {
        self.connector_id
            .get_or_try_init(|| self.look_up())
            .await
            .map(String::as_str)
    }

    /// The direct route to Airbyte's own API.
    fn direct(&self) -> Result<&Direct, Error> {
        self.airbyte
            .inner()
            .as_direct()
            .ok_or_else(|| Error::configuration("airbyte's api is not reached through a connector"))
    }

    async fn look_up(&self) -> Result<String, Error> {
        let connectors = site::ConnectorsCalls {
            transport: self.airbyte.inner().clone(),
        };
        let list = connectors.list().definition_id(self.definition_id);
        let list = match &self.customer {
            Some(Customer::CustomerName(name)) => list.customer_name(name),
            Some(Customer::WorkspaceName(name)) => list.workspace_name(name),
            None => {
                return Err(Error::configuration(
                    "no connector: give a connector id, or the customer's (workspace's) name",
                ));
            }
        };
        // The server filters by definition. If it ignored that, the list could hold other connectors, so check here
        // too.
        let is_meant = |item: &ConnectorSummary| {
            item.summarized_source_template
                .as_ref()
                .and_then(|template| template.actor_definition_id.as_deref())
                .is_none_or(|id| id.eq_ignore_ascii_case(self.definition_id))
        };
        find_connector(list, is_meant, "gmail").await
    }

    /// Runs an operation, and returns the answer that the service itself would have given.
    pub(super) async fn reply(
        &self,
        operation: &'static Operation,
        params: Map<String, Value>,
        beside: &Map<String, Value>,
    ) -> Result<Reply, Error> {
        let call = Call::of(operation).about(operation, &params);
        let executed = self.execute(operation, params, beside).await?;
        executed.reply(operation, &call)
    }

    /// Runs an operation's action.
    pub(crate) async fn execute(
        &self,
        operation: &'static Operation,
        mut params: Map<String, Value>,
        beside: &Map<String, Value>,
    ) -> Result<Executed, Error> {
        check_offered(operation, &params)?;
        for field in operation.fields {
            if let Some(value) = params.get_mut(field.name) {
                field.split(value);
            }
        }
        let action = Action {
            entity: operation.entity,
            action: operation.action,
            call: Call::of(operation),
        };
        self.execute_action(&action, &params, beside).await
    }

    /// Runs any action of the connector.
    pub(crate) async fn execute_action(
        &self,
        action: &Action<'_>,
        params: &Map<String, Value>,
        beside: &Map<String, Value>,
    ) -> Result<Executed, Error> {
        let Action {
            entity,
            action,
            call,
        } = action;
        let row = &table::CREATE_INTEGRATIONS_CONNECTORS_ID_EXECUTE;
        let id = self
            .connector_id()
            .await
            .map_err(|error| call.name(error))?;
        let request = Encoder::new(row, &[("id", id.into())])
            .json(&ExecuteRequest {
                entity,
                action,
                params,
                beside,
            })
            .finish()?;
        // Every action's answer comes in the same envelope.
        let enveloped = Call {
            answer: Answer::of(row),
            first_byte: FirstByte::WhenDone,
            id: None,
            ..call.clone()
        };
        let sent = self.direct()?.send(&enveloped, Outgoing::new(row, request));
        let reply = sent.await.map_err(|error| no_connector(error, call))?;
        Ok(Executed { body: reply.body })
    }
}

/// Finds a customer's connector. Errors call it by `kind`.
pub(crate) async fn find_connector(
    list: site::ConnectorsList,
    is_meant: impl Fn(&ConnectorSummary) -> bool,
    kind: &str,
) -> Result<String, Error> {
    let found = list.await.map_err(no_workspace)?;
    let matching: Vec<_> = found.data.into_iter().filter(is_meant).collect();
    match matching.as_slice() {
        [] => Err(Error::new(
            Kind::ConnectorNotFound,
            format!(
                "the customer has no {kind} connector; create one, or check the customer's (workspace's) name"
            ),
        )),
        [only] if !only.id.is_empty() => Ok(only.id.clone()),
        [_] => Err(Error::invalid_response(
            "airbyte lists a connector without an id; check the base url",
        )),
        several => {
            let shown: Vec<String> = several
                .iter()
                .take(SHOWN_CONNECTORS)
                .map(|item| format!("{} ({})", printable(&item.id), printable(&item.name)))
                .collect();
            let more = match several.len() - shown.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            Err(Error::new(
                Kind::ConnectorAmbiguous,
                format!(
                    "the customer has {} {kind} connectors; give the connector id of the one that is meant (AIRBYTE_CONNECTOR_ID, or with_connector_id): {}{more}",
                    several.len(),
                    shown.join(", ")
                ),
            ))
        }
    }
}

/// Whether a text is safe as a connector's id in a path.
pub(crate) fn is_connector_id(id: &str) -> bool {
    !id.is_empty() && id != "." && id != ".." && !id.contains(['/', '\\', '?', '#'])
}

/// The maximum number of connectors to list when the caller has to choose one.
const SHOWN_CONNECTORS: usize = 10;

/// A name fit for one line: no control characters, and short.
fn printable(name: &str) -> String {
    name.chars()
        .filter(|letter| !letter.is_control())
        .take(64)
        .collect()
}

/// Whether "not found" is about the customer (workspace), and not about a URL that isn't Airbyte's.
pub(crate) fn is_of_customer(error: &Error) -> bool {
    says(
        error,
        &["workspace", "customer", "external user", "external_user"],
    )
}

/// Whether the service's message contains one of these words.
fn says(error: &Error, words: &[&str]) -> bool {
    error.service_message().is_some_and(|message| {
        let message = message.to_ascii_lowercase();
        words.iter().any(|word| message.contains(word))
    })
}

/// Distinguishes an unknown customer from a URL that isn't Airbyte's.
fn no_workspace(error: Error) -> Error {
    if !error.is_not_found() {
        return error;
    }
    let explained = if is_of_customer(&error) {
        Error::new(
            Kind::ConnectorNotFound,
            "airbyte has no customer (workspace) of that name; check it, or create a connector for it",
        )
    } else {
        Error::new(
            Kind::NotFound,
            "not found, and airbyte does not say what; check the base url, then the customer\'s (workspace\'s) \
             name",
        )
    };
    explained.explaining(error)
}

/// Distinguishes an unknown connector from something not found through it.
fn no_connector(error: Error, call: &Call) -> Error {
    let words = [
        "connector not found",
        "no connector",
        "no such connector",
        "unknown connector",
    ];
    if !error.is_not_found() || !says(&error, &words) {
        return error;
    }
    let explained = Error::new(
        Kind::ConnectorNotFound,
        "airbyte has no connector with that id; check the id, and whether the connector is enabled for agents",
    );
    call.name(explained.explaining(error))
}

/// An action of the connector, with its call.
pub(crate) struct Action<'a> {
    pub(crate) entity: &'a str,
    pub(crate) action: &'a str,
    pub(crate) call: Call,
}

impl Executed {
    /// The result, and all fields beside it.
    pub(crate) fn into_whole<T: Form>(self, call: &Call) -> Result<(T, Map<String, Value>), Error> {
        let (result, meta) = self.parts(call)?;
        let undecodable = |error| call.fail(Error::undecodable(&error));
        let meta = meta
            .into_iter()
            .map(|(name, value)| Ok((name, Value::read(value).map_err(undecodable)?)))
            .collect::<Result<_, Error>>()?;
        Ok((T::read(result).map_err(undecodable)?, meta))
    }

    /// The answer that the service itself would have given.
    fn reply(&self, operation: &'static Operation, call: &Call) -> Result<Reply, Error> {
        let (result, meta) = self.parts(call)?;
        let key = match operation.records {
            _ if !operation.has_response => return Ok(made_reply(Bytes::new())),
            // A record, or a list without an extractor on Airbyte's side, is the service's own body.
            _ if result.get().starts_with('{') => return Ok(made_reply(self.slice(result))),
            Some(key) => key,
            None => return Err(call.fail(no_result())),
        };
        let records = result.get();
        // Put the records back under their key, next to the paging fields, without parsing them.
        let mut body = Vec::with_capacity(records.len() + 256);
        body.extend_from_slice(b"{");
        body.extend_from_slice(quoted(key).as_bytes());
        body.extend_from_slice(b":");
        body.extend_from_slice(records.as_bytes());
        for (name, value) in meta {
            if !operation.is_beside(&name) {
                continue;
            }
            body.extend_from_slice(b",");
            body.extend_from_slice(quoted(&name).as_bytes());
            body.extend_from_slice(b":");
            body.extend_from_slice(value.get().as_bytes());
        }
        body.extend_from_slice(b"}");
        Ok(made_reply(Bytes::from(body)))
    }

    /// The result, checked to be a success, and the paging fields, in whichever documented form the list has.
    pub(crate) fn parts(
        &self,
        call: &Call,
    ) -> Result<(&RawValue, BTreeMap<String, &RawValue>), Error> {
        let envelope: Envelope<'_> = lenient::from_bytes(PhantomData, &self.body)
            .map_err(|error| call.fail(Error::undecodable(&error)))?;
        if let Some(word) = envelope.status.as_deref().filter(|word| *word != "success") {
            return Err(call.fail(Error::of_action(word, &self.body)));
        }
        let Some(result) = envelope.result else {
            // An answer without a result is a success only for operations that return nothing.
            if envelope.status.is_some() && matches!(call.answer, Answer::Nothing) {
                return Ok((RawValue::NULL, BTreeMap::new()));
            }
            return Err(call.fail(no_result()));
        };
        let nested = Some(result)
            .filter(|result| {
                matches!(call.answer, Answer::List(_) | Answer::Anything)
                    && result.get().starts_with('{')
            })
            .and_then(|result| serde_json::from_str::<DataAndMeta<'_>>(result.get()).ok())
            .filter(|nested| nested.data.get().starts_with('['));
        let (result, inner) = match nested {
            Some(nested) => (nested.data, nested.meta),
            None => (result, None),
        };
        judge::result(call, result.get())?;
        // In the object form, the inner part may only say that there is more; the outer part then says where to go on.
        let mut meta = BTreeMap::new();
        for part in [envelope.connector_metadata, inner].into_iter().flatten() {
            let fields: BTreeMap<String, &RawValue> =
                serde_json::from_str(part.get()).unwrap_or_default();
            for (name, value) in fields {
                if value.get() != "null" || !meta.contains_key(&name) {
                    meta.insert(name, value);
                }
            }
        }
        // Airbyte's own note on the result, such as that the Context Store is out of date.
        if let Some(warning) = envelope.warning {
            meta.entry("warning".to_owned()).or_insert(warning);
        }
        Ok((result, meta))
    }

    /// A part of the body as its own body, without a copy.
    fn slice(&self, part: &RawValue) -> Bytes {
        self.body.slice_ref(part.get().as_bytes())
    }
}

/// A text as a JSON string.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// The error for JSON that isn't an action's result.
pub(crate) fn no_result() -> Error {
    Error::invalid_response(
        "airbyte's answer has no result; check the base url, and report it if this keeps happening",
    )
}

/// Rejects what hosted mode can't do, before sending anything.
fn check_offered(operation: &'static Operation, params: &Map<String, Value>) -> Result<(), Error> {
    if !operation.hosted {
        return Err(Error::unsupported(
            "airbyte's gmail connector has no such action; use open-source mode for it",
        )
        .of(operation));
    }
    check_fields(operation, operation.fields, params, "")
}

fn check_fields(
    operation: &'static Operation,
    fields: &[Field],
    values: &Map<String, Value>,
    prefix: &str,
) -> Result<(), Error> {
    for field in fields {
        let Some(value) = values.get(field.name) else {
            continue;
        };
        if field.absent {
            return Err(Error::unsupported(format!(
                    "airbyte's gmail connector does not take `{prefix}{}`; leave it out, or use open-source mode",
                    field.name
                ),
            )
            .of(operation));
        }
        if let (Schema::Object(fields), Value::Object(values)) = (&field.schema, value) {
            check_fields(
                operation,
                fields,
                values,
                &format!("{prefix}{}.", field.name),
            )?;
        }
    }
    Ok(())
}
