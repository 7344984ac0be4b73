//! Errors in the words and shape of the Gmail API.

use http::{StatusCode, header};
use serde_json::{Value, json};

use crate::operation::Operation;
use crate::sandbox::exchange::Answer;
use crate::sandbox::page::escape;

const REALM: &str = "Bearer realm=\"https://accounts.google.com/\"";

/// An error with one reason.
pub(crate) fn answer(status: StatusCode, name: &str, reason: &str, message: &str) -> Answer {
    let item = json!({"message": message, "domain": domain(reason), "reason": reason});
    body(status, name, message, item, None)
}

/// A 400 with Google's most common reason.
pub(crate) fn bad_request(message: &str) -> Answer {
    answer(
        StatusCode::BAD_REQUEST,
        "INVALID_ARGUMENT",
        "badRequest",
        message,
    )
}

/// A 400 that says what is wrong with a field.
pub(crate) fn invalid_argument(message: &str, field: Option<&str>) -> Answer {
    let mut violation = json!({"description": message});
    if let Some(field) = field {
        violation = json!({"field": field, "description": message});
    }
    let details = json!([{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}]);
    let item = json!({"message": message, "reason": "invalid"});
    body(
        StatusCode::BAD_REQUEST,
        "INVALID_ARGUMENT",
        message,
        item,
        Some(details),
    )
}

/// A 400 for a body that is not JSON.
pub(crate) fn parse_error(message: &str) -> Answer {
    let item = json!({"message": message, "domain": "global", "reason": "parseError"});
    body(
        StatusCode::BAD_REQUEST,
        "INVALID_ARGUMENT",
        message,
        item,
        None,
    )
}

/// A 400 for an invalid `fields` selector.
pub(crate) fn invalid_fields(fields: &str) -> Answer {
    let message = format!("Request contains an invalid argument. Invalid field selection {fields}");
    let item = json!({
        "message": message, "domain": "global", "reason": "invalidParameter",
        "location": "fields", "locationType": "parameter",
    });
    body(
        StatusCode::BAD_REQUEST,
        "INVALID_ARGUMENT",
        &message,
        item,
        None,
    )
}

/// 401 for a request without a token.
pub(crate) fn missing_credentials() -> Answer {
    let message = "Request is missing required authentication credential. Expected OAuth 2 access token, \
                   login cookie or other valid authentication credential. See \
                   https://developers.google.com/identity/sign-in/web/devconsole-project.";
    let item = json!({
        "message": "Login Required.", "domain": "global", "reason": "required",
        "location": "Authorization", "locationType": "header",
    });
    let details = error_info("CREDENTIALS_MISSING");
    body(
        StatusCode::UNAUTHORIZED,
        "UNAUTHENTICATED",
        message,
        item,
        Some(details),
    )
    .with_header(header::WWW_AUTHENTICATE, REALM)
}

/// 401 for an unknown, expired or revoked token.
pub(crate) fn invalid_credentials() -> Answer {
    let message = "Request had invalid authentication credentials. Expected OAuth 2 access token, login \
                   cookie or other valid authentication credential. See \
                   https://developers.google.com/identity/sign-in/web/devconsole-project.";
    let item = json!({
        "message": "Invalid Credentials", "domain": "global", "reason": "authError",
        "location": "Authorization", "locationType": "header",
    });
    body(
        StatusCode::UNAUTHORIZED,
        "UNAUTHENTICATED",
        message,
        item,
        None,
    )
    .with_header(
        header::WWW_AUTHENTICATE,
        &format!("{REALM}, error=\"invalid_token\""),
    )
}

/// 403 for a token whose scopes do not cover an operation.
pub(crate) fn insufficient_scopes(operation: &Operation) -> Answer {
    let message = "Request had insufficient authentication scopes.";
    let item = json!({
        "message": "Insufficient Permission", "domain": "global", "reason": "insufficientPermissions",
    });
    let scopes = operation.scopes.join(" ");
    let details = error_info("ACCESS_TOKEN_SCOPE_INSUFFICIENT");
    body(
        StatusCode::FORBIDDEN,
        "PERMISSION_DENIED",
        message,
        item,
        Some(details),
    )
    .with_header(
        header::WWW_AUTHENTICATE,
        &format!("{REALM}, error=\"insufficient_scope\", scope=\"{scopes}\""),
    )
}

