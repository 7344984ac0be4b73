//! The schema of a tool's arguments, in the dialects of those who read it.

use serde_json::{Map, Value, json};

/// Bounds that the check tells in its own words, so that they need not be told to each model beforehand. google-genai 3.6
/// can't read a schema in which `additionalProperties` is no object.
const TOLD_LATER: [&str; 6] = [
    "additionalProperties",
    "not",
    "pattern",
    "minLength",
    "maxLength",
    "minItems",
];

/// Bounds that OpenAI's strict mode and Gemini both take.
const BOUNDS: [&str; 2] = ["minimum", "maximum"];

/// From this depth on a property has no description.
const TOLD_BY_NAME: usize = 3;

/// What is said of an object with names of anybody's choice, where the dialect has none.
const AS_TEXT: &str = "An object, written as JSON text.";

/// The schema as models are shown it: one type for each value, no bound but of numbers, and what stands deep inside is
/// told by its name alone.
pub(super) fn shown(schema: Value) -> Value {
    shown_at(0, schema)
}

fn shown_at(depth: usize, mut schema: Value) -> Value {
    let Some(fields) = schema.as_object_mut() else {
        return schema;
    };
    if depth >= TOLD_BY_NAME {
        fields.remove("description");
    }
    for name in TOLD_LATER {
        fields.remove(name);
    }
    if let Some(Value::Array(kinds)) = fields.get("type") {
        let first = kinds.first().cloned().unwrap_or_default();
        fields.insert("type".to_owned(), first);
    }
    if let Some(Value::Object(properties)) = fields.get_mut("properties") {
        for property in properties.values_mut() {
            *property = shown_at(depth + 1, property.take());
        }
    }
    if let Some(items) = fields.get_mut("items") {
        *items = shown_at(depth.max(1), items.take());
    }
    schema
}

/// The schema for OpenAI's strict mode: every property is required, one that may be left out takes null, and an object of
/// free names is text (<https://platform.openai.com/docs/guides/structured-outputs>).
pub(super) fn strict(schema: &Value) -> Value {
    let mut strict = outline(schema);
    match schema["type"].as_str() {
        Some("object") => match schema["properties"].as_object() {
            Some(properties) => {
                let of_property = |(name, property): (&String, &Value)| {
                    let inner = match is_required(schema, name) {
                        true => self::strict(property),
                        false => or_null(self::strict(property)),
                    };
                    (name.clone(), inner)
                };
                strict["properties"] = properties.iter().map(of_property).collect();
                strict["required"] = properties.keys().cloned().collect();
                strict["additionalProperties"] = json!(false);
            }
            None => as_text(&mut strict),
        },
        Some("array") => strict["items"] = self::strict(&schema["items"]),
        Some(_) => {}
        None => strict["type"] = json!(["string", "number", "boolean"]),
    }
    strict
}

/// The schema in the subset of OpenAPI that Gemini's `parameters` take; `None` for an object without properties, which
/// it refuses (<https://ai.google.dev/api/caching#Schema>).
pub(super) fn gemini(schema: &Value) -> Option<Value> {
    let mut gemini = outline(schema);
    match schema["type"].as_str() {
        Some("object") => match schema["properties"].as_object() {
            Some(properties) if properties.is_empty() => return None,
            Some(properties) => {
                let of_property = |(name, property): (&String, &Value)| {
                    Some((name.clone(), self::gemini(property)?))
                };
                gemini["properties"] = properties
                    .iter()
                    .filter_map(of_property)
                    .collect::<Map<_, _>>()
                    .into();
                if schema["required"].is_array() {
                    gemini["required"] = schema["required"].clone();
                }
            }
            None => as_text(&mut gemini),
        },
        Some("array") => {
            gemini["items"] =
                self::gemini(&schema["items"]).unwrap_or_else(|| json!({"type": "string"}))
        }
        Some(_) => {}
        None => gemini["type"] = json!("string"),
    }
    Some(gemini)
}

/// Type, description, values and bounds: what every dialect has.
fn outline(schema: &Value) -> Value {
    let names = ["type", "description", "enum"].into_iter().chain(BOUNDS);
    names
        .filter_map(|name| Some((name.to_owned(), schema.get(name)?.clone())))
        .collect::<Map<_, _>>()
        .into()
}

fn is_required(schema: &Value, name: &str) -> bool {
    let required = schema["required"].as_array();
    required.is_some_and(|required| required.iter().any(|known| known.as_str() == Some(name)))
}

fn or_null(mut schema: Value) -> Value {
    if let Some(kinds) = schema["type"].as_array_mut() {
        kinds.push(json!("null"));
    } else {
        schema["type"] = json!([schema["type"], "null"]);
    }
    if let Some(values) = schema["enum"].as_array_mut() {
        values.push(Value::Null);
    }
    schema
}

fn as_text(schema: &mut Value) {
    schema["type"] = json!("string");
    let description = match schema["description"].as_str() {
        Some(description) => format!("{description} {AS_TEXT}"),
        None => AS_TEXT.to_owned(),
    };
    schema["description"] = json!(description);
}
