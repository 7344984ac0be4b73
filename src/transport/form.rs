//! The forms in which a caller can take an action's result.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

/// A parsed value, or the raw JSON.
pub(crate) trait Form: DeserializeOwned {
    /// Reads a part of an answer.
    fn read(part: &RawValue) -> Result<Self, serde_json::Error>;

    /// Whether it is a list.
    fn is_list(&self) -> bool;
}

impl Form for Value {
    fn read(part: &RawValue) -> Result<Self, serde_json::Error> {
        serde_json::from_str(part.get())
    }

    fn is_list(&self) -> bool {
        self.is_array()
    }
}

impl Form for Box<RawValue> {
    fn read(part: &RawValue) -> Result<Self, serde_json::Error> {
        Ok(part.to_owned())
    }

    fn is_list(&self) -> bool {
        self.get().starts_with('[')
    }
}
