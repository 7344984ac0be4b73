//! The pace that several processes keep together: each call takes its units of the same minute.

#![cfg_attr(
    not(feature = "redis"),
    allow(dead_code, reason = "only a store that is built in reads them")
)]

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// The answer of a shared pace, some time later.
pub(crate) type Answer<'a> =
    Pin<Box<dyn Future<Output = Option<Result<Taken, Duration>>> + Send + 'a>>;

/// Units that were taken of a minute, by the slice of time that they are noted under.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) units: u64,
    pub(crate) slice: u64,
}

/// A minute that several processes share.
pub(crate) trait SharedPace: Send + Sync {
    /// Takes units, or says how long to wait; `None` where nobody can be asked.
    fn take(&self, units: u64) -> Answer<'_>;

    /// The call has come to its end now, and was sent or was not.
    fn settle(&self, taken: Taken, was_sent: bool);

    /// The service has refused a call: nobody's goes out for so long.
    fn stop(&self, time: Duration);

    /// How many processes there were when the answer was last known.
    fn processes(&self) -> u64;
}
