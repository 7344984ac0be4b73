//! Every fault, met by a read, an idempotent write, a send and a deletion, in both modes: what the caller sees, how many requests
//! arrive, and what is in the mailbox afterwards.
//!
//! The table is tests/golden/fault_matrix.md; `UPDATE_GOLDEN=1 cargo test --all-features --test it fault_matrix` writes it
//! anew. What must hold for every cell is asserted beside it, so that no refresh can hide it.

#![cfg(feature = "sandbox")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't go on has failed"
)]

use crate::compare;
use crate::support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use airbyte_agent_gmail::sandbox::{ErrorBody, Fault, FaultKind, Sandbox, Service};
use airbyte_agent_gmail::{
    AirbyteAuthConfig, Error, GmailConnector, Limits, Mode, Result, RetryPolicy,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use serde::de::value::{Error as ValueError, StrDeserializer};
use support::fault_server::{Breach, FaultServer};
use support::{TestResult, http};
use tokio::net::TcpListener;

/// How often a request may be sent in all.
const ATTEMPTS: u32 = 3;

const MODES: [Mode; 2] = [Mode::OpenSource, Mode::Hosted];

#[derive(Clone)]
enum Way {
    /// The sandbox's own fault.
    Sandbox(FaultKind),
    /// A break of the protocol.
    Server(Breach),
    /// Nobody listens.
    Nobody,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Call {
    Read,
    IdempotentWrite,
    Send,
    /// Its success says nothing.
    Deletion,
}

const CALLS: [Call; 4] = [
    Call::Read,
    Call::IdempotentWrite,
    Call::Send,
    Call::Deletion,
];

/// A cell of the table: the number of the fault, that of the call, the mode, and whether the fault lasts.
type Place = (usize, usize, Mode, bool);

impl Way {
    /// Whether only a limit of time ends it.
    fn waits(&self) -> bool {
        let long = |time: &Duration| *time > Duration::from_secs(1);
        match self {
            Self::Sandbox(FaultKind::Delay(time) | FaultKind::SlowBody(time)) => long(time),
            Self::Sandbox(kind) => *kind == FaultKind::NeverAnswer,
            Self::Server(Breach::Endless { pause, .. }) => !pause.is_zero(),
            Self::Server(_) | Self::Nobody => false,
        }
    }

    /// Whether it is a quota that is used up, which takes a second to come back.
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
        }
    }
}

/// What one call came to.
struct Cell {
    result: Result<()>,
    requests: usize,
    /// How often it is to be seen in the mailbox.
    done: usize,
}

