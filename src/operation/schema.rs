//! The params of a row as JSON Schema (2020-12).

use serde_json::{Map, Value, json};

use super::{Field, Location, Mode, Operation, Schema, check};

impl Operation {
    /// The JSON Schema of the params: self-contained, closed, with a description of each field.
    ///
    /// ```
    /// use airbyte_agent_gmail::operation::gmail;
    ///
    /// let schema = gmail().find("messages", "get")?.params_schema();
    /// assert_eq!(schema["required"], serde_json::json!(["messageId"]));
    /// assert_eq!(schema["additionalProperties"], false);
    /// # Ok::<(), airbyte_agent_gmail::Error>(())
    /// ```
    pub fn params_schema(&self) -> Value {
        schema(self.fields)
    }

    /// Like [`params_schema`](Self::params_schema), limited to what the mode offers.
    ///
    /// ```
    /// use airbyte_agent_gmail::{Mode, operation::gmail};
    ///
    /// let row = gmail().find("messages", "create")?;
    /// let offered = |mode| row.params_schema_in(mode)["properties"]["classificationLabelValues"].is_object();
    /// assert!(offered(Mode::OpenSource) && !offered(Mode::Hosted));
    /// # Ok::<(), airbyte_agent_gmail::Error>(())
    /// ```
    pub fn params_schema_in(&self, mode: Mode) -> Value {
        object(self.fields, &|field| {
            mode == Mode::OpenSource || !field.absent
        })
    }
}

/// The JSON Schema of an object with these fields.
pub(crate) fn schema(fields: &[Field]) -> Value {
    object(fields, &|_| true)
}

fn object(fields: &[Field], is_offered: &dyn Fn(&Field) -> bool) -> Value {
    let properties: Map<String, Value> = fields
        .iter()
        .filter(|field| is_offered(field))
        .map(|field| (field.name.to_owned(), property(field, is_offered)))
        .collect();
    let required: Vec<Value> = fields
        .iter()
        .filter(|field| field.required)
        .map(|field| field.name.into())
        .collect();
    let mut schema = json!({"type": "object", "additionalProperties": false});
    // `json!` would copy its input.
    schema["properties"] = properties.into();
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    schema
}

fn property(field: &Field, is_offered: &dyn Fn(&Field) -> bool) -> Value {
    let mut schema = value(&field.schema, is_offered);
    if field.comma_joined && field.location == Location::Query {
        // Airbyte documents the parameter in this form, so it is valid too.
        schema["type"] = json!(["array", "string"]);
        schema["minLength"] = json!(1);
    }
    if field.required && field.location == Location::Query && matches!(field.schema, Schema::String)
    {
        schema["minLength"] = json!(1);
    }
    if field.location == Location::Path {
        schema["minLength"] = json!(1);
        schema["maxLength"] = json!(check::LONGEST_ID);
        schema["pattern"] = json!(check::ID_PATTERN);
        schema["not"] = json!({"enum": [".", ".."]});
    }
    if field.location == Location::Query && matches!(field.schema, Schema::Array(_)) {
        schema["minItems"] = json!(1);
    }
    schema["description"] = json!(field.description);
    schema
}

fn value(schema: &Schema, is_offered: &dyn Fn(&Field) -> bool) -> Value {
    match schema {
        Schema::String => json!({"type": "string"}),
        Schema::Integer { minimum, maximum } => {
            let mut schema = json!({"type": "integer"});
            if let Some(minimum) = minimum {
                schema["minimum"] = json!(minimum);
            }
            if let Some(maximum) = maximum {
                schema["maximum"] = json!(maximum);
            }
            schema
        }
        Schema::Number => json!({"type": "number"}),
        Schema::Boolean => json!({"type": "boolean"}),
        Schema::Enum(values) => json!({"type": "string", "enum": values}),
        Schema::Array(items) => {
            let mut schema = json!({"type": "array"});
            schema["items"] = value(items, is_offered);
            schema
        }
        Schema::Object(fields) => object(fields, is_offered),
        Schema::Map => json!({"type": "object"}),
        Schema::Any => json!({}),
    }
}
