//! The connection to a Redis or Valkey server, shared by the whole process.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, ErrorKind, FromRedisValue, RedisConnectionInfo, RedisError, ToRedisArgs,
};
use ring::rand::{SecureRandom, SystemRandom};
use rustls::AlertDescription;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use url::Url;

use super::super::StoreError;
use crate::error::Error;
use crate::http::{connect, tls};

/// The type of causes in redis-rs errors.
type StdError = dyn std::error::Error + Send + Sync;

/// The timeout for connecting and for an answer: the server is near, and calls go on without it.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long to leave a server alone after it couldn't be reached, so not every call waits for it.
const PAUSE: Duration = Duration::from_millis(500);

static SERVERS: LazyLock<Mutex<HashMap<String, Weak<Redis>>>> = LazyLock::new(Mutex::default);

/// A server, with its connection if there is one.
pub(crate) struct Redis {
    host: String,
    port: u16,
    is_tls: bool,
    settings: RedisConnectionInfo,
    connection: tokio::sync::Mutex<State>,
}

#[derive(Default)]
struct State {
    connection: Option<MultiplexedConnection>,
    failed_at: Option<Instant>,
}

impl Redis {
    /// The server at `redis://[user:password@]host[:port][/database]`, or `rediss://…` with TLS. Equal URLs share a
    /// connection.
    pub(crate) fn of(address: &Url) -> Result<Arc<Self>, Error> {
        let mut servers = SERVERS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = servers.get(address.as_str()).and_then(Weak::upgrade) {
            return Ok(server);
        }
        let server = Arc::new(Self::new(address)?);
        servers.retain(|_, server| server.strong_count() > 0);
        servers.insert(address.to_string(), Arc::downgrade(&server));
        Ok(server)
    }

