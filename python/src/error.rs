//! The crate's error as an exception of `airbyte_agent_gmail`.

use airbyte_agent_gmail::Error;
use pyo3::prelude::*;
use pyo3::types::PyDict;

type Predicate = fn(&Error) -> bool;

/// The class for each predicate; `_errors.py` has them.
const CLASSES: [(&str, Predicate); 19] = [
    (
        "ReauthorizationRequiredError",
        Error::is_reauthorization_required,
    ),
    ("ConsentDeniedError", Error::is_consent_denied),
    ("TokenRefreshFailedError", Error::is_token_refresh_failed),
    ("TokenStoreFailedError", Error::is_token_store_failed),
    ("UnauthenticatedError", Error::is_unauthenticated),
    ("PermissionDeniedError", Error::is_permission_denied),
    ("RateLimitedError", Error::is_rate_limited),
    ("NotFoundError", Error::is_not_found),
    ("ConflictError", Error::is_conflict),
    ("InvalidInputError", Error::is_invalid_input),
    ("InvalidRequestError", Error::is_invalid_request),
    ("UnsupportedError", Error::is_unsupported),
    ("ConfigurationError", Error::is_configuration),
    ("ConnectorNotFoundError", Error::is_connector_not_found),
    ("ConnectorAmbiguousError", Error::is_connector_ambiguous),
    ("ConnectError", Error::is_connect),
    ("CallTimeoutError", Error::is_timeout),
    ("ServerError", Error::is_server),
    ("InvalidResponseError", Error::is_invalid_response),
];

/// The exception that says the same.
pub(crate) fn exception(py: Python<'_>, error: &Error) -> PyErr {
    make(py, error).unwrap_or_else(|error| error)
}

fn make(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let name = CLASSES
        .iter()
        .find(|(_, applies)| applies(error))
        .map_or("GmailError", |(name, _)| name);
    let facts = PyDict::new(py);
    facts.set_item("operation", error.operation())?;
    facts.set_item("status", error.status())?;
    facts.set_item("reason", error.reason())?;
    facts.set_item("service_message", error.service_message())?;
    facts.set_item("request_id", error.request_id())?;
    facts.set_item("message_id", error.message_id())?;
    facts.set_item(
        "retry_after",
        error.retry_after().map(|wait| wait.as_secs_f64()),
    )?;
    facts.set_item("is_transient", error.is_transient())?;
    facts.set_item("is_outcome_unknown", error.is_outcome_unknown())?;
    let class = py.import("airbyte_agent_gmail._errors")?.getattr(name)?;
    let value = class.call((error.to_string(),), Some(&facts))?;
    Ok(PyErr::from_value(value))
}
