//! Credentials and tokens: how a token is got, kept, and got again.
//!
//! A connector does the getting by itself. What is public here is for getting and keeping: a [`TokenSource`] of your own
//! gives access tokens; a [`TokenStore`] (in memory, in a file, in the keyring, or one of your own) takes each token that
//! is new; and an [`AccountDirectory`] has what `airbyte-gmail auth login` has stored. The scopes that operations need,
//! and what a consent page sends back, are here too; the feature `oauth` has the rest of signing in.

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
