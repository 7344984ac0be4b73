//! What is known of an account's tokens, and what to do next: a state machine without a clock, a network or a disk.
//!
//! Four places know tokens, and none knows all of them:
//!
//! | place | knows | can be wrong about |
//! | --- | --- | --- |
//! | memory | the access token and when it ends (monotonic clock); the refresh tokens that may work, best first; those that are dead; the tokens that the store is owed | what others have done since |
//! | store | the tokens that were saved last, and their version; ends by the wall clock | tokens that could not be saved |
//! | server | which tokens are good | nothing; it may hang, fail, or have carried out what it never answered |
//! | other processes | as memory | as memory |
//!
//! **Which access token.** The one in memory as long as it lives by the monotonic clock, so that no jump of the wall clock
//! matters; the wall clock is asked only for what was read from the store. Renewing begins before the end and in the
//! background: who has a living token never waits, not for the endpoint, the store or a lock. A caller whose token the
//! service refused waits for another one. A life that is not told, or is nothing, means: until it is refused.
//!
//! **Which refresh token.** The first of these that is not known to be dead: what *another* process has stored since this
//! one last looked; then memory's; then what the store holds; then the configuration's. Whether somebody else stored since
//! is told by the store's version, and by nothing else: an older token in the store, left there because our save failed,
//! never replaces the newer one in memory. A store that is read for the first time counts as newer than the
//! configuration, unless it holds a token that has been replaced here.
//!
//! **What is owed.** From the moment an answer arrives until the store says that it has it, its tokens are owed. A debt is
//! paid before the next refresh, since that may end what the store still holds; and in the background, with growing
//! pauses. It ends without payment when another process has stored tokens since. No call fails for a debt. Where the
//! server is known to keep a refresh token until its successor has been used
//! ([`TokenSource::keeps_previous`](super::TokenSource::keeps_previous)), the successor stays unused while it is owed.
//!
//! **What is dead.** A refresh token that the server has rejected is not sent again until the store changes. When all of
//! them are dead the rejection is repeated to callers without a request; the store is read again for each of them, since a
//! new sign-in ends up there. Other refusals that do not pass by themselves (a client that is not accepted) hold for a
//! minute.
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
//! The lock is held from `lock` to `end`. `cache` does what a [`Step`] says, and reports it as an [`Event`].

#[cfg(test)]
mod model;

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::{Saved, Secret, StoreVersion, StoredTokens, TokenResponse, TokenSet};
use crate::error::{Error, Kind};

/// How long before its end a token is renewed: longer than the slowest call takes from here to the server, so that a
/// token does not end on the way. Google's own clients use 225 to 300 seconds.
const EARLY: Duration = Duration::from_secs(240);

/// By which part of its life a token is renewed earlier than that, at most; each process draws its own. Thousands of
/// mailboxes whose tokens came at once then ask for the next ones one after the other.
const SPREAD: u32 = 10;

/// A token that lives shorter than this is renewed at four fifths of its life instead; else every call would refresh.
const SHORT_LIFE: Duration = Duration::from_secs(1200);

/// The least time for which a new token serves, so that a server that counts in fractions is not asked for each call.
const LEAST_LIFE: Duration = Duration::from_secs(1);

/// The first pause after a failed renewal while the old token serves; it doubles.
const RENEWAL_PAUSE: Duration = Duration::from_secs(10);

/// The longest of these pauses, but for one that the endpoint asks for.
const LONGEST_RENEWAL_PAUSE: Duration = Duration::from_secs(120);

/// The first pause after a failed save; it doubles.
const SAVE_PAUSE: Duration = Duration::from_secs(1);

/// The longest of these pauses.
const LONGEST_SAVE_PAUSE: Duration = Duration::from_secs(10);

/// How long a stored token must still live to take the place of one that still serves.
const WORTHWHILE: Duration = Duration::from_secs(20);

/// How long a refusal holds that only somebody elsewhere can undo.
const REFUSAL: Duration = Duration::from_secs(60);

/// How many refresh tokens of each sort are remembered.
const REMEMBERED: usize = 8;

/// The two clocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    pub(super) instant: Instant,
    pub(super) wall: SystemTime,
}

/// An access token and its place in the order of tokens, so that a refused one is told from its successor.
#[derive(Clone, Debug)]
pub(crate) struct Bearer {
    pub(crate) token: Secret,
    generation: u64,
}

/// What a caller who needs a token does.
#[derive(Debug)]
pub(super) enum Answer {
    /// Use it; where there is a flight to start, in the background.
    Use(Bearer, Option<Flight>),
    /// Start this flight, and wait for its end.
    Start(Flight),
    /// Wait for the end of the flight that is under way, which has this number.
    Wait(u64),
}

