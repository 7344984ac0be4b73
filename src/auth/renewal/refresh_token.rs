//! Refresh tokens: which to try next, and what an answer says about it.

use std::time::Duration;

use super::flight::{Stage, Step};
use super::{Now, Renewal};
use crate::auth::{Secret, TokenResponse};
use crate::error::Error;

/// How long to repeat a refusal that only somebody elsewhere can resolve.
const REFUSAL: Duration = Duration::from_secs(60);

/// How many refresh tokens of each kind to remember.
pub(super) const REMEMBERED: usize = 8;

/// What is known about refresh tokens.
#[derive(Debug, Default)]
pub(super) struct RefreshTokens {
    /// Those that may work, best first.
    pub(super) held: Vec<Secret>,
    pub(super) configured: Option<Secret>,
    /// Those that this process has replaced.
    pub(super) replaced: Vec<Secret>,
    pub(super) dead: Vec<Secret>,
    /// Why the first of them was rejected; later rejections don't replace it.
    pub(super) rejection: Option<Error>,
}

impl Renewal {
    /// The refresh tokens to try, in this order.
    pub(super) fn candidates(&self) -> impl Iterator<Item = &Secret> {
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

    /// The error to repeat without a request, if any.
    pub(super) fn nothing_left(&self, now: Now) -> Option<Error> {
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

    pub(super) fn fetch_next(&mut self, now: Now) -> Step {
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

    pub(super) fn fetched(&mut self, now: Now, response: TokenResponse) -> Step {
        let Some(flight) = &mut self.under_way else {
            return Step::End;
        };
        let (tried, loaded) = (flight.trying.take(), flight.loaded);
        let lifetime = response.expires_in;
        let mut tokens = response.into_tokens(now.wall);
        if tokens.refresh_token.is_none() {
            // Google seldom rotates the refresh token, and omits it from the answer when the old one stays valid.
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
            // A store that couldn't be read is not overwritten.
            self.put_off_saving(now);
            return self.end(now, Ok(()));
        }
        let replaces = ledger.seen.clone().unwrap_or_default();
        self.set_stage(Stage::Saving);
        Step::Save(Box::new(tokens), replaces)
    }

    pub(super) fn fetch_failed(&mut self, now: Now, error: Error) -> Step {
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
        // Keep the first rejection: it is about the newest token, and says the most.
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
}

pub(super) fn is_same(one: &Secret, other: &Secret) -> bool {
    one.matches(other.expose())
}

pub(super) fn has(tokens: &[Secret], token: &Secret) -> bool {
    tokens.iter().any(|other| is_same(other, token))
}

fn remember(tokens: &mut Vec<Secret>, token: Secret) {
    if !has(tokens, &token) {
        tokens.insert(0, token);
        tokens.truncate(REMEMBERED);
    }
}
