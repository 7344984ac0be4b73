//! Builds a connector from its settings.

use std::sync::Arc;
use std::time::Duration;

use progenitor_client::ClientInfo;
use tokio::sync::OnceCell;

use super::GmailConnector;
use crate::airbyte::Airbyte;
use crate::api::airbyte::operation::BASE_URL as AIRBYTE_URL;
use crate::api::gmail::{Client, operation};
use crate::auth::{
    AirbyteAuthConfig, AuthConfig, GOOGLE_TOKEN_URL, GoogleTokenSource, Identity, Secret,
    ServiceAccountAuthConfig, SharedStore, StoreObserver, TokenCache, TokenSource, TokenStore,
};
use crate::error::Error;
use crate::http::{Http, Limits, base, check_url, is_loopback};
use crate::operation::Mode;
use crate::transport::{
    Direct, Governor, Hosted, Observer, Quota, RetryBudget, RetryPolicy, Terms, Transport,
    is_connector_id, shared_pace,
};

/// The settings of a connector.
///
/// ```
/// use airbyte_agent_gmail::{GmailAuthConfig, GmailConnector};
///
/// let auth = GmailAuthConfig::new("1//refresh-token").with_client("client-id", "client-secret");
/// let gmail = GmailConnector::builder(auth).base_url("https://gmail.googleapis.com").build()?;
/// # Ok::<(), airbyte_agent_gmail::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct GmailConnectorBuilder {
    auth: AuthConfig,
    base_url: Option<String>,
    token_url: String,
    http: Option<reqwest::Client>,
    limits: Limits,
    gzip: bool,
    store: Option<Arc<dyn TokenStore>>,
    store_observer: Option<StoreObserver>,
    pub(super) shared_store: Option<String>,
    pub(super) store_key: Option<Secret>,
    keeps_previous: bool,
    retry: RetryPolicy,
    quota: Option<Quota>,
    quota_units: Vec<(String, u32)>,
    leaves_room: bool,
    before_quota_wait: Option<QuotaObserver>,
    after_quota_wait: Option<QuotaObserver>,
    intent: Option<String>,
}

/// An observer supplied by the caller; `Debug` has nothing to print.
#[derive(Clone)]
struct QuotaObserver(Observer);

debug!(QuotaObserver, self);

/// The source of access tokens, and their owner.
struct Origin {
    source: Arc<dyn TokenSource>,
    access_token: Option<Secret>,
    refresh_token: Option<Secret>,
    identity: Option<Identity>,
    /// The service account, if any; its connectors share tokens.
    account: Option<ServiceAccountAuthConfig>,
}

impl Origin {
    fn of(source: Arc<dyn TokenSource>) -> Self {
        Self {
            source,
            access_token: None,
            refresh_token: None,
            identity: None,
            account: None,
        }
    }
}

impl GmailConnectorBuilder {
    pub(super) fn new(auth: AuthConfig) -> Self {
        Self {
            auth,
            base_url: None,
            token_url: GOOGLE_TOKEN_URL.to_owned(),
            http: None,
            limits: Limits::default(),
            gzip: true,
            store: None,
            store_observer: None,
            shared_store: None,
            store_key: None,
            keeps_previous: false,
            retry: RetryPolicy::default(),
            quota: None,
            quota_units: Vec::new(),
            leaves_room: false,
            before_quota_wait: None,
            after_quota_wait: None,
            intent: None,
        }
    }

    /// The mode, which follows from the credentials.
    pub fn mode(&self) -> Mode {
        match self.auth {
            AuthConfig::Airbyte(_) => Mode::Hosted,
            _ => Mode::OpenSource,
        }
    }

    /// Sets the URL of the API: https, or http on this machine.
    ///
    /// Default: `https://gmail.googleapis.com` (open source) or `https://api.airbyte.ai` (hosted).
    #[must_use]
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// States the reason for the calls; see [`GmailConnector::with_intent`]. Default: not sent.
    #[must_use]
    pub fn intent(mut self, intent: impl Into<String>) -> Self {
        self.intent = Some(intent.into());
        self
    }

