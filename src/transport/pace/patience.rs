//! How long a call may wait for the quota, where what it is a part of says so.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

tokio::task_local! {
    static PATIENCE: Patience;
}

/// Until when a call may wait for the quota.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience(Option<Instant>);

impl Patience {
    /// As long as it takes: what many calls belong to does not end because of the pace.
    pub(crate) const UNBOUNDED: Self = Self(None);

    /// For a time from now on; one that no clock can say has no bound.
    pub(crate) fn lasting(time: Duration) -> Self {
        Self(Instant::now().checked_add(time))
    }

    /// That of what the call is a part of, or the call's own.
    pub(super) fn current(own: Duration) -> Self {
        PATIENCE
            .try_with(|patience| *patience)
            .unwrap_or_else(|_| Self::lasting(own))
    }

    /// The calls in a future have this patience, unless what it is a part of has one already.
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

    /// Whether it is at its end.
    pub(super) fn is_over(self) -> bool {
        self.0.is_some_and(|end| Instant::now() >= end)
    }
}
