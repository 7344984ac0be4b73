//! One rule for time: the limits hold as the guide's table says them, and the error says which one held.

#![cfg(feature = "sandbox")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't go on has failed"
)]

use std::time::Duration;

use airbyte_agent_gmail::sandbox::{Fault, FaultKind, Sandbox, Service};
use airbyte_agent_gmail::{
    AirbyteAuthConfig, Error, GmailAuthConfig, GmailConnector, Limits, Mode, RetryPolicy,
};

use crate::compare;
use crate::support::TestResult;

const SHORT: Duration = Duration::from_millis(150);
const LONGER: Duration = Duration::from_millis(600);
const FAR: Duration = Duration::from_secs(60);

/// Asks for a list whose answer is late, or slow, within limits.
async fn ask(
    mode: Mode,
    kind: FaultKind,
    limits: Limits,
) -> Result<Result<(), Error>, Box<dyn std::error::Error>> {
    let sandbox = Sandbox::start().await?;
    let (google, airbyte) = (sandbox.google(), sandbox.airbyte());
    // With tokens at hand, the one request is the one that is late.
    let (service, builder) = match mode {
        Mode::OpenSource => (
            Service::Gmail,
            GmailConnector::builder(GmailAuthConfig::from_access_token(google.access_token))
                .base_url(sandbox.gmail_url()),
        ),
        Mode::Hosted => (
            Service::Airbyte,
            GmailConnector::builder(
                AirbyteAuthConfig::from_bearer_token(airbyte.bearer_token)
                    .with_connector_id(airbyte.connector_id),
            )
            .base_url(sandbox.airbyte_url()),
        ),
    };
    let gmail = builder.retry(RetryPolicy::never()).limits(limits).build()?;
    sandbox.inject(Fault::new(service, kind).on("messages_list").forever());
    Ok(gmail.messages().list().send().await.map(drop))
}

#[tokio::test]
async fn an_action_in_hosted_mode_may_take_the_total_time_to_begin() -> TestResult {
    let limits = Limits {
        first_byte_timeout: SHORT,
        total_timeout: FAR,
        ..Limits::default()
    };
    let late = FaultKind::Delay(LONGER);
    ask(Mode::Hosted, late.clone(), limits).await??;
    let error = ask(Mode::OpenSource, late, limits)
        .await?
        .expect_err("too late");
    assert!(error.is_timeout() && error.is_transient(), "{error:?}");
    assert!(
        error.to_string().contains("0.15 s, the first byte timeout"),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn the_error_says_which_limit_held() -> TestResult {
    for (kind, first_byte, idle, total, words) in [
        (
            FaultKind::NeverAnswer,
            SHORT,
            FAR,
            FAR,
            "0.15 s, the first byte timeout",
        ),
        (
            FaultKind::NeverAnswer,
            FAR,
            FAR,
            SHORT,
            "0.15 s, the total timeout",
        ),
        (
            FaultKind::SlowBody(LONGER),
            FAR,
            SHORT,
            FAR,
            "0.15 s, the idle timeout",
        ),
        (
            FaultKind::SlowBody(LONGER),
            FAR,
            FAR,
            SHORT,
            "0.15 s, the total timeout",
        ),
    ] {
        let limits = Limits {
            first_byte_timeout: first_byte,
            idle_timeout: idle,
            total_timeout: total,
            ..Limits::default()
        };
        let error = ask(Mode::OpenSource, kind.clone(), limits)
            .await?
            .expect_err("too late");
        assert!(error.is_timeout(), "{kind:?}: {error:?}");
        assert!(error.to_string().contains(words), "{kind:?}: {error}");
    }
    let limits = Limits {
        first_byte_timeout: SHORT,
        total_timeout: SHORT * 2,
        ..Limits::default()
    };
    let error = ask(Mode::Hosted, FaultKind::NeverAnswer, limits)
        .await?
        .expect_err("never");
    assert!(
        error.to_string().contains("0.3 s, the total timeout"),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn limits_without_end_are_none() -> TestResult {
    let limits = Limits {
        first_byte_timeout: Duration::MAX,
        idle_timeout: Duration::MAX,
        total_timeout: Duration::MAX,
        ..Limits::default()
    };
    ask(Mode::OpenSource, FaultKind::Delay(SHORT), limits).await??;
    Ok(())
}

#[test]
fn the_guide_says_each_limit() {
    let limits = Limits::default();
    let retry = RetryPolicy::default();
    let page = format!(
        "\
# How long things take at most

Every wait has an end, and the error says which limit held.

| what | at most | where it is set |
| --- | --- | --- |
| a connection, TLS and proxy included | {connect} s | `Limits::connect_timeout` |
| until Google's answer begins | {first} s, and 1 s for each 64 KiB that are sent | `Limits::first_byte_timeout` |
| until Airbyte's answer to an action begins | {total} s: it begins when the action has ended | `Limits::total_timeout` |
| silence within an answer | {idle} s | `Limits::idle_timeout` |
| one request and its whole answer | {total} s | `Limits::total_timeout` |
| all attempts at one call | {attempts} attempts, the last of which begins within {deadline} s | `RetryPolicy` |
| one pause between attempts | {pause} s; where the service asks for more, its error comes back at once | `RetryPolicy::longest_pause` |
| a wait for Google's quota in a single call | 150 s; `get_many`, `export`, `import` and `sync` go on waiting, and say so | `Quota` |
| a new access token, all attempts included | 30 s; while the old one is good, nobody waits for it | |
| the browser, in `auth login` and `connectors connect` | 300 s | `--timeout` |
| the deletion of a connector | 120 s | `--timeout` |
| an MCP client's request over HTTP | 10 s for its head, 30 s for its body | |
| an MCP client that reads no answers | no end: the server waits with it, and reads no further | |

A `Retry-After` counts from the answer's own `Date`, so that a wrong clock here changes nothing.

## Who waits how long

- **A person** at the command line sees within {connect} s that there is no connection, and within {first} s that nobody
  answers. Work on many messages shows how far it is, on the standard error where that is a terminal.
- **A program** sets `Limits` and `RetryPolicy` of its own; with an HTTP client of its own, that client's timeouts count.
- **An agent's** host gives up by its own limit, often after 60 s, and a tool that is asked to wait longer answers what
  it has, or for how long the service asks to wait. Calls in hosted mode may take longer than that: raise the host's
  limit for them.
",
        connect = limits.connect_timeout.as_secs(),
        first = limits.first_byte_timeout.as_secs(),
        idle = limits.idle_timeout.as_secs(),
        total = limits.total_timeout.as_secs(),
        attempts = retry.attempts,
        deadline = retry.deadline.as_secs(),
        pause = retry.longest_pause.as_secs(),
    );
    compare::check("guide/time.md", &page);
}
