//! Google's refresh token grant (RFC 6749, section 6).

use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::{TokenFuture, TokenResponse, TokenSource, with_retry};
use crate::auth::Secret;
use crate::error::{Error, Kind, is_reason};
use crate::http::{FirstByte, Http, Reply, built};

/// Google's token endpoint; see <https://developers.google.com/identity/protocols/oauth2/web-server#offline>.
pub const GOOGLE_TOKEN_URL: &str = "https://oauth2.googleapis.com/token";

/// Fetches tokens from Google with an OAuth client.
pub(crate) struct GoogleTokenSource {
    pub(crate) http: Http,
    pub(crate) token_url: String,
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<Secret>,
    pub(crate) keeps_previous: bool,
}

impl TokenSource for GoogleTokenSource {
    fn fetch<'a>(&'a self, refresh_token: Option<&'a Secret>) -> TokenFuture<'a> {
        Box::pin(async move {
            let (Some(refresh_token), Some(client_id)) = (refresh_token, self.client_id.as_deref())
            else {
                let missing = if self.client_id.is_none() {
                    "client_id"
                } else {
                    "refresh_token"
                };
                return Err(Error::configuration(format!(
                    "there is no valid access token, and fetching one needs {missing}; give it, or a new access token"
                )));
            };
            let form = refresh_form(client_id, self.client_secret.as_ref(), refresh_token);
            with_retry(|| post_form(&self.http, &self.token_url, &form)).await
        })
    }

    fn keeps_previous(&self) -> bool {
        self.keeps_previous
    }
}

/// Posts a form to the token endpoint.
pub(crate) async fn post_form(
    http: &Http,
    token_url: &str,
    form: &Secret,
) -> Result<TokenResponse, Error> {
    grant(http, token_url, form, refusal).await
}

/// Like `post_form`, with the meaning of a refusal for this kind of grant.
pub(super) async fn grant(
    http: &Http,
    token_url: &str,
    form: &Secret,
    refused: impl Fn(&Reply) -> Error,
) -> Result<TokenResponse, Error> {
    let reply = exchange(http, token_url, form).await.map_err(|error| {
        // A failing certificate or proxy will fail again, and its own message says what helps.
        if error.is_configuration() || (error.is_connect() && !error.is_transient()) {
            return error;
        }
        Error::token_refresh_failed(format!("the token endpoint can't be reached: {error}"))
            .caused_by(error)
    })?;
    parse_reply(&reply, refused)
}

pub(crate) async fn exchange(http: &Http, url: &str, form: &Secret) -> Result<Reply, Error> {
    let request = http
        .client()
        .post(url)
        .header(
            http::header::CONTENT_TYPE,
            "application/x-www-form-urlencoded",
        )
        .header(http::header::ACCEPT, "application/json")
        .body(form.expose().to_owned());
    let request = built(request, "the token url is not valid; check it")?;
    http.exchange(request, FirstByte::Soon)
        .await
        .map_err(Error::from)
}

debug!(GoogleTokenSource, self);

/// The form of a refresh request.
fn refresh_form(client_id: &str, client_secret: Option<&Secret>, refresh_token: &Secret) -> Secret {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "refresh_token")
        .append_pair("refresh_token", refresh_token.expose())
        .append_pair("client_id", client_id);
    if let Some(secret) = client_secret {
        form.append_pair("client_secret", secret.expose());
    }
    Secret::from(form.finish())
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Option<Secret>,
    #[serde(default, deserialize_with = "seconds")]
    expires_in: Option<Duration>,
    #[serde(default, deserialize_with = "text")]
    refresh_token: Option<Secret>,
    #[serde(default, deserialize_with = "seconds")]
    refresh_token_expires_in: Option<Duration>,
    #[serde(default)]
    scope: serde_json::Value,
    #[serde(default)]
    error: serde_json::Value,
}

#[derive(Default, Deserialize)]
struct ErrorAnswer {
    #[serde(default)]
    error: serde_json::Value,
    #[serde(default)]
    error_description: serde_json::Value,
    #[serde(default)]
    error_subtype: serde_json::Value,
}

