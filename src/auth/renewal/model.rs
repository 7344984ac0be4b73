//! Tests the state machine with many processes, one store and one server that rotates tokens: random interleavings of
//! calls, refreshes, failing saves, kills and clock jumps.
//!
//! Two invariants hold at each step. A call succeeds while the process knows an access token that the server accepts. A
//! sign-in is never lost: the store or a living process has a refresh token that the server accepts.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use super::{Answer, Bearer, Event, Now, Purpose, Renewal, Step, StoreFailure};
use crate::auth::{Saved, Secret, StoreVersion, StoredTokens, TokenResponse, TokenSet};
use crate::error::Error;

/// The number of runs; each run's number is its seed.
const SEEDS: u64 = 64;

/// The number of steps of a run.
const STEPS: usize = 2_000;

/// The lifetime of an access token.
const LIFE: Duration = Duration::from_secs(5);

/// A pseudorandom generator (xorshift64*) that depends only on its seed.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % end
    }

    fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }
}

/// How the server treats a refresh token once it has replaced it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rotation {
    /// It expires at once.
    Strict,
    /// It expires at once, and its use ends the whole sign-in (RFC 9700 section 4.14.2).
    DetectsReuse,
    /// It is valid until the new one has been used.
    KeepsPrevious,
    /// The server doesn't replace refresh tokens.
    None,
}

struct Server {
    rotation: Rotation,
    next: u64,
    /// The valid refresh tokens, each with the one it replaced.
    good: HashMap<String, Option<String>>,
    replaced: Vec<String>,
    access: HashMap<String, Instant>,
    down: bool,
}

impl Server {
    fn refresh(&mut self, now: Instant, token: Option<&Secret>) -> Result<TokenResponse, Error> {
        if self.down {
            return Err(Error::token_refresh_failed("down"));
        }
        let token = token
            .map(|token| token.expose().to_owned())
            .unwrap_or_default();
        let Some(previous) = self.good.get(&token).cloned() else {
            if self.rotation == Rotation::DetectsReuse && self.replaced.contains(&token) {
                self.good.clear();
            }
            return Err(Error::reauthorization_required("rejected"));
        };
        self.next += 1;
        let access = format!("access-{}", self.next);
        self.access.insert(access.clone(), now + LIFE);
        let mut response = TokenResponse::new(access);
        response.expires_in = Some(LIFE);
        if self.rotation == Rotation::None {
            return Ok(response);
        }
        let new = format!("refresh-{}", self.next);
        if let Some(previous) = previous {
            self.good.remove(&previous);
        }
        let kept = self.rotation == Rotation::KeepsPrevious;
        if !kept {
            self.good.remove(&token);
            self.replaced.push(token.clone());
        }
        self.good.insert(new.clone(), kept.then_some(token));
        response.refresh_token = Some(new.into());
        Ok(response)
    }
}

#[derive(Default)]
struct Store {
    tokens: Option<TokenSet>,
    version: u64,
    /// The process that holds the lock.
    locked: Option<usize>,
    full: bool,
    unreadable: bool,
    unlockable: bool,
}

struct Process {
    renewal: Renewal,
    /// The next step of its flight; `answered` is the server's answer on its way.
    flight: Option<(u64, Purpose, Step)>,
    answered: Option<Result<TokenResponse, Error>>,
    waiting: Option<(u64, Option<Bearer>)>,
}

#[derive(Debug, Default)]
struct Counts {
    calls: u64,
    refreshes: u64,
    kills: u64,
    lost_by_kill: u64,
}

struct World {
    random: Random,
    server: Server,
    store: Store,
    processes: Vec<Process>,
    instant: Instant,
    wall: SystemTime,
    counts: Counts,
    /// Whether reading and locking the store may fail too.
    all_faults: bool,
}

impl World {
    fn new(seed: u64, rotation: Rotation, processes: usize, all_faults: bool) -> Self {
        let mut world = Self {
            random: Random::new(seed + 1),
            server: Server {
                rotation,
                next: 0,
                good: HashMap::from([("refresh-0".to_owned(), None)]),
                replaced: Vec::new(),
                access: HashMap::new(),
                down: false,
            },
            store: Store::default(),
            processes: Vec::new(),
            instant: Instant::now(),
            wall: UNIX_EPOCH + Duration::from_secs(2_000_000_000),
            counts: Counts::default(),
            all_faults,
        };
        let mut tokens = TokenSet::new("access-0");
        tokens.expires_at = Some(UNIX_EPOCH);
        tokens.refresh_token = Some("refresh-0".into());
        world.store.tokens = Some(tokens);
        world.store.version = 1;
        for _ in 0..processes {
            let process = world.process();
            world.processes.push(process);
        }
        world
    }

    fn process(&self) -> Process {
        let keeps = self.server.rotation == Rotation::KeepsPrevious;
        // An account's connector starts with the refresh token from the account's file.
        let stored = self.store.tokens.as_ref();
        let token = stored.and_then(|tokens| tokens.refresh_token.clone());
        Process {
            renewal: Renewal::new(None, token, true, keeps),
            flight: None,
            answered: None,
            waiting: None,
        }
    }

