//! Many messages and many connectors: the effect of latency and concurrency.

use std::time::{Duration, Instant};

use airbyte_agent_gmail::{GmailAuthConfig, GmailConnector, Quota};
use futures_util::future::try_join_all;
use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::client::{self, Call};
use crate::measure::cpu_time;

type Failure = Box<dyn std::error::Error>;

/// How many messages `get_many` fetches at once by default.
const AT_ONCE: u32 = 8;

/// How many calls measure a sequential loop.
const SEQUENTIAL: u32 = 50;

/// How many calls measure hand-written code.
const BY_HAND: u32 = 1_000;

/// How many connectors find their token expired at the same time.
const REFRESHING: usize = 1_000;

/// Messages fetched by id at several latencies, compared with the latency alone and with a sequential loop.
pub(crate) async fn hydration(url: &str) -> Result<(), Failure> {
    println!(
        "| messages | latency | `get_many` | latency alone, 8 at once | × latency alone | the floor, 8 at once | CPU | a loop, one after the other |"
    );
    println!("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    let http = client::plain()?;
    for latency in [0, 20, 100] {
        let auth = GmailAuthConfig::from_access_token("token");
        let url = format!("{url}/delay/{latency}");
        let gmail = GmailConnector::builder(auth)
            .base_url(&url)
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
        let started = Instant::now();
        stream::iter(0..BY_HAND)
            .map(|_| client::floor(&http, &url, Call::Get))
            .buffer_unordered(AT_ONCE as usize)
            .try_collect::<()>()
            .await?;
        let by_hand = started.elapsed() / BY_HAND;
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
            let wall = started.elapsed().as_secs_f64();
            let alone = Duration::from_millis(latency) * count.div_ceil(AT_ONCE);
            println!(
                "| {count} | {latency} ms | {wall:.1} s | {:.1} s | {:.2} | {:.1} s | {:.1} s | {:.1} s |",
                alone.as_secs_f64(),
                wall / alone.as_secs_f64(),
                (by_hand * count).as_secs_f64(),
                (cpu_time() - cpu).as_secs_f64(),
                (one * count).as_secs_f64(),
            );
        }
    }
    Ok(())
}

/// Connectors of as many users, each of which must fetch its token first; the token endpoint takes 20 milliseconds.
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
