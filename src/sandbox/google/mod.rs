//! Google's side of OAuth: token endpoint, consent page, revocation, and the check of bearer tokens.

mod account;
pub(crate) mod bearer;
mod consent;
mod pkce;
pub(crate) mod service_account;
mod token;

use std::time::{Duration, UNIX_EPOCH};

use http::{Method, StatusCode, header};
use serde_json::json;

use super::exchange::{Answer, Request, first};
use super::gmail::error::page;
use super::log::RequestRecord;
use super::random;
use super::state::{State, lock};

pub(crate) use account::{Account, Standing};
pub(crate) use consent::PATH as CONSENT_PATH;

/// Google's id of the user.
const USER: &str = "100000000000000000001";

/// Names the endpoint of a request.
pub(crate) fn describe(request: &Request, record: &mut RequestRecord) {
    if let Some(endpoint) = Endpoint::of(&request.path) {
        record.operation = endpoint.name().to_owned();
    }
}

/// Answers one request, dated by Google's clock.
pub(crate) fn answer(state: &State, request: &Request, record: &mut RequestRecord) -> Answer {
    let answer = answer_undated(state, request, record);
    if state.settings().clock_ahead_seconds == 0 {
        return answer;
    }
    let now = UNIX_EPOCH + Duration::from_secs(state.google_seconds());
    answer.with_header(header::DATE, &httpdate::fmt_http_date(now))
}

fn answer_undated(state: &State, request: &Request, record: &mut RequestRecord) -> Answer {
    let Some(endpoint) = Endpoint::of(&request.path) else {
        return page(
            StatusCode::NOT_FOUND,
            "The requested URL was not found on this server.",
        );
    };
    match (endpoint, request.method.as_str()) {
        (Endpoint::Token, "POST") => token::answer(state, request, record),
        (Endpoint::SignJwt, "POST") => service_account::sign(state, request),
        (Endpoint::Metadata, "GET") => service_account::metadata(state, request),
        (Endpoint::Revoke, "POST") | (Endpoint::OldRevoke, "GET" | "POST") => {
            revoke(state, request)
        }
        (Endpoint::Consent, "GET") => consent::show(state, request),
        (Endpoint::Consent, "POST") => consent::decide(state, request),
        (Endpoint::TokenInfo(version), "GET" | "POST") => token_info(state, request, version),
        (Endpoint::UserInfo(version), "GET" | "POST") => user_info(state, request, version, record),
        _ => {
            let allowed = match endpoint {
                Endpoint::Token | Endpoint::Revoke | Endpoint::SignJwt => "POST",
                Endpoint::Metadata => "GET",
                _ => "GET, POST",
            };
            page(
                StatusCode::METHOD_NOT_ALLOWED,
                "The request method is inappropriate for this URL.",
            )
            .with_header(header::ALLOW, allowed)
        }
    }
}

/// An error in the shape of OAuth's token endpoint.
fn oauth_error(status: StatusCode, error: &str, description: &str) -> Answer {
    Answer::json(
        status,
        &json!({"error": error, "error_description": description}),
    )
    .with_header(
        header::CACHE_CONTROL,
        "no-cache, no-store, max-age=0, must-revalidate",
    )
}

#[derive(Clone, Copy, Debug)]
enum Endpoint {
    Token,
    Revoke,
    /// The older revocation endpoint, which also takes GET.
    OldRevoke,
    Consent,
    /// Part of the IAM Credentials API.
    SignJwt,
    /// The metadata server of a virtual machine.
    Metadata,
    TokenInfo(Version),
    UserInfo(Version),
}

/// Which field names an answer about a token or user has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    /// Google's own, as in versions 1 and 2.
    Own,
    /// OpenID Connect's.
    OpenId,
}

