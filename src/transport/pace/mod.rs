//! The pace of calls to one mailbox: which may go out, and when.

mod patience;
mod quota;
#[cfg_attr(not(feature = "redis"), path = "no_redis.rs")]
mod redis;
mod shared;
mod slice;
mod window;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::call::Call;
use crate::auth::{Owner, SharedStore};
use crate::error::{Error, Kind};
use crate::operation::Operation;

pub(crate) use patience::Patience;
pub use quota::{Quota, QuotaTable};
pub(crate) use shared::SharedPace;
use shared::Taken;
use window::{End, Grant, Wait, Window};

/// Called with the duration of a wait for the quota.
pub(crate) type Observer = Arc<dyn Fn(Duration) + Send + Sync>;

/// The longest wait that a service may ask for and still mean its per-minute quota.
pub(crate) const LONGEST_ASKED: Duration = Duration::from_secs(150);

/// The longest time for which a service that teaches no pace can stop all callers.
const LONGEST_STOP: Duration = Duration::from_secs(32);

/// Shorter waits aren't reported before they begin.
const WORTH_TELLING: Duration = Duration::from_secs(1);

/// How long to report no further wait.
const TOLD_FOR: Duration = Duration::from_secs(10);

/// The caller's settings of the pace.
#[derive(Default)]
pub(crate) struct Terms {
    /// The units of some operations, which override the table's.
    pub(crate) units: Vec<(&'static str, u32)>,
    /// Whether to start with less than half of the units.
    pub(crate) leaves_room: bool,
    /// Called when a wait begins, with its expected length.
    pub(crate) before: Option<Observer>,
    /// Called when a wait is over, with its length.
    pub(crate) after: Option<Observer>,
    /// The pace shared with other processes.
    pub(crate) shared: Option<Arc<dyn SharedPace>>,
}

/// Keeps calls within a quota.
pub(crate) struct Governor {
    quota: Quota,
    terms: Terms,
    /// Whether refusals lower the pace.
    learns: bool,
    /// The holder is next: a fair lock is the queue.
    turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    /// Wakes the next caller when a call has ended.
    changed: Notify,
    began: Instant,
}

struct State {
    window: Window,
    /// Whether a caller is waiting for a change.
    is_awaited: bool,
    /// Waits that end by then aren't reported.
    told_until: Option<Instant>,
}

/// A granted call with its units. Dropping it counts as a call that ended now.
#[must_use = "the place is given back at once"]
pub(super) struct Permit<'a> {
    governor: &'a Governor,
    grant: Option<Grant>,
    /// The units taken from the shared pace.
    taken: Option<Taken>,
}

impl Governor {
    /// Keeps within Google's quota, and learns from refusals.
    pub(crate) fn new(quota: Quota, terms: Terms) -> Self {
        Self::of(quota, terms, true)
    }

    /// Keeps no pace; only stops when the service asks.
    pub(crate) fn unpaced() -> Self {
        Self::of(Quota::unlimited(), Terms::default(), false)
    }

    fn of(quota: Quota, terms: Terms, learns: bool) -> Self {
        let limit = quota.units_per_minute.map(u64::from);
        let window = Window::new(limit, terms.leaves_room);
        Self {
            quota,
            terms,
            learns,
            turn: tokio::sync::Mutex::default(),
            state: Mutex::new(State {
                window,
                is_awaited: false,
                told_until: None,
            }),
            changed: Notify::new(),
            began: Instant::now(),
        }
    }

    /// The patience of a call; `own` applies if no surrounding task sets one.
    pub(super) fn patience(&self, own: Duration) -> Patience {
        if self.learns {
            Patience::current(own)
        } else {
            Patience::UNBOUNDED
        }
    }

    /// Whether refusals lower the pace, so a refused call waits here for its turn.
    pub(super) fn learns(&self) -> bool {
        self.learns
    }