    /// Sets the URL of Google's token endpoint. Default: [`GOOGLE_TOKEN_URL`].
    #[must_use]
    pub fn token_url(mut self, token_url: impl Into<String>) -> Self {
        self.token_url = token_url.into();
        self
    }

    /// Sets the HTTP client, for proxies, certificates and limits of your own.
    ///
    /// The default client has this crate's limits and never follows a redirect. Configure yours the same way, because a
    /// redirect could carry a token elsewhere. For https, the default client uses the environment's proxies
    /// (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`); a variable that can't be read is an error of [`build`](Self::build).
    /// It uses no proxy for http, which only goes to this machine. On Linux, it uses the certificates in
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR` instead of the system's.
    ///
    /// This crate uses reqwest with `rustls-no-provider`, which can't build a client until a TLS provider is installed:
    /// add reqwest with its feature `rustls` to your own `Cargo.toml`.
    ///
    /// If one process has connectors for many users, give them clones of one client: they share its connections, and an
    /// idle connector takes 1 KB. Otherwise each has its own connections, and takes 5 KB.
    #[must_use]
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }

    /// Sets the limits on the time of an exchange and the size of an answer.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Whether to request gzip. Default: yes.
    ///
    /// Mail then takes a third to a half of the bytes on the network, and some CPU to decompress.
    ///
    /// Google sends gzip only if `User-Agent` mentions it too
    /// (<https://developers.google.com/workspace/gmail/api/guides/performance#gzip>). This crate's own does; your
    /// [`http_client`](Self::http_client) must do the same, for instance as `my-program (gzip)`.
    ///
    /// ```
    /// use airbyte_agent_gmail::{GmailAuthConfig, GmailConnector};
    ///
    /// let gmail = GmailConnector::builder(GmailAuthConfig::from_access_token("token")).gzip(false).build()?;
    /// # Ok::<(), airbyte_agent_gmail::Error>(())
    /// ```
    #[must_use]
    pub fn gzip(mut self, gzip: bool) -> Self {
        self.gzip = gzip;
        self
    }

    /// Sets where tokens are kept between runs and shared between processes.
    ///
    /// A stored refresh token is newer than the configured one, and takes precedence. Default: tokens last as long as
    /// the connector.
    #[must_use]
    pub fn token_store(mut self, store: Arc<dyn TokenStore>) -> Self {
        self.store = Some(store);
        self
    }

    /// Shares tokens and the pace of calls between processes on several hosts, through a Redis or Valkey server.
    ///
    /// The URL is `redis://[user:password@]host[:port][/database]`, or `rediss://…` with TLS. Needs the feature
    /// `redis`. The [guide](crate::guide::hosts) says what is shared, and what happens when the server is down. If you
    /// also set a [`token_store`](Self::token_store), tokens go there instead. Default: nothing is shared.
    ///
    /// The tokens are encrypted (ChaCha20-Poly1305) with [`store_key`](Self::store_key).
    #[must_use]
    pub fn shared_store(mut self, address: impl Into<String>) -> Self {
        self.shared_store = Some(address.into());
        self
    }

    /// Sets the key for the tokens in the [`shared_store`](Self::shared_store).
    ///
    /// It is 32 bytes in base64, the same for all processes. Default: a key derived (HKDF-SHA256) from the refresh
    /// token or the service account's key, so processes with the same credentials don't need one.
    #[must_use]
    pub fn store_key(mut self, key: impl Into<Secret>) -> Self {
        self.store_key = Some(key.into());
        self
    }

