//! Gmail's error answers.

use serde_json::{Map, Value, json};

/// A Google error, before it becomes an HTTP response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The HTTP status code.
    pub(crate) code: u16,
    /// The canonical status, such as `NOT_FOUND`.
    pub(crate) status: &'static str,
    /// The reason in `errors[0].reason`, such as `notFound`.
    pub(crate) reason: &'static str,
    /// The human-readable message.
    pub(crate) message: String,
    /// The name of the invalid parameter, where Google names one.
    pub(crate) location: Option<&'static str>,
    /// The invalid body field, where Google lists a field violation.
    pub(crate) field: Option<&'static str>,
}

impl Refusal {
    /// The whole error body.
    pub(crate) fn body(&self) -> Value {
        let mut item = Map::new();
        item.insert("message".into(), self.message.clone().into());
        item.insert("domain".into(), "global".into());
        item.insert("reason".into(), self.reason.into());
        if let Some(location) = self.location {
            item.insert("location".into(), location.into());
            item.insert("locationType".into(), "parameter".into());
        }
        let mut error = Map::new();
        error.insert("code".into(), self.code.into());
        error.insert("message".into(), self.message.clone().into());
        error.insert("errors".into(), json!([item]));
        error.insert("status".into(), self.status.into());
        if let Some(field) = self.field {
            error.insert(
                "details".into(),
                json!([{
                    "@type": "type.googleapis.com/google.rpc.BadRequest",
                    "fieldViolations": [{"field": field, "description": self.message}],
                }]),
            );
        }
        json!({ "error": error })
    }

    /// 404: the message, thread, draft, label or setting does not exist.
    pub(crate) fn not_found() -> Self {
        Self::new(
            404,
            "NOT_FOUND",
            "notFound",
            "Requested entity was not found.",
        )
    }

    /// 400: the API does not accept a value.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "INVALID_ARGUMENT", "invalidArgument", message)
    }

    /// 400: a parameter does not parse as its type.
    pub(crate) fn bad_parameter(name: &'static str, message: impl Into<String>) -> Self {
        Self {
            location: Some(name),
            ..Self::new(400, "INVALID_ARGUMENT", "badRequest", message)
        }
    }

    /// 400: a body field does not parse as its type.
    pub(crate) fn bad_field(field: &'static str, kind: &str, detail: &str) -> Self {
        Self {
            field: Some(field),
            ..Self::new(
                400,
                "INVALID_ARGUMENT",
                "badRequest",
                format!("Invalid value at '{field}' ({kind}), {detail}"),
            )
        }
    }

    /// 400: the request is valid, but the mailbox's state does not allow it.
    pub(crate) fn precondition(message: impl Into<String>) -> Self {
        Self::new(400, "FAILED_PRECONDITION", "failedPrecondition", message)
    }

    /// 409: something with that name already exists.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(409, "ALREADY_EXISTS", "alreadyExists", message)
    }

    /// 409 for labels: Google reports a taken label name as ABORTED.
    pub(crate) fn aborted(message: impl Into<String>) -> Self {
        Self::new(409, "ABORTED", "aborted", message)
    }

    /// 403: the account is not allowed to do that.
    pub(crate) fn forbidden(reason: &'static str, message: impl Into<String>) -> Self {
        Self::new(403, "PERMISSION_DENIED", reason, message)
    }

    /// 501: the sandbox does not know the operation.
    pub(crate) fn unimplemented(operation: &str) -> Self {
        Self::new(
            501,
            "UNIMPLEMENTED",
            "notImplemented",
            format!("Operation {operation} is not implemented, or supported, or enabled."),
        )
    }

    fn new(
        code: u16,
        status: &'static str,
        reason: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            status,
            reason,
            message: message.into(),
            location: None,
            field: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn body_has_googles_shape() {
        assert_eq!(
            Refusal::not_found().body(),
            json!({"error": {
                "code": 404,
                "message": "Requested entity was not found.",
                "errors": [{
                    "message": "Requested entity was not found.",
                    "domain": "global",
                    "reason": "notFound",
                }],
                "status": "NOT_FOUND",
            }})
        );
        let refusal = Refusal::bad_parameter("maxResults", "no number");
        assert_eq!(
            refusal.body()["error"]["errors"][0]["location"],
            "maxResults"
        );
    }
}
