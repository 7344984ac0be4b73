//! Converts arguments, as models write them, to the types of their schema, if they have only one reading.
//!
//! A list, object, number or boolean may come as text, a single string where a list is expected, and "absent" in
//! several forms. Ambiguous values stay as they are, and the check refuses them.

use serde_json::{Map, Value};

/// Whether text with a comma can be one element of a list. An address list can; an id can't be told from several.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Commas {
    /// A comma may belong to the element.
    Allowed,
    /// A comma may separate elements.
    Doubtful,
}

/// Renames arguments in another case style that can mean only one known name: `maxResults` for `max_results`.
pub(super) fn rename<'a>(
    known: impl Iterator<Item = &'a str> + Clone,
    values: &mut Map<String, Value>,
) {
    let plain = |name: &str| name.replace(['_', '-'], "").to_ascii_lowercase();
    let given: Vec<String> = values.keys().cloned().collect();
    for name in given {
        let mut known = known.clone();
        if known.clone().any(|known| known == name) {
            continue;
        }
        let mut meant = known.by_ref().filter(|known| plain(known) == plain(&name));
        if let (Some(meant), None) = (meant.next(), meant.next())
            && !values.contains_key(meant)
            && let Some(value) = values.remove(&name)
        {
            values.insert(meant.to_owned(), value);
        }
    }
}

/// Converts an object's values to the names and types of a JSON Schema's properties. Removes optional ones that are
/// empty.
pub(super) fn settle(schema: &Value, values: &mut Map<String, Value>, commas: Commas) {
    let empty = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&empty);
    rename(properties.keys().map(String::as_str), values);
    let required = schema["required"].as_array();
    let is_required = |name: &str| {
        required.is_some_and(|required| required.iter().any(|known| known.as_str() == Some(name)))
    };
    values.retain(|name, value| {
        let Some(property) = properties.get(name) else {
            // The check refuses unknown names.
            return true;
        };
        if !is_required(name) && says_nothing(property, value) {
            return false;
        }
        settle_value(property, value, commas);
        true
    });
}

/// Converts a call's arguments to an object if they can mean nothing else: some models and clients write JSON text,
/// and an empty string or list for no arguments. Anything else stays as it is.
pub(crate) fn object(arguments: Value) -> Value {
    match &arguments {
        Value::String(text) if text.trim().is_empty() => Value::Object(Map::new()),
        Value::Array(items) if items.is_empty() => Value::Object(Map::new()),
        Value::String(text) => match serde_json::from_str(text) {
            Ok(read @ Value::Object(_)) => read,
            _ => arguments,
        },
        _ => arguments,
    }
}

/// Whether a value stands for an absent one. Text and lists may be empty unless their schema says otherwise.
fn says_nothing(property: &Value, value: &Value) -> bool {
    let has = |bound: &str| property[bound].as_u64().is_some_and(|least| least > 0);
    match value {
        Value::Null => true,
        Value::String(text) if text.trim().is_empty() => {
            !takes(property, "string") || has("minLength") || property["enum"].is_array()
        }
        Value::String(text) if takes(property, "array") => {
            has("minItems") && matches!(list(text), Some(items) if items.is_empty())
        }
        Value::Array(items) => items.is_empty() && has("minItems"),
        _ => false,
    }
}

fn takes(property: &Value, kind: &str) -> bool {
    match &property["type"] {
        Value::String(known) => known == kind,
        Value::Array(known) => known.iter().any(|known| known == kind),
        _ => false,
    }
}

fn settle_value(property: &Value, value: &mut Value, commas: Commas) {
    let read = match &*value {
        Value::String(text) => read_text(property, text, commas),
        Value::Number(number) if takes(property, "string") => {
            // A float may already have lost digits.
            let is_whole = number.is_u64() || number.is_i64();
            is_whole.then(|| Value::from(number.to_string()))
        }
        _ => None,
    };
    if let Some(read) = read {
        *value = read;
    }
    match value {
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| settle_value(&property["items"], item, commas)),
        Value::Object(fields) if takes(property, "object") => settle(property, fields, commas),
        _ => {}
    }
}

/// The only value the text can stand for, if the schema does not want text.
fn read_text(property: &Value, text: &str, commas: Commas) -> Option<Value> {
    if takes(property, "array") {
        if let Some(items) = list(text) {
            return Some(Value::Array(items));
        }
        let is_one = takes(&property["items"], "string")
            && !takes(property, "string")
            && !text.trim().is_empty()
            && !is_broken_list(text)
            && (commas == Commas::Allowed || !text.contains(','));
        return is_one.then(|| Value::Array(vec![Value::from(text)]));
    }
    if takes(property, "string") {
        return None;
    }
    let text = text.trim();
    if takes(property, "object") {
        return serde_json::from_str(text).ok().filter(Value::is_object);
    }
    if takes(property, "boolean") {
        return match text.to_ascii_lowercase().as_str() {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        };
    }
    if takes(property, "integer") || takes(property, "number") {
        return serde_json::from_str(text).ok().filter(Value::is_number);
    }
    None
}

/// Whether text starts like a list of strings but is not one.
fn is_broken_list(text: &str) -> bool {
    let content = text.trim_start().strip_prefix('[').map(str::trim_start);
    content.is_some_and(|content| content.starts_with(['"', '\'']))
}

