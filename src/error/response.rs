//! Errors from the answers of Google and Airbyte.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use serde_json::Value;

use super::service::{service_errors, status_inside, upstream_status};
use super::{Error, Kind};

/// Google's reasons for "too fast" with status 403.
///
/// `dailyLimitExceeded`, from the same usageLimits domain, is missing on purpose: that limit lasts longer than minutes.
/// It takes precedence over these, since `RESOURCE_EXHAUSTED` is Google's newer name for the whole domain.
/// <https://developers.google.com/gmail/api/guides/handle-errors>
const RATE_LIMIT_REASONS: [&str; 5] = [
    "rateLimitExceeded",
    "userRateLimitExceeded",
    "quotaExceeded",
    "RATE_LIMIT_EXCEEDED",
    "RESOURCE_EXHAUSTED",
];

/// The reason for a limit that lasts for the day.
const DAILY_LIMIT: &str = "dailyLimitExceeded";

/// The reasons for limits that last longer than a minute.
const LASTING_REASONS: [&str; 2] = [DAILY_LIMIT, "quotaExceeded"];

/// Words in Google's messages about limits that last longer than a minute: daily limits and sending limits.
const LASTING_WORDS: [&str; 5] = [
    "daily",
    "per day",
    "mail sending",
    "sending limit",
    "sending quota",
];

/// Gmail's message to an account without a mailbox, such as a service account itself.
const NO_MAILBOX: &str = "Precondition check failed.";

/// Part of Airbyte's message for credentials that belong to several organizations.
const SEVERAL_ORGANIZATIONS: &str = "specify target organization";

/// The longest reason to repeat; a service's codes are shorter.
const MAX_REASON: usize = 64;

impl Error {
    /// The error for an answer that isn't a success. The status decides its class. The body only tells a rate limit
    /// under 403 from a refusal, and adds the reason.
    pub(crate) fn from_response(status: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        let answer: Value = serde_json::from_slice(body).unwrap_or_default();
        // The status of the service behind Airbyte decides, as it would without Airbyte. But Airbyte's own 401 and 429
        // are about Airbyte.
        let upstream = match status {
            401 | 429 => None,
            _ => upstream_status(&answer),
        };
        Self::from_answer(upstream.unwrap_or(status), headers, &answer)
    }

    /// The error for an action that Airbyte reports as failed, but with a success status; `word` is its status in place
    /// of "success".
    pub(crate) fn of_action(word: &str, body: &[u8]) -> Self {
        let answer: Value = serde_json::from_slice(body).unwrap_or_default();
        let result = &answer["result"];
        let said = |part: &Value| {
            service_message(part).or_else(|| part["error"].as_str().map(str::to_owned))
        };
        let message = said(&answer)
            .or_else(|| said(result))
            .or_else(|| result.as_str().map(str::to_owned));
        let error = match status_inside(&answer).or_else(|| status_inside(result)) {
            Some(status) => Self::from_answer(status, &HeaderMap::new(), &answer),
            None => {
                let word = if is_reason(word) {
                    word
                } else {
                    "something else"
                };
                Self::new(
                    Kind::InvalidRequest,
                    format!(
                        "airbyte reports `{word}` for the action, not `success`; check the params and the connector"
                    ),
                )
            }
        };
        error.with(|inner| {
            inner.service_message = message;
            inner.service_errors = service_errors(&answer);
            if inner.service_errors.is_empty() {
                inner.service_errors = service_errors(result);
            }
        })
    }

