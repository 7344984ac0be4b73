//! Credentials and tokens: how to get a token, keep it, and renew it.
//!
//! A connector gets its tokens by itself. With the public items here you can change how: a [`TokenSource`] of your own
//! gives access tokens; a [`TokenStore`] (in memory, in a file, in the keyring, or your own) keeps new tokens; and an
//! [`AccountDirectory`] has the accounts that `airbyte-gmail auth login` stored. The scopes that operations need, and
//! the callbacks of consent pages, are here too; the feature `oauth` has the rest of signing in.

mod account;
mod cache;
pub(crate) mod callback;
mod config;
mod credential_file;
mod renewal;
mod scope;
pub(crate) mod secret;
mod service_account;
mod shared;
pub(crate) mod source;
pub(crate) mod store;

pub use account::{Account, AccountDirectory, TokenPlace};
pub use cache::finish_refreshes;
pub(crate) use cache::{Bearer, StoreObserver, TokenCache};
pub use callback::{AirbyteCallback, CallbackError, airbyte_callback, google_callback};
pub use config::{AirbyteAuthConfig, AuthConfig, GmailAuthConfig};
pub(crate) use config::{Customer, check_variables, variable};
pub use credential_file::CredentialFile;
pub(crate) use credential_file::application_default;
pub use scope::{default_scopes, least_scopes, missing_scopes, read_only_scopes, refused_scopes};
pub use secret::Secret;
pub use service_account::{ServiceAccount, ServiceAccountAuthConfig};
pub(crate) use shared::{Identity, Owner, SharedStore};
pub(crate) use source::{AirbyteTokenSource, BearerTokenSource, GoogleTokenSource};
pub use source::{GOOGLE_TOKEN_URL, TokenFuture, TokenResponse, TokenSource};
pub use store::{
    FileTokenStore, InsecureStore, Keyring, KeyringTokenStore, MemoryTokenStore, Saved, StoreError,
    StoreFuture, StoreLock, StoreVersion, StoredTokens, TokenSet, TokenStore,
};
