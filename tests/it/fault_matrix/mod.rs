//! Every fault, in a read, an idempotent write, a send and a deletion, in both modes: the caller's error, the number of
//! requests, and the mailbox afterwards.
//!
//! The table is tests/golden/fault_matrix.md; `UPDATE_GOLDEN=1 cargo test --all-features --test it fault_matrix`
//! rewrites it. Rules for every cell are asserted in code, so that a rewrite cannot hide a violation.

#![cfg(feature = "sandbox")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't go on has failed"
)]

mod fault;

use crate::compare;
use crate::support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use airbyte_agent_gmail::auth::{Saved, StoreFuture, StoreVersion, TokenSet, TokenStore};
use airbyte_agent_gmail::sandbox::{Fault, FaultKind, Sandbox, Service};
use airbyte_agent_gmail::{
    AirbyteAuthConfig, Error, GmailAuthConfig, GmailConnector, Limits, Mode, Result, RetryPolicy,
};
use fault::faults;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use serde::de::value::{Error as ValueError, StrDeserializer};
use support::fault_server::{Breach, FaultServer};
use support::{TestResult, http};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::timeout;

/// How often a request may be sent in total.
const ATTEMPTS: u32 = 3;

/// Airbyte's endpoint for access tokens.
const TOKEN_OPERATION: &str = "create_account_applications_token";

const MODES: [Mode; 2] = [Mode::OpenSource, Mode::Hosted];

#[derive(Clone)]
enum Way {
    /// The sandbox's own fault.
    Sandbox(FaultKind),
    /// A violation of the protocol.
    Server(Breach),
    /// Nothing listens.
    Nobody,
    /// The fault applies to the request for an access token.
    Refresh(FaultKind),
    /// The access token can't be saved.
    Save,
    /// Every page of a list gets this answer.
    Pages(FaultKind),
    /// A message gets this answer.
    Message(FaultKind),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Call {
    Read,
    IdempotentWrite,
    Send,
    /// A deletion's success is an empty answer.
    Deletion,
    /// All pages of a list.
    Pages,
    /// One message.
    Message,
}

/// A cell of the table: the fault's index, the call's index, the mode, and whether the fault is permanent.
type Place = (usize, usize, Mode, bool);

impl Way {
    /// The calls that the fault can affect.
    fn calls(&self) -> &'static [Call] {
        match self {
            Self::Pages(_) => &[Call::Pages],
            Self::Message(_) => &[Call::Message, Call::IdempotentWrite],
            _ => &[
                Call::Read,
                Call::IdempotentWrite,
                Call::Send,
                Call::Deletion,
            ],
        }
    }

    /// The sandbox's fault, for the affected service and request.
    fn sandbox_fault(&self, call: Call, mode: Mode) -> Option<Fault> {
        let service = match mode {
            Mode::OpenSource => Service::Gmail,
            Mode::Hosted => Service::Airbyte,
        };
        match (self, mode) {
            (Self::Sandbox(kind) | Self::Pages(kind) | Self::Message(kind), _) => {
                Some(Fault::new(service, kind.clone()).on(call.operation()))
            }
            (Self::Refresh(kind), Mode::OpenSource) => {
                Some(Fault::new(Service::Google, kind.clone()))
            }
            (Self::Refresh(kind), Mode::Hosted) => {
                Some(Fault::new(service, kind.clone()).on(TOKEN_OPERATION))
            }
            (Self::Server(_) | Self::Nobody | Self::Save, _) => None,
        }
    }

    /// Whether only a timeout ends the call.
    fn waits(&self) -> bool {
        let long = |time: &Duration| *time > Duration::from_secs(1);
        match self {
            Self::Sandbox(FaultKind::Delay(time) | FaultKind::SlowBody(time)) => long(time),
            Self::Sandbox(kind) | Self::Refresh(kind) => *kind == FaultKind::NeverAnswer,
            Self::Server(Breach::Endless { pause, .. }) => !pause.is_zero(),
            _ => false,
        }
    }

