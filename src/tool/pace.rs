//! Measures how long a call takes, without the time a person takes to answer.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long a person has been asked so far.
#[derive(Debug, Default)]
pub(super) struct Pace {
    asked: Mutex<Asked>,
}

#[derive(Debug, Default)]
struct Asked {
    before: Duration,
    since: Option<Instant>,
}

impl Pace {
    /// Waits for a person.
    pub(super) async fn pause<T>(&self, asking: impl Future<Output = T>) -> T {
        self.lock().since = Some(Instant::now());
        let decision = asking.await;
        let mut asked = self.lock();
        if let Some(since) = asked.since.take() {
            asked.before += since.elapsed();
        }
        decision
    }

    /// Completes after `limit`, not counting time spent asking.
    pub(super) async fn over(&self, limit: Duration) {
        let begun = Instant::now();
        loop {
            let left = (limit + self.asked()).saturating_sub(begun.elapsed());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left).await;
        }
    }

    fn asked(&self) -> Duration {
        let asked = self.lock();
        asked.before + asked.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_time_passes_while_a_person_is_asked() {
        let pace = Pace::default();
        let begun = Instant::now();
        let work = async {
            pace.pause(tokio::time::sleep(Duration::from_secs(100)))
                .await;
        };
        let ((), ()) = futures_util::future::join(work, pace.over(Duration::from_secs(5))).await;
        let taken = begun.elapsed();
        assert!((105..107).contains(&taken.as_secs()), "{taken:?}");
    }
}
