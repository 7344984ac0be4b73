//! Rewrites a document for progenitor: the same operations, in the part of OpenAPI that it generates well.

use std::collections::BTreeSet;

use openapiv3::{
    OpenAPI, Parameter, ParameterSchemaOrContent, ReferenceOr, Schema, SchemaKind, StatusCode,
    Type, VariantOrUnknownOrEmpty,
};

use super::{document, model};

/// The schema name for secrets, which progenitor replaces by the crate's own type.
pub const SECRET: &str = "TextThatMustNotBePrinted";

/// Lowers a document that passed the lint.
pub fn lower(openapi: &OpenAPI) -> OpenAPI {
    let mut lowered = openapi.clone();
    for item in lowered.paths.paths.values_mut() {
        let ReferenceOr::Item(item) = item else {
            continue;
        };
        let methods = [
            &mut item.get,
            &mut item.post,
            &mut item.put,
            &mut item.patch,
            &mut item.delete,
        ];
        for operation in methods.into_iter().flatten() {
            // An alias of a parameter is a method only of the typed calls.
            operation.parameters.retain(|parameter| {
                !document::parameter(openapi, parameter).is_some_and(|parameter| {
                    let extensions = &parameter.parameter_data_ref().extensions;
                    extensions.contains_key(model::SENT_AS)
                })
            });
            lower_operation(openapi, operation);
        }
    }
    if let Some(components) = &mut lowered.components {
        // By now, parameters and responses are inlined in each operation.
        components.parameters.clear();
        components.responses.clear();
        let answered = reached(openapi, model::response_schema);
        let sent = reached(openapi, model::body_schema);
        for (name, schema) in &mut components.schemas {
            lower_schema(schema);
            if sent.contains(name) {
                ask_for_no_answer(schema);
            }
            if answered.contains(name) {
                forgive(schema, !sent.contains(name));
            }
        }
        components.schemas.insert(
            SECRET.to_owned(),
            ReferenceOr::Item(Schema {
                schema_data: openapiv3::SchemaData::default(),
                schema_kind: SchemaKind::Type(Type::String(openapiv3::StringType::default())),
            }),
        );
    }
    lowered
}

fn lower_operation(openapi: &OpenAPI, operation: &mut openapiv3::Operation) {
    for parameter in &mut operation.parameters {
        if let Some(found) = document::parameter(openapi, parameter) {
            let mut found = found.clone();
            let (Parameter::Query { parameter_data, .. }
            | Parameter::Header { parameter_data, .. }
            | Parameter::Path { parameter_data, .. }
            | Parameter::Cookie { parameter_data, .. }) = &mut found;
            if let ParameterSchemaOrContent::Schema(schema) = &mut parameter_data.format {
                lower_schema(schema);
            }
            *parameter = ReferenceOr::Item(found);
        }
    }
    operation.responses.default = None;
    // The transport creates all errors, whatever their body looks like, so progenitor must not decode them. Any 2xx is
    // a success, since services freely choose 200, 201, 202 or 204.
    let success = operation
        .responses
        .responses
        .iter()
        .find(|(status, _)| model::is_success(status))
        .and_then(|(_, response)| document::response(openapi, response))
        .cloned();
    operation.responses.responses.clear();
    if let Some(success) = success {
        operation
            .responses
            .responses
            .insert(StatusCode::Range(2), ReferenceOr::Item(success));
    }
}

/// The names of the schemas used in answers, or in bodies.
pub fn reached(
    openapi: &OpenAPI,
    first: impl Fn(&OpenAPI, &openapiv3::Operation) -> Option<String>,
) -> BTreeSet<String> {
    let mut waiting: Vec<String> = document::operations(openapi)
        .into_iter()
        .filter_map(|(_, _, operation)| first(openapi, operation))
        .collect();
    let mut found = BTreeSet::new();
    while let Some(name) = waiting.pop() {
        if let Some(schema) = document::schema(openapi, &name)
            && found.insert(name)
        {
            referred(schema, &mut waiting);
        }
    }
    found
}

fn referred(schema: &Schema, names: &mut Vec<String>) {
    let mut note = |schema: ReferenceOr<Schema>| match schema {
        ReferenceOr::Reference { reference } => {
            names.extend(document::referred(&reference, "schemas").map(str::to_owned));
        }
        ReferenceOr::Item(schema) => referred(&schema, names),
    };
    match &schema.schema_kind {
        SchemaKind::Type(Type::Array(array)) => {
            array
                .items
                .iter()
                .for_each(|items| note(items.clone().unbox()));
        }
        SchemaKind::Type(Type::Object(object)) => {
            object
                .properties
                .values()
                .for_each(|property| note(property.clone().unbox()));
        }
        SchemaKind::AllOf { all_of } => all_of.iter().for_each(|schema| note(schema.clone())),
        _ => {}
    }
}