    /// Whether it is an exhausted quota, which takes a second to recover.
    fn is_limit(&self) -> bool {
        matches!(
            self,
            Self::Sandbox(FaultKind::RateLimited403 { .. } | FaultKind::Status { code: 429, .. })
        )
    }
}

impl Call {
    fn operation(self) -> &'static str {
        match self {
            Self::Read => "messages_list",
            Self::IdempotentWrite => "messages_modify",
            Self::Send => "messages_send",
            Self::Deletion => "labels_delete",
            Self::Pages => "messages_list",
            Self::Message => "messages_get",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::IdempotentWrite => "idempotent write",
            Self::Send => "send",
            Self::Deletion => "deletion",
            Self::Pages => "all pages",
            Self::Message => "read of a message",
        }
    }
}

/// A store where saving fails: always, or only the first time.
#[derive(Debug, Default)]
struct FullStore {
    lasting: bool,
    failed: AtomicBool,
    tried: Notify,
}

impl TokenStore for FullStore {
    fn save<'a>(
        &'a self,
        _tokens: &'a TokenSet,
        _replaces: &'a StoreVersion,
    ) -> StoreFuture<'a, Saved> {
        let fails = !self.failed.swap(true, Ordering::Relaxed) || self.lasting;
        self.tried.notify_one();
        Box::pin(async move {
            if fails {
                return Err("no space left on device".into());
            }
            Ok(Saved::Done(StoreVersion::default()))
        })
    }
}

/// The outcome of a call.
struct Cell {
    result: Result<()>,
    requests: usize,
    /// How often the mailbox shows the effect.
    done: usize,
}

/// HTTP clients shared by all cells, because creating one takes longer than most cells.
struct Clients {
    patient: reqwest::Client,
    hasty: reqwest::Client,
}

fn client(idle: Duration) -> std::result::Result<reqwest::Client, Box<dyn std::error::Error>> {
    Ok(http::local_client()?
        .redirect(reqwest::redirect::Policy::none())
        .read_timeout(idle)
        .timeout(idle * 2)
        .build()?)
}

/// A sandbox, the server in front of it, and a connector of one mode behind the fault.
struct World {
    sandbox: Sandbox,
    server: Option<FaultServer>,
    gmail: GmailConnector,
    /// A connector that bypasses the fault.
    witness: GmailConnector,
    messages: Vec<String>,
    labels: Vec<String>,
    store: Arc<FullStore>,
}

impl World {
    async fn new(
        way: &Way,
        mode: Mode,
        lasting: bool,
        clients: &Clients,
    ) -> std::result::Result<Self, Box<dyn std::error::Error>> {
        let sandbox = Sandbox::builder().empty().start().await?;
        let messages = (0..2)
            .map(|number| {
                let raw =
                    format!("From: support@example.com\r\nSubject: {number}\r\n\r\nText.\r\n");
                sandbox.deliver(raw.as_bytes())
            })
            .collect();
        let server = match way {
            Way::Server(_) => Some(FaultServer::before(sandbox.gmail_url()).await?),
            _ => None,
        };
        let base_url = match (way, &server) {
            (Way::Nobody, _) => {
                // The port is free again after this statement, and nothing else takes it.
                let port = TcpListener::bind(("127.0.0.1", 0))
                    .await?
                    .local_addr()?
                    .port();
                format!("http://127.0.0.1:{port}")
            }
            (_, Some(server)) => server.url().to_owned(),
            _ => sandbox.gmail_url().to_owned(),
        };
        let builder = match mode {
            // Without an access token, the first call requests one.
            Mode::OpenSource if matches!(way, Way::Refresh(_) | Way::Save) => {
                let google = sandbox.google();
                GmailConnector::builder(
                    GmailAuthConfig::new(google.refresh_token)
                        .with_client(google.client_id, google.client_secret),
                )
            }
            Mode::OpenSource => GmailConnector::builder(sandbox.google_auth()),
            Mode::Hosted => {
                let airbyte = sandbox.airbyte();
                // A server that breaks every exchange can't issue a token.
                let auth = match way {
                    Way::Server(_) | Way::Nobody => {
                        AirbyteAuthConfig::from_bearer_token(airbyte.bearer_token.as_str())
                    }
                    _ => sandbox.airbyte_auth(),
                };
                GmailConnector::builder(auth.with_connector_id(airbyte.connector_id))
            }
        };
        let witness = GmailConnector::builder(sandbox.google_auth())
            .base_url(sandbox.gmail_url())
            .http_client(clients.patient.clone())
            .build()?;
        let builder = match way {
            // Redirects are handled by the crate's own client.
            Way::Sandbox(FaultKind::Redirect { .. } | FaultKind::Status { code: 307, .. }) => {
                builder
            }
            way if way.waits() => builder.http_client(clients.hasty.clone()),
            _ => builder.http_client(clients.patient.clone()),
        };
        let store = Arc::new(FullStore {
            lasting,
            ..FullStore::default()
        });
        let builder = match way {
            Way::Save => builder.token_store(store.clone()),
            _ => builder,
        };
        let gmail = builder
            .base_url(base_url)
            .token_url(sandbox.token_url())
            .limits(Limits {
                response_bytes: 1024 * 1024,
                ..Limits::default()
            })
            .retry(RetryPolicy {
                attempts: ATTEMPTS,
                initial_pause: Duration::from_millis(1),
                longest_pause: Duration::from_millis(5),
                // With a permanent fault, fail at once instead of waiting minutes for the quota.
                quota_wait: Duration::from_secs(if lasting { 0 } else { 60 }),
                ..RetryPolicy::default()
            })
            .build()?;
        let mut labels = Vec::new();
        for name in ["once", "lasting"] {
            let label = witness.labels().create(name).send().await?;
            labels.push(label.id);
        }
        Ok(Self {
            sandbox,
            server,
            gmail,
            witness,
            messages,
            labels,
            store,
        })
    }

