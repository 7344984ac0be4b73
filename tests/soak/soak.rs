//! A long run under faults: `cargo run --release --features sandbox --example soak -- 600` (seconds).
//!
//! Three processes with 200 callers in total share one token file. Access tokens live 5 s; each refresh returns a new
//! refresh token, and the previous one is valid until the new one is used. At each service one request in twenty fails,
//! in ten ways. The disk is full for 10 of every 20 s. One process is killed and restarted every 7 s; the other two
//! show whether memory and handles grow.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it talks to whoever runs it"
)]

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use airbyte_agent_gmail::auth::{
    FileTokenStore, Saved, StoreFuture, StoreLock, StoreVersion, StoredTokens, TokenSet, TokenStore,
};
use airbyte_agent_gmail::mail::Compose;
use airbyte_agent_gmail::sandbox::{ErrorBody, Fault, FaultKind, Sandbox, Service};
use airbyte_agent_gmail::{Error, GmailAuthConfig, GmailConnector};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The number of callers in all three processes.
const CALLERS: u64 = 200;

/// How long a call may take before it counts as hung.
const HUNG: Duration = Duration::from_secs(200);

/// One request in this many fails.
const FAULTY: u64 = 20;

/// A token file whose disk is full for the second half of every 20 s.
#[derive(Debug)]
struct FullDisk(FileTokenStore);

impl TokenStore for FullDisk {
    fn load(&self) -> StoreFuture<'_, StoredTokens> {
        self.0.load()
    }

    fn lock(&self) -> StoreFuture<'_, StoreLock> {
        self.0.lock()
    }

    fn save<'a>(
        &'a self,
        tokens: &'a TokenSet,
        replaces: &'a StoreVersion,
    ) -> StoreFuture<'a, Saved> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        if now.map_or(0, |now| now.as_secs()) % 20 >= 10 {
            return Box::pin(async { Err("no space left on device".into()) });
        }
        self.0.save(tokens, replaces)
    }
}

fn connector(urls: &[String], store: PathBuf) -> Result<GmailConnector, Error> {
    let [gmail, token, client_id, client_secret] = urls else {
        return Err(Error::token_refresh_failed("four addresses are needed"));
    };
    let auth = GmailAuthConfig::new("sandbox-refresh-token")
        .with_client(client_id, client_secret.as_str());
    GmailConnector::builder(auth)
        .base_url(gmail)
        .token_url(token)
        .keeps_previous_refresh_token(true)
        .token_store(Arc::new(FullDisk(FileTokenStore::new(store))))
        .build()
}

/// One process: makes calls until killed, and prints each outcome.
async fn work(arguments: &[String]) -> Result<(), Failure> {
    let (store, urls) = arguments.split_first().ok_or("no store")?;
    let gmail = connector(urls, store.into())?;
    let number = Arc::new(AtomicU64::new(0));
    let callers: Vec<_> = (0..CALLERS.div_ceil(3))
        .map(|caller| {
            let (gmail, number) = (gmail.clone(), number.clone());
            tokio::spawn(async move {
                loop {
                    let turn = number.fetch_add(1, Ordering::Relaxed);
                    call(&gmail, turn).await;
                    tokio::time::sleep(Duration::from_millis(300 + caller * 3)).await;
                }
            })
        })
        .collect();
    // Callers never finish, so the first one that does has failed.
    let (ended, ..) = futures_util::future::select_all(callers).await;
    Ok(ended?)
}

async fn call(gmail: &GmailConnector, turn: u64) {
    let started = Instant::now();
    let id = format!("soak-{}-{turn}", std::process::id());
    let outcome = if turn.is_multiple_of(40) {
        let message = Compose::new()
            .from("user@example.com")
            .to("support@example.com")
            .subject(&id)
            .text("Text.\n")
            .build();
        match message {
            Ok(message) => gmail.send(&message).await.map(drop),
            Err(_) => return,
        }
    } else {
        gmail.get_profile().send().await.map(drop)
    };
    if started.elapsed() > HUNG {
        println!("hung {id}");
    }
    match outcome {
        Ok(()) if turn.is_multiple_of(40) => println!("sent {id}"),
        Ok(()) => println!("ok {id}"),
        Err(error) if error.is_outcome_unknown() => println!("unknown {id}"),
        Err(error) if error.is_reauthorization_required() => println!("signed-out {id} {error}"),
        Err(error) if turn.is_multiple_of(40) => println!("unsent {id} {error}"),
        Err(error) => println!("failed {id} {error}"),
    }
}

#[derive(Default)]
struct Seen {
    counts: BTreeMap<String, u64>,
    errors: BTreeMap<String, u64>,
    sends: HashMap<String, String>,
}

fn start(arguments: &[String], seen: &Arc<Mutex<Seen>>) -> Result<Child, Failure> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("--work")
        .args(arguments)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
    let seen = seen.clone();
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            let mut words = line.splitn(3, ' ');
            let (Some(what), Some(id)) = (words.next(), words.next()) else {
                continue;
            };
            let mut seen = seen.lock().await;
            *seen.counts.entry(what.to_owned()).or_default() += 1;
            if let Some(error) = words.next() {
                *seen.errors.entry(error.to_owned()).or_default() += 1;
            }
            if ["sent", "unsent"].contains(&what) {
                seen.sends.insert(id.to_owned(), what.to_owned());
            }
        }
    });
    Ok(child)
}

