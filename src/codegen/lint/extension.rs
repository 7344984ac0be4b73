//! The rules for the extensions of an operation.

use std::collections::BTreeSet;

use openapiv3::{OpenAPI, Operation, SchemaKind, Type};
use serde_json::Value;

use super::Findings;
use crate::codegen::{document, model};

/// The extensions that an operation may have; any other is a slip of the pen.
const EXTENSIONS: [&str; 17] = [
    "x-action",
    "x-airbyte-action",
    "x-airbyte-entity",
    "x-airbyte-meta-extractor",
    "x-airbyte-preferred-for-check",
    "x-airbyte-record-extractor",
    "x-default-tool",
    "x-destructive",
    "x-entity",
    "x-idempotent",
    "x-media-upload",
    "x-method-name",
    "x-outbound",
    "x-pagination",
    "x-partial-scopes",
    "x-quota-units",
    "x-read-only",
];

/// Checks the extensions of one operation.
pub(super) fn check(
    openapi: &OpenAPI,
    place: &str,
    operation: &Operation,
    findings: &mut Findings<'_>,
) {
    let extensions = &operation.extensions;
    for key in extensions.keys() {
        if !EXTENSIONS.contains(&key.as_str()) {
            findings.add(
                place,
                format!("unknown extension `{key}`; the known ones are in spec/README.md"),
            );
        }
    }
    for key in [
        "x-idempotent",
        "x-destructive",
        "x-read-only",
        "x-default-tool",
        "x-airbyte-preferred-for-check",
    ] {
        if extensions.get(key).is_some_and(|value| !value.is_boolean()) {
            findings.add(place, format!("`{key}` is true or false; write it so"));
        }
    }
    if extensions
        .get("x-outbound")
        .is_some_and(|value| !["sends", "shares"].map(Some).contains(&value.as_str()))
    {
        findings.add(
            place,
            "`x-outbound` is neither `sends` nor `shares`; write one, or leave it out where no mail leaves",
        );
    }
    if !extensions.contains_key("x-idempotent") {
        findings.add(
            place,
            "no `x-idempotent`; say `true` where sending it twice leaves the same state as once, else `false`",
        );
    }
    if extensions.contains_key("x-airbyte-entity") != extensions.contains_key("x-airbyte-action") {
        findings.add(
            place,
            "`x-airbyte-entity` and `x-airbyte-action` come together; give both or neither",
        );
    }
    if let Some(units) = extensions.get("x-quota-units") {
        for key in ["current", "legacy"] {
            if units
                .get(key)
                .and_then(Value::as_u64)
                .is_none_or(|units| u32::try_from(units).is_err())
            {
                findings.add(
                    place,
                    format!("`x-quota-units` has no whole number `{key}`; write `{{current: 5, legacy: 5}}`"),
                );
            }
        }
    }
    let response = model::response_schema(openapi, operation);
    let mut check_key = |extension: &str, extractor: Option<&str>| match extractor {
        Some("$") => {}
        Some(extractor) => {
            let key = model::extractor_key(extractor);
            if !key.is_some_and(|key| has_property(openapi, response.as_deref(), key)) {
                findings.add(
                    place,
                    format!("`{extension}` points to `{extractor}`, which the response does not have; write `$` or `$.key` of the response's schema"),
                );
            }
        }
        None => findings.add(
            place,
            format!("`{extension}` is not a text; write `$` or `$.key`"),
        ),
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
    check_pagination(openapi, place, operation, response.as_deref(), findings);
    if let Some(upload) = extensions.get("x-media-upload") {
        let complete = ["path", "field"]
            .iter()
            .all(|key| upload.get(key).is_some_and(Value::is_string))
            && upload.get("max-size").is_some_and(Value::is_u64);
        if !complete {
            findings.add(
                place,
                "`x-media-upload` lacks its `path`, `max-size` or `field`; write `{path: /upload/…, max-size: 1000, accept: message/*, field: raw}`",
            );
        }
    }
}

fn check_pagination(
    openapi: &OpenAPI,
    place: &str,
    operation: &Operation,
    response: Option<&str>,
    findings: &mut Findings<'_>,
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
        findings.add(
            place,
            "`x-pagination` names no `token-parameter` of the operation; name the query parameter that takes the token",
        );
    }
    if get("size-parameter").is_some_and(|name| !names.contains(name)) {
        findings.add(
            place,
            "`x-pagination` names a `size-parameter` that the operation does not have; fix the name",
        );
    }
    if !get("token-field").is_some_and(|key| has_property(openapi, response, key)) {
        findings.add(
            place,
            "`x-pagination` names no `token-field` of the response; name the field that gives the next token",
        );
    }
    if operation
        .extensions
        .get("x-airbyte-record-extractor")
        .and_then(Value::as_str)
        .and_then(model::extractor_key)
        .is_none()
    {
        findings.add(
            place,
            "`x-pagination` needs `x-airbyte-record-extractor: $.key`, so that a stream knows its records",
        );
    }
}

fn has_property(openapi: &OpenAPI, schema: Option<&str>, key: &str) -> bool {
    let Some(schema) = schema.and_then(|name| document::schema(openapi, name)) else {
        return false;
    };
    match &schema.schema_kind {
        SchemaKind::Type(Type::Object(object)) => object.properties.contains_key(key),
        _ => false,
    }
}
