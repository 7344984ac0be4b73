//! Google's quota, which holds in any 60 seconds: no call fails because of it, and other programs keep their share. The
//! clock is paused, so minutes pass at once.

#![cfg(all(feature = "sandbox", feature = "sync", feature = "tool"))]
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use crate::support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use airbyte_agent_gmail::connector::GmailConnectorBuilder;
use airbyte_agent_gmail::sandbox::{Fault, FaultKind, MinuteQuota, Sandbox, Service};
use airbyte_agent_gmail::sync::SyncState;
use airbyte_agent_gmail::{Error, GmailConnector, Quota, RetryPolicy};
use futures_util::TryStreamExt;
use serde_json::json;
use support::{TestResult, http};
use tokio::time::{Instant, interval, sleep};

const BOTH: [MinuteQuota; 2] = [MinuteQuota::Sliding(6_000), MinuteQuota::Fixed(6_000)];

/// A sandbox with this many messages, and their ids.
async fn sandbox(quota: MinuteQuota, messages: u32) -> std::io::Result<(Sandbox, Vec<String>)> {
    let sandbox = Sandbox::builder().empty().quota(quota).start().await?;
    let ids = (0..messages)
        .map(|number| sandbox.deliver(format!("Subject: {number}\r\n\r\nText.\r\n").as_bytes()))
        .collect();
    Ok((sandbox, ids))
}

fn builder(sandbox: &Sandbox) -> GmailConnectorBuilder {
    GmailConnector::builder(sandbox.google_auth())
        .base_url(sandbox.gmail_url())
        .token_url(sandbox.token_url())
}

/// The number of an operation's refused requests, and of all its requests.
fn refused(sandbox: &Sandbox, operation: &str) -> (usize, usize) {
    let requests = sandbox.requests();
    let of_it = requests
        .iter()
        .filter(|request| request.operation == operation);
    let is_refused = |status| matches!(status, Some(429 | 403));
    (
        of_it
            .clone()
            .filter(|request| is_refused(request.status))
            .count(),
        of_it.count(),
    )
}

