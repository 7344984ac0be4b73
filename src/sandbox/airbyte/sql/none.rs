//! Stands in for SQL in a build without the feature `sandbox-sql`: every query is refused.

use serde_json::{Map, Value};

use crate::sandbox::airbyte::{error, organization::Connector};
use crate::sandbox::exchange::Answer;
use crate::sandbox::state::State;

/// What SQL would be answered from.
#[derive(Debug, Default)]
pub(crate) struct SqlCopy;

/// Refuses it, and names what is needed.
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
