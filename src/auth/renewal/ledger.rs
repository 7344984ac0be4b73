//! The token store: its content, the tokens it is owed, and the next step.

use std::time::Duration;

use tokio::time::Instant;

use super::bearer::LEAST_LIFE;
use super::flight::{Purpose, Stage, Step, StoreFailure};
use super::refresh_token::{REMEMBERED, has, is_same};
use super::{Now, Renewal};
use crate::auth::{Saved, Secret, StoreVersion, StoredTokens, TokenSet};
use crate::error::Error;

/// The first pause after a failed save; it doubles.
const SAVE_PAUSE: Duration = Duration::from_secs(1);

/// The longest of these pauses.
const LONGEST_SAVE_PAUSE: Duration = Duration::from_secs(10);

/// How long a stored token must still be valid to replace one that is in use.
const WORTHWHILE: Duration = Duration::from_secs(20);

/// What is known about the store.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// The version last seen.
    pub(super) seen: Option<StoreVersion>,
    /// The refresh token in it.
    pub(super) refresh_token: Option<Secret>,
    /// The tokens it doesn't have yet.
    pub(super) owed: Option<TokenSet>,
    /// When to try again to save them.
    pub(super) save_at: Option<Instant>,
    pub(super) failures: u32,
    pub(super) is_checked: bool,
    /// Whether its failure has been reported.
    pub(super) is_told: bool,
}

impl Renewal {
    /// Records the content of the store. Returns whether it is news: stored by another process since the last read.
    pub(super) fn take_in(&mut self, stored: &StoredTokens) -> bool {
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
                // The store still has a token from before this process could read or save; memory is newer.
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

    pub(super) fn loaded(&mut self, now: Now, stored: &StoredTokens, is_news: bool) -> Step {
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
            // Another process was faster. Its tokens are now known, and so are ours.
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

    /// Continues without a store that can't be read.
    pub(super) fn without_store(&mut self, now: Now) -> Step {
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

    /// Whether stored tokens should replace the current ones: they differ, and are valid for long enough.
    pub(super) fn serves(&self, now: Now, tokens: &TokenSet) -> bool {
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

    /// Ends the flight if the store must not be used; otherwise reports the failure and continues.
    pub(super) fn store_failed(
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

    pub(super) fn tell(&mut self, error: &Error) {
        if let Some(ledger) = self.store.as_mut().filter(|ledger| !ledger.is_told) {
            ledger.is_told = true;
            self.warnings.push(error.clone());
        }
    }

    pub(super) fn saved(&mut self, now: Now, saved: Saved) -> Step {
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

    pub(super) fn save_failed(&mut self, now: Now, failure: StoreFailure) -> Step {
        self.tell(&failure.error);
        self.put_off_saving(now);
        self.after_save(now)
    }

    /// Continues the refresh, whether or not the owed tokens could be saved.
    pub(super) fn after_save(&mut self, now: Now) -> Step {
        let goes_on = self.under_way.as_ref().is_some_and(|flight| {
            flight.stage == Stage::Paying && flight.purpose == Purpose::Renew
        });
        if goes_on {
            self.fetch_next(now)
        } else {
            self.end(now, Ok(()))
        }
    }

    pub(super) fn put_off_saving(&mut self, now: Now) {
        if let Some(ledger) = &mut self.store {
            let pause = SAVE_PAUSE * 2_u32.pow(ledger.failures.min(8));
            ledger.failures += 1;
            ledger.save_at = now.instant.checked_add(pause.min(LONGEST_SAVE_PAUSE));
        }
    }
}
