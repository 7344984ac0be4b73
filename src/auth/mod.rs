//! Credentials and tokens: how to get, keep and renew them.
//!
//! A connector gets its tokens automatically. The public items here change how: a [`TokenSource`] supplies access
//! tokens; a [`TokenStore`] (memory, file, keyring, or your own) keeps new ones; an [`AccountDirectory`] holds the
//! accounts that `airbyte-gmail auth login` stored. The scopes of operations and the callbacks of consent pages are
//! here too. The feature `oauth` has the rest of signing in.

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
