//! Straight to a service: bearer, send, 401, retry.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue, Method};
use tokio::time::Instant;
use tracing::{Instrument, Span, field};

use super::key;
use super::quota::Governor;
use super::retry::{Outcome, RetryBudget, RetryPolicy, jitter};
use super::session;
use super::surrogate;
use crate::auth::{Bearer, TokenCache};
use crate::error::{Error, Kind};
use crate::http::{Failure, Http, Reply};
use crate::operation::{self, Operation, QuotaUnits};

/// The header by which Airbyte knows the organization, where the credentials belong to several.
const ORGANIZATION: &str = "x-organization-id";

/// The header with the document's version that progenitor adds; no service asks for it.
const API_VERSION: &str = "api-version";

/// The way to one service.
pub(crate) struct Direct {
    pub(crate) http: Http,
    pub(crate) base_url: String,
    pub(crate) token: Option<TokenCache>,
    pub(crate) organization_id: Option<HeaderValue>,
    pub(crate) retry: RetryPolicy,
    pub(crate) quota: Governor,
    pub(crate) budget: RetryBudget,
}

/// What a request is about: how errors name it, and what is known of its kind.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// The name in errors and events.
    pub(crate) name: Cow<'static, str>,
    /// Whether it may be sent twice.
    pub(crate) idempotent: bool,
    /// Whether it needs a token.
    pub(crate) authenticated: bool,
    /// Whether a success is JSON.
    pub(crate) json: bool,
    /// The field without which a success is none.
    pub(crate) key: Option<&'static str>,
    /// What it costs of the quota.
    pub(crate) quota: QuotaUnits,
    /// The operation's own method, where one stands behind it.
    pub(crate) method: operation::Method,
}

impl Subject {
    /// A request of an operation.
    pub(crate) fn of(operation: &'static Operation) -> Self {
        Self {
            name: Cow::Borrowed(operation.id),
            idempotent: operation.idempotent,
            authenticated: operation.authenticated,
            json: operation.has_response,
            key: operation.response_key,
            quota: operation.quota_units,
            method: operation.method,
        }
    }

    /// An answer came and can't be read: what was asked may have been carried out.
    pub(crate) fn fail(&self, error: Error) -> Error {
        let error = if self.idempotent {
            error
        } else {
            error.outcome_unknown()
        };
        error.named(self.name.clone())
    }

    /// Holds a success against the field that every one of its kind has.
    pub(crate) fn check_key(&self, body: &[u8]) -> Result<(), Error> {
        match self.key {
            Some(key) if !key::is_in(body, key) => Err(self.fail(Error::new(
                Kind::InvalidResponse,
                format!("the service's answer has no `{key}`, which each of its kind has; check the base url, and what stands between"),
            ))),
            _ => Ok(()),
        }
    }
}

