//! One access token for many callers: carries out [`Renewal`]'s steps with the source, the store and the clocks.

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::renewal::{Answer, Event, Flight, Now, Purpose, Renewal, Step, StoreFailure};
use super::{InsecureStore, Secret, StoreError, TokenSource, TokenStore};
use crate::error::Error;

pub(crate) use super::renewal::Bearer;

/// The time limit of a refresh once the lock is held: loading, all attempts with their pauses, and earlier saves.
const REFRESH: Duration = Duration::from_secs(30);

/// The time limit for saving new tokens.
const SAVE: Duration = Duration::from_secs(5);

/// How long to wait for another process's lock: longer than a refresh may hold it.
const LOCK: Duration = Duration::from_secs(40);

/// Like `LOCK`, for a flight that only saves: no caller waits for it.
const SAVE_LOCK: Duration = Duration::from_secs(2);

/// How often to check for unsaved tokens while a refresh is in progress.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The number of refreshes in progress in this process.
static UNDER_WAY: LazyLock<watch::Sender<usize>> = LazyLock::new(|| watch::Sender::new(0));

/// Waits until this process has no refresh in progress, for `limit` at most.
///
/// Refreshes run in the background while the old token is still valid. Call this at the end of a program, or it may
/// exit after the server has answered but before the new tokens are saved.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// airbyte_agent_gmail::auth::finish_refreshes(std::time::Duration::from_secs(2)).await;
/// # }
/// ```
pub async fn finish_refreshes(limit: Duration) {
    let mut under_way = UNDER_WAY.subscribe();
    // Past the limit, all that is left is to exit.
    let _ = timeout(limit, under_way.wait_for(|count| *count == 0)).await;
}

/// Called with each error of the store.
#[derive(Clone)]
pub(crate) struct StoreObserver(pub(crate) Arc<dyn Fn(&Error) + Send + Sync>);

debug!(StoreObserver, self);

/// The cache of one access token, shared by its clones.
#[derive(Clone, Debug)]
pub(crate) struct TokenCache {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    source: Arc<dyn TokenSource>,
    store: Option<Arc<dyn TokenStore>>,
    observer: Option<StoreObserver>,
    renewal: Mutex<Renewal>,
    /// The number of the last flight that ended.
    ended: watch::Sender<u64>,
    /// Whether a task is waiting to save unsaved tokens.
    saves_later: AtomicBool,
}

impl TokenCache {
    /// A cache that starts with the configured tokens, if any.
    pub(crate) fn new(
        source: Arc<dyn TokenSource>,
        access_token: Option<Secret>,
        refresh_token: Option<Secret>,
    ) -> Self {
        Self::with_store(source, access_token, refresh_token, None, None)
    }

    /// Like `new`, with a store and an observer of its errors.
    pub(crate) fn with_store(
        source: Arc<dyn TokenSource>,
        access_token: Option<Secret>,
        refresh_token: Option<Secret>,
        store: Option<Arc<dyn TokenStore>>,
        observer: Option<StoreObserver>,
    ) -> Self {
        let renewal = Renewal::new(
            access_token,
            refresh_token,
            store.is_some(),
            source.keeps_previous(),
        )
        .spread(spread());
        Self {
            shared: Arc::new(Shared {
                source,
                store,
                observer,
                renewal: Mutex::new(renewal),
                ended: watch::Sender::new(0),
                saves_later: AtomicBool::new(false),
            }),
        }
    }

    /// A valid token; with `refused`, a different one than that.
    ///
    /// # Errors
    ///
    /// If no token is available: consent is gone, the server failed, or the configuration is incomplete.
    pub(crate) async fn bearer(&self, refused: Option<&Bearer>) -> Result<Bearer, Error> {
        loop {
            let answer = self.shared.renewal().ask(now(), refused);
            let number = match answer {
                Answer::Use(bearer, flight) => {
                    if let Some(flight) = flight {
                        self.start(flight);
                    }
                    return Ok(bearer);
                }
                Answer::Wait(number) => number,
                Answer::Start(flight) => {
                    let number = flight.number;
                    self.start(flight);
                    number
                }
            };
            let mut ended = self.shared.ended.subscribe();
            // The sender can't be dropped while `self` borrows the cache.
            let _ = ended.wait_for(|ended| *ended >= number).await;
            let outcome = self.shared.renewal().outcome(now(), number, refused);
            if let Some(result) = outcome {
                return result;
            }
        }
    }

    /// Spawns a task for a flight, so a cancelled caller doesn't lose a refresh token that the server just rotated.
    fn start(&self, flight: Flight) {
        let under_way = UnderWay::new(&self.shared, flight.number);
        if matches!(flight.step, Step::End) {
            return;
        }
        let shared = self.shared.clone();
        tokio::spawn(async move {
            shared.run(flight.purpose, flight.step).await;
            drop(under_way);
            shared.save_later();
        });
    }
}

/// A running flight; dropping it announces the end, whatever the reason.
struct UnderWay {
    shared: Arc<Shared>,
    number: u64,
}

impl UnderWay {
    fn new(shared: &Arc<Shared>, number: u64) -> Self {
        UNDER_WAY.send_modify(|count| *count += 1);
        Self {
            shared: shared.clone(),
            number,
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut renewal = self.shared.renewal();
        renewal.cut_off(now(), self.number);
        self.shared.ended.send_replace(self.number);
        drop(renewal);
        UNDER_WAY.send_modify(|count| *count -= 1);
    }
}

impl Shared {
    fn renewal(&self) -> MutexGuard<'_, Renewal> {
        self.renewal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn run(&self, purpose: Purpose, mut step: Step) {
        let mut lock = None;
        let mut deadline = Instant::now() + REFRESH;
        while !matches!(step, Step::End) {
            if matches!(step, Step::Lock) {
                let (event, given) = self.lock(purpose).await;
                lock = given;
                deadline = Instant::now() + REFRESH;
                step = self.report(event);
                continue;
            }
            let event = self.carry_out(step, deadline).await;
            step = self.report(event);
        }
        if let Some(lock) = lock {
            let lock: super::StoreLock = lock;
            // A lock that can't be released expires.
            let _ = timeout(SAVE, lock.release()).await;
        }
    }

