//! The rules for an operation.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use openapiv3::{
    MediaType, OpenAPI, Operation, Parameter, ParameterSchemaOrContent, PathStyle, QueryStyle,
    ReferenceOr, Schema, SchemaKind, StatusCode, Type,
};
use serde_json::Value;

use super::{Findings, security};
use crate::codegen::{document, model, name};

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

/// Checks one operation.
pub(super) fn check(
    openapi: &OpenAPI,
    path: &str,
    place: &str,
    operation: &Operation,
    findings: &mut Findings<'_>,
) {
    check_names(place, operation, findings);
    check_extensions(openapi, place, operation, findings);
    check_parameters(openapi, path, place, operation, findings);
    check_body(openapi, place, operation, findings);
    check_responses(openapi, place, operation, findings);
    security::check(openapi, place, operation, findings);
}

fn check_names(place: &str, operation: &Operation, findings: &mut Findings<'_>) {
    match operation.operation_id.as_deref() {
        None => findings.add(place, "no `operationId`; give it one, in snake case"),
        Some(id) if !name::is_snake(id) => {
            findings.add(
                place,
                format!("operation id `{id}` is not in snake case; write it so"),
            );
        }
        Some(_) => {}
    }
    match operation.summary.as_deref().map(str::trim) {
        None | Some("") => findings.add(place, "no `summary`; say in one line what it does"),
        Some(summary) if summary.contains('\n') || summary.ends_with('.') => {
            findings.add(
                place,
                "the `summary` is one line without a full stop; move the rest to `description`",
            );
        }
        Some(_) => {}
    }
    if operation
        .description
        .as_deref()
        .is_none_or(|text| text.trim().is_empty())
    {
        findings.add(place, "no `description`; say what a caller has to know");
    }
    match operation.tags.as_slice() {
        [] => {}
        [tag] => {
            if !tag.split('.').all(name::is_snake) {
                findings.add(
                    place,
                    format!("tag `{tag}` is not a dotted path in snake case; write it like `messages.attachments`"),
                );
            } else if model::method_name(operation).is_none() {
                findings.add(
                    place,
                    format!("the operation id does not begin with its tag `{}_`; rename one of them or give `x-method-name`", tag.replace('.', "_")),
                );
            }
        }
        _ => findings.add(place, "more than one tag; an operation is in one group"),
    }
}

