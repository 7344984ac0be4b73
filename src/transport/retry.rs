//! When to send a request again, as a pure function.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// When, and how often, to send a request again.
///
/// | outcome | idempotent operation | any other operation |
/// | --- | --- | --- |
/// | no connection: nothing was sent | retry | retry |
/// | a certificate or a proxy refuses the connection: nothing was sent | never | never |
/// | 429, or 403 with a rate-limit reason: the service did nothing | retry when there is room | retry when there is room |
/// | 408, 500, 502, 503, 504, 520 to 530; an answer that isn't a JSON object | retry | never |
/// | the connection broke or timed out after sending began | retry | never |
/// | anything else, including a real 403 | never | never |
///
/// Pauses double from [`initial_pause`](Self::initial_pause) up to [`longest_pause`](Self::longest_pause), each with
/// full jitter. A `Retry-After` up to the longest pause is waited out; with a longer one, the error is returned at
/// once, with [`retry_after`](crate::Error::retry_after).
///
/// A call that Google refuses because the minute's quota is used up doesn't count as an attempt. It waits its turn,
/// like calls not sent yet, for [`quota_wait`](Self::quota_wait) in all. With Airbyte, it counts as an attempt.
///
/// A 401 is separate: the token is refreshed, and the request sent again, once.
///
/// All calls of a connector together may make 100 retries, and each success restores a tenth of one, so retries don't
/// make an outage worse.
///
/// ```
/// use std::time::Duration;
/// use airbyte_agent_gmail::RetryPolicy;
///
/// let patient = RetryPolicy { attempts: 8, deadline: Duration::from_secs(300), ..RetryPolicy::default() };
/// assert_eq!(RetryPolicy::never().attempts, 1);
/// # let _ = patient;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often a request is sent at most. Default: 4.
    pub attempts: u32,
    /// The pause before the second attempt. Default: 500 ms.
    pub initial_pause: Duration,
    /// The longest pause. Default: 32 s.
    pub longest_pause: Duration,
    /// When the last attempt may start, counted from the first; waits for the quota do not count. Default: 90 s.
    pub deadline: Duration,
    /// How long a call waits for Google's quota. Default: 150 s.
    ///
    /// `get_many` and `sync` wait as long as it takes. If the time isn't enough, the call fails with
    /// [`is_rate_limited`](crate::Error::is_rate_limited) as soon as that is known.
    pub quota_wait: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 4,
            initial_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(32),
            deadline: Duration::from_secs(90),
            quota_wait: Duration::from_secs(150),
        }
    }
}

/// The outcome of an attempt, as far as retries are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing was sent, or the service says that it did nothing.
    NotCarriedOut,
    /// It may have been carried out, and another attempt may succeed.
    Unclear,
    /// Sending again can't help.
    Final,
}

impl RetryPolicy {
    /// Sends every request once.
    pub fn never() -> Self {
        Self {
            attempts: 1,
            ..Self::default()
        }
    }

    /// The pause before the next attempt; `None` to give up. `jitter` is from 0 to 1.
    pub(super) fn pause(
        &self,
        attempt: u32,
        elapsed: Duration,
        idempotent: bool,
        outcome: Outcome,
        retry_after: Option<Duration>,
        jitter: f64,
    ) -> Option<Duration> {
        let again = match outcome {
            Outcome::NotCarriedOut => true,
            Outcome::Unclear => idempotent,
            Outcome::Final => false,
        };
        if !again || attempt >= self.attempts {
            return None;
        }
        let ceiling = self
            .initial_pause
            .saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)))
            .min(self.longest_pause);
        let pause = match retry_after {
            Some(asked) if asked > self.longest_pause => return None,
            Some(asked) => asked.saturating_add(self.initial_pause.mul_f64(jitter)),
            None => ceiling.mul_f64(jitter),
        };
        (elapsed.saturating_add(pause) <= self.deadline).then_some(pause)
    }
}

