//! One rule for time: the limits hold as in the guide's table, and errors name the limit.

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

/// Requests a list whose answer is late or slow, with these limits.
async fn ask(
    mode: Mode,
    kind: FaultKind,
    limits: Limits,
) -> Result<Result<(), Error>, Box<dyn std::error::Error>> {
    let sandbox = Sandbox::start().await?;
    let (google, airbyte) = (sandbox.google(), sandbox.airbyte());
    // With tokens in place, the delayed request is the only one.
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
# Time limits

These waits end by themselves, and the error says which limit was reached.

| waiting for | at most | set with |
| --- | --- | --- |
| a connection, including TLS and a proxy | {connect} s | `Limits::connect_timeout` |
| the start of Google's answer | {first} s, plus 1 s for each 64 KiB that is sent | `Limits::first_byte_timeout` |
| the start of Airbyte's answer to an action | {total} s: Airbyte answers when the action has finished | `Limits::total_timeout` |
| the next bytes of an answer | {idle} s | `Limits::idle_timeout` |
| one request and its whole answer | {total} s | `Limits::total_timeout` |
| all attempts at one call | {attempts} attempts, the last of which starts within {deadline} s | `RetryPolicy` |
| the pause between two attempts | {pause} s; if the service asks for more, its error comes back at once | `RetryPolicy::longest_pause` |
| Google's quota, in one call | 150 s; `get_many`, `export`, `import` and `sync` wait as long as it takes | `RetryPolicy::quota_wait` |
| a new access token, including all attempts | 30 s; while the old one is valid, no call waits for it | |
| the browser, in `auth login` and `connectors connect` | 300 s | `--timeout` |
| the deletion of a connector | 120 s | `--timeout` |
| a request to the MCP server over HTTP | 10 s for its head, 30 s for its body | |
| an MCP client to read its answers | no limit: meanwhile the server reads no more requests | |

A `Retry-After` that gives a date is compared with the date of the answer, so it does not matter if this machine's clock is
wrong.

## Who waits how long

- **A person** at the command line: if a host accepts no connections, the command fails after four attempts of {connect} s. If
  a host accepts the request and never answers, a command that reads fails after two attempts of {first} s, and one that sends
  after one. Commands that handle many messages show their progress on standard error, if it is a terminal.
- **A program** sets its own `Limits` and `RetryPolicy`. If it brings its own HTTP client, that client's timeouts apply
  instead.
- **An agent**: its host has a limit of its own, often 60 s. The MCP server therefore answers a call that reads within 25 s,
  and one that changes something within 50 s (`--answer-within`). An answer that comes too late
  is replaced by one that says what to ask for instead, or how to check whether the change was made.
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
