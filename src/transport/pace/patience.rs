//! How long a call may wait for the quota, if a larger task sets that.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

tokio::task_local! {
    static PATIENCE: Patience;
}

/// The time until which a call may wait for the quota.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience(Option<Instant>);

impl Patience {
    /// As long as it takes: a task of many calls doesn't fail because of the pace.
    pub(crate) const UNBOUNDED: Self = Self(None);

    /// For a time from now on; a time beyond the clock's range means unbounded.
    pub(crate) fn lasting(time: Duration) -> Self {
        Self(Instant::now().checked_add(time))
    }

    /// The patience of the surrounding task, or the call's own.
    pub(super) fn current(own: Duration) -> Self {
        PATIENCE
            .try_with(|patience| *patience)
            .unwrap_or_else(|_| Self::lasting(own))
    }

    /// Gives this patience to all calls in a future, unless a surrounding task has already set one.
    #[cfg_attr(
        not(feature = "mail"),
        allow(dead_code, reason = "what makes many calls comes with mail")
    )]
    pub(crate) async fn of<F: Future>(self, future: F) -> F::Output {
        let patience = PATIENCE.try_with(|outer| *outer).unwrap_or(self);
        PATIENCE.scope(patience, future).await
    }

    /// When it ends.
    pub(super) fn end(self) -> Option<Instant> {
        self.0
    }

    /// Whether it has ended.
    pub(super) fn is_over(self) -> bool {
        self.0.is_some_and(|end| Instant::now() >= end)
    }
}
