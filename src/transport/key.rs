//! Checks the fields of an answer without parsing more than needed.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

use crate::lenient::Key;

/// Whether an object has a non-empty string under a key. Parses no further than the key.
pub(super) fn is_in(body: &[u8], key: &str) -> bool {
    if begins_with(body, key).is_some_and(|text| !text.starts_with(b"\"")) {
        return true;
    }
    seek(
        body,
        |name| name == key,
        |value: serde_json::Value| value.as_str().is_some_and(|text| !text.is_empty()),
    )
}

/// Whether an object's string under a key satisfies a predicate.
pub(super) fn names(body: &[u8], key: &str, is_meant: impl Fn(&str) -> bool) -> bool {
    if let Some(text) = first(body, key) {
        return is_meant(text);
    }
    seek(
        body,
        |name| name == key,
        |value: serde_json::Value| value.as_str().is_some_and(&is_meant),
    )
}

/// The string of an object's first field, if that is `key` and the string has no escapes.
fn first<'a>(body: &'a [u8], key: &str) -> Option<&'a str> {
    let text = begins_with(body, key)?;
    let (text, rest) = text.split_at_checked(memchr::memchr2(b'"', b'\\', text)?)?;
    std::str::from_utf8(text)
        .ok()
        .filter(|_| rest.starts_with(b"\""))
}

/// The text after the opening quote, if an object's first field is a string under `key`. Most answers begin with their
/// key, and need no parser.
fn begins_with<'a>(body: &'a [u8], key: &str) -> Option<&'a [u8]> {
    let body = after(after(body, b"{")?, b"\"")?;
    let body = body.strip_prefix(key.as_bytes())?.strip_prefix(b"\"")?;
    after(after(body, b":")?, b"\"")
}

fn after<'a>(body: &'a [u8], mark: &[u8]) -> Option<&'a [u8]> {
    body.trim_ascii_start().strip_prefix(mark)
}

/// Whether an object has any of these fields.
pub(super) fn has_any(body: &[u8], fields: &[&str]) -> bool {
    let first = after(body, b"{").and_then(|body| after(body, b"\""));
    let is_first = first.is_some_and(|rest| {
        fields.iter().any(|field| {
            rest.strip_prefix(field.as_bytes())
                .is_some_and(|rest| rest.starts_with(b"\""))
        })
    });
    is_first || seek(body, |name| fields.contains(&name), |_: IgnoredAny| true)
}

/// Whether an object has a list under a key.
pub(super) fn has_list(body: &[u8], key: &str) -> bool {
    seek(
        body,
        |name| name == key,
        |value: Option<Vec<IgnoredAny>>| value.is_some(),
    )
}

/// Whether an object has an `error` other than `null` or `false`.
pub(super) fn has_error(body: &[u8]) -> bool {
    // Within mail text, the quotes around the word are escaped, so a parser is seldom needed.
    memchr::memmem::find(body, b"\"error\"").is_some()
        && seek(
            body,
            |name| name == "error",
            |error: serde_json::Value| {
                !matches!(
                    error,
                    serde_json::Value::Null | serde_json::Value::Bool(false)
                )
            },
        )
}

/// Looks for a top-level field, and returns whether its value satisfies `holds`.
fn seek<T: DeserializeOwned>(
    body: &[u8],
    is_meant: impl Fn(&str) -> bool,
    holds: impl Fn(T) -> bool,
) -> bool {
    let found = Cell::new(false);
    let mut body = serde_json::Deserializer::from_slice(body);
    // Finding the field early ends the parse with an error.
    let _ = body.deserialize_map(Seek {
        is_meant,
        holds,
        found: &found,
        value: PhantomData,
    });
    found.get()
}

struct Seek<'a, T, N, H> {
    is_meant: N,
    holds: H,
    found: &'a Cell<bool>,
    value: PhantomData<T>,
}

impl<'de, T, N, H> Visitor<'de> for Seek<'_, T, N, H>
where
    T: DeserializeOwned,
    N: Fn(&str) -> bool,
    H: Fn(T) -> bool,
{
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while let Some(is_meant) = fields.next_key_seed(Key(&self.is_meant))? {
            if is_meant {
                self.found.set((self.holds)(fields.next_value()?));
                return Err(A::Error::custom("found"));
            }
            fields.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{has_any, has_error, is_in, names};

    #[test]
    fn a_text_is_compared_as_it_is_meant() {
        for (body, is_same) in [
            (r#"{"id":"1a"}"#, true),
            (r#" { "id" : "1a", "broken"#, true),
            (r#"{"id":"\u0031a"}"#, true),
            (r#"{"a":"b","id":"1a"}"#, true),
            (r#"{"id":"1b"}"#, false),
            (r#"{"id":"1a\u0000"}"#, false),
            (r#"{"id":1}"#, false),
            ("{}", false),
        ] {
            let found = names(body.as_bytes(), "id", |text| text == "1a");
            assert_eq!(found, is_same, "{body}");
        }
    }

    #[test]
    fn only_a_text_at_the_top_counts() {
        for body in [
            r#"{"id":"1"}"#,
            r#" {"other":{"id":2},"id" : "1","broken"#,
            r#"{"\u0069d":"1"}"#,
        ] {
            assert!(is_in(body.as_bytes(), "id"), "{body}");
        }
        for body in [
            "",
            "{}",
            "[]",
            "null",
            r#"{"id":""}"#,
            r#"{"id":null}"#,
            r#"{"id":1}"#,
            r#"{"payload":{"id":"1"}}"#,
            r#"["id"]"#,
        ] {
            assert!(!is_in(body.as_bytes(), "id"), "{body}");
        }
    }

    #[test]
    fn fields_and_errors_are_looked_for_at_the_top() {
        let fields = ["messages", "nextPageToken"];
        for body in [
            r#"{"messages":1}"#,
            r#" { "a":{"b":[]}, "\u006dessages" : null}"#,
        ] {
            assert!(has_any(body.as_bytes(), &fields), "{body}");
        }
        for body in [
            "{}",
            r#"{"message":"no"}"#,
            r#"{"a":{"messages":[]}}"#,
            "[]",
        ] {
            assert!(!has_any(body.as_bytes(), &fields), "{body}");
        }
        for body in [r#"{"error":{}}"#, r#"{"id":"1", "error" : "denied"}"#] {
            assert!(has_error(body.as_bytes()), "{body}");
        }
        for body in [
            r#"{"error":null}"#,
            r#"{"error":false}"#,
            r#"{"snippet":"an \"error\""}"#,
            r#"{"snippet":"error"}"#,
            r#"{"payload":{"error":"x"}}"#,
        ] {
            assert!(!has_error(body.as_bytes()), "{body}");
        }
    }
}
