//! Tokens: refreshed in time, once for many callers, and told apart when they can't be.

#![cfg(feature = "sandbox")]

use crate::support;

use std::sync::Arc;
use std::time::Duration;

use airbyte_agent_gmail::auth::{MemoryTokenStore, StoreFuture, TokenSet, TokenStore};
use airbyte_agent_gmail::sandbox::{ErrorBody, ExpiresIn, Fault, FaultKind, Sandbox, Service};
use airbyte_agent_gmail::{AirbyteAuthConfig, GmailAuthConfig, GmailConnector, RetryPolicy};
use support::TestResult;

fn refreshes(sandbox: &Sandbox) -> usize {
    sandbox
        .requests()
        .iter()
        .filter(|request| request.path == "/token")
        .count()
}

fn application_tokens(sandbox: &Sandbox) -> usize {
    sandbox
        .requests()
        .iter()
        .filter(|request| request.path.ends_with("/account/applications/token"))
        .count()
}

fn connector(
    sandbox: &Sandbox,
    auth: GmailAuthConfig,
) -> Result<GmailConnector, airbyte_agent_gmail::Error> {
    GmailConnector::builder(auth)
        .base_url(sandbox.gmail_url())
        .token_url(sandbox.token_url())
        .retry(RetryPolicy::never())
        .build()
}

