//! Measures the cost of calls, compared with hand-written code and other clients; see README.md.

mod client;
mod crowd;
mod figure;
mod mailbox;
mod measure;
mod plot;
mod server;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use airbyte_agent_gmail::{GmailAuthConfig, GmailConnector};
use client::{Call, Client};
use futures_util::stream::{self, StreamExt};
use measure::{Cost, Counting, cpu_time, live, measure};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

type Failure = Box<dyn std::error::Error>;

/// How many turns each contender gets.
const ROUNDS: usize = 9;

/// How many connectors measure the cost of an idle one.
const CONNECTORS: usize = 10_000;

fn main() -> Result<(), Failure> {
    if std::env::args().any(|argument| argument == "--serve") {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        return runtime.block_on(server::serve());
    }
    if std::env::args().any(|argument| argument == measure::AWAKE) {
        measure::stay_awake();
    }
    let awake = measure::keep_awake()?;
    let mut server = Command::new(std::env::current_exe()?)
        .arg("--serve")
        .stdout(Stdio::piped())
        .spawn()?;
    let mut url = String::new();
    BufReader::new(server.stdout.take().ok_or("its output")?).read_line(&mut url)?;
    measure::keep_memory();
    // One thread, so that the CPU time contains no threads looking for work.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(run(url.trim()));
    server.kill()?;
    server.wait()?;
    drop(awake);
    result
}

async fn run(url: &str) -> Result<(), Failure> {
    // To profile one contender with one call.
    let only = std::env::args().nth(1).unwrap_or_default();
    match &*only {
        "crowd" => {
            crowd::hydration(url).await?;
            return crowd::refreshing(url).await;
        }
        "idle" => return idle(url),
        "storm" => return crowd::refreshing(url).await,
        "mailbox" => {
            mailbox::units().await?;
            return mailbox::bytes().await;
        }
        _ => {}
    }
    let clients = Client::all(url)?;
    println!(
        "| call | client | CPU/call | × floor | wall/call | allocations/call | × floor | KB allocated/call | peak KB |"
    );
    println!("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    let mut rows = Vec::new();
    for (name, call, at_once, calls) in [
        ("get, full 8 KB", Call::Get, 1, 500),
        ("get, full 8 KB, 16 at once", Call::Get, 16, 500),
        ("list of 500", Call::List, 1, 100),
        ("list of 500, 16 at once", Call::List, 16, 100),
        ("get, raw 5 MB", Call::Raw, 1, 5),
        ("get, raw 5 MB, 16 at once", Call::Raw, 16, 16),
    ] {
        // The server's hosted answers cover only the two calls that Airbyte's users make most.
        let clients: Vec<_> = clients
            .iter()
            .filter(|(client, _)| call != Call::Raw || !client.contains("hosted"))
            .filter(|(client, _)| (call, at_once) == (Call::Get, 1) || *client != client::PACKED)
            .filter(|(client, _)| at_once == 1 || *client != client::BLOCKING)
            .filter(|(client, _)| format!("{name} | {client} |").contains(&only))
            .collect();
        if clients.is_empty() {
            continue;
        }
        let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); clients.len()];
        for round in 0..=ROUNDS {
            for (number, (_, client)) in clients.iter().enumerate() {
                let cost = measure(calls, repeat(client, call, calls, at_once)).await;
                // The first round opens the connections.
                if round > 0 {
                    costs[number].push(cost);
                }
            }
        }
        let middle: Vec<Cost> = costs.iter().map(|costs| median(costs)).collect();
        for ((client, _), cost) in clients.iter().zip(&middle) {
            rows.push(Row {
                call: name,
                client,
                cost: *cost,
            });
            println!(
                "| {name} | {client} | {:.0} µs | {:.2} | {:.0} µs | {:.0} | {:.2} | {:.0} | {:.0} |",
                cost.cpu.as_secs_f64() * 1e6,
                cost.cpu.as_secs_f64() / middle[0].cpu.as_secs_f64(),
                cost.wall.as_secs_f64() * 1e6,
                cost.allocations,
                cost.allocations / middle[0].allocations,
                cost.allocated / 1024.0,
                cost.peak as f64 / 1024.0,
            );
        }
    }
    if only.is_empty() {
        idle(url)?;
        figure::print(&rows);
        std::fs::write(plot::FILE, plot::draw(&rows))?;
        println!("\n{} was redrawn", plot::FILE);
    }
    Ok(())
}

/// The cost of a call with a client.
struct Row {
    call: &'static str,
    client: &'static str,
    cost: Cost,
}

async fn repeat(client: &Client, call: Call, calls: u32, at_once: usize) {
    stream::iter(0..calls)
        .map(|_| async { client.call(call).await.expect("an answer") })
        .buffer_unordered(at_once)
        .collect::<()>()
        .await;
}

/// The median of each figure, independently.
fn median(costs: &[Cost]) -> Cost {
    fn middle<T: PartialOrd + Copy>(costs: &[Cost], of: impl Fn(&Cost) -> T) -> T {
        let mut values: Vec<T> = costs.iter().map(of).collect();
        values.sort_by(|left, right| left.partial_cmp(right).expect("numbers"));
        values[values.len() / 2]
    }
    Cost {
        cpu: middle(costs, |cost| cost.cpu),
        wall: middle(costs, |cost| cost.wall),
        allocations: middle(costs, |cost| cost.allocations),
        allocated: middle(costs, |cost| cost.allocated),
        peak: middle(costs, |cost| cost.peak),
    }
}

/// The cost of an idle connector: with the default HTTP client, and with a shared one.
fn idle(url: &str) -> Result<(), Failure> {
    println!("\n| {CONNECTORS} connectors | KB each | CPU each |\n| --- | ---: | ---: |");
    let shared = client::plain()?;
    for (name, client) in [
        ("default HTTP client", None),
        ("one HTTP client for all", Some(shared)),
    ] {
        let (memory, cpu) = (live(), cpu_time());
        let connectors = (0..CONNECTORS)
            .map(|_| {
                let auth = GmailAuthConfig::new("1//refresh-token").with_client("client", "secret");
                let builder = GmailConnector::builder(auth).base_url(url);
                match &client {
                    Some(client) => builder.http_client(client.clone()),
                    None => builder,
                }
                .build()
            })
            .collect::<Result<Vec<_>, _>>()?;
        let each = (live() - memory) as f64 / connectors.len() as f64;
        let cpu: Duration = (cpu_time() - cpu) / u32::try_from(connectors.len())?;
        println!(
            "| {name} | {:.1} | {:.0} µs |",
            each / 1024.0,
            cpu.as_secs_f64() * 1e6
        );
    }
    Ok(())
}