/// Fetches messages; returns the errors and the time taken.
async fn get_many(gmail: &GmailConnector, ids: &[String]) -> (Vec<Error>, Duration) {
    let began = Instant::now();
    let mut messages = gmail.get_many(ids).format("minimal").stream();
    let mut errors = Vec::new();
    while let Some((_, message)) = messages.next().await {
        errors.extend(message.err());
    }
    (errors, began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn seven_hundred_messages_come_in_the_least_time_and_none_is_refused() -> TestResult {
    for quota in BOTH {
        for offset in [0, 25] {
            let (sandbox, ids) = sandbox(quota, 700).await?;
            // The service's minutes do not start with the client's.
            sleep(Duration::from_secs(offset)).await;
            let gmail = builder(&sandbox).quota(Quota::current()).build()?;
            let (errors, time) = get_many(&gmail, &ids).await;
            assert_eq!(errors.len(), 0, "{errors:?}");
            assert_eq!(refused(&sandbox, "messages_get"), (0, 700));
            // 14,000 units: the last 2,000 may be sent after two minutes.
            assert!(time.as_secs_f64() <= 120.0 * 1.03, "{quota:?}: {time:?}");
        }
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_connector_that_knows_no_limit_learns_it() -> TestResult {
    for quota in BOTH {
        let (sandbox, ids) = sandbox(quota, 700).await?;
        // No quota is assumed for an address on this machine.
        let gmail = builder(&sandbox).build()?;
        let (errors, time) = get_many(&gmail, &ids).await;
        assert_eq!(errors.len(), 0, "{errors:?}");
        let (refusals, _) = refused(&sandbox, "messages_get");
        assert!(
            refusals <= 40 && time.as_secs() < 400,
            "{refusals} {time:?}"
        );
    }
    Ok(())
}

/// Another program that gets a message every 0.4 s, or 50 units a second, until dropped. It counts refused requests and
/// all requests.
async fn another_program(sandbox: &Sandbox, id: &str, counts: &Mutex<(u32, u32)>) -> TestResult {
    let client = http::local_client()?.build()?;
    let address = format!(
        "{}/gmail/v1/users/me/messages/{id}?format=minimal",
        sandbox.gmail_url()
    );
    let mut ticks = interval(Duration::from_millis(400));
    loop {
        ticks.tick().await;
        let answer = client
            .get(&address)
            .bearer_auth(sandbox.google().access_token)
            .send()
            .await?;
        let mut counts = counts.lock().unwrap();
        counts.0 += u32::from(!answer.status().is_success());
        counts.1 += 1;
    }
}

/// Makes the calls of `airbyte-gmail export`.
async fn export(gmail: &GmailConnector) -> Result<usize, Error> {
    gmail.get_profile().send().await?;
    let ids = gmail.messages().list().max_results(500).stream();
    ids.map_ok(|reference| async move {
        let id = reference.id;
        gmail.messages().get(id).format("raw").send().await
    })
    .try_buffered(8)
    .try_fold(0, |count, _| std::future::ready(Ok(count + 1)))
    .await
}

#[tokio::test(start_paused = true)]
async fn an_export_leaves_another_program_its_half() -> TestResult {
    let [sliding, fixed] = BOTH;
    // The other program has been running for a while, or starts with the export.
    for (quota, ahead) in [(sliding, 90), (sliding, 0), (fixed, 30)] {
        let (sandbox, ids) = sandbox(quota, 600).await?;
        let counts = Mutex::new((0, 0));
        let exporting = async {
            sleep(Duration::from_secs(ahead)).await;
            let gmail = builder(&sandbox)
                .quota(Quota::current())
                .leave_room(true)
                .retry(RetryPolicy {
                    quota_wait: Duration::MAX,
                    ..RetryPolicy::default()
                })
                .build()?;
            let began = Instant::now();
            Ok::<_, Error>((export(&gmail).await?, began.elapsed()))
        };
        let (exported, time) = tokio::select! {
            result = exporting => result?,
            other = another_program(&sandbox, &ids[0], &counts) => return other,
        };
        assert_eq!(exported, 600);
        let (other_refused, others) = *counts.lock().unwrap();
        assert!(others > 600, "{others}");
        assert_eq!(other_refused, 0, "{quota:?}, {ahead} s ahead");
        assert_eq!(refused(&sandbox, "messages_get").0, 0);
        let least = 600.0 * 20.0 / 3_000.0 * 60.0;
        assert!(time.as_secs_f64() <= least * 1.15, "{quota:?}: {time:?}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_another_program_spends_is_learned() -> TestResult {
    for quota in BOTH {
        let (sandbox, ids) = sandbox(quota, 900).await?;
        let counts = Mutex::new((0, 0));
        let fetching = async {
            sleep(Duration::from_secs(90)).await;
            let gmail = builder(&sandbox).quota(Quota::current()).build()?;
            Ok::<_, Error>(get_many(&gmail, &ids).await)
        };
        let (errors, time) = tokio::select! {
            result = fetching => result?,
            other = another_program(&sandbox, &ids[0], &counts) => return other,
        };
        assert_eq!(errors.len(), 0, "{errors:?}");
        let other_refused = counts.lock().unwrap().0 as usize;
        let refusals = refused(&sandbox, "messages_get").0 - other_refused;
        let all = ids.len() + refusals;
        assert!(refusals * 100 <= all * 5, "{quota:?}: {refusals} of {all}");
        let least = 900.0 * 20.0 / 3_000.0 * 60.0;
        assert!(time.as_secs_f64() <= least * 1.15, "{quota:?}: {time:?}");
    }
    Ok(())
}

/// A sandbox whose quota for the minute is used up.
async fn used_up() -> Result<Sandbox, Box<dyn std::error::Error>> {
    let (sandbox, ids) = sandbox(MinuteQuota::Fixed(6_000), 300).await?;
    let gmail = builder(&sandbox).build()?;
    assert_eq!(get_many(&gmail, &ids).await.0.len(), 0);
    Ok(sandbox)
}

#[tokio::test(start_paused = true)]
async fn a_single_call_waits_for_the_next_minute_but_no_longer_than_it_may() -> TestResult {
    let sandbox = used_up().await?;
    let waits = Arc::new(Mutex::new(0));
    let told = waits.clone();
    let gmail = builder(&sandbox)
        .quota(Quota::current())
        .before_quota_wait(move |_| *told.lock().unwrap() += 1)
        .build()?;
    gmail.messages().list().send().await?;
    assert!(*waits.lock().unwrap() > 0);
    assert!(refused(&sandbox, "messages_list").0 <= 6);

    let sandbox = used_up().await?;
    let hasty = builder(&sandbox)
        .quota(Quota::current())
        .retry(RetryPolicy {
            quota_wait: Duration::from_secs(5),
            ..RetryPolicy::default()
        })
        .build()?;
    let began = Instant::now();
    let error = hasty.messages().list().send().await.unwrap_err();
    assert!(
        error.is_rate_limited() && error.status().is_some(),
        "{error:?}"
    );
    assert!(
        error
            .retry_after()
            .is_some_and(|wait| wait >= Duration::from_secs(1))
    );
    assert!(began.elapsed() <= Duration::from_secs(5));

    // A policy that never retries does not retry here either.
    let sandbox = used_up().await?;
    let once = builder(&sandbox).retry(RetryPolicy::never()).build()?;
    once.messages().list().send().await.unwrap_err();
    assert_eq!(refused(&sandbox, "messages_list"), (1, 1));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_tool_says_when_to_call_again_before_its_client_gives_up() -> TestResult {
    let (sandbox, ids) = sandbox(MinuteQuota::Sliding(6_000), 300).await?;
    let gmail = builder(&sandbox).quota(Quota::current()).build()?;
    assert_eq!(get_many(&gmail, &ids).await.0.len(), 0);
    sleep(Duration::from_secs(10)).await;
    let began = Instant::now();
    let answer = gmail
        .tools()
        .call("gmail_search", json!({"query": "in:inbox"}))
        .await;
    assert!(
        answer.is_error && answer.text.contains("rate_limited"),
        "{}",
        answer.text
    );
    let seconds = answer.structured["error"]["retry_after_seconds"]
        .as_u64()
        .unwrap();
    assert!((45..=51).contains(&seconds), "{seconds}");
    assert!(began.elapsed() < Duration::from_secs(1));
    // If the wait is short, the tool waits.
    sleep(Duration::from_secs(seconds - 20)).await;
    let answer = gmail
        .tools()
        .call("gmail_search", json!({"query": "in:inbox"}))
        .await;
    assert!(!answer.is_error, "{}", answer.text);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn limits_that_are_none_of_a_minute_are_not_waited_for() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = builder(&sandbox).quota(Quota::current()).build()?;
    let answer = |code, reason: &str, message: &str| FaultKind::Answer {
        code,
        content_type: "application/json".to_owned(),
        body: json!({"error": {"code": code, "message": message, "errors": [{"reason": reason}]}})
            .to_string(),
    };
    for kind in [
        answer(403, "dailyLimitExceeded", "Daily Limit Exceeded"),
        answer(429, "dailyLimitExceeded", "Daily Limit Exceeded"),
        answer(403, "quotaExceeded", "Quota Exceeded"),
        answer(
            429,
            "rateLimitExceeded",
            "Quota exceeded for limit 'Queries per day'",
        ),
        answer(
            429,
            "userRateLimitExceeded",
            "User-rate limit exceeded (Mail sending)",
        ),
        answer(
            429,
            "rateLimitExceeded",
            "Daily user sending limit exceeded.",
        ),
    ] {
        sandbox.clear_requests();
        sandbox.inject(Fault::new(Service::Gmail, kind.clone()).forever());
        let began = Instant::now();
        let error = gmail.messages().list().send().await.unwrap_err();
        assert!(began.elapsed() < Duration::from_secs(1), "{kind:?}");
        assert!(
            error.is_rate_limited() || error.is_permission_denied(),
            "{error}"
        );
        assert_eq!(sandbox.requests().len(), 1, "{kind:?}");
        sandbox.clear_faults();
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_never_passes_ends_even_what_has_all_patience() -> TestResult {
    let (sandbox, ids) = sandbox(MinuteQuota::Fixed(19), 1).await?;
    let gmail = builder(&sandbox).quota(Quota::current()).build()?;
    let (errors, time) = get_many(&gmail, &ids).await;
    assert!(errors.iter().all(Error::is_rate_limited) && errors.len() == 1);
    assert!((600..700).contains(&time.as_secs()), "{time:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn each_part_of_a_batch_costs_what_it_costs_alone() -> TestResult {
    let (sandbox, ids) = sandbox(MinuteQuota::Sliding(100), 6).await?;
    let gmail = builder(&sandbox).build()?;
    let mut batch = gmail.batch();
    for id in &ids {
        batch.add("messages", "get", json!({"messageId": id}))?;
    }
    let results = batch.send().await?;
    let rate_limited =
        |result: &Result<_, Error>| result.as_ref().is_err_and(Error::is_rate_limited);
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 5);
    assert!(rate_limited(&results[5]));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_sync_waits_as_long_as_it_takes() -> TestResult {
    // The profile and one page of five units per minute.
    let (sandbox, _) = sandbox(MinuteQuota::Fixed(6), 1_200).await?;
    let quota = Quota {
        units_per_minute: Some(6),
        ..Quota::current()
    };
    let gmail = builder(&sandbox).quota(quota).build()?;
    let began = Instant::now();
    let mut sync = gmail.sync(SyncState::default());
    let mut events = 0;
    while sync.next().await?.is_some() {
        events += 1;
    }
    assert_eq!(events, 1_202);
    assert!(began.elapsed() > Duration::from_secs(180));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_caller_corrects_the_table() -> TestResult {
    let (sandbox, ids) = sandbox(MinuteQuota::Sliding(6_000), 101).await?;
    let gmail = builder(&sandbox)
        .quota(Quota::current())
        .quota_units("messages_get", 60)
        .build()?;
    let (errors, time) = get_many(&gmail, &ids).await;
    assert!(
        errors.is_empty() && time >= Duration::from_secs(60),
        "{time:?}"
    );
    let error = builder(&sandbox)
        .quota_units("messages_got", 60)
        .build()
        .unwrap_err();
    assert!(error.is_configuration(), "{error}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn airbytes_own_limits_are_met_as_before() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = GmailConnector::builder(sandbox.airbyte_auth())
        .base_url(sandbox.airbyte_url())
        .build()?;
    gmail.check().await?;
    let limited = |headers: &[(&str, &str)]| FaultKind::Status {
        code: 429,
        body: airbyte_agent_gmail::sandbox::ErrorBody::Native,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    };
    let on = |kind| Fault::new(Service::Airbyte, kind).on("messages_list");
    sandbox.inject(on(limited(&[("retry-after", "7")])));
    let began = Instant::now();
    gmail.messages().list().send().await?;
    assert_eq!(began.elapsed().as_secs(), 7);
    // Without a hint when to retry, it gives up after four attempts, within seconds.
    sandbox.inject(on(limited(&[])).forever());
    sandbox.clear_requests();
    let error = gmail.messages().list().send().await.unwrap_err();
    assert!(error.is_rate_limited());
    assert_eq!(sandbox.requests().len(), 4);
    assert!(began.elapsed().as_secs() < 12);
    Ok(())
}

#[cfg(feature = "cli")]
#[tokio::test]
async fn the_program_says_that_it_waits() -> TestResult {
    use airbyte_agent_gmail::Mode;
    use tokio::io::{AsyncBufReadExt, BufReader};

    let directory = support::directory::Directory::new()?;
    let (sandbox, _) = sandbox(MinuteQuota::Fixed(50), 3).await?;
    let out = directory.file("out.mbox");
    for quota in [&["--quota", "current"][..], &[]] {
        let arguments = ["export", "--format", "mbox", "--out", out.to_str().unwrap()];
        let mut command = support::program::program(&sandbox, &directory, &arguments);
        let mut program = command
            .args(quota)
            .envs(sandbox.variables(Mode::OpenSource))
            .spawn()?;
        let stderr = program.stderr.take().ok_or("no standard error")?;
        let mut lines = BufReader::new(stderr).lines();
        loop {
            let line = lines
                .next_line()
                .await?
                .ok_or("it ended and never waited")?;
            if line.starts_with("waiting ") && line.ends_with(" s for google's quota") {
                break;
            }
        }
        program.kill().await?;
    }
    Ok(())
}
