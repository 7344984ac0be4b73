//! When to renew a watch.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::api::gmail::types::WatchResponse;

/// How often Google advises renewing a watch, which lasts seven days.
/// <https://developers.google.com/workspace/gmail/api/guides/push>
const DAY: Duration = Duration::from_secs(24 * 3600);

/// How long a watch lasts, and when to call [`watch`](crate::GmailConnector::watch) again. Small enough to store with
/// a [`SyncState`](super::SyncState).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
/// # let gmail = sandbox.open_source()?;
/// use std::time::SystemTime;
/// use airbyte_agent_gmail::sync::WatchLease;
///
/// let answer = gmail.watch("projects/example/topics/mail").send().await?;
/// let lease = WatchLease::new(&answer, SystemTime::now());
/// assert!(!lease.is_due(SystemTime::now()));
/// assert!(lease.renew_at() < lease.expires_at());
/// // tokio::time::sleep(lease.renew_in(SystemTime::now())).await, then watch again.
/// # Ok(())
/// # }
/// ```
///
/// Notifications can get lost, and Gmail sends at most one a second: also poll from time to time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchLease {
    started_ms: u64,
    expires_ms: u64,
}

impl WatchLease {
    /// The lease of a watch answered at this time. A response without an expiration counts as seven days.
    pub fn new(answer: &WatchResponse, now: SystemTime) -> Self {
        let started_ms = milliseconds(now);
        let expires_ms = answer
            .expiration
            .as_deref()
            .and_then(|expiration| expiration.parse().ok())
            .unwrap_or_else(|| started_ms.saturating_add(whole_milliseconds(DAY * 7)));
        Self {
            started_ms,
            expires_ms,
        }
    }

    /// When the watch expires.
    pub fn expires_at(&self) -> SystemTime {
        time(self.expires_ms)
    }

    /// When to watch again: after a day, or halfway to the expiration if that is sooner.
    pub fn renew_at(&self) -> SystemTime {
        let half = self.expires_ms.saturating_sub(self.started_ms) / 2;
        time(
            self.started_ms
                .saturating_add(half.min(whole_milliseconds(DAY))),
        )
    }

    /// Whether to watch again now.
    pub fn is_due(&self, now: SystemTime) -> bool {
        self.renew_at() <= now
    }

    /// How long to wait before watching again; zero if due.
    pub fn renew_in(&self, now: SystemTime) -> Duration {
        self.renew_at().duration_since(now).unwrap_or_default()
    }
}

fn milliseconds(time: SystemTime) -> u64 {
    whole_milliseconds(time.duration_since(UNIX_EPOCH).unwrap_or_default())
}

fn whole_milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A time beyond the clock's range counts as past, so the watch is renewed at once.
fn time(milliseconds: u64) -> SystemTime {
    UNIX_EPOCH
        .checked_add(Duration::from_millis(milliseconds))
        .unwrap_or(UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(life: Option<Duration>) -> (WatchLease, SystemTime) {
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let answer = WatchResponse {
            expiration: life.map(|life| milliseconds(now + life).to_string()),
            history_id: None,
        };
        (WatchLease::new(&answer, now), now)
    }

    #[test]
    fn a_watch_is_renewed_daily_and_always_before_its_end() {
        let (week, now) = lease(Some(DAY * 7));
        assert_eq!(week.renew_in(now), DAY);
        assert!(!week.is_due(now + DAY / 2));
        assert!(week.is_due(now + DAY));
        assert_eq!(week.renew_in(now + DAY * 2), Duration::ZERO);
        let (hour, now) = lease(Some(Duration::from_secs(3600)));
        assert_eq!(hour.renew_in(now), Duration::from_secs(1800));
        assert_eq!(hour.expires_at(), now + Duration::from_secs(3600));
    }

    #[test]
    fn an_answer_without_an_end_or_with_a_past_one_does_no_harm() {
        let (unknown, now) = lease(None);
        assert_eq!(unknown.renew_in(now), DAY);
        let past = WatchResponse {
            expiration: Some("1".to_owned()),
            history_id: None,
        };
        assert!(WatchLease::new(&past, now).is_due(now));
        let beyond = WatchResponse {
            expiration: Some(u64::MAX.to_string()),
            history_id: None,
        };
        assert_eq!(WatchLease::new(&beyond, now).renew_in(now), DAY);
    }
}