    /// The cost of a call.
    pub(super) fn units(&self, call: &Call) -> u32 {
        self.corrected(&call.name)
            .unwrap_or_else(|| self.quota.units(call.quota))
    }

    /// The cost of a call of an operation.
    pub(crate) fn units_of(&self, operation: &Operation) -> u32 {
        self.corrected(operation.id)
            .unwrap_or_else(|| self.quota.units(operation.quota_units))
    }

    fn corrected(&self, name: &str) -> Option<u32> {
        let mut units = self.terms.units.iter();
        units.find(|(id, _)| *id == name).map(|(_, units)| *units)
    }

    /// Waits until a call may be made, for as long as the patience lasts, and adds the time to `waited`.
    ///
    /// # Errors
    ///
    /// If the patience doesn't last; the error says how long it would take.
    pub(super) async fn acquire(
        &self,
        call: &Call,
        patience: Patience,
        waited: &mut Duration,
    ) -> Result<Permit<'_>, Error> {
        let units = u64::from(self.units(call));
        let mut known = None;
        if let Ok(_turn) = self.turn.try_lock()
            && let Ok(permit) = self.take(units)
        {
            match self.share(permit, units).await {
                Ok(permit) => return Ok(permit),
                Err(wait) => known = Some(wait),
            }
        }
        let asked = Instant::now();
        let result = self.wait(units, patience, known).await;
        let time = asked.elapsed();
        *waited += time;
        if time >= Duration::from_millis(1) {
            tracing::debug!(
                operation = &*call.name,
                waited_ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
                "waited for the quota"
            );
            if let Some(observer) = &self.terms.after {
                observer(time);
            }
        }
        result.map_err(|again_in| {
            let seconds = again_in.as_millis().div_ceil(1_000).max(1);
            let text = format!("the quota is used up for now: again in {seconds} s");
            let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
            Error::new(Kind::RateLimited, text)
                .again_in(Some(Duration::from_secs(seconds)))
                .named(call.name.clone())
        })
    }

    /// Waits in the queue, then for the units, holding its turn. A `known` wait comes first.
    async fn wait(
        &self,
        units: u64,
        patience: Patience,
        mut known: Option<Wait>,
    ) -> Result<Permit<'_>, Duration> {
        let _turn = match patience.end() {
            Some(end) => timeout_at(end, self.turn.lock())
                .await
                .map_err(|_| self.free_in(units))?,
            None => self.turn.lock().await,
        };
        loop {
            let wait = match known.take() {
                Some(wait) => wait,
                None => match self.take(units) {
                    Ok(permit) => match self.share(permit, units).await {
                        Ok(permit) => return Ok(permit),
                        Err(wait) => wait,
                    },
                    Err(wait) => wait,
                },
            };
            let end = match wait {
                Wait::Until(time) => Some(self.began + Duration::from_millis(time)),
                Wait::Call => None,
            };
            if let (Some(end), Some(last)) = (end, patience.end())
                && end > last
            {
                return Err(end.duration_since(Instant::now()));
            }
            if let Some(end) = end {
                self.tell(end);
            }
            match end.or(patience.end()) {
                // Woken or not, check again which units are free.
                Some(end) => drop(timeout_at(end, self.changed.notified()).await),
                None => self.changed.notified().await,
            }
            if end.is_none() && patience.is_over() {
                return Err(self.free_in(units));
            }
        }
    }

    /// Also takes the units from the shared pace. If that can't be reached, this process keeps to its share.
    async fn share<'a>(&'a self, mut permit: Permit<'a>, units: u64) -> Result<Permit<'a>, Wait> {
        let Some(shared) = self.terms.shared.as_ref().filter(|_| units > 0) else {
            return Ok(permit);
        };
        match shared.take(units).await {
            Some(Ok(taken)) => {
                permit.taken = Some(taken);
                self.state().window.divide(1);
                Ok(permit)
            }
            Some(Err(wait)) => {
                permit.unsent();
                let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                Err(Wait::Until(self.now().saturating_add(wait)))
            }
            None => {
                permit.unsent();
                self.state().window.divide(shared.processes());
                self.take(units)
            }
        }
    }

    fn take(&self, units: u64) -> Result<Permit<'_>, Wait> {
        let now = self.now();
        let mut state = self.state();
        let at_once = u64::try_from(self.quota.concurrency.max(1)).unwrap_or(u64::MAX);
        let granted = if state.window.calls() < at_once {
            state.window.take(now, units)
        } else {
            Err(Wait::Call)
        };
        state.is_awaited = granted.is_err();
        Ok(Permit {
            governor: self,
            grant: Some(granted?),
            taken: None,
        })
    }

    /// The least time until units are free.
    fn free_in(&self, units: u64) -> Duration {
        let until = self.state().window.free_at(self.now(), units);
        Duration::from_millis(until.saturating_sub(self.now())).max(Duration::from_secs(1))
    }

    /// Reports a wait that begins.
    fn tell(&self, end: Instant) {
        let Some(observer) = &self.terms.before else {
            return;
        };
        let now = Instant::now();
        let wait = end.saturating_duration_since(now);
        {
            let mut state = self.state();
            if wait < WORTH_TELLING || state.told_until.is_some_and(|told| end <= told) {
                return;
            }
            state.told_until = Some(end.max(now + TOLD_FOR));
        }
        observer(wait);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn over(&self, end: impl FnOnce(u64, &mut Window)) {
        let now = self.now();
        let is_awaited = {
            let mut state = self.state();
            end(now, &mut state.window);
            state.is_awaited
        };
        if is_awaited {
            self.changed.notify_one();
        }
    }
}

