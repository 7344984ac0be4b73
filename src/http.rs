//! One exchange over HTTP: a request out, a whole answer in, within limits.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, StatusCode};
use reqwest::{NoProxy, Proxy};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;
use url::Url;

use crate::error::{Error, Kind};

/// How long an exchange may take, and how large an answer may be.
///
/// ```
/// use std::time::Duration;
/// use airbyte_agent_gmail::{GmailAuthConfig, GmailConnector, Limits};
///
/// let limits = Limits { total_timeout: Duration::from_secs(20), ..Limits::default() };
/// let gmail = GmailConnector::builder(GmailAuthConfig::from_access_token("token")).limits(limits).build()?;
/// # Ok::<(), airbyte_agent_gmail::Error>(())
/// ```
///
/// With an HTTP client of your own its timeouts count, and of these the size of an answer alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Time to make a connection, TLS included. Default: 10 s.
    pub connect_timeout: Duration,
    /// Time that may pass without a byte arriving. Default: 60 s.
    pub idle_timeout: Duration,
    /// Time for a whole exchange. Default: 300 s, as long as Airbyte's own client waits for an execute call.
    pub total_timeout: Duration,
    /// The largest answer that is read, in bytes. Default: 96 MiB; a mail of 35 MiB is 47 MiB in base64, inside JSON,
    /// and twice that is never mail.
    pub response_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            total_timeout: Duration::from_secs(300),
            response_bytes: 96 * 1024 * 1024,
        }
    }
}

/// A shared HTTP client. Clones share its connections.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: reqwest::Client,
    /// Whether it is the caller's own, which may follow redirects.
    given: bool,
    response_bytes: usize,
}

/// A whole answer.
#[derive(Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Why there is no whole answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// No connection: nothing was sent.
    NotSent(reqwest::Error),
    /// No answer in time, after sending began.
    TimedOut(reqwest::Error),
    /// The connection broke after sending began.
    Broken(reqwest::Error),
    /// The answer is larger than the limit, which is so many bytes.
    TooLarge(usize),
    /// The caller's own client followed a redirect.
    Redirected,
    /// There was no request to send, since its address is none.
    NotMade(reqwest::Error),
}

impl Http {
    /// The caller's client, or one of this crate's own making.
    pub(crate) fn new(client: Option<reqwest::Client>, limits: Limits) -> Result<Self, Error> {
        let given = client.is_some();
        let client = match client {
            Some(client) => client,
            None => Self::client_within(limits)?,
        };
        Ok(Self {
            client,
            given,
            response_bytes: limits.response_bytes,
        })
    }

    fn client_within(limits: Limits) -> Result<reqwest::Client, Error> {
        proxied(reqwest::Client::builder())
            .user_agent(concat!("airbyte-agent-gmail/", env!("CARGO_PKG_VERSION")))
            // Where nothing is said any encoding will do, and none but the plain one is read.
            .default_headers(HeaderMap::from_iter([(
                http::header::ACCEPT_ENCODING,
                HeaderValue::from_static("identity"),
            )]))
            // Neither service redirects its API, and a redirect could carry a token or a secret elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            // The transport alone sends again, since it knows what may be.
            .retry(reqwest::retry::never())
            .tls_backend_preconfigured(tls()?)
            .connect_timeout(limits.connect_timeout)
            .read_timeout(limits.idle_timeout)
            .timeout(limits.total_timeout)
            .build()
            .map_err(|error| {
                Error::new(
                    Kind::Configuration,
                    "the http client can't be made; give one with `http_client`",
                )
                .caused_by(error.without_url())
            })
    }

