//! The environment's proxy, for https only. Plain http goes only to this machine, which a proxy usually can't reach;
//! and the proxy would read the token.

use std::ffi::OsString;
use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{NoProxy, Proxy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use crate::error::Error;

/// The variables that name a proxy for https, by precedence. Both spellings are common, as in curl.
const VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// Variables that don't apply to https but must still be readable: whoever set one expects it to work.
const OTHERS: [&str; 2] = ["HTTP_PROXY", "http_proxy"];

/// How long to ask a proxy for the reason of its refusal.
const QUESTION: Duration = Duration::from_secs(5);

/// A proxy for https.
#[derive(Clone)]
pub(super) struct HttpsProxy(Url);

impl fmt::Debug for HttpsProxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL can hold a password.
        formatter
            .debug_tuple("HttpsProxy")
            .field(&self.name())
            .finish()
    }
}

impl HttpsProxy {
    /// The environment's proxy.
    ///
    /// # Errors
    ///
    /// [`is_configuration`](Error::is_configuration): a variable can't be read. Bypassing a proxy that somebody asked
    /// for would expose the call to others, or fail where nobody looks for it.
    pub(super) fn from_env() -> Result<Option<Self>, Error> {
        Self::from_variables(|name| std::env::var_os(name))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Result<Option<Self>, Error> {
        let mut first = None;
        for name in VARIABLES.into_iter().chain(OTHERS) {
            let Some(value) = variable(name).filter(|value| !value.is_empty()) else {
                continue;
            };
            let url = value.to_str().and_then(read).ok_or_else(|| {
                Error::configuration(format!(
                        "{name} is not a proxy's address; give one like http://host:port, with user:password@ before the \
                         host where the proxy asks for it, or unset it"
                    ),
                )
            })?;
            if VARIABLES.contains(&name) {
                first.get_or_insert(url);
            }
        }
        Ok(first.map(Self))
    }

    /// Adds it to a client.
    pub(super) fn install(
        proxy: Option<&Self>,
        client: reqwest::ClientBuilder,
    ) -> Result<reqwest::ClientBuilder, Error> {
        let Some(Self(url)) = proxy else {
            return Ok(client.no_proxy());
        };
        let proxy = Proxy::https(url.clone()).map_err(|error| {
            Error::configuration(
                "the proxy of the environment can't be used; check HTTPS_PROXY and ALL_PROXY",
            )
            .caused_by(error.without_url())
        })?;
        Ok(client.proxy(proxy.no_proxy(NoProxy::from_env())))
    }

    /// Its host and port, without credentials.
    pub(super) fn name(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        match self.0.port_or_known_default() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// The proxy's status for a CONNECT to a host; `None` if it sends no status. The connector only distinguishes 407,
    /// and discards any other status.
    pub(super) async fn status(&self, host: &str, port: u16) -> Option<u16> {
        if self.0.scheme() != "http" {
            return None;
        }
        timeout(QUESTION, self.ask(host, port)).await.ok()?
    }

    async fn ask(&self, host: &str, port: u16) -> Option<u16> {
        let address = (
            self.0.host_str()?.trim_matches(['[', ']']),
            self.0.port_or_known_default()?,
        );
        let mut stream = TcpStream::connect(address).await.ok()?;
        let mut request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
        if !self.0.username().is_empty() {
            let decoded = |text: &str| {
                percent_encoding::percent_decode_str(text)
                    .decode_utf8_lossy()
                    .into_owned()
            };
            let pair = format!(
                "{}:{}",
                decoded(self.0.username()),
                decoded(self.0.password().unwrap_or_default())
            );
            request.push_str(&format!(
                "Proxy-Authorization: Basic {}\r\n",
                STANDARD.encode(pair)
            ));
        }
        request.push_str("\r\n");
        stream.write_all(request.as_bytes()).await.ok()?;
        // `HTTP/1.1 403`
        let mut line = [0_u8; 12];
        stream.read_exact(&mut line).await.ok()?;
        let line = std::str::from_utf8(&line).ok()?;
        line.starts_with("HTTP/1.")
            .then(|| line.get(9..)?.parse().ok())
            .flatten()
    }
}

/// Parses a proxy's URL; without a scheme it is http, as in curl.
fn read(text: &str) -> Option<Url> {
    let given = match text.split_once("://") {
        Some(_) => text.to_owned(),
        None => format!("http://{text}"),
    };
    let url = Url::parse(&given).ok()?;
    let (_, rest) = given.split_once("://")?;
    let host = rest.rsplit('@').next()?.split(['/', ':']).next()?;
    // A lone number is a port without a host, which a URL parser would read as an IP address.
    let has_host = url.host().is_some() && !host.bytes().all(|byte| byte.is_ascii_digit());
    let is_whole = matches!(url.path(), "" | "/")
        && url.query().is_none()
        && url.fragment().is_none()
        && !text.contains(char::is_whitespace);
    (["http", "https"].contains(&url.scheme()) && has_host && is_whole).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Result<Option<String>, Error> {
        let found = HttpsProxy::from_variables(|wanted| {
            variables
                .iter()
                .find(|(name, _)| *name == wanted)
                .map(|(_, value)| OsString::from(value))
        });
        found.map(|proxy| proxy.map(|proxy| proxy.name()))
    }

    #[test]
    fn addresses_are_read_as_others_read_them() -> Result<(), Error> {
        for (value, name) in [
            ("http://proxy.example.com:3128", "proxy.example.com:3128"),
            ("http://proxy.example.com", "proxy.example.com:80"),
            ("https://proxy.example.com/", "proxy.example.com:443"),
            ("proxy.example.com:8080", "proxy.example.com:8080"),
            ("localhost", "localhost:80"),
            ("HTTP://user:p%40ss@10.0.0.1:8080/", "10.0.0.1:8080"),
            ("http://[::1]:3128", "[::1]:3128"),
        ] {
            for variable in VARIABLES {
                assert_eq!(
                    from(&[(variable, value)])?.as_deref(),
                    Some(name),
                    "{value}"
                );
            }
        }
        assert_eq!(from(&[])?, None);
        assert_eq!(from(&[("HTTPS_PROXY", "")])?, None);
        assert_eq!(from(&[("HTTP_PROXY", "proxy:1")])?, None);
        let both = [("ALL_PROXY", "all:1"), ("https_proxy", "https:2")];
        assert_eq!(from(&both)?.as_deref(), Some("https:2"));
        Ok(())
    }

    #[test]
    fn what_cannot_be_read_is_never_passed_over() {
        for value in [
            "http://",
            "http://:3128",
            "://proxy",
            "8080",
            ":8080",
            "proxy:port",
            "proxy:99999",
            "http//proxy:80",
            "http:/proxy:80",
            "http://proxy example:80",
            " http://proxy:80",
            "http://[::1",
            "http://proxy:80/path",
            "http://proxy?x=1",
            "socks5://proxy:1080",
            "socks5h://proxy:1080",
            "ftp://proxy",
            "file:///etc/proxy",
            "user:secret@",
            "http://user:secret@",
            "not a url",
            "%",
        ] {
            for variable in VARIABLES.into_iter().chain(OTHERS) {
                let error = from(&[(variable, value), ("no_proxy", "*")]);
                assert!(
                    error.is_err_and(|error| error.is_configuration()
                        && error.to_string().starts_with(variable)
                        && !error.to_string().contains("secret")),
                    "{variable}={value}"
                );
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_text_are_refused() {
        use std::os::unix::ffi::OsStringExt;
        let found = HttpsProxy::from_variables(|name| {
            (name == "all_proxy").then(|| OsString::from_vec(b"http://\xff:80".to_vec()))
        });
        assert!(found.is_err_and(|error| error.is_configuration()));
    }
}
