//! Errors, in the two shapes of Airbyte's API.

use http::{StatusCode, header};
use serde_json::{Value, json};

use crate::sandbox::exchange::Answer;

/// An entry of `errors`.
#[derive(Debug)]
pub(crate) struct FieldError {
    pub(crate) field: String,
    pub(crate) message: String,
    pub(crate) code: &'static str,
    pub(crate) details: Option<Value>,
}

impl FieldError {
    pub(crate) fn new(
        field: impl Into<String>,
        message: impl Into<String>,
        code: &'static str,
    ) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
            code,
            details: None,
        }
    }
}

/// The documented shape: `message` and `errors`.
pub(crate) fn documented(status: StatusCode, message: &str, errors: &[FieldError]) -> Answer {
    let errors: Vec<Value> = errors
        .iter()
        .map(|error| {
            json!({
                "field": error.field, "message": error.message, "error_code": error.code,
                "details": error.details,
            })
        })
        .collect();
    Answer::json(status, &json!({"message": message, "errors": errors}))
}

/// The framework's shape: `detail`.
pub(crate) fn detail(status: StatusCode, text: &str) -> Answer {
    Answer::json(status, &json!({"detail": text}))
}

/// 400 in the documented shape.
pub(crate) fn bad_request(message: &str) -> Answer {
    documented(StatusCode::BAD_REQUEST, message, &[])
}

/// 404 in the documented shape.
pub(crate) fn not_found(message: &str) -> Answer {
    documented(StatusCode::NOT_FOUND, message, &[])
}

/// 422: the body does not match its schema.
pub(crate) fn invalid(errors: &[FieldError]) -> Answer {
    let message = errors
        .first()
        .map_or("Validation error", |error| error.message.as_str());
    documented(StatusCode::UNPROCESSABLE_ENTITY, message, errors)
}

/// 401 for a missing, unknown or expired token.
pub(crate) fn unauthorized() -> Answer {
    detail(
        StatusCode::UNAUTHORIZED,
        "Invalid authentication credentials",
    )
    .with_header(header::WWW_AUTHENTICATE, "Bearer")
}

/// 403 with a reason.
pub(crate) fn forbidden(text: &str) -> Answer {
    detail(StatusCode::FORBIDDEN, text)
}