    /// Checks that the [`shared_store`](Self::shared_store) works: connects, signs in, and runs the commands it needs.
    ///
    /// Calls also work without the store; this is for programs that want to know at startup. Without a shared store, it
    /// does nothing.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use airbyte_agent_gmail::{GmailAuthConfig, GmailConnector};
    ///
    /// let auth = GmailAuthConfig::new("refresh-token").with_client("client-id", "client-secret");
    /// // Nobody listens there.
    /// let builder = GmailConnector::builder(auth).shared_store("redis://127.0.0.1:9");
    /// assert!(builder.check_shared_store().await.is_err());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`is_configuration`](Error::is_configuration) for an invalid URL, and
    /// [`is_token_store_failed`](Error::is_token_store_failed) with the server's error as its
    /// [source](std::error::Error::source).
    pub async fn check_shared_store(&self) -> Result<(), Error> {
        match &self.shared_store {
            Some(address) => {
                SharedStore::new(address, self.store_key.clone())?
                    .check()
                    .await
            }
            None => Ok(()),
        }
    }

    /// Says that the token endpoint rotates refresh tokens, and accepts the old one until the new one has been used.
    ///
    /// A new one then stays unused until it is stored. Default: no; Google doesn't rotate them. See
    /// [`TokenSource::keeps_previous`].
    #[must_use]
    pub fn keeps_previous_refresh_token(mut self, keeps: bool) -> Self {
        self.keeps_previous = keeps;
        self
    }

    /// Sets a function to call when the token store fails, once per problem.
    ///
    /// Calls still work, but a new token might not be saved. The error's [source](std::error::Error::source) names the
    /// file. Without such a function, a `tracing` event at level WARN reports the error.
    ///
    /// ```
    /// use airbyte_agent_gmail::{GmailAuthConfig, GmailConnector};
    ///
    /// let gmail = GmailConnector::builder(GmailAuthConfig::from_access_token("token"))
    ///     .on_token_store_warning(|warning| println!("{warning}"))
    ///     .build()?;
    /// # Ok::<(), airbyte_agent_gmail::Error>(())
    /// ```
    #[must_use]
    pub fn on_token_store_warning(
        mut self,
        observer: impl Fn(&Error) + Send + Sync + 'static,
    ) -> Self {
        self.store_observer = Some(StoreObserver(Arc::new(observer)));
        self
    }

    /// Sets when to send a request again.
    #[must_use]
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Sets the pace of calls in open-source mode; see [`Quota`] for the default.
    #[must_use]
    pub fn quota(mut self, quota: Quota) -> Self {
        self.quota = Some(quota);
        self
    }

    /// Overrides the cost of an operation, in case Google's table changes.
    ///
    /// The default is its [`quota_units`](crate::operation::Operation::quota_units). Call this once per operation, with
    /// the operation's id.
    ///
    /// ```
    /// use airbyte_agent_gmail::{GmailAuthConfig, GmailConnector};
    ///
    /// let gmail = GmailConnector::builder(GmailAuthConfig::from_access_token("token"))
    ///     .quota_units("messages_get", 60)
    ///     .build()?;
    /// # Ok::<(), airbyte_agent_gmail::Error>(())
    /// ```
    #[must_use]
    pub fn quota_units(mut self, operation_id: impl Into<String>, units: u32) -> Self {
        self.quota_units.push((operation_id.into(), units));
        self
    }

    /// Whether to start with less than half of the quota. Default: no.
    ///
    /// This leaves room for other programs of the same user and project. From the sixth minute on, the rest is used bit
    /// by bit, as long as nothing is refused.
    ///
    /// ```
    /// use airbyte_agent_gmail::{GmailAuthConfig, GmailConnector};
    ///
    /// let gmail = GmailConnector::builder(GmailAuthConfig::from_access_token("token")).leave_room(true).build()?;
    /// # Ok::<(), airbyte_agent_gmail::Error>(())
    /// ```
    #[must_use]
    pub fn leave_room(mut self, leave: bool) -> Self {
        self.leaves_room = leave;
        self
    }

