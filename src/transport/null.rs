//! Nulls in answers.

use bytes::Bytes;
use serde_json::Value;

/// A body without the fields that are null.
///
/// The generated types take a field that is absent everywhere; a list that is null would fail the whole response.
/// Google never sends nulls, so that the search for one is all that most bodies cost.
pub(super) fn without_nulls(body: Bytes) -> Bytes {
    let mut found = memchr::memmem::find_iter(&body, b"null");
    if !found.any(|at| is_field(&body, at)) {
        return body;
    }
    let Ok(mut value) = serde_json::from_slice::<Value>(&body) else {
        return body;
    };
    strip(&mut value);
    serde_json::to_vec(&value).map_or(body, Bytes::from)
}

/// Whether the `null` at a place stands behind a colon, which text inside a string seldom does.
fn is_field(body: &[u8], at: usize) -> bool {
    body.get(..at)
        .and_then(|before| before.iter().rev().find(|byte| !byte.is_ascii_whitespace()))
        .is_some_and(|byte| *byte == b':')
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

    #[test]
    fn only_fields_go() {
        let strip = |text: &'static str| without_nulls(Bytes::from_static(text.as_bytes()));
        assert_eq!(
            strip(r#"{"a":null,"b":[null,{"c": null,"d":1}]}"#),
            r#"{"b":[null,{"d":1}]}"#
        );
        assert_eq!(strip(r#"{"a":"x:null"}"#), r#"{"a":"x:null"}"#);
        assert_eq!(strip(r#"{"a":"null"}"#), r#"{"a":"null"}"#);
        assert_eq!(strip("not json: null"), "not json: null");
    }
}