async fn call_at_once(gmail: &GmailConnector, callers: usize) -> TestResult {
    let calls: Vec<_> = (0..callers)
        .map(|_| {
            let gmail = gmail.clone();
            tokio::spawn(async move { gmail.get_profile().send().await })
        })
        .collect();
    for call in calls {
        call.await??;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_callers_with_an_expired_or_revoked_token_make_one_refresh() -> TestResult {
    for revoked in [false, true] {
        let sandbox = Sandbox::start().await?;
        let gmail = connector(&sandbox, sandbox.google_auth())?;
        if revoked {
            sandbox.revoke_access_tokens();
        } else {
            sandbox.expire_access_tokens();
        }
        call_at_once(&gmail, 100).await?;
        assert_eq!(refreshes(&sandbox), 1);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_callers_without_a_token_make_one_refresh() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let google = sandbox.google();
    let auth = GmailAuthConfig::new(google.refresh_token)
        .with_client(google.client_id, google.client_secret);
    call_at_once(&connector(&sandbox, auth)?, 100).await?;
    assert_eq!(refreshes(&sandbox), 1);
    Ok(())
}

#[tokio::test]
async fn a_server_that_always_answers_401_is_asked_twice() -> TestResult {
    let sandbox = Sandbox::start().await?;
    sandbox.inject(Fault::new(Service::Gmail, FaultKind::Unauthorized).forever());
    let gmail = connector(&sandbox, sandbox.google_auth())?;
    let error = gmail.get_profile().send().await.expect_err("401");
    assert!(error.is_unauthenticated(), "{error:?}");
    assert_eq!(refreshes(&sandbox), 1);
    assert_eq!(sandbox.requests().len(), 3);
    Ok(())
}

#[tokio::test]
async fn a_send_refused_for_its_token_is_sent_once_more_and_arrives_once() -> TestResult {
    let sandbox = Sandbox::start().await?;
    sandbox.revoke_access_tokens();
    let gmail = connector(&sandbox, sandbox.google_auth())?;
    let raw = airbyte_agent_gmail::mail::encoding::encode_base64url(
        b"To: support@example.com\r\nSubject: once\r\n\r\n.\r\n",
    );
    gmail.messages().send(raw).send().await?;
    let sent = gmail
        .messages()
        .list()
        .q("in:sent subject:once")
        .send()
        .await?;
    assert_eq!(sent.messages.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_token_endpoint_that_asks_for_an_hour_is_left_alone() -> TestResult {
    let sandbox = Sandbox::start().await?;
    sandbox.expire_access_tokens();
    let later = FaultKind::Status {
        code: 429,
        body: ErrorBody::Empty,
        headers: [("retry-after".to_owned(), "3600".to_owned())].into(),
    };
    sandbox.inject(Fault::new(Service::Google, later).forever());
    let gmail = connector(&sandbox, sandbox.google_auth())?;
    let error = gmail.get_profile().send().await.expect_err("later");
    assert!(error.is_token_refresh_failed(), "{error:?}");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
    assert_eq!(refreshes(&sandbox), 1);
    Ok(())
}

#[tokio::test]
async fn lifetimes_come_as_number_or_text_or_not_at_all() -> TestResult {
    for form in [ExpiresIn::Number, ExpiresIn::String, ExpiresIn::Absent] {
        let sandbox = Sandbox::start().await?;
        sandbox.configure(|settings| settings.expires_in = form);
        sandbox.expire_access_tokens();
        let store = Arc::new(MemoryTokenStore::default());
        let gmail = GmailConnector::builder(sandbox.google_auth())
            .base_url(sandbox.gmail_url())
            .token_url(sandbox.token_url())
            .token_store(store.clone())
            .build()?;
        gmail.get_profile().send().await?;
        gmail.get_profile().send().await?;
        assert_eq!(refreshes(&sandbox), 1);
        let tokens = store.tokens().ok_or("tokens")?;
        assert_eq!(
            tokens.expires_at.is_some(),
            !matches!(form, ExpiresIn::Absent)
        );
        assert!(!tokens.scopes.is_empty());
    }
    Ok(())
}

/// Moves the clock of the connector and of the sandbox, which are on one runtime.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_token_is_replaced_before_its_end() -> TestResult {
    let sandbox = Sandbox::start().await?;
    sandbox.expire_access_tokens();
    let gmail = connector(&sandbox, sandbox.google_auth())?;
    gmail.get_profile().send().await?;
    sandbox.clear_requests();
    pass(Duration::from_secs(3300)).await;
    gmail.get_profile().send().await?;
    assert_eq!(refreshes(&sandbox), 0);
    pass(Duration::from_secs(100)).await;
    gmail.get_profile().send().await?;
    assert_eq!(refreshes(&sandbox), 1);
    // No call met an ended token.
    assert!(
        sandbox
            .requests()
            .iter()
            .all(|request| request.status == Some(200))
    );
    Ok(())
}

#[tokio::test]
async fn a_valid_token_outlives_a_failed_early_refresh() -> TestResult {
    let sandbox = Sandbox::start().await?;
    sandbox.expire_access_tokens();
    let gmail = connector(&sandbox, sandbox.google_auth())?;
    gmail.get_profile().send().await?;
    sandbox.clear_requests();
    sandbox.inject(Fault::new(Service::Google, FaultKind::status(503)).forever());
    pass(Duration::from_secs(3400)).await;
    for _ in 0..10 {
        gmail.get_profile().send().await?;
    }
    // One refresh of three attempts failed; the calls after it did not try again at once.
    assert_eq!(refreshes(&sandbox), 3);
    sandbox.clear_faults();
    pass(Duration::from_secs(11)).await;
    gmail.get_profile().send().await?;
    assert_eq!(refreshes(&sandbox), 4);
    Ok(())
}

#[tokio::test]
async fn a_valid_token_outlives_a_failed_early_refresh_for_those_who_wait_too() -> TestResult {
    let sandbox = Sandbox::start().await?;
    sandbox.expire_access_tokens();
    let gmail = connector(&sandbox, sandbox.google_auth())?;
    gmail.get_profile().send().await?;
    sandbox.clear_requests();
    sandbox.inject(Fault::new(Service::Google, FaultKind::status(503)).forever());
    pass(Duration::from_secs(3400)).await;
    call_at_once(&gmail, 10).await?;
    assert_eq!(refreshes(&sandbox), 3);
    Ok(())
}

#[tokio::test]
async fn a_passing_failure_sends_nobody_to_the_consent_page() -> TestResult {
    let sandbox = Sandbox::start().await?;
    // The store still has the refresh token of a consent that is over; the configured one is good.
    let store = Arc::new(MemoryTokenStore::default());
    let mut tokens = TokenSet::new("ended");
    tokens.expires_at = Some(std::time::UNIX_EPOCH);
    tokens.refresh_token = Some("rejected".into());
    sandbox.expire_access_tokens();
    let _ = store.save(&tokens).await;
    let gmail = GmailConnector::builder(sandbox.google_auth())
        .base_url(sandbox.gmail_url())
        .token_url(sandbox.token_url())
        .token_store(store)
        .retry(RetryPolicy::never())
        .build()?;
    sandbox.inject(
        Fault::new(Service::Google, FaultKind::status(503))
            .after(1)
            .forever(),
    );
    let result = gmail.get_profile().send().await;
    assert!(result.is_err_and(|error| error.is_token_refresh_failed()));
    sandbox.clear_faults();
    gmail.get_profile().send().await?;
    Ok(())
}

#[tokio::test]
async fn a_rotated_refresh_token_is_used_and_stored() -> TestResult {
    let sandbox = Sandbox::start().await?;
    sandbox.rotate_refresh_tokens(true);
    let store = Arc::new(MemoryTokenStore::default());
    let gmail = GmailConnector::builder(sandbox.google_auth())
        .base_url(sandbox.gmail_url())
        .token_url(sandbox.token_url())
        .token_store(store.clone())
        .build()?;
    let mut seen = vec![sandbox.google().refresh_token];
    for _ in 0..3 {
        // Each refresh ends the token before, so that only the stored one can have served.
        sandbox.expire_access_tokens();
        gmail.get_profile().send().await?;
        let kept = store
            .tokens()
            .and_then(|tokens| tokens.refresh_token)
            .ok_or("a refresh token")?;
        assert!(!seen.iter().any(|token| token == kept.expose()));
        seen.push(kept.expose().to_owned());
    }
    Ok(())
}

#[tokio::test]
async fn a_refresh_token_that_is_not_answered_stays() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let store = Arc::new(MemoryTokenStore::default());
    let gmail = GmailConnector::builder(sandbox.google_auth())
        .base_url(sandbox.gmail_url())
        .token_url(sandbox.token_url())
        .token_store(store.clone())
        .build()?;
    sandbox.expire_access_tokens();
    gmail.get_profile().send().await?;
    let kept = store
        .tokens()
        .and_then(|tokens| tokens.refresh_token)
        .ok_or("a refresh token")?;
    assert_eq!(kept.expose(), sandbox.google().refresh_token);
    Ok(())
}

#[derive(Debug)]
struct BrokenStore;

impl TokenStore for BrokenStore {
    fn save<'a>(&'a self, _: &'a TokenSet) -> StoreFuture<'a> {
        Box::pin(async { Err("the disk is full".into()) })
    }
}

#[tokio::test]
async fn a_store_that_fails_is_reported_and_the_token_serves_all_the_same() -> TestResult {
    let sandbox = Sandbox::start().await?;
    sandbox.expire_access_tokens();
    let gmail = GmailConnector::builder(sandbox.google_auth())
        .base_url(sandbox.gmail_url())
        .token_url(sandbox.token_url())
        .token_store(Arc::new(BrokenStore))
        .build()?;
    let error = gmail
        .get_profile()
        .send()
        .await
        .expect_err("the store fails");
    assert!(error.is_token_store_failed(), "{error:?}");
    gmail.get_profile().send().await?;
    assert_eq!(refreshes(&sandbox), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rejected_and_failed_are_told_apart_and_neither_is_a_storm() -> TestResult {
    let sandbox = Sandbox::start().await?;
    sandbox.revoke_refresh_token();
    let gmail = connector(&sandbox, sandbox.google_auth())?;
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let gmail = gmail.clone();
            tokio::spawn(async move { gmail.get_profile().send().await })
        })
        .collect();
    for call in calls {
        let error = call.await?.expect_err("revoked");
        assert!(
            error.is_reauthorization_required() && !error.is_token_refresh_failed(),
            "{error:?}"
        );
        assert_eq!(error.reason(), Some("invalid_grant"));
        for cause in ["revoked", "password", "7 days", "100 for each account"] {
            assert!(error.to_string().contains(cause), "{error}");
        }
    }
    assert!(refreshes(&sandbox) < 20, "{}", refreshes(&sandbox));

    let sandbox = Sandbox::start().await?;
    sandbox.expire_access_tokens();
    sandbox.inject(
        Fault::new(
            Service::Google,
            FaultKind::Status {
                code: 503,
                body: ErrorBody::Html,
                headers: Default::default(),
            },
        )
        .forever(),
    );
    let gmail = connector(&sandbox, sandbox.google_auth())?;
    let error = gmail.get_profile().send().await.expect_err("503");
    assert!(
        error.is_token_refresh_failed()
            && error.is_transient()
            && !error.is_reauthorization_required(),
        "{error:?}"
    );
    sandbox.clear_faults();
    gmail.get_profile().send().await?;
    Ok(())
}

#[tokio::test]
async fn without_a_client_id_a_token_serves_until_its_end_and_then_the_error_says_what_is_missing()
-> TestResult {
    let sandbox = Sandbox::start().await?;
    let google = sandbox.google();
    let auth =
        GmailAuthConfig::new(google.refresh_token).with_access_token(google.access_token.clone());
    for (auth, missing) in [
        (auth, "client_id is missing"),
        (
            GmailAuthConfig::from_access_token(google.access_token).with_client_id("x"),
            "refresh_token is missing",
        ),
    ] {
        let gmail = connector(&sandbox, auth)?;
        if missing.starts_with("client_id") {
            gmail.get_profile().send().await?;
            sandbox.expire_access_tokens();
        }
        let error = gmail
            .get_profile()
            .send()
            .await
            .expect_err("no way to refresh");
        assert!(
            error.is_configuration() && error.to_string().contains(missing),
            "{error}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn airbytes_application_token_is_cached_and_fetched_again_after_a_401() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.hosted()?;
    call_at_once(&gmail, 50).await?;
    assert_eq!(application_tokens(&sandbox), 1);
    sandbox.expire_airbyte_tokens();
    call_at_once(&gmail, 50).await?;
    assert_eq!(application_tokens(&sandbox), 2);
    Ok(())
}

#[tokio::test]
async fn a_bearer_token_is_used_as_it_is() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let airbyte = sandbox.airbyte();
    let hosted = |token: &str| {
        GmailConnector::builder(
            AirbyteAuthConfig::from_bearer_token(token).with_connector_id(&airbyte.connector_id),
        )
        .base_url(sandbox.airbyte_url())
        .build()
    };
    hosted(&airbyte.bearer_token)?.check().await?;
    assert_eq!(sandbox.requests().len(), 1);
    let error = hosted("not-a-token")?.check().await.expect_err("401");
    assert!(error.is_unauthenticated(), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("not-a-token"));
    Ok(())
}
