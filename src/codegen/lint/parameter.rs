//! The rules for an operation's parameters.

use std::collections::BTreeSet;

use openapiv3::{
    OpenAPI, Operation, Parameter, ParameterSchemaOrContent, PathStyle, QueryStyle, ReferenceOr,
    Schema, SchemaKind, Type,
};

use super::Place;
use crate::codegen::{document, model};

/// Checks an operation's parameters against its path and its body.
pub(super) fn check(openapi: &OpenAPI, path: &str, place: &Place<'_>, operation: &Operation) {
    let mut names = BTreeSet::new();
    let mut in_path = BTreeSet::new();
    for parameter in &operation.parameters {
        let Some(parameter) = document::parameter(openapi, parameter) else {
            place.add(
                "a parameter's `$ref` points nowhere; write the parameter or fix the reference",
            );
            continue;
        };
        let data = parameter.parameter_data_ref();
        if !names.insert(data.name.clone()) {
            place.add(format!("parameter `{}` occurs twice; keep one", data.name));
        }
        check_parameter(openapi, place, parameter);
        check_name(place, parameter);
        if let Parameter::Path { .. } = parameter {
            in_path.insert(data.name.clone());
        }
    }
    let templates: BTreeSet<String> = path
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name.to_owned())
        .collect();
    for name in templates.difference(&in_path) {
        place.add(format!(
                "the path has `{{{name}}}` and no path parameter of that name; declare it, `in: path`, `required: true`"
            ),
        );
    }
    for name in in_path.difference(&templates) {
        place.add(format!(
            "path parameter `{name}` is not in the path; write `{{{name}}}` there or remove it"
        ));
    }
    let body = model::body_schema(openapi, operation);
    if let Some(object) = body.and_then(|name| document::named_object(openapi, &name)) {
        for name in object
            .properties
            .keys()
            .filter(|name| names.contains(*name))
        {
            place.add(format!("`{name}` is a parameter and a property of the body; the params of `execute` are one flat map, so rename or remove one"));
        }
    }
}

/// Headers that the client writes itself, or that the connection uses.
const HEADERS: [&str; 8] = [
    "accept",
    "accept-encoding",
    "api-version",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "host",
];

fn check_name(place: &Place<'_>, parameter: &Parameter) {
    let name = &parameter.parameter_data_ref().name;
    // Calls pass parameters on by name, and progenitor converts these differently from typify's fields.
    if !name.starts_with(|c: char| c.is_ascii_alphabetic() || "_$@".contains(c))
        || !name.is_ascii()
        || name
            .trim_start_matches(['_', '$', '@'])
            .starts_with(|c: char| c.is_ascii_digit())
        || !name.contains(|c: char| c.is_ascii_alphabetic())
    {
        place.add(format!(
            "parameter `{name}` has no name that an argument can have; begin it with a letter"
        ));
    }
    if let Parameter::Header { .. } = parameter
        && (HEADERS.contains(&name.to_ascii_lowercase().as_str())
            || name.contains(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c)))
    {
        place.add(format!(
            "parameter `{name}` is a header that the client writes itself, or none; leave it out"
        ));
    }
}

fn check_parameter(openapi: &OpenAPI, place: &Place<'_>, parameter: &Parameter) {
    let data = parameter.parameter_data_ref();
    let name = &data.name;
    match parameter {
        Parameter::Cookie { .. } => place.add(format!(
            "parameter `{name}` is in a cookie; use path, query or header"
        )),
        Parameter::Query { style, .. } if !matches!(style, QueryStyle::Form) => {
            place.add(format!(
                "parameter `{name}` has a style that is not generated; leave `style` out (form)"
            ));
        }
        Parameter::Path { style, .. } if !matches!(style, PathStyle::Simple) => {
            place.add(format!(
                "parameter `{name}` has a style that is not generated; leave `style` out (simple)"
            ));
        }
        _ => {}
    }
    if data.explode == Some(false) {
        place.add(format!(
                "parameter `{name}` has `explode: false`, which would be ignored; leave it out, arrays repeat the key"
            ),
        );
    }
    if matches!(parameter, Parameter::Path { .. }) && !data.required {
        place.add(format!(
            "path parameter `{name}` is not required; write `required: true`"
        ));
    }
    if data
        .description
        .as_deref()
        .is_none_or(|text| text.trim().is_empty())
    {
        place.add(format!(
            "parameter `{name}` has no `description`; say what it does"
        ));
    }
    for key in data.extensions.keys() {
        if !["x-airbyte-absent", "x-airbyte-comma-joined", model::SENT_AS].contains(&key.as_str()) {
            place.add(
                format!("parameter `{name}` has an unknown extension `{key}`; the known ones are in spec/README.md"),
            );
        }
    }
    match &data.format {
        ParameterSchemaOrContent::Content(_) => {
            place.add(format!(
                "parameter `{name}` has `content`; give it a `schema`"
            ));
        }
        ParameterSchemaOrContent::Schema(schema) => {
            let array = !matches!(parameter, Parameter::Path { .. } | Parameter::Header { .. });
            if schema
                .as_item()
                .is_some_and(|schema| schema.schema_data.nullable)
            {
                place.add(format!(
                    "parameter `{name}` is nullable, but no parameter is sent as null; leave it out"
                ));
            }
            if !is_plain(openapi, schema, array) {
                place.add(
                    format!("parameter `{name}` has a type that can't go there; use string, integer, boolean, a named string enum or (in the query) an array of strings"),
                );
            }
        }
    }
}

fn is_plain(openapi: &OpenAPI, schema: &ReferenceOr<Schema>, array_allowed: bool) -> bool {
    let schema = match schema {
        ReferenceOr::Item(schema) => schema,
        ReferenceOr::Reference { reference } => {
            let named = document::referred(reference, "schemas")
                .and_then(|name| document::schema(openapi, name));
            return named.is_some_and(|schema| document::enum_values(schema).is_some());
        }
    };
    match &schema.schema_kind {
        // A secret in a URL would end up in logs.
        SchemaKind::Type(Type::String(string)) => {
            string.enumeration.is_empty() && !model::is_secret(string, &schema.schema_data)
        }
        SchemaKind::Type(Type::Integer(_) | Type::Boolean(_)) => true,
        SchemaKind::Type(Type::Array(array)) if array_allowed => array
            .items
            .as_ref()
            .is_some_and(|items| is_plain(openapi, &items.clone().unbox(), false)),
        // OpenAPI 3.0 has no other way to add a default to a reference.
        SchemaKind::AllOf { all_of } => match all_of.as_slice() {
            [only @ ReferenceOr::Reference { .. }] => is_plain(openapi, only, false),
            _ => false,
        },
        _ => false,
    }
}
