//! One exchange over HTTP: sends a request and reads the whole answer, within limits.

mod body;
pub(crate) mod connect;
#[cfg(any(feature = "mcp", feature = "oauth"))]
pub(crate) mod connections;
mod proxy;
#[cfg(feature = "mail")]
pub(crate) mod stranger;
pub(crate) mod tls;

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::FutureExt;
use http::header::ACCEPT_ENCODING;
use http::{HeaderMap, HeaderValue, StatusCode};
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::error::{Error, Kind};
use body::{Body, Refusal};
use connect::Cause;
use proxy::HttpsProxy;

/// Limits on the time of an exchange and the size of an answer.
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
/// The page `guide::time` has all time limits in one table. If you supply your own HTTP client, its timeouts apply, and
/// of these limits only `response_bytes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Time to connect, including TLS. Default: 10 s.
    pub connect_timeout: Duration,
    /// Time until an answer begins. Default: 60 s, plus a second for each 64 KiB sent.
    ///
    /// An action in hosted mode may take the total time, because Airbyte starts its answer only when the action has
    /// finished.
    pub first_byte_timeout: Duration,
    /// Time without a byte arriving, once an answer has begun. Default: 60 s.
    pub idle_timeout: Duration,
    /// Time for a whole request and its answer. Default: 300 s.
    ///
    /// Airbyte's own client waits as long for an execute call.
    pub total_timeout: Duration,
    /// The largest answer to read, in bytes, after decompression. Default: 96 MiB.
    ///
    /// A mail of 35 MiB is 47 MiB in base64, inside JSON, and twice that is never mail.
    pub response_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            first_byte_timeout: Duration::from_secs(60),
            idle_timeout: Duration::from_secs(60),
            total_timeout: Duration::from_secs(300),
            response_bytes: 96 * 1024 * 1024,
        }
    }
}

/// The lowest upload speed to allow for, in bytes per second.
const SLOWEST_UPLOAD: u64 = 64 * 1024;

/// The User-Agent.
const AGENT: &str = concat!("airbyte-agent-gmail/", env!("CARGO_PKG_VERSION"));

/// The User-Agent with gzip: Google requires that it is mentioned here too.
/// <https://developers.google.com/workspace/gmail/api/guides/performance#gzip>
const GZIP_AGENT: &str = concat!("airbyte-agent-gmail/", env!("CARGO_PKG_VERSION"), " (gzip)");

/// An HTTP client. Clones share its connections.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: reqwest::Client,
    /// Whether the caller supplied it. Then it may follow redirects, and has its own timeouts.
    given: bool,
    /// Whether to request gzip.
    gzip: bool,
    limits: Arc<Limits>,
    proxy: Option<Arc<HttpsProxy>>,
}

/// The deadline for the first byte of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FirstByte {
    /// `first_byte_timeout`.
    Soon,
    /// `total_timeout`: the answer begins only when the requested work is done.
    WhenDone,
}

/// A whole answer.
#[derive(Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    /// How many seconds this machine's clock is ahead of the server's, or behind it if negative. `None` if the answer
    /// has no date.
    pub(crate) fn clock_skew(&self) -> Option<i64> {
        let date = self.headers.get(http::header::DATE)?.to_str().ok()?;
        let theirs = httpdate::parse_http_date(date).ok()?;
        Some(match SystemTime::now().duration_since(theirs) {
            Ok(ahead) => i64::try_from(ahead.as_secs()).unwrap_or(i64::MAX),
            Err(behind) => -i64::try_from(behind.duration().as_secs()).unwrap_or(i64::MAX),
        })
    }
}

/// Why there is no complete answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// No connection: nothing was sent.
    NotSent(reqwest::Error, Cause),
    /// No answer in time, after sending began; with the limit that was exceeded.
    TimedOut(String),
    /// The connection broke after sending began.
    Broken(reqwest::Error),
    /// The gzip data is truncated or damaged.
    Damaged(io::Error),
    /// The answer is larger than this limit, in bytes.
    TooLarge(usize),
    /// The caller's own client followed a redirect.
    Redirected,
    /// There was no request to send: its URL is invalid.
    NotMade(reqwest::Error),
}

impl Http {
    /// Uses the caller's client, or creates one.
    ///
    /// `gzip` says whether to request gzip.
    pub(crate) fn new(
        client: Option<reqwest::Client>,
        limits: Limits,
        gzip: bool,
    ) -> Result<Self, Error> {
        let given = client.is_some();
        let (client, proxy) = match client {
            Some(client) => (client, None),
            None => Self::client_within(limits, gzip)?,
        };
        Ok(Self {
            client,
            given,
            gzip,
            limits: Arc::new(limits),
            proxy,
        })
    }

