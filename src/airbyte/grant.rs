//! Airbyte's application token.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::Airbyte;
use crate::auth::{FetchToken, Granted, Secret};
use crate::error::{Error, Kind};

/// How long an application token lives where the answer does not say: 15 minutes.
const LIFETIME: Duration = Duration::from_secs(900);

/// The client id and secret that an application token is asked with.
#[derive(Debug)]
pub(super) struct ApplicationGrant {
    pub(super) airbyte: Airbyte,
    pub(super) client_id: String,
    pub(super) client_secret: Secret,
}

impl FetchToken for ApplicationGrant {
    fn fetch(&self) -> BoxFuture<'_, Result<Granted, Error>> {
        Box::pin(self.ask())
    }
}

impl ApplicationGrant {
    async fn ask(&self) -> Result<Granted, Error> {
        let answer = self
            .airbyte
            .applications()
            .token(self.client_id.clone(), self.client_secret.clone())
            .send()
            .await
            .map_err(|error| {
                if error.is_transient() {
                    Error::new(
                        Kind::TokenRefreshFailed,
                        "airbyte gives no application token for now; try again later",
                    )
                    .caused_by(error)
                } else {
                    error
                }
            })?;
        let access_token = answer.access_token.ok_or_else(|| {
            Error::new(
                Kind::InvalidResponse,
                "airbyte's answer has no application token; check the base url",
            )
        })?;
        let lifetime = answer
            .expires_in
            .and_then(|seconds| u64::try_from(seconds).ok());
        Ok(Granted {
            access_token,
            expires_in: Some(lifetime.map_or(LIFETIME, Duration::from_secs)),
            refresh_token: None,
            refresh_token_expires_in: None,
            scopes: Vec::new(),
        })
    }
}
