//! Replaces SQL in a build without the feature `sandbox-sql`: rejects every query.

use serde_json::{Map, Value};

use crate::sandbox::airbyte::{error, organization::Connector};
use crate::sandbox::exchange::Answer;
use crate::sandbox::state::State;

/// The copy that SQL would query.
#[derive(Debug, Default)]
pub(crate) struct SqlCopy;

/// Rejects the query and names the missing feature.
pub(super) fn query(
    _: &State,
    _: &Connector,
    _: &str,
    _: &Map<String, Value>,
) -> Result<Value, Answer> {
    Err(error::bad_request(
        "This sandbox has no SQL; build airbyte-agent-gmail with the feature sandbox-sql",
    ))
}
