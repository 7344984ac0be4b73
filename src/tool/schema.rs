//! The JSON Schema of a tool's arguments, in each reader's dialect.

use serde_json::{Map, Value, json};

/// Constraints that the check explains when violated, so models need not know them beforehand. google-genai 3.6 can't
/// read a schema with an `additionalProperties` that is not an object.
const TOLD_LATER: [&str; 6] = [
    "additionalProperties",
    "not",
    "pattern",
    "minLength",
    "maxLength",
    "minItems",
];

/// Bounds that both OpenAI's strict mode and Gemini accept.
const BOUNDS: [&str; 2] = ["minimum", "maximum"];

/// The depth from which properties have no description.
const TOLD_BY_NAME: usize = 3;

/// The description of an object with free names, for dialects without such objects.
const AS_TEXT: &str = "An object, written as JSON text.";

/// The schema as models see it: one type per value, bounds only for numbers, and no descriptions deep inside.
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

/// The schema for OpenAI's strict mode: every property is required, an optional one accepts null, and an object with
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

/// The schema in the OpenAPI subset that Gemini's `parameters` accept; `None` for an object without properties, which
/// Gemini refuses (<https://ai.google.dev/api/caching#Schema>).
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

/// The keywords that every dialect has: type, description, values and bounds.
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
