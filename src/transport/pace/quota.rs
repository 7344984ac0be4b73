//! Google's quota: so many units a minute, so many calls at once.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use super::direct::Subject;
use crate::operation::QuotaUnits;

/// The pace of the calls to a mailbox, shared by all clones of a connector.
///
/// Google gives each user of a project so many units a minute, and each operation costs some (`quota_units` of its
/// row). The governor keeps within them instead of running into refusals: callers wait in the order in which they came,
/// so that many small ones and a few large ones all get on. Beside the units there is a limit of calls at once, which
/// Google does not publish.
///
/// When the service says that it is too much all the same, nobody calls for as long as it asks.
///
/// ```
/// use airbyte_agent_gmail::Quota;
///
/// assert_eq!(Quota::current().units_per_minute, Some(6_000));
/// assert_eq!(Quota::legacy().units_per_minute, Some(15_000));
/// assert_eq!(Quota::unlimited().units_per_minute, None);
/// let careful = Quota { concurrency: 2, ..Quota::current() };
/// # let _ = careful;
/// ```
///
/// Default: [`current`](Self::current) towards Google, [`unlimited`](Self::unlimited) towards a service on this machine
/// and in hosted mode, where Airbyte makes the calls. Source:
/// <https://developers.google.com/workspace/gmail/api/reference/quota>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// How many units a minute; `None` for no limit.
    pub units_per_minute: Option<u32>,
    /// Which of Google's two tables counts.
    pub table: QuotaTable,
    /// How many calls at once.
    pub concurrency: usize,
}

/// Google's tables of what an operation costs; each [`Quota`] goes by one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaTable {
    /// For projects that began in May 2026 or later.
    Current,
    /// For older projects.
    Legacy,
}

/// How many calls at once a mailbox takes without complaint: others measured refusals from a few dozen on.
const CONCURRENCY: usize = 10;

/// The longest time for which one refusal stops all callers; longer waits are the caller's to decide.
const LONGEST_STOP: Duration = Duration::from_secs(32);

impl Quota {
    /// Projects that began in May 2026 or later: 6,000 units a minute.
    pub fn current() -> Self {
        Self {
            units_per_minute: Some(6_000),
            table: QuotaTable::Current,
            concurrency: CONCURRENCY,
        }
    }

    /// Older projects: 15,000 units a minute, by the old table.
    pub fn legacy() -> Self {
        Self {
            units_per_minute: Some(15_000),
            table: QuotaTable::Legacy,
            concurrency: CONCURRENCY,
        }
    }

    /// No limit of any kind.
    pub fn unlimited() -> Self {
        Self {
            units_per_minute: None,
            table: QuotaTable::Current,
            concurrency: usize::MAX,
        }
    }

    fn units(&self, units: QuotaUnits) -> u32 {
        match self.table {
            QuotaTable::Current => units.current,
            QuotaTable::Legacy => units.legacy,
        }
    }
}

/// Told of each wait for the quota.
pub(crate) type Observer = Arc<dyn Fn(Duration) + Send + Sync>;

/// Keeps calls within a quota.
pub(crate) struct Governor {
    quota: Quota,
    /// Whoever holds it is next: a fair lock is the queue.
    turn: tokio::sync::Mutex<()>,
    bucket: Mutex<Bucket>,
    calls: Option<Semaphore>,
    observer: Option<Observer>,
}

struct Bucket {
    units: f64,
    filled_at: Instant,
    stopped_until: Option<Instant>,
}

impl Governor {
    pub(crate) fn new(quota: Quota, observer: Option<Observer>) -> Self {
        let calls = (quota.concurrency < Semaphore::MAX_PERMITS)
            .then(|| Semaphore::new(quota.concurrency.max(1)));
        Self {
            quota,
            turn: tokio::sync::Mutex::default(),
            bucket: Mutex::new(Bucket {
                units: f64::from(quota.units_per_minute.unwrap_or_default()),
                filled_at: Instant::now(),
                stopped_until: None,
            }),
            calls,
            observer,
        }
    }

