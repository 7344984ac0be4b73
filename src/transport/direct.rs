//! Sends calls directly to a service: bearer token, 401, retries.

use std::time::Duration;

use http::{HeaderValue, Method};
use tokio::time::Instant;
use tracing::{Instrument, Span, field};
use url::Url;

use super::call::{Call, Outgoing};
use super::judge;
use super::pace::{Governor, LONGEST_ASKED};
use super::retry::{Outcome, RetryBudget, RetryPolicy, jitter};
use crate::auth::{Bearer, TokenCache};
use crate::error::Error;
use crate::http::{Failure, Http, Reply};

/// Airbyte's header for the organization, for credentials that belong to several.
pub(crate) const ORGANIZATION: &str = "x-organization-id";

/// How long to treat refusals of a call as the per-minute quota; if they last longer, it is another limit.
const LONGEST_REFUSAL: Duration = Duration::from_secs(600);

/// Everything needed to call one service.
pub(crate) struct Direct {
    pub(crate) http: Http,
    /// Ends with a slash, so that relative paths join below it.
    pub(crate) base_url: Url,
    pub(crate) token: Option<TokenCache>,
    pub(crate) organization_id: Option<HeaderValue>,
    pub(crate) retry: RetryPolicy,
    pub(crate) quota: Governor,
    pub(crate) budget: RetryBudget,
}

/// A call refused for the quota: since when, and how often.
struct HeldBack {
    error: Error,
    since: Instant,
    times: u32,
}

impl Direct {
    /// Sends a request until it succeeds or must not be sent again.
    ///
    /// One span per call, however many requests it takes.
    pub(crate) async fn send(&self, call: &Call, request: Outgoing) -> Result<Reply, Error> {
        // The OpenTelemetry bridge takes a span's name and kind from the `otel` fields.
        let span = tracing::info_span!(
            "call",
            operation = &*call.name,
            units = self.quota.units(call),
            attempts = field::Empty,
            status = field::Empty,
            otel.name = &*call.name,
            otel.kind = "client",
            otel.status_code = field::Empty,
        );
        // Boxed: each future that awaits this one would move it by value, copying kilobytes some ten times per call.
        Box::pin(self.attempts(call, request, &span))
            .instrument(span.clone())
            .await
    }

    async fn attempts(
        &self,
        call: &Call,
        mut request: Outgoing,
        span: &Span,
    ) -> Result<Reply, Error> {
        if let Some(organization) = &self.organization_id {
            request.headers.insert(ORGANIZATION, organization.clone());
        }
        // Google's front end answers a POST without a length with 411.
        if request.body.is_empty()
            && matches!(request.method, Method::POST | Method::PUT | Method::PATCH)
        {
            request
                .headers
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
            let permit = match self.quota.acquire(call, patience, &mut waited).await {
                Ok(permit) => permit,
                Err(error) => {
                    failed(attempt - 1, None);
                    // The service's own refusal says more.
                    return Err(match held_back {
                        Some(held) => held.error.again_in(error.retry_after()),
                        None => error,
                    });
                }
            };
            // Only after the wait, which could outlast a token.
            let (made, bearer) = match self.make(call, &request, refused.as_ref()).await {
                Ok(made) => made,
                Err(error) => {
                    permit.unsent();
                    failed(attempt - 1, None);
                    return Err(error);
                }
            };
            let sent = Instant::now();
            let result = self.http.exchange(made, call.first_byte).await;
            let status = result.as_ref().map_or(0, |reply| reply.status.as_u16());
            tracing::debug!(
                operation = &*call.name,
                attempt,
                status,
                duration_ms = u64::try_from(sent.elapsed().as_millis()).unwrap_or(u64::MAX),
                "exchange"
            );
            let is_unsent = matches!(result, Err(Failure::NotSent(..)));
            let (outcome, error) = match judge::exchange(call, result) {
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
                // The service did nothing, and a token can end early, so try another one, once.
                refused = bearer;
                continue;
            }
            // This isn't the per-minute limit. If it names no time, it won't end soon.
            let lasts = learns && error.is_rate_limited() && error.retry_after().is_none();
            let outcome = if lasts { Outcome::Final } else { outcome };
            let pause = self.retry.pause(
                attempt - held_back.as_ref().map_or(0, |held| held.times),
                started.elapsed().saturating_sub(waited),
                call.idempotent,
                outcome,
                error.retry_after(),
                jitter(),
            );
            let is_allowed = pause.is_some() && self.budget.take();
            let Some(pause) = pause.filter(|_| is_allowed) else {
                failed(attempt, Some(status));
                // "Not found" may mean that an earlier attempt has deleted it.
                return Err(if may_be_done && !error.is_transient() {
                    error.outcome_unknown()
                } else {
                    error
                });
            };
            may_be_done |= !call.read_only && matches!(outcome, Outcome::Unclear);
            tracing::debug!(
                operation = &*call.name,
                attempt,
                wait_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
                "again after a pause"
            );
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    /// Builds the request of an attempt, and returns the token in it.
    async fn make(
        &self,
        call: &Call,
        outgoing: &Outgoing,
        refused: Option<&Bearer>,
    ) -> Result<(reqwest::Request, Option<Bearer>), Error> {
        // An upload session has its own absolute URL, which replaces the base.
        let address = outgoing.address.trim_start_matches('/');
        let url = self.base_url.join(address).map_err(|error| {
            call.name(Error::invalid_input("the params don't make a valid url").caused_by(error))
        })?;
        let mut request = reqwest::Request::new(outgoing.method.clone(), url);
        request.headers_mut().clone_from(&outgoing.headers);
        if !outgoing.body.is_empty() {
            *request.body_mut() = Some(outgoing.body.clone().into());
        }
        let Some(token) = self.token.as_ref().filter(|_| call.authenticated) else {
            return Ok((request, None));
        };
        let bearer = token
            .bearer(refused)
            .await
            .map_err(|error| call.name(error))?;
        let value = bearer.header.clone().ok_or_else(|| {
            call.name(Error::configuration(
                "the access token has characters that no token has; check it",
            ))
        })?;
        request
            .headers_mut()
            .insert(http::header::AUTHORIZATION, value);
        Ok((request, Some(bearer)))
    }
}
