//! Checks params against an operation before anything is sent.

use serde_json::{Map, Number, Value};

use super::{Field, Location, Operation, Schema};
use crate::error::Error;

impl Operation {
    /// Checks params for unknown and missing names, wrong types, and values that can't be sent.
    ///
    /// ```
    /// use airbyte_agent_gmail::operation::gmail;
    /// use serde_json::json;
    ///
    /// let row = gmail().find("messages", "list")?;
    /// let params = json!({"maxResults": "ten"});
    /// let error = row.check(params.as_object().ok_or("an object")?).unwrap_err();
    /// assert_eq!(error.to_string(), "messages_list: `maxResults` is a string; it takes a whole number from 1 to 500");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`is_invalid_input`](crate::Error::is_invalid_input); the text says what is allowed, and never contains a value.
    pub fn check(&self, params: &Map<String, Value>) -> Result<(), Error> {
        check(self.fields, params).map_err(|message| Error::invalid_input(message).of(self))
    }

    /// Checks params, and normalizes whole numbers and names.
    pub(crate) fn accept(&self, given: Value) -> Result<Map<String, Value>, Error> {
        let mut params = params(given).map_err(|error| error.of(self))?;
        self.check(&params)?;
        settle(self.fields, &mut params);
        self.rename(&mut params);
        Ok(params)
    }
}

/// Checks values against fields; the error is a message that explains what is wrong.
pub(crate) fn check(fields: &[Field], values: &Map<String, Value>) -> Result<(), String> {
    check_object(fields, values, "")
}

/// Converts input to params: an object, or null for no params.
pub(crate) fn params(given: Value) -> Result<Map<String, Value>, Error> {
    match given {
        Value::Object(params) => Ok(params),
        Value::Null => Ok(Map::new()),
        _ => Err(Error::invalid_input(
            "params is not an object; give one with names and values",
        )),
    }
}

/// Checks only the names; `prefix` is the path to a nested object.
pub(crate) fn check_names(
    known: &[&str],
    values: &Map<String, Value>,
    prefix: &str,
) -> Result<(), String> {
    match values.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(unknown(known, name, prefix)),
        None => Ok(()),
    }
}

fn check_object(fields: &[Field], values: &Map<String, Value>, prefix: &str) -> Result<(), String> {
    let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
    check_names(&names, values, prefix)?;
    // Two aliases of the same field conflict, like an alias and the field itself.
    let is_given = |target: &str, other: &str| {
        values.keys().any(|name| {
            name != other
                && (name == target
                    || fields
                        .iter()
                        .any(|field| field.name == name && field.sent_as == Some(target)))
        })
    };
    for field in fields {
        let given = values.get(field.name);
        if given.is_none() && !field.required {
            continue;
        }
        let path = format!("{prefix}{}", field.name);
        match given {
            None => {
                return Err(format!(
                    "`{path}` is missing; it takes {}",
                    expected(&field.schema)
                ));
            }
            Some(_) if field.sent_as.is_some_and(|name| is_given(name, field.name)) => {
                let name = field.sent_as.unwrap_or_default();
                return Err(format!(
                    "`{prefix}{name}` is given twice, as `{path}` too; give one of the two"
                ));
            }
            // Airbyte documents these lists as one string; both forms are valid in both modes.
            Some(Value::String(text))
                if field.comma_joined && !text.is_empty() && !is_list(text) => {}
            // An optional parameter that is empty requests nothing; an empty required one is a mistake.
            Some(Value::String(text))
                if field.required && field.location == Location::Query && text.is_empty() =>
            {
                return Err(format!(
                    "`{path}` is empty; it takes {}",
                    expected(&field.schema)
                ));
            }
            Some(value) => {
                check_value(&field.schema, value, &path)?;
                check_place(field.location, value, &path)?;
            }
        }
    }
    Ok(())
}

/// The message for an unknown name, with the known ones. The unknown name comes from the caller, so it is shown only if
/// it looks like a name.
fn unknown(known: &[&str], name: &str, prefix: &str) -> String {
    let shown = if name.len() <= 64
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    {
        format!("`{prefix}{name}` is not a parameter")
    } else {
        "there is an unknown parameter".to_owned()
    };
    if known.is_empty() {
        return format!("{shown}; it takes none");
    }
    let known: Vec<String> = known.iter().map(|name| format!("{prefix}{name}")).collect();
    format!("{shown}; it takes: {}", known.join(", "))
}

fn check_value(schema: &Schema, value: &Value, path: &str) -> Result<(), String> {
    let wrong = || {
        Err(format!(
            "`{path}` is {}; it takes {}",
            kind(value),
            expected(schema)
        ))
    };
    match (schema, value) {
        (Schema::Any, _)
        | (Schema::Map, Value::Object(_))
        | (Schema::String, Value::String(_))
        | (Schema::Boolean, Value::Bool(_))
        | (Schema::Number, Value::Number(_)) => Ok(()),
        (Schema::Integer { minimum, maximum }, Value::Number(number)) => match whole(number) {
            Some(number)
                if minimum.is_none_or(|bound| number >= bound)
                    && maximum.is_none_or(|bound| number <= bound) =>
            {
                Ok(())
            }
            Some(_) => Err(format!(
                "`{path}` is out of range; it takes {}",
                expected(schema)
            )),
            None => wrong(),
        },
        (Schema::Enum(values), Value::String(text)) if values.contains(&text.as_str()) => Ok(()),
        (Schema::Enum(_), Value::String(_)) => Err(format!(
            "`{path}` has an unknown value; it takes {}",
            expected(schema)
        )),
        (Schema::Array(items), Value::Array(values)) => values
            .iter()
            .enumerate()
            .try_for_each(|(index, value)| check_value(items, value, &format!("{path}[{index}]"))),
        (Schema::Object(fields), Value::Object(values)) => {
            check_object(fields, values, &format!("{path}."))
        }
        _ => wrong(),
    }
}

