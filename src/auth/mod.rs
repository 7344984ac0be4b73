//! Credentials and tokens: how a token is got, kept, and got again.
//!
//! A connector does the getting by itself. What is public here is for keeping: a [`TokenStore`] (in memory, in a file, in
//! the keyring, or one of your own) takes each token that is new, and an [`AccountDirectory`] has what
//! `airbyte-gmail auth login` has stored.

mod account;
mod cache;
mod config;
mod google;
mod secret;
mod store;

pub use account::{Account, AccountDirectory, TokenPlace};
pub(crate) use cache::{Bearer, FetchToken, Grant, Granted, TokenCache};
pub use config::{AirbyteAuthConfig, AuthConfig, GmailAuthConfig};
pub(crate) use config::{Customer, variable};
pub use google::GOOGLE_TOKEN_URL;
pub(crate) use google::GoogleGrant;
#[cfg(feature = "oauth")]
pub(crate) use google::{post_form, revoke};
pub use secret::Secret;
pub(crate) use secret::is_same;
#[cfg(feature = "oauth")]
pub(crate) use secret::{check_credential, trimmed};
pub use store::{FileTokenStore, MemoryTokenStore, StoreFuture, StoreLock, TokenSet, TokenStore};
#[cfg(feature = "keyring")]
pub use store::{Keyring, KeyringTokenStore};
