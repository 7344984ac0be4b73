//! Numbers that come as texts, and texts that come as numbers.
//!
//! Google writes numbers of 64 bits as texts, and readers of its JSON take both forms
//! (<https://protobuf.dev/programming-guides/json/>); what stands between does mix them up. One such field must not cost
//! the whole answer.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A text, or a whole number as one.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    if deserializer.is_human_readable() {
        deserializer.deserialize_any(Text)
    } else {
        Option::deserialize(deserializer)
    }
}

/// A whole number, or a text of one.
pub(crate) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    if deserializer.is_human_readable() {
        deserializer.deserialize_any(Integer)
    } else {
        Option::deserialize(deserializer)
    }
}

struct Text;

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

struct Integer;

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
        // What a double holds exactly, which is more than any such field counts to.
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
    use crate::types::{ListMessagesResponse, Message};

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
        assert!(message(r#"{"historyId":1.5}"#).is_err());
        assert!(message(r#"{"historyId":{}}"#).is_err());
    }
}
