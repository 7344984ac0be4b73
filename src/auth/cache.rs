//! One access token for many callers: fetched when it is needed, once at a time.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use futures_util::future::BoxFuture;
use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;

use super::google::GoogleGrant;
use super::{Secret, TokenSet, TokenStore};
use crate::error::{Error, Kind};

/// How long before its end a token is replaced: longer than the slowest call takes from here to the server, so that a
/// token does not end on the way. Google's own clients use 225 to 300 seconds.
const EARLY: Duration = Duration::from_secs(240);

/// A token that lives shorter than this is replaced at four fifths of its life instead; else every call would refresh.
const SHORT_LIFE: Duration = Duration::from_secs(1200);

/// How long a failed early refresh is not tried again while the old token still serves.
const EARLY_RETRY: Duration = Duration::from_secs(10);

/// How long a stored token must still live to be taken; one that ends sooner is replaced at once.
const WORTHWHILE: Duration = Duration::from_secs(20);

/// Where an access token comes from.
#[derive(Debug)]
pub(crate) enum Grant {
    /// A token that the caller gave, and that nothing can renew.
    Bearer,
    /// Google's refresh token grant.
    Google(GoogleGrant),
    /// A client of a service that gives tokens itself.
    Service(Box<dyn FetchToken>),
}

/// A source of tokens that stands on this module, and so is unknown to it.
pub(crate) trait FetchToken: fmt::Debug + Send + Sync {
    /// Asks for a new access token.
    fn fetch(&self) -> BoxFuture<'_, Result<Granted, Error>>;
}

/// What a grant gives.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) access_token: Secret,
    pub(crate) expires_in: Option<Duration>,
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) refresh_token_expires_in: Option<Duration>,
    pub(crate) scopes: Vec<String>,
}

impl Granted {
    /// The tokens as a store keeps them, with times in place of durations.
    pub(crate) fn into_tokens(self) -> TokenSet {
        let now = SystemTime::now();
        let after = |lifetime: Option<Duration>| lifetime.and_then(|life| now.checked_add(life));
        TokenSet {
            expires_at: after(self.expires_in),
            refresh_token_expires_at: after(self.refresh_token_expires_in),
            access_token: self.access_token,
            refresh_token: self.refresh_token,
            scopes: self.scopes,
        }
    }
}

/// An access token and its place in the order of tokens, so that a refused one is told from its successor.
#[derive(Clone, Debug)]
pub(crate) struct Bearer {
    pub(crate) token: Secret,
    generation: u64,
}

/// The cache of one access token. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct TokenCache {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    grant: Grant,
    store: Option<Arc<dyn TokenStore>>,
    state: Mutex<State>,
    flight: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct State {
    cached: Option<Cached>,
    /// Counts finished attempts, so that a caller who waited for one can tell.
    attempts: u64,
    last_error: Option<Error>,
    early_retry_at: Option<Instant>,
}

#[derive(Debug)]
struct Cached {
    bearer: Bearer,
    refresh_at: Option<Instant>,
    ends_at: Option<Instant>,
}

impl TokenCache {
    /// A cache that begins with a token, or with none. When the first one ends is not known: its refusal tells.
    pub(crate) fn new(
        grant: Grant,
        access_token: Option<Secret>,
        store: Option<Arc<dyn TokenStore>>,
    ) -> Self {
        let cached = access_token.map(|token| Cached {
            bearer: Bearer {
                token,
                generation: 0,
            },
            refresh_at: None,
            ends_at: None,
        });
        Self {
            shared: Arc::new(Shared {
                grant,
                store,
                state: Mutex::new(State {
                    cached,
                    ..State::default()
                }),
                flight: Arc::default(),
            }),
        }
    }

    /// The token to use now; with `refused`, another one than that.
    ///
    /// # Errors
    ///
    /// No token can be had: the consent is gone, the server failed, or something is missing in the configuration.
    pub(crate) async fn bearer(&self, refused: Option<&Bearer>) -> Result<Bearer, Error> {
        let attempts = match self.shared.usable(refused) {
            Ok(bearer) => return Ok(bearer),
            Err(attempts) => attempts,
        };
        let flight = self.shared.flight.clone().lock_owned().await;
        if let Ok(bearer) = self.shared.usable(refused) {
            return Ok(bearer);
        }
        let result = match self.shared.failed_since(attempts) {
            Some(error) => Err(error),
            None => self.fetch(flight).await,
        };
        match result {
            Err(error) if refused.is_none() && !error.is_token_store_failed() => {
                self.shared.still_valid().ok_or(error)
            }
            result => result,
        }
    }

    /// A task of its own: a caller who goes away in the middle must not lose a refresh token that the server has just
    /// rotated.
    async fn fetch(&self, flight: OwnedMutexGuard<()>) -> Result<Bearer, Error> {
        let shared = self.shared.clone();
        let task = tokio::spawn(async move {
            let result = shared.fetch().await;
            drop(flight);
            result
        });
        task.await.unwrap_or_else(|error| {
            Err(Error::new(
                Kind::TokenRefreshFailed,
                "the refresh was cut off; try again",
            )
            .caused_by(error))
        })
    }
}

impl Shared {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The cached token if it serves; else the number of attempts so far.
    fn usable(&self, refused: Option<&Bearer>) -> Result<Bearer, u64> {
        let state = self.state();
        let now = Instant::now();
        if let Some(cached) = &state.cached
            && refused.is_none_or(|refused| refused.generation != cached.bearer.generation)
        {
            let waits = state.early_retry_at.is_some_and(|at| now < at)
                && cached.ends_at.is_none_or(|at| now < at);
            if waits || cached.refresh_at.is_none_or(|at| now < at) {
                return Ok(cached.bearer.clone());
            }
        }
        Err(state.attempts)
    }

