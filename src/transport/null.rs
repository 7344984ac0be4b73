//! Nulls in answers.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::Error;
use crate::operation::Operation;

/// Reads an answer that the generated client could not read, once more without its nulls.
///
/// The types take a field that is absent everywhere; a list that is null fails the whole answer. Google never sends
/// nulls, so that no good answer is searched for one.
///
/// # Errors
///
/// What the client's error means.
pub(crate) fn read_again<T: DeserializeOwned>(
    operation: &'static Operation,
    error: progenitor_client::Error<()>,
) -> Result<T, Error> {
    if let progenitor_client::Error::InvalidResponsePayload(body, _) = &error
        && let Some(answer) = without_nulls(body)
    {
        return Ok(answer);
    }
    Err(Error::from_client(operation, error))
}

/// An answer read without the fields that are null.
pub(crate) fn without_nulls<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let mut value: Value = serde_json::from_slice(body).ok()?;
    strip(&mut value);
    // Through text, for which each type has its reader already.
    serde_json::from_slice(&serde_json::to_vec(&value).ok()?).ok()
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ListMessagesResponse;

    #[test]
    fn only_fields_go() {
        let read =
            |text: &str| without_nulls::<Value>(text.as_bytes()).map(|value| value.to_string());
        assert_eq!(
            read(r#"{"a":null,"b":[null,{"c": null,"d":"null"}]}"#).as_deref(),
            Some(r#"{"b":[null,{"d":"null"}]}"#)
        );
        assert_eq!(read("not json: null"), None);
    }

    #[test]
    fn a_list_that_is_null_is_empty() {
        let list =
            without_nulls::<ListMessagesResponse>(br#"{"messages": null, "nextPageToken": null}"#);
        assert_eq!(list, Some(ListMessagesResponse::default()));
    }
}
