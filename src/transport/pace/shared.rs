//! The pace shared by several processes: each call takes its units from the same minute.

#![cfg_attr(
    not(feature = "redis"),
    allow(dead_code, reason = "only a store that is built in reads them")
)]

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// The future answer of a shared pace.
pub(crate) type Answer<'a> =
    Pin<Box<dyn Future<Output = Option<Result<Taken, Duration>>> + Send + 'a>>;

/// Units taken from a minute, and the time slice they are entered under.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) units: u64,
    pub(crate) slice: u64,
}

/// A minute shared by several processes.
pub(crate) trait SharedPace: Send + Sync {
    /// Takes units, or returns how long to wait; `None` if the pace can't be reached.
    fn take(&self, units: u64) -> Answer<'_>;

    /// Records that the call has ended, and whether it was sent.
    fn settle(&self, taken: Taken, was_sent: bool);

    /// Stops the calls of all processes for a time, after a refusal.
    fn stop(&self, time: Duration);

    /// The number of processes, as of the last answer.
    fn processes(&self) -> u64;
}