    /// The error of an attempt that others made while this caller waited: asking again at once would be a storm.
    fn failed_since(&self, attempts: u64) -> Option<Error> {
        let state = self.state();
        (state.attempts != attempts)
            .then(|| state.last_error.clone())
            .flatten()
    }

    /// A token that is due but not over: it outlives a failed early refresh.
    fn still_valid(&self) -> Option<Bearer> {
        let mut state = self.state();
        let now = Instant::now();
        let bearer = state
            .cached
            .as_ref()
            .filter(|cached| cached.ends_at.is_some_and(|at| now < at))
            .map(|cached| cached.bearer.clone());
        if bearer.is_some() {
            state.early_retry_at = Some(now + EARLY_RETRY);
        }
        bearer
    }

    async fn fetch(&self) -> Result<Bearer, Error> {
        let result = self.renew().await;
        if let Err(error) = &result
            && !error.is_token_store_failed()
        {
            self.note(error);
        }
        result
    }

    fn note(&self, error: &Error) {
        let mut state = self.state();
        state.attempts += 1;
        state.last_error = Some(error.clone());
    }

    /// Takes the token that another process has left in the store, or gets a new one and leaves that there.
    async fn renew(&self) -> Result<Bearer, Error> {
        let Some(store) = &self.store else {
            return Ok(self.keep(&self.ask().await?));
        };
        let failed = |message: &'static str| {
            move |source| Error::new(Kind::TokenStore, message).caused_by(StoreError(source))
        };
        // Held until the new tokens are stored, so that of several processes one refreshes and the others read.
        let _lock = store
            .lock()
            .await
            .map_err(failed("the token store can't be locked; see its cause"))
            .inspect_err(|error| self.note(error))?;
        let stored = store
            .load()
            .await
            .map_err(failed("the token store can't be read; see its cause"))
            .inspect_err(|error| self.note(error))?;
        if let Some(stored) = &stored {
            if let (Grant::Google(grant), Some(refresh_token)) =
                (&self.grant, &stored.refresh_token)
            {
                grant.adopt(refresh_token);
            }
            if self.is_new(stored) {
                return Ok(self.keep(&Granted {
                    expires_in: stored.remaining(),
                    access_token: stored.access_token.clone(),
                    refresh_token: None,
                    refresh_token_expires_in: None,
                    scopes: Vec::new(),
                }));
            }
        }
        let granted = self.ask().await?;
        let bearer = self.keep(&granted);
        let mut tokens = granted.into_tokens();
        if let Some(stored) = stored {
            tokens.complete(stored);
        }
        store
            .save(&tokens)
            .await
            .map_err(failed(
                "the new tokens could not be stored; they serve this process, but mend the store before it ends",
            ))?;
        Ok(bearer)
    }

    async fn ask(&self) -> Result<Granted, Error> {
        match &self.grant {
            Grant::Bearer => Err(Error::new(
                Kind::Unauthenticated,
                "the bearer token was refused and can't be renewed; give a new one, or a client id and secret",
            )),
            Grant::Google(grant) => grant.fetch().await,
            Grant::Service(service) => service.fetch().await,
        }
    }

    /// Whether stored tokens are others than those that have just ended or been refused here, and still live.
    fn is_new(&self, stored: &TokenSet) -> bool {
        let known = self
            .state()
            .cached
            .as_ref()
            .is_some_and(|cached| cached.bearer.token == stored.access_token);
        !known
            && stored
                .remaining()
                .is_none_or(|remaining| remaining > WORTHWHILE)
    }

    fn keep(&self, granted: &Granted) -> Bearer {
        let now = Instant::now();
        let mut state = self.state();
        let generation = state
            .cached
            .as_ref()
            .map_or(0, |cached| cached.bearer.generation)
            + 1;
        let bearer = Bearer {
            token: granted.access_token.clone(),
            generation,
        };
        state.cached = Some(Cached {
            bearer: bearer.clone(),
            // An end that the clock can't reach is none.
            refresh_at: granted
                .expires_in
                .and_then(|lifetime| now.checked_add(until_refresh(lifetime))),
            ends_at: granted
                .expires_in
                .and_then(|lifetime| now.checked_add(lifetime)),
        });
        state.attempts += 1;
        state.last_error = None;
        state.early_retry_at = None;
        bearer
    }
}

/// How long after its birth a token is replaced.
fn until_refresh(lifetime: Duration) -> Duration {
    if lifetime < SHORT_LIFE {
        lifetime * 4 / 5
    } else {
        lifetime - EARLY
    }
}

/// A store's own error, as the source of ours.
#[derive(Debug)]
struct StoreError(Box<dyn std::error::Error + Send + Sync>);

impl std::fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::error::Error for StoreError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_replaced_before_its_end_and_not_at_once() {
        assert_eq!(
            until_refresh(Duration::from_secs(3599)),
            Duration::from_secs(3359)
        );
        assert_eq!(
            until_refresh(Duration::from_secs(900)),
            Duration::from_secs(720)
        );
        assert_eq!(until_refresh(Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn a_lifetime_past_the_clock_s_end_is_none() {
        let cache = TokenCache::new(Grant::Bearer, None, None);
        cache.shared.keep(&Granted {
            access_token: "t".into(),
            expires_in: Some(Duration::MAX),
            refresh_token: None,
            refresh_token_expires_in: None,
            scopes: Vec::new(),
        });
        assert!(cache.shared.usable(None).is_ok());
    }
}
