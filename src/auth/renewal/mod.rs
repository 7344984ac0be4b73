//! What is known about an account's tokens, and what to do next: a state machine without a clock, a network or a disk.
//!
//! Four places know tokens, and none of them knows everything:
//!
//! | place | knows | can be wrong about |
//! | --- | --- | --- |
//! | memory | the access token and its expiry (monotonic clock); refresh tokens that may work, best first; dead ones; tokens not yet saved | what others have done since |
//! | store | the tokens saved last, and their version; their expiry by the wall clock | tokens that could not be saved |
//! | server | which tokens are valid | nothing, but it may hang, fail, or carry out a request without answering |
//! | other processes | the same as memory | the same as memory |
//!
//! **Which access token.** The one in memory, while it is valid by the monotonic clock, so jumps of the wall clock
//! don't matter. The wall clock only counts for tokens read from the store. Renewal starts in the background before the
//! token expires: a caller with a valid token never waits for the endpoint, the store or a lock. A caller whose token
//! the service refused waits for another one. A missing or zero lifetime means: valid until refused.
//!
//! **Which refresh token.** The first of these not known to be dead: one that *another* process has stored since this
//! one last looked; the one in memory; the stored one; the configured one. Only the store's version tells whether
//! somebody else has saved since. An older token left in the store by a failed save never replaces the newer one in
//! memory. A store read for the first time counts as newer than the configuration, unless it holds a token that this
//! process has replaced.
//!
//! **What is owed.** New tokens are owed to the store from the moment they arrive until it confirms the save. A debt is
//! paid before the next refresh, which may invalidate the stored token, and in the background with growing pauses. It
//! is cancelled once another process has stored tokens. No call fails because of a debt. If the server accepts a
//! refresh token until its replacement has been used
//! ([`TokenSource::keeps_previous`](super::TokenSource::keeps_previous)), the replacement stays unused while it is
//! owed.
//!
//! **What is dead.** A refresh token that the server has rejected is not sent again until the store changes. If all are
//! dead, callers get the same rejection without a request. Each of them still reads the store again, where a new
//! sign-in would show up. Other permanent refusals, such as a client that is not accepted, are remembered for a minute.
//!
//! ```text
//!           first use, or all dead          due, ended or refused         owed
//!                    │                               │                     │
//!                  load ── lives ──► check ──► end   │                     │
//!                    └── does not ──────► lock ◄─────┴─────────────────────┘
//!                                          │  (busy or impossible: without it)
//!                                        load ── another process has renewed ──► end
//!                                          │
//!                                  save what is owed ── only that was wanted ──► end
//!                                          │
//!        next refresh token ┌──────────► fetch ── rejected, others left ──┐
//!                           └──────────────┼──────────────────────────────┘
//!                                          │            └── rejected, none left ──► load: changed? fetch : end
//!                                        save ── another version is there ──► load ──► end
//!                                          │
//!                                         end
//! ```
//!
//! The lock is held from `lock` to `end`. `cache` carries out each [`Step`], and reports the outcome as an [`Event`].

mod bearer;
mod flight;
mod ledger;
#[cfg(test)]
mod model;
mod refresh_token;

use std::time::SystemTime;

use tokio::time::Instant;

use super::{Secret, TokenSet};
use crate::error::Error;
use bearer::Cached;
use flight::{Stage, UnderWay};
use ledger::Ledger;
use refresh_token::RefreshTokens;

pub(crate) use bearer::Bearer;
pub(super) use flight::{Event, Flight, Purpose, Step, StoreFailure};

/// The two clocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    pub(super) instant: Instant,
    pub(super) wall: SystemTime,
}

/// What to do for a caller who needs a token.
#[derive(Debug)]
pub(super) enum Answer {
    /// Use this token; start the flight, if any, in the background.
    Use(Bearer, Option<Flight>),
    /// Start this flight, and wait until it ends.
    Start(Flight),
    /// Wait until the flight with this number ends.
    Wait(u64),
}

/// The state machine.
#[derive(Debug)]
pub(super) struct Renewal {
    cached: Option<Cached>,
    generation: u64,
    /// The latest tokens, from an answer or the store, to fill in what the next answer omits.
    tokens: Option<TokenSet>,
    refresh: RefreshTokens,
    store: Option<Ledger>,
    /// Whether the server accepts a refresh token until its successor has been used.
    keeps_previous: bool,
    /// How much earlier than others to renew, from 0 to 1,000.
    spread: u32,
    under_way: Option<UnderWay>,
    flights: u64,
    /// The error of the last flight, if it failed.
    error: Option<Error>,
    failures: u32,
    /// The earliest time of the next renewal in the background.
    renew_at: Option<Instant>,
    /// A refusal, and how long to repeat it.
    refusal: Option<(Instant, Error)>,
    warnings: Vec<Error>,
}