/// Parses a list written as text.
pub(super) fn list(text: &str) -> Option<Vec<Value>> {
    let text = text.trim();
    if !text.starts_with('[') {
        return None;
    }
    serde_json::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settled(property: Value, value: Value) -> Option<Value> {
        let schema = json!({"properties": {"x": property}});
        let mut values = Map::from_iter([("x".to_owned(), value)]);
        settle(&schema, &mut values, Commas::Doubtful);
        values.remove("x")
    }

    #[test]
    fn what_has_one_reading_is_taken() {
        let texts = json!({"type": "array", "items": {"type": "string"}});
        let either = json!({"type": ["array", "string"], "items": {"type": "string"}, "minLength": 1, "minItems": 1});
        let integer = json!({"type": "integer"});
        let switch = json!({"type": "boolean"});
        let object =
            json!({"type": "object", "properties": {"n": {"type": "integer"}, "l": texts}});
        let table = [
            (&texts, json!("[\"STARRED\"]"), json!(["STARRED"])),
            (&texts, json!(" [ \"A\", \"B\" ] "), json!(["A", "B"])),
            (&texts, json!("STARRED"), json!(["STARRED"])),
            (&texts, json!(["STARRED"]), json!(["STARRED"])),
            (&texts, json!([1, "A"]), json!(["1", "A"])),
            (&either, json!("[\"INBOX\"]"), json!(["INBOX"])),
            (&either, json!("INBOX,UNREAD"), json!("INBOX,UNREAD")),
            (&integer, json!("2"), json!(2)),
            (&integer, json!(" -2 "), json!(-2)),
            (&integer, json!(2), json!(2)),
            (&switch, json!("false"), json!(false)),
            (&switch, json!("True"), json!(true)),
            (
                &object,
                json!("{\"n\": \"3\", \"l\": \"a\"}"),
                json!({"n": 3, "l": ["a"]}),
            ),
            (&object, json!({"n": "3", "l": null}), json!({"n": 3})),
            (&json!({"type": "string"}), json!(12_345), json!("12345")),
        ];
        for (property, value, expected) in table {
            assert_eq!(
                settled(property.clone(), value.clone()),
                Some(expected),
                "{value}"
            );
        }
    }

    #[test]
    fn a_name_in_other_letters_is_known_where_it_can_mean_one_argument() {
        let known = ["max_results", "labelIds", "q", "Q"];
        for (given, named) in [
            (
                json!({"maxResults": 1, "label_ids": 2}),
                json!({"max_results": 1, "labelIds": 2}),
            ),
            (json!({"LABEL-IDS": 1}), json!({"labelIds": 1})),
            (json!({"q": 1}), json!({"q": 1})),
            (
                json!({"max_results": 1, "maxResults": 2}),
                json!({"max_results": 1, "maxResults": 2}),
            ),
            (
                json!({"max_result": 1, "-q-": 2}),
                json!({"max_result": 1, "-q-": 2}),
            ),
        ] {
            let mut values = given.as_object().cloned().unwrap_or_default();
            rename(known.into_iter(), &mut values);
            assert_eq!(Value::Object(values), named, "{given}");
        }
    }

    #[test]
    fn what_has_several_readings_stays_as_it_is() {
        let texts = json!({"type": "array", "items": {"type": "string"}});
        let table = [
            (&texts, json!("A,B")),
            (&texts, json!("[\"A\"")),
            (&texts, json!("['A']")),
            (&texts, json!({"0": "A"})),
            (&json!({"type": "integer"}), json!("two")),
            (&json!({"type": "integer"}), json!("2 or 3")),
            (&json!({"type": "integer"}), json!(true)),
            (&json!({"type": "boolean"}), json!("yes")),
            (&json!({"type": "boolean"}), json!(1)),
            (&json!({"type": "object"}), json!("[1]")),
            (&json!({"type": "object"}), json!("{a: 1}")),
            (&json!({"type": "string"}), json!("[\"A\"]")),
            (&json!({"type": "string"}), json!("")),
            (&json!({"type": "string"}), json!(1.5)),
            (&json!({"type": "string"}), json!(true)),
            (&json!({}), json!("[1]")),
        ];
        for (property, value) in table {
            assert_eq!(settled(property.clone(), value.clone()), Some(value));
        }
    }

    #[test]
    fn arguments_that_came_as_text_are_read() {
        for (given, read) in [
            (json!("{\"query\": \"x\"}"), json!({"query": "x"})),
            (json!(" {} "), json!({})),
            (json!(""), json!({})),
            (json!([]), json!({})),
            (json!({"query": "{}"}), json!({"query": "{}"})),
            (json!("x"), json!("x")),
            (json!("[1]"), json!("[1]")),
            (json!("{\"query\""), json!("{\"query\"")),
            (json!("\"{}\""), json!("\"{}\"")),
            (json!(["x"]), json!(["x"])),
            (json!(null), json!(null)),
        ] {
            assert_eq!(object(given.clone()), read, "{given}");
        }
    }

    #[test]
    fn what_says_nothing_is_left_out_where_it_may_be() {
        let text = json!({"type": "string", "minLength": 1});
        let texts = json!({"type": "array", "items": {"type": "string"}, "minItems": 1});
        for (property, value) in [
            (&text, json!("")),
            (&text, json!(null)),
            (&texts, json!([])),
            (&texts, json!("[]")),
            (&texts, json!("")),
            (&json!({"type": "integer"}), json!("")),
            (&json!({"type": "boolean"}), json!(" ")),
            (&json!({"type": "object"}), json!("")),
            (&json!({"type": "string", "enum": ["a"]}), json!("")),
        ] {
            assert_eq!(settled(property.clone(), value.clone()), None, "{value}");
        }
        let schema = json!({"properties": {"x": text}, "required": ["x"]});
        let mut values = Map::from_iter([("x".to_owned(), json!(""))]);
        settle(&schema, &mut values, Commas::Doubtful);
        assert_eq!(values.get("x"), Some(&json!("")));
    }
}
