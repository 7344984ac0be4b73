//! The organization's service account: its key, the assertions it signs (RFC 7523), and the services that sign for it.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::StatusCode;
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey,
};
use serde_json::{Value, json};

use super::account::{Issued, Standing, known_scopes};
use super::oauth_error;
use crate::sandbox::exchange::{Answer, Request};
use crate::sandbox::state::{Settings, State, lock};

/// A key used only by the sandbox.
static KEY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let text: String = include_str!("service_account.key")
        .split_whitespace()
        .collect();
    STANDARD.decode(text).unwrap_or_default()
});

const KEY_ID: &str = "5a6e64626f78206b657920696420666f7220746573";
const EMAIL: &str = "agent@sandbox-project.iam.gserviceaccount.com";
const CLIENT_ID: &str = "100000000000000000042";

/// Google's own address, which some clients use as the audience even with another token URL.
const GOOGLE: &str = "https://oauth2.googleapis.com/token";

/// The scope of an access token for Google's own APIs.
const CLOUD_PLATFORM: &str = "https://www.googleapis.com/auth/cloud-platform";

/// How far ahead a client's clock may be, in seconds.
const SKEW: u64 = 300;

/// The longest lifetime of an assertion, in seconds.
const LONGEST: u64 = 3_600;

/// The key file, as downloaded from Google.
pub(crate) fn key_file(origin: &str) -> Value {
    let mut pem = String::from("-----BEGIN PRIVATE KEY-----\n");
    for line in include_str!("service_account.key").lines() {
        pem.push_str(line);
        pem.push('\n');
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    json!({
        "type": "service_account",
        "project_id": "sandbox-project",
        "private_key_id": KEY_ID,
        "private_key": pem,
        "client_email": EMAIL,
        "client_id": CLIENT_ID,
        "token_uri": format!("{origin}/token"),
    })
}

/// Exchanges an assertion for an access token.
pub(super) fn grant(
    state: &State,
    assertion: &str,
    settings: &Settings,
    record: &mut Option<Value>,
) -> Result<Issued, Answer> {
    let [header, claims] = read(assertion).ok_or_else(|| refused("Bad Request"))?;
    *record = Some(claims.clone());
    let text = |name: &str| claims[name].as_str().unwrap_or_default();
    if text("iss") != EMAIL {
        return Err(refused("Invalid grant: account not found"));
    }
    let named = header["kid"].as_str().unwrap_or(KEY_ID);
    if header["alg"] != "RS256" || named != KEY_ID || !is_signed(assertion) {
        return Err(refused("Invalid JWT Signature."));
    }
    if text("aud") != GOOGLE && text("aud") != format!("{}/token", state.origin) {
        return Err(refused(
            "Invalid JWT: Failed audience check. The right audience is https://oauth2.googleapis.com/token",
        ));
    }
    let now = state.google_seconds();
    let (from, until) = (
        claims["iat"].as_u64().unwrap_or(u64::MAX),
        claims["exp"].as_u64().unwrap_or_default(),
    );
    let lives = until.checked_sub(from).is_some_and(|life| life <= LONGEST);
    if !lives || from > now + SKEW || until <= now {
        return Err(refused(
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat \
             and exp values in the JWT claim.",
        ));
    }
    let scopes: Vec<String> = text("scope")
        .split_ascii_whitespace()
        .map(str::to_owned)
        .collect();
    let known = known_scopes();
    if scopes.is_empty()
        || scopes
            .iter()
            .any(|scope| scope != CLOUD_PLATFORM && !known.contains(&scope.as_str()))
    {
        return Err(oauth_error(
            StatusCode::BAD_REQUEST,
            "invalid_scope",
            "Invalid OAuth scope or ID token audience provided.",
        ));
    }
    let domain = |address: &str| {
        address
            .rsplit_once('@')
            .map(|(_, domain)| domain.to_owned())
    };
    let subject = claims["sub"].as_str();
    let own = domain(lock(&state.mailbox).email_address());
    let mut account = lock(&state.google);
    let allowed = subject.is_none_or(|subject| domain(subject) == own)
        && (subject.is_none() || scopes.iter().all(|scope| account.is_delegated(scope)));
    if !allowed {
        return Err(oauth_error(
            StatusCode::UNAUTHORIZED,
            "unauthorized_client",
            "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the \
             scopes requested.",
        ));
    }
    Ok(account.delegate(scopes, subject.is_some(), settings))
}

/// The IAM Credentials API, which signs for the service account.
pub(super) fn sign(state: &State, request: &Request) -> Answer {
    let standing = request
        .bearer()
        .map(|token| lock(&state.google).standing(token));
    if !matches!(standing, Some(Standing::Valid(_))) {
        return iam_error(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED");
    }
    let for_account = format!("/serviceAccounts/{EMAIL}:signJwt");
    if !request.path.ends_with(&for_account) {
        return iam_error(StatusCode::FORBIDDEN, "PERMISSION_DENIED");
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let claims = body["payload"].as_str().map(serde_json::from_str::<Value>);
    let (Some(Ok(claims)), Ok(key)) = (claims, KeyPair::from_pkcs8(&KEY)) else {
        return iam_error(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT");
    };
    let header = json!({"alg": "RS256", "kid": KEY_ID, "typ": "JWT"});
    let text = [header, claims]
        .map(|part| URL_SAFE_NO_PAD.encode(part.to_string()))
        .join(".");
    let mut signature = vec![0; key.public().modulus_len()];
    if key
        .sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            text.as_bytes(),
            &mut signature,
        )
        .is_err()
    {
        return iam_error(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL");
    }
    let signed = format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature));
    Answer::json(
        StatusCode::OK,
        &json!({"keyId": KEY_ID, "signedJwt": signed}),
    )
}

/// The metadata server of a machine that runs as the service account.
pub(super) fn metadata(state: &State, request: &Request) -> Answer {
    let answer = if request.header("metadata-flavor") != Some("Google") {
        Answer::empty(StatusCode::FORBIDDEN)
    } else if request.path.ends_with("/email") {
        Answer::empty(StatusCode::OK).with_body("text/plain", EMAIL)
    } else {
        let scopes = vec![CLOUD_PLATFORM.to_owned()];
        let issued = lock(&state.google).delegate(scopes, false, &state.settings());
        let token = json!({
            "access_token": issued.access_token,
            "expires_in": issued.lifetime.as_secs(),
            "token_type": "Bearer",
        });
        Answer::json(StatusCode::OK, &token)
    };
    answer.with_header(http::HeaderName::from_static("metadata-flavor"), "Google")
}

/// An assertion's header and claims.
fn read(assertion: &str) -> Option<[Value; 2]> {
    let mut parts = assertion.split('.');
    let mut part = || {
        let bytes = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
        serde_json::from_slice(&bytes).ok()
    };
    Some([part()?, part()?])
}

fn is_signed(assertion: &str) -> bool {
    let Some((text, signature)) = assertion.rsplit_once('.') else {
        return false;
    };
    let (Ok(signature), Ok(key)) = (URL_SAFE_NO_PAD.decode(signature), KeyPair::from_pkcs8(&KEY))
    else {
        return false;
    };
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key())
        .verify(text.as_bytes(), &signature)
        .is_ok()
}

fn refused(description: &str) -> Answer {
    oauth_error(StatusCode::BAD_REQUEST, "invalid_grant", description)
}

fn iam_error(status: StatusCode, name: &str) -> Answer {
    let error =
        json!({"code": status.as_u16(), "message": "The caller may not do it.", "status": name});
    Answer::json(status, &json!({"error": error}))
}
