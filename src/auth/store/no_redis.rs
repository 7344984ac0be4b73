//! Stands in for the Redis store in builds without the feature `redis`: [`SharedStore::new`] accepts no URL.

use super::{Saved, StoreFuture, StoreVersion, TokenSet, TokenStore};
use crate::auth::shared::{Identity, SharedStore};
use crate::error::Error;

/// The tokens of one account in Redis; has no values without the feature `redis`.
#[derive(Debug)]
pub(crate) enum RedisTokenStore {}

impl RedisTokenStore {
    pub(crate) fn new(_: &SharedStore, _: &Identity) -> Result<Self, Error> {
        Err(SharedStore::not_built_in())
    }

    pub(crate) async fn check(_: &SharedStore) -> Result<(), Error> {
        Err(SharedStore::not_built_in())
    }
}

impl TokenStore for RedisTokenStore {
    fn save<'a>(&'a self, _: &'a TokenSet, _: &'a StoreVersion) -> StoreFuture<'a, Saved> {
        match *self {}
    }
}
