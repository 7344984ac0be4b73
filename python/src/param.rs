//! Params in Python's spelling brought to the names on the wire.

use airbyte_agent_gmail::operation::{Field, Schema, gmail};
use serde_json::{Map, Value};

/// The params of an action by their names on the wire: `max_results` and `maxResults` are the same, and so are a param
/// of `None` and one that is left out. Names that are not known stay as they are, for the check to refuse.
pub(crate) fn to_wire(entity: &str, action: &str, params: Value) -> Value {
    match (gmail().find(entity, action), params) {
        (Ok(row), Value::Object(params)) => Value::Object(object(row.fields, params)),
        (_, params) => params,
    }
}

fn object(fields: &[Field], values: Map<String, Value>) -> Map<String, Value> {
    let mut wire = Map::new();
    let mut spelled = Vec::new();
    for (name, value) in values {
        if value.is_null() {
            continue;
        }
        match fields.iter().find(|field| field.name == name) {
            Some(field) => {
                wire.insert(name, by_schema(&field.schema, value));
            }
            None => spelled.push((name, value)),
        }
    }
    for (name, value) in spelled {
        let field = fields
            .iter()
            .find(|field| python_name(field.name) == name && !wire.contains_key(field.name));
        match field {
            Some(field) => wire.insert(field.name.to_owned(), by_schema(&field.schema, value)),
            None => wire.insert(name, value),
        };
    }
    wire
}

fn by_schema(schema: &Schema, value: Value) -> Value {
    match (schema, value) {
        (Schema::Object(fields), Value::Object(values)) => Value::Object(object(fields, values)),
        (Schema::Array(items), Value::Array(values)) => values
            .into_iter()
            .map(|value| by_schema(items, value))
            .collect(),
        (_, value) => value,
    }
}

include!("name.rs");