    fn client_within(
        limits: Limits,
        gzip: bool,
    ) -> Result<(reqwest::Client, Option<Arc<HttpsProxy>>), Error> {
        let proxy = HttpsProxy::from_env()?;
        let client = HttpsProxy::install(proxy.as_ref(), reqwest::Client::builder())?
            .user_agent(if gzip { GZIP_AGENT } else { AGENT })
            // Neither service redirects its API, and a redirect could carry a token or a secret elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            // Only the transport knows what may be sent again. `never` alone still copies each request.
            .retry(reqwest::retry::never().max_retries_per_request(0))
            // Proxies write such headers, and a client has to read the folded ones (RFC 9112, section 5.2).
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_allow_spaces_after_header_name_in_responses(true)
            .tls_backend_preconfigured(tls::config()?)
            .connect_timeout(limits.connect_timeout)
            .build()
            .map_err(|error| {
                Error::configuration("the http client can't be made; give one with `http_client`")
                    .caused_by(error.without_url())
            })?;
        Ok((client, proxy.map(Arc::new)))
    }

    /// Whether it has these settings.
    pub(crate) fn has(&self, limits: &Limits, gzip: bool) -> bool {
        *self.limits == *limits && self.gzip == gzip
    }

    /// The inner client, for the generated clients.
    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// Sends one request and reads the whole answer.
    pub(crate) async fn exchange(
        &self,
        mut request: reqwest::Request,
        first_byte: FirstByte,
    ) -> Result<Reply, Failure> {
        let limit = self.limits.response_bytes;
        let asked = self.given.then(|| request.url().clone());
        // Without this header, any encoding is acceptable (RFC 9110, section 12.5.3), but only these can be read.
        request
            .headers_mut()
            .entry(ACCEPT_ENCODING)
            .or_insert(HeaderValue::from_static(if self.gzip {
                "gzip"
            } else {
                "identity"
            }));
        let clock = Clock::start(&self.limits, self.given, first_byte, &request);
        let sending = clock.first_byte(self.client.execute(request)).await?;
        let mut response = match sending {
            Ok(response) => response,
            Err(error) => return Err(self.failure(error).await),
        };
        if asked.is_some_and(|asked| asked != *response.url()) {
            return Err(Failure::Redirected);
        }
        let declared = response.content_length();
        if !declared
            .is_none_or(|length| usize::try_from(length).is_ok_and(|length| length <= limit))
        {
            return Err(Failure::TooLarge(limit));
        }
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let refused = |refusal| match refusal {
            Refusal::TooLarge => Failure::TooLarge(limit),
            Refusal::Damaged(error) => Failure::Damaged(error),
        };
        let mut body = Body::new(&headers, declared, limit);
        while let Some(piece) = clock.next(response.chunk()).await? {
            body.push(piece).map_err(refused)?;
        }
        Ok(Reply {
            status,
            headers,
            body: body.finish().map_err(refused)?,
        })
    }

    /// Converts the error of an unanswered request.
    async fn failure(&self, error: reqwest::Error) -> Failure {
        let asked = error.url().cloned();
        // The URL's query can hold a search, its path an id.
        let error = error.without_url();
        let Some(asked) = asked.filter(|_| error.is_connect() && !error.is_builder()) else {
            return Failure::from(error);
        };
        let host = asked.host_str().unwrap_or_default();
        if error.is_timeout() {
            let limit = if self.given {
                "the connect timeout of your http client".to_owned()
            } else {
                format!(
                    "{} s, the connect timeout",
                    seconds(self.limits.connect_timeout)
                )
            };
            let message = format!(
                "no connection to {host} within {limit}; check the network and the proxy; nothing was sent"
            );
            return Failure::NotSent(
                error,
                Cause {
                    message,
                    passes: true,
                },
            );
        }
        let port = asked.port_or_known_default().unwrap_or(443);
        let proxy = self.proxy.as_deref().filter(|_| asked.scheme() == "https");
        let status = match proxy {
            Some(proxy) if connect::lacks_status(&error) => proxy.status(host, port).await,
            _ => None,
        };
        let cause = connect::cause(&error, host, port, proxy, status);
        Failure::NotSent(error, cause)
    }
}

/// Builds a request to a configured URL; `refusal` is the error if that is invalid.
pub(crate) fn built(
    request: reqwest::RequestBuilder,
    refusal: &'static str,
) -> Result<reqwest::Request, Error> {
    let built = request.build();
    built.map_err(|error| Error::configuration(refusal).caused_by(error.without_url()))
}

/// The time limits of one exchange.
struct Clock<'a> {
    limits: &'a Limits,
    /// `None` if the caller's client has its own limits.
    ends: Option<Ends>,
}

#[derive(Clone, Copy)]
struct Ends {
    first_byte: Instant,
    total: Instant,
}