    fn now(&self) -> Now {
        Now {
            instant: self.instant,
            wall: self.wall,
        }
    }

    fn step(&mut self) {
        let count = self.processes.len() as u64;
        let at = usize::try_from(self.random.below(count)).unwrap_or(0);
        match self.random.below(100) {
            0..30 => self.call(at, false),
            30..33 => self.call(at, true),
            33..82 => self.advance(at),
            82..92 => {
                let time = Duration::from_millis(self.random.below(1_500));
                self.instant += time;
                self.wall += time;
            }
            92 => self.store.full = !self.store.full,
            93 => self.server.down = self.random.one_in(4),
            94 => self.jump(),
            95 => self.kill(at),
            96 => self.store.unreadable = self.all_faults && self.random.one_in(3),
            97 => self.store.unlockable = self.all_faults && self.random.one_in(3),
            _ => self.save_later(at),
        }
    }

    fn jump(&mut self) {
        let time = Duration::from_secs(self.random.below(7_200));
        if self.random.one_in(2) {
            self.wall += time;
        } else {
            self.wall -= time;
        }
    }

    /// Kills a process with everything it holds, and starts another.
    fn kill(&mut self, at: usize) {
        let was_good = self.is_signed_in();
        if self.store.locked == Some(at) {
            self.store.locked = None;
        }
        self.processes[at] = self.process();
        self.counts.kills += 1;
        if was_good && !self.is_signed_in() {
            self.counts.lost_by_kill += 1;
            // The user signs in again, and every process starts anew.
            let token = format!("refresh-again-{}", self.counts.kills);
            self.server.good.insert(token.clone(), None);
            let mut tokens = TokenSet::new("ended");
            tokens.expires_at = Some(UNIX_EPOCH);
            tokens.refresh_token = Some(token.into());
            self.store.tokens = Some(tokens);
            self.store.version += 1;
        }
    }

    /// A caller asks for a token; with `refused`, because the service refused the cached one.
    fn call(&mut self, at: usize, refused: bool) {
        self.give_back(at);
        let now = self.now();
        let known = self.processes[at].renewal.cached.as_ref();
        let alive = known.is_some_and(|cached| {
            let end = self.server.access.get(cached.bearer.token.expose());
            end.is_some_and(|end| now.instant < *end) && cached.lives(now.instant)
        });
        let refused = known
            .filter(|_| refused)
            .map(|cached| cached.bearer.clone());
        self.counts.calls += 1;
        let process = &mut self.processes[at];
        match process.renewal.ask(now, refused.as_ref()) {
            Answer::Use(_, flight) => {
                if let Some(flight) = flight {
                    assert!(process.flight.is_none(), "two flights");
                    process.flight = Some((flight.number, flight.purpose, flight.step));
                }
            }
            Answer::Start(flight) => {
                assert!(!alive || refused.is_some(), "a living token is not used");
                assert!(process.flight.is_none(), "two flights");
                process.waiting = Some((flight.number, refused));
                process.flight = Some((flight.number, flight.purpose, flight.step));
            }
            Answer::Wait(number) => {
                assert!(!alive || refused.is_some(), "a living token is not used");
                process.waiting = Some((number, refused));
            }
        }
    }

    /// Lets a flight that has ended release the lock.
    fn give_back(&mut self, at: usize) {
        if matches!(self.processes[at].flight, Some((_, _, Step::End))) {
            self.advance(at);
        }
    }

    fn save_later(&mut self, at: usize) {
        self.give_back(at);
        let process = &mut self.processes[at];
        if process.flight.is_none()
            && let Some(flight) = process.renewal.begin_saving()
        {
            process.flight = Some((flight.number, flight.purpose, flight.step));
        }
    }