fn check_extensions(
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
            "`x-pagination` names a `size-parameter` that the operation does not have; mend the name",
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

fn check_parameters(
    openapi: &OpenAPI,
    path: &str,
    place: &str,
    operation: &Operation,
    findings: &mut Findings<'_>,
) {
    let mut names = BTreeSet::new();
    let mut in_path = BTreeSet::new();
    for parameter in &operation.parameters {
        let Some(parameter) = document::parameter(openapi, parameter) else {
            findings.add(
                place,
                "a parameter's `$ref` points nowhere; write the parameter or mend the reference",
            );
            continue;
        };
        let data = parameter.parameter_data_ref();
        if !names.insert(data.name.clone()) {
            findings.add(
                place,
                format!("parameter `{}` occurs twice; keep one", data.name),
            );
        }
        check_parameter(openapi, place, parameter, findings);
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
        findings.add(
            place,
            format!(
                "the path has `{{{name}}}` and no path parameter of that name; declare it, `in: path`, `required: true`"
            ),
        );
    }
    for name in in_path.difference(&templates) {
        findings.add(
            place,
            format!(
                "path parameter `{name}` is not in the path; write `{{{name}}}` there or remove it"
            ),
        );
    }
    let body =
        model::body_schema(openapi, operation).and_then(|name| document::schema(openapi, &name));
    if let Some(SchemaKind::Type(Type::Object(object))) = body.map(|schema| &schema.schema_kind) {
        for name in object
            .properties
            .keys()
            .filter(|name| names.contains(*name))
        {
            findings.add(place, format!("`{name}` is a parameter and a property of the body; the params of `execute` are one flat map, so rename or remove one"));
        }
    }
}

fn check_parameter(
    openapi: &OpenAPI,
    place: &str,
    parameter: &Parameter,
    findings: &mut Findings<'_>,
) {
    let data = parameter.parameter_data_ref();
    let name = &data.name;
    match parameter {
        Parameter::Cookie { .. } => findings.add(
            place,
            format!("parameter `{name}` is in a cookie; use path, query or header"),
        ),
        Parameter::Query { style, .. } if !matches!(style, QueryStyle::Form) => {
            findings.add(
                place,
                format!(
                    "parameter `{name}` has a style that is not generated; leave `style` out (form)"
                ),
            );
        }
        Parameter::Path { style, .. } if !matches!(style, PathStyle::Simple) => {
            findings.add(
                place,
                format!("parameter `{name}` has a style that is not generated; leave `style` out (simple)"),
            );
        }
        _ => {}
    }
    if data.explode == Some(false) {
        findings.add(
            place,
            format!(
                "parameter `{name}` has `explode: false`, which would be ignored; leave it out, arrays repeat the key"
            ),
        );
    }
    if matches!(parameter, Parameter::Path { .. }) && !data.required {
        findings.add(
            place,
            format!("path parameter `{name}` is not required; write `required: true`"),
        );
    }
    if data
        .description
        .as_deref()
        .is_none_or(|text| text.trim().is_empty())
    {
        findings.add(
            place,
            format!("parameter `{name}` has no `description`; say what it does"),
        );
    }
    for key in data.extensions.keys() {
        if !["x-airbyte-absent", "x-airbyte-comma-joined"].contains(&key.as_str()) {
            findings.add(
                place,
                format!("parameter `{name}` has an unknown extension `{key}`; the known ones are in spec/README.md"),
            );
        }
    }
    match &data.format {
        ParameterSchemaOrContent::Content(_) => {
            findings.add(
                place,
                format!("parameter `{name}` has `content`; give it a `schema`"),
            );
        }
        ParameterSchemaOrContent::Schema(schema) => {
            let array = !matches!(parameter, Parameter::Path { .. } | Parameter::Header { .. });
            if !is_plain(openapi, schema, array) {
                findings.add(
                    place,
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
        SchemaKind::Type(Type::String(string)) => string.enumeration.is_empty(),
        SchemaKind::Type(Type::Integer(_) | Type::Boolean(_)) => true,
        SchemaKind::Type(Type::Array(array)) if array_allowed => array
            .items
            .as_ref()
            .is_some_and(|items| is_plain(openapi, &items.clone().unbox(), false)),
        // OpenAPI 3.0 has no other way to put a default beside a reference.
        SchemaKind::AllOf { all_of } => match all_of.as_slice() {
            [only @ ReferenceOr::Reference { .. }] => is_plain(openapi, only, false),
            _ => false,
        },
        _ => false,
    }
}

fn check_body(openapi: &OpenAPI, place: &str, operation: &Operation, findings: &mut Findings<'_>) {
    let Some(body) = &operation.request_body else {
        return;
    };
    let Some(body) = document::request_body(openapi, body) else {
        findings.add(
            place,
            "the request body's `$ref` points nowhere; write the body or mend the reference",
        );
        return;
    };
    if !body.required {
        findings.add(
            place,
            "the request body is not required, but would always be sent; write `required: true`",
        );
    }
    let media: Vec<&String> = body.content.keys().collect();
    if media != ["application/json"] {
        findings.add(
            place,
            "a request body has exactly one media type, `application/json`; keep that one",
        );
    }
    let object = model::body_schema(openapi, operation)
        .and_then(|name| document::schema(openapi, &name))
        .is_some_and(|schema| matches!(schema.schema_kind, SchemaKind::Type(Type::Object(_))));
    if !object {
        findings.add(
            place,
            "the request body's schema is not a `$ref` to an object; name it in `components.schemas`",
        );
    }
}

fn check_responses(
    openapi: &OpenAPI,
    place: &str,
    operation: &Operation,
    findings: &mut Findings<'_>,
) {
    if operation.responses.default.is_some() {
        findings.add(
            place,
            "a `default` response counts as a success too; write `4XX` and `5XX` instead",
        );
    }
    let mut successes = 0;
    let mut error_schemas = BTreeSet::new();
    for (status, response) in &operation.responses.responses {
        let Some(response) = document::response(openapi, response) else {
            findings.add(
                place,
                format!("response {status}: its `$ref` points nowhere; write the response or mend the reference"),
            );
            continue;
        };
        let named = json_schema_name(openapi, &response.content);
        let problem = match (&named, response.content.is_empty()) {
            (None, false) => true,
            (Some(_), _) => response.content.len() != 1,
            (None, true) => false,
        };
        if problem {
            findings.add(place, format!("response {status}: its content is not one `application/json` with a `$ref` to a schema; write it so, or leave `content` out"));
        }
        if model::is_success(status) {
            successes += 1;
        } else {
            check_error_status(place, status, findings);
            error_schemas.insert(named);
        }
    }
    if successes != 1 {
        findings.add(
            place,
            format!(
                "{successes} success responses; exactly one 2xx response can be generated from"
            ),
        );
    }
    if error_schemas.len() > 1 {
        findings.add(
            place,
            "its error responses have different schemas; use the document's one error schema for all",
        );
    }
}

fn check_error_status(place: &str, status: &StatusCode, findings: &mut Findings<'_>) {
    let class = match status {
        StatusCode::Code(code) => code / 100,
        StatusCode::Range(range) => *range,
    };
    if !(4..=5).contains(&class) {
        findings.add(
            place,
            format!("response {status} is neither a success nor an error; remove it"),
        );
    }
}

fn json_schema_name(openapi: &OpenAPI, content: &IndexMap<String, MediaType>) -> Option<String> {
    let schema = content.get("application/json")?.schema.as_ref()?;
    let ReferenceOr::Reference { reference } = schema else {
        return None;
    };
    let name = document::referred(reference, "schemas")?;
    document::schema(openapi, name).map(|_| name.to_owned())
}
