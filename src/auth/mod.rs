//! Tokens: how one is got, kept, and got again.

mod airbyte;
mod cache;
mod google;
mod secret;
mod store;

pub(crate) use airbyte::AirbyteGrant;
pub(crate) use cache::{Bearer, Grant, TokenCache};
pub use google::GOOGLE_TOKEN_URL;
pub(crate) use google::GoogleGrant;
pub use secret::Secret;
pub use store::{MemoryTokenStore, StoreFuture, TokenSet, TokenStore};