/// A flight that was just begun.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) number: u64,
    pub(super) purpose: Purpose,
    pub(super) step: Step,
}

/// What a flight is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A new access token.
    Renew,
    /// To save what is owed.
    Save,
}

/// What is to be done next.
#[derive(Debug)]
pub(super) enum Step {
    Lock,
    Load,
    CheckWritable,
    Fetch(Option<Secret>),
    Save(Box<TokenSet>, StoreVersion),
    End,
}

/// What became of it.
#[derive(Debug)]
pub(super) enum Event {
    Locked,
    /// Somebody else holds the lock for longer than a refresh takes.
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
pub(super) struct StoreFailure {
    pub(super) error: Error,
    /// Whether the store must not be used at all.
    pub(super) insecure: bool,
}

/// The state.
#[derive(Debug)]
pub(super) struct Renewal {
    cached: Option<Cached>,
    generation: u64,
    /// The tokens of the last answer or of the store, for what the next answer leaves out.
    tokens: Option<TokenSet>,
    refresh: RefreshTokens,
    store: Option<Ledger>,
    /// Whether the server keeps a refresh token until its successor has been used.
    keeps_previous: bool,
    /// How much earlier than others it renews, from 0 to 1,000.
    spread: u32,
    under_way: Option<UnderWay>,
    flights: u64,
    /// How the last flight ended, if it failed.
    error: Option<Error>,
    failures: u32,
    /// When the next renewal in the background may begin.
    renew_at: Option<Instant>,
    /// A refusal that holds until a time.
    refusal: Option<(Instant, Error)>,
    warnings: Vec<Error>,
}

#[derive(Debug)]
struct Cached {
    bearer: Bearer,
    renew_at: Option<Instant>,
    ends_at: Option<Instant>,
    /// The flight that brought it.
    flight: u64,
}

/// What is known of refresh tokens.
#[derive(Debug, Default)]
struct RefreshTokens {
    /// Those that may work, best first.
    held: Vec<Secret>,
    configured: Option<Secret>,
    /// Those that were replaced here.
    replaced: Vec<Secret>,
    dead: Vec<Secret>,
    /// Why the last of them died.
    rejection: Option<Error>,
}

/// What is known of the store.
#[derive(Debug, Default)]
struct Ledger {
    /// The version that was last seen.
    seen: Option<StoreVersion>,
    /// The refresh token in it.
    refresh_token: Option<Secret>,
    /// The tokens that it does not have yet.
    owed: Option<TokenSet>,
    /// When the next attempt to save them is due.
    save_at: Option<Instant>,
    failures: u32,
    is_checked: bool,
    /// Whether its trouble has been told.
    is_told: bool,
}

#[derive(Debug)]
struct UnderWay {
    purpose: Purpose,
    stage: Stage,
    /// Whether the lock has been asked for.
    locked: bool,
    /// Whether this flight has read the store.
    loaded: bool,
    /// Whether the store was read again after a rejection.
    reread: bool,
    /// The refresh token that is being tried.
    trying: Option<Secret>,
    failure: Option<Error>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Locking,
    Loading,
    Checking,
    Paying,
    Fetching,
    Rereading,
    Saving,
}

impl Renewal {
    /// The state at the beginning: what the configuration gives. When its access token ends is not known.
    pub(super) fn new(
        access_token: Option<Secret>,
        refresh_token: Option<Secret>,
        has_store: bool,
        keeps_previous: bool,
    ) -> Self {
        Self {
            cached: access_token.map(|token| Cached {
                bearer: Bearer {
                    token,
                    generation: 0,
                },
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

    /// Renews by so many thousandths of what is possible earlier than others.
    pub(super) fn spread(mut self, spread: u32) -> Self {
        self.spread = spread;
        self
    }

    /// What to do for a token; with `refused`, for another one than that.
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

    /// What a caller gets who has waited for a flight; `None` where another one is needed.
    pub(super) fn outcome(
        &self,
        now: Now,
        flight: u64,
        refused: Option<&Bearer>,
    ) -> Option<Result<Bearer, Error>> {
        if let Some(cached) = self.cached.as_ref().filter(|cached| cached.is_not(refused))
            // One that lives shorter than its way here still serves those who waited for it.
            && (cached.flight == flight || cached.lives(now.instant))
        {
            return Some(Ok(cached.bearer.clone()));
        }
        (self.flights == flight && self.under_way.is_none())
            .then(|| self.error.clone())
            .flatten()
            .map(Err)
    }

    /// When what is owed to the store may be tried again; `None` where nothing is owed.
    pub(super) fn save_due(&self) -> Option<Option<Instant>> {
        let ledger = self.store.as_ref()?;
        ledger.owed.as_ref().map(|_| ledger.save_at)
    }

    /// Begins a flight that saves what is owed, unless one is under way or nothing is.
    pub(super) fn begin_saving(&mut self) -> Option<Flight> {
        if self.under_way.is_some() || self.save_due().is_none() {
            return None;
        }
        Some(self.begin(Purpose::Save, Step::Lock))
    }

    /// What has to be told to a person; each trouble is told once.
    pub(super) fn take_warnings(&mut self) -> Vec<Error> {
        std::mem::take(&mut self.warnings)
    }

    /// The flight of this number is over, and was cut off if it has not ended by itself.
    pub(super) fn cut_off(&mut self, now: Now, flight: u64) {
        if self.under_way.is_some() && self.flights == flight {
            let error = Error::token_refresh_failed("the refresh was cut off; try again");
            self.end(now, Err(error));
        }
    }

    /// Takes in what became of a step.
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

    fn begin_renewal(&mut self, now: Now) -> Flight {
        let step = match &self.store {
            // A stored token that lives needs no lock; nor does a look at whether somebody has signed in anew.
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

    fn begin(&mut self, purpose: Purpose, step: Step) -> Flight {
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

    fn start(&mut self, purpose: Purpose, stage: Stage) {
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

    fn set_stage(&mut self, stage: Stage) {
        if let Some(flight) = &mut self.under_way {
            flight.stage = stage;
        }
    }

    fn load(&mut self, stage: Stage) -> Step {
        self.set_stage(stage);
        Step::Load
    }

    fn lock(&mut self) -> Step {
        if let Some(flight) = &mut self.under_way {
            flight.stage = Stage::Locking;
            flight.locked = true;
        }
        Step::Lock
    }

    /// A store that must not be used ends the flight; any other trouble is told, and the flight goes on.
    fn store_failed(
        &mut self,
        now: Now,
        failure: StoreFailure,
        go_on: impl FnOnce(&mut Self) -> Step,
    ) -> Step {
        self.tell(&failure.error);
        if failure.insecure {
            return self.end(now, Err(failure.error));
        }
        if let Some(flight) = &mut self.under_way {
            flight.failure = Some(failure.error);
        }
        go_on(self)
    }

    fn tell(&mut self, error: &Error) {
        if let Some(ledger) = self.store.as_mut().filter(|ledger| !ledger.is_told) {
            ledger.is_told = true;
            self.warnings.push(error.clone());
        }
    }

    /// Notes what the store holds. Whether that is news: that another process has stored it since it was last read here.
    fn take_in(&mut self, stored: &StoredTokens) -> bool {
        let Some(ledger) = &mut self.store else {
            return false;
        };
        if ledger.seen.as_ref() == Some(&stored.version) {
            return false;
        }
        ledger.seen = Some(stored.version.clone());
        let Some(tokens) = &stored.tokens else {
            ledger.refresh_token = None;
            return false;
        };
        ledger.refresh_token.clone_from(&tokens.refresh_token);
        if let Some(token) = &tokens.refresh_token {
            if has(&self.refresh.replaced, token) {
                // What was there before this process could read or save: older than what memory holds.
                return false;
            }
            self.refresh.dead.retain(|dead| !is_same(dead, token));
            self.refresh.held.retain(|held| !is_same(held, token));
            self.refresh.held.insert(0, token.clone());
            self.refresh.held.truncate(REMEMBERED);
        }
        ledger.owed = None;
        ledger.save_at = None;
        self.refresh.rejection = None;
        self.refusal = None;
        self.tokens = Some(tokens.clone());
        self.error = None;
        true
    }

    fn loaded(&mut self, now: Now, stored: &StoredTokens, is_news: bool) -> Step {
        if let Some(tokens) = stored.tokens.as_ref().filter(|_| is_news)
            && self.serves(now, tokens)
        {
            let left = tokens.remaining_at(now.wall);
            self.keep(now, tokens.access_token.clone(), left);
            return match &mut self.store {
                Some(ledger) if !ledger.is_checked => {
                    ledger.is_checked = true;
                    self.set_stage(Stage::Checking);
                    Step::CheckWritable
                }
                _ => self.end(now, Ok(())),
            };
        }
        let Some(flight) = &self.under_way else {
            return Step::End;
        };
        let (stage, purpose, locked) = (flight.stage, flight.purpose, flight.locked);
        if stage == Stage::Saving {
            // Another process was faster; what it has stored is known now, and so is our own token.
            return self.end(now, Ok(()));
        }
        let owed = self
            .store
            .as_ref()
            .and_then(|ledger| ledger.owed.as_ref())
            .map(|owed| Box::new(owed.clone()));
        match (purpose, owed) {
            (Purpose::Save, None) => self.end(now, Ok(())),
            (_, Some(owed)) if locked && stage == Stage::Loading => {
                self.set_stage(Stage::Paying);
                Step::Save(owed, stored.version.clone())
            }
            (Purpose::Renew, _) if locked || self.nothing_left(now).is_some() => {
                self.fetch_next(now)
            }
            _ => self.lock(),
        }
    }

    /// The store can't be read: with the refresh tokens at hand, or not at all.
    fn without_store(&mut self, now: Now) -> Step {
        let Some(flight) = &self.under_way else {
            return Step::End;
        };
        match (flight.purpose, flight.locked) {
            (Purpose::Save, _) => {
                self.put_off_saving(now);
                self.end(now, Ok(()))
            }
            (Purpose::Renew, false) => self.lock(),
            (Purpose::Renew, true) => self.fetch_next(now),
        }
    }

    /// Whether stored tokens take the place of those here: others, and alive.
    fn serves(&self, now: Now, tokens: &TokenSet) -> bool {
        let known = self
            .cached
            .as_ref()
            .is_some_and(|cached| is_same(&cached.bearer.token, &tokens.access_token));
        let needed = if self
            .cached
            .as_ref()
            .is_some_and(|cached| cached.lives(now.instant))
        {
            WORTHWHILE
        } else {
            LEAST_LIFE
        };
        !known
            && tokens
                .remaining_at(now.wall)
                .is_none_or(|left| left > needed)
    }

    /// The refresh tokens to try, in this order.
    fn candidates(&self) -> impl Iterator<Item = &Secret> {
        let ledger = self.store.as_ref();
        let stored = ledger.and_then(|ledger| ledger.refresh_token.as_ref());
        let unused = stored
            .filter(|_| self.keeps_previous && ledger.is_some_and(|ledger| ledger.owed.is_some()));
        unused
            .into_iter()
            .chain(&self.refresh.held)
            .chain(stored)
            .chain(&self.refresh.configured)
            .filter(|token| !has(&self.refresh.dead, token))
    }

    /// The error that is repeated without a request, if there is one.
    fn nothing_left(&self, now: Now) -> Option<Error> {
        if let Some((until, error)) = &self.refusal
            && now.instant < *until
        {
            return Some(error.clone());
        }
        self.refresh
            .rejection
            .clone()
            .filter(|_| self.candidates().next().is_none())
    }

    fn fetch_next(&mut self, now: Now) -> Step {
        if let Some(error) = self.nothing_left(now) {
            return self.end(now, Err(error));
        }
        let next = self.candidates().next().cloned();
        if let Some(flight) = &mut self.under_way {
            flight.stage = Stage::Fetching;
            flight.trying.clone_from(&next);
        }
        Step::Fetch(next)
    }

    fn fetched(&mut self, now: Now, response: TokenResponse) -> Step {
        let Some(flight) = &mut self.under_way else {
            return Step::End;
        };
        let (tried, loaded) = (flight.trying.take(), flight.loaded);
        let lifetime = response.expires_in;
        let mut tokens = response.into_tokens(now.wall);
        if tokens.refresh_token.is_none() {
            // Google seldom rotates the refresh token, and says nothing when it does not: the old one stays good.
            tokens.refresh_token.clone_from(&tried);
        }
        if let Some(before) = &self.tokens {
            tokens.complete(before);
        }
        if let Some(new) = &tokens.refresh_token {
            if let Some(tried) = tried.filter(|tried| !is_same(tried, new)) {
                remember(&mut self.refresh.replaced, tried);
            }
            self.refresh.replaced.retain(|token| !is_same(token, new));
            self.refresh.held = vec![new.clone()];
        }
        self.refresh.rejection = None;
        self.refusal = None;
        self.keep(now, tokens.access_token.clone(), lifetime);
        self.tokens = Some(tokens.clone());
        let Some(ledger) = &mut self.store else {
            return self.end(now, Ok(()));
        };
        ledger.owed = Some(tokens.clone());
        if !loaded {
            // What can't be read is not written over.
            self.put_off_saving(now);
            return self.end(now, Ok(()));
        }
        let replaces = ledger.seen.clone().unwrap_or_default();
        self.set_stage(Stage::Saving);
        Step::Save(Box::new(tokens), replaces)
    }

    fn fetch_failed(&mut self, now: Now, error: Error) -> Step {
        let Some(flight) = &mut self.under_way else {
            return Step::End;
        };
        if !error.is_reauthorization_required() {
            if !error.is_transient() && error.status().is_some() {
                self.refusal = Some((now.instant + REFUSAL, error.clone()));
            }
            return self.end(now, Err(error));
        }
        if let Some(token) = flight.trying.take() {
            self.refresh.held.retain(|held| !is_same(held, &token));
            remember(&mut self.refresh.dead, token);
        }
        // The first rejection is the one of the newest token, which says most.
        self.refresh.rejection.get_or_insert(error);
        let is_last = self.candidates().next().is_none() && self.store.is_some();
        if is_last
            && let Some(flight) = self.under_way.as_mut()
            && !flight.reread
        {
            flight.reread = true;
            return self.load(Stage::Rereading);
        }
        self.fetch_next(now)
    }

    fn saved(&mut self, now: Now, saved: Saved) -> Step {
        let paying = self
            .under_way
            .as_ref()
            .is_some_and(|flight| flight.stage == Stage::Paying);
        let Some(ledger) = &mut self.store else {
            return Step::End;
        };
        match saved {
            Saved::Done(version) => {
                if let Some(owed) = ledger.owed.take() {
                    ledger.refresh_token = owed.refresh_token;
                }
                *ledger = Ledger {
                    seen: Some(version),
                    refresh_token: ledger.refresh_token.take(),
                    is_checked: true,
                    ..Ledger::default()
                };
            }
            Saved::Conflict if paying => {
                self.put_off_saving(now);
            }
            Saved::Conflict => return self.load(Stage::Saving),
        }
        self.after_save(now)
    }

    fn save_failed(&mut self, now: Now, failure: StoreFailure) -> Step {
        self.tell(&failure.error);
        self.put_off_saving(now);
        self.after_save(now)
    }

    /// A debt that was paid, or could not be, does not hold up the refresh.
    fn after_save(&mut self, now: Now) -> Step {
        let goes_on = self.under_way.as_ref().is_some_and(|flight| {
            flight.stage == Stage::Paying && flight.purpose == Purpose::Renew
        });
        if goes_on {
            self.fetch_next(now)
        } else {
            self.end(now, Ok(()))
        }
    }

    fn put_off_saving(&mut self, now: Now) {
        if let Some(ledger) = &mut self.store {
            let pause = SAVE_PAUSE * 2_u32.pow(ledger.failures.min(8));
            ledger.failures += 1;
            ledger.save_at = now.instant.checked_add(pause.min(LONGEST_SAVE_PAUSE));
        }
    }

    fn keep(&mut self, now: Now, token: Secret, lifetime: Option<Duration>) {
        self.generation += 1;
        let lifetime = lifetime.map(|lifetime| lifetime.max(LEAST_LIFE));
        // An end that the clock can't reach counts as no end.
        let after = |time: Duration| now.instant.checked_add(time);
        self.cached = Some(Cached {
            bearer: Bearer {
                token,
                generation: self.generation,
            },
            renew_at: lifetime.and_then(|lifetime| after(until_renewal(lifetime, self.spread))),
            ends_at: lifetime.and_then(after),
            flight: self.flights,
        });
    }

    fn end(&mut self, now: Now, result: Result<(), Error>) -> Step {
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
                // The store that could not be read may have had the refresh token that works.
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

impl Cached {
    fn is_not(&self, refused: Option<&Bearer>) -> bool {
        refused.is_none_or(|refused| refused.generation != self.bearer.generation)
    }

    fn lives(&self, now: Instant) -> bool {
        self.ends_at.is_none_or(|at| now < at)
    }
}

/// A failure of the store, in our own words, with its own as the cause.
impl StoreFailure {
    pub(super) fn new(
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

/// How long after its birth a token is renewed; `spread` is from 0 to 1,000.
fn until_renewal(lifetime: Duration, spread: u32) -> Duration {
    if lifetime < SHORT_LIFE {
        lifetime * 4 / 5
    } else {
        lifetime - EARLY - lifetime / SPREAD * spread.min(1_000) / 1_000
    }
}

fn is_same(one: &Secret, other: &Secret) -> bool {
    one.matches(other.expose())
}

fn has(tokens: &[Secret], token: &Secret) -> bool {
    tokens.iter().any(|other| is_same(other, token))
}

fn remember(tokens: &mut Vec<Secret>, token: Secret) {
    if !has(tokens, &token) {
        tokens.insert(0, token);
        tokens.truncate(REMEMBERED);
    }
}
