//! What several processes share: their tokens, and the pace of their calls.

#![cfg_attr(
    not(feature = "redis"),
    allow(dead_code, reason = "only a store that is built in reads them")
)]

use std::fmt;
use std::sync::Arc;

use url::Url;

use super::store::redis::RedisTokenStore;
use super::{GmailAuthConfig, Secret, ServiceAccountAuthConfig, TokenStore};
use crate::error::{Error, Kind};

/// A store of several hosts, by its address.
#[derive(Clone)]
pub(crate) struct SharedStore {
    pub(crate) address: Url,
    /// What the tokens in it are encrypted with; else what is derived from the credentials.
    pub(crate) key: Option<Secret>,
}

/// Whose tokens and whose quota it is.
pub(crate) struct Owner {
    /// The project, by which Google limits all users together.
    pub(crate) project: String,
    /// The user.
    pub(crate) user: Secret,
}

/// Whose tokens they are, and what is known to all processes that share them.
pub(crate) struct Identity {
    pub(crate) account: String,
    pub(crate) scopes: String,
    pub(crate) secret: Option<Secret>,
    pub(crate) owner: Owner,
}

impl SharedStore {
    /// The store of an address.
    ///
    /// # Errors
    ///
    /// The address is of no kind that is known here.
    pub(crate) fn new(address: &str, key: Option<Secret>) -> Result<Self, Error> {
        let unknown = || {
            Error::new(
                Kind::Configuration,
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
        Error::new(
            Kind::Configuration,
            "this program was built without the feature `redis`; build it with `redis` to share a store",
        )
    }

    /// Whether it can be used.
    pub(crate) async fn check(&self) -> Result<(), Error> {
        RedisTokenStore::check(self).await
    }

    /// The tokens of an account in it; none where they can't be renewed anyway.
    pub(crate) fn tokens(&self, identity: &Identity) -> Result<Option<Arc<dyn TokenStore>>, Error> {
        if identity.account.is_empty() {
            return Ok(None);
        }
        Ok(Some(Arc::new(RedisTokenStore::new(self, identity)?)))
    }
}

/// The address can hold a password.
impl fmt::Debug for SharedStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SharedStore")
            .finish_non_exhaustive()
    }
}

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
                // The number of the project is what the ids of its clients begin with.
                project: client.split('-').next().unwrap_or_default().to_owned(),
                user: Secret::from(token.or(access).unwrap_or_default()),
            },
        }
    }
}

impl ServiceAccountAuthConfig {
    /// Whose tokens these are.
    pub(crate) fn identity(&self) -> Result<Identity, Error> {
        let (mailbox, email) = (self.mailbox()?, self.account.email());
        // An account's address ends with the project's.
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