    /// The client inside, for the generated clients.
    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// Sends one request and reads the whole answer.
    pub(crate) async fn exchange(&self, request: reqwest::Request) -> Result<Reply, Failure> {
        let limit = self.response_bytes;
        let asked = self.given.then(|| request.url().clone());
        let mut response = self.client.execute(request).await.map_err(Failure::from)?;
        if asked.is_some_and(|asked| asked != *response.url()) {
            return Err(Failure::Redirected);
        }
        let declared = response
            .content_length()
            .and_then(|length| usize::try_from(length).ok());
        if declared.is_some_and(|length| length > limit) {
            return Err(Failure::TooLarge(limit));
        }
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let Some(first) = response.chunk().await.map_err(Failure::from)? else {
            return Ok(Reply {
                status,
                headers,
                body: Bytes::new(),
            });
        };
        if first.len() > limit {
            return Err(Failure::TooLarge(limit));
        }
        let Some(second) = response.chunk().await.map_err(Failure::from)? else {
            return Ok(Reply {
                status,
                headers,
                body: first,
            });
        };
        if first.len() + second.len() > limit {
            return Err(Failure::TooLarge(limit));
        }
        // A lying length must not reserve more than what a chunked answer would be let grow to anyway.
        let mut body =
            BytesMut::with_capacity(declared.unwrap_or_default().max(first.len() + second.len()));
        body.extend_from_slice(&first);
        body.extend_from_slice(&second);
        while let Some(chunk) = response.chunk().await.map_err(Failure::from)? {
            if body.len() + chunk.len() > limit {
                return Err(Failure::TooLarge(limit));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply {
            status,
            headers,
            body: body.freeze(),
        })
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        // The query of the address can hold a search, the path an id.
        let error = error.without_url();
        if error.is_builder() {
            Self::NotMade(error)
        } else if error.is_connect() {
            Self::NotSent(error)
        } else if error.is_timeout() {
            Self::TimedOut(error)
        } else {
            Self::Broken(error)
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotSent(error) => Self::new(
                Kind::Connect,
                "no connection to the service, so nothing was sent; check the network and the base url",
            )
            .caused_by(error),
            Failure::TimedOut(error) => Self::new(Kind::Timeout, "no answer in time; try again later").caused_by(error),
            Failure::Broken(error) => Self::new(
                Kind::Interrupted,
                "the connection broke before the whole answer came; try again",
            )
            .caused_by(error),
            Failure::TooLarge(limit) => Self::new(
                Kind::InvalidResponse,
                format!("the answer is larger than the limit of {limit} bytes; ask for less, or raise `response_bytes` of the limits"),
            ),
            Failure::NotMade(error) => Self::new(
                Kind::InvalidInput,
                "the params do not make a valid address; shorten them",
            )
            .caused_by(error),
            Failure::Redirected => Self::new(
                Kind::Configuration,
                "the http client followed a redirect, which can carry secrets to another host; make it with `redirect(Policy::none())`",
            ),
        }
    }
}

/// Takes the proxies of the environment for https alone. Plain http goes to this machine and nowhere else, so that a proxy
/// for it would mostly not find the way back, and would read the token that travels in it.
fn proxied(client: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    let first = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|url| !url.is_empty()))
    };
    if first(&["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]).is_none() {
        return client;
    }
    let proxy = first(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
        .and_then(|url| Proxy::https(url).ok());
    match proxy {
        Some(proxy) => client.proxy(proxy.no_proxy(NoProxy::from_env())),
        None => client.no_proxy(),
    }
}

/// TLS by ring, with the certificates that the operating system trusts, and no process-wide default set.
///
/// All clients of a process share it: to read the system's certificates takes milliseconds, and to keep them 100 KB.
fn tls() -> Result<ClientConfig, Error> {
    static SHARED: OnceLock<ClientConfig> = OnceLock::new();
    if let Some(shared) = SHARED.get() {
        return Ok(shared.clone());
    }
    let own = own_tls()?;
    Ok(SHARED.get_or_init(|| own).clone())
}

fn own_tls() -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| {
            Error::new(
                Kind::Configuration,
                "no tls is available; give a client with `http_client`",
            )
            .caused_by(error)
        })?;
    Ok(match Verifier::new(provider) {
        Ok(verifier) => config
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth(),
        // A system without certificates can still reach what is on this machine; any other server is refused.
        Err(_) => config
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth(),
    })
}

/// Checks an address of a service: https, or http on this machine alone, since a token travels with each request.
pub(crate) fn check_url(name: &str, text: &str) -> Result<String, Error> {
    let refused = |why: &str| Err(Error::new(Kind::Configuration, format!("the {name} {why}")));
    let Ok(url) = Url::parse(text) else {
        return refused("is not a url; give one like https://host");
    };
    if url.host().is_none() {
        return refused("has no host; give one like https://host");
    }
    let loopback = is_loopback(text);
    if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
        return refused("is neither https nor on this machine; use https");
    }
    if url.query().is_some()
        || url.fragment().is_some()
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return refused("has a query, a fragment or credentials; leave them out");
    }
    // As the url has it, so that the addresses made from it begin with the same text.
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Whether an address is one of this machine.
pub(crate) fn is_loopback(url: &str) -> bool {
    let url = Url::parse(url);
    match url.as_ref().ok().and_then(Url::host) {
        Some(url::Host::Domain(host)) => host == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_or_this_machine() {
        for good in [
            "https://api.airbyte.ai",
            "http://127.0.0.1:8080",
            "http://localhost",
            "http://[::1]:9/prefix/",
        ] {
            assert!(check_url("base url", good).is_ok(), "{good}");
        }
        for bad in [
            "http://example.com",
            "ftp://localhost",
            "https://user:password@example.com",
            "https://example.com?x=1",
            "example.com",
            "",
        ] {
            assert!(
                check_url("base url", bad).is_err_and(|error| error.is_configuration()),
                "{bad}"
            );
        }
    }

    #[test]
    fn an_address_is_as_the_requests_made_from_it_begin() -> Result<(), Error> {
        for (given, kept) in [
            ("https://EXAMPLE.com/", "https://example.com"),
            ("https://example.com:443/a/../b/", "https://example.com/b"),
            (
                "http://127.0.0.1:8080/prefix",
                "http://127.0.0.1:8080/prefix",
            ),
        ] {
            assert_eq!(check_url("base url", given)?, kept);
        }
        Ok(())
    }
}