    async fn meet(
        &self,
        way: &Way,
        call: Call,
        lasting: bool,
    ) -> std::result::Result<Cell, Box<dyn std::error::Error>> {
        let subject = format!("lasting {lasting}");
        let message = &self.messages[usize::from(lasting)];
        let label = &self.labels[usize::from(lasting)];
        self.sandbox.clear_requests();
        if let Some(fault) = way.sandbox_fault(call, self.gmail.mode()) {
            self.sandbox
                .inject(if lasting { fault.forever() } else { fault });
        }
        if let (Way::Server(breach), Some(server)) = (way, &self.server) {
            server.spoil(breach.clone(), if lasting { usize::MAX } else { 1 });
        }
        let result = match call {
            Call::Read => self.gmail.messages().list().send().await.map(drop),
            Call::IdempotentWrite => {
                let modify = self
                    .gmail
                    .messages()
                    .modify(message)
                    .add_label_ids(["STARRED"]);
                modify.send().await.map(drop)
            }
            Call::Send => {
                let raw = support::raw(&subject)?;
                self.gmail.messages().send(raw).send().await.map(drop)
            }
            Call::Deletion => self.gmail.labels().delete(label).send().await.map(drop),
            Call::Pages => {
                let pages = self.gmail.messages().list().pages();
                pages.try_for_each(|_| async { Ok(()) }).await
            }
            Call::Message => self.gmail.messages().get(message).send().await.map(drop),
        };
        // Airbyte's tokens are never stored: each process requests its own.
        if matches!(way, Way::Save) && self.gmail.mode() == Mode::OpenSource {
            timeout(Duration::from_secs(10), self.store.tried.notified()).await?;
        }
        let requests = match &self.server {
            Some(server) => server.requests(),
            None => self
                .sandbox
                .requests()
                .iter()
                .filter(|record| {
                    record.path.starts_with("/gmail/v1/") || record.path.ends_with("/execute")
                })
                .count(),
        };
        self.sandbox.clear_faults();
        let done = match call {
            Call::Read | Call::Pages | Call::Message => 0,
            Call::IdempotentWrite => {
                let message = self.witness.messages().get(message).send().await?;
                usize::from(message.label_ids.iter().any(|label| label == "STARRED"))
            }
            Call::Send => {
                let list = self
                    .witness
                    .messages()
                    .list()
                    .q(format!("in:sent subject:\"{subject}\""));
                list.send().await?.messages.len()
            }
            Call::Deletion => {
                let labels = self.witness.labels().list().send().await?.labels;
                usize::from(!labels.iter().any(|kept| kept.id == *label))
            }
        };
        Ok(Cell {
            result,
            requests,
            done,
        })
    }
}