    fn from_answer(status: u16, headers: &HeaderMap, answer: &Value) -> Self {
        let reasons = reasons(answer);
        let service_message = service_message(answer);
        let rate_limited = status == 429
            || (status == 403
                && !reasons.iter().any(|reason| reason == DAILY_LIMIT)
                && reasons
                    .iter()
                    .any(|reason| RATE_LIMIT_REASONS.contains(&reason.as_str())));
        let kind = match status {
            _ if rate_limited => Kind::RateLimited,
            400 | 422 => Kind::InvalidRequest,
            401 => Kind::Unauthenticated,
            403 => Kind::PermissionDenied,
            404 => Kind::NotFound,
            409 => Kind::Conflict,
            408 => Kind::Timeout,
            500.. => Kind::Server,
            // An upgrade that nobody requested, and statuses that are never an answer.
            100..=199 | 300..=399 => Kind::InvalidResponse,
            _ => Kind::InvalidRequest,
        };
        let lasts = reasons
            .iter()
            .any(|reason| LASTING_REASONS.contains(&reason.as_str()))
            || service_message
                .as_deref()
                .is_some_and(is_of_a_lasting_limit);
        let reason = reasons.into_iter().next();
        let shown = match &reason {
            Some(reason) => format!("{status} {reason}"),
            None => status.to_string(),
        };
        let is_said = is_said(answer);
        let message = format!(
            "{} ({shown}): {}",
            said(kind, status),
            match service_message.as_deref() {
                // Airbyte may send nothing but a message, and it is the only explanation of a refused argument.
                Some(_) if !is_said && matches!(status, 400 | 409 | 422) => {
                    advice(kind, status, reason.as_deref())
                }
                // Another server's page says nothing about ids, scopes or arguments.
                _ if !is_said && (400..500).contains(&status) && kind != Kind::RateLimited => {
                    "the answer is not in the service's own form; check the base url and any proxy in between"
                }
                Some(text) if text.contains(SEVERAL_ORGANIZATIONS) => {
                    "these credentials belong to several organizations; give the id of the one that is meant \
                     (AIRBYTE_ORGANIZATION_ID, or with_organization_id)"
                }
                Some(NO_MAILBOX) => {
                    "most likely the account has no mailbox: a service account needs a user to act for \
                     (GMAIL_SUBJECT), and that user needs a gmail license"
                }
                _ => advice(kind, status, reason.as_deref()),
            }
        );
        let retry_after = (kind == Kind::RateLimited || kind == Kind::Server)
            .then(|| retry_after(headers, service_message.as_deref(), SystemTime::now()))
            .flatten();
        Self::new(kind, message).with(|inner| {
            inner.status = Some(status);
            inner.reason = reason;
            inner.service_message = service_message;
            inner.service_errors = service_errors(answer);
            inner.request_id = request_id(headers);
            inner.retry_after = retry_after;
            inner.lasts = lasts;
            inner.is_said = is_said;
        })
    }
}

impl Error {
    /// Adds how long the service asks to wait, if trying again may help.
    pub(crate) fn retry_after_of(self, headers: &HeaderMap) -> Self {
        if !self.is_transient() {
            return self;
        }
        self.with(|inner| inner.retry_after = retry_after(headers, None, SystemTime::now()))
    }
}

/// Whether an answer has the form of a refusal by Google or Airbyte. A framework's "Not Found" is about its own routes.
fn is_said(answer: &Value) -> bool {
    let detail = &answer["detail"];
    answer["error"].is_object()
        || answer["error"].is_string()
        || !answer["errors"].is_null()
        || !(detail.is_null() || detail == "Not Found")
}

fn said(kind: Kind, status: u16) -> &'static str {
    match kind {
        Kind::RateLimited => "the service limits the rate",
        Kind::InvalidRequest => "the service refused the request",
        Kind::Unauthenticated => "the service refused the token",
        Kind::PermissionDenied => "the service does not allow it",
        Kind::NotFound => "not found",
        Kind::Conflict => "it conflicts with what exists",
        Kind::Timeout => "the service gave up waiting for the request",
        Kind::Server => "the service failed",
        _ if (300..400).contains(&status) => "the service redirects, which is never followed",
        _ => "the service answered unexpectedly",
    }
}

