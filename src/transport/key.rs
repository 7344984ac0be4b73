//! Whether an answer has the field that all of its kind have.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

/// Whether an object has a text under a key. It reads no further than to the key.
pub(super) fn is_in(body: &[u8], key: &str) -> bool {
    if begins_with(body, key) {
        return true;
    }
    let is_found = Cell::new(false);
    let mut body = serde_json::Deserializer::from_slice(body);
    // The search ends with an error where it finds the key early.
    let _ = body.deserialize_map(Seek {
        key,
        is_found: &is_found,
    });
    is_found.get()
}

/// Whether an object begins with a text under a key, as most answers do: then a parser has nothing to find out.
fn begins_with(body: &[u8], key: &str) -> bool {
    after(body, b"{")
        .and_then(|body| after(body, b"\""))
        .and_then(|body| body.strip_prefix(key.as_bytes()))
        .and_then(|body| body.strip_prefix(b"\""))
        .and_then(|body| after(body, b":"))
        .and_then(|body| after(body, b"\""))
        .is_some_and(|text| !text.starts_with(b"\""))
}

fn after<'a>(body: &'a [u8], mark: &[u8]) -> Option<&'a [u8]> {
    body.trim_ascii_start().strip_prefix(mark)
}

struct Seek<'a> {
    key: &'a str,
    is_found: &'a Cell<bool>,
}

impl<'de> Visitor<'de> for Seek<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while let Some(is_key) = fields.next_key_seed(Is(self.key))? {
            if is_key {
                self.is_found.set(fields.next_value_seed(IsFilled)?);
                return Err(A::Error::custom("found"));
            }
            fields.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

/// Whether a text is this one.
struct Is<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for Is<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Is<'_> {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<bool, E> {
        Ok(text == self.0)
    }
}

/// Whether a value is a text with something in it.
struct IsFilled;

impl<'de> DeserializeSeed<'de> for IsFilled {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for IsFilled {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<bool, E> {
        Ok(!text.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::is_in;

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
}
