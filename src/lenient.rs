//! Lenient parsing of responses: numbers sent as strings, strings sent as numbers, and nulls.
//!
//! Google writes 64-bit integers as strings, and its JSON parsers accept both forms
//! (<https://protobuf.dev/programming-guides/json/>). Proxies and gateways mix the two up. One such field must not
//! cost the whole response.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

/// Reads JSON with a seed. Checks UTF-8 once for the whole text instead of once per string.
pub(crate) fn from_bytes<'de, S: DeserializeSeed<'de>>(
    seed: S,
    json: &'de [u8],
) -> Result<S::Value, serde_json::Error> {
    let text = std::str::from_utf8(json).map_err(|error| {
        // serde_json's error gives the line and column.
        let refused = serde_json::from_slice::<serde_json::Value>(json).err();
        refused.unwrap_or_else(|| Error::custom(error))
    })?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = seed.deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

/// A type read field by field. The generator implements it for each type that has a default.
pub(crate) trait Fields: Default {
    /// The number of the field with this name on the wire.
    fn number(name: &str) -> Option<usize>;

    /// Reads the value of a field, given its number.
    fn read<'de, A: MapAccess<'de>>(&mut self, field: usize, map: &mut A) -> Result<(), A::Error>;

    /// The required field that is missing, if any.
    fn missing(&self) -> Option<&'static str> {
        None
    }
}

/// Reads an object. Missing and null fields get their default, unknown fields are ignored, and the last of a repeated
/// field wins. Only the key field (`x-key`) is required: without it, the response is not the service's.
pub(crate) fn object<'de, D: Deserializer<'de>, T: Fields>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_map(Object(PhantomData))
}

struct Object<T>(PhantomData<T>);

impl<'de, T: Fields> Visitor<'de> for Object<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut value = T::default();
        while let Some(field) = map.next_key_seed(Key(T::number))? {
            match field {
                Some(field) => value.read(field, &mut map)?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        match value.missing() {
            Some(name) => Err(A::Error::missing_field(name)),
            None => Ok(value),
        }
    }
}

/// Reads a field's name and returns what the function makes of it.
pub(crate) struct Key<F>(pub(crate) F);

impl<'de, T, F: Fn(&str) -> T> DeserializeSeed<'de> for Key<F> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<T, F: Fn(&str) -> T> Visitor<'_> for Key<F> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok((self.0)(name))
    }
}

/// A string, or an integer turned into one.
pub(crate) struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Text {
    type Value = Option<String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(Some(text))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(number.to_string()))
    }
}

/// An integer, or a string that holds one.
pub(crate) struct Integer;

impl<'de> DeserializeSeed<'de> for Integer {
    type Value = Option<i64>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Integer {
    type Value = Option<i64>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a whole number")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        i64::try_from(number).map(Some).map_err(E::custom)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        // 2^53: every integer up to here is exact in an `f64`. No such field counts higher.
        if number.fract() != 0.0 || number.abs() > 9_007_199_254_740_992.0 {
            return Err(E::custom("not a whole number"));
        }
        #[allow(clippy::cast_possible_truncation, reason = "it is whole and in range")]
        let number = number as i64;
        Ok(Some(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        text.trim().parse().map(Some).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use crate::api::gmail::types::{ListMessagesResponse, Message};

    #[test]
    fn both_forms_are_read_and_nothing_else() {
        let message = |text: &str| serde_json::from_str::<Message>(text);
        let given = message(
            r#"{"id":"1","historyId":18446744073709551615,"internalDate":-5,"sizeEstimate":"12","snippet":null}"#,
        );
        assert!(given.is_ok_and(|message| {
            message.history_id.as_deref() == Some("18446744073709551615")
                && message.internal_date.as_deref() == Some("-5")
                && message.size_estimate == Some(12)
                && message.snippet.is_none()
                && message.thread_id.is_none()
        }));
        for (size, is_read) in [
            ("12.0", true),
            ("12.5", false),
            ("1e20", false),
            (r#""many""#, false),
            ("true", false),
            ("[]", false),
        ] {
            let list = format!(r#"{{"resultSizeEstimate":{size}}}"#);
            assert_eq!(
                serde_json::from_str::<ListMessagesResponse>(&list).is_ok(),
                is_read,
                "{size}"
            );
        }
        let list = r#"{"messages":null,"nextPageToken":null,"resultSizeEstimate":null}"#;
        assert!(
            serde_json::from_str::<ListMessagesResponse>(list)
                .is_ok_and(|list| list == ListMessagesResponse::default())
        );
        assert!(
            message(r#"{"id":"1","new":[{"a":null}],"id":"2"}"#)
                .is_ok_and(|message| message.id == "2")
        );
        assert!(message(r#"{"id":7}"#).is_ok_and(|message| message.id == "7"));
        for keyless in ["{}", r#"{"id":null}"#, r#"{"id":"","threadId":"1"}"#] {
            assert!(
                message(keyless)
                    .is_err_and(|error| error.to_string().starts_with("missing field `id`")),
                "{keyless}"
            );
        }
        assert!(message(r#"[]"#).is_err());
        assert!(message(r#"{"id":"1","historyId":1.5}"#).is_err());
        assert!(message(r#"{"id":"1","historyId":{}}"#).is_err());
    }
}
