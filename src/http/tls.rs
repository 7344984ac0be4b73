//! TLS with ring and the operating system's certificates, without setting a process-wide default.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use crate::error::Error;

/// The variables that name other authorities for OpenSSL, curl and others. The verifier reads them on Linux and other
/// Unix systems, except Apple's and Android.
const VARIABLES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// The configuration shared by all clients: reading the system's certificates takes milliseconds, and keeping them 100
/// KB.
pub(crate) fn config() -> Result<ClientConfig, Error> {
    static SHARED: OnceLock<ClientConfig> = OnceLock::new();
    if let Some(shared) = SHARED.get() {
        return Ok(shared.clone());
    }
    let own = own()?;
    Ok(SHARED.get_or_init(|| own).clone())
}

fn own() -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| {
            Error::configuration("no tls is available; give a client with `http_client`")
                .caused_by(error)
        })?;
    check_file()?;
    Ok(match Verifier::new(provider) {
        Ok(verifier) => config
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth(),
        Err(error) => {
            if let Some((name, path)) = VARIABLES
                .into_iter()
                .find_map(|name| Some((name, std::env::var_os(name)?)))
            {
                let path = Path::new(&path).display();
                return Err(Error::configuration(format!("{name} names no certificates that can be read (`{path}`); name a file (or folder) of PEM certificates, or unset it"),
                )
                .caused_by(error));
            }
            // Without certificates, this machine's own services can still be reached; any other server is refused.
            config
                .with_root_certificates(RootCertStore::empty())
                .with_no_client_auth()
        }
    })
}

/// A named file that can't be read is an error, even if the folder has other certificates.
fn check_file() -> Result<(), Error> {
    let Some(path) = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()) else {
        return Ok(());
    };
    std::fs::File::open(&path).map(drop).map_err(|error| {
        let path = Path::new(&path).display();
        Error::configuration(format!("SSL_CERT_FILE names `{path}`, which can't be read; name a file of PEM certificates, or unset it"),
        )
        .caused_by(error)
    })
}
