//! The limits of an exchange, and custom clients that break a rule.

#![cfg(feature = "sandbox")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't go on has failed"
)]

use crate::support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use airbyte_agent_gmail::sandbox::{ErrorBody, Fault, FaultKind, Sandbox, Service};
use airbyte_agent_gmail::{Airbyte, GmailAuthConfig, GmailConnector, Limits, Quota, RetryPolicy};
use support::fault_server::{Breach, FaultServer};
use support::{TestResult, http};

/// A limit that no test hits by accident.
const FAR: Duration = Duration::from_secs(60);

async fn behind(
    breach: Breach,
    limits: Limits,
) -> Result<(FaultServer, GmailConnector), Box<dyn std::error::Error>> {
    let server = FaultServer::before("http://127.0.0.1:9").await?;
    server.spoil(breach, usize::MAX);
    let gmail = GmailConnector::builder(GmailAuthConfig::from_access_token("token"))
        .base_url(server.url())
        .retry(RetryPolicy::never())
        .limits(limits)
        .build()?;
    Ok((server, gmail))
}

fn answer(body: &str, length: bool) -> Breach {
    let length = if length {
        format!("content-length: {}\r\n", body.len())
    } else {
        String::new()
    };
    Breach::Answered(
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{length}\r\n{body}")
            .into_bytes(),
    )
}

#[tokio::test]
async fn an_answer_may_be_as_large_as_the_limit_and_no_larger() -> TestResult {
    let body = format!(r#"{{"emailAddress":"{}"}}"#, "x".repeat(200_000));
    for told in [true, false] {
        for (response_bytes, fits) in [(body.len(), true), (body.len() - 1, false), (10, false)] {
            let limits = Limits {
                response_bytes,
                ..Limits::default()
            };
            let (_server, gmail) = behind(answer(&body, told), limits).await?;
            let result = gmail.get_profile().send().await;
            assert_eq!(result.is_ok(), fits, "{told} {response_bytes}: {result:?}");
            assert!(fits || result.is_err_and(|error| error.is_invalid_response()));
        }
    }
    Ok(())
}

#[tokio::test]
async fn silence_ends_by_one_limit_and_a_drip_by_the_other() -> TestResult {
    let silence = Breach::Endless {
        head: b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{",
        piece: Vec::new(),
        pause: Duration::from_millis(20),
    };
    let drip = Breach::Endless {
        head: b"HTTP/1.1 200 OK\r\n",
        piece: b"x-slow: 1\r\n".to_vec(),
        pause: Duration::from_millis(20),
    };
    let short = Duration::from_millis(100);
    for (breach, idle_timeout, total_timeout) in [
        (silence.clone(), short, FAR),
        (silence, FAR, short),
        (drip, FAR, short),
    ] {
        let limits = Limits {
            idle_timeout,
            total_timeout,
            ..Limits::default()
        };
        let (server, gmail) = behind(breach, limits).await?;
        let error = gmail.get_profile().send().await.expect_err("no answer");
        assert!(error.is_timeout(), "{error:?}");
        assert_eq!(server.requests(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn the_limits_hold_for_airbytes_api_too() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let airbyte = Airbyte::builder(sandbox.airbyte_auth())
        .base_url(sandbox.airbyte_url())
        .limits(Limits {
            response_bytes: 10,
            ..Limits::default()
        })
        .build()?;
    let error = airbyte
        .workspaces()
        .list()
        .send()
        .await
        .expect_err("it is longer");
    assert!(error.is_invalid_response(), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn the_token_endpoint_is_not_followed_elsewhere() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let elsewhere = FaultServer::before(sandbox.gmail_url()).await?;
    for code in [301, 302, 303, 307, 308] {
        sandbox.clear_faults();
        let redirect = FaultKind::Status {
            code,
            body: ErrorBody::Empty,
            headers: [("location".to_owned(), format!("{}/token", elsewhere.url()))].into(),
        };
        sandbox.inject(Fault::new(Service::Google, redirect).forever());
        sandbox.expire_access_tokens();
        let gmail = sandbox.open_source()?;
        let error = gmail.check().await.expect_err("no token");
        assert!(error.is_token_refresh_failed(), "{code}: {error:?}");
    }
    assert_eq!(elsewhere.requests(), 0);
    Ok(())
}

#[tokio::test]
async fn a_client_that_follows_redirects_is_found_out() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let elsewhere = FaultServer::before(sandbox.gmail_url()).await?;
    let following = GmailConnector::builder(sandbox.google_auth())
        .base_url(sandbox.gmail_url())
        .token_url(sandbox.token_url())
        .http_client(http::local_client()?.build()?)
        .build()?;
    let location = format!("{}/gmail/v1/users/me/profile", elsewhere.url());
    sandbox.inject(Fault::new(
        Service::Gmail,
        FaultKind::Redirect {
            location: location.replace("127.0.0.1", "localhost"),
        },
    ));
    let error = following.check().await.expect_err("it was led elsewhere");
    assert!(error.is_configuration(), "{error:?}");
    assert!(error.to_string().contains("redirect"), "{error}");
    following.check().await?;
    Ok(())
}

#[tokio::test]
async fn a_wait_for_the_quota_is_told_to_the_caller_and_goes_by_the_projects_table() -> TestResult {
    let sandbox = Sandbox::start().await?;
    // A message costs 20 units, or 5 in older projects.
    for (quota, at_once) in [(Quota::current(), 1), (Quota::legacy(), 4)] {
        let waits = Arc::new(Mutex::new(Vec::new()));
        let told = waits.clone();
        let gmail = GmailConnector::builder(sandbox.google_auth())
            .base_url(sandbox.gmail_url())
            .token_url(sandbox.token_url())
            .quota(Quota {
                units_per_minute: Some(20),
                ..quota
            })
            .on_quota_wait(move |wait| told.lock().unwrap().push(wait.as_secs()))
            .build()?;
        let get = || async { gmail.messages().get("ffff").send().await };
        for _ in 0..at_once {
            assert!(get().await.is_err_and(|error| error.is_not_found()));
        }
        assert!(waits.lock().unwrap().is_empty());
        let passing = async {
            tokio::time::pause();
            tokio::time::advance(Duration::from_secs(60)).await;
            tokio::time::resume();
        };
        tokio::join!(get(), passing).0.unwrap_err();
        assert_eq!(*waits.lock().unwrap(), [60]);
    }
    Ok(())
}