    /// What a call costs.
    pub(super) fn units(&self, subject: &Subject) -> u32 {
        self.quota.units(subject.quota)
    }

    /// Waits until a call may be made. The permit is the place among the calls at once.
    ///
    /// The place comes first and the units last: whoever has its units calls at once, so that nobody who waited for a
    /// place goes out behind a refusal, and nobody who gives up takes units along.
    pub(super) async fn acquire(&self, subject: &Subject) -> Option<SemaphorePermit<'_>> {
        let mut asked = None;
        let permit = match &self.calls {
            // The semaphore is never closed.
            Some(calls) => match calls.try_acquire() {
                Ok(permit) => Some(permit),
                Err(_) => {
                    asked.get_or_insert_with(Instant::now);
                    calls.acquire().await.ok()
                }
            },
            None => None,
        };
        if let Ok(turn) = self.turn.try_lock() {
            self.wait(subject, turn, &mut asked).await;
        } else {
            asked.get_or_insert_with(Instant::now);
            self.wait(subject, self.turn.lock().await, &mut asked).await;
        }
        if let Some(waited) = asked.map(|asked| asked.elapsed())
            && waited >= Duration::from_millis(1)
        {
            tracing::debug!(
                operation = &*subject.name,
                waited_ms = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX),
                "waited for the quota"
            );
            if let Some(observer) = &self.observer {
                observer(waited);
            }
        }
        permit
    }

    /// Waits for the units; the turn is kept so long.
    async fn wait(
        &self,
        subject: &Subject,
        _turn: tokio::sync::MutexGuard<'_, ()>,
        asked: &mut Option<Instant>,
    ) {
        while let Some(wait) = self.take(self.units(subject)) {
            asked.get_or_insert_with(Instant::now);
            tokio::time::sleep(wait).await;
        }
    }

    /// The service says that it is too much.
    pub(super) fn refused(&self, retry_after: Option<Duration>) {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        bucket.units = bucket.units.min(0.0);
        if let Some(wait) = retry_after {
            bucket.stopped_until = Some(Instant::now() + wait.min(LONGEST_STOP));
        }
    }

    /// Takes units, or says how long to wait for them.
    fn take(&self, units: u32) -> Option<Duration> {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if let Some(until) = bucket.stopped_until.filter(|until| now < *until) {
            return Some(until - now);
        }
        let rate = self.quota.units_per_minute?;
        let per_second = f64::from(rate) / 60.0;
        let elapsed = now.duration_since(bucket.filled_at).as_secs_f64();
        bucket.units = (bucket.units + elapsed * per_second).min(f64::from(rate));
        bucket.filled_at = now;
        let needed = f64::from(units.min(rate));
        if bucket.units >= needed {
            bucket.units -= needed;
            return None;
        }
        let wait = (needed - bucket.units) / per_second.max(f64::MIN_POSITIVE);
        Some(
            Duration::try_from_secs_f64(wait)
                .unwrap_or(LONGEST_STOP)
                .max(Duration::from_millis(1)),
        )
    }
}

