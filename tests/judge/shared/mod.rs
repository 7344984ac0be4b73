//! Processes that share only a Redis server and their credentials. The server is Debian's.

mod admission;
mod server;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use airbyte_agent_gmail::sandbox::{ErrorBody, Fault, FaultKind, MinuteQuota, Sandbox, Service};
use airbyte_agent_gmail::{GmailConnector, Quota};
use futures_util::future::try_join_all;
use tokio::process::Command;
use tokio::time::sleep;

use crate::support::directory::Directory;
use crate::support::program::program;
use crate::support::{Failure, TestResult};
use server::Redis;

/// The program with the sandbox's refresh token, in an isolated process.
fn process(
    sandbox: &Sandbox,
    url: &str,
    arguments: &[&str],
) -> Result<(Command, Directory), Failure> {
    let directory = Directory::new()?;
    let google = sandbox.google();
    let mut command = program(sandbox, &directory, arguments);
    command
        .env("GMAIL_REFRESH_TOKEN", google.refresh_token)
        .env("GMAIL_CLIENT_ID", google.client_id)
        .env("GMAIL_CLIENT_SECRET", google.client_secret)
        .env("AIRBYTE_GMAIL_STORE", url);
    Ok((command, directory))
}

/// Lists messages in this many processes at once.
async fn list(sandbox: &Sandbox, url: &str, processes: usize) -> Result<(), Failure> {
    let run = async || -> Result<(), Failure> {
        let (mut command, _directory) =
            process(sandbox, url, &["messages", "list", "--max-results", "1"])?;
        let output = command.output().await?;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        Ok(())
    };
    try_join_all((0..processes).map(|_| run())).await.map(drop)
}

fn refreshes(sandbox: &Sandbox) -> usize {
    let requests = sandbox.requests();
    let tokens = requests
        .iter()
        .filter(|request| request.operation == "token");
    tokens.filter(|request| request.status == Some(200)).count()
}