impl Renewal {
    /// The initial state, from the configuration, which has no expiry for its access token.
    pub(super) fn new(
        access_token: Option<Secret>,
        refresh_token: Option<Secret>,
        has_store: bool,
        keeps_previous: bool,
    ) -> Self {
        Self {
            cached: access_token.map(|token| Cached {
                bearer: Bearer::new(token, 0),
                renew_at: None,
                ends_at: None,
                flight: 0,
            }),
            generation: 0,
            tokens: None,
            refresh: RefreshTokens {
                configured: refresh_token,
                ..RefreshTokens::default()
            },
            store: has_store.then(Ledger::default),
            keeps_previous,
            spread: 0,
            under_way: None,
            flights: 0,
            error: None,
            failures: 0,
            renew_at: None,
            refusal: None,
            warnings: Vec::new(),
        }
    }

    /// Sets how much earlier than others to renew, in thousandths of the maximum.
    pub(super) fn spread(mut self, spread: u32) -> Self {
        self.spread = spread;
        self
    }

    /// What to do for a token; with `refused`, for a different one than that.
    pub(super) fn ask(&mut self, now: Now, refused: Option<&Bearer>) -> Answer {
        if let Some(cached) = self.cached.as_ref().filter(|cached| cached.is_not(refused))
            && cached.lives(now.instant)
        {
            let bearer = cached.bearer.clone();
            let is_due = cached.renew_at.is_some_and(|at| at <= now.instant)
                && self.renew_at.is_none_or(|at| at <= now.instant);
            let flight = (is_due && self.under_way.is_none()).then(|| self.begin_renewal(now));
            return Answer::Use(bearer, flight);
        }
        if self.under_way.is_some() {
            return Answer::Wait(self.flights);
        }
        Answer::Start(self.begin_renewal(now))
    }

    /// The result for a caller who has waited for a flight; `None` if another flight is needed.
    pub(super) fn outcome(
        &self,
        now: Now,
        flight: u64,
        refused: Option<&Bearer>,
    ) -> Option<Result<Bearer, Error>> {
        if let Some(cached) = self.cached.as_ref().filter(|cached| cached.is_not(refused))
            // A token may expire on the way; those who waited for it still get it.
            && (cached.flight == flight || cached.lives(now.instant))
        {
            return Some(Ok(cached.bearer.clone()));
        }
        (self.flights == flight && self.under_way.is_none())
            .then(|| self.error.clone())
            .flatten()
            .map(Err)
    }

    /// When to try again to save what is owed; `None` if nothing is.
    pub(super) fn save_due(&self) -> Option<Option<Instant>> {
        let ledger = self.store.as_ref()?;
        ledger.owed.as_ref().map(|_| ledger.save_at)
    }

    /// Begins a flight to save what is owed, unless one is in progress or nothing is owed.
    pub(super) fn begin_saving(&mut self) -> Option<Flight> {
        if self.under_way.is_some() || self.save_due().is_none() {
            return None;
        }
        Some(self.begin(Purpose::Save, Step::Lock))
    }

    /// Takes the warnings for the user; each failure is reported once.
    pub(super) fn take_warnings(&mut self) -> Vec<Error> {
        std::mem::take(&mut self.warnings)
    }

    /// Ends this flight, as cut off unless it has already ended.
    pub(super) fn cut_off(&mut self, now: Now, flight: u64) {
        if self.under_way.is_some() && self.flights == flight {
            let error = Error::token_refresh_failed("the refresh was cut off; try again");
            self.end(now, Err(error));
        }
    }

    /// Processes the outcome of a step.
    pub(super) fn step(&mut self, now: Now, event: Event) -> Step {
        let Some(flight) = &mut self.under_way else {
            return Step::End;
        };
        match event {
            Event::LockBusy if flight.purpose == Purpose::Save => {
                self.put_off_saving(now);
                self.end(now, Ok(()))
            }
            Event::Locked | Event::LockBusy => self.load(Stage::Loading),
            Event::LockFailed(failure) => {
                self.store_failed(now, failure, |this| this.load(Stage::Loading))
            }
            Event::Loaded(stored) => {
                flight.loaded = true;
                let is_news = self.take_in(&stored);
                self.loaded(now, &stored, is_news)
            }
            Event::LoadFailed(failure) => {
                self.store_failed(now, failure, |this| this.without_store(now))
            }
            Event::Writable(Ok(())) => self.end(now, Ok(())),
            Event::Writable(Err(failure)) => {
                if failure.insecure {
                    self.cached = None;
                }
                self.store_failed(now, failure, |this| this.end(now, Ok(())))
            }
            Event::Fetched(response) => self.fetched(now, *response),
            Event::FetchFailed(error) => self.fetch_failed(now, error),
            Event::Saved(Ok(saved)) => self.saved(now, saved),
            Event::Saved(Err(failure)) => self.save_failed(now, failure),
        }
    }
}
