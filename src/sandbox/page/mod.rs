//! The web pages at `/`: the mailbox, the requests, and faults to inject.
//!
//! The server renders all content, and links and forms work without scripts. The script only keeps a page up to date
//! and adds keyboard shortcuts. Nothing loads from the network.

mod account;
mod fault;
mod frame;
mod mail;
mod request;

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

pub(crate) use frame::{consent_form, escape, page};

use super::exchange::{Answer, Request};
use super::state::State;

/// The path prefix of all pages except the first.
const BELOW: &str = "/page";

/// The longest time between two messages to the browser, so that a dead connection is noticed.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How long changes are collected before the browser is notified.
const GATHER: Duration = Duration::from_millis(100);

/// Only the sandbox's own scripts, nothing from other hosts, and no embedding in other sites.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Whether a path is one of these pages.
pub(crate) fn is_page(path: &str) -> bool {
    path == "/"
        || path
            .strip_prefix(BELOW)
            .is_some_and(|rest| rest.starts_with('/'))
}

/// Whether a request is for the stream of changes.
pub(crate) fn is_stream(request: &Request) -> bool {
    request.method == Method::GET && request.path == "/page/changes"
}

/// Whether a request comes from one of the sandbox's own pages, or from no page at all.
pub(crate) fn is_own_origin(state: &State, request: &Request) -> bool {
    let Some(origin) = request.header(header::ORIGIN) else {
        return true;
    };
    // `server` has already checked that the Host header is a loopback address.
    let host = request.header(header::HOST).unwrap_or_default();
    origin == state.origin || origin.strip_prefix("http://") == Some(host)
}

/// Answers one request for a page.
pub(crate) fn answer(state: &State, request: &Request) -> Answer {
    if !is_own_origin(state, request) {
        return text(
            StatusCode::FORBIDDEN,
            "this page accepts requests only from the sandbox's own pages",
        );
    }
    let segments = request.segments().unwrap_or_default();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let answer = match (request.method.as_str(), segments.as_slice()) {
        ("GET", [""]) => mail::list(state, request),
        ("GET", ["page", "message", id]) => mail::show(state, request, id),
        // These two set their own policies.
        ("GET", ["page", "message", id, "html"]) => return mail::html(state, id),
        ("GET", ["page", "message", id, "part", part]) => return mail::part(state, id, part),
        ("GET", ["page", "message", id, "source"]) => mail::source(state, id),
        ("GET", ["page", "deliver"]) => mail::form(state),
        ("POST", ["page", "deliver"]) => mail::deliver(state, request),
        ("GET", ["page", "requests"]) => request::list(state),
        ("GET", ["page", "requests", number]) => request::show(state, number),
        ("GET", ["page", "faults"]) => fault::show(state),
        ("POST", ["page", "faults"]) => fault::act(state, request),
        ("GET", ["page", "account"]) => account::show(state),
        ("GET", ["page", "style.css"]) => Answer::empty(StatusCode::OK)
            .with_body("text/css; charset=utf-8", include_str!("style.css")),
        ("GET", ["page", "script.js"]) => Answer::empty(StatusCode::OK)
            .with_body("text/javascript; charset=utf-8", include_str!("script.js")),
        _ => frame::missing(state, "There is no such page."),
    };
    guarded(answer.with_header(header::CONTENT_SECURITY_POLICY, POLICY))
}

/// Sends an event whenever something in the sandbox changes, until the sandbox stops (WHATWG HTML, server-sent events).
pub(crate) fn changes(state: &State, stop: watch::Receiver<bool>) -> BoxStream<'static, Bytes> {
    let changes = state.changes.subscribe();
    let first = stream::once(async { Bytes::from_static(b"retry: 1000\n\n") });
    let rest = stream::unfold((changes, stop), |(mut changes, mut stop)| async move {
        let event = tokio::select! {
            _ = stop.changed() => return None,
            changed = timeout(HEARTBEAT, changes.changed()) => match changed {
                Ok(Err(_)) => return None,
                Err(_) => Bytes::from_static(b":\n\n"),
                Ok(Ok(())) => {
                    sleep(GATHER).await;
                    changes.mark_unchanged();
                    Bytes::from_static(b"event: change\ndata: \n\n")
                }
            },
        };
        Some((event, (changes, stop)))
    });
    first.chain(rest).boxed()
}

/// The headers of every page.
fn guarded(answer: Answer) -> Answer {
    answer
        .with_header(header::CACHE_CONTROL, "no-store")
        .with_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        // With `no-referrer`, the site's own forms would send a null Origin (Fetch, "append a request Origin header").
        .with_header(header::REFERRER_POLICY, "same-origin")
        .with_header(
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        )
}

/// A plain-text answer.
fn text(status: StatusCode, text: &str) -> Answer {
    Answer::empty(status).with_body("text/plain; charset=utf-8", text.to_owned())
}

/// Redirects the browser to a page after a form.
fn see(path: &str) -> Answer {
    let mut answer = Answer::empty(StatusCode::SEE_OTHER);
    if let Ok(path) = HeaderValue::from_str(path) {
        answer.headers.insert(header::LOCATION, path);
    }
    answer
}
