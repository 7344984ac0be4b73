//! The params of an operation: its parameters, and the body fields.

use openapiv3::{
    OpenAPI, ParameterData, ParameterSchemaOrContent, ReferenceOr, Schema as OpenApiSchema,
    SchemaKind, Type,
};

use super::{Field, Location, Schema};
use crate::codegen::document;

/// The extension of an alias.
pub const SENT_AS: &str = "x-sent-as";

/// The deepest nesting of request schemas; deeper ones count as recursive.
const MAX_DEPTH: usize = 8;

/// The param of a parameter.
pub(super) fn of_parameter(
    openapi: &OpenAPI,
    parameter: &openapiv3::Parameter,
) -> Result<Field, String> {
    use openapiv3::Parameter;
    let location = match parameter {
        Parameter::Path { .. } => Location::Path,
        Parameter::Query { .. } => Location::Query,
        Parameter::Header { .. } | Parameter::Cookie { .. } => Location::Header,
    };
    let data: &ParameterData = parameter.parameter_data_ref();
    let ParameterSchemaOrContent::Schema(schema) = &data.format else {
        return Err(format!("parameter `{}` has no schema", data.name));
    };
    Ok(Field {
        name: data.name.clone(),
        location,
        required: data.required,
        description: data
            .description
            .clone()
            .unwrap_or_default()
            .trim()
            .to_owned(),
        schema: resolve(openapi, schema, 0)?,
        comma_joined: document::flag(&data.extensions, "x-airbyte-comma-joined"),
        absent: document::flag(&data.extensions, "x-airbyte-absent"),
        sent_as: super::text(&data.extensions, SENT_AS),
        nullable: false,
    })
}

/// The params of an object's properties, except read-only ones.
pub(super) fn of_object(
    openapi: &OpenAPI,
    schema: &OpenApiSchema,
    depth: usize,
) -> Result<Vec<Field>, String> {
    let Some(object) = document::object(schema) else {
        return Ok(Vec::new());
    };
    let mut fields = Vec::new();
    for (name, property) in &object.properties {
        let item = property.as_item();
        if item.is_some_and(|item| item.schema_data.read_only) {
            continue;
        }
        fields.push(Field {
            name: name.clone(),
            location: Location::Body,
            required: object.required.contains(name),
            description: document::description(openapi, property)
                .unwrap_or_default()
                .to_owned(),
            schema: resolve(openapi, &property.clone().unbox(), depth)?,
            comma_joined: false,
            absent: item.is_some_and(|item| {
                document::flag(&item.schema_data.extensions, "x-airbyte-absent")
            }),
            sent_as: item.and_then(|item| super::text(&item.schema_data.extensions, SENT_AS)),
            nullable: item.is_some_and(|item| item.schema_data.nullable),
        });
    }
    Ok(fields)
}

/// The names of an object's read-only properties.
pub(super) fn only_read(schema: &OpenApiSchema) -> Vec<String> {
    let properties = document::object(schema).map(|object| &object.properties);
    let only_read = properties.into_iter().flatten().filter(|(_, property)| {
        let item = property.as_item();
        item.is_some_and(|item| item.schema_data.read_only)
    });
    only_read.map(|(name, _)| name.clone()).collect()
}

fn resolve(
    openapi: &OpenAPI,
    schema: &ReferenceOr<OpenApiSchema>,
    depth: usize,
) -> Result<Schema, String> {
    if depth > MAX_DEPTH {
        return Err("a request schema contains itself; write one that ends".to_owned());
    }
    let (name, schema) = match schema {
        ReferenceOr::Item(item) => (None, item),
        ReferenceOr::Reference { reference } => {
            let name = document::referred(reference, "schemas")
                .ok_or_else(|| format!("`{reference}` is not a reference to a schema"))?;
            let schema =
                document::schema(openapi, name).ok_or_else(|| format!("no schema `{name}`"))?;
            (Some(name), schema)
        }
    };
    // In OpenAPI 3.0, `allOf` with a single reference is how to add a description or extension to it.
    if let SchemaKind::AllOf { all_of } = &schema.schema_kind
        && let [only @ ReferenceOr::Reference { .. }] = all_of.as_slice()
    {
        return resolve(openapi, only, depth);
    }
    Ok(match &schema.schema_kind {
        SchemaKind::Type(Type::String(string)) => match (name, document::enum_values(schema)) {
            (Some(name), Some(values)) => Schema::Enum(name.to_owned(), values),
            _ if is_secret(string, &schema.schema_data) => Schema::Secret,
            _ => Schema::String,
        },
        SchemaKind::Type(Type::Integer(integer)) => {
            Schema::Integer(integer.minimum, integer.maximum)
        }
        SchemaKind::Type(Type::Number(_)) => Schema::Number,
        SchemaKind::Type(Type::Boolean(_)) => Schema::Boolean,
        SchemaKind::Type(Type::Array(array)) => match &array.items {
            Some(items) => Schema::Array(Box::new(resolve(
                openapi,
                &items.clone().unbox(),
                depth + 1,
            )?)),
            None => Schema::Array(Box::new(Schema::Any)),
        },
        SchemaKind::Type(Type::Object(object)) => match name {
            Some(name) if !object.properties.is_empty() => {
                Schema::Object(name.to_owned(), of_object(openapi, schema, depth + 1)?)
            }
            _ => Schema::Map,
        },
        _ => Schema::Any,
    })
}

/// Whether a string schema is a secret.
pub fn is_secret(string: &openapiv3::StringType, data: &openapiv3::SchemaData) -> bool {
    use openapiv3::{StringFormat, VariantOrUnknownOrEmpty};
    document::flag(&data.extensions, "x-secret")
        || matches!(
            string.format,
            VariantOrUnknownOrEmpty::Item(StringFormat::Password)
        )
}
