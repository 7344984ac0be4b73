//! Checks bearer tokens for the Gmail API.

use super::account::{Standing, Valid};
use crate::operation::Operation;
use crate::sandbox::exchange::{Answer, Request};
use crate::sandbox::gmail::error;
use crate::sandbox::log::RequestRecord;
use crate::sandbox::state::{State, lock};

/// The scope for headers and labels only.
const METADATA: &str = "https://www.googleapis.com/auth/gmail.metadata";

/// Checks the token of a request for an operation.
pub(crate) fn authorise(
    state: &State,
    request: &Request,
    operation: &Operation,
    record: &mut RequestRecord,
) -> Result<Valid, Answer> {
    let token = request
        .bearer()
        // Google's own scheme from before the standard one.
        .or_else(|| request.credentials("oauth"))
        .map(str::to_owned)
        .or_else(|| request.query_value("access_token"))
        .or_else(|| request.query_value("oauth_token"));
    let Some(token) = token else {
        return Err(error::missing_credentials());
    };
    let valid = match lock(&state.google).standing(&token) {
        Standing::Valid(valid) => valid,
        Standing::Ended(generation) => {
            record.authorized_with = Some(generation);
            return Err(error::invalid_credentials());
        }
        Standing::Unknown => return Err(error::invalid_credentials()),
    };
    record.authorized_with = Some(valid.generation);
    if !valid.has_mailbox {
        return Err(error::no_mailbox());
    }
    if covers(&valid.scopes, operation) {
        Ok(valid)
    } else {
        Err(error::insufficient_scopes(operation))
    }
}

/// Whether these scopes allow an operation.
pub(crate) fn covers(scopes: &[String], operation: &Operation) -> bool {
    operation.scopes.is_empty()
        || operation
            .scopes
            .iter()
            .any(|&scope| scopes.iter().any(|granted| granted == scope))
}

/// Whether only the metadata scope allows the operation.
pub(crate) fn is_metadata_only(scopes: &[String], operation: &Operation) -> bool {
    let mut allowing = operation
        .scopes
        .iter()
        .filter(|&&scope| scopes.iter().any(|granted| granted == scope));
    allowing.next() == Some(&METADATA) && allowing.next().is_none()
}
