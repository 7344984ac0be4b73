//! The metadata server of Google's machines, which issues tokens for the service account of a program.
//! <https://cloud.google.com/compute/docs/access/authenticate-workloads>

use std::time::Duration;

use http::HeaderValue;
use serde::Deserialize;
use tokio::time::timeout;

use super::{TokenFuture, TokenResponse, TokenSource, with_retry};
use crate::auth::Secret;
use crate::error::Error;
use crate::http::{FirstByte, Http, built};

/// The timeout: the server is on the same machine, or doesn't exist.
const PATIENCE: Duration = Duration::from_secs(1);

/// The server requires this header. An answer without it came from another server.
const FLAVOR: &str = "metadata-flavor";

/// Tokens of the service account that this machine runs as.
#[derive(Debug)]
pub(super) struct MetadataTokenSource {
    pub(super) http: Http,
    /// The server's URL, such as `http://metadata.google.internal`.
    pub(super) url: String,
    /// The scope to ask for.
    pub(super) scope: &'static str,
}

#[derive(Deserialize)]
struct Answer {
    access_token: Secret,
    expires_in: u64,
}

impl MetadataTokenSource {
    /// The service account's email address.
    pub(super) async fn email(&self) -> Result<String, Error> {
        let body = self.get("email").await?;
        let email = String::from_utf8_lossy(&body).trim().to_owned();
        if !email.contains('@') || !email.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(unusable("names no service account"));
        }
        Ok(email)
    }

    async fn token(&self) -> Result<TokenResponse, Error> {
        let body = self.get(&format!("token?scopes={}", self.scope)).await?;
        let answer: Answer =
            serde_json::from_slice(&body).map_err(|_| unusable("gives no token"))?;
        let mut response = TokenResponse::new(answer.access_token);
        response.expires_in =
            Some(Duration::from_secs(answer.expires_in)).filter(|life| !life.is_zero());
        Ok(response)
    }

    async fn get(&self, what: &str) -> Result<bytes::Bytes, Error> {
        let absent = || {
            Error::configuration(
                "no credentials were found, and no google metadata server answered within 1 s: name a service \
                 account's key or a file of gcloud's with GOOGLE_APPLICATION_CREDENTIALS, or run where google runs the \
                 service account",
            )
        };
        let address = format!(
            "{}/computeMetadata/v1/instance/service-accounts/default/{what}",
            self.url
        );
        let request = self
            .http
            .client()
            .get(address)
            .header(FLAVOR, HeaderValue::from_static("Google"));
        let request = built(
            request,
            "GCE_METADATA_HOST is not a host; give one like metadata.google.internal",
        )?;
        let reply = timeout(PATIENCE, self.http.exchange(request, FirstByte::Soon))
            .await
            .map_err(|_| absent())?
            .map_err(|failure| absent().caused_by(Error::from(failure)))?;
        if reply
            .headers
            .get(FLAVOR)
            .is_none_or(|value| value != "Google")
        {
            return Err(absent());
        }
        if reply.status.as_u16() == 429 || reply.status.is_server_error() {
            return Err(Error::token_refresh_failed(format!(
                "the metadata server failed ({}); try again later",
                reply.status.as_u16()
            )));
        }
        if !reply.status.is_success() {
            return Err(unusable("has no service account for this machine"));
        }
        Ok(reply.body)
    }
}

impl TokenSource for MetadataTokenSource {
    fn fetch<'a>(&'a self, _: Option<&'a Secret>) -> TokenFuture<'a> {
        Box::pin(with_retry(|| self.token()))
    }
}

fn unusable(why: &str) -> Error {
    Error::configuration(format!(
        "the metadata server {why}; attach a service account to the machine, with the scope cloud-platform"
    ))
}
