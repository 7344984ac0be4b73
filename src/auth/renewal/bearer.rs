//! Access tokens, and how long they are used.

use std::time::Duration;

use http::HeaderValue;
use tokio::time::Instant;

use super::{Now, Renewal};
use crate::auth::Secret;

/// How long before expiry to renew a token: longer than the slowest call takes to reach the server, so the token does
/// not expire on the way. Google's own clients use 225 to 300 seconds.
const EARLY: Duration = Duration::from_secs(240);

/// Tokens are renewed up to one `SPREAD`th of their lifetime earlier still. Each process draws its own value, so
/// thousands of mailboxes with tokens of the same age don't renew at once.
const SPREAD: u32 = 10;

/// A token with a shorter lifetime is renewed after four fifths of it; otherwise every call would refresh.
const SHORT_LIFE: Duration = Duration::from_secs(1200);

/// The shortest time a new token is used, so a server that grants fractions of a second is not asked for each call.
pub(super) const LEAST_LIFE: Duration = Duration::from_secs(1);

/// An access token and its place in the order of tokens, which distinguishes a refused token from its successor.
#[derive(Clone, Debug)]
pub(crate) struct Bearer {
    pub(crate) token: Secret,
    /// The `authorization` header, built once for all calls; `None` if a header can't hold the token. Unlike the token, it
    /// can't be wiped.
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

/// The token in memory, with times by the monotonic clock.
#[derive(Debug)]
pub(super) struct Cached {
    pub(super) bearer: Bearer,
    pub(super) renew_at: Option<Instant>,
    pub(super) ends_at: Option<Instant>,
    /// The flight that fetched it.
    pub(super) flight: u64,
}

impl Renewal {
    pub(super) fn keep(&mut self, now: Now, token: Secret, lifetime: Option<Duration>) {
        self.generation += 1;
        let lifetime = lifetime.map(|lifetime| lifetime.max(LEAST_LIFE));
        // An expiry beyond the clock's range counts as none.
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

/// How long after it was issued a token is renewed; `spread` is from 0 to 1,000.
fn until_renewal(lifetime: Duration, spread: u32) -> Duration {
    if lifetime < SHORT_LIFE {
        lifetime * 4 / 5
    } else {
        // Divide first: with an absurd lifetime from a server, multiplying by 1,000 could overflow.
        lifetime - EARLY - lifetime / SPREAD / 1_000 * spread.min(1_000)
    }
}