    /// Sets a function to call when calls start to wait for the quota, with the expected duration.
    ///
    /// It is called once per wait, however many calls wait, and only if the wait is a second or longer.
    ///
    /// ```
    /// use airbyte_agent_gmail::{GmailAuthConfig, GmailConnector};
    ///
    /// let gmail = GmailConnector::builder(GmailAuthConfig::from_access_token("token"))
    ///     .before_quota_wait(|wait| eprintln!("waiting {} s for the quota", wait.as_secs()))
    ///     .build()?;
    /// # Ok::<(), airbyte_agent_gmail::Error>(())
    /// ```
    #[must_use]
    pub fn before_quota_wait(
        mut self,
        observer: impl Fn(Duration) + Send + Sync + 'static,
    ) -> Self {
        self.before_quota_wait = Some(QuotaObserver(Arc::new(observer)));
        self
    }

    /// Sets a function to call after each call's wait for the quota.
    ///
    /// It is called for waits for units and for the limit on concurrent calls.
    ///
    /// ```
    /// use airbyte_agent_gmail::{GmailAuthConfig, GmailConnector, Quota};
    ///
    /// let gmail = GmailConnector::builder(GmailAuthConfig::from_access_token("token"))
    ///     .quota(Quota::legacy())
    ///     .on_quota_wait(|waited| println!("waited for {waited:?}"))
    ///     .build()?;
    /// # Ok::<(), airbyte_agent_gmail::Error>(())
    /// ```
    #[must_use]
    pub fn on_quota_wait(mut self, observer: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        self.after_quota_wait = Some(QuotaObserver(Arc::new(observer)));
        self
    }

    /// Builds the connector; sends nothing yet.
    ///
    /// # Errors
    ///
    /// [`is_configuration`](Error::is_configuration): the credentials are incomplete, a URL is neither https nor on
    /// this machine, or [`quota_units`](Self::quota_units) names an unknown operation.
    pub fn build(mut self) -> Result<GmailConnector, Error> {
        let intent = self.intent.take();
        let gmail = self.connect()?;
        match intent {
            Some(intent) => gmail.with_intent(intent),
            None => Ok(gmail),
        }
    }

    fn connect(self) -> Result<GmailConnector, Error> {
        match self.auth.clone() {
            AuthConfig::Gmail(auth) => {
                let auth = auth.checked()?;
                if auth.refresh_token.is_none() && auth.access_token.is_none() {
                    return Err(Error::configuration(
                        "no google credentials: give a refresh token, or an access token",
                    ));
                }
                let identity = Identity::from(&auth);
                let http = Http::new(self.http.clone(), self.limits, self.gzip)?;
                let source = Arc::new(GoogleTokenSource {
                    http: http.clone(),
                    token_url: check_url("token url", &self.token_url)?,
                    client_id: auth.client_id,
                    client_secret: auth.client_secret,
                    keeps_previous: self.keeps_previous,
                });
                self.open_source(
                    http,
                    Origin {
                        source,
                        access_token: auth.access_token,
                        refresh_token: auth.refresh_token,
                        identity: Some(identity),
                        account: None,
                    },
                )
            }
            AuthConfig::ServiceAccount(auth) => {
                let http = match self.http.clone() {
                    Some(own) => Http::new(Some(own), self.limits, self.gzip)?,
                    None => auth.http(self.limits, self.gzip)?,
                };
                let source = auth.source(&http, &check_url("token url", &self.token_url)?)?;
                let mut origin = Origin::of(Arc::new(source));
                origin.identity = Some(auth.identity()?);
                origin.account = Some(auth);
                self.open_source(http, origin)
            }
            AuthConfig::Source(source) => {
                let http = Http::new(self.http.clone(), self.limits, self.gzip)?;
                self.open_source(http, Origin::of(source))
            }
            AuthConfig::Airbyte(auth) => self.hosted(auth.checked()?),
        }
    }

    /// The store that processes share, if any.
    fn shared(&self, origin: &Origin) -> Result<Option<SharedStore>, Error> {
        let Some(address) = &self.shared_store else {
            return Ok(None);
        };
        let store = SharedStore::new(address, self.store_key.clone())?;
        if origin.identity.is_none() && self.store.is_none() {
            return Err(Error::configuration(
                "a token source of your own does not say whose tokens it gives, so they can't be shared; give a \
                 `token_store`",
            ));
        }
        Ok(Some(store))
    }