impl fmt::Debug for Governor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Governor")
            .field("quota", &self.quota)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn subject(units: u32) -> Subject {
        Subject {
            name: Cow::Borrowed("test"),
            idempotent: true,
            authenticated: false,
            read_only: true,
            answer: crate::transport::Answer::Nothing,
            first_byte: crate::http::FirstByte::Soon,
            quota: QuotaUnits {
                current: units,
                legacy: units * 2,
            },
            method: crate::operation::Method::Get,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_minutes_units_go_at_once_and_then_at_the_rate() {
        let governor = Governor::new(
            Quota {
                concurrency: usize::MAX,
                ..Quota::current()
            },
            None,
        );
        let start = Instant::now();
        for _ in 0..300 {
            governor.acquire(&subject(20)).await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        for _ in 0..300 {
            governor.acquire(&subject(20)).await;
        }
        let minute = start.elapsed().as_secs_f64();
        assert!((59.0..62.0).contains(&minute), "{minute}");
    }

    #[tokio::test(start_paused = true)]
    async fn small_callers_are_not_starved_by_large_ones() {
        let quota = Quota {
            units_per_minute: Some(600),
            concurrency: usize::MAX,
            ..Quota::current()
        };
        let governor = Arc::new(Governor::new(quota, None));
        governor.acquire(&subject(600)).await;
        let start = Instant::now();
        let mut callers = tokio::task::JoinSet::new();
        for units in [100, 1, 100, 1] {
            let governor = governor.clone();
            callers.spawn(async move {
                governor.acquire(&subject(units)).await;
                (units, start.elapsed().as_secs())
            });
            tokio::task::yield_now().await;
        }
        let mut done = Vec::new();
        while let Some(Ok(caller)) = callers.join_next().await {
            done.push(caller);
        }
        // In the order in which they came: each small one right behind the large one before it.
        assert_eq!(done, [(100, 10), (1, 10), (100, 20), (1, 20)]);
    }

    /// An observer that keeps the seconds, and what it keeps.
    fn observer() -> (Arc<Mutex<Vec<u64>>>, Observer) {
        let waits = Arc::new(Mutex::new(Vec::new()));
        let seen = waits.clone();
        let observer = Arc::new(move |wait: Duration| {
            seen.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(wait.as_secs());
        });
        (waits, observer)
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_stops_everybody_for_as_long_as_it_asks() {
        let (waits, observer) = observer();
        let governor = Governor::new(Quota::current(), Some(observer));
        governor.refused(Some(Duration::from_secs(7)));
        let start = Instant::now();
        drop(governor.acquire(&subject(1)).await);
        assert_eq!(start.elapsed().as_secs(), 7);
        assert_eq!(*waits.lock().unwrap_or_else(PoisonError::into_inner), [7]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_stops_also_those_who_wait_for_a_place() {
        let governor = Governor::new(
            Quota {
                concurrency: 1,
                ..Quota::unlimited()
            },
            None,
        );
        let first = governor.acquire(&subject(1)).await;
        let start = Instant::now();
        let refusal = async {
            tokio::task::yield_now().await;
            governor.refused(Some(Duration::from_secs(7)));
            drop(first);
        };
        let behind = subject(1);
        tokio::join!(governor.acquire(&behind), refusal);
        assert_eq!(start.elapsed().as_secs(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_gives_up_takes_no_units_along() {
        let quota = Quota {
            units_per_minute: Some(60),
            concurrency: 1,
            ..Quota::current()
        };
        let governor = Governor::new(quota, None);
        let first = governor.acquire(&subject(30)).await;
        let second =
            tokio::time::timeout(Duration::from_millis(1), governor.acquire(&subject(30))).await;
        assert!(second.is_err());
        drop(first);
        let start = Instant::now();
        governor.acquire(&subject(30)).await;
        assert!(start.elapsed() < Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_calls_are_under_way_and_others_are_told_of() {
        let (waits, observer) = observer();
        let governor = Governor::new(
            Quota {
                concurrency: 2,
                ..Quota::current()
            },
            Some(observer),
        );
        let one = governor.acquire(&subject(1)).await;
        let two = governor.acquire(&subject(1)).await;
        let third =
            tokio::time::timeout(Duration::from_secs(1), governor.acquire(&subject(1))).await;
        assert!(third.is_err());
        let release = async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            drop((one, two));
        };
        let third = subject(1);
        let (permit, ()) = tokio::join!(governor.acquire(&third), release);
        assert!(permit.is_some());
        assert_eq!(*waits.lock().unwrap_or_else(PoisonError::into_inner), [3]);
    }
}
