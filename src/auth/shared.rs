//! State that processes share: tokens, and the pace of calls.

#![cfg_attr(
    not(feature = "redis"),
    allow(dead_code, reason = "only a store that is built in reads them")
)]

use std::sync::Arc;

use url::Url;

use super::store::redis::RedisTokenStore;
use super::{GmailAuthConfig, Secret, ServiceAccountAuthConfig, TokenStore};
use crate::error::Error;

/// A store shared by several hosts.
#[derive(Clone)]
pub(crate) struct SharedStore {
    pub(crate) address: Url,
    /// The key that encrypts its tokens; by default one derived from the credentials.
    pub(crate) key: Option<Secret>,
}

/// The owner of tokens and quota.
pub(crate) struct Owner {
    /// The project; Google also limits its users together.
    pub(crate) project: String,
    /// The user.
    pub(crate) user: Secret,
}

/// Identifies the tokens to every process that shares them.
pub(crate) struct Identity {
    pub(crate) account: String,
    pub(crate) scopes: String,
    pub(crate) secret: Option<Secret>,
    pub(crate) owner: Owner,
}

impl SharedStore {
    /// Parses the store's URL.
    ///
    /// # Errors
    ///
    /// If the scheme is unknown or the feature `redis` is missing.
    pub(crate) fn new(address: &str, key: Option<Secret>) -> Result<Self, Error> {
        let unknown = || {
            Error::configuration(
                "the url of the shared store is not valid; give one like redis://host:6379 or rediss://host:6379",
            )
        };
        let address = Url::parse(address).map_err(|_| unknown())?;
        if !["redis", "rediss", "valkey", "valkeys"].contains(&address.scheme()) {
            return Err(unknown());
        }
        if cfg!(not(feature = "redis")) {
            return Err(Self::not_built_in());
        }
        Ok(Self { address, key })
    }

    pub(crate) fn not_built_in() -> Error {
        Error::configuration(
            "this program was built without the feature `redis`; build it with `redis` to share a store",
        )
    }

    /// Checks that the store works.
    pub(crate) async fn check(&self) -> Result<(), Error> {
        RedisTokenStore::check(self).await
    }

    /// The store of an account's tokens; `None` if they can't be renewed anyway.
    pub(crate) fn tokens(&self, identity: &Identity) -> Result<Option<Arc<dyn TokenStore>>, Error> {
        if identity.account.is_empty() {
            return Ok(None);
        }
        Ok(Some(Arc::new(RedisTokenStore::new(self, identity)?)))
    }
}

// The URL can contain a password.
debug!(SharedStore, self);

impl From<&GmailAuthConfig> for Identity {
    fn from(auth: &GmailAuthConfig) -> Self {
        let client = auth.client_id.as_deref().unwrap_or_default();
        let token = auth.refresh_token.as_ref().map(Secret::expose);
        let access = auth.access_token.as_ref().map(Secret::expose);
        Self {
            account: token.map_or_else(String::new, |token| format!("{client} {token}")),
            scopes: String::new(),
            secret: auth.refresh_token.clone(),
            owner: Owner {
                // Client ids begin with the project number.
                project: client.split('-').next().unwrap_or_default().to_owned(),
                user: Secret::from(token.or(access).unwrap_or_default()),
            },
        }
    }
}

impl ServiceAccountAuthConfig {
    /// The owner of these tokens.
    pub(crate) fn identity(&self) -> Result<Identity, Error> {
        let (mailbox, email) = (self.mailbox()?, self.account.email());
        // A service account's email address ends with its project.
        let project = email.and_then(|email| email.split('@').nth(1));
        Ok(Identity {
            account: format!("{} {mailbox}", email.unwrap_or("this machine")),
            scopes: self.scope(),
            secret: self.secret().cloned(),
            owner: Owner {
                project: project.unwrap_or("this machine").to_owned(),
                user: Secret::from(mailbox),
            },
        })
    }
}
