//! Google's quota: units per minute and user.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use http::StatusCode;
use tokio::time::Instant;

use super::exchange::Answer;
use super::gmail::error;
use super::state::{State, lock};
use crate::operation::Operation;

/// Google's limit per user of a project.
const UNITS: u32 = 6_000;

const MINUTE: Duration = Duration::from_secs(60);

/// How the sandbox's Gmail counts a user's units in a minute; see
/// [`SandboxBuilder::quota`](super::SandboxBuilder::quota). Google does not say how it counts.
///
/// ```
/// use airbyte_agent_gmail::sandbox::MinuteQuota;
///
/// assert_eq!("sliding".parse(), Ok(MinuteQuota::Sliding(6_000)));
/// assert_eq!("fixed:250".parse(), Ok(MinuteQuota::Fixed(250)));
/// assert!("fixed:".parse::<MinuteQuota>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MinuteQuota {
    /// At most this many units in any 60 seconds.
    Sliding(u32),
    /// At most this many units in each minute since the start.
    Fixed(u32),
}

/// The error for a text that is not a [`MinuteQuota`]; `Display` says what is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinuteQuotaError;

impl Default for MinuteQuota {
    /// Google's limit, in any 60 seconds.
    fn default() -> Self {
        Self::Sliding(UNITS)
    }
}

impl FromStr for MinuteQuota {
    type Err = MinuteQuotaError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, units) = match text.split_once(':') {
            Some((name, units)) => (name, units.parse().map_err(|_| MinuteQuotaError)?),
            None => (text, UNITS),
        };
        if units == 0 {
            return Err(MinuteQuotaError);
        }
        match name {
            "sliding" => Ok(Self::Sliding(units)),
            "fixed" => Ok(Self::Fixed(units)),
            _ => Err(MinuteQuotaError),
        }
    }
}

impl fmt::Display for MinuteQuotaError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("no quota; give sliding or fixed, and :UNITS for other than 6000")
    }
}

impl std::error::Error for MinuteQuotaError {}

/// The units spent from a quota.
#[derive(Debug)]
pub(crate) struct Meter {
    quota: MinuteQuota,
    began: Instant,
    /// The units spent in the last 60 seconds, or in the current minute.
    spent: VecDeque<(Instant, u32)>,
    units: u32,
    refusals: u64,
}

impl Meter {
    pub(crate) fn new(quota: MinuteQuota) -> Self {
        Self {
            quota,
            began: Instant::now(),
            spent: VecDeque::new(),
            units: 0,
            refusals: 0,
        }
    }

    /// Units per minute.
    pub(crate) fn units_a_minute(&self) -> u32 {
        match self.quota {
            MinuteQuota::Sliding(units) | MinuteQuota::Fixed(units) => units,
        }
    }

    /// Spends units, or returns false if too few are left. Refused requests cost nothing.
    fn spend(&mut self, now: Instant, units: u32) -> bool {
        let (most, since) = match self.quota {
            MinuteQuota::Sliding(most) => (most, now.checked_sub(MINUTE)),
            MinuteQuota::Fixed(most) => {
                let minutes = now.duration_since(self.began).as_secs() / MINUTE.as_secs();
                let start = self.began + Duration::from_secs(minutes * MINUTE.as_secs());
                // Subtracting a nanosecond keeps the units spent in the minute's first instant.
                (most, start.checked_sub(Duration::from_nanos(1)))
            }
        };
        while let Some((time, units)) = self.spent.front().copied()
            && since.is_some_and(|since| time <= since)
        {
            self.units -= units;
            self.spent.pop_front();
        }
        let fits = self.units.checked_add(units).is_some_and(|sum| sum <= most);
        if fits && units > 0 {
            self.units += units;
            self.spent.push_back((now, units));
        }
        fits
    }
}

/// Lets a request through, or refuses it like Google: sometimes with 429, sometimes with 403, and without
/// `Retry-After`.
pub(crate) fn check(state: &State, operation: &Operation) -> Result<(), Answer> {
    let mut quota = lock(&state.quota);
    let Some(meter) = quota.as_mut() else {
        return Ok(());
    };
    if meter.spend(Instant::now(), operation.quota_units.current) {
        return Ok(());
    }
    meter.refusals += 1;
    let (status, name) = if meter.refusals.is_multiple_of(2) {
        (StatusCode::FORBIDDEN, "PERMISSION_DENIED")
    } else {
        (StatusCode::TOO_MANY_REQUESTS, "RESOURCE_EXHAUSTED")
    };
    let text = "Quota exceeded for quota metric 'Quota units' and limit 'Quota units per minute per user'.";
    Err(error::answer(status, name, "rateLimitExceeded", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spends(quota: MinuteQuota, at: &[(u64, u32)]) -> Vec<bool> {
        let mut meter = Meter::new(quota);
        let began = meter.began;
        at.iter()
            .map(|(seconds, units)| meter.spend(began + Duration::from_secs(*seconds), *units))
            .collect()
    }

    #[test]
    fn a_sliding_minute_gives_units_back_one_by_one_and_a_fixed_one_at_once() {
        let at = [(30, 60), (50, 40), (59, 1), (60, 40), (90, 60), (91, 41)];
        assert_eq!(
            spends(MinuteQuota::Sliding(100), &at),
            [true, true, false, false, true, false]
        );
        assert_eq!(
            spends(MinuteQuota::Fixed(100), &at),
            [true, true, false, true, true, false]
        );
    }
}