fn faults(elsewhere: &str) -> Vec<(&'static str, Way)> {
    let sandbox = |name, kind| (name, Way::Sandbox(kind));
    let server = |name, breach| (name, Way::Server(breach));
    let status = |code, body, headers: &[(&str, &str)]| FaultKind::Status {
        code,
        body,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    };
    let limit = |reason: &str| FaultKind::RateLimited403 {
        reason: reason.to_owned(),
    };
    let answer = |code, content_type: &str, body: &str| FaultKind::Answer {
        code,
        content_type: content_type.to_owned(),
        body: body.to_owned(),
    };
    let json = "application/json; charset=UTF-8";
    let long = Duration::from_secs(3600);
    let deep = format!(
        r#"{{"messages":{0}{1},"result":{0}{1}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    vec![
        ("nobody listens", Way::Nobody),
        sandbox("status 400", FaultKind::status(400)),
        sandbox("status 401", FaultKind::Unauthorized),
        sandbox("status 403", FaultKind::status(403)),
        sandbox("403 rateLimitExceeded", limit("rateLimitExceeded")),
        sandbox("403 userRateLimitExceeded", limit("userRateLimitExceeded")),
        sandbox("403 dailyLimitExceeded", limit("dailyLimitExceeded")),
        sandbox("status 404", FaultKind::status(404)),
        sandbox("status 408", FaultKind::status(408)),
        sandbox("status 409", FaultKind::status(409)),
        sandbox("status 429", FaultKind::status(429)),
        sandbox(
            "429, come back at once",
            status(429, ErrorBody::Native, &[("retry-after", "0")]),
        ),
        sandbox(
            "429, come back in an hour",
            status(429, ErrorBody::Native, &[("retry-after", "3600")]),
        ),
        sandbox("status 500", FaultKind::status(500)),
        sandbox("status 501", FaultKind::status(501)),
        sandbox("502 with a page", status(502, ErrorBody::Html, &[])),
        sandbox("status 503", FaultKind::status(503)),
        sandbox("503 with nothing", status(503, ErrorBody::Empty, &[])),
        sandbox("503 in Google's words", status(503, ErrorBody::Google, &[])),
        sandbox("503 in Airbyte's words", status(503, ErrorBody::Airbyte, &[])),
        sandbox("503 in Airbyte's other words", status(503, ErrorBody::Detail, &[])),
        sandbox("status 504", FaultKind::status(504)),
        sandbox("status 507", FaultKind::status(507)),
        sandbox("524 of a front", status(524, ErrorBody::Html, &[])),
        sandbox(
            "302 to another host",
            FaultKind::Redirect {
                location: elsewhere.to_owned(),
            },
        ),
        sandbox(
            "307 to another host",
            status(307, ErrorBody::Empty, &[("location", elsewhere)]),
        ),
        sandbox("303 to nowhere", status(303, ErrorBody::Empty, &[])),
        sandbox("200 with an error inside", answer(200, json, r#"{"error":{"code":503,"message":"Backend Error","status":"UNAVAILABLE"}}"#)),
        sandbox("200 with {}", answer(200, json, "{}")),
        sandbox("200 with an id that is a number", answer(200, json, r#"{"id":1,"messages":1,"result":1}"#)),
        sandbox("200 with a string", answer(200, json, r#""done""#)),
        sandbox("200 with a byte order mark", answer(200, json, "\u{feff}{\"id\":\"1\"}")),
        sandbox("200 with more behind it", answer(200, json, r#"{"id":"1","status":"success","result":{}} {"id":"1"}"#)),
        sandbox("200 with []", answer(200, json, "[]")),
        sandbox("200 with null", answer(200, json, "null")),
        sandbox("200 with nothing", answer(200, json, "")),
        sandbox("204", answer(204, json, "")),
        sandbox("200 with a text", answer(200, "text/plain", "Please sign in")),
        sandbox("200 with a page of no type", answer(200, "", "<html><body>Sign in to the network</body></html>")),
        sandbox("200 with a policy's refusal", answer(200, json, r#"{"message":"blocked by policy"}"#)),
        sandbox("200 that says that it is done", answer(200, json, r#"{"ok":true,"status":"done"}"#)),
        sandbox("200 with a page", answer(200, "text/html", "<html><body>Sign in to the network</body></html>")),
        sandbox("200 with 100,000 brackets", answer(200, json, &deep)),
        sandbox("done, called a page", FaultKind::WrongContentType),
        server("done, called plain text", Breach::Altered(|answer| {
            String::from_utf8_lossy(answer).replace("application/json", "text/plain").into_bytes()
        })),
        sandbox("done, with JSON that is none", FaultKind::InvalidJson),
        sandbox("done, connection cut in the body", FaultKind::TruncatedBody),
        sandbox("connection cut, not done", FaultKind::ConnectionClosedWithoutProcessing),
        sandbox("connection cut, done", FaultKind::ConnectionClosedBeforeResponse),
        sandbox("no answer ever", FaultKind::NeverAnswer),
        sandbox("done, a little late", FaultKind::Delay(Duration::from_millis(1))),
        sandbox("done, an hour late", FaultKind::Delay(long)),
        sandbox("done, a little slow", FaultKind::SlowBody(Duration::from_millis(1))),
        sandbox("done, the body hours long", FaultKind::SlowBody(long)),
        server("connection closed unread", Breach::ClosedBeforeReading),
        server("connection closed when read", Breach::ClosedAfterReading),
        server("connection closed when done", Breach::ClosedAfterCarryingOut),
        server("done, early hints before", Breach::Altered(|answer| {
            [b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n", answer].concat()
        })),
        server("done, said to be another protocol", Breach::Altered(|answer| [b"HTTP/1.1 101 Switching Protocols\r\n", answer.splitn(2, |byte| *byte == b'\n').nth(1).unwrap_or_default()].concat())),
        server("done, half the status line", Breach::Altered(|answer| answer[..9].to_vec())),
        server("done, half the headers", Breach::Altered(|answer| answer[..40].to_vec())),
        server("done, half the body", Breach::Altered(|answer| answer[..answer.len() - 20].to_vec())),
        server("done, the length too long", Breach::Altered(|answer| with_length(answer, 100))),
        server("done, the length too short", Breach::Altered(|answer| with_length(answer, -20))),
        server("done, two lengths", Breach::Altered(|answer| with_header(answer, "content-length: 3"))),
        server("done, 2 MB of headers", Breach::Altered(|answer| {
            with_header(answer, &format!("x-long: {}", "x".repeat(2_000_000)))
        })),
        server("done, 1,000 headers", Breach::Altered(|answer| with_header(answer, &vec!["x-more: 1"; 1000].join("\r\n")))),
        server("done, said to be gzip", Breach::Altered(|answer| with_header(answer, "content-encoding: gzip"))),
        server("gzip that nobody asked for", Breach::Answered(
            [b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\nconnection: close\r\ncontent-length: 22\r\n\r\n".as_slice(), GZIP].concat(),
        )),
        server("a chunk of no length", Breach::Answered(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nnone\r\n{}\r\n".to_vec(),
        )),
        server("not HTTP", Breach::Answered(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec())),
        server("headers without end, slowly", Breach::Endless {
            head: b"HTTP/1.1 200 OK\r\n",
            piece: b"x-slow: 1\r\n".to_vec(),
            pause: Duration::from_millis(20),
        }),
        server("100 Continue without end", Breach::Endless {
            head: b"",
            piece: b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(),
            pause: Duration::from_millis(20),
        }),
        server("a body without end, slowly", Breach::Endless {
            head: b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{",
            piece: b" ".to_vec(),
            pause: Duration::from_millis(20),
        }),
        server("a body without end", Breach::Endless {
            head: b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{",
            piece: vec![b' '; 65_536],
            pause: Duration::ZERO,
        }),
        server("a length of 2 GB", Breach::Endless {
            head: b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2000000000\r\n\r\n{",
            piece: b" ".to_vec(),
            pause: Duration::from_millis(20),
        }),
    ]
}

/// `{}`, compressed.
const GZIP: &[u8] =
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00\x43\xbf\xa6\xa3\x02\x00\x00\x00";

/// An answer with more headers.
fn with_header(answer: &[u8], header: &str) -> Vec<u8> {
    let at = answer
        .windows(2)
        .position(|pair| pair == b"\r\n")
        .expect("a status line");
    [&answer[..at], b"\r\n", header.as_bytes(), &answer[at..]].concat()
}

/// An answer that lies about its length.
fn with_length(answer: &[u8], more: isize) -> Vec<u8> {
    let end = answer
        .windows(4)
        .position(|end| end == b"\r\n\r\n")
        .expect("headers");
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let lied = (answer.len() - end - 4).saturating_add_signed(more);
    let head: Vec<String> = head
        .split("\r\n")
        .map(|line| {
            if line.to_ascii_lowercase().starts_with("content-length:") {
                format!("content-length: {lied}")
            } else {
                line.to_owned()
            }
        })
        .collect();
    [head.join("\r\n").as_bytes(), &answer[end..]].concat()
}

/// HTTP clients that all cells share: to make one takes longer than most cells do.
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

/// A sandbox, what stands before it, and a connector of one mode behind the fault.
struct World {
    sandbox: Sandbox,
    server: Option<FaultServer>,
    gmail: GmailConnector,
    /// A connector that no fault meets.
    witness: GmailConnector,
    messages: Vec<String>,
    labels: Vec<String>,
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
                // The port is free again at the end of the statement, and nobody takes it.
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
            Mode::OpenSource => GmailConnector::builder(sandbox.google_auth()),
            Mode::Hosted => {
                let airbyte = sandbox.airbyte();
                // A server that spoils every exchange can't be asked for a token.
                let auth = match way {
                    Way::Sandbox(_) => sandbox.airbyte_auth(),
                    _ => AirbyteAuthConfig::from_bearer_token(airbyte.bearer_token.as_str()),
                };
                GmailConnector::builder(auth.with_connector_id(airbyte.connector_id))
            }
        };
        let witness = GmailConnector::builder(sandbox.google_auth())
            .base_url(sandbox.gmail_url())
            .http_client(clients.patient.clone())
            .build()?;
        let builder = match way {
            // Whether a redirect is followed is the affair of this crate's own client.
            Way::Sandbox(FaultKind::Redirect { .. } | FaultKind::Status { code: 307, .. }) => {
                builder
            }
            way if way.waits() => builder.http_client(clients.hasty.clone()),
            _ => builder.http_client(clients.patient.clone()),
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
                // A quota that never comes back is told at once, so that no cell takes minutes.
                quota_wait: Duration::from_secs(if lasting { 0 } else { 60 }),
                ..RetryPolicy::default()
            })
            .build()?;
        let mut labels = Vec::new();
        for name in ["once", "lasting"] {
            let label = witness.labels().create(name).send().await?;
            labels.push(label.id.ok_or("a label has an id")?);
        }
        Ok(Self {
            sandbox,
            server,
            gmail,
            witness,
            messages,
            labels,
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
        match way {
            Way::Sandbox(kind) => {
                let service = match self.gmail.mode() {
                    Mode::OpenSource => Service::Gmail,
                    Mode::Hosted => Service::Airbyte,
                };
                let fault = Fault::new(service, kind.clone()).on(call.operation());
                self.sandbox
                    .inject(if lasting { fault.forever() } else { fault });
            }
            Way::Server(breach) => {
                let times = if lasting { usize::MAX } else { 1 };
                if let Some(server) = &self.server {
                    server.spoil(breach.clone(), times);
                }
            }
            Way::Nobody => {}
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
        };
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
            Call::Read => 0,
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
                usize::from(!labels.iter().any(|kept| kept.id.as_deref() == Some(label)))
            }
        };
        Ok(Cell {
            result,
            requests,
            done,
        })
    }
}

/// What the caller can tell from an error.
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

/// What must hold for every cell, whatever the table says.
fn assert_sound(name: &str, call: Call, cell: &Cell, secrets: &[String]) {
    let about = format!("{name}, {call:?}: {:?}", cell.result);
    assert!(cell.requests <= ATTEMPTS as usize, "{about}");
    if call == Call::Send {
        assert!(cell.done <= 1, "sent twice: {about}");
    }
    let Err(error) = &cell.result else { return };
    if call == Call::Send && cell.done > 0 {
        assert!(error.is_outcome_unknown(), "sent, and not said: {about}");
    }
    assert_eq!(error.operation(), Some(call.operation()), "{about}");
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
        (Call::Read, _) => "",
        (_, 0) => ", not done",
        (_, 1) => ", done",
        (_, _) => ", done again",
    };
    format!("{result} ×{}{done}", cell.requests)
}

/// What stands in a cell.
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
    let cell = world.meet(&way, CALLS[call], lasting).await?;
    assert_sound(name, CALLS[call], &cell, &secrets);
    Ok((place, shown(CALLS[call], &cell)))
}

const HEAD: &str = "\
# Faults and what comes of them

Written by tests/it/fault_matrix.rs. Each fault meets a call once, or for as long as it is tried (at most 3 times here).
A cell says what the caller sees, how many requests (or connections) reached the server, and whether the mailbox shows
the call's effect. `?` stands for `is_outcome_unknown()`: it may have been carried out, so look before sending again.
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
        (0..CALLS.len()).flat_map(move |call| {
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
    // Those that wait come last and all at once, when nothing else takes the time that their limits count.
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
    // The keys are in the order of the table, four to a line.
    let texts: Vec<String> = cells.into_values().collect();
    for (number, line) in texts.chunks(4).enumerate() {
        let call = number % CALLS.len();
        let name = if call == 0 {
            faults[number / CALLS.len()].0
        } else {
            ""
        };
        let call = ["read", "idempotent write", "send", "deletion"][call];
        writeln!(table, "| {name} | {call} | {} |", line.join(" | "))?;
    }
    // Nobody has followed a redirect, with a token or without: nothing waits to be accepted.
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
    // The enum grows with the sandbox; serde names all of it in its refusal of a name that is none.
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