/// Makes a required string or list in an answer default to empty. The types stay plain, and a server that omits
/// something irrelevant doesn't fail a whole response. The key of types that are never sent stays plain too, and their
/// parser rejects an answer without it.
fn forgive(schema: &mut ReferenceOr<Schema>, has_key: bool) {
    let ReferenceOr::Item(schema) = schema else {
        return;
    };
    let SchemaKind::Type(Type::Object(object)) = &mut schema.schema_kind else {
        return;
    };
    let (required, properties) = (&mut object.required, &mut object.properties);
    let key = model::text(&schema.schema_data.extensions, "x-key").filter(|key| {
        has_key && !required.contains(key) && properties.get(key).is_some_and(is_text)
    });
    required.extend(key);
    required.retain(|name| {
        let Some(ReferenceOr::Item(property)) = properties.get_mut(name) else {
            return true;
        };
        match &property.schema_kind {
            SchemaKind::Type(Type::String(string)) if string.enumeration.is_empty() => {
                property.schema_data.default = Some(serde_json::Value::from(""));
                false
            }
            SchemaKind::Type(Type::Array(_)) => false,
            _ => true,
        }
    });
}

/// Makes read-only fields optional where the same object is sent.
fn ask_for_no_answer(schema: &mut ReferenceOr<Schema>) {
    let ReferenceOr::Item(schema) = schema else {
        return;
    };
    if let SchemaKind::Type(Type::Object(object)) = &mut schema.schema_kind {
        let properties = &object.properties;
        object.required.retain(|name| {
            !properties
                .get(name)
                .and_then(ReferenceOr::as_item)
                .is_some_and(|property| property.schema_data.read_only)
        });
    }
}

fn is_text(property: &ReferenceOr<Box<Schema>>) -> bool {
    property.as_item().is_some_and(|property| {
        matches!(&property.schema_kind, SchemaKind::Type(Type::String(string)) if string.enumeration.is_empty())
    })
}

fn lower_schema(schema: &mut ReferenceOr<Schema>) {
    let ReferenceOr::Item(item) = schema else {
        return;
    };
    if let Some(reference) = lone_reference(item) {
        *schema = reference;
        return;
    }
    // An optional scalar is an `Option`, which accepts null; a list or map becomes an `Option` only if nullable.
    item.schema_data.nullable &= matches!(
        item.schema_kind,
        SchemaKind::Type(Type::Array(_) | Type::Object(_))
    );
    item.schema_data.default = None;
    match &mut item.schema_kind {
        SchemaKind::Type(Type::String(string)) => {
            if model::is_secret(string, &item.schema_data) {
                *schema = ReferenceOr::Reference {
                    reference: format!("#/components/schemas/{SECRET}"),
                };
                return;
            }
            // Dates and ids stay text: a service that writes one unusually must not fail a whole response.
            string.format = VariantOrUnknownOrEmpty::Empty;
        }
        SchemaKind::Type(Type::Integer(integer)) => {
            // A bound would select a narrower Rust type, and `execute` already checks it.
            integer.format = VariantOrUnknownOrEmpty::Empty;
            integer.minimum = None;
            integer.maximum = None;
        }
        SchemaKind::Type(Type::Number(number)) => {
            // A typed call takes an `f64`, whatever the format in the document.
            number.format = VariantOrUnknownOrEmpty::Empty;
        }
        SchemaKind::Type(Type::Array(array)) => {
            if let Some(items) = &mut array.items {
                lower_boxed(items);
            }
        }
        SchemaKind::Type(Type::Object(object)) => {
            let nullable: Vec<String> = object
                .properties
                .iter()
                .filter(|(_, property)| {
                    property
                        .as_item()
                        .is_some_and(|item| item.schema_data.nullable)
                })
                .map(|(name, _)| name.clone())
                .collect();
            object.required.retain(|name| !nullable.contains(name));
            object.properties.retain(|_, property| {
                !property
                    .as_item()
                    .is_some_and(|item| item.schema_data.extensions.contains_key(model::SENT_AS))
            });
            for property in object.properties.values_mut() {
                lower_boxed(property);
            }
        }
        _ => {}
    }
}

fn lower_boxed(schema: &mut ReferenceOr<Box<Schema>>) {
    let mut unboxed = schema.clone().unbox();
    lower_schema(&mut unboxed);
    *schema = match unboxed {
        ReferenceOr::Item(item) => ReferenceOr::Item(Box::new(item)),
        ReferenceOr::Reference { reference } => ReferenceOr::Reference { reference },
    };
}

fn lone_reference(schema: &Schema) -> Option<ReferenceOr<Schema>> {
    match &schema.schema_kind {
        SchemaKind::AllOf { all_of } => match all_of.as_slice() {
            [only @ ReferenceOr::Reference { .. }] => Some(only.clone()),
            _ => None,
        },
        _ => None,
    }
}