/// A whole number in any notation: JSON Schema counts `10.0` as one, and models write it.
fn whole(number: &Number) -> Option<i64> {
    // Beyond this, floats skip whole numbers.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    number.as_i64().or_else(|| {
        let number = number.as_f64()?;
        #[allow(
            clippy::cast_possible_truncation,
            reason = "it is whole and within what an i64 holds"
        )]
        (number.fract() == 0.0 && number.abs() < EXACT).then_some(number as i64)
    })
}

/// Rewrites whole numbers as integers, including those in nested fields.
pub(crate) fn settle(fields: &[Field], values: &mut Map<String, Value>) {
    for field in fields {
        if let Some(value) = values.get_mut(field.name) {
            settle_value(&field.schema, value);
        }
    }
}

pub(super) fn settle_value(schema: &Schema, value: &mut Value) {
    match (schema, value) {
        (Schema::Integer { .. }, value) => {
            if let Value::Number(number) = &*value
                && number.is_f64()
                && let Some(number) = whole(number)
            {
                *value = Value::from(number);
            }
        }
        (Schema::Array(items), Value::Array(values)) => values
            .iter_mut()
            .for_each(|value| settle_value(items, value)),
        (Schema::Object(fields), Value::Object(values)) => settle(fields, values),
        _ => {}
    }
}

fn check_place(location: Location, value: &Value, path: &str) -> Result<(), String> {
    match (location, value) {
        (Location::Path, Value::String(text)) if !is_id(text) => Err(no_id(path)),
        (Location::Header, Value::String(text)) if http::HeaderValue::from_str(text).is_err() => {
            Err(no_header(path))
        }
        // Sent as is, it would be taken for a name.
        (_, Value::Array(values))
            if values
                .iter()
                .any(|value| value.as_str().is_some_and(is_list)) =>
        {
            Err(format!(
                "`{path}` has a list written as text; give the list itself"
            ))
        }
        (Location::Query, Value::Array(values)) if values.is_empty() => {
            Err(format!("`{path}` is empty; leave it out or name something"))
        }
        _ => Ok(()),
    }
}

/// The message for a value that can't be part of a path.
pub(super) fn no_id(name: &str) -> String {
    format!("`{name}` is not an id; take one from the service")
}

/// The message for a value that can't be a header.
pub(super) fn no_header(name: &str) -> String {
    format!("`{name}` can't stand in a header; use printable text")
}

/// Whether a text is a JSON list, which models sometimes write.
fn is_list(text: &str) -> bool {
    text.trim_start().starts_with('[') && serde_json::from_str::<Vec<Value>>(text).is_ok()
}

/// The longest id: Gmail's longest, those of attachments, have a few hundred characters.
pub(super) const LONGEST_ID: usize = 2048;

/// The rule of `is_id` about characters, as a pattern.
pub(super) const ID_PATTERN: &str = "^(?:[^\\s\\u0000-\\u001f\\u007f/\\\\?#%]+|[^\\u0000-\\u001f\\u007f]*@[^\\u0000-\\u001f\\u007f]*)$";

/// Whether a text can be an id in a path. Anything else could name a resource that the caller didn't mean, if not here,
/// then behind a proxy that decodes URLs twice. Mail addresses are ids too, and may contain any of these characters.
pub(super) fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text != "."
        && text != ".."
        && (text.len() <= LONGEST_ID || text.chars().nth(LONGEST_ID).is_none())
        && !text.bytes().any(|byte| byte.is_ascii_control())
        && (text.contains('@')
            || !text.chars().any(|letter| {
                matches!(letter, '/' | '\\' | '?' | '#' | '%' | '\u{feff}')
                    || letter.is_whitespace()
            }))
}

/// What a type accepts, in words.
pub(super) fn expected(schema: &Schema) -> String {
    match schema {
        Schema::String => "a string".to_owned(),
        Schema::Integer { minimum, maximum } => match (minimum, maximum) {
            (Some(minimum), Some(maximum)) => format!("a whole number from {minimum} to {maximum}"),
            (Some(minimum), None) => format!("a whole number from {minimum}"),
            (None, Some(maximum)) => format!("a whole number up to {maximum}"),
            (None, None) => "a whole number".to_owned(),
        },
        Schema::Number => "a number".to_owned(),
        Schema::Boolean => "true or false".to_owned(),
        Schema::Enum(values) => format!("one of: {}", values.join(", ")),
        Schema::Array(items) => format!("a list, each {}", expected(items)),
        Schema::Object(fields) => {
            let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
            format!("an object of: {}", names.join(", "))
        }
        Schema::Map => "an object".to_owned(),
        Schema::Any => "any json".to_owned(),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
