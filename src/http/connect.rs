//! Why no connection was made, in words that say what helps.

use std::error::Error as StdError;
use std::io;

use rustls::CertificateError;

use super::proxy::HttpsProxy;

/// The cause, and whether it may pass by itself.
#[derive(Debug)]
pub(crate) struct Cause {
    pub(crate) message: String,
    pub(crate) passes: bool,
}

/// What helps where a certificate is of the wrong kind.
const SERVER: &str = "give the service, or the proxy before it, a certificate for a server";

/// What helps where a certificate was refused.
const AUTHORITY: &str = "if a proxy or an organization has its own certificate authority, name that authority's \
                         file in \
                         SSL_CERT_FILE, or its folder in SSL_CERT_DIR";

/// What helps where a proxy is in the way.
const PROXY: &str = "check HTTPS_PROXY, or name the host in NO_PROXY to call it without the proxy";

/// Whether a proxy refused, with a status that the error does not have.
pub(super) fn lacks_status(error: &reqwest::Error) -> bool {
    let mut chain = Vec::new();
    collect(error, &mut chain);
    chain
        .iter()
        .any(|link| link.to_string().contains(UNSUCCESSFUL))
}

/// How the connector says that a proxy refused.
const UNSUCCESSFUL: &str = "tunnel error: unsuccessful";

/// Finds the cause in an error of the client. `host` and `port` are of the service, `proxy` is the one of the environment,
/// and `status` is what it answers.
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
    // The connector's types are private; its texts are what there is.
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

/// An error and what caused it, with what lies inside an `io::Error`, which its `source` passes over.
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

/// What the system calls it, without numbers that differ between systems.
fn kind(error: &io::Error) -> String {
    let text = error.kind().to_string();
    if error.kind() == io::ErrorKind::Other || text.is_empty() {
        "the connection failed".to_owned()
    } else {
        text
    }
}

/// Which check of TLS failed.
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
        // An authority of the same name as a trusted one, with another key.
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
        // The verifier's own words for an authority's certificate in a server's place, as one that signed itself is.
        other if format!("{other:?}").contains("CaUsedAsEndEntity") => refused(
            "it is an authority's own, which may not stand for a server".to_owned(),
            SERVER,
        ),
        _ => refused("this machine can't verify it".to_owned(), AUTHORITY),
    }
}

/// A name of a certificate, such as `DnsName("example.com")`, without what a terminal would act on.
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
