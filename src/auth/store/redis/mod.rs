//! Tokens in Redis or Valkey, for processes on several hosts.

mod connection;
mod seal;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

use super::{
    Saved, StoreError, StoreFuture, StoreLock, StoreVersion, StoredTokens, TokenSet, TokenStore,
};
use crate::auth::shared::{Identity, SharedStore};
use crate::error::{Error, Kind};
pub(crate) use connection::Redis;
use seal::StoreKey;

/// How long the lease lasts if its holder stops renewing it.
const LEASE: Duration = Duration::from_secs(10);

/// How often the holder renews it.
const RENEWAL: Duration = Duration::from_secs(3);

/// How often to ask for it while another process holds it.
const PAUSE: Duration = Duration::from_millis(50);

/// How long another process may hold it. A connector waits less, and holds it for 40 seconds at most.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// Returns the version and the encrypted tokens.
const LOAD: &str = "return redis.call('HMGET', KEYS[1], 'version', 'tokens')";

/// Compare and swap. Sending the same save twice has no further effect.
const SAVE: &str = "
local version = redis.call('HGET', KEYS[1], 'version') or ''
if version == ARGV[2] then return 1 end
if version ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'tokens', ARGV[3])
if ARGV[4] == '0' then redis.call('PERSIST', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
return 1";

/// Takes the lease, or renews it if it is already ours.
const TAKE: &str = "
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1";

/// Renews the lease if it is still ours.
const RENEW: &str = "
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1";

/// Releases the lease if it is ours.
const RELEASE: &str = "
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1";

/// Uses the commands that the other scripts need.
const CHECK: &str = "
redis.call('HSET', KEYS[1], 'time', redis.call('TIME')[1])
redis.call('ZADD', KEYS[2], 1, 'one')
redis.call('SET', KEYS[3], 'one', 'PX', 1000)
redis.call('PERSIST', KEYS[3])
for at = 1, 3 do redis.call('PEXPIRE', KEYS[at], 1000) end
redis.call('DEL', KEYS[3])
return 1";

/// The encrypted tokens of one account and its scopes.
pub(crate) struct RedisTokenStore {
    redis: Arc<Redis>,
    key: StoreKey,
    entry: String,
    lease: String,
}

impl RedisTokenStore {
    /// The store of an account's tokens.
    ///
    /// # Errors
    ///
    /// If there is neither a key nor a secret to derive one from.
    pub(crate) fn new(store: &SharedStore, identity: &Identity) -> Result<Self, Error> {
        let key = match (&store.key, &identity.secret) {
            (Some(key), _) => StoreKey::given(key)?,
            (None, Some(secret)) => StoreKey::derived(secret),
            (None, None) => {
                return Err(Error::configuration(
                    "the tokens of credentials without a long-lived secret need a key in the shared store: set \
                     AIRBYTE_GMAIL_STORE_KEY (`store_key`) to 32 bytes in base64, the same on every host",
                ));
            }
        };
        let name = key.name(&[&identity.account, &identity.scopes])?;
        Ok(Self {
            redis: Redis::of(&store.address)?,
            key,
            // The braces keep both keys on one server of a cluster.
            entry: format!("airbyte-gmail:{{{name}}}:tokens"),
            lease: format!("airbyte-gmail:{{{name}}}:lease"),
        })
    }

    /// Runs one command of each kind needed, on keys that nobody else uses.
    ///
    /// # Errors
    ///
    /// The server's error.
    pub(crate) async fn check(store: &SharedStore) -> Result<(), Error> {
        let redis = Redis::of(&store.address)?;
        let names = ["hash", "set", "text"];
        let keys = names.map(|name| format!("airbyte-gmail:{{check}}:{name}"));
        let keys = keys.each_ref().map(String::as_str);
        let ran = redis.run::<bool>(CHECK, &keys, &[]).await;
        ran.map(drop).map_err(|error| {
            Error::new(
                Kind::TokenStore,
                "the shared store can't be used; see the cause",
            )
            .caused_by(std::io::Error::other(error))
        })
    }

    async fn read(&self) -> Result<StoredTokens, StoreError> {
        let (version, sealed): (Option<String>, Option<Vec<u8>>) =
            self.redis.run(LOAD, &[&self.entry], &[]).await?;
        let (Some(version), Some(sealed)) = (version, sealed) else {
            return Ok(StoredTokens::default());
        };
        let text = self.key.open(&self.entry, &sealed).ok_or_else(|| {
            format!(
                "the entry {} was not made with this key; delete it",
                self.entry
            )
        })?;
        // The parser's message could quote a token.
        let tokens = serde_json::from_slice(&text)
            .map_err(|_| format!("the entry {} holds no tokens; delete it", self.entry))?;
        Ok(StoredTokens::new(tokens, StoreVersion::new(version)))
    }

    async fn write(&self, tokens: &TokenSet, replaces: &StoreVersion) -> Result<Saved, StoreError> {
        let version = Redis::unique()?;
        let sealed = self.key.seal(&self.entry, serde_json::to_vec(tokens)?)?;
        // An expired access token is useless, but a refresh token may be the only copy, so its entry never expires.
        let ends = match (&tokens.refresh_token, tokens.remaining()) {
            (None, Some(left)) => u64::try_from(left.as_millis()).unwrap_or(u64::MAX).max(1),
            _ => 0,
        };
        let done: bool = self
            .redis
            .run(
                SAVE,
                &[&self.entry],
                &[&replaces.as_str(), &version, &sealed, &ends],
            )
            .await?;
        Ok(if done {
            Saved::Done(StoreVersion::new(version))
        } else {
            Saved::Conflict
        })
    }

    /// Waits for the lease, and holds it until the lock is released or dropped.
    async fn take(&self) -> Result<StoreLock, StoreError> {
        let holder = Redis::unique()?;
        let lease = u64::try_from(LEASE.as_millis())?;
        let started = Instant::now();
        while !self
            .redis
            .run::<bool>(TAKE, &[&self.lease], &[&holder, &lease])
            .await?
        {
            if started.elapsed() > LONGEST_WAIT {
                return Err("another process has held the lease for minutes; end it".into());
            }
            sleep(PAUSE).await;
        }
        let (redis, name) = (self.redis.clone(), self.lease.clone());
        let (keeps, mut over) = oneshot::channel::<()>();
        let keeper = tokio::spawn(async move {
            while timeout(RENEWAL, &mut over).await.is_err() {
                // After a lost lease another process holds it; the version check keeps their saves apart.
                let renewed = redis.run::<bool>(RENEW, &[&name], &[&holder, &lease]).await;
                if matches!(renewed, Ok(false)) {
                    return Ok(());
                }
            }
            redis
                .run::<bool>(RELEASE, &[&name], &[&holder])
                .await
                .map(drop)
        });
        // Dropping the lock without a release stops the keeper too.
        Ok(StoreLock::lease(async move { keeper.await? }).holding(keeps))
    }
}

impl TokenStore for RedisTokenStore {
    fn load(&self) -> StoreFuture<'_, StoredTokens> {
        Box::pin(self.read())
    }

    fn save<'a>(
        &'a self,
        tokens: &'a TokenSet,
        replaces: &'a StoreVersion,
    ) -> StoreFuture<'a, Saved> {
        Box::pin(self.write(tokens, replaces))
    }

    fn lock(&self) -> StoreFuture<'_, StoreLock> {
        Box::pin(self.take())
    }
}

debug!(RedisTokenStore, self => redis: self.redis);