/// 403 for another user's mailbox.
pub(crate) fn delegation_denied(user: &str) -> Answer {
    forbidden(&format!("Delegation denied for {user}"))
}

/// 403 for what the token does not allow.
pub(crate) fn forbidden(message: &str) -> Answer {
    answer(
        StatusCode::FORBIDDEN,
        "PERMISSION_DENIED",
        "forbidden",
        message,
    )
}

/// 403 for an exceeded limit.
pub(crate) fn limit(reason: &str) -> Answer {
    let message = match reason {
        "dailyLimitExceeded" => "Daily Limit Exceeded",
        "userRateLimitExceeded" => "User Rate Limit Exceeded",
        "quotaExceeded" => "Quota Exceeded",
        "domainPolicy" => "The domain administrators have disabled Gmail apps.",
        "accessNotConfigured" => "Access Not Configured. The API is not enabled for this project.",
        _ => "Rate Limit Exceeded",
    };
    let name = if domain(reason) == "usageLimits" {
        "RESOURCE_EXHAUSTED"
    } else {
        "PERMISSION_DENIED"
    };
    answer(StatusCode::FORBIDDEN, name, reason, message)
}

/// The 400 for an account without a mailbox.
pub(crate) fn no_mailbox() -> Answer {
    answer(
        StatusCode::BAD_REQUEST,
        "FAILED_PRECONDITION",
        "failedPrecondition",
        "Precondition check failed.",
    )
}

/// The usual error for a status.
pub(crate) fn generic(status: StatusCode) -> Answer {
    let (name, reason, message) = match status.as_u16() {
        400 => ("INVALID_ARGUMENT", "badRequest", "Bad Request"),
        401 => return invalid_credentials(),
        403 => ("PERMISSION_DENIED", "forbidden", "Forbidden"),
        404 => ("NOT_FOUND", "notFound", "Requested entity was not found."),
        409 => ("ABORTED", "conflict", "Conflict"),
        412 => (
            "FAILED_PRECONDITION",
            "conditionNotMet",
            "Precondition Failed",
        ),
        429 => (
            "RESOURCE_EXHAUSTED",
            "rateLimitExceeded",
            "Too many concurrent requests for user.",
        ),
        500 => ("INTERNAL", "backendError", "Internal error encountered."),
        503 => (
            "UNAVAILABLE",
            "backendError",
            "The service is currently unavailable.",
        ),
        504 => (
            "DEADLINE_EXCEEDED",
            "backendError",
            "Deadline expired before operation could complete.",
        ),
        _ => (
            "UNKNOWN",
            "backendError",
            status.canonical_reason().unwrap_or("Backend Error"),
        ),
    };
    answer(status, name, reason, message)
}

/// An error with a given body.
pub(crate) fn with_body(status: StatusCode, body: &Value) -> Answer {
    Answer::empty(status).with_body("application/json; charset=UTF-8", format!("{body:#}\n"))
}

/// The page that Google's front end sends for requests that reach no service.
pub(crate) fn page(status: StatusCode, text: &str) -> Answer {
    let title = format!(
        "Error {} ({})",
        status.as_u16(),
        status.canonical_reason().unwrap_or("Error")
    );
    let page = format!(
        "<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n<title>{title}!!1</title>\n\
         <p><b>{}.</b> <ins>That is an error.</ins>\n<p>{}\n",
        status.as_u16(),
        escape(text)
    );
    Answer::html(status, page).with_header(header::REFERRER_POLICY, "no-referrer")
}

fn body(
    status: StatusCode,
    name: &str,
    message: &str,
    item: Value,
    details: Option<Value>,
) -> Answer {
    let mut error =
        json!({"code": status.as_u16(), "message": message, "errors": [item], "status": name});
    if let (Some(fields), Some(details)) = (error.as_object_mut(), details) {
        fields.insert("details".to_owned(), details);
    }
    with_body(status, &json!({"error": error}))
}

fn error_info(reason: &str) -> Value {
    json!([{
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": {"service": "gmail.googleapis.com"},
    }])
}

fn domain(reason: &str) -> &'static str {
    match reason {
        "rateLimitExceeded"
        | "userRateLimitExceeded"
        | "dailyLimitExceeded"
        | "quotaExceeded"
        | "accessNotConfigured" => "usageLimits",
        _ => "global",
    }
}