    fn new(address: &Url) -> Result<Self, Error> {
        let refused = |why: &str| {
            Error::configuration(format!(
                "the address of the shared store {why}; give one like redis://host:6379/0"
            ))
        };
        let host = address.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| refused("has no host"))?;
        let database = address.path().trim_matches('/');
        let database: i64 = match database {
            "" => 0,
            text => text
                .parse()
                .map_err(|_| refused("has a database that is not a number"))?,
        };
        let text = |text: &str| {
            percent_encoding::percent_decode_str(text)
                .decode_utf8()
                .map(std::borrow::Cow::into_owned)
                .map_err(|_| refused("has credentials that are not text"))
        };
        let mut settings = RedisConnectionInfo::default()
            .set_db(database)
            .set_skip_set_lib_name();
        if !address.username().is_empty() {
            settings = settings.set_username(text(address.username())?);
        }
        if let Some(password) = address.password() {
            settings = settings.set_password(text(password)?);
        }
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: address.port().unwrap_or(6_379),
            is_tls: matches!(address.scheme(), "rediss" | "valkeys"),
            settings,
            connection: tokio::sync::Mutex::default(),
        })
    }

    /// A text unique to this call among all processes.
    pub(crate) fn unique() -> Result<String, Error> {
        let mut bytes = [0; 15];
        SystemRandom::new().fill(&mut bytes).map_err(|_| {
            Error::configuration("the operating system gives no random numbers; check /dev/urandom")
        })?;
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Runs a script, which the server executes atomically.
    ///
    /// If the connection breaks, the script is sent again over a new one, so it must tolerate running twice.
    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        script: &str,
        keys: &[&str],
        arguments: &[&(dyn Argument + Sync)],
    ) -> Result<T, StoreError> {
        let mut command = redis::cmd("EVAL");
        command.arg(script).arg(keys.len()).arg(keys);
        for argument in arguments {
            argument.add_to(&mut command);
        }
        let mut again = true;
        loop {
            let mut connection = self.connect().await?;
            match command.query_async(&mut connection).await {
                Ok(answer) => return Ok(answer),
                Err(error) => {
                    let is_lost = error.is_io_error() || error.is_unrecoverable_error();
                    if is_lost {
                        self.connection.lock().await.connection = None;
                    }
                    if !is_lost || error.is_timeout() || !again {
                        return Err(self.failed(&error));
                    }
                    again = false;
                }
            }
        }
    }

    async fn connect(&self) -> Result<MultiplexedConnection, StoreError> {
        let mut state = self.connection.lock().await;
        if let Some(connection) = &state.connection {
            return Ok(connection.clone());
        }
        if state.failed_at.is_some_and(|at| at.elapsed() < PAUSE) {
            return Err(
                format!("no connection to {}:{} a moment ago", self.host, self.port).into(),
            );
        }
        let made = timeout(PATIENCE, self.open())
            .await
            .unwrap_or_else(|_| Err(self.late()));
        match made {
            Ok(connection) => {
                state.failed_at = None;
                state.connection = Some(connection.clone());
                Ok(connection)
            }
            Err(error) => {
                state.failed_at = Some(Instant::now());
                Err(error)
            }
        }
    }

    async fn open(&self) -> Result<MultiplexedConnection, StoreError> {
        let stream = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(|error| format!("no connection to {}:{} ({error})", self.host, self.port))?;
        stream.set_nodelay(true)?;
        if !self.is_tls {
            return self.greet(stream).await;
        }
        let name = ServerName::try_from(self.host.clone())
            .map_err(|_| format!("{} is not a name that a certificate can have", self.host))?;
        let connector = TlsConnector::from(Arc::new(tls::config()?));
        let stream = connector
            .connect(name, stream)
            .await
            .map_err(|error| self.no_tls(&error))?;
        self.greet(stream).await
    }

    async fn greet(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    ) -> Result<MultiplexedConnection, StoreError> {
        let config = AsyncConnectionConfig::new().set_response_timeout(Some(PATIENCE));
        let (connection, driver) =
            MultiplexedConnection::new_with_config(&self.settings, stream, config)
                .await
                .map_err(|error| {
                    if error.is_io_error() && !self.is_tls {
                        return format!(
                            "the server at {}:{} hung up; if it speaks tls, write rediss:// in place of redis://",
                            self.host, self.port
                        )
                        .into();
                    }
                    self.failed(&error)
                })?;
        tokio::spawn(driver);
        Ok(connection)
    }

    fn late(&self) -> StoreError {
        let (host, port) = (&self.host, self.port);
        if self.is_tls {
            return format!(
                "no connection with tls to {host}:{port} within 2 s; see whether the server speaks tls at that port (its \
                 tls-port)"
            )
            .into();
        }
        format!("no connection to {host}:{port} within 2 s").into()
    }

    fn no_tls(&self, error: &std::io::Error) -> StoreError {
        let (host, port) = (&self.host, self.port);
        match tls_error(error) {
            Some(rustls::Error::InvalidCertificate(certificate)) => {
                connect::certificate(certificate, host)
            }
            Some(rustls::Error::InvalidMessage(_)) => format!(
                "what answers at {host}:{port} does not speak tls; name the server's tls-port, or use redis:// without tls"
            ),
            Some(rustls::Error::AlertReceived(AlertDescription::CertificateRequired)) => format!(
                "the server at {host}:{port} asks for a client's certificate, which this program has not; set `tls-auth-clients no` \
                 there, and a password"
            ),
            _ => format!("no tls with {host}:{port} ({error})"),
        }
        .into()
    }

    /// Describes an error without values: scripts and keys never appear in it.
    fn failed(&self, error: &RedisError) -> StoreError {
        let source = std::error::Error::source(error);
        let source = source.and_then(|source| source.downcast_ref::<Arc<StdError>>());
        if let Some(error) = source.and_then(|source| source.downcast_ref::<std::io::Error>())
            && tls_error(error).is_some()
        {
            return self.no_tls(error);
        }
        let server = format!("the server at {}:{}", self.host, self.port);
        let code = error.code().unwrap_or_default();
        let text = error.to_string();
        let says = |word: &str| code == word || text.contains(word);
        if says("NOAUTH") || says("WRONGPASS") || error.kind() == ErrorKind::AuthenticationFailed {
            return format!(
                "{server} does not let this user in; check the user and the password in the store's address \
                 (AIRBYTE_GMAIL_STORE)"
            )
            .into();
        }
        if says("NOPERM") || says("can't run this command") || says("No permissions") {
            return format!(
                "{server} does not let this user run the commands that are needed; give the user those that the guide for \
                 several hosts names"
            )
            .into();
        }
        let said = if code.is_empty() { text.as_str() } else { code };
        format!("{server} failed: {said}").into()
    }
}

/// The TLS error, if TLS failed.
fn tls_error(error: &std::io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

debug!(Redis, self => host: self.host, port: self.port);

/// An argument of a script.
pub(crate) trait Argument {
    /// Appends it to the command.
    fn add_to(&self, command: &mut redis::Cmd);
}

impl<T: ToRedisArgs> Argument for T {
    fn add_to(&self, command: &mut redis::Cmd) {
        command.arg(self);
    }
}