impl Direct {
    /// A request to an address of the service.
    pub(crate) fn request(
        &self,
        method: Method,
        address: &str,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<reqwest::Request, Error> {
        let mut builder = self
            .http
            .client()
            .request(method, format!("{}{address}", self.base_url))
            .headers(headers);
        if !body.is_empty() {
            builder = builder.body(body);
        }
        builder.build().map_err(|error| {
            Error::new(Kind::InvalidInput, "the params do not make a valid address")
                .caused_by(error.without_url())
        })
    }

    /// Sends a request of an operation until it succeeds or may not be sent again.
    pub(super) async fn send(
        &self,
        operation: &'static Operation,
        request: reqwest::Request,
    ) -> Result<Reply, Error> {
        self.check_path(operation, request.url())?;
        let mut subject = Subject::of(operation);
        if request
            .url()
            .query()
            .is_some_and(|query| query.contains("fields="))
        {
            // Google's partial responses hold what was asked for, and nothing else.
            subject.key = None;
        }
        self.send_about(&subject, request).await
    }

    /// Sends a request of this crate's own making, likewise.
    pub(crate) async fn send_about(
        &self,
        subject: &Subject,
        request: reqwest::Request,
    ) -> Result<Reply, Error> {
        self.exchange(subject, request, |_| false).await
    }

    /// Sends a piece of an upload, whose answer may be to go on.
    pub(super) async fn send_piece(
        &self,
        subject: &Subject,
        request: reqwest::Request,
    ) -> Result<Reply, Error> {
        self.exchange(subject, request, session::is_incomplete)
            .await
    }

    /// One span for the call, whatever number of requests it takes.
    async fn exchange(
        &self,
        subject: &Subject,
        request: reqwest::Request,
        goes_on: impl Fn(http::StatusCode) -> bool,
    ) -> Result<Reply, Error> {
        // The `otel` fields are what the bridge to OpenTelemetry takes a span's name and kind from.
        let span = tracing::info_span!(
            "call",
            operation = &*subject.name,
            units = self.quota.units(subject),
            attempts = field::Empty,
            status = field::Empty,
            otel.name = &*subject.name,
            otel.kind = "client",
            otel.status_code = field::Empty,
        );
        // On the heap, since a future is moved into each that awaits it: by value the kilobytes of this one would be
        // copied some ten times a call.
        Box::pin(self.attempts(subject, request, goes_on, &span))
            .instrument(span.clone())
            .await
    }

    async fn attempts(
        &self,
        subject: &Subject,
        mut request: reqwest::Request,
        goes_on: impl Fn(http::StatusCode) -> bool,
        span: &Span,
    ) -> Result<Reply, Error> {
        request.headers_mut().remove(API_VERSION);
        if let Some(organization) = &self.organization_id {
            request
                .headers_mut()
                .insert(ORGANIZATION, organization.clone());
        }
        // Google's front end answers a POST without a length with 411.
        if request.body().is_none()
            && matches!(
                *request.method(),
                Method::POST | Method::PUT | Method::PATCH
            )
        {
            request
                .headers_mut()
                .insert(http::header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let started = Instant::now();
        let mut refused: Option<Bearer> = None;
        let mut attempt = 1;
        loop {
            let bearer = self
                .authorize(subject, &mut request, refused.as_ref())
                .await
                .inspect_err(|_| {
                    span.record("attempts", attempt - 1);
                    span.record("otel.status_code", "ERROR");
                })?;
            let copy = request.try_clone().ok_or_else(|| {
                Error::new(Kind::InvalidInput, "a streamed body can't be sent here")
                    .named(subject.name.clone())
            })?;
            let permit = self.quota.acquire(subject).await;
            let sent = Instant::now();
            let result = self.http.exchange(copy).await;
            drop(permit);
            if let Some(reply) = result.as_ref().ok().filter(|reply| goes_on(reply.status)) {
                return Ok(reply.clone());
            }
            let status = result.as_ref().map_or(0, |reply| reply.status.as_u16());
            tracing::debug!(
                operation = &*subject.name,
                attempt,
                status,
                duration_ms = u64::try_from(sent.elapsed().as_millis()).unwrap_or(u64::MAX),
                "exchange"
            );
            let (outcome, error) = match judge(subject, result) {
                Ok(reply) => {
                    self.budget.refund();
                    span.record("attempts", attempt);
                    span.record("status", status);
                    return Ok(reply);
                }
                Err(failed) => failed,
            };
            if error.is_rate_limited() {
                self.quota.refused(error.retry_after());
            }
            if error.is_unauthenticated() && refused.is_none() && bearer.is_some() {
                // The service did nothing, and a token can end early; another one is tried, once.
                refused = bearer;
                continue;
            }
            let pause = self.retry.pause(
                attempt,
                started.elapsed(),
                subject.idempotent,
                outcome,
                error.retry_after(),
                jitter(),
            );
            let Some(pause) = pause.filter(|_| self.budget.take()) else {
                span.record("attempts", attempt);
                span.record("status", status);
                span.record("otel.status_code", "ERROR");
                return Err(error);
            };
            tracing::debug!(
                operation = &*subject.name,
                attempt,
                wait_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
                "again after a pause"
            );
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    /// An id of `..` would name another resource: the address is held against the row.
    fn check_path(&self, operation: &Operation, url: &reqwest::Url) -> Result<(), Error> {
        let prefix = self
            .base_url
            .split_once("://")
            .and_then(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..)))
            .unwrap_or_default();
        let path = url.path().strip_prefix(prefix).unwrap_or_default();
        operation.match_path(path, |_, _| {})
    }

    async fn authorize(
        &self,
        subject: &Subject,
        request: &mut reqwest::Request,
        refused: Option<&Bearer>,
    ) -> Result<Option<Bearer>, Error> {
        let Some(token) = self.token.as_ref().filter(|_| subject.authenticated) else {
            return Ok(None);
        };
        let bearer = token
            .bearer(refused)
            .await
            .map_err(|error| error.named(subject.name.clone()))?;
        let mut value = HeaderValue::try_from(["Bearer ", bearer.token.expose()].concat())
            .map_err(|_| {
                Error::new(
                    Kind::Configuration,
                    "the access token has characters that no token has; check it",
                )
                .named(subject.name.clone())
            })?;
        value.set_sensitive(true);
        request
            .headers_mut()
            .insert(http::header::AUTHORIZATION, value);
        Ok(Some(bearer))
    }
}

/// Tells a success from a failure, and what a failure means for sending again.
fn judge(subject: &Subject, result: Result<Reply, Failure>) -> Result<Reply, (Outcome, Error)> {
    let unclear = |error: Error| Err((Outcome::Unclear, subject.fail(error)));
    let named = |error: Error| error.named(subject.name.clone());
    let reply = match result {
        Ok(reply) => reply,
        Err(failure @ Failure::NotSent(_)) => {
            return Err((Outcome::NotCarriedOut, named(failure.into())));
        }
        Err(failure @ Failure::NotMade(_)) => return Err((Outcome::Final, named(failure.into()))),
        Err(failure @ (Failure::TooLarge(_) | Failure::Redirected)) => {
            return Err((Outcome::Final, subject.fail(failure.into())));
        }
        Err(failure) => return unclear(failure.into()),
    };
    if !reply.status.is_success() {
        let status = reply.status.as_u16();
        let error = Error::from_response(status, &reply.headers, &reply.body);
        return Err(match status {
            _ if error.is_rate_limited() => (Outcome::NotCarriedOut, named(error)),
            _ if passes(status) => (Outcome::Unclear, subject.fail(error)),
            // It is no answer of the service's, so that nothing is known.
            _ if error.is_invalid_response() => (Outcome::Final, subject.fail(error)),
            // The server does not know the request, and so has not carried it out.
            501 | 505 => (Outcome::Final, named(error)),
            500.. => (Outcome::Final, subject.fail(error)),
            _ => (Outcome::Final, named(error)),
        });
    }
    let kind = reply
        .headers
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    // A service that has nothing to say may say it in any type, and Google's front calls it a page; a page with something
    // on it, or an error, is no success.
    let is_nothing = !subject.json
        && (reply.body.is_empty() || !kind.is_some_and(is_page))
        && error_inside(&reply.body).is_none();
    if is_nothing {
        return Ok(reply);
    }
    if !kind.is_none_or(may_be_json) {
        return unclear(Error::new(
            Kind::InvalidResponse,
            "the service's answer is not json; check the base url, and what stands between",
        ));
    }
    if !is_object(&reply.body) {
        return unclear(Error::new(
            Kind::InvalidResponse,
            "the service's answer is not a whole json object; try again, and check what stands between if it stays",
        ));
    }
    if let Some(status) = error_inside(&reply.body) {
        let error = Error::from_response(status, &reply.headers, &reply.body);
        let outcome = if error.is_rate_limited() || passes(status) {
            Outcome::Unclear
        } else {
            Outcome::Final
        };
        return Err((outcome, subject.fail(error)));
    }
    match subject.check_key(&reply.body) {
        Ok(()) => Ok(Reply {
            body: surrogate::without_halves(reply.body),
            ..reply
        }),
        Err(error) => Err((Outcome::Unclear, error)),
    }
}

/// Whether a content type is that of a page.
fn is_page(kind: &str) -> bool {
    kind.get(..9)
        .is_some_and(|start| start.eq_ignore_ascii_case("text/html"))
}

/// Whether a content type is one of JSON, or says nothing of what the bytes are: these then have to be a JSON object, and
/// have the key of their kind. A page is never taken for an answer.
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

/// Whether a status tells of a failure that may pass. From 520 on they are those of the front before Airbyte, when it
/// got no good answer from behind.
fn passes(status: u16) -> bool {
    matches!(status, 408 | 500 | 502..=504 | 520..=530)
}

/// Whether a body is an object from its beginning to its end: every answer of both documents is one, and what was cut
/// or comes from elsewhere is seldom.
fn is_object(body: &[u8]) -> bool {
    let body = body.trim_ascii();
    body.starts_with(b"{") && body.ends_with(b"}")
}

/// The status of an error that comes as a success, as some gateways let it through.
///
/// Google's error bodies begin with their one key, so that no good answer is read twice.
fn error_inside(body: &[u8]) -> Option<u16> {
    let rest = body
        .trim_ascii_start()
        .strip_prefix(b"{")?
        .trim_ascii_start();
    rest.strip_prefix(b"\"error\"")?;
    let answer: serde_json::Value = serde_json::from_slice(body).ok()?;
    let code = answer["error"]["code"]
        .as_u64()
        .and_then(|code| u16::try_from(code).ok());
    Some(code.filter(|code| (400..600).contains(code)).unwrap_or(500))
}
