//! The only way to the APIs, directly to Gmail or through Airbyte: pacing ([`Quota`]), retries ([`RetryPolicy`]), and
//! `tracing` spans.
//!
//! # Observing
//!
//! Each call is a `tracing` span `call` at level INFO, with events at DEBUG. None of them contains a token, a URL's
//! query, or mail.
//!
//! | where | fields |
//! | --- | --- |
//! | span `call` | `operation`, `units` of the quota; at its end `attempts`, `status` of the last answer (0 without one) |
//! | event `exchange`: a request and its answer | `operation`, `attempt`, `status`, `duration_ms` |
//! | event `again after a pause` | `operation`, `attempt`, `wait_ms` |
//! | event `waited for the quota` | `operation`, `waited_ms` |
//!
//! The span also has `otel.name`, `otel.kind` and `otel.status_code`. With the `tracing-opentelemetry` layer, a program
//! exports each call as a client span, without a feature of this crate. Metrics (rates, durations) come from the same
//! spans; there is no separate system.

pub(crate) mod batch;
mod call;
mod direct;
mod form;
mod hook;
mod hosted;
pub(crate) mod judge;
mod key;
pub(crate) mod pace;
mod retry;
mod sending;
mod session;
mod surrogate;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};

use crate::error::Error;
use crate::http::Reply;
use crate::operation::{Encoded, Operation};

pub(crate) use call::{Call, Outgoing};
pub(crate) use direct::{Direct, ORGANIZATION};
pub(crate) use form::Form;
#[cfg(feature = "oauth")]
pub(crate) use hosted::is_of_customer;
pub(crate) use hosted::{Action, Executed, Hosted, find_connector, is_connector_id, no_result};
pub(crate) use judge::Answer;
pub(crate) use pace::{Governor, Observer, Terms, shared_pace};
pub use pace::{Quota, QuotaTable};
pub(crate) use retry::RetryBudget;
pub use retry::RetryPolicy;
pub use sending::Sending;
pub(crate) use session::Session;

/// The route of requests to Gmail, which every call contains. A connector creates it; clones share everything.
#[derive(Clone)]
pub struct Transport {
    route: Arc<Route>,
    /// The fields to request, if not all.
    fields: Option<Arc<str>>,
    /// The reason for the calls, for Airbyte's audit log.
    intent: Option<Arc<str>>,
}

/// The longest intent, in characters, that Airbyte's document allows.
const LONGEST_INTENT: usize = 512;

enum Route {
    Direct(Box<Direct>),
    Hosted(Hosted),
}

impl Transport {
    /// A transport that calls the service directly.
    pub(crate) fn direct(direct: Direct) -> Self {
        Self {
            route: Arc::new(Route::Direct(Box::new(direct))),
            fields: None,
            intent: None,
        }
    }

    /// A transport through Airbyte's `execute`.
    pub(crate) fn hosted(hosted: Hosted) -> Self {
        Self {
            route: Arc::new(Route::Hosted(hosted)),
            fields: None,
            intent: None,
        }
    }

    /// The same transport, requesting only these fields.
    pub(crate) fn with_fields(&self, fields: &str) -> Self {
        Self {
            fields: Some(fields.into()),
            ..self.clone()
        }
    }

    /// The same transport, stating a reason for its calls.
    pub(crate) fn with_intent(&self, intent: &str) -> Result<Self, Error> {
        if intent.chars().count() > LONGEST_INTENT {
            return Err(Error::invalid_input(format!(
                "the intent is too long; give at most {LONGEST_INTENT} characters"
            )));
        }
        Ok(Self {
            intent: Some(intent.into()),
            ..self.clone()
        })
    }

    /// The fields to send to Airbyte along with an action's params.
    pub(crate) fn beside(&self, mut beside: Map<String, Value>) -> Map<String, Value> {
        if let Some(intent) = &self.intent {
            beside.insert("intent".to_owned(), Value::from(&**intent));
        }
        beside
    }

    /// The fields to request, if not all.
    pub(crate) fn fields(&self) -> Option<&Arc<str>> {
        self.fields.as_ref()
    }

    /// The hosted route, if this is one.
    pub(crate) fn as_hosted(&self) -> Option<&Hosted> {
        match &*self.route {
            Route::Hosted(hosted) => Some(hosted),
            Route::Direct(_) => None,
        }
    }

    /// The direct route, if this is one.
    pub(crate) fn as_direct(&self) -> Option<&Direct> {
        match &*self.route {
            Route::Direct(direct) => Some(direct),
            Route::Hosted(_) => None,
        }
    }

    /// Sends an operation's request. The reply is a complete success, in the shape of the service's document.
    pub(crate) async fn send(
        &self,
        operation: &'static Operation,
        mut request: Encoded,
    ) -> Result<Reply, Error> {
        match &*self.route {
            Route::Direct(_) if operation.hosted_only => Err(Error::unsupported(
                "only airbyte's connector can do this; use hosted mode",
            )
            .of(operation)),
            Route::Direct(direct) => {
                let call = Call {
                    id: request.id.take(),
                    ..Call::of(operation)
                }
                .with_fields(self.fields());
                if let Some(fields) = &call.fields {
                    request.query("fields", fields);
                }
                direct.send(&call, Outgoing::new(operation, request)).await
            }
            Route::Hosted(hosted) => {
                let params = operation.decode_encoded(&request)?;
                let beside = self.beside(Map::new());
                // Boxed: this future is large, and would also be moved with every direct call.
                Box::pin(hosted.reply(operation, params, &beside)).await
            }
        }
    }
}

debug!(Transport, self => route: self.as_hosted().map_or("direct", |_| "hosted"));

/// A success that this crate makes up.
fn made_reply(body: impl Into<Bytes>) -> Reply {
    Reply {
        status: StatusCode::OK,
        headers: HeaderMap::new(),
        body: body.into(),
    }
}
