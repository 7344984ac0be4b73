//! What a call costs, beside hand-written reqwest and serde: CPU seconds and allocations, as ratios of one run.
//!
//! `cargo run --release --manifest-path benches/Cargo.toml`

mod floor;
mod server;

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use airbyte_agent_gmail::{AirbyteAuthConfig, GmailAuthConfig, GmailConnector};
use futures_util::stream::{self, StreamExt};
use serde_json::json;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Counts allocations; the time that takes is the same for everybody.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static ALLOCATED: AtomicU64 = AtomicU64::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        ALLOCATED.fetch_add(layout.size() as u64, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// The calls that are compared.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Floor,
    Typed,
    Execute,
    Hosted,
}

const WAYS: [(Way, &str); 4] = [
    (Way::Floor, "floor: reqwest + serde"),
    (Way::Typed, "typed, open source"),
    (Way::Execute, "execute, open source"),
    (Way::Hosted, "typed, hosted"),
];

/// What is asked for, and how often.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    kind: Kind,
    calls: usize,
    at_once: usize,
}

#[derive(Clone, Copy)]
enum Kind {
    Get,
    List,
    Raw,
}

const CASES: [Case; 4] = [
    Case {
        name: "messages.get full, 8 KB, one at a time",
        kind: Kind::Get,
        calls: 4_000,
        at_once: 1,
    },
    Case {
        name: "messages.get full, 8 KB, 16 at once",
        kind: Kind::Get,
        calls: 4_000,
        at_once: 16,
    },
    Case {
        name: "messages.list of 500",
        kind: Kind::List,
        calls: 1_000,
        at_once: 1,
    },
    Case {
        name: "messages.get raw, 5 MB",
        kind: Kind::Raw,
        calls: 40,
        at_once: 1,
    },
];

/// How often each way is measured in turn; the median counts.
const ROUNDS: usize = 5;

#[derive(Clone, Copy)]
struct Cost {
    cpu: f64,
    wall: f64,
    allocations: f64,
    allocated: f64,
}

fn main() -> Result<()> {
    if std::env::args().any(|argument| argument == "--serve") {
        return server::serve();
    }
    let (mut child, url) = server::start()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(run(&url));
    child.kill()?;
    child.wait()?;
    result
}

async fn run(url: &str) -> Result<()> {
    let floor = floor::Floor::new(url)?;
    let direct = GmailConnector::builder(GmailAuthConfig::from_access_token("token"))
        .base_url(url)
        .build()?;
    let hosted = GmailConnector::builder(
        AirbyteAuthConfig::from_bearer_token("token").with_connector_id("id"),
    )
    .base_url(url)
    .build()?;
    for case in CASES {
        println!(
            "\n| {} | CPU | wall | CPU µs a call | allocations a call | bytes a call |",
            case.name
        );
        println!("| --- | --- | --- | --- | --- | --- |");
        let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); WAYS.len()];
        for _ in 0..ROUNDS {
            for (index, (way, _)) in WAYS.into_iter().enumerate() {
                costs[index].push(measure(case, way, &floor, &direct, &hosted).await?);
            }
        }
        let base = median(&costs[0]);
        for (index, (_, name)) in WAYS.into_iter().enumerate() {
            let cost = median(&costs[index]);
            println!(
                "| {name} | {:.2} | {:.2} | {:.0} | {:.0} | {:.0} |",
                cost.cpu / base.cpu,
                cost.wall / base.wall,
                cost.cpu * 1e6,
                cost.allocations,
                cost.allocated
            );
        }
    }
    Ok(())
}

async fn measure(
    case: Case,
    way: Way,
    floor: &floor::Floor,
    direct: &GmailConnector,
    hosted: &GmailConnector,
) -> Result<Cost> {
    let (cpu, wall) = (cpu_seconds()?, Instant::now());
    let (allocations, allocated) = (
        ALLOCATIONS.load(Ordering::Relaxed),
        ALLOCATED.load(Ordering::Relaxed),
    );
    let calls = stream::iter(0..case.calls).map(|_| call(case.kind, way, floor, direct, hosted));
    let mut results = calls.buffer_unordered(case.at_once);
    while let Some(result) = results.next().await {
        result?;
    }
    let calls = case.calls as f64;
    Ok(Cost {
        cpu: (cpu_seconds()? - cpu) / calls,
        wall: wall.elapsed().as_secs_f64() / calls,
        allocations: (ALLOCATIONS.load(Ordering::Relaxed) - allocations) as f64 / calls,
        allocated: (ALLOCATED.load(Ordering::Relaxed) - allocated) as f64 / calls,
    })
}

async fn call(
    kind: Kind,
    way: Way,
    floor: &floor::Floor,
    direct: &GmailConnector,
    hosted: &GmailConnector,
) -> Result<()> {
    let typed = if way == Way::Hosted { hosted } else { direct };
    let found = match (kind, way) {
        (Kind::Get, Way::Floor) => floor.get("full").await?.payload.is_some(),
        (Kind::Raw, Way::Floor) => floor.get("raw").await?.raw.is_some(),
        (Kind::List, Way::Floor) => floor.list().await?.messages.len() == 500,
        (Kind::Get, Way::Execute) => direct
            .execute(
                "messages",
                "get",
                json!({"messageId": "id", "format": "full"}),
            )
            .await?
            .data["payload"]
            .is_object(),
        (Kind::Raw, Way::Execute) => direct
            .execute(
                "messages",
                "get",
                json!({"messageId": "id", "format": "raw"}),
            )
            .await?
            .data["raw"]
            .is_string(),
        (Kind::List, Way::Execute) => {
            direct
                .execute("messages", "list", json!({"maxResults": 500}))
                .await?
                .data
                .as_array()
                .map(Vec::len)
                == Some(500)
        }
        (Kind::Get, _) => typed
            .messages()
            .get("id")
            .format("full")
            .send()
            .await?
            .payload
            .is_some(),
        (Kind::Raw, _) => typed
            .messages()
            .get("id")
            .format("raw")
            .send()
            .await?
            .raw
            .is_some(),
        (Kind::List, _) => {
            typed
                .messages()
                .list()
                .max_results(500)
                .send()
                .await?
                .messages
                .len()
                == 500
        }
    };
    found
        .then_some(())
        .ok_or_else(|| "the answer is not what was asked for".into())
}

fn median(costs: &[Cost]) -> Cost {
    let middle = |value: fn(&Cost) -> f64| {
        let mut values: Vec<f64> = costs.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    Cost {
        cpu: middle(|cost| cost.cpu),
        wall: middle(|cost| cost.wall),
        allocations: middle(|cost| cost.allocations),
        allocated: middle(|cost| cost.allocated),
    }
}

/// The CPU time of this process, from Linux's own account in ticks of 10 ms.
fn cpu_seconds() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let ticks: u64 = fields.get(11).ok_or("utime")?.parse::<u64>()?
        + fields.get(12).ok_or("stime")?.parse::<u64>()?;
    Ok(ticks as f64 / 100.0)
}
