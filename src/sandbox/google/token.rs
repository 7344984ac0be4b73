//! The token endpoint.

use http::{StatusCode, header};
use serde_json::{Map, Value, json};

use super::account::Issued;
use super::{oauth_error, service_account};
use crate::sandbox::exchange::{Answer, Request};
use crate::sandbox::log::RequestRecord;
use crate::sandbox::state::{ExpiresIn, Settings, State, lock};

/// Answers POST /token.
pub(super) fn answer(state: &State, request: &Request, record: &mut RequestRecord) -> Answer {
    grant(state, request, record).unwrap_or_else(|refusal| refusal)
}

fn grant(state: &State, request: &Request, record: &mut RequestRecord) -> Result<Answer, Answer> {
    let form = Form::read(request)?;
    let settings = state.settings();

    let grant_type = form.get("grant_type").unwrap_or_default();
    if grant_type == "urn:ietf:params:oauth:grant-type:jwt-bearer" {
        let assertion = form.required("assertion")?;
        let issued = service_account::grant(state, assertion, &settings, &mut record.params)?;
        return Ok(tokens(issued, &settings));
    }
    let mut account = lock(&state.google);
    if !["refresh_token", "authorization_code"].contains(&grant_type) {
        let description = format!("Invalid grant_type: {grant_type}");
        return Err(oauth_error(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            &description,
        ));
    }

    let (client_id, client_secret) = match request.basic() {
        Some((id, secret)) => (Some(id), Some(secret)),
        None => (
            form.get("client_id").map(str::to_owned),
            form.get("client_secret").map(str::to_owned),
        ),
    };
    let client = account.credentials();
    match client_id {
        None => {
            return Err(invalid_request(
                "Could not determine client ID from request.",
            ));
        }
        Some(id) if id != client.client_id => {
            return Err(invalid_client(request, "The OAuth client was not found."));
        }
        Some(_) => {}
    }
    match client_secret {
        None if settings.public_client => {}
        None => return Err(invalid_request("client_secret is missing.")),
        Some(secret) if secret != client.client_secret => {
            let description = "The provided client secret is invalid.";
            return Err(invalid_client(request, description));
        }
        Some(_) => {}
    }

    let issued = if grant_type == "refresh_token" {
        let refresh_token = form.required("refresh_token")?;
        let ended = || invalid_grant("Token has been expired or revoked.");
        let granted = account.refresh_scopes(refresh_token).ok_or_else(ended)?;
        // A refresh may ask for fewer scopes than were granted, but not for others (RFC 6749 section 6).
        let scopes: Option<Vec<String>> = form
            .get("scope")
            .map(|scopes| scopes.split_ascii_whitespace().map(str::to_owned).collect());
        if scopes
            .iter()
            .flatten()
            .any(|scope| !granted.contains(scope))
        {
            return Err(oauth_error(
                StatusCode::BAD_REQUEST,
                "invalid_scope",
                "Bad Request",
            ));
        }
        account
            .refresh(refresh_token, scopes, &settings)
            .ok_or_else(ended)?
    } else {
        let code = form.required("code")?;
        let request = account
            .code(code)
            .ok_or_else(|| invalid_grant("Bad Request"))?;
        if form.required("redirect_uri")? != request.redirect_uri {
            return Err(oauth_error(
                StatusCode::BAD_REQUEST,
                "redirect_uri_mismatch",
                "Bad Request",
            ));
        }
        match (&request.challenge, form.get("code_verifier")) {
            (Some(challenge), Some(verifier)) if challenge.is_met_by(verifier) => {}
            (None, None) => {}
            (Some(_), None) => return Err(invalid_grant("Missing code verifier.")),
            _ => return Err(invalid_grant("Invalid code verifier.")),
        }
        account.exchange(code, &request, &settings)
    };
    Ok(tokens(issued, &settings))
}

fn tokens(issued: Issued, settings: &Settings) -> Answer {
    let mut answer = Map::new();
    answer.insert("access_token".to_owned(), issued.access_token.into());
    let seconds = issued.lifetime.as_secs();
    match settings.expires_in {
        ExpiresIn::Number => drop(answer.insert("expires_in".to_owned(), seconds.into())),
        ExpiresIn::String => {
            drop(answer.insert("expires_in".to_owned(), seconds.to_string().into()))
        }
        ExpiresIn::Absent => {}
        ExpiresIn::Zero => drop(answer.insert("expires_in".to_owned(), 0.into())),
        ExpiresIn::Negative => drop(answer.insert("expires_in".to_owned(), json!(-1))),
        ExpiresIn::Fraction => {
            drop(answer.insert("expires_in".to_owned(), json!(seconds as f64 + 0.9)))
        }
    }
    if let Some(refresh_token) = issued.refresh_token {
        answer.insert("refresh_token".to_owned(), refresh_token.into());
    }
    if let Some(lifetime) = issued.refresh_lifetime {
        answer.insert(
            "refresh_token_expires_in".to_owned(),
            json!(lifetime.as_secs()),
        );
    }
    answer.insert("scope".to_owned(), issued.scopes.join(" ").into());
    answer.insert("token_type".to_owned(), "Bearer".into());
    Answer::json(StatusCode::OK, &Value::Object(answer))
        .with_header(
            header::CACHE_CONTROL,
            "no-cache, no-store, max-age=0, must-revalidate",
        )
        .with_header(header::PRAGMA, "no-cache")
}

/// The request's parameters, from a form or JSON: Google takes both.
struct Form(Vec<(String, String)>);

impl Form {
    fn read(request: &Request) -> Result<Self, Answer> {
        let pairs = match request.media_type().as_str() {
            "application/json" => serde_json::from_slice::<Map<String, Value>>(&request.body)
                .map_err(|_| invalid_request("Bad Request"))?
                .into_iter()
                .filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())))
                .collect(),
            "application/x-www-form-urlencoded" => request.form_pairs(),
            _ => return Err(invalid_request("Bad Request")),
        };
        for (position, (name, _)) in pairs.iter().enumerate() {
            if pairs
                .iter()
                .skip(position + 1)
                .any(|(other, _)| other == name)
            {
                let description =
                    format!("OAuth 2 parameters can only have a single value: {name}");
                return Err(invalid_request(&description));
            }
        }
        Ok(Self(pairs))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    fn required(&self, name: &str) -> Result<&str, Answer> {
        self.get(name)
            .ok_or_else(|| invalid_request(&format!("Missing required parameter: {name}")))
    }
}

fn invalid_request(description: &str) -> Answer {
    oauth_error(StatusCode::BAD_REQUEST, "invalid_request", description)
}

fn invalid_client(request: &Request, description: &str) -> Answer {
    let answer = oauth_error(StatusCode::UNAUTHORIZED, "invalid_client", description);
    // RFC 6749 section 5.2: answer with the scheme that the client used.
    if request.basic().is_some() {
        answer.with_header(header::WWW_AUTHENTICATE, "Basic realm=\"token\"")
    } else {
        answer
    }
}

fn invalid_grant(description: &str) -> Answer {
    oauth_error(StatusCode::BAD_REQUEST, "invalid_grant", description)
}
