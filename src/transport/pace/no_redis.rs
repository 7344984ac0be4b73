//! Stands in for the Redis pace in builds without the feature `redis`, where no store has a URL.

use std::time::Duration;

use super::shared::{Answer, SharedPace, Taken};
use crate::auth::{Owner, SharedStore};
use crate::error::Error;

/// A minute shared through Redis; has no values without the feature `redis`.
pub(crate) enum RedisPace {}

impl RedisPace {
    pub(crate) fn new(_: &SharedStore, _: &Owner, _: u64) -> Result<Self, Error> {
        Err(SharedStore::not_built_in())
    }
}

impl SharedPace for RedisPace {
    fn take(&self, _: u64) -> Answer<'_> {
        match *self {}
    }

    fn settle(&self, _: Taken, _: bool) {
        match *self {}
    }

    fn stop(&self, _: Duration) {
        match *self {}
    }

    fn processes(&self) -> u64 {
        match *self {}
    }
}