impl<'a> Clock<'a> {
    fn start(
        limits: &'a Limits,
        given: bool,
        first_byte: FirstByte,
        request: &reqwest::Request,
    ) -> Self {
        let size = request
            .body()
            .and_then(reqwest::Body::as_bytes)
            .map_or(0, |body| body.len() as u64);
        let sending = Duration::from_secs(size / SLOWEST_UPLOAD);
        let now = Instant::now();
        // A limit beyond the clock's range counts as no limit.
        let after = |time: Duration| now.checked_add(time).unwrap_or(now + FAR);
        let total = after(limits.total_timeout);
        let ends = (!given).then(|| Ends {
            first_byte: match first_byte {
                FirstByte::WhenDone => total,
                FirstByte::Soon => {
                    after(limits.first_byte_timeout.saturating_add(sending)).min(total)
                }
            },
            total,
        });
        Self { limits, ends }
    }

    async fn first_byte<T>(&self, sending: impl Future<Output = T>) -> Result<T, Failure> {
        let Some(ends) = self.ends else {
            return Ok(sending.await);
        };
        timeout_at(ends.first_byte, sending).await.map_err(|_| {
            Failure::TimedOut(if ends.first_byte < ends.total {
                format!(
                    "no answer within {} s, the first byte timeout",
                    seconds(self.limits.first_byte_timeout)
                )
            } else {
                self.over()
            })
        })
    }

    async fn next<T>(
        &self,
        reading: impl Future<Output = Result<T, reqwest::Error>>,
    ) -> Result<T, Failure> {
        let Some(ends) = self.ends else {
            return reading.await.map_err(Failure::from);
        };
        let mut reading = pin!(reading);
        // Data that is already there needs no timer.
        if let Some(read) = reading.as_mut().now_or_never() {
            return read.map_err(Failure::from);
        }
        let now = Instant::now();
        let idle = now
            .checked_add(self.limits.idle_timeout)
            .unwrap_or(now + FAR);
        match timeout_at(idle.min(ends.total), reading).await {
            Ok(read) => read.map_err(Failure::from),
            Err(_) if idle < ends.total => Err(Failure::TimedOut(format!(
                "the answer stopped for {} s, the idle timeout",
                seconds(self.limits.idle_timeout)
            ))),
            Err(_) => Err(Failure::TimedOut(self.over())),
        }
    }

    fn over(&self) -> String {
        format!(
            "no whole answer within {} s, the total timeout",
            seconds(self.limits.total_timeout)
        )
    }
}

/// Longer than any exchange.
const FAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// A limit in seconds, for messages.
fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        // The URL's query can hold a search, its path an id.
        let error = error.without_url();
        if error.is_builder() {
            Self::NotMade(error)
        } else if error.is_timeout() {
            Self::TimedOut("no answer within the timeout of your http client".to_owned())
        } else {
            Self::Broken(error)
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotSent(error, cause) => Self::new(
                if cause.passes {
                    Kind::Connect
                } else {
                    Kind::ConnectRefused
                },
                cause.message,
            )
            .caused_by(error),
            Failure::TimedOut(limit) => Self::new(
                Kind::Timeout,
                format!("{limit}; try again later, or with more time"),
            ),
            Failure::Broken(error) => Self::interrupted().caused_by(error),
            Failure::Damaged(error) => Self::interrupted().caused_by(error),
            Failure::TooLarge(limit) => Self::invalid_response(format!(
                "the answer is larger than the limit of {limit} bytes; ask for less, or raise `response_bytes` of the limits"
            )),
            Failure::NotMade(error) => {
                Self::invalid_input("the params don't make a valid url; shorten them")
                    .caused_by(error)
            }
            Failure::Redirected => Self::configuration(
                "the http client followed a redirect, which can carry secrets to another host; make it with `redirect(Policy::none())`",
            ),
        }
    }
}

impl Error {
    /// The error for a truncated or damaged answer.
    fn interrupted() -> Self {
        Self::new(
            Kind::Interrupted,
            "the connection broke before the whole answer came; try again",
        )
    }
}

/// Checks a service's URL: https, or http only on this machine, since each request carries a token.
pub(crate) fn check_url(name: &str, text: &str) -> Result<String, Error> {
    let refused = |why: &str| Err(Error::configuration(format!("the {name} {why}")));
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
    // Normalized like the URLs made from it, so they start with the same text.
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// The base for the URLs of requests; `checked` has passed [`check_url`].
pub(crate) fn base(checked: &str) -> Result<Url, Error> {
    Url::parse(&[checked, "/"].concat())
        .map_err(|error| Error::configuration("the base url is not a url").caused_by(error))
}

/// Whether a URL points to this machine.
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
