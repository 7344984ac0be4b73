//! The pages for people, at `/`: the mailbox, what programs asked, and what can be made to go wrong.
//!
//! Everything is in the HTML that the server writes and works by links and forms; the script only keeps a page up to
//! date and adds keys. Nothing comes from the network.

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

/// Where all pages but the first are.
const BELOW: &str = "/page";

/// What is said to the browser at least so often, so that a dead connection is noticed.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How long changes are collected before a browser is notified.
const GATHER: Duration = Duration::from_millis(100);

/// No scripts but the sandbox's own, nothing from elsewhere, and no other site's frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Whether a path is one of these pages.
pub(crate) fn is_page(path: &str) -> bool {
    path == "/"
        || path
            .strip_prefix(BELOW)
            .is_some_and(|rest| rest.starts_with('/'))
}

/// Whether a path is the stream of changes.
pub(crate) fn is_stream(request: &Request) -> bool {
    request.method == Method::GET && request.path == "/page/changes"
}

/// Whether a request comes from a page of the sandbox's own, or from no page at all.
pub(crate) fn is_own_origin(state: &State, request: &Request) -> bool {
    let Some(origin) = request.header(header::ORIGIN) else {
        return true;
    };
    // The Host header has been found to be a loopback address by now.
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
        // These two have policies of their own.
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

/// An event whenever something in the sandbox has changed, until the sandbox stops (WHATWG HTML, server-sent events).
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

/// The headers that every page has.
fn guarded(answer: Answer) -> Answer {
    answer
        .with_header(header::CACHE_CONTROL, "no-store")
        .with_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        // With no referrer at all, the Origin of this site's own forms would be null (Fetch, "append a request Origin header").
        .with_header(header::REFERRER_POLICY, "same-origin")
        .with_header(
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        )
}

/// A text without a frame.
fn text(status: StatusCode, text: &str) -> Answer {
    Answer::empty(status).with_body("text/plain; charset=utf-8", text.to_owned())
}

/// Sends the browser to a page after a form.
fn see(path: &str) -> Answer {
    let mut answer = Answer::empty(StatusCode::SEE_OTHER);
    if let Ok(path) = HeaderValue::from_str(path) {
        answer.headers.insert(header::LOCATION, path);
    }
    answer
}