/// The pace shared by processes with the same store.
///
/// # Errors
///
/// If the store's URL is not supported.
pub(crate) fn shared_pace(
    store: &SharedStore,
    owner: &Owner,
    limit: u32,
) -> Result<Arc<dyn SharedPace>, Error> {
    Ok(Arc::new(redis::RedisPace::new(
        store,
        owner,
        u64::from(limit),
    )?))
}

/// A number from 0 to 1,000 that differs between callers.
fn spread() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0_u8) % 1_001
}

impl Permit<'_> {
    /// The service accepted the call.
    pub(super) fn accepted(mut self) {
        self.end(End::Accepted);
    }

    /// The call was never sent: its units are free at once.
    pub(super) fn unsent(mut self) {
        self.end(End::Unsent);
    }

    /// The service refused the call for its rate: all callers wait.
    pub(super) fn refused(mut self, asked: Option<Duration>) {
        let learns = self.governor.learns;
        let longest = if learns { LONGEST_ASKED } else { LONGEST_STOP };
        let asked =
            asked.map(|asked| u64::try_from(asked.min(longest).as_millis()).unwrap_or(u64::MAX));
        let Some(grant) = self.grant.take() else {
            return;
        };
        self.settle(true);
        let mut stopped = 0;
        self.governor.over(|now, window| {
            if learns {
                window.refuse(now, grant, asked, spread());
            } else {
                window.end(now, grant, End::Other);
                window.stop(now, asked.unwrap_or_default());
            }
            stopped = window.stopped_for(now);
        });
        if let Some(shared) = &self.governor.terms.shared {
            shared.stop(Duration::from_millis(stopped));
        }
    }

    fn settle(&mut self, was_sent: bool) {
        if let (Some(taken), Some(shared)) = (self.taken.take(), &self.governor.terms.shared) {
            shared.settle(taken, was_sent);
        }
    }

    fn end(&mut self, end: End) {
        if let Some(grant) = self.grant.take() {
            self.settle(!matches!(end, End::Unsent));
            self.governor
                .over(|now, window| window.end(now, grant, end));
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.end(End::Other);
    }
}

debug!(Governor, self => quota: self.quota);

#[cfg(test)]
mod tests;
