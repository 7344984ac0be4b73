//! The view of a `tracing` subscriber: each call is one span with the fields that the module `transport` documents, and
//! each request is an event.

#![cfg(feature = "sandbox")]

use crate::support;

use airbyte_agent_gmail::sandbox::{Fault, FaultKind, Sandbox, Service};
use support::TestResult;
use support::log::{self, Log};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::format::FmtSpan;

/// Captures this thread's log while the guard lives.
fn watch() -> (Log, DefaultGuard) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let guard = log::subscribe(subscriber);
    (log, guard)
}

#[tokio::test]
async fn each_piece_of_an_upload_is_seen_with_its_status() -> TestResult {
    let (log, _guard) = watch();
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    let mut mail = b"From: support@example.com\r\nSubject: Long\r\n\r\n".to_vec();
    mail.resize(9 * 1024 * 1024, b'x');
    gmail.messages().insert_media(mail).await?;

    let text = log.text();
    for parts in [
        ["exchange", "attempt=1 status=308"],
        ["close", "attempts=1 status=308"],
        ["exchange", "attempt=1 status=200"],
    ] {
        assert!(
            text.lines()
                .any(|line| parts.iter().all(|part| line.contains(part))
                    && line.contains("operation=\"messages_insert\"")),
            "{parts:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_call_is_a_span_and_each_request_an_event() -> TestResult {
    let (log, _guard) = watch();
    let sandbox = Sandbox::start().await?;
    sandbox.inject(Fault::new(Service::Gmail, FaultKind::status(503)));
    let gmail = sandbox.open_source()?;
    gmail.messages().list().send().await?;
    assert!(gmail.messages().get("ffff").send().await.is_err());

    let text = log.text();
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("airbyte_agent_gmail::transport"))
        .collect();
    let holds = |parts: &[&str]| {
        lines
            .iter()
            .any(|line| parts.iter().all(|part| line.contains(part)))
    };
    assert!(
        holds(&[
            "exchange",
            "operation=\"messages_list\"",
            "attempt=1 status=503"
        ]),
        "{text}"
    );
    assert!(
        holds(&["again after a pause", "attempt=1", "wait_ms="]),
        "{text}"
    );
    assert!(
        holds(&["exchange", "attempt=2 status=200", "duration_ms="]),
        "{text}"
    );
    assert!(
        holds(&[
            "close",
            "operation=\"messages_list\" units=5",
            "otel.kind=\"client\"",
            "attempts=2 status=200"
        ]),
        "{text}"
    );
    assert!(
        holds(&[
            "close",
            "operation=\"messages_get\"",
            "attempts=1 status=404 otel.status_code=\"ERROR\""
        ]),
        "{text}"
    );
    Ok(())
}
