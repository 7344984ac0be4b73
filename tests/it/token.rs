//! Tokens: refreshed in time, once for many callers, with distinct errors when that fails.

#![cfg(feature = "sandbox")]

use crate::support;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use airbyte_agent_gmail::auth::{
    AuthConfig, InsecureStore, MemoryTokenStore, Saved, Secret, StoreFuture, StoreLock,
    StoreVersion, StoredTokens, TokenFuture, TokenResponse, TokenSet, TokenSource, TokenStore,
};
use airbyte_agent_gmail::sandbox::{ErrorBody, ExpiresIn, Fault, FaultKind, Sandbox, Service};
use airbyte_agent_gmail::{AirbyteAuthConfig, Error, GmailAuthConfig, GmailConnector, RetryPolicy};
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
    for form in [
        ExpiresIn::Number,
        ExpiresIn::String,
        ExpiresIn::Fraction,
        ExpiresIn::Absent,
        ExpiresIn::Zero,
        ExpiresIn::Negative,
    ] {
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
            !matches!(
                form,
                ExpiresIn::Absent | ExpiresIn::Zero | ExpiresIn::Negative
            )
        );
        assert!(!tokens.scopes.is_empty());
    }
    Ok(())
}

/// A server may send any number, and the token that comes with it is valid.
#[tokio::test]
async fn a_lifetime_that_no_clock_reaches_is_taken() -> TestResult {
    for lifetime in ["1e12", "1000000000000000000", "18446744073709551615"] {
        let sandbox = Sandbox::start().await?;
        let body = format!(
            r#"{{"access_token":"sandbox-access-token","expires_in":{lifetime},
                "refresh_token":"rotated","refresh_token_expires_in":{lifetime}}}"#
        );
        let answer = FaultKind::Answer {
            code: 200,
            content_type: "application/json".to_owned(),
            body,
        };
        sandbox.inject(Fault::new(Service::Google, answer));
        let store = Arc::new(MemoryTokenStore::default());
        let google = sandbox.google();
        let auth = GmailAuthConfig::new(google.refresh_token)
            .with_client(google.client_id, google.client_secret);
        // The second connector is the next process, which loads what the first stored.
        for _ in 0..2 {
            let gmail = GmailConnector::builder(auth.clone())
                .base_url(sandbox.gmail_url())
                .token_url(sandbox.token_url())
                .token_store(store.clone())
                .build()?;
            call_at_once(&gmail, 10).await?;
            assert_eq!(refreshes(&sandbox), 1, "{lifetime}");
            let kept = store.tokens().and_then(|tokens| tokens.refresh_token);
            assert!(kept.is_some_and(|token| token.matches("rotated")));
        }
    }
    Ok(())
}

/// Advances the clock of both connector and sandbox, which share a runtime.
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
    // Each mailbox refreshes at its own time, between 600 and 240 seconds before the expiry.
    pass(Duration::from_secs(2_990)).await;
    gmail.get_profile().send().await?;
    assert_eq!(refreshes(&sandbox), 0);
    pass(Duration::from_secs(410)).await;
    gmail.get_profile().send().await?;
    settled(&sandbox, 1).await?;
    gmail.get_profile().send().await?;
    assert_eq!(refreshes(&sandbox), 1);
    // No call used an expired token.
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
        settled(&sandbox, 3).await?;
    }
    // One refresh failed after three attempts; later calls did not retry at once.
    assert_eq!(refreshes(&sandbox), 3);
    sandbox.clear_faults();
    pass(Duration::from_secs(11)).await;
    gmail.get_profile().send().await?;
    settled(&sandbox, 4).await?;
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
    settled(&sandbox, 3).await?;
    call_at_once(&gmail, 10).await?;
    assert_eq!(refreshes(&sandbox), 3);
    Ok(())
}

