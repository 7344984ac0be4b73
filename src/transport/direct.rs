//! Straight to a service: bearer, send, 401, retry.

use std::borrow::Cow;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use tokio::time::Instant;
use tracing::{Instrument, Span, field};

use super::judge::{self, Answer};
use super::key;
use super::pace::{Governor, LONGEST_ASKED};
use super::retry::{Outcome, RetryBudget, RetryPolicy, jitter};
use super::session;
use crate::auth::{Bearer, TokenCache};
use crate::error::{Error, Kind};
use crate::http::{Failure, FirstByte, Http, Reply};
use crate::operation::{self, Operation, QuotaUnits};

/// The header by which Airbyte knows the organization, where the credentials belong to several.
pub(crate) const ORGANIZATION: &str = "x-organization-id";

/// The header with the document's version that progenitor adds; no service asks for it.
const API_VERSION: &str = "api-version";

/// How long a call may be refused for a minute's quota: longer, it is another limit that is met.
const LONGEST_REFUSAL: Duration = Duration::from_secs(600);

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

/// What became of a call whose attempts met a quota that was used up.
struct HeldBack {
    error: Error,
    since: Instant,
    times: u32,
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
    /// Whether it changes nothing.
    pub(crate) read_only: bool,
    /// What a success looks like.
    pub(crate) answer: Answer,
    /// Until when its answer has to begin.
    pub(crate) first_byte: FirstByte,
    /// The text that the answer's key has to have: an answer about something else is none.
    pub(crate) id: Option<String>,
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
            read_only: operation.read_only,
            answer: Answer::of(operation),
            first_byte: FirstByte::Soon,
            id: None,
            quota: operation.quota_units,
            method: operation.method,
        }
    }

    /// A request of an operation about what a path names.
    pub(crate) fn at(operation: &'static Operation, path: &str) -> Result<Self, Error> {
        let mut subject = Self::of(operation);
        let repeated = operation.repeated_param();
        operation.match_path(path, |name, value| {
            if Some(name) == repeated {
                let id = percent_decode_str(value).decode_utf8();
                subject.id = id.ok().map(Cow::into_owned);
            }
        })?;
        Ok(subject)
    }

    /// Takes from params what the answer has to be about.
    pub(crate) fn ask_for(&mut self, operation: &Operation, params: &Map<String, Value>) {
        self.id = operation
            .repeated_param()
            .and_then(|name| params.get(name)?.as_str())
            .map(str::to_owned);
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
                format!("the service's answer is about another `{key}` than was asked for; try again, and check what stands between if it stays"),
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
        error.named(self.name.clone())
    }

    /// The same, for an answer that has only the fields that were asked for.
    pub(crate) fn partial(mut self) -> Self {
        self.answer = self.answer.partial();
        self
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
        let mut subject = Subject::at(operation, self.path_of(request.url()))?;
        if request
            .url()
            .query()
            .is_some_and(|query| query.contains("fields="))
        {
            // Google's partial responses hold what was asked for, and nothing else.
            subject = subject.partial();
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
        let patience = self.quota.patience(self.retry.quota_wait);
        let mut waited = Duration::ZERO;
        let mut refused: Option<Bearer> = None;
        let mut attempt = 1;
        let mut held_back: Option<HeldBack> = None;
        let mut may_be_done = false;
        let failed = |attempts: u32, status: Option<u16>| {
            span.record("attempts", attempts);
            if let Some(status) = status {
                span.record("status", status);
            }
            span.record("otel.status_code", "ERROR");
        };
        loop {
            let permit = match self.quota.acquire(subject, patience, &mut waited).await {
                Ok(permit) => permit,
                Err(error) => {
                    failed(attempt - 1, None);
                    // What the service itself said tells more.
                    return Err(match held_back {
                        Some(held) => held.error.again_in(error.retry_after()),
                        None => error,
                    });
                }
            };
            // Behind the wait, so that the token is not an old one.
            let bearer = self
                .authorize(subject, &mut request, refused.as_ref())
                .await;
            let bearer = match bearer {
                Ok(bearer) => bearer,
                Err(error) => {
                    permit.unsent();
                    failed(attempt - 1, None);
                    return Err(error);
                }
            };
            let copy = request.try_clone().ok_or_else(|| {
                Error::new(Kind::InvalidInput, "a streamed body can't be sent here")
                    .named(subject.name.clone())
            })?;
            let sent = Instant::now();
            let result = self.http.exchange(copy, subject.first_byte).await;
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
            let is_unsent = matches!(result, Err(Failure::NotSent(..)));
            let (outcome, error) = match judge::exchange(subject, result) {
                Ok(reply) => {
                    permit.accepted();
                    self.budget.refund();
                    span.record("attempts", attempt);
                    span.record("status", status);
                    return Ok(reply);
                }
                Err(failed) => failed,
            };
            let learns = self.quota.learns();
            let is_held_back = learns && error.is_of_a_minute(LONGEST_ASKED);
            if is_held_back || (error.is_rate_limited() && !learns) {
                permit.refused(error.retry_after());
            } else if is_unsent {
                permit.unsent();
            } else {
                drop(permit);
            }
            if is_held_back && self.retry.attempts > 1 {
                let (since, times) = held_back
                    .take()
                    .map_or((Instant::now(), 0), |held| (held.since, held.times));
                if since.elapsed() < LONGEST_REFUSAL {
                    let times = times + 1;
                    held_back = Some(HeldBack {
                        error,
                        since,
                        times,
                    });
                    attempt += 1;
                    continue;
                }
            }
            if error.is_unauthenticated() && refused.is_none() && bearer.is_some() {
                // The service did nothing, and a token can end early; another one is tried, once.
                refused = bearer;
                continue;
            }
            // A limit that is none of a minute passes when it says so, or not soon.
            let lasts = learns && error.is_rate_limited() && error.retry_after().is_none();
            let outcome = if lasts { Outcome::Final } else { outcome };
            let pause = self.retry.pause(
                attempt - held_back.as_ref().map_or(0, |held| held.times),
                started.elapsed().saturating_sub(waited),
                subject.idempotent,
                outcome,
                error.retry_after(),
                jitter(),
            );
            let Some(pause) = pause.filter(|_| self.budget.take()) else {
                failed(attempt, Some(status));
                // "Not found" may mean that an attempt before this one has deleted it.
                return Err(if may_be_done && !error.is_transient() {
                    error.outcome_unknown()
                } else {
                    error
                });
            };
            may_be_done |= !subject.read_only && matches!(outcome, Outcome::Unclear);
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

    /// The path that is held against the row: an id of `..` would name another resource.
    fn path_of<'a>(&self, url: &'a reqwest::Url) -> &'a str {
        let prefix = self
            .base_url
            .split_once("://")
            .and_then(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..)))
            .unwrap_or_default();
        url.path().strip_prefix(prefix).unwrap_or_default()
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