/// Parses the token endpoint's answer.
fn parse_reply(reply: &Reply, refused: impl Fn(&Reply) -> Error) -> Result<TokenResponse, Error> {
    let unreadable = || {
        Error::token_refresh_failed(
            "the token endpoint's answer can't be read; check the token url and try again",
        )
    };
    if !reply.status.is_success() {
        return Err(refused(reply));
    }
    let answer: TokenAnswer = serde_json::from_slice(&reply.body).map_err(|_| unreadable())?;
    // Some servers refuse with a success status.
    if answer.access_token.is_none() && !answer.error.is_null() {
        return Err(refused(reply));
    }
    let access_token = answer
        .access_token
        .filter(|token| {
            !token.expose().is_empty() && http::HeaderValue::from_str(token.expose()).is_ok()
        })
        .ok_or_else(unreadable)?;
    Ok(TokenResponse {
        access_token,
        // A zero lifetime means that it is unknown: the token is used until refused.
        expires_in: answer.expires_in.filter(|life| !life.is_zero()),
        refresh_token: answer.refresh_token,
        refresh_token_expires_in: answer.refresh_token_expires_in,
        scopes: scopes(&answer.scope),
    })
}

/// The scopes: a string, or a list as some servers send it.
fn scopes(scope: &serde_json::Value) -> Vec<String> {
    let items = scope
        .as_array()
        .map_or(std::slice::from_ref(scope), Vec::as_slice);
    items
        .iter()
        .filter_map(serde_json::Value::as_str)
        .flat_map(str::split_whitespace)
        .map(str::to_owned)
        .collect()
}

/// A refusal by a token endpoint (RFC 6749 section 5.2).
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) description: String,
    subtype: String,
}

impl Refused {
    pub(super) fn of(reply: &Reply) -> Self {
        let answer: ErrorAnswer = serde_json::from_slice(&reply.body).unwrap_or_default();
        let reason = |text: Option<&str>| {
            text.filter(|code| is_reason(code))
                .unwrap_or_default()
                .to_owned()
        };
        // Google's front end writes its errors like those of the API, as an object.
        let code = answer
            .error
            .as_str()
            .or_else(|| answer.error["status"].as_str());
        let description = answer
            .error_description
            .as_str()
            .or_else(|| answer.error["message"].as_str());
        Self {
            status: reply.status.as_u16(),
            code: reason(code),
            subtype: reason(answer.error_subtype.as_str()),
            description: description.unwrap_or_default().to_owned(),
        }
    }

    /// Whether the failure is temporary. Google also says so in the description of an otherwise final error.
    pub(super) fn passes(&self) -> bool {
        [
            "internal_failure",
            "server_error",
            "slow_down",
            "temporarily_unavailable",
        ]
        .iter()
        .any(|passing| *passing == self.code || self.description.contains(passing))
    }
}

/// Distinguishes a rejection, which only the user or the configuration can fix, from a temporary failure.
pub(crate) fn refusal(reply: &Reply) -> Error {
    let refused = Refused::of(reply);
    let (status, code, subtype, description) = (
        refused.status,
        refused.code.as_str(),
        refused.subtype.as_str(),
        refused.description.as_str(),
    );
    let (kind, message) = match code {
        _ if refused.passes() => {
            (Kind::TokenRefreshFailed, "the token endpoint failed; try again later".to_owned())
        }
        // A failing server knows nothing about the token, whatever it says.
        code if status == 429 || status >= 500 => {
            let reason = if code.is_empty() { String::new() } else { format!(" {code}") };
            (Kind::TokenRefreshFailed, format!("the token endpoint failed ({status}{reason}); try again later"))
        }
        "invalid_grant" if subtype == "invalid_rapt" || subtype == "rapt_required" || description.contains("rapt") => (
            Kind::ReauthorizationRequired,
            "google wants the user to sign in again (invalid_grant, rapt): the organization limits how long a session lasts; run the consent again".to_owned(),
        ),
        "invalid_grant" => (
            Kind::ReauthorizationRequired,
            "google rejected the refresh token (invalid_grant), so the user has to consent again; likely causes: access was revoked, \
             the password was changed, the consent screen is in testing mode (7 days), the token was unused for 6 months, \
             newer tokens pushed it out (100 for each account and client), or it belongs to another client id"
                .to_owned(),
        ),
        "invalid_client" | "unauthorized_client" => (
            Kind::Configuration,
            format!("google does not accept the oauth client ({code}); check client_id and client_secret, and that the refresh token was issued to them"),
        ),
        "" => (Kind::TokenRefreshFailed, format!("the token endpoint answered unexpectedly ({status}); check the token url")),
        code if matches!(status, 404 | 405) => (
            Kind::Configuration,
            format!("nothing at that address issues tokens ({status} {code}); check the token url"),
        ),
        "admin_policy_enforced" | "org_internal" | "access_denied" | "disabled_client" => (
            Kind::Configuration,
            format!("google refused to give a token ({status} {code}): a rule of the organization or of the project forbids it; ask its administrator"),
        ),
        code => (Kind::Configuration, format!("google refused to give a token ({status} {code}); check client_id, client_secret and refresh_token")),
    };
    Error::refusal(kind, message, status, code).retry_after_of(&reply.headers)
}

