//! A flight: the steps that fetch a token or save unsaved ones.

use std::time::Duration;

use super::{Now, Renewal};
use crate::auth::{Saved, Secret, StoreVersion, StoredTokens, TokenResponse, TokenSet};
use crate::error::{Error, Kind};

/// The first pause after a failed renewal while the old token is still valid; it doubles.
const RENEWAL_PAUSE: Duration = Duration::from_secs(10);

/// The longest of these pauses, unless the endpoint asks for a longer one.
const LONGEST_RENEWAL_PAUSE: Duration = Duration::from_secs(120);

/// A flight that has just begun.
#[derive(Debug)]
pub(in crate::auth) struct Flight {
    pub(in crate::auth) number: u64,
    pub(in crate::auth) purpose: Purpose,
    pub(in crate::auth) step: Step,
}

/// The purpose of a flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::auth) enum Purpose {
    /// To fetch a new access token.
    Renew,
    /// To save what is owed to the store.
    Save,
}

/// The next thing to do.
#[derive(Debug)]
pub(in crate::auth) enum Step {
    Lock,
    Load,
    CheckWritable,
    Fetch(Option<Secret>),
    Save(Box<TokenSet>, StoreVersion),
    End,
}

/// The outcome of a step.
#[derive(Debug)]
pub(in crate::auth) enum Event {
    Locked,
    /// Another process holds the lock for longer than a refresh takes.
    LockBusy,
    LockFailed(StoreFailure),
    Loaded(StoredTokens),
    LoadFailed(StoreFailure),
    Writable(Result<(), StoreFailure>),
    Fetched(Box<TokenResponse>),
    FetchFailed(Error),
    Saved(Result<Saved, StoreFailure>),
}

/// A failure of the store.
#[derive(Debug)]
pub(in crate::auth) struct StoreFailure {
    pub(in crate::auth) error: Error,
    /// Whether the store must not be used at all.
    pub(in crate::auth) insecure: bool,
}

/// The state of the flight in progress.
#[derive(Debug)]
pub(super) struct UnderWay {
    pub(super) purpose: Purpose,
    pub(super) stage: Stage,
    /// Whether this flight has requested the lock.
    pub(super) locked: bool,
    /// Whether this flight has read the store.
    pub(super) loaded: bool,
    /// Whether it has read the store again after a rejection.
    pub(super) reread: bool,
    /// The refresh token being tried.
    pub(super) trying: Option<Secret>,
    pub(super) failure: Option<Error>,
}

/// The step that a flight is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Locking,
    Loading,
    Checking,
    Paying,
    Fetching,
    Rereading,
    Saving,
}

impl Renewal {
    pub(super) fn begin_renewal(&mut self, now: Now) -> Flight {
        let step = match &self.store {
            // No lock is needed to use a valid stored token, or to see whether somebody has signed in again.
            Some(_) if self.cached.is_none() || self.refresh.rejection.is_some() => Step::Load,
            Some(_) => Step::Lock,
            None => {
                self.start(Purpose::Renew, Stage::Fetching);
                let step = self.fetch_next(now);
                return Flight {
                    number: self.flights,
                    purpose: Purpose::Renew,
                    step,
                };
            }
        };
        self.begin(Purpose::Renew, step)
    }

    pub(super) fn begin(&mut self, purpose: Purpose, step: Step) -> Flight {
        let is_locking = matches!(step, Step::Lock);
        let stage = if is_locking {
            Stage::Locking
        } else {
            Stage::Loading
        };
        self.start(purpose, stage);
        if let Some(flight) = &mut self.under_way {
            flight.locked = is_locking;
        }
        Flight {
            number: self.flights,
            purpose,
            step,
        }
    }

    pub(super) fn start(&mut self, purpose: Purpose, stage: Stage) {
        self.flights += 1;
        self.under_way = Some(UnderWay {
            purpose,
            stage,
            locked: false,
            loaded: false,
            reread: false,
            trying: None,
            failure: None,
        });
    }

    pub(super) fn set_stage(&mut self, stage: Stage) {
        if let Some(flight) = &mut self.under_way {
            flight.stage = stage;
        }
    }

    pub(super) fn load(&mut self, stage: Stage) -> Step {
        self.set_stage(stage);
        Step::Load
    }

    pub(super) fn lock(&mut self) -> Step {
        if let Some(flight) = &mut self.under_way {
            flight.stage = Stage::Locking;
            flight.locked = true;
        }
        Step::Lock
    }

    pub(super) fn end(&mut self, now: Now, result: Result<(), Error>) -> Step {
        let Some(flight) = self.under_way.take() else {
            return Step::End;
        };
        match result {
            Ok(()) => {
                self.error = None;
                if flight.purpose == Purpose::Renew {
                    self.failures = 0;
                    self.renew_at = None;
                }
            }
            Err(error) => {
                let pause = (RENEWAL_PAUSE * 2_u32.pow(self.failures.min(8)))
                    .min(LONGEST_RENEWAL_PAUSE)
                    .max(error.retry_after().unwrap_or_default());
                self.failures += 1;
                self.renew_at = now.instant.checked_add(pause);
                // The store may have held the refresh token that works, so its failure is the one to report.
                let is_missing = error.is_configuration() && error.status().is_none();
                let at_store = flight.failure.filter(|_| {
                    is_missing || (error.is_reauthorization_required() && !flight.loaded)
                });
                self.error = Some(at_store.unwrap_or(error));
            }
        }
        Step::End
    }
}

/// A store failure in our own words, with the store's error as its cause.
impl StoreFailure {
    pub(in crate::auth) fn new(
        message: &'static str,
        source: impl std::error::Error + Send + Sync + 'static,
        insecure: bool,
    ) -> Self {
        Self {
            error: Error::new(Kind::TokenStore, message).caused_by(source),
            insecure,
        }
    }
}