/// The error's class, with `?` if the outcome is unknown.
fn seen(error: &Error) -> String {
    let classes = [
        ("invalid input", error.is_invalid_input()),
        ("unsupported", error.is_unsupported()),
        ("configuration", error.is_configuration()),
        ("unauthenticated", error.is_unauthenticated()),
        ("permission denied", error.is_permission_denied()),
        ("rate limited", error.is_rate_limited()),
        ("not found", error.is_not_found()),
        ("conflict", error.is_conflict()),
        ("invalid request", error.is_invalid_request()),
        ("connect", error.is_connect()),
        ("timeout", error.is_timeout()),
        ("server", error.is_server()),
        ("invalid response", error.is_invalid_response()),
        ("token refresh failed", error.is_token_refresh_failed()),
        (
            "reauthorization required",
            error.is_reauthorization_required(),
        ),
    ];
    let classes: Vec<&str> = classes
        .iter()
        .filter(|(_, holds)| *holds)
        .map(|(name, _)| *name)
        .collect();
    let class = match *classes.as_slice() {
        [] if error.is_transient() => "interrupted",
        [class] => class,
        _ => panic!("an error has one class: {classes:?} of {error:?}"),
    };
    let unknown = if error.is_outcome_unknown() { "?" } else { "" };
    format!("{class}{unknown}")
}

/// Rules for every cell, independent of the table.
fn assert_sound(name: &str, way: &Way, call: Call, cell: &Cell, secrets: &[String]) {
    let about = format!("{name}, {call:?}: {:?}", cell.result);
    assert!(cell.requests <= ATTEMPTS as usize, "{about}");
    if call == Call::Send {
        assert!(cell.done <= 1, "sent twice: {about}");
    }
    let Err(error) = &cell.result else { return };
    if call == Call::Send && cell.done > 0 {
        assert!(error.is_outcome_unknown(), "sent, and not said: {about}");
    }
    let named = match way {
        // Airbyte's token endpoint is a separate operation.
        Way::Refresh(_) if error.operation() == Some(TOKEN_OPERATION) => TOKEN_OPERATION,
        _ => call.operation(),
    };
    assert_eq!(error.operation(), Some(named), "{about}");
    let mut text = format!("{error} {error:?}");
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        write!(text, " {error} {error:?}").expect("a text");
        source = error.source();
    }
    for secret in secrets {
        assert!(!text.contains(secret.as_str()), "a secret is shown: {text}");
    }
}

fn shown(call: Call, cell: &Cell) -> String {
    let result = match &cell.result {
        Ok(()) => "ok".to_owned(),
        Err(error) => seen(error),
    };
    let done = match (call, cell.done) {
        (Call::Read | Call::Pages | Call::Message, _) => "",
        (_, 0) => ", not done",
        (_, 1) => ", done",
        (_, _) => ", done again",
    };
    format!("{result} ×{}{done}", cell.requests)
}

/// The text of a cell.
async fn fill(
    name: &'static str,
    way: Way,
    place: Place,
    clients: &Clients,
) -> std::result::Result<(Place, String), Box<dyn std::error::Error>> {
    let (_, call, mode, lasting) = place;
    let world = World::new(&way, mode, lasting, clients).await?;
    let (google, airbyte) = (world.sandbox.google(), world.sandbox.airbyte());
    let secrets = [
        google.access_token,
        google.refresh_token,
        google.client_secret,
        airbyte.bearer_token,
        airbyte.client_secret,
    ];
    let call = way.calls()[call];
    let cell = world.meet(&way, call, lasting).await?;
    assert_sound(name, &way, call, &cell, &secrets);
    Ok((place, shown(call, &cell)))
}

const HEAD: &str = "\
# Faults and what comes of them