/// A non-empty string. Any other value counts as missing, so it doesn't cost us the access token next to it.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value
        .as_str()
        .filter(|text| !text.trim().is_empty())
        .map(Secret::from))
}

/// Seconds, as a number or, from some servers, as a string.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let seconds = match &value {
        serde_json::Value::Number(number) => number.as_f64(),
        serde_json::Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    Ok(seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Result<TokenResponse, Error> {
        let reply = Reply {
            status: http::StatusCode::from_u16(status).unwrap_or_default(),
            headers: http::HeaderMap::new(),
            body: bytes::Bytes::copy_from_slice(body.as_bytes()),
        };
        parse_reply(&reply, refusal)
    }

    #[test]
    fn lifetimes_come_as_numbers_and_as_texts() {
        for (text, seconds) in [("3599", 3599), ("\"3599\"", 3599), ("3599.5", 3599)] {
            let granted = reply(
                200,
                &format!(r#"{{"access_token":"t","expires_in":{text}}}"#),
            );
            assert!(granted.is_ok_and(|granted| {
                granted
                    .expires_in
                    .is_some_and(|lifetime| lifetime.as_secs() == seconds)
            }));
        }
        for text in [
            "null",
            "0",
            "-1",
            "0.0",
            "\"0\"",
            "\"-3599\"",
            "\"soon\"",
            "[]",
            "true",
            "1e300",
            "\"NaN\"",
        ] {
            let granted = reply(
                200,
                &format!(r#"{{"access_token":"t","expires_in":{text}}}"#),
            );
            assert!(granted.is_ok_and(|granted| granted.expires_in.is_none()));
        }
    }

    #[test]
    fn rejected_is_told_from_failed() {
        let rejected = reply(
            400,
            r#"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#,
        );
        assert!(
            rejected.is_err_and(|error| error.is_reauthorization_required()
                && error.reason() == Some("invalid_grant"))
        );
        let rapt = reply(
            400,
            r#"{"error":"invalid_grant","error_subtype":"invalid_rapt"}"#,
        );
        assert!(rapt.is_err_and(
            |error| error.is_reauthorization_required() && error.to_string().contains("rapt")
        ));
        for (status, body) in [
            (500, ""),
            (503, "<html>"),
            (429, "{}"),
            (400, r#"{"error":"internal_failure"}"#),
            (400, r#"{"error":"slow_down"}"#),
            // A failing server knows nothing about the token.
            (500, r#"{"error":"invalid_grant"}"#),
            (200, "{}"),
            (200, "<html>"),
        ] {
            assert!(
                reply(status, body).is_err_and(|error| error.is_token_refresh_failed()),
                "{status} {body}"
            );
        }
        let under_success = reply(200, r#"{"error":"invalid_grant"}"#);
        assert!(under_success.is_err_and(|error| error.is_reauthorization_required()));
        let as_the_api = reply(
            400,
            r#"{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}"#,
        );
        assert!(as_the_api.is_err_and(
            |error| error.is_configuration() && error.reason() == Some("INVALID_ARGUMENT")
        ));
        let client = reply(
            401,
            r#"{"error":"invalid_client","error_description":"The OAuth client was not found."}"#,
        );
        assert!(client.is_err_and(|error| error.is_configuration()));
    }

    #[test]
    fn a_refresh_token_of_another_type_costs_no_access_token() {
        for token in ["null", "1", "\"\"", "\" \"", "[]"] {
            let granted = reply(
                200,
                &format!(r#"{{"access_token":"t","refresh_token":{token}}}"#),
            );
            assert!(granted.is_ok_and(|granted| granted.refresh_token.is_none()));
        }
    }

    #[test]
    fn scopes_come_as_a_text_a_list_or_not_at_all() {
        for (scope, count) in [
            (r#""a b""#, 2),
            (r#"["a","b c"]"#, 3),
            ("null", 0),
            ("1", 0),
        ] {
            let granted = reply(200, &format!(r#"{{"access_token":"t","scope":{scope}}}"#));
            assert!(granted.is_ok_and(|granted| granted.scopes.len() == count));
        }
    }

    #[test]
    fn a_token_that_is_no_header_value_is_refused() {
        assert!(reply(200, r#"{"access_token":"a\r\nb"}"#).is_err());
    }
}
