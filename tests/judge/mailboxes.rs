//! Thousands of mailboxes in one process: the cost of each.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use airbyte_agent_gmail::auth::ServiceAccount;
use airbyte_agent_gmail::{Error, GmailConnector};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::support::TestResult;
use crate::support::program::PROGRAM;

const MAILBOXES: usize = 5_000;

/// The resident memory in bytes, assuming pages of 4 KiB.
fn memory() -> Option<usize> {
    let text = fs::read_to_string("/proc/self/statm").ok()?;
    Some(text.split(' ').nth(1)?.parse::<usize>().ok()? * 4_096)
}

/// The CPU time so far; the kernel counts hundredths of a second.
fn processor() -> Option<Duration> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = text.rsplit(')').next()?.split(' ').collect();
    let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Duration::from_millis((ticks(12)? + ticks(13)?) * 10))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_in_one_process() -> TestResult {
    // In its own process, so that its memory is not counted.
    let mut served = Command::new(PROGRAM)
        .arg("sandbox")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut lines = BufReader::new(served.stdout.take().ok_or("an output")?).lines();
    let line = lines.next_line().await?.ok_or("an announcement")?;
    let sandbox: Value = serde_json::from_str(&line)?;
    let url = sandbox["gmail_url"].as_str().ok_or("an address")?;
    let account = ServiceAccount::from_json(&sandbox["service_account"].to_string())?;
    let connect = |number: usize| {
        GmailConnector::builder(account.subject(format!("user-{number}@example.com")))
            .base_url(url)
            .build()
    };
    // The first connector creates what all share.
    connect(0)?.check().await?;

    let (before, began, busy) = (
        memory().ok_or("memory")?,
        Instant::now(),
        processor().ok_or("time")?,
    );
    let connectors = (0..MAILBOXES)
        .map(connect)
        .collect::<Result<Vec<_>, Error>>()?;
    let idle = memory().ok_or("memory")?.saturating_sub(before) / MAILBOXES;
    stream::iter(&connectors)
        .map(Ok)
        .try_for_each_concurrent(50, async |gmail: &GmailConnector| gmail.check().await)
        .await?;
    let used = memory().ok_or("memory")?.saturating_sub(before) / MAILBOXES;
    let spent = processor().ok_or("time")?.saturating_sub(busy) / u32::try_from(MAILBOXES)?;
    println!(
        "{MAILBOXES} mailboxes: {idle} bytes each, {used} with a token; {} µs of the processor for a token and a call \
         (unoptimized); {:.1} s in all",
        spent.as_micros(),
        began.elapsed().as_secs_f64()
    );
    assert!(used < 20_000, "{used}");
    Ok(())
}
