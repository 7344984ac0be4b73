//! Helpers for YAML.

use serde_norway::{Mapping, Value};

/// An object with these fields; an empty description is left out.
pub fn mapping<const N: usize>(fields: [(&str, Value); N]) -> Value {
    fields
        .into_iter()
        .filter(|(name, value)| *name != "description" || value.as_str() != Some(""))
        .map(|(name, value)| (Value::from(name), value))
        .collect::<Mapping>()
        .into()
}

/// The fields of an object, with their names.
pub fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value
        .as_mapping()
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.as_str()?, value)))
}

/// The items of a list.
pub fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_sequence().into_iter().flatten()
}

/// Whether a value is `true`.
pub fn flag(value: &Value) -> bool {
    value.as_bool() == Some(true)
}

/// A scalar as text.
pub fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        _ => String::new(),
    }
}

/// A text on one line, without anything that rustdoc takes for code.
pub fn line(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default().replace("```", "`");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
