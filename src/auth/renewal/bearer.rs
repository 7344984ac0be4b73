//! Access tokens, and how long they serve.

use std::time::Duration;

use http::HeaderValue;
use tokio::time::Instant;

use super::{Now, Renewal};
use crate::auth::Secret;

/// How long before its end a token is renewed: longer than the slowest call takes from here to the server, so that a
/// token does not end on the way. Google's own clients use 225 to 300 seconds.
const EARLY: Duration = Duration::from_secs(240);

/// By which part of its life a token is renewed earlier than that, at most; each process draws its own. Thousands of
/// mailboxes whose tokens came at once then ask for the next ones one after the other.
const SPREAD: u32 = 10;

/// A token that lives shorter than this is renewed at four fifths of its life instead; else every call would refresh.
const SHORT_LIFE: Duration = Duration::from_secs(1200);

/// The least time for which a new token serves, so that a server that counts in fractions is not asked for each call.
pub(super) const LEAST_LIFE: Duration = Duration::from_secs(1);

/// An access token and its place in the order of tokens, so that a refused one is told from its successor.
#[derive(Clone, Debug)]
pub(crate) struct Bearer {
    pub(crate) token: Secret,
    /// The value of `authorization`, made once for all calls; none for a token that no header can carry.
    pub(crate) header: Option<HeaderValue>,
    pub(super) generation: u64,
}

impl Bearer {
    pub(super) fn new(token: Secret, generation: u64) -> Self {
        let header = HeaderValue::try_from(["Bearer ", token.expose()].concat())
            .ok()
            .map(|mut value| {
                value.set_sensitive(true);
                value
            });
        Self {
            token,
            header,
            generation,
        }
    }
}

/// The token in memory, by the monotonic clock.
#[derive(Debug)]
pub(super) struct Cached {
    pub(super) bearer: Bearer,
    pub(super) renew_at: Option<Instant>,
    pub(super) ends_at: Option<Instant>,
    /// The flight that brought it.
    pub(super) flight: u64,
}

impl Renewal {
    pub(super) fn keep(&mut self, now: Now, token: Secret, lifetime: Option<Duration>) {
        self.generation += 1;
        let lifetime = lifetime.map(|lifetime| lifetime.max(LEAST_LIFE));
        // An end that the clock can't reach counts as no end.
        let after = |time: Duration| now.instant.checked_add(time);
        self.cached = Some(Cached {
            bearer: Bearer::new(token, self.generation),
            renew_at: lifetime.and_then(|lifetime| after(until_renewal(lifetime, self.spread))),
            ends_at: lifetime.and_then(after),
            flight: self.flights,
        });
    }
}

impl Cached {
    pub(super) fn is_not(&self, refused: Option<&Bearer>) -> bool {
        refused.is_none_or(|refused| refused.generation != self.bearer.generation)
    }

    pub(super) fn lives(&self, now: Instant) -> bool {
        self.ends_at.is_none_or(|at| now < at)
    }
}

/// How long after its birth a token is renewed; `spread` is from 0 to 1,000.
fn until_renewal(lifetime: Duration, spread: u32) -> Duration {
    if lifetime < SHORT_LIFE {
        lifetime * 4 / 5
    } else {
        // Divided first: a server may name more seconds than a duration holds a thousand times.
        lifetime - EARLY - lifetime / SPREAD / 1_000 * spread.min(1_000)
    }
}
