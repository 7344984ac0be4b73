//! The one way to the network, straight to Gmail or through Airbyte: its pace ([`Quota`]), what is sent again
//! ([`RetryPolicy`]), and what a subscriber of `tracing` sees of it.
//!
//! # Observing
//!
//! Each call is a `tracing` span `call` at the level INFO; what happens in it are events at DEBUG. None holds a token,
//! an address's query or mail.
//!
//! | where | fields |
//! | --- | --- |
//! | span `call` | `operation`, `units` of the quota; at its end `attempts`, `status` of the last answer (0: none came) |
//! | event `exchange`: a request and its answer | `operation`, `attempt`, `status`, `duration_ms` |
//! | event `again after a pause` | `operation`, `attempt`, `wait_ms` |
//! | event `waited for the quota` | `operation`, `waited_ms` |
//!
//! The span has `otel.name`, `otel.kind` and `otel.status_code` too: a program that has the `tracing-opentelemetry` layer
//! in its subscriber exports each call as a client span, with no feature of this crate. Numbers (rates, durations) come
//! from the same spans; there is no second system of metrics.

pub(crate) mod batch;
mod direct;
mod hook;
mod hosted;
pub(crate) mod judge;
mod key;
mod pace;
mod retry;
mod session;
mod surrogate;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::error::Error;
use crate::http::Reply;
use crate::operation::Operation;

pub(crate) use direct::{Direct, ORGANIZATION, Subject};
pub(crate) use hosted::{Action, Hosted, no_result};
pub(crate) use judge::Answer;
#[cfg(feature = "mail")]
pub(crate) use pace::Patience;
pub(crate) use pace::{Governor, Observer, Terms};
pub use pace::{Quota, QuotaTable};
pub(crate) use retry::RetryBudget;
pub use retry::RetryPolicy;
pub(crate) use session::Session;

/// How requests reach Gmail: what a generated client carries inside. A connector makes it; clones share everything.
#[derive(Clone)]
pub struct Transport {
    route: Arc<Route>,
    /// The fields that answers are to have, where they are not to have all.
    fields: Option<Arc<str>>,
}

enum Route {
    Direct(Box<Direct>),
    Hosted(Hosted),
}

impl Transport {
    /// Straight to the service.
    pub(crate) fn direct(direct: Direct) -> Self {
        Self {
            route: Arc::new(Route::Direct(Box::new(direct))),
            fields: None,
        }
    }

    /// Through Airbyte's `execute`.
    pub(crate) fn hosted(hosted: Hosted) -> Self {
        Self {
            route: Arc::new(Route::Hosted(hosted)),
            fields: None,
        }
    }

    /// The same way, for answers with these fields alone.
    pub(crate) fn with_fields(&self, fields: &str) -> Self {
        Self {
            route: Arc::clone(&self.route),
            fields: Some(fields.into()),
        }
    }

    /// Asks for the fields; every method of Google's takes the parameter.
    fn narrow(&self, operation: &Operation, mut request: reqwest::Request) -> reqwest::Request {
        if let Some(fields) = self.fields.as_deref().filter(|_| operation.has_response) {
            request
                .url_mut()
                .query_pairs_mut()
                .append_pair("fields", fields);
        }
        request
    }

    /// The hosted route, where this is one.
    pub(crate) fn as_hosted(&self) -> Option<&Hosted> {
        match &*self.route {
            Route::Hosted(hosted) => Some(hosted),
            Route::Direct(_) => None,
        }
    }

    /// The direct route, where this is one.
    pub(crate) fn as_direct(&self) -> Option<&Direct> {
        match &*self.route {
            Route::Direct(direct) => Some(direct),
            Route::Hosted(_) => None,
        }
    }

    /// Sends a request of an operation; the answer is a success, whole, and in the shape of the service's document.
    pub(crate) async fn send(
        &self,
        operation: &'static Operation,
        request: reqwest::Request,
    ) -> Result<Reply, Error> {
        match &*self.route {
            Route::Direct(direct) => {
                let request = self.narrow(operation, request);
                direct.send(operation, request).await
            }
            Route::Hosted(hosted) => hosted.send(operation, &request).await,
        }
    }

    /// Sends a request that [`Operation::encode`] made.
    pub(crate) async fn send_encoded(
        &self,
        operation: &'static Operation,
        request: http::Request<Vec<u8>>,
    ) -> Result<Reply, Error> {
        let (parts, body) = request.into_parts();
        match &*self.route {
            Route::Direct(direct) => {
                let request =
                    direct.request(parts.method, &parts.uri.to_string(), parts.headers, body)?;
                direct
                    .send(operation, self.narrow(operation, request))
                    .await
            }
            Route::Hosted(hosted) => {
                let header = |name: &str| {
                    parts
                        .headers
                        .get(name)
                        .and_then(|value| value.to_str().ok())
                        .map(str::to_owned)
                };
                let params =
                    operation.decode_parts(parts.uri.path(), parts.uri.query(), header, &body)?;
                hosted.reply(operation, params).await
            }
        }
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let route = match &*self.route {
            Route::Direct(_) => "direct",
            Route::Hosted(_) => "hosted",
        };
        formatter
            .debug_struct("Transport")
            .field("route", &route)
            .finish_non_exhaustive()
    }
}

/// A success of this crate's making.
fn made_reply(body: impl Into<Bytes>) -> Reply {
    Reply {
        status: StatusCode::OK,
        headers: HeaderMap::new(),
        body: body.into(),
    }
}
