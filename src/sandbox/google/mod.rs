//! Google's side of OAuth: token endpoint, consent page, revocation, and the check of bearer tokens.

mod account;
pub(crate) mod bearer;
mod consent;
mod pkce;
mod token;

use http::{Method, StatusCode, header};
use serde_json::json;

use super::exchange::{Answer, Request, first};
use super::gmail::error::page;
use super::log::RequestRecord;
use super::state::{State, lock};

pub(crate) use account::{Account, Standing};

/// Names the endpoint of a request.
pub(crate) fn describe(request: &Request, record: &mut RequestRecord) -> Option<&'static str> {
    if let Some(endpoint) = Endpoint::of(&request.path) {
        record.operation = endpoint.name().to_owned();
    }
    None
}

/// Answers one request.
pub(crate) fn answer(state: &State, request: &Request, record: &mut RequestRecord) -> Answer {
    let Some(endpoint) = Endpoint::of(&request.path) else {
        return page(
            StatusCode::NOT_FOUND,
            "The requested URL was not found on this server.",
        );
    };
    match (endpoint, request.method.as_str()) {
        (Endpoint::Token, "POST") => token::answer(state, request),
        (Endpoint::Revoke, "POST") => revoke(state, request),
        (Endpoint::Consent, "GET") => consent::show(state, request),
        (Endpoint::Consent, "POST") => consent::decide(state, request),
        (Endpoint::TokenInfo, "GET" | "POST") => token_info(state, request),
        (Endpoint::UserInfo, "GET" | "POST") => user_info(state, request, record),
        _ => {
            let allowed = match endpoint {
                Endpoint::Token | Endpoint::Revoke => "POST",
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

/// An error in the form of OAuth's token endpoint.
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
    Consent,
    TokenInfo,
    UserInfo,
}

impl Endpoint {
    fn of(path: &str) -> Option<Self> {
        match path {
            "/token" => Some(Self::Token),
            "/revoke" => Some(Self::Revoke),
            "/o/oauth2/v2/auth" | "/o/oauth2/auth" => Some(Self::Consent),
            "/tokeninfo" | "/oauth2/v3/tokeninfo" => Some(Self::TokenInfo),
            "/oauth2/v3/userinfo" => Some(Self::UserInfo),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Revoke => "revoke",
            Self::Consent => "auth",
            Self::TokenInfo => "tokeninfo",
            Self::UserInfo => "userinfo",
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

fn token_info(state: &State, request: &Request) -> Answer {
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
            Answer::json(
                StatusCode::OK,
                // This endpoint gives numbers as strings.
                &json!({
                    "azp": client, "aud": client, "scope": valid.scopes.join(" "),
                    "expires_in": seconds.to_string(), "access_type": "offline",
                    "email": email, "email_verified": "true",
                }),
            )
        }
        _ => oauth_error(StatusCode::BAD_REQUEST, "invalid_token", "Invalid Value"),
    }
}

fn user_info(state: &State, request: &Request, record: &mut RequestRecord) -> Answer {
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
    record.authorised_with = Some(valid.generation);
    let email = lock(&state.mailbox).email_address().to_owned();
    Answer::json(
        StatusCode::OK,
        &json!({"sub": "100000000000000000001", "email": email, "email_verified": true}),
    )
}
