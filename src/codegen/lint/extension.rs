//! The rules for an operation's extensions.

use std::collections::BTreeSet;

use openapiv3::{
    OpenAPI, Operation, ParameterSchemaOrContent, ReferenceOr, Schema, SchemaKind, Type,
};
use serde_json::Value;

use super::Place;
use crate::codegen::{document, model, name};

/// The extensions that an operation may have; any other is a typo.
const EXTENSIONS: [&str; 18] = [
    "x-action",
    "x-airbyte-action",
    "x-airbyte-entity",
    "x-airbyte-meta-extractor",
    "x-airbyte-preferred-for-check",
    "x-airbyte-record-extractor",
    "x-default-tool",
    "x-destructive",
    "x-entity",
    "x-hosted-only",
    "x-idempotent",
    "x-media-upload",
    "x-method-name",
    "x-outbound",
    "x-pagination",
    "x-partial-scopes",
    "x-quota-units",
    "x-read-only",
];

/// Checks the extensions of an operation.
pub(super) fn check(openapi: &OpenAPI, place: &Place<'_>, operation: &Operation) {
    let extensions = &operation.extensions;
    for key in extensions.keys() {
        if !EXTENSIONS.contains(&key.as_str()) {
            place.add(format!(
                "unknown extension `{key}`; the known ones are in spec/README.md"
            ));
        }
    }
    for key in [
        "x-idempotent",
        "x-destructive",
        "x-hosted-only",
        "x-read-only",
        "x-default-tool",
        "x-airbyte-preferred-for-check",
    ] {
        if extensions.get(key).is_some_and(|value| !value.is_boolean()) {
            place.add(format!("`{key}` is true or false; write it so"));
        }
    }
    for key in [
        "x-action",
        "x-airbyte-action",
        "x-airbyte-entity",
        "x-entity",
        "x-method-name",
    ] {
        if let Some(value) = extensions.get(key) {
            let is_name = value.as_str().is_some_and(|text| {
                !text.is_empty() && (key != "x-method-name" || name::is_snake(text))
            });
            if !is_name {
                place.add_in(
                    &[key],
                    format!(
                        "`{key}` is not a name; write a string, in snake case if it names a method"
                    ),
                );
            }
        }
    }
    if extensions
        .get("x-outbound")
        .is_some_and(|value| !["sends", "shares"].map(Some).contains(&value.as_str()))
    {
        place.add(
            "`x-outbound` is neither `sends` nor `shares`; write one, or leave it out where no mail leaves",
        );
    }
    if !extensions.contains_key("x-idempotent") {
        place.add(
            "no `x-idempotent`; say `true` where sending it twice leaves the same state as once, else `false`",
        );
    }
    if extensions.contains_key("x-airbyte-entity") != extensions.contains_key("x-airbyte-action") {
        place.add("`x-airbyte-entity` and `x-airbyte-action` come together; give both or neither");
    }
    if let Some(units) = extensions.get("x-quota-units") {
        for key in ["current", "legacy"] {
            if units
                .get(key)
                .and_then(Value::as_u64)
                .is_none_or(|units| u32::try_from(units).is_err())
            {
                place.add(format!(
                    "`x-quota-units` has no whole number `{key}`; write `{{current: 5, legacy: 5}}`"
                ));
            }
        }
    }
    let response = model::response_schema(openapi, operation);
    let check_key = |extension: &str, extractor: Option<&str>| match extractor {
        Some("$") => {}
        Some(extractor) => {
            let key = model::extractor_key(extractor);
            if !key.is_some_and(|key| has_property(openapi, response.as_deref(), key)) {
                place.add(
                    format!("`{extension}` points to `{extractor}`, which the response does not have; write `$` or `$.key` of the response's schema"),
                );
            }
        }
        None => place.add(format!("`{extension}` is not a text; write `$` or `$.key`")),
    };
    if let Some(extractor) = extensions.get("x-airbyte-record-extractor") {
        check_key("x-airbyte-record-extractor", extractor.as_str());
    }
    if let Some(meta) = extensions.get("x-airbyte-meta-extractor") {
        match meta.as_object() {
            Some(meta) => {
                for (key, extractor) in meta {
                    check_key("x-airbyte-meta-extractor", extractor.as_str());
                    if extractor.as_str() != Some(format!("$.{key}").as_str()) {
                        check_key("x-airbyte-meta-extractor (named as the key it takes)", None);
                    }
                }
            }
            None => check_key("x-airbyte-meta-extractor", None),
        }
    }
    if let Some(property) =
        records_key(operation).and_then(|key| property(openapi, response.as_deref(), key))
        && !property
            .as_item()
            .is_some_and(|schema| matches!(schema.schema_kind, SchemaKind::Type(Type::Array(_))))
    {
        place.add_in(
            &["x-airbyte-record-extractor"],
            "`x-airbyte-record-extractor` does not point to a list; write `$` where the answer is the record",
        );
    }
    check_pagination(openapi, place, operation, response.as_deref());
    if let Some(upload) = extensions.get("x-media-upload") {
        let complete = ["path", "field"]
            .iter()
            .all(|key| upload.get(key).is_some_and(Value::is_string))
            && upload.get("max-size").is_some_and(Value::is_u64);
        if !complete {
            place.add(
                "`x-media-upload` lacks its `path`, `max-size` or `field`; write `{path: /upload/…, max-size: 1000, accept: message/*, field: raw}`",
            );
        }
    }
}

