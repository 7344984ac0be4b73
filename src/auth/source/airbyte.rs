//! Airbyte's application token.

use std::time::Duration;

use http::HeaderValue;
use serde_json::{Map, Value};

use super::{TokenFuture, TokenResponse, TokenSource, with_retry};
use crate::api::airbyte::operation::TABLE;
use crate::api::airbyte::types::{ApplicationTokenRequest, ApplicationTokenResponse};
use crate::auth::Secret;
use crate::error::{Error, Kind};
use crate::http::{FirstByte, Http, built};

/// The operation that issues the token.
const OPERATION: &str = "create_account_applications_token";

/// The lifetime of an application token if the answer omits it: 15 minutes.
const LIFETIME: Duration = Duration::from_secs(900);

/// Fetches application tokens with a client id and secret.
#[derive(Debug)]
pub(crate) struct AirbyteTokenSource {
    pub(crate) http: Http,
    pub(crate) base_url: String,
    /// The organization's header and value.
    pub(crate) organization: Option<(&'static str, HeaderValue)>,
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret,
}

impl TokenSource for AirbyteTokenSource {
    fn fetch<'a>(&'a self, _: Option<&'a Secret>) -> TokenFuture<'a> {
        Box::pin(with_retry(|| self.ask()))
    }
}

impl AirbyteTokenSource {
    async fn ask(&self) -> Result<TokenResponse, Error> {
        let operation = TABLE
            .by_id(OPERATION)
            .ok_or_else(|| Error::unsupported("airbyte's document has no application token"))?;
        let body = ApplicationTokenRequest::new(self.client_id.clone(), self.client_secret.clone());
        let mut request = self
            .http
            .client()
            .post(format!("{}{}", self.base_url, operation.path))
            .json(&body);
        if let Some((name, value)) = &self.organization {
            request = request.header(*name, value);
        }
        let request = built(request, "the airbyte api url is not valid; check it")?;
        let reply = self
            .http
            .exchange(request, FirstByte::Soon)
            .await
            .map_err(|failure| passing(failure.into()))?;
        if !reply.status.is_success() {
            let error = Error::from_response(reply.status.as_u16(), &reply.headers, &reply.body);
            return Err(passing(refused(error).of(operation)));
        }
        let answer = read(&reply.body)
            .map_err(|error| unreadable(Error::undecodable(&error).of(operation)))?;
        let token = answer.access_token.filter(|token| {
            !token.expose().is_empty() && HeaderValue::from_str(token.expose()).is_ok()
        });
        let access_token = token.ok_or_else(|| {
            let error = Error::invalid_response("airbyte's answer has no `access_token`");
            unreadable(error.of(operation))
        })?;
        let mut response = TokenResponse::new(access_token);
        let lifetime = answer
            .expires_in
            .and_then(|seconds| u64::try_from(seconds).ok())
            .filter(|seconds| *seconds > 0);
        response.expires_in = Some(lifetime.map_or(LIFETIME, Duration::from_secs));
        Ok(response)
    }
}

/// The call itself was not sent, so its outcome is not in doubt.
fn unreadable(error: Error) -> Error {
    Error::token_refresh_failed(
        "airbyte's answer has no application token; check the base url and any proxy in between",
    )
    .caused_by(error)
}

/// Here the service refuses the client, since there is no token yet.
fn refused(error: Error) -> Error {
    if !error.is_unauthenticated() {
        return error;
    }
    Error::new(
        Kind::Unauthenticated,
        "airbyte refuses the client id or the client secret (401): check both \
         (AIRBYTE_CLIENT_ID, AIRBYTE_CLIENT_SECRET)",
    )
    .explaining(error)
}

/// Turns a temporary failure into an error that says that no token is available now.
fn passing(error: Error) -> Error {
    // A connection error says more, including what to do.
    if !error.is_transient() || error.is_connect() {
        return error;
    }
    let unnamed = error.message();
    Error::token_refresh_failed(format!(
        "airbyte can't give an application token now: {unnamed}"
    ))
    .explaining(error)
}

/// Parses the answer. An unreadable lifetime counts as missing.
fn read(body: &[u8]) -> Result<ApplicationTokenResponse, serde_json::Error> {
    serde_json::from_slice(body).or_else(|error| {
        let without: Option<Map<String, Value>> = serde_json::from_slice(body).ok();
        without
            .and_then(|mut answer| {
                answer.remove("expires_in")?;
                serde_json::from_value(answer.into()).ok()
            })
            .ok_or(error)
    })
}
