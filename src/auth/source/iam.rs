//! Signatures for a service account without its key, by the IAM credentials API's `signJwt`.
//! <https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/signJwt>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::auth::{Secret, TokenCache};
use crate::error::{Error, Kind};
use crate::http::{FirstByte, Http, built};

/// The API's base URL.
pub(super) const IAM_URL: &str = "https://iamcredentials.googleapis.com";

/// The scope that the API needs.
pub(super) const CLOUD_PLATFORM: &str = "https://www.googleapis.com/auth/cloud-platform";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    signed_jwt: Secret,
}

/// Has the API sign claims for a service account, with the token of a caller that may impersonate it.
pub(super) async fn sign(
    http: &Http,
    url: &str,
    token: &TokenCache,
    (email, delegates): (&str, &[String]),
    claims: &Value,
) -> Result<Secret, Error> {
    let address = format!("{url}/v1/projects/-/serviceAccounts/{email}:signJwt");
    let body = json!({"payload": claims.to_string(), "delegates": delegates});
    let mut refused = None;
    loop {
        let bearer = token.bearer(refused.as_ref()).await?;
        let request = http
            .client()
            .post(&address)
            .bearer_auth(bearer.token.expose())
            .json(&body);
        let request = built(
            request,
            "the url of the iam credentials api is not valid; check it",
        )?;
        let reply = http
            .exchange(request, FirstByte::Soon)
            .await
            .map_err(|failure| {
                Error::token_refresh_failed(
                    "the iam credentials api can't be reached; check the network and try again",
                )
                .caused_by(Error::from(failure))
            })?;
        let status = reply.status.as_u16();
        match status {
            200 => {
                let answer: Answer = serde_json::from_slice(&reply.body).map_err(|_| {
                    Error::token_refresh_failed(
                        "the iam credentials api's answer can't be read; try again",
                    )
                })?;
                return Ok(answer.signed_jwt);
            }
            401 if refused.is_none() => refused = Some(bearer),
            429 | 500.. => {
                return Err(Error::token_refresh_failed(format!(
                    "the iam credentials api failed ({status}); try again later"
                )));
            }
            _ => {
                let said = Error::from_response(status, &reply.headers, &reply.body);
                let advice = match said.reason() {
                    Some("SERVICE_DISABLED" | "accessNotConfigured") => {
                        "enable it (iamcredentials.googleapis.com) in the project".to_owned()
                    }
                    _ => format!(
                        "give the caller the role roles/iam.serviceAccountTokenCreator on {email}, and enable the iam \
                         credentials api"
                    ),
                };
                let code = said.reason().unwrap_or_default().to_owned();
                return Err(Error::refusal(
                    Kind::Configuration,
                    format!("the iam credentials api does not sign for the service account ({status}): {advice}"),
                    status,
                    &code,
                )
                .caused_by(said));
            }
        }
    }
}