#[tokio::test]
async fn a_passing_failure_sends_nobody_to_the_consent_page() -> TestResult {
    let sandbox = Sandbox::start().await?;
    // The store still has the refresh token of a revoked consent; the configured one is valid.
    let store = Arc::new(MemoryTokenStore::default());
    let mut tokens = TokenSet::new("ended");
    tokens.expires_at = Some(std::time::UNIX_EPOCH);
    tokens.refresh_token = Some("rejected".into());
    sandbox.expire_access_tokens();
    let _ = store.save(&tokens, &StoreVersion::default()).await;
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
        // Each refresh invalidates the previous token, so only the stored one can have worked.
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

/// Waits for a background refresh with this many requests.
async fn settled(sandbox: &Sandbox, requests: usize) -> TestResult {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while refreshes(sandbox) < requests {
        if tokio::time::Instant::now() > deadline {
            return Err(format!("{} requests", refreshes(sandbox)).into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // The answer may still be on its way.
    tokio::time::sleep(Duration::from_millis(50)).await;
    Ok(())
}

/// A store in memory that fails on demand.
#[derive(Debug, Default)]
struct FailingStore {
    inner: MemoryTokenStore,
    full: AtomicBool,
    unreadable: AtomicBool,
    unlockable: AtomicBool,
    insecure: AtomicBool,
    saves: AtomicUsize,
}

impl FailingStore {
    fn on(flag: &AtomicBool, value: bool) {
        flag.store(value, Ordering::Relaxed);
    }

    fn fails(&self, flag: &AtomicBool) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        if self.insecure.load(Ordering::Relaxed) {
            return Err(
                InsecureStore::new("/secret/tokens.json: it belongs to another user").into(),
            );
        }
        if flag.load(Ordering::Relaxed) {
            return Err("/secret/tokens.json: the store is out of order".into());
        }
        Ok(())
    }
}

impl TokenStore for FailingStore {
    fn load(&self) -> StoreFuture<'_, StoredTokens> {
        Box::pin(async {
            self.fails(&self.unreadable)?;
            self.inner.load().await
        })
    }

    fn lock(&self) -> StoreFuture<'_, StoreLock> {
        Box::pin(async {
            self.fails(&self.unlockable)?;
            Ok(StoreLock::none())
        })
    }

    fn save<'a>(
        &'a self,
        tokens: &'a TokenSet,
        replaces: &'a StoreVersion,
    ) -> StoreFuture<'a, Saved> {
        Box::pin(async {
            self.saves.fetch_add(1, Ordering::Relaxed);
            self.fails(&self.full)?;
            self.inner.save(tokens, replaces).await
        })
    }

    fn check_writable(&self) -> StoreFuture<'_> {
        Box::pin(async { self.fails(&self.full) })
    }
}

/// A connector's warnings.
type Warnings = Arc<Mutex<Vec<String>>>;

/// A connector with a store, and its warnings.
fn watched(
    sandbox: &Sandbox,
    auth: GmailAuthConfig,
    store: &Arc<FailingStore>,
) -> Result<(GmailConnector, Warnings), Error> {
    let warnings = Warnings::default();
    let told = warnings.clone();
    let gmail = GmailConnector::builder(auth)
        .base_url(sandbox.gmail_url())
        .token_url(sandbox.token_url())
        .token_store(store.clone())
        .on_token_store_warning(move |warning| {
            let cause = std::error::Error::source(warning).map(ToString::to_string);
            if let Ok(mut told) = told.lock() {
                told.push(format!("{warning}: {}", cause.unwrap_or_default()));
            }
        })
        .build()?;
    Ok((gmail, warnings))
}

fn told(warnings: &Mutex<Vec<String>>) -> Vec<String> {
    warnings.lock().map(|told| told.clone()).unwrap_or_default()
}

fn kept(store: &FailingStore) -> Option<String> {
    let tokens = store.inner.tokens()?;
    Some(tokens.refresh_token?.expose().to_owned())
}

