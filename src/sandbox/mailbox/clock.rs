//! The mailbox's clock.

use std::time::{SystemTime, UNIX_EPOCH};

/// The machine's clock, unless it is stopped.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Clock {
    /// The time at which it is stopped, in milliseconds since 1970.
    pub(super) stopped: Option<i64>,
}

impl Clock {
    /// The current time in milliseconds since 1970.
    pub(super) fn now(self) -> i64 {
        self.stopped.unwrap_or_else(|| {
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .ok()
                .and_then(|age| i64::try_from(age.as_millis()).ok())
                .unwrap_or_default()
        })
    }
}

/// A number that looks random but is the same on every run.
pub(super) fn scramble(seed: u64) -> u64 {
    let mut value = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