fn check_pagination(
    openapi: &OpenAPI,
    place: &Place<'_>,
    operation: &Operation,
    response: Option<&str>,
) {
    let Some(pagination) = operation.extensions.get("x-pagination") else {
        return;
    };
    let get = |key: &str| pagination.get(key).and_then(Value::as_str);
    let names: BTreeSet<&str> = operation
        .parameters
        .iter()
        .filter_map(|parameter| document::parameter(openapi, parameter))
        .map(|parameter| parameter.parameter_data_ref().name.as_str())
        .collect();
    if !get("token-parameter").is_some_and(|name| names.contains(name)) {
        place.add(
            "`x-pagination` names no `token-parameter` of the operation; name the query parameter that takes the token",
        );
    }
    for (key, expected) in [("token-parameter", "string"), ("size-parameter", "integer")] {
        let parameter = operation
            .parameters
            .iter()
            .filter_map(|parameter| document::parameter(openapi, parameter))
            .map(|parameter| parameter.parameter_data_ref())
            .find(|data| Some(data.name.as_str()) == get(key));
        let fits = parameter.is_none_or(|data| {
            let kind = match &data.format {
                ParameterSchemaOrContent::Schema(ReferenceOr::Item(schema)) => {
                    match &schema.schema_kind {
                        SchemaKind::Type(Type::String(_)) | SchemaKind::AllOf { .. } => "string",
                        SchemaKind::Type(Type::Integer(_)) => "integer",
                        _ => "",
                    }
                }
                // An enum, which is a string.
                _ => "string",
            };
            !data.required && kind == expected
        });
        if !fits {
            place.add_in(&["x-pagination"],
                format!("`x-pagination` names a `{key}` that is not an optional parameter of type {expected}; a stream can't set it"),
            );
        }
    }
    if let Some(property) = get("token-field").and_then(|key| property(openapi, response, key))
        && (is_required(openapi, response, get("token-field"))
            || !property.as_item().is_some_and(|schema| is_token(schema)))
    {
        place.add_in(
            &["x-pagination"],
            "`x-pagination` names a `token-field` that is not an optional string; a stream can't read it",
        );
    }
    if get("size-parameter").is_some_and(|name| !names.contains(name)) {
        place.add(
            "`x-pagination` names a `size-parameter` that the operation does not have; fix the name",
        );
    }
    if !get("token-field").is_some_and(|key| has_property(openapi, response, key)) {
        place.add(
            "`x-pagination` names no `token-field` of the response; name the field that gives the next token",
        );
    }
    let records = records_key(operation);
    if let Some(property) = records.and_then(|key| property(openapi, response, key))
        && !property.as_item().is_some_and(|schema| is_stream(schema))
    {
        place.add_in(
            &["x-airbyte-record-extractor"],
            "the records of a stream are a list, not nullable, of a `$ref` or of `{}`; write it so or remove `x-pagination`",
        );
    }
    if records.is_none() {
        place.add(
            "`x-pagination` needs `x-airbyte-record-extractor: $.key`, so that a stream knows its records",
        );
    }
}

fn records_key(operation: &Operation) -> Option<&str> {
    operation
        .extensions
        .get("x-airbyte-record-extractor")
        .and_then(Value::as_str)
        .and_then(model::extractor_key)
}

fn has_property(openapi: &OpenAPI, schema: Option<&str>, key: &str) -> bool {
    property(openapi, schema, key).is_some()
}

fn property<'a>(
    openapi: &'a OpenAPI,
    schema: Option<&str>,
    key: &str,
) -> Option<&'a ReferenceOr<Box<Schema>>> {
    document::named_object(openapi, schema?)?
        .properties
        .get(key)
}

fn is_required(openapi: &OpenAPI, schema: Option<&str>, key: Option<&str>) -> bool {
    let object = schema.and_then(|name| document::named_object(openapi, name));
    object.is_some_and(|object| {
        let mut required = object.required.iter();
        required.any(|name| Some(name.as_str()) == key)
    })
}

fn is_token(schema: &Schema) -> bool {
    matches!(&schema.schema_kind, SchemaKind::Type(Type::String(string))
        if string.enumeration.is_empty() && !model::is_secret(string, &schema.schema_data))
}

fn is_stream(schema: &Schema) -> bool {
    let SchemaKind::Type(Type::Array(array)) = &schema.schema_kind else {
        return false;
    };
    !schema.schema_data.nullable
        && array.items.as_ref().is_some_and(|items| match items {
            ReferenceOr::Reference { .. } => true,
            ReferenceOr::Item(items) => matches!(items.schema_kind, SchemaKind::Any(_)),
        })
}