impl Endpoint {
    // Google still serves the old addresses, and saved credentials files name them.
    fn of(path: &str) -> Option<Self> {
        match path {
            "/token" | "/o/oauth2/token" | "/oauth2/v3/token" | "/oauth2/v4/token" => {
                Some(Self::Token)
            }
            "/revoke" => Some(Self::Revoke),
            "/o/oauth2/revoke" => Some(Self::OldRevoke),
            "/o/oauth2/v2/auth" | "/o/oauth2/auth" => Some(Self::Consent),
            "/tokeninfo" | "/oauth2/v3/tokeninfo" => Some(Self::TokenInfo(Version::OpenId)),
            "/oauth2/v1/tokeninfo" | "/oauth2/v2/tokeninfo" => Some(Self::TokenInfo(Version::Own)),
            "/v1/userinfo" | "/oauth2/v3/userinfo" => Some(Self::UserInfo(Version::OpenId)),
            "/oauth2/v1/userinfo" | "/oauth2/v2/userinfo" | "/userinfo/v2/me" => {
                Some(Self::UserInfo(Version::Own))
            }
            _ if path.starts_with("/v1/projects/") && path.ends_with(":signJwt") => {
                Some(Self::SignJwt)
            }
            _ if path.starts_with("/computeMetadata/v1/instance/service-accounts/default/") => {
                Some(Self::Metadata)
            }
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Revoke | Self::OldRevoke => "revoke",
            Self::Consent => "auth",
            Self::SignJwt => "sign_jwt",
            Self::Metadata => "metadata",
            Self::TokenInfo(_) => "tokeninfo",
            Self::UserInfo(_) => "userinfo",
        }
    }
}

fn revoke(state: &State, request: &Request) -> Answer {
    let from_form = match request.method {
        Method::POST => first(request.form_pairs(), "token"),
        _ => None,
    };
    let Some(token) = from_form
        .or_else(|| request.query_value("token"))
        .filter(|token| !token.is_empty())
    else {
        return oauth_error(StatusCode::BAD_REQUEST, "invalid_request", "Bad Request");
    };
    if lock(&state.google).revoke(&token) {
        Answer::json(StatusCode::OK, &json!({}))
    } else {
        oauth_error(
            StatusCode::BAD_REQUEST,
            "invalid_token",
            "Token expired or revoked",
        )
    }
}

fn token_info(state: &State, request: &Request, version: Version) -> Answer {
    let token = request
        .bearer()
        .map(str::to_owned)
        .or_else(|| request.query_value("access_token"))
        .or_else(|| first(request.form_pairs(), "access_token"));
    let email = lock(&state.mailbox).email_address().to_owned();
    let account = lock(&state.google);
    match token.as_deref().map(|token| account.standing(token)) {
        Some(Standing::Valid(valid)) => {
            let client = account.credentials().client_id;
            let seconds = valid.remaining.as_secs();
            let scope = valid.scopes.join(" ");
            let info = match version {
                Version::Own => json!({
                    "issued_to": client, "audience": client, "user_id": USER, "scope": scope,
                    "expires_in": seconds, "access_type": "offline",
                    "email": email, "verified_email": true,
                }),
                // This endpoint gives numbers as strings.
                Version::OpenId => json!({
                    "azp": client, "aud": client, "sub": USER, "scope": scope,
                    "exp": random::seconds().saturating_add(seconds).to_string(),
                    "expires_in": seconds.to_string(), "access_type": "offline",
                    "email": email, "email_verified": "true",
                }),
            };
            Answer::json(StatusCode::OK, &info)
        }
        _ => oauth_error(StatusCode::BAD_REQUEST, "invalid_token", "Invalid Value"),
    }
}

fn user_info(
    state: &State,
    request: &Request,
    version: Version,
    record: &mut RequestRecord,
) -> Answer {
    let token = request
        .bearer()
        .map(str::to_owned)
        .or_else(|| request.query_value("access_token"));
    let standing = token.map(|token| lock(&state.google).standing(&token));
    let Some(Standing::Valid(valid)) = standing else {
        return oauth_error(
            StatusCode::UNAUTHORIZED,
            "invalid_request",
            "Invalid Credentials",
        )
        .with_header(
            header::WWW_AUTHENTICATE,
            "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\"",
        );
    };
    record.authorized_with = Some(valid.generation);
    let email = lock(&state.mailbox).email_address().to_owned();
    let info = match version {
        Version::Own => json!({"id": USER, "email": email, "verified_email": true}),
        Version::OpenId => json!({"sub": USER, "email": email, "email_verified": true}),
    };
    Answer::json(StatusCode::OK, &info)
}