/// Limits the retries of all calls together, so they don't make an outage worse. Each retry takes one from the budget,
/// and each success restores a tenth.
#[derive(Debug)]
pub(crate) struct RetryBudget(AtomicU32);

/// The size of a full budget, in tenths of a retry.
const BUDGET: u32 = 1_000;

/// The cost of a retry, in tenths.
const RETRY_COST: u32 = 10;

impl Default for RetryBudget {
    fn default() -> Self {
        Self(AtomicU32::new(BUDGET))
    }
}

impl RetryBudget {
    /// Takes one retry; `false` if the budget is empty.
    pub(super) fn take(&self) -> bool {
        let update = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(RETRY_COST)
            });
        update.is_ok()
    }

    /// Restores a tenth of a retry after a success.
    pub(super) fn refund(&self) {
        // A full budget has nothing to restore, so avoid contending for it.
        if self.0.load(Ordering::Relaxed) < BUDGET {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A number from 0 to 1 that differs between callers, which spreads retries without a random number generator.
pub(super) fn jitter() -> f64 {
    use std::hash::{BuildHasher, RandomState};
    let bits = RandomState::new().hash_one(0_u8) >> 11;
    // 53 bits fit a double exactly.
    #[allow(clippy::cast_precision_loss, reason = "53 bits are exact")]
    let number = bits as f64 / (1_u64 << 53) as f64;
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy = RetryPolicy {
        attempts: 4,
        initial_pause: Duration::from_secs(1),
        longest_pause: Duration::from_secs(8),
        deadline: Duration::from_secs(60),
        quota_wait: Duration::from_secs(60),
    };

    fn pause(
        attempt: u32,
        idempotent: bool,
        outcome: Outcome,
        retry_after: Option<u64>,
    ) -> Option<u64> {
        POLICY
            .pause(
                attempt,
                Duration::ZERO,
                idempotent,
                outcome,
                retry_after.map(Duration::from_secs),
                1.0,
            )
            .map(|pause| pause.as_secs())
    }

    #[test]
    fn what_may_have_been_carried_out_is_sent_again_only_when_idempotent() {
        assert_eq!(pause(1, true, Outcome::Unclear, None), Some(1));
        assert_eq!(pause(1, false, Outcome::Unclear, None), None);
        assert_eq!(pause(1, false, Outcome::NotCarriedOut, None), Some(1));
        assert_eq!(pause(1, true, Outcome::Final, None), None);
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_attempts_end() {
        assert_eq!(pause(2, true, Outcome::Unclear, None), Some(2));
        assert_eq!(pause(3, true, Outcome::Unclear, None), Some(4));
        assert_eq!(pause(4, true, Outcome::Unclear, None), None);
        let many = RetryPolicy {
            attempts: 100,
            ..POLICY
        };
        assert_eq!(
            many.pause(90, Duration::ZERO, true, Outcome::Unclear, None, 1.0),
            Some(Duration::from_secs(8))
        );
    }

    #[test]
    fn the_service_decides_how_long_within_reason() {
        assert_eq!(pause(1, true, Outcome::NotCarriedOut, Some(5)), Some(6));
        assert_eq!(pause(1, true, Outcome::NotCarriedOut, Some(9)), None);
    }

    #[test]
    fn the_deadline_ends_it() {
        let late = POLICY.pause(
            1,
            Duration::from_secs(60),
            true,
            Outcome::Unclear,
            None,
            1.0,
        );
        assert_eq!(late, None);
    }

    #[test]
    fn the_budget_ends_and_comes_back_with_successes() {
        let budget = RetryBudget::default();
        assert_eq!((0..1000).filter(|_| budget.take()).count(), 100);
        (0..9).for_each(|_| budget.refund());
        assert!(!budget.take());
        budget.refund();
        assert!(budget.take());
    }

    #[test]
    fn jitter_stays_within_its_bounds() {
        assert!(
            (0..1000)
                .map(|_| jitter())
                .all(|jitter| (0.0..1.0).contains(&jitter))
        );
    }
}