/// A fault for a service; the kinds take turns.
fn fault(service: Service, number: u64) -> Fault {
    let too_many = FaultKind::Status {
        code: 429,
        body: ErrorBody::Empty,
        headers: Default::default(),
    };
    let mut kinds = vec![
        FaultKind::status(503),
        FaultKind::status(500),
        too_many,
        FaultKind::ConnectionClosedWithoutProcessing,
        FaultKind::ConnectionClosedBeforeResponse,
        FaultKind::TruncatedBody,
        FaultKind::Delay(Duration::from_millis(700)),
        FaultKind::InvalidJson,
        FaultKind::WrongContentType,
    ];
    // At the token endpoint, a 401 means wrong client credentials, which is permanent.
    if service == Service::Gmail {
        kinds.push(FaultKind::Unauthorized);
    }
    let at = usize::try_from(number).unwrap_or(0) % kinds.len();
    Fault::new(service, kinds.swap_remove(at))
}

/// Resident memory in KB and open handles of a process.
fn usage(child: &Child) -> (u64, usize) {
    let Some(id) = child.id() else {
        return (0, 0);
    };
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let memory = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    let handles = std::fs::read_dir(format!("/proc/{id}/fd")).map_or(0, Iterator::count);
    (memory.unwrap_or(0), handles)
}

async fn watch(seconds: u64) -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    sandbox.configure(|settings| {
        settings.rotate_refresh_tokens = true;
        settings.keep_previous_refresh_token = true;
        settings.access_token_lifetime = Duration::from_secs(5);
    });
    sandbox.expire_access_tokens();
    let directory = std::env::temp_dir().join(format!("soak-{}", std::process::id()));
    let path = directory.join("tokens.json");
    let store = FileTokenStore::new(&path);
    let google = sandbox.google();
    let mut tokens = TokenSet::new("ended");
    tokens.expires_at = Some(UNIX_EPOCH);
    tokens.refresh_token = Some(google.refresh_token.into());
    store.save(&tokens, &StoreVersion::default()).await?;
    let urls = [
        sandbox.gmail_url().to_owned(),
        sandbox.token_url().to_owned(),
        google.client_id,
        google.client_secret,
    ];
    let mut arguments = vec![path.display().to_string()];
    arguments.extend(urls.clone());
    let seen = Arc::new(Mutex::new(Seen::default()));
    let mut workers = Vec::new();
    for _ in 0..3 {
        workers.push(start(&arguments, &seen)?);
    }
    let started = Instant::now();
    let mut met = [(Service::Gmail, 0_u64, 0_u64), (Service::Google, 0, 0)];
    let mut kills = 0_u64;
    let mut killed_at = Instant::now();
    let mut first = None;
    while started.elapsed() < Duration::from_secs(seconds) {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let log = sandbox.requests();
        sandbox.clear_requests();
        for (service, requests, faults) in &mut met {
            let of_it = log.iter().filter(|request| request.service == *service);
            *requests += of_it.count() as u64;
            while *faults < *requests / FAULTY {
                sandbox.inject(fault(*service, *faults));
                *faults += 1;
            }
        }
        if killed_at.elapsed() > Duration::from_secs(7) {
            killed_at = Instant::now();
            kills += 1;
            workers[0].start_kill()?;
            workers[0].wait().await?;
            workers[0] = start(&arguments, &seen)?;
        }
        if first.is_none() && started.elapsed() > Duration::from_secs(seconds / 4) {
            first = Some([usage(&workers[1]), usage(&workers[2])]);
        }
    }
    let last = [usage(&workers[1]), usage(&workers[2])];
    // Gives waiting calls time to finish.
    sandbox.clear_faults();
    tokio::time::sleep(Duration::from_secs(12)).await;
    for mut worker in workers {
        worker.kill().await?;
    }
    let gmail = connector(&urls, path)?;
    let mut subjects: HashMap<String, u64> = HashMap::new();
    let mut messages = gmail.messages().list().q("in:sent subject:soak").stream();
    let mut ids = Vec::new();
    while let Some(message) = messages.next().await {
        ids.push(message?.id);
    }
    let mut found = gmail.get_many(ids).stream();
    while let Some((_, message)) = found.next().await {
        let headers = message?
            .payload
            .map(|payload| payload.headers)
            .unwrap_or_default();
        for header in headers {
            if header.name.as_deref() == Some("Subject") {
                *subjects
                    .entry(header.value.unwrap_or_default())
                    .or_default() += 1;
            }
        }
    }
    let seen = seen.lock().await;
    let doubled = subjects.values().filter(|count| **count > 1).count();
    let false_reports = seen
        .sends
        .iter()
        .filter(|(id, what)| (what.as_str() == "sent") != subjects.contains_key(*id))
        .count();
    let count = |what: &str| seen.counts.get(what).copied().unwrap_or(0);
    println!("{seconds} s, {kills} processes killed");
    for (service, requests, faults) in met {
        println!("{service:?}: {requests} requests, {faults} faults");
    }
    println!("calls by outcome: {:?}", seen.counts);
    for (error, count) in &seen.errors {
        println!("  {count} x {error}");
    }
    println!("memory in KB and handles, after a quarter and at the end: {first:?}, {last:?}");
    println!(
        "sign-ins lost {}, doubled {doubled}, falsely reported {false_reports}, hung {}",
        count("signed-out"),
        count("hung"),
    );
    std::fs::remove_dir_all(&directory)?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((first, rest)) if first == "--work" => work(rest).await,
        first => {
            let seconds = first.and_then(|(first, _)| first.parse().ok());
            watch(seconds.unwrap_or(600)).await
        }
    }
}
