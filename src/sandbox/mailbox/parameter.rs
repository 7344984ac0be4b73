//! Reads an operation's parameters from the flat map.

use serde_json::{Map, Value};

use super::refusal::Refusal;

/// The parameters and body fields of a call, by wire name.
pub(super) type Parameters = Map<String, Value>;

/// A string parameter. Numbers are accepted too, because ids and int64 values may arrive as either.
pub(super) fn text(params: &Parameters, name: &str) -> Option<String> {
    match params.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

/// A required string parameter.
pub(super) fn required(params: &Parameters, name: &'static str) -> Result<String, Refusal> {
    text(params, name)
        .filter(|value| !value.is_empty())
        .ok_or_else(|| Refusal::bad_parameter(name, format!("Missing required parameter: {name}")))
}

/// A list parameter: an array, or a comma-separated string, as Airbyte's execute call sends repeated parameters.
pub(super) fn list(params: &Parameters, name: &str) -> Vec<String> {
    match params.get(name) {
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(Value::as_str)
            .flat_map(|item| item.split(','))
            .map(|item| item.trim().to_owned())
            .filter(|item| !item.is_empty())
            .collect(),
        Some(Value::String(text)) => text
            .split(',')
            .map(|item| item.trim().to_owned())
            .filter(|item| !item.is_empty())
            .collect(),
        _ => Vec::new(),
    }
}

/// A boolean parameter, false by default.
pub(super) fn boolean(params: &Parameters, name: &'static str) -> Result<bool, Refusal> {
    match params.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(value)) => Ok(*value),
        Some(Value::String(text)) => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(true),
            "false" | "0" | "" => Ok(false),
            _ => Err(Refusal::bad_parameter(
                name,
                format!("Invalid value at '{name}' (TYPE_BOOL), \"{text}\""),
            )),
        },
        Some(other) => Err(Refusal::bad_parameter(
            name,
            format!("Invalid value at '{name}' (TYPE_BOOL), {other}"),
        )),
    }
}

/// An unsigned 32-bit parameter.
pub(super) fn unsigned(params: &Parameters, name: &'static str) -> Result<Option<u32>, Refusal> {
    let value = match params.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value,
    };
    let number = match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse::<u64>().ok(),
        _ => None,
    };
    match number.and_then(|number| u32::try_from(number).ok()) {
        Some(number) => Ok(Some(number)),
        None => Err(Refusal::bad_parameter(
            name,
            format!("Invalid value at '{name}' (TYPE_UINT32), {value}"),
        )),
    }
}

/// One of these names, ignoring case; returned in the API's spelling.
pub(super) fn choice(
    params: &Parameters,
    name: &'static str,
    names: &[&'static str],
) -> Result<Option<&'static str>, Refusal> {
    let Some(value) = params.get(name).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let text = value.as_str().unwrap_or_default();
    match names
        .iter()
        .find(|known| known.eq_ignore_ascii_case(text))
        .copied()
    {
        Some(known) => Ok(Some(known)),
        None => Err(Refusal::bad_parameter(
            name,
            format!("Invalid value at '{name}' (TYPE_ENUM), {value}"),
        )),
    }
}

/// The id of a message or thread: up to 16 hexadecimal digits.
pub(super) fn hexadecimal(text: &str) -> Result<u64, Refusal> {
    if text.is_empty() || text.len() > 16 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Refusal::invalid("Invalid id value"));
    }
    u64::from_str_radix(text, 16).map_err(|_| Refusal::invalid("Invalid id value"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn params(value: Value) -> Parameters {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn lists_come_in_three_forms() {
        for form in [json!(["A", "B"]), json!("A,B"), json!("A, B")] {
            assert_eq!(list(&params(json!({ "x": form })), "x"), ["A", "B"]);
        }
        assert!(list(&params(json!({})), "x").is_empty());
    }

    #[test]
    fn numbers_are_checked() {
        assert_eq!(unsigned(&params(json!({"n": 5})), "n"), Ok(Some(5)));
        assert_eq!(unsigned(&params(json!({"n": "5"})), "n"), Ok(Some(5)));
        for bad in [json!(-1), json!("five"), json!(1.5), json!(true)] {
            assert_eq!(
                unsigned(&params(json!({ "n": bad })), "n").map_err(|refusal| refusal.code),
                Err(400)
            );
        }
    }

    #[test]
    fn choices_ignore_case_and_refuse_the_rest() {
        let names = &["full", "raw"];
        assert_eq!(
            choice(&params(json!({"f": "FULL"})), "f", names),
            Ok(Some("full"))
        );
        assert_eq!(choice(&params(json!({})), "f", names), Ok(None));
        assert!(choice(&params(json!({"f": "complete"})), "f", names).is_err());
    }

    #[test]
    fn ids_are_hexadecimal() {
        assert_eq!(hexadecimal("19ab"), Ok(0x19ab));
        for bad in ["", "xyz", "12345678901234567", "-1", "+1"] {
            assert!(hexadecimal(bad).is_err(), "{bad}");
        }
    }
}