#[tokio::test]
async fn a_rotated_token_outlives_a_full_disk_and_is_saved_when_there_is_room() -> TestResult {
    for keeps_previous in [false, true] {
        let sandbox = Sandbox::start().await?;
        sandbox.configure(|settings| {
            settings.rotate_refresh_tokens = true;
            settings.keep_previous_refresh_token = keeps_previous;
        });
        let store = Arc::new(FailingStore::default());
        let (gmail, warnings) = watched(&sandbox, sandbox.google_auth(), &store)?;
        sandbox.expire_access_tokens();
        gmail.get_profile().send().await?;
        let first = kept(&store);
        FailingStore::on(&store.full, true);
        for _ in 0..20 {
            sandbox.expire_access_tokens();
            gmail.get_profile().send().await?;
        }
        assert_eq!(kept(&store), first);
        let warnings = told(&warnings);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("can't be saved") && warnings[0].contains("/secret"));

        // Saved within the longest pause, without another call.
        FailingStore::on(&store.full, false);
        pass(Duration::from_secs(11)).await;
        for _ in 0..1000 {
            if kept(&store) != first {
                break;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert_ne!(kept(&store), first);
        drop(gmail);
        // The next process has a working token.
        let google = sandbox.google();
        let auth = GmailAuthConfig::new(google.refresh_token)
            .with_client(google.client_id, google.client_secret);
        let (next, _) = watched(&sandbox, auth, &store)?;
        sandbox.expire_access_tokens();
        next.get_profile().send().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_another_process_has_stored_since_takes_the_place_of_what_is_owed() -> TestResult {
    let sandbox = Sandbox::start().await?;
    sandbox.configure(|settings| {
        settings.rotate_refresh_tokens = true;
        settings.keep_previous_refresh_token = true;
    });
    let store = Arc::new(FailingStore::default());
    let (one, _) = watched(&sandbox, sandbox.google_auth(), &store)?;
    sandbox.expire_access_tokens();
    FailingStore::on(&store.full, true);
    one.get_profile().send().await?;
    assert_eq!(kept(&store), None);
    FailingStore::on(&store.full, false);
    let (other, _) = watched(&sandbox, sandbox.google_auth(), &store)?;
    sandbox.expire_access_tokens();
    other.get_profile().send().await?;
    let stored = kept(&store);
    // The first connector now loads these tokens; it neither saves its own nor refreshes.
    let before = refreshes(&sandbox);
    pass(Duration::from_secs(3400)).await;
    one.get_profile().send().await?;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(kept(&store), stored);
    assert_eq!(refreshes(&sandbox), before);
    Ok(())
}

#[tokio::test]
async fn a_store_out_of_order_fails_no_call_while_a_token_can_be_had() -> TestResult {
    for broken in ["full", "unreadable", "unlockable", "all"] {
        let sandbox = Sandbox::start().await?;
        let store = Arc::new(FailingStore::default());
        let mut tokens = TokenSet::new(sandbox.google().access_token);
        tokens.refresh_token = Some(sandbox.google().refresh_token.into());
        let _ = store.inner.save(&tokens, &StoreVersion::default()).await;
        let all = broken == "all";
        FailingStore::on(&store.full, all || broken == "full");
        FailingStore::on(&store.unreadable, all || broken == "unreadable");
        FailingStore::on(&store.unlockable, all || broken == "unlockable");
        let google = sandbox.google();
        let auth = GmailAuthConfig::new(google.refresh_token)
            .with_client(google.client_id, google.client_secret);
        let (gmail, warnings) = watched(&sandbox, auth, &store)?;
        // The stored token is valid at first; then it has expired, and so has the next.
        for _ in 0..3 {
            gmail.get_profile().send().await?;
            sandbox.expire_access_tokens();
        }
        let warnings = told(&warnings);
        assert!((1..=2).contains(&warnings.len()), "{broken}: {warnings:?}");
        assert!(warnings[0].contains("/secret/tokens.json"), "{warnings:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_store_that_others_may_have_written_is_not_gone_around() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let store = Arc::new(FailingStore::default());
    FailingStore::on(&store.insecure, true);
    let google = sandbox.google();
    let auth = GmailAuthConfig::new(google.refresh_token)
        .with_client(google.client_id, google.client_secret);
    let (gmail, _) = watched(&sandbox, auth, &store)?;
    let error = gmail.get_profile().send().await.expect_err("refused");
    assert!(error.is_token_store_failed(), "{error:?}");
    assert_eq!(sandbox.requests().len(), 0);
    Ok(())
}

#[tokio::test]
async fn a_hung_token_endpoint_delays_no_call_while_the_old_token_lives() -> TestResult {
    let sandbox = Sandbox::start().await?;
    sandbox.expire_access_tokens();
    let gmail = connector(&sandbox, sandbox.google_auth())?;
    gmail.get_profile().send().await?;
    sandbox.inject(Fault::new(Service::Google, FaultKind::NeverAnswer).forever());
    pass(Duration::from_secs(3400)).await;
    let started = std::time::Instant::now();
    call_at_once(&gmail, 50).await?;
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(refreshes(&sandbox), 2);
    Ok(())
}

#[tokio::test]
async fn a_refresh_has_one_bound_and_a_hung_store_has_too() -> TestResult {
    #[derive(Debug)]
    struct Hung(bool);

    impl TokenSource for Hung {
        fn fetch<'a>(&'a self, _: Option<&'a Secret>) -> TokenFuture<'a> {
            Box::pin(async {
                if self.0 {
                    std::future::pending::<()>().await;
                }
                Ok(TokenResponse::new("sandbox-access-token"))
            })
        }
    }

    impl TokenStore for Hung {
        fn lock(&self) -> StoreFuture<'_, StoreLock> {
            Box::pin(std::future::pending())
        }

        fn save<'a>(&'a self, _: &'a TokenSet, _: &'a StoreVersion) -> StoreFuture<'a, Saved> {
            Box::pin(std::future::pending())
        }
    }

    let sandbox = Sandbox::start().await?;
    tokio::time::pause();
    let builder = |source: Hung| {
        GmailConnector::builder(AuthConfig::from_source(source))
            .base_url(sandbox.gmail_url())
            .retry(RetryPolicy::never())
    };
    let started = tokio::time::Instant::now();
    let gmail = builder(Hung(true)).build()?;
    let error = gmail.get_profile().send().await.expect_err("hung");
    assert!(error.is_token_refresh_failed(), "{error:?}");
    assert_eq!(started.elapsed().as_secs(), 30);

    // 40 s for a lock that is never released and 5 s for the save; then the token is used.
    let started = tokio::time::Instant::now();
    let gmail = builder(Hung(false))
        .token_store(Arc::new(Hung(true)))
        .build()?;
    tokio::time::resume();
    let call = tokio::spawn(async move { gmail.get_profile().send().await });
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        pass(Duration::from_secs(1)).await;
        if call.is_finished() {
            break;
        }
    }
    call.await??;
    assert!((45..60).contains(&started.elapsed().as_secs()));
    Ok(())
}

#[tokio::test]
async fn a_rejection_is_remembered_until_the_store_changes() -> TestResult {
    for with_store in [false, true] {
        let sandbox = Sandbox::start().await?;
        let store = Arc::new(FailingStore::default());
        let google = sandbox.google();
        let mut auth = GmailAuthConfig::new("1//dead");
        auth.client_id = Some(google.client_id);
        auth.client_secret = Some(google.client_secret.into());
        let gmail = if with_store {
            watched(&sandbox, auth, &store)?.0
        } else {
            connector(&sandbox, auth)?
        };
        for _ in 0..10 {
            let error = gmail.get_profile().send().await.expect_err("rejected");
            assert!(error.is_reauthorization_required(), "{error:?}");
            pass(Duration::from_secs(3600)).await;
        }
        assert_eq!(refreshes(&sandbox), 1);
        if with_store {
            // Someone has signed in again.
            let mut tokens = TokenSet::new("ended");
            tokens.expires_at = Some(UNIX_EPOCH);
            tokens.refresh_token = Some(google.refresh_token.into());
            let _ = store.inner.save(&tokens, &StoreVersion::default()).await;
            gmail.get_profile().send().await?;
            assert_eq!(refreshes(&sandbox), 2);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_client_that_is_not_accepted_is_asked_about_once_a_minute() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let google = sandbox.google();
    let auth = GmailAuthConfig::new(google.refresh_token).with_client(google.client_id, "wrong");
    let gmail = connector(&sandbox, auth)?;
    for minute in 1..=3 {
        for _ in 0..5 {
            let error = gmail
                .get_profile()
                .send()
                .await
                .expect_err("invalid_client");
            assert!(error.is_configuration(), "{error:?}");
        }
        assert_eq!(refreshes(&sandbox), minute);
        pass(Duration::from_secs(61)).await;
    }
    Ok(())
}

#[tokio::test]
async fn a_source_of_one_s_own_is_asked_once_and_with_the_stored_refresh_token() -> TestResult {
    #[derive(Clone, Debug, Default)]
    struct Own(Arc<Mutex<Vec<Option<String>>>>);

    impl TokenSource for Own {
        fn fetch<'a>(&'a self, refresh_token: Option<&'a Secret>) -> TokenFuture<'a> {
            Box::pin(async move {
                if let Ok(mut asked) = self.0.lock() {
                    asked.push(refresh_token.map(|token| token.expose().to_owned()));
                }
                Ok(TokenResponse::new("sandbox-access-token"))
            })
        }
    }

    let sandbox = Sandbox::start().await?;
    let source = Own::default();
    let store = Arc::new(MemoryTokenStore::default());
    let mut tokens = TokenSet::new("ended");
    tokens.expires_at = Some(UNIX_EPOCH);
    tokens.refresh_token = Some("stored".into());
    let _ = store.save(&tokens, &StoreVersion::default()).await;
    let gmail = GmailConnector::builder(AuthConfig::from_source(source.clone()))
        .base_url(sandbox.gmail_url())
        .token_store(store.clone())
        .build()?;
    call_at_once(&gmail, 10).await?;
    let asked = source
        .0
        .lock()
        .map(|asked| asked.clone())
        .unwrap_or_default();
    assert_eq!(asked, [Some("stored".to_owned())]);
    assert!(
        store
            .tokens()
            .is_some_and(|tokens| tokens.access_token.matches("sandbox-access-token"))
    );
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
    assert_eq!(refreshes(&sandbox), 1);

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
        (auth, "needs client_id"),
        (
            GmailAuthConfig::from_access_token(google.access_token).with_client_id("x"),
            "needs refresh_token",
        ),
    ] {
        let gmail = connector(&sandbox, auth)?;
        if missing.ends_with("client_id") {
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