/// Everything that a server has written.
fn written(directory: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        bytes.extend(if path.is_dir() {
            written(&path)?
        } else {
            fs::read(&path)?
        });
    }
    Ok(bytes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_processes_make_one_refresh() -> TestResult {
    let (sandbox, data) = (Sandbox::start().await?, Directory::new()?);
    let redis = Redis::start(data.path())
        .await
        .map_err(|error| error.to_string())?;
    for round in 1..=3 {
        sandbox.expire_access_tokens();
        list(&sandbox, &redis.url(), 8)
            .await
            .map_err(|error| error.to_string())?;
        assert_eq!(refreshes(&sandbox), round);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rotated_tokens_stay_the_newest_and_nobody_can_read_them() -> TestResult {
    let (sandbox, data) = (Sandbox::start().await?, Directory::new()?);
    let redis = Redis::start(data.path())
        .await
        .map_err(|error| error.to_string())?;
    sandbox.rotate_refresh_tokens(true);
    for round in 1..=4 {
        sandbox.expire_access_tokens();
        list(&sandbox, &redis.url(), 4)
            .await
            .map_err(|error| error.to_string())?;
        // Each refresh invalidates the previous token, so a second refresh with the old one would fail.
        assert_eq!(refreshes(&sandbox), round);
    }
    let bytes = written(data.path())?;
    let has = |text: &str| {
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    assert!(has("airbyte-gmail:"), "nothing was written");
    let google = sandbox.google();
    for secret in [
        "sandbox-access-token",
        "sandbox-refresh-token",
        "access_token",
        &google.client_id,
        "example.com",
    ] {
        assert!(!has(secret), "{secret}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lease_of_a_killed_process_ends() -> TestResult {
    let (sandbox, data) = (Sandbox::start().await?, Directory::new()?);
    let redis = Redis::start(data.path())
        .await
        .map_err(|error| error.to_string())?;
    sandbox.expire_access_tokens();
    sandbox.inject(Fault::new(Service::Google, FaultKind::NeverAnswer).on("token"));
    let held = process(&sandbox, &redis.url(), &["messages", "list"]);
    let (mut command, _directory) = held.map_err(|error| error.to_string())?;
    let mut holder = command.spawn()?;
    while !sandbox
        .requests()
        .iter()
        .any(|request| request.operation == "token")
    {
        sleep(Duration::from_millis(20)).await;
    }
    holder.kill().await?;
    let began = Instant::now();
    list(&sandbox, &redis.url(), 2)
        .await
        .map_err(|error| error.to_string())?;
    let waited = began.elapsed();
    println!(
        "the next process waited {:.1} s for the lease of a killed one",
        waited.as_secs_f64()
    );
    assert!(waited < Duration::from_secs(14), "{waited:?}");
    assert_eq!(refreshes(&sandbox), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_goes_and_comes_back_loses_nothing() -> TestResult {
    let (sandbox, data) = (Sandbox::start().await?, Directory::new()?);
    let mut redis = Redis::start(data.path())
        .await
        .map_err(|error| error.to_string())?;
    sandbox.rotate_refresh_tokens(true);
    let (told, warnings) = std::sync::mpsc::channel();
    let google = sandbox.google_auth();
    let gmail = GmailConnector::builder(google)
        .base_url(sandbox.gmail_url())
        .token_url(sandbox.token_url())
        .shared_store(redis.url())
        .on_token_store_warning(move |warning| drop(told.send(warning.to_string())))
        .build()?;
    sandbox.expire_access_tokens();
    gmail.check().await?;
    assert_eq!(refreshes(&sandbox), 1);

    redis.kill().await?;
    // A valid token keeps working; an expired one is replaced, with a warning.
    gmail.check().await?;
    assert!(warnings.try_recv().is_err());
    sandbox.expire_access_tokens();
    gmail.check().await?;
    assert_eq!(refreshes(&sandbox), 2);
    assert!(warnings.recv()?.contains("token store"));

    // The pending save happens when the server is back, so another process needs no refresh with the old token.
    redis.restart().await.map_err(|error| error.to_string())?;
    let before = written(data.path())?.len();
    while written(data.path())?.len() < before + 400 {
        sleep(Duration::from_millis(50)).await;
    }
    list(&sandbox, &redis.url(), 1)
        .await
        .map_err(|error| error.to_string())?;
    assert_eq!(refreshes(&sandbox), 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_of_one_holds_the_others_back() -> TestResult {
    const ASKED: Duration = Duration::from_secs(3);
    let (sandbox, data) = (Sandbox::start().await?, Directory::new()?);
    let redis = Redis::start(data.path())
        .await
        .map_err(|error| error.to_string())?;
    let connector = || {
        GmailConnector::builder(sandbox.google_auth())
            .base_url(sandbox.gmail_url())
            .token_url(sandbox.token_url())
            .quota(Quota::current())
            .shared_store(redis.url())
            .build()
    };
    let (first, second) = (connector()?, connector()?);
    second.check().await?;
    sandbox.clear_requests();
    sandbox.inject(Fault::new(
        Service::Gmail,
        FaultKind::Status {
            code: 429,
            body: ErrorBody::Native,
            headers: [("retry-after".to_owned(), ASKED.as_secs().to_string())].into(),
        },
    ));
    let (refused, held_back) = tokio::join!(first.check(), async {
        let is_refused = || {
            let mut requests = sandbox.requests().into_iter();
            requests.any(|request| request.status == Some(429))
        };
        while !is_refused() {
            sleep(Duration::from_millis(5)).await;
        }
        // By now the server has the note.
        sleep(Duration::from_millis(300)).await;
        let began = Instant::now();
        second.check().await.map(|()| began.elapsed())
    });
    refused?;
    let held_back = held_back?;
    println!(
        "another process waited {:.1} s after a refusal that asked for {} s",
        held_back.as_secs_f64(),
        ASKED.as_secs()
    );
    assert!(
        held_back + Duration::from_millis(600) > ASKED,
        "{held_back:?}"
    );
    Ok(())
}

/// Four processes export one mailbox for two minutes. The sandbox enforces Google's quota in any 60 seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_processes_share_a_quota_fairly() -> TestResult {
    const MESSAGES: usize = 400;
    const MINUTES: u32 = 2;
    let (builder, data) = (Sandbox::builder().empty(), Directory::new()?);
    let sandbox = builder.quota(MinuteQuota::Sliding(6_000)).start().await?;
    for number in 0..MESSAGES {
        sandbox.deliver(
            format!("Message-ID: <{number}@example.com>\r\nSubject: {number}\r\n\r\nText.\r\n")
                .as_bytes(),
        );
    }
    let redis = Redis::start(data.path())
        .await
        .map_err(|error| error.to_string())?;
    let mut exports = Vec::new();
    for number in 0..4 {
        let out = data.file(&format!("mail-{number}"));
        let shown = out.display().to_string();
        let arguments = [
            "export",
            "--format",
            "maildir",
            "--quota",
            "current",
            "--whole-quota",
            "--out",
            &shown,
        ];
        let made = process(&sandbox, &redis.url(), &arguments);
        let (mut command, directory) = made.map_err(|error| error.to_string())?;
        exports.push((command.spawn()?, directory, out));
    }
    let files = |folder: &Path| {
        let folders = ["cur", "new"].map(|name| folder.join(name));
        let entries = folders
            .iter()
            .filter_map(|folder| fs::read_dir(folder).ok());
        entries.map(Iterator::count).sum::<usize>()
    };
    let counts = || {
        exports
            .iter()
            .map(|(.., out)| files(out))
            .collect::<Vec<_>>()
    };
    let let_through = || {
        let requests = sandbox.requests().into_iter();
        requests
            .filter(|request| request.operation == "messages_get" && request.status == Some(200))
            .count()
    };
    while let_through() == 0 {
        sleep(Duration::from_millis(20)).await;
    }
    sleep(Duration::from_secs(40)).await;
    let first = counts();
    sleep(Duration::from_secs(u64::from(MINUTES) * 60 + 1 - 40)).await;
    let (used, second) = (let_through() * 20, counts());
    let refused = sandbox
        .requests()
        .iter()
        .filter(|request| matches!(request.status, Some(403 | 429)))
        .count();
    let shares: Vec<usize> = second
        .iter()
        .zip(&first)
        .map(|(now, before)| now - before)
        .collect();
    let allowed = 6_000.0 * f64::from(MINUTES);
    println!(
        "of {allowed} units {used} were used, {refused} calls refused; messages of the second minute: {shares:?}"
    );
    assert_eq!(refused, 0);
    assert!(used as f64 >= 0.97 * allowed, "{used}");
    let mean = shares.iter().sum::<usize>() as f64 / shares.len() as f64;
    for share in &shares {
        assert!(
            (*share as f64 - mean).abs() <= 0.1 * mean + 1.0,
            "{shares:?}"
        );
    }
    Ok(())
}