fn advice(kind: Kind, status: u16, reason: Option<&str>) -> &'static str {
    match (kind, reason) {
        (Kind::RateLimited, _) => "wait before you call again, and make fewer calls at once",
        (Kind::InvalidRequest, _) => "check the arguments against what the service itself said",
        (Kind::Unauthenticated, _) => {
            "check that the credentials belong to this service and are still valid"
        }
        (
            Kind::PermissionDenied,
            Some("insufficientPermissions" | "ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
        ) => "the token lacks a scope of the operation; ask the user to consent to it",
        (Kind::PermissionDenied, Some("accessNotConfigured" | "SERVICE_DISABLED")) => {
            "enable the gmail api in the google cloud project of the oauth client"
        }
        (Kind::PermissionDenied, Some(DAILY_LIMIT)) => {
            "the project's daily limit is used up; ask for more or wait a day"
        }
        (Kind::PermissionDenied, Some("domainPolicy")) => {
            "the domain's administrator has disabled it; ask them"
        }
        (Kind::PermissionDenied, _) => "check the account's permissions and the granted scopes",
        (Kind::NotFound, _) => "check the id, and that it belongs to this account",
        (Kind::Conflict, _) => "look at what exists, then change the name or use that",
        (Kind::Timeout | Kind::Server, _) => "try again later",
        _ if (300..400).contains(&status) => "check the base url",
        _ => "check the base url and try again",
    }
}

fn is_of_a_lasting_limit(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    LASTING_WORDS.iter().any(|words| message.contains(words))
}

/// The machine-readable reasons, most specific first, if they look like one.
fn reasons(answer: &Value) -> Vec<String> {
    let error = &answer["error"];
    let errors = error["errors"]
        .as_array()
        .or_else(|| answer["errors"].as_array());
    let details = error["details"].as_array();
    details
        .into_iter()
        .flatten()
        .map(|detail| &detail["reason"])
        .chain(errors.into_iter().flatten().flat_map(|item| {
            [
                &item["reason"],
                &item["details"]["reason"],
                &item["error_code"],
            ]
        }))
        .chain([&error["status"], error])
        .filter_map(Value::as_str)
        .filter(|reason| is_reason(reason))
        .map(str::to_owned)
        .collect()
}

/// Whether a text is a code from the service's vocabulary; anything else could be somebody's text.
pub(crate) fn is_reason(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_REASON
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
}

fn service_message(answer: &Value) -> Option<String> {
    let candidates = [
        &answer["error"]["message"],
        &answer["detail"],
        &answer["message"],
        &answer["error_description"],
        &answer["errors"][0]["message"],
        &answer["detail"][0]["msg"],
        &answer["detail"]["message"],
        &answer["errors"][0]["userPresentableMessage"],
        &answer["errors"][0]["error"],
        &answer["errors"][0],
        &answer["detail"][0],
        &answer["errors"],
        &answer["title"],
    ];
    // A single word under `error` is the reason, and reported as such.
    let error = answer["error"].as_str().filter(|text| !is_reason(text));
    candidates
        .into_iter()
        .filter_map(Value::as_str)
        .chain(error)
        .find(|text| !text.is_empty())
        .map(str::to_owned)
}

/// The request id, from the headers of Google's and Airbyte's front ends.
fn request_id(headers: &HeaderMap) -> Option<String> {
    [
        "x-request-id",
        "x-goog-request-id",
        "x-guploader-uploadid",
        "cf-ray",
    ]
    .into_iter()
    .find_map(|name| headers.get(name)?.to_str().ok())
    .filter(|id| {
        id.len() <= 128
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
    })
    .map(str::to_owned)
}

/// The longest wait to report; larger numbers are reduced to it.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// How long to wait, from the header in seconds or as a date (RFC 9110, section 10.2.3), else from Gmail's message. A
/// date counts from the answer's own date, since this machine's clock may be wrong; without one, `now` is used.
fn retry_after(headers: &HeaderMap, message: Option<&str>, now: SystemTime) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let now = text(http::header::DATE)
        .and_then(|date| httpdate::parse_http_date(date).ok())
        .unwrap_or(now);
    let header = text(http::header::RETRY_AFTER).and_then(|text| {
        seconds(text).or_else(|| {
            let time = httpdate::parse_http_date(text).ok()?;
            Some(until(time, now))
        })
    });
    header.or_else(|| {
        let (_, rest) = message?.split_once("Retry after ")?;
        let time = parse_rfc3339(rest.split_whitespace().next()?)?;
        Some(until(time, now))
    })
}

