//! Why a connection failed, in words that say what helps.

use std::error::Error as StdError;
use std::io;

use rustls::CertificateError;

use super::proxy::HttpsProxy;

/// The cause, and whether it may be temporary.
#[derive(Debug)]
pub(crate) struct Cause {
    pub(crate) message: String,
    pub(crate) passes: bool,
}

/// What helps against a certificate of the wrong kind.
const SERVER: &str = "give the service, or the proxy before it, a certificate for a server";

/// What helps against a refused certificate.
const AUTHORITY: &str = "if a proxy or an organization has its own certificate authority, name that authority's \
                         file in \
                         SSL_CERT_FILE, or its folder in SSL_CERT_DIR";

/// What helps against a proxy in the way.
const PROXY: &str = "check HTTPS_PROXY, or name the host in NO_PROXY to call it without the proxy";

/// Whether a proxy refused with a status that the error doesn't contain.
pub(super) fn lacks_status(error: &reqwest::Error) -> bool {
    let mut chain = Vec::new();
    collect(error, &mut chain);
    chain
        .iter()
        .any(|link| link.to_string().contains(UNSUCCESSFUL))
}

/// The connector's message for a proxy that refused.
const UNSUCCESSFUL: &str = "tunnel error: unsuccessful";

/// Finds the cause of a client error. `host` and `port` are the service's, `proxy` is the environment's, and `status`
/// is the proxy's answer.
pub(super) fn cause(
    error: &reqwest::Error,
    host: &str,
    port: u16,
    proxy: Option<&HttpsProxy>,
    status: Option<u16>,
) -> Cause {
    let mut chain = Vec::new();
    collect(error, &mut chain);
    if let Some(failure) = chain
        .iter()
        .find_map(|link| link.downcast_ref::<rustls::Error>())
    {
        return Cause {
            message: tls(failure, host),
            passes: false,
        };
    }
    let texts: Vec<String> = chain.iter().map(ToString::to_string).collect();
    let says = |text: &str| texts.iter().any(|link| link.contains(text));
    let name = proxy.map(HttpsProxy::name).unwrap_or_default();
    let refused = |what: &str| Cause {
        message: format!("the proxy {name} {what}; nothing was sent"),
        passes: false,
    };
    // The connector's error types are private, so only the messages can be matched.
    if says("proxy authorization required") {
        return refused(
            "wants a sign-in (407); give it in HTTPS_PROXY, as http://user:password@host:port",
        );
    }
    if says(UNSUCCESSFUL) {
        return refused(&match status {
            Some(status) if !(200..300).contains(&status) => format!(
                "does not connect to {host}: it answers {status}; ask whoever runs it to allow {host}, or {PROXY}"
            ),
            _ => format!("does not connect to {host}; {PROXY}"),
        });
    }
    if says("tunnel error: proxy response headers too long") || says("tunnel error: unexpected end")
    {
        return refused(&format!("gave an answer that can't be read; {PROXY}"));
    }
    let is_proxy = says("tunnel error");
    let (whom, help) = if is_proxy {
        (format!("the proxy {name}"), PROXY)
    } else {
        (
            format!("{host}:{port}"),
            "check the network and the base url",
        )
    };
    let message = match chain
        .iter()
        .find_map(|link| link.downcast_ref::<io::Error>())
    {
        _ if says("dns error") || says("failed to lookup address") => {
            let host = if is_proxy { &name } else { host };
            format!(
                "no connection: the name {host} is not known to this machine's resolver (dns); check the name and the network"
            )
        }
        Some(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            format!("{whom} refused the connection: nothing listens there; {help}")
        }
        Some(error) => format!("no connection to {whom} ({}); {help}", kind(error)),
        None => format!("no connection to {whom}; {help}"),
    };
    Cause {
        message: format!("{message}; nothing was sent"),
        passes: true,
    }
}

/// Collects an error and its causes, including the one inside an `io::Error`, which its `source` skips.
fn collect<'a>(error: &'a (dyn StdError + 'static), chain: &mut Vec<&'a (dyn StdError + 'static)>) {
    let mut link = Some(error);
    while let Some(error) = link {
        chain.push(error);
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        if let Some(inner) = inner {
            return collect(inner, chain);
        }
        link = error.source();
    }
}

/// The system's name for the error, without numbers that differ between systems.
fn kind(error: &io::Error) -> String {
    let text = error.kind().to_string();
    if error.kind() == io::ErrorKind::Other || text.is_empty() {
        "the connection failed".to_owned()
    } else {
        text
    }
}

/// Explains a TLS failure.
fn tls(error: &rustls::Error, host: &str) -> String {
    match error {
        rustls::Error::InvalidMessage(_) => format!(
            "no tls connection to {host}: what answers there does not speak tls; check that it is an https address, and check its port; nothing was sent"
        ),
        rustls::Error::InvalidCertificate(certificate) => self::certificate(certificate, host),
        _ => format!(
            "no tls connection to {host}: {error}; check that it is an https address, and check any proxy in between; nothing was sent"
        ),
    }
}

/// Why a certificate was refused, and what helps.
pub(crate) fn certificate(certificate: &CertificateError, host: &str) -> String {
    let refused = |check: String, help: &str| {
        format!("the certificate of {host} was refused: {check}; {help}; nothing was sent")
    };
    match certificate {
        CertificateError::UnknownIssuer => refused(
            "its issuer is not one that this machine trusts".to_owned(),
            AUTHORITY,
        ),
        // An authority with a trusted one's name, but another key.
        CertificateError::BadSignature => refused(
            "its issuer's signature does not fit an issuer that this machine trusts".to_owned(),
            AUTHORITY,
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => refused(
            "it has expired".to_owned(),
            "check this machine's clock, then ask whoever runs the service, or the proxy before it",
        ),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => refused(
            "it is not valid yet".to_owned(),
            "check this machine's clock",
        ),
        CertificateError::NotValidForNameContext { presented, .. } => refused(
            format!(
                "it is not for that name{}",
                match presented.as_slice() {
                    [] => String::new(),
                    names => format!(
                        ", but for {}",
                        names
                            .iter()
                            .take(5)
                            .map(|name| shown(name))
                            .collect::<Vec<_>>()
                            .join(", ")
                    ),
                }
            ),
            "check the address and any proxy in between",
        ),
        CertificateError::NotValidForName => refused(
            "it is not for that name".to_owned(),
            "check the address and any proxy in between",
        ),
        CertificateError::Revoked => refused(
            "its issuer has revoked it".to_owned(),
            "ask whoever runs the service",
        ),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            refused("it is not one for a server".to_owned(), SERVER)
        }
        CertificateError::BadEncoding => refused("it can't be read".to_owned(), SERVER),
        // The verifier's error for an authority's certificate used by a server, such as a self-signed one.
        other if format!("{other:?}").contains("CaUsedAsEndEntity") => refused(
            "it is an authority's own, which may not stand for a server".to_owned(),
            SERVER,
        ),
        _ => refused("this machine can't verify it".to_owned(), AUTHORITY),
    }
}

/// A name from a certificate, such as `DnsName("example.com")`, without characters that a terminal would interpret.
fn shown(name: &str) -> String {
    let name = name
        .split_once('"')
        .and_then(|(_, rest)| rest.rsplit_once('"'))
        .map_or(name, |(name, _)| name);
    name.chars()
        .filter(|letter| letter.is_ascii_graphic())
        .take(100)
        .collect()
}