    fn open_source(self, http: Http, origin: Origin) -> Result<GmailConnector, Error> {
        let shared = self.shared(&origin)?;
        let base_url = check_url(
            "gmail api url",
            self.base_url.as_deref().unwrap_or(operation::BASE_URL),
        )?;
        let quota = self.quota.unwrap_or_else(|| {
            if is_loopback(&base_url) {
                Quota::unlimited()
            } else {
                Quota::current()
            }
        });
        let units = self
            .quota_units
            .into_iter()
            .map(|(id, units)| match operation::TABLE.by_id(&id) {
                Some(row) => Ok((row.id, units)),
                None => Err(Error::configuration("quota units are given for an unknown operation; use an operation's id, such as messages_get",
                )),
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let observer = |observer: Option<QuotaObserver>| observer.map(|QuotaObserver(own)| own);
        let terms = Terms {
            units,
            leaves_room: self.leaves_room,
            before: observer(self.before_quota_wait),
            after: observer(self.after_quota_wait),
            shared: match (&shared, &origin.identity, quota.units_per_minute) {
                (Some(store), Some(identity), Some(limit)) => {
                    Some(shared_pace(store, &identity.owner, limit)?)
                }
                _ => None,
            },
        };
        let store = match (self.store, &shared, &origin.identity) {
            (Some(own), ..) => Some(own),
            (None, Some(store), Some(identity)) => store.tokens(identity)?,
            _ => None,
        };
        let has_store = store.is_some();
        let make = || {
            TokenCache::with_store(
                origin.source,
                origin.access_token,
                origin.refresh_token,
                store,
                self.store_observer,
            )
        };
        let token = match origin.account {
            Some(account) if !has_store => account.shared_tokens(make)?,
            _ => make(),
        };
        let transport = Transport::direct(Direct {
            http: http.clone(),
            base_url: base(&base_url)?,
            token: Some(token),
            organization_id: None,
            retry: self.retry,
            quota: Governor::new(quota, terms),
            budget: RetryBudget::default(),
        });
        Ok(GmailConnector {
            client: Client::new_with_client(&base_url, http.client().clone(), transport.clone()),
            transport,
            airbyte: None,
        })
    }

    fn hosted(self, auth: AirbyteAuthConfig) -> Result<GmailConnector, Error> {
        let connector_id = auth.connector_id.clone();
        let customer = auth.customer();
        if connector_id.is_none() && customer.is_none() {
            return Err(Error::configuration(
                "which connector? give a connector id (AIRBYTE_CONNECTOR_ID), or the customer's (workspace's) name \
                 (AIRBYTE_CUSTOMER_NAME)",
            ));
        }
        if connector_id
            .as_deref()
            .is_some_and(|id| !is_connector_id(id))
        {
            return Err(Error::configuration(
                "the connector id is not valid; check it",
            ));
        }
        let mut builder = Airbyte::builder(auth)
            .base_url(self.base_url.unwrap_or_else(|| AIRBYTE_URL.to_owned()))
            .retry(self.retry)
            .limits(self.limits)
            .gzip(self.gzip);
        if let Some(http) = self.http {
            builder = builder.http_client(http);
        }
        let airbyte = builder.build()?;
        let transport = Transport::hosted(Hosted {
            airbyte: airbyte.client().clone(),
            customer,
            connector_id: OnceCell::new_with(connector_id),
            definition_id: operation::TABLE.definition_id,
        });
        Ok(GmailConnector {
            // This URL only shapes the requests; all of them go to Airbyte.
            client: Client::new_with_client(
                operation::BASE_URL,
                airbyte.client().client().clone(),
                transport.clone(),
            ),
            transport,
            airbyte: Some(airbyte),
        })
    }
}
