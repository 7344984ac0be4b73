//! Many messages, and many connectors: what latency and concurrency leave of the time.

use std::time::{Duration, Instant};

use airbyte_agent_gmail::{GmailAuthConfig, GmailConnector, Quota};
use futures_util::future::try_join_all;

use crate::client;
use crate::measure::cpu_time;

type Failure = Box<dyn std::error::Error>;

/// How many messages `get_many` asks for at once unless told otherwise.
const AT_ONCE: u32 = 8;

/// How many calls show what a sequential loop takes.
const SEQUENTIAL: u32 = 50;

/// How many connectors find their token expired at once.
const REFRESHING: usize = 1_000;

/// Messages got by their ids, at several latencies, beside what the latency allows and beside a sequential loop.
pub(crate) async fn hydration(url: &str) -> Result<(), Failure> {
    println!(
        "| messages | latency | `get_many` | latency alone, 8 at once | CPU | a loop, one after the other |"
    );
    println!("| ---: | ---: | ---: | ---: | ---: | ---: |");
    for latency in [0, 20, 100] {
        let auth = GmailAuthConfig::from_access_token("token");
        let gmail = GmailConnector::builder(auth)
            .base_url(format!("{url}/delay/{latency}"))
            .quota(Quota::unlimited())
            .build()?;
        let started = Instant::now();
        for number in 0..SEQUENTIAL {
            gmail
                .messages()
                .get(format!("{number:016x}"))
                .send()
                .await?;
        }
        let one = started.elapsed() / SEQUENTIAL;
        for count in [1_000_u32, 10_000] {
            let (started, cpu) = (Instant::now(), cpu_time());
            let ids = (0..count).map(|number| format!("{number:016x}"));
            let mut messages = gmail.get_many(ids).stream();
            let mut got = 0;
            while let Some((_, message)) = messages.next().await {
                message?;
                got += 1;
            }
            assert_eq!(got, count);
            println!(
                "| {count} | {latency} ms | {:.1} s | {:.1} s | {:.1} s | {:.1} s |",
                started.elapsed().as_secs_f64(),
                (Duration::from_millis(latency) * count.div_ceil(AT_ONCE)).as_secs_f64(),
                (cpu_time() - cpu).as_secs_f64(),
                (one * count).as_secs_f64(),
            );
        }
    }
    Ok(())
}

/// Connectors of as many users, each of which has to fetch its token first; the token endpoint takes 20 milliseconds.
pub(crate) async fn refreshing(url: &str) -> Result<(), Failure> {
    println!(
        "\n| {REFRESHING} connectors refresh and call at once | wall | CPU each |\n| --- | ---: | ---: |"
    );
    for (name, shared) in [
        ("default HTTP client", None),
        ("one HTTP client for all", Some(client::plain()?)),
    ] {
        let connectors = (0..REFRESHING)
            .map(|_| {
                let auth = GmailAuthConfig::new("1//refresh-token").with_client("client", "secret");
                let builder = GmailConnector::builder(auth)
                    .base_url(url)
                    .token_url(format!("{url}/delay/20/token"));
                match &shared {
                    Some(client) => builder.http_client(client.clone()),
                    None => builder,
                }
                .build()
            })
            .collect::<Result<Vec<_>, _>>()?;
        let (started, cpu) = (Instant::now(), cpu_time());
        try_join_all(
            connectors
                .iter()
                .map(|gmail| gmail.messages().get("1931f0a7c2d4e5b6").send()),
        )
        .await?;
        println!(
            "| {name} | {:.2} s | {:.0} µs |",
            started.elapsed().as_secs_f64(),
            (cpu_time() - cpu).as_secs_f64() * 1e6 / REFRESHING as f64,
        );
    }
    Ok(())
}
