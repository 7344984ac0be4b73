//! The control endpoint: what the handle [`Sandbox`](super::Sandbox) can do, for other processes.

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::airbyte::error::detail;
use super::exchange::{Answer, Request};
use super::fault::Fault;
use super::page::is_own_origin;
use super::state::{Settings, State, lock};

/// Answers one request to the control endpoint. The request log leaves these out.
pub(crate) fn answer(state: &State, request: &Request) -> Answer {
    // Any web page can send a simple form here without a preflight; its Origin header gives it away.
    if !is_own_origin(state, request) {
        return detail(
            StatusCode::FORBIDDEN,
            "the control endpoint does not answer web pages",
        );
    }
    let answer = control(state, request).unwrap_or_else(|refusal| refusal);
    if request.method != Method::GET {
        state.changed();
    }
    answer
}

/// An action on the issued tokens.
#[derive(Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
enum TokenAction {
    /// Google's access tokens expire.
    Expire,
    /// Google's access tokens are revoked before they expire.
    Revoke,
    /// The user withdraws consent.
    RevokeRefreshToken,
    /// The consent is limited to these scopes.
    LimitScopes { scopes: Vec<String> },
    /// Airbyte's tokens expire, except the fixed one.
    ExpireAirbyte,
}

fn control(state: &State, request: &Request) -> Result<Answer, Answer> {
    let path = request.path.strip_prefix("/control").unwrap_or_default();
    match (request.method.as_str(), path) {
        ("POST", "/faults") => {
            let faults = match json(request)? {
                Value::Array(faults) => faults,
                fault => vec![fault],
            };
            let faults: Vec<Fault> = faults.into_iter().map(read).collect::<Result<_, _>>()?;
            let mut queue = lock(&state.faults);
            faults.into_iter().for_each(|fault| queue.push(fault));
        }
        ("DELETE", "/faults") => lock(&state.faults).clear(),
        ("GET", "/requests") => return Ok(Answer::json(StatusCode::OK, &json!(state.log.all()))),
        ("DELETE", "/requests") => state.clear_requests(),
        ("POST", "/tokens") => match read(json(request)?)? {
            TokenAction::Expire => lock(&state.google).expire_access_tokens(),
            TokenAction::Revoke => lock(&state.google).revoke_access_tokens(),
            TokenAction::RevokeRefreshToken => lock(&state.google).revoke_grants(),
            TokenAction::LimitScopes { scopes } => {
                let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
                lock(&state.google).limit_scopes(&scopes);
            }
            TokenAction::ExpireAirbyte => lock(&state.airbyte).expire_tokens(),
        },
        ("GET", "/mailbox") => {
            return Ok(Answer::json(StatusCode::OK, &lock(&state.mailbox).state()));
        }
        ("POST", "/deliver") => {
            return Ok(Answer::json(
                StatusCode::OK,
                &json!({"id": lock(&state.mailbox).deliver(&request.body)}),
            ));
        }
        ("POST", "/mbox") => {
            let count = lock(&state.mailbox)
                .import_mbox(request.body.as_ref())
                .map_err(|problem| detail(StatusCode::BAD_REQUEST, &problem.to_string()))?;
            return Ok(Answer::json(StatusCode::OK, &json!({"messages": count})));
        }
        ("GET", "/settings") => return Ok(Answer::json(StatusCode::OK, &json!(state.settings()))),
        ("POST", "/settings") => {
            let Value::Object(changes) = json(request)? else {
                return Err(detail(
                    StatusCode::BAD_REQUEST,
                    "the body must be an object of settings",
                ));
            };
            let mut settings = lock(&state.settings);
            // Settings that the body does not name keep their values.
            let mut merged = json!(*settings);
            if let Some(fields) = merged.as_object_mut() {
                fields.extend(changes);
            }
            *settings = read::<Settings>(merged)?;
            let answer = Answer::json(StatusCode::OK, &json!(*settings));
            drop(settings);
            state.settle();
            return Ok(answer);
        }
        _ => {
            let text = "not found: the control endpoint has POST and DELETE /control/faults, GET and DELETE \
                        /control/requests, POST /control/tokens, GET /control/mailbox, POST /control/deliver, \
                        POST /control/mbox, GET and POST /control/settings";
            return Err(detail(StatusCode::NOT_FOUND, text));
        }
    }
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

fn json(request: &Request) -> Result<Value, Answer> {
    serde_json::from_slice(&request.body)
        .map_err(|problem| detail(StatusCode::BAD_REQUEST, &problem.to_string()))
}

fn read<T: for<'de> Deserialize<'de>>(value: Value) -> Result<T, Answer> {
    serde_json::from_value(value)
        .map_err(|problem| detail(StatusCode::BAD_REQUEST, &problem.to_string()))
}
