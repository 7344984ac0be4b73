//! Requests to a URL that a stranger has chosen.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use http::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use url::{Host, Url};

use super::tls;
use crate::error::{Error, Kind};

/// The time limit in all.
const LONGEST: Duration = Duration::from_secs(30);

/// Posts a form to an https URL, and reads nothing but the status.
///
/// The host name is resolved once. All its addresses must be public, and the connection uses only these, so a later DNS
/// answer changes nothing.
pub(crate) async fn post_form(url: &Url, form: &'static str) -> Result<(), Error> {
    let addresses = public_addresses(url).await?;
    post_to(url, &addresses, form).await
}

async fn public_addresses(url: &Url) -> Result<Vec<SocketAddr>, Error> {
    let port = url.port_or_known_default().unwrap_or(443);
    let addresses: Vec<SocketAddr> = match url.host() {
        Some(Host::Ipv4(address)) => vec![SocketAddr::new(address.into(), port)],
        Some(Host::Ipv6(address)) => vec![SocketAddr::new(address.into(), port)],
        Some(Host::Domain(name)) => tokio::net::lookup_host((name, port))
            .await
            .map_err(|error| {
                Error::new(
                    Kind::Connect,
                    "the name of the list's server is not known; nothing was sent",
                )
                .caused_by(error)
            })?
            .collect(),
        None => Vec::new(),
    };
    if addresses.is_empty() || !addresses.iter().all(|address| is_public(address.ip())) {
        return Err(Error::invalid_input(
            "the address is not one of the public internet; nothing was sent",
        ));
    }
    Ok(addresses)
}

async fn post_to(url: &Url, addresses: &[SocketAddr], form: &'static str) -> Result<(), Error> {
    let client = reqwest::Client::builder()
        .user_agent(super::AGENT)
        .no_proxy()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .tls_backend_preconfigured(tls::config()?)
        .resolve_to_addrs(url.host_str().unwrap_or_default(), addresses)
        .timeout(LONGEST)
        .build()
        .map_err(|error| {
            Error::configuration("the http client can't be made").caused_by(error.without_url())
        })?;
    let request = client
        .post(url.clone())
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form);
    let status = match request.send().await {
        Ok(response) => response.status(),
        Err(error) => {
            let error = error.without_url();
            return Err(if error.is_connect() {
                Error::new(
                    Kind::Connect,
                    "no connection to the list's server; nothing was sent",
                )
                .caused_by(error)
            } else {
                Error::new(
                    Kind::Interrupted,
                    "the list's server did not answer: it may have been done; see whether more mail comes",
                )
                .caused_by(error)
                .outcome_unknown()
            });
        }
    };
    if status.is_success() {
        return Ok(());
    }
    let why = if status.is_redirection() {
        "leads elsewhere, which is not followed"
    } else {
        "refused it"
    };
    let status = status.as_u16();
    Err(Error::new(
        Kind::InvalidRequest,
        format!("the list's server {why} (status {status}); open the message's own link"),
    ))
}

/// Whether an address is public, by IANA's registries of special-purpose addresses.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || first == 0
        || first >= 240
        // Shared by providers (RFC 6598), for protocols (RFC 6890), the old relays to IPv6 (RFC 7526), for benchmarks
        // (RFC 2544).
        || (first == 100 && (64..128).contains(&second))
        || (first, second, third) == (192, 0, 0)
        || (first, second, third) == (192, 88, 99)
        || (first == 198 && (18..20).contains(&second)))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // Allocated addresses are in 2000::/3. Within it, some carry an IPv4 address (Teredo, 6to4) or are for protocols
    // and documentation.
    first & 0xe000 == 0x2000
        && !(first == 0x2001 && second < 0x0200)
        && !(first == 0x2001 && second == 0x0db8)
        && first != 0x2002
        && !(first == 0x3fff && second < 0x1000)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn only_public_addresses_are() {
        for address in [
            "8.8.8.8",
            "93.184.215.14",
            "100.128.0.1",
            "2606:2800:21f:cb07::1",
            "2a00:1450::1",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[tokio::test]
    async fn this_machine_is_never_asked() {
        for url in [
            "https://localhost/u",
            "https://127.0.0.1:8443/u",
            "https://[::1]/u",
            "https://2130706433/u",
            "https://0x7f.1/u",
        ] {
            let refused = post_form(&url.parse().unwrap(), "a=b").await.unwrap_err();
            assert!(refused.is_invalid_input(), "{url}: {refused}");
        }
    }

    /// Answers one request; returns what was sent.
    async fn answered(answer: &'static str) -> (Result<(), Error>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"a=b") {
                let mut bytes = [0; 1024];
                let length = stream.read(&mut bytes).await.unwrap();
                asked.extend_from_slice(&bytes[..length]);
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(asked).unwrap()
        });
        // The name doesn't resolve, so reaching the server shows that the given address is used.
        let url = format!("http://list.invalid:{}/u?id=1", address.port())
            .parse()
            .unwrap();
        let outcome = post_to(&url, &[address], "a=b").await;
        (outcome, server.await.unwrap())
    }

    #[tokio::test]
    async fn the_form_goes_to_the_address_that_was_looked_at_and_no_further() {
        let (outcome, asked) =
            answered("HTTP/1.1 200 OK\r\nset-cookie: a=b\r\ncontent-length: 0\r\n\r\n").await;
        outcome.unwrap();
        let asked = asked.to_lowercase();
        assert!(asked.starts_with("post /u?id=1 http/1.1\r\n"), "{asked}");
        assert!(
            asked.contains("content-type: application/x-www-form-urlencoded"),
            "{asked}"
        );
        assert!(
            !asked.contains("cookie") && !asked.contains("authorization"),
            "{asked}"
        );
        let (outcome, _) = answered(
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1/\r\ncontent-length: 0\r\n\r\n",
        )
        .await;
        let refused = outcome.unwrap_err();
        assert!(
            refused.is_invalid_request() && !refused.to_string().contains("list.invalid"),
            "{refused}"
        );
        let (outcome, _) = answered("").await;
        assert!(outcome.unwrap_err().is_outcome_unknown());
    }
}