Written by tests/it/fault_matrix. Each fault meets a call once, or for as long as it is tried (at most 3 times here).
A cell says what the caller sees, how many requests (or connections) reached the server, and whether the mailbox shows
the call's effect. `?` stands for `is_outcome_unknown()`: it may have been done, so look before sending again.
`interrupted` is the class that `is_transient()` alone tells. Only what may safely be sent twice is sent again after an
unclear end; a send is sent again only where the service says that it did nothing. Google's quota is waited for where it
comes back; here a lasting one is told at once.

| fault | call | open source, once | open source, lasting | hosted, once | hosted, lasting |
| --- | --- | --- | --- | --- | --- |
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_is_told_from_the_others_and_nothing_is_sent_twice() -> TestResult {
    let elsewhere = TcpListener::bind(("127.0.0.1", 0)).await?;
    let location = format!("http://localhost:{}/", elsewhere.local_addr()?.port());
    let faults = faults(&location);
    let places = (0..faults.len()).flat_map(|fault| {
        (0..faults[fault].1.calls().len()).flat_map(move |call| {
            MODES.into_iter().flat_map(move |mode| {
                [false, true].map(move |lasting| (fault, call, mode, lasting))
            })
        })
    });
    let (waiting, quick): (Vec<Place>, Vec<Place>) =
        places.partition(|(fault, ..)| faults[*fault].1.waits());
    let (limits, quick): (Vec<Place>, Vec<Place>) = quick
        .into_iter()
        .partition(|(fault, ..)| faults[*fault].1.is_limit());
    let clients = Clients {
        patient: client(Duration::from_secs(60))?,
        hasty: client(Duration::from_secs(1))?,
    };
    let mut cells = BTreeMap::new();
    // Cells that wait for timeouts run last and all at once, when nothing else uses up their time.
    for (places, at_once) in [(quick, 4), (limits, 20), (waiting, 100)] {
        let filled: Vec<(Place, String)> = stream::iter(places)
            .map(|place| {
                fill(
                    faults[place.0].0,
                    faults[place.0].1.clone(),
                    place,
                    &clients,
                )
            })
            .buffer_unordered(at_once)
            .try_collect()
            .await?;
        cells.extend(
            filled
                .into_iter()
                .map(|((fault, call, mode, lasting), text)| {
                    ((fault, call, mode == Mode::Hosted, lasting), text)
                }),
        );
    }
    let mut table = HEAD.to_owned();
    // The keys are in table order, four to a line.
    let cells: Vec<(_, String)> = cells.into_iter().collect();
    for line in cells.chunks(4) {
        let (fault, call, ..) = line[0].0;
        let (name, way) = &faults[fault];
        let name = if call == 0 { name } else { "" };
        let call = way.calls()[call].name();
        let texts: Vec<&str> = line.iter().map(|(_, text)| text.as_str()).collect();
        writeln!(table, "| {name} | {call} | {} |", texts.join(" | "))?;
    }
    // No redirect was followed, with or without a token: no connection is waiting.
    let followed = elsewhere.into_std()?.accept();
    assert!(
        followed.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock),
        "a redirect was followed"
    );

    compare::check("tests/golden/fault_matrix.md", &table);
    Ok(())
}

#[test]
fn every_fault_of_the_sandbox_is_in_the_matrix() -> TestResult {
    // serde lists all variants of the enum in its error for an unknown name.
    let refusal = FaultKind::deserialize(StrDeserializer::<ValueError>::new("none"))
        .expect_err("no fault has that name")
        .to_string();
    let (_, list) = refusal.split_once("one of").ok_or("a list of names")?;
    let known: BTreeSet<String> = list
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    let met: BTreeSet<String> = faults("http://localhost/")
        .into_iter()
        .filter_map(|(_, way)| match way {
            Way::Sandbox(kind) => Some(serde_json::to_value(kind)),
            _ => None,
        })
        .map(|kind| {
            Ok(match kind? {
                serde_json::Value::String(name) => name,
                kind => kind
                    .as_object()
                    .and_then(|kind| kind.keys().next().cloned())
                    .unwrap_or_default(),
            })
        })
        .collect::<serde_json::Result<_>>()?;
    assert_eq!(known, met);
    Ok(())
}
