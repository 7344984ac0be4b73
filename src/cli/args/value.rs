//! Types for argument values.

use std::fmt;
use std::ops::RangeBounds;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::builder::TypedValueParser;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::cli::exit::Failure;

/// Text: as given, from the file after an `@`, or from standard input for `-`.
#[derive(Clone, Debug)]
pub(crate) struct Text(String);

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Text {
    /// Refuses a message's text from empty standard input. More likely the previous program failed than an empty
    /// message was intended.
    pub(crate) fn check_mail(&self, read: &str) -> Result<(), Failure> {
        if self.0 == "-" && read.is_empty() {
            return Err(Failure::input(
                "standard input has no text; give some, or '' instead of - for a mail without text",
            ));
        }
        Ok(())
    }

    /// Reads the text.
    pub(crate) fn read(&self) -> Result<String, Failure> {
        static IS_READ: AtomicBool = AtomicBool::new(false);
        if self.0 == "-" {
            if IS_READ.swap(true, Ordering::Relaxed) {
                return Err(Failure::input(
                    "standard input can be read only once; give `@FILE` for the other text",
                ));
            }
            return std::io::read_to_string(std::io::stdin())
                .map(without_mark)
                .map_err(|error| Failure::input(format!("standard input can't be read: {error}")));
        }
        match self.0.strip_prefix('@') {
            Some(file) => std::fs::read_to_string(file)
                .map(without_mark)
                .map_err(|error| Failure::input(format!("{file}: {error}; give a text file"))),
            None => Ok(self.0.clone()),
        }
    }

    /// Parses the text as JSON. `name` is the argument's name, for the error.
    pub(crate) fn read_json(&self, name: &str) -> Result<Value, Failure> {
        let Unambiguous(value) =
            serde_json::from_str(&self.read()?).map_err(|error| Failure::not_json(name, &error))?;
        Ok(value)
    }
}

/// JSON without duplicate names, which would be ambiguous.
struct Unambiguous(Value);

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson).map(Self)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("json without repeated names")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Unambiguous(value)) = items.next_element()? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some((name, Unambiguous(value))) = fields.next_entry::<String, _>()? {
            if values.insert(name, value).is_some() {
                return Err(A::Error::custom("a name occurs twice"));
            }
        }
        Ok(values.into())
    }
}

/// Removes the byte order mark that some editors write.
fn without_mark(text: String) -> String {
    match text.strip_prefix('\u{feff}') {
        Some(text) => text.to_owned(),
        None => text,
    }
}

/// Parses a number of seconds within a range.
pub(crate) fn seconds(range: impl RangeBounds<u64>) -> impl TypedValueParser<Value = Duration> {
    clap::value_parser!(u64)
        .range(range)
        .map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_of_an_editor_is_no_part_of_a_text() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("text.txt");
        for (written, read) in [
            ("\u{feff}Hello\u{feff}", "Hello\u{feff}"),
            ("Hello", "Hello"),
        ] {
            std::fs::write(&file, written).unwrap();
            let text = Text::from(format!("@{}", file.display()));
            assert_eq!(text.read().ok().as_deref(), Some(read));
        }
    }
}