/// Seconds: whole, as the standard has them, or with a fraction, as some servers write them.
fn seconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return None;
    }
    // More digits than fit mean more than the longest wait.
    let whole = whole.parse().map_or(LONGEST, Duration::from_secs);
    let fraction = format!("0.{fraction}")
        .parse()
        .ok()
        .and_then(|fraction| Duration::try_from_secs_f64(fraction).ok())
        .unwrap_or_default();
    Some(whole.saturating_add(fraction).min(LONGEST))
}

fn until(time: SystemTime, now: SystemTime) -> Duration {
    time.duration_since(now).unwrap_or_default().min(LONGEST)
}

/// A UTC time as Gmail writes it: `2024-11-12T11:16:42.247Z`.
fn parse_rfc3339(text: &str) -> Option<SystemTime> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let fraction = seconds(&format!("0.{fraction}"))?;
    let mut date = date.splitn(3, '-').map(str::parse::<u16>);
    let mut time = time.splitn(3, ':').map(str::parse::<u16>);
    let part =
        |parts: &mut dyn Iterator<Item = Result<u16, std::num::ParseIntError>>| parts.next()?.ok();
    let (year, month, day) = (part(&mut date)?, part(&mut date)?, part(&mut date)?);
    let (hour, minute, second) = (part(&mut time)?, part(&mut time)?, part(&mut time)?);
    // The HTTP date parser knows the calendar, which saves one of our own. It also needs the weekday, and accepts only
    // the right one, so try all seven.
    const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let month = MONTHS.get(usize::from(month).checked_sub(1)?)?;
    let rest = format!("{day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT");
    WEEKDAYS
        .iter()
        .find_map(|weekday| httpdate::parse_http_date(&format!("{weekday}, {rest}")).ok())
        .map(|time| time + fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, body: &str) -> Error {
        Error::from_response(status, &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn a_rate_limit_under_403_is_told_from_a_refusal() {
        for reason in RATE_LIMIT_REASONS {
            let body = format!(
                r#"{{"error":{{"code":403,"errors":[{{"domain":"usageLimits","reason":"{reason}"}}]}}}}"#
            );
            assert!(error(403, &body).is_rate_limited(), "{reason}");
        }
        for reason in [
            "insufficientPermissions",
            "dailyLimitExceeded",
            "domainPolicy",
        ] {
            let body = format!(r#"{{"error":{{"code":403,"errors":[{{"reason":"{reason}"}}]}}}}"#);
            let error = error(403, &body);
            assert!(error.is_permission_denied(), "{reason}");
            assert_eq!(error.reason(), Some(reason));
        }
    }

    #[test]
    fn the_daily_limit_is_none_of_the_passing_ones() {
        let error = error(
            403,
            r#"{"error":{"code":403,"errors":[{"reason":"dailyLimitExceeded"}],"status":"RESOURCE_EXHAUSTED"}}"#,
        );
        assert!(error.is_permission_denied() && !error.is_transient());
        assert_eq!(error.reason(), Some("dailyLimitExceeded"));
    }

    #[test]
    fn the_status_decides_whatever_the_body_is() {
        for body in ["", "<html>", "null", "[]", "{\"error\":3}", "\u{0}"] {
            assert!(error(500, body).is_server());
            assert!(error(404, body).is_not_found());
            assert!(error(401, body).is_unauthenticated());
        }
    }

    #[test]
    fn a_lone_message_is_airbytes_own_where_arguments_are_refused() {
        for (status, is_own) in [
            (400, true),
            (409, true),
            (422, true),
            (403, false),
            (404, false),
        ] {
            let error = error(status, r#"{"message":"busy"}"#);
            assert_eq!(!error.to_string().contains("own form"), is_own, "{error}");
            assert!(!error.is_gone());
        }
    }

    #[test]
    fn texts_of_the_service_are_kept_apart() {
        let error = error(
            400,
            r#"{"error":{"code":400,"message":"Invalid label: secret plan","errors":[{"reason":"secret plan"}],"status":"INVALID_ARGUMENT"}}"#,
        );
        assert_eq!(error.service_message(), Some("Invalid label: secret plan"));
        assert_eq!(error.reason(), Some("INVALID_ARGUMENT"));
        assert!(!format!("{error} {error:?}").contains("secret"));
    }

    #[test]
    fn waiting_times_are_read_in_each_form() -> Result<(), Box<dyn std::error::Error>> {
        let now = parse_rfc3339("2026-03-04T05:06:07Z").ok_or("a time")?;
        let header = |value: &str| -> Result<HeaderMap, http::header::InvalidHeaderValue> {
            Ok(HeaderMap::from_iter([(
                http::header::RETRY_AFTER,
                value.parse()?,
            )]))
        };
        assert_eq!(
            retry_after(&header("7")?, None, now),
            Some(Duration::from_secs(7))
        );
        assert_eq!(
            retry_after(&header("Wed, 04 Mar 2026 05:06:17 GMT")?, None, now),
            Some(Duration::from_secs(10))
        );
        assert_eq!(retry_after(&header("soon")?, None, now), None);
        let text =
            "User-rate limit exceeded.  Retry after 2026-03-04T05:07:07.247Z (Forwarding rules)";
        assert_eq!(
            retry_after(&HeaderMap::new(), Some(text), now),
            Some(Duration::from_millis(60_247))
        );
        assert_eq!(
            retry_after(
                &HeaderMap::new(),
                Some("Retry after 2020-01-01T00:00:00Z"),
                now
            ),
            Some(Duration::ZERO)
        );
        Ok(())
    }

    #[test]
    fn a_date_counts_from_the_answers_own() -> Result<(), Box<dyn std::error::Error>> {
        let own_clock = parse_rfc3339("2026-03-04T05:06:07Z").ok_or("a time")?;
        // The server's clock is two hours ahead or behind, or in another year.
        for date in [
            "Wed, 04 Mar 2026 07:06:07 GMT",
            "Wed, 04 Mar 2026 03:06:07 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
        ] {
            let sent = httpdate::parse_http_date(date)?;
            let later = sent + Duration::from_secs(20);
            let mut headers = HeaderMap::new();
            headers.insert(http::header::DATE, date.parse()?);
            headers.insert(
                http::header::RETRY_AFTER,
                httpdate::fmt_http_date(later).parse()?,
            );
            let wait = retry_after(&headers, None, own_clock);
            assert_eq!(wait, Some(Duration::from_secs(20)), "{date}");
            headers.remove(http::header::RETRY_AFTER);
            let past = retry_after(
                &headers,
                Some("Retry after 1990-01-01T00:00:00.000Z"),
                own_clock,
            );
            assert_eq!(past, Some(Duration::ZERO));
            let far = retry_after(
                &headers,
                Some("Retry after 9999-01-01T00:00:00Z"),
                own_clock,
            );
            assert_eq!(far, Some(LONGEST));
        }
        let mut headers = HeaderMap::new();
        headers.insert(http::header::DATE, "Wed, 04 Mar 2026 07:06:07 GMT".parse()?);
        let text = "User-rate limit exceeded. Retry after 2026-03-04T07:06:17.500Z";
        let wait = retry_after(&headers, Some(text), own_clock);
        assert_eq!(wait, Some(Duration::from_millis(10_500)));
        Ok(())
    }

    #[test]
    fn any_number_of_seconds_is_read_and_nothing_else() {
        for (text, milliseconds) in [
            ("0", 0),
            ("007", 7_000),
            ("1.5", 1_500),
            ("0.25", 250),
            ("120.0", 120_000),
        ] {
            assert_eq!(
                seconds(text),
                Some(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
        for text in [
            "18446744073709551615",
            "18446744073709551616",
            "99999999999999999999999999999999",
            "31536001",
        ] {
            assert_eq!(seconds(text), Some(LONGEST), "{text}");
        }
        for text in [
            "-1", "+1", "1e3", "", ".", "1.", ".5", "1,5", "soon", "NaN", "inf", "0x10", "1 2", "٣",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