    /// One step of a process's flight.
    fn advance(&mut self, at: usize) {
        let now = self.now();
        let Some((number, purpose, step)) = self.processes[at].flight.take() else {
            return;
        };
        let failure = |what: &'static str| {
            let source = std::io::Error::other(what);
            StoreFailure::new("the store failed", source, false)
        };
        let event = match &step {
            Step::Lock if self.store.unlockable => Event::LockFailed(failure("read-only")),
            Step::Lock => match self.store.locked {
                Some(holder) if holder != at => {
                    self.processes[at].flight = Some((number, purpose, step));
                    return;
                }
                _ => {
                    self.store.locked = Some(at);
                    Event::Locked
                }
            },
            Step::Load if self.store.unreadable => Event::LoadFailed(failure("unreadable")),
            Step::Load => Event::Loaded(StoredTokens {
                tokens: self.store.tokens.clone(),
                version: StoreVersion::new(self.store.version.to_string()),
            }),
            Step::CheckWritable => Event::Writable(if self.store.full {
                Err(failure("full"))
            } else {
                Ok(())
            }),
            Step::Fetch(token) => match self.processes[at].answered.take() {
                // The server has done its part; a kill now loses the answer.
                None => {
                    let answer = self.server.refresh(self.instant, token.as_ref());
                    self.counts.refreshes += 1;
                    self.processes[at].answered = Some(answer);
                    self.processes[at].flight = Some((number, purpose, step));
                    return;
                }
                Some(Ok(response)) => Event::Fetched(Box::new(response)),
                Some(Err(error)) => Event::FetchFailed(error),
            },
            Step::Save(..) if self.store.full => Event::Saved(Err(failure("the disk is full"))),
            Step::Save(tokens, replaces) => {
                if *replaces == StoreVersion::new(self.store.version.to_string()) {
                    self.store.version += 1;
                    self.store.tokens = Some((**tokens).clone());
                    let version = StoreVersion::new(self.store.version.to_string());
                    Event::Saved(Ok(Saved::Done(version)))
                } else {
                    Event::Saved(Ok(Saved::Conflict))
                }
            }
            Step::End => {
                if self.store.locked == Some(at) {
                    self.store.locked = None;
                }
                self.finish(at, number);
                return;
            }
        };
        let next = self.processes[at].renewal.step(now, event);
        self.processes[at].flight = Some((number, purpose, next));
    }

    /// Answers the callers who waited for a flight.
    fn finish(&mut self, at: usize, number: u64) {
        let now = self.now();
        self.processes[at].renewal.cut_off(now, number);
        let Some((waited, refused)) = self.processes[at].waiting.take() else {
            return;
        };
        if waited != number {
            return;
        }
        let outcome = self.processes[at]
            .renewal
            .outcome(now, number, refused.as_ref());
        if let Some(Err(error)) = outcome {
            let held = &self.processes[at].renewal.refresh.held;
            let holds_a_good_one = held
                .iter()
                .any(|token| self.server.good.contains_key(token.expose()));
            assert!(
                !(error.is_reauthorization_required() && holds_a_good_one),
                "a false report: {error}"
            );
        }
    }

    /// Whether the store, a living process, or an answer on its way has a refresh token that the server accepts.
    fn is_signed_in(&self) -> bool {
        let is_good = |token: &Secret| self.server.good.contains_key(token.expose());
        let stored = self.store.tokens.as_ref();
        let in_store =
            stored.is_some_and(|tokens| tokens.refresh_token.as_ref().is_some_and(is_good));
        in_store
            || self.processes.iter().any(|process| {
                let arriving = process
                    .answered
                    .as_ref()
                    .and_then(|answer| answer.as_ref().ok());
                process.renewal.candidates().any(is_good)
                    || arriving
                        .is_some_and(|answer| answer.refresh_token.as_ref().is_some_and(is_good))
            })
    }

    /// Once everything works again, every call gets a token, and the store ends up with a valid one.
    fn recovers(&mut self) -> bool {
        self.store.full = false;
        self.store.unreadable = false;
        self.store.unlockable = false;
        self.server.down = false;
        self.instant += LIFE * 100;
        self.wall += LIFE * 100;
        for _ in 0..3 {
            for at in 0..self.processes.len() {
                self.call(at, false);
                self.save_later(at);
            }
            for _ in 0..100 {
                for at in 0..self.processes.len() {
                    self.advance(at);
                }
            }
        }
        let stored = self.store.tokens.as_ref();
        stored
            .and_then(|tokens| tokens.refresh_token.as_ref())
            .is_some_and(|token| self.server.good.contains_key(token.expose()))
    }
}

fn run(rotation: Rotation, processes: usize, all_faults: bool) -> Counts {
    let mut total = Counts::default();
    for seed in 0..SEEDS {
        let mut world = World::new(seed, rotation, processes, all_faults);
        for step in 0..STEPS {
            let kills = world.counts.kills;
            let before = world.is_signed_in();
            world.step();
            // Kills are counted separately.
            assert!(
                kills != world.counts.kills || !before || world.is_signed_in(),
                "{rotation:?}, seed {seed}: the sign-in was lost at step {step}"
            );
        }
        assert!(
            world.recovers(),
            "{rotation:?}, seed {seed}: the store ends with a dead token"
        );
        total.calls += world.counts.calls;
        total.refreshes += world.counts.refreshes;
        total.kills += world.counts.kills;
        total.lost_by_kill += world.counts.lost_by_kill;
    }
    assert!(total.refreshes > SEEDS * 10, "{total:?}");
    total
}

#[test]
fn nothing_is_lost_where_the_server_keeps_the_previous_token() {
    let counts = run(Rotation::KeepsPrevious, 4, false);
    assert_eq!(counts.lost_by_kill, 0, "{counts:?}");
}

#[test]
fn nothing_is_lost_where_nothing_rotates() {
    let counts = run(Rotation::None, 4, true);
    assert_eq!(counts.lost_by_kill, 0, "{counts:?}");
}

#[test]
fn only_a_kill_loses_a_sign_in_where_rotation_ends_the_old_token_at_once() {
    let counts = run(Rotation::Strict, 4, false);
    assert!(counts.lost_by_kill < counts.kills, "{counts:?}");
}

#[test]
fn no_replaced_token_is_shown_to_a_server_that_takes_it_for_theft() {
    // With several processes, the others know only the store, and would send its token.
    let counts = run(Rotation::DetectsReuse, 1, false);
    assert!(counts.lost_by_kill < counts.kills, "{counts:?}");
}