    fn report(&self, event: Event) -> Step {
        let mut renewal = self.renewal();
        let step = renewal.step(now(), event);
        let warnings = renewal.take_warnings();
        drop(renewal);
        for warning in warnings {
            let cause = std::error::Error::source(&warning).map(ToString::to_string);
            tracing::warn!(cause, "{warning}");
            if let Some(StoreObserver(observer)) = &self.observer {
                observer(&warning);
            }
        }
        step
    }

    async fn lock(&self, purpose: Purpose) -> (Event, Option<super::StoreLock>) {
        let Some(store) = &self.store else {
            return (Event::Locked, None);
        };
        let limit = match purpose {
            Purpose::Renew => LOCK,
            Purpose::Save => SAVE_LOCK,
        };
        match timeout(limit, store.lock()).await {
            Ok(Ok(lock)) => (Event::Locked, Some(lock)),
            Ok(Err(error)) => {
                let message = "the token store can't be locked, so a new token might not be saved; see the cause";
                (Event::LockFailed(failure(message, error)), None)
            }
            Err(_) => (Event::LockBusy, None),
        }
    }

    async fn carry_out(&self, step: Step, deadline: Instant) -> Event {
        let Some(store) = &self.store else {
            return match step {
                Step::Fetch(token) => self.fetch(token, deadline).await,
                _ => Event::LoadFailed(failure("there is no token store", "no store".into())),
            };
        };
        match step {
            Step::Fetch(token) => self.fetch(token, deadline).await,
            Step::Save(tokens, replaces) => Event::Saved(
                within(Instant::now() + SAVE, store.save(&tokens, &replaces))
                    .await
                    .map_err(|error| {
                        failure(
                            "a new token can't be saved; it works until this process ends, and is saved as soon as the token store \
                             can be written again; see the cause",
                            error,
                        )
                    }),
            ),
            Step::CheckWritable => Event::Writable(
                within(Instant::now() + SAVE, store.check_writable())
                    .await
                    .map_err(|error| {
                        failure(
                            "the token store can't be written, so a new token can't be saved; see the cause",
                            error,
                        )
                    }),
            ),
            Step::Load | Step::Lock | Step::End => match within(deadline, store.load()).await {
                Ok(stored) => Event::Loaded(stored),
                Err(error) => {
                    let message = "the token store can't be read, so a new token can't be saved; see the cause";
                    Event::LoadFailed(failure(message, error))
                }
            },
        }
    }

    async fn fetch(&self, refresh_token: Option<Secret>, deadline: Instant) -> Event {
        match timeout_at(deadline, self.source.fetch(refresh_token.as_ref())).await {
            Ok(Ok(response)) => Event::Fetched(Box::new(response)),
            Ok(Err(error)) => Event::FetchFailed(error),
            Err(_) => Event::FetchFailed(Error::token_refresh_failed(format!(
                "the token endpoint gave no token within {} seconds; check the network and try again",
                REFRESH.as_secs()
            ))),
        }
    }

    /// Saves unsaved tokens later, even if no further call comes.
    fn save_later(self: &Arc<Self>) {
        {
            let renewal = self.renewal();
            if renewal.save_due().is_none() || self.saves_later.swap(true, Ordering::Relaxed) {
                return;
            }
        }
        let shared = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                let due = {
                    // A dropped connector has nothing to save for.
                    let Some(shared) = shared.upgrade() else {
                        return;
                    };
                    let renewal = shared.renewal();
                    let Some(due) = renewal.save_due() else {
                        shared.saves_later.store(false, Ordering::Relaxed);
                        return;
                    };
                    due.unwrap_or_else(|| Instant::now() + LOOK_AGAIN)
                };
                sleep_until(due).await;
                let Some(shared) = shared.upgrade() else {
                    return;
                };
                let flight = shared.renewal().begin_saving();
                match flight {
                    Some(flight) => {
                        let under_way = UnderWay::new(&shared, flight.number);
                        shared.run(flight.purpose, flight.step).await;
                        drop(under_way);
                    }
                    None => tokio::time::sleep(LOOK_AGAIN).await,
                }
            }
        });
    }
}

/// A number from 0 to 1,000 that differs between mailboxes and processes.
fn spread() -> u32 {
    use std::hash::{BuildHasher, RandomState};
    u32::try_from(RandomState::new().hash_one(0_u8) % 1_001).unwrap_or_default()
}

fn now() -> Now {
    Now {
        instant: Instant::now(),
        wall: SystemTime::now(),
    }
}

async fn within<T>(
    deadline: Instant,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    timeout_at(deadline, work)
        .await
        .unwrap_or_else(|_| Err("the token store did not answer in time".into()))
}

fn failure(message: &'static str, source: StoreError) -> StoreFailure {
    let insecure = source.is::<InsecureStore>();
    let message = if insecure {
        "the token store can't be trusted; see the cause"
    } else {
        message
    };
    StoreFailure::new(message, Cause(source), insecure)
}

/// A store's own error, as the source of ours.
#[derive(Debug)]
struct Cause(StoreError);

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::error::Error for Cause {}
