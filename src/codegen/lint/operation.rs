//! The rules for an operation.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use openapiv3::{MediaType, OpenAPI, Operation, ReferenceOr, StatusCode};

use super::{Place, alias, extension, keyword, parameter, security};
use crate::codegen::{document, model, name};

/// Checks one operation.
pub(super) fn check(openapi: &OpenAPI, path: &str, place: &Place<'_>, operation: &Operation) {
    check_names(place, operation);
    extension::check(openapi, place, operation);
    parameter::check(openapi, path, place, operation);
    alias::check(openapi, place, operation);
    check_body(openapi, place, operation);
    check_responses(openapi, place, operation);
    security::check(openapi, place, operation);
}

fn check_names(place: &Place<'_>, operation: &Operation) {
    match operation.operation_id.as_deref() {
        None => place.add("no `operationId`; give it one, in snake case"),
        Some(id) if !name::is_snake(id) => {
            place.add(format!(
                "operation id `{id}` is not in snake case; write it so"
            ));
        }
        Some(_) => {}
    }
    match operation.summary.as_deref().map(str::trim) {
        None | Some("") => place.add("no `summary`; say in one line what it does"),
        Some(summary) if summary.contains('\n') || summary.ends_with('.') => {
            place.add(
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
        place.add("no `description`; say what a caller has to know");
    }
    if operation
        .description
        .as_deref()
        .is_some_and(keyword::is_code)
    {
        place.add_in(
            &["description"],
            "the description has a block of code; write it as a sentence",
        );
    }
    match operation.tags.as_slice() {
        [] => {}
        [tag] => {
            if !tag.split('.').all(name::is_snake) {
                place.add(
                    format!("tag `{tag}` is not a dotted path in snake case; write it like `messages.attachments`"),
                );
            } else if model::method_name(operation).is_none() {
                place.add(format!("the operation id does not begin with its tag `{}_`; rename one of them or give `x-method-name`", tag.replace('.', "_")),
                );
            }
        }
        _ => place.add("more than one tag; an operation is in one group"),
    }
}

fn check_body(openapi: &OpenAPI, place: &Place<'_>, operation: &Operation) {
    let Some(body) = &operation.request_body else {
        return;
    };
    let Some(body) = document::request_body(openapi, body) else {
        place.add("the request body's `$ref` points nowhere; write the body or fix the reference");
        return;
    };
    if !body.required {
        place.add(
            "the request body is not required, but would always be sent; write `required: true`",
        );
    }
    let media: Vec<&String> = body.content.keys().collect();
    if media != ["application/json"] {
        place.add("a request body has exactly one media type, `application/json`; keep that one");
    }
    let schema = model::body_schema(openapi, operation);
    match schema.and_then(|name| document::named_object(openapi, &name)) {
        Some(object) => {
            if object.properties.is_empty() && object.additional_properties.is_some() {
                place.add_in(
                    &["requestBody"],
                    "the request body is an object of anything, for which `execute` has no params; name its properties",
                );
            }
        }
        _ => place.add(
            "the request body's schema is not a `$ref` to an object; name it in `components.schemas`",
        ),
    }
}

fn check_responses(openapi: &OpenAPI, place: &Place<'_>, operation: &Operation) {
    if operation.responses.default.is_some() {
        place.add("a `default` response counts as a success too; write `4XX` and `5XX` instead");
    }
    let mut successes = 0;
    let mut error_schemas = BTreeSet::new();
    for (status, response) in &operation.responses.responses {
        let Some(response) = document::response(openapi, response) else {
            place.add(
                format!("response {status}: its `$ref` points nowhere; write the response or fix the reference"),
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
            place.add(format!("response {status}: its content is not one `application/json` with a `$ref` to a schema; write it so, or leave `content` out"));
        }
        if model::is_success(status) {
            successes += 1;
            let schema = named
                .as_deref()
                .and_then(|name| document::schema(openapi, name));
            if schema.is_some_and(|schema| document::object(schema).is_none()) {
                place.add(format!(
                    "response {status} is not an object, as every answer must be; name an object"
                ));
            }
            if matches!(status, StatusCode::Code(204 | 205)) && !response.content.is_empty() {
                place.add(
                    format!("response {status} has a `content`, but comes without a body; remove it, or write 200"),
                );
            }
        } else {
            check_error_status(place, status);
            error_schemas.insert(named);
        }
    }
    if successes != 1 {
        place.add(format!(
            "{successes} success responses; exactly one 2xx response can be generated from"
        ));
    }
    if error_schemas.len() > 1 {
        place.add(
            "its error responses have different schemas; use the document's one error schema for all",
        );
    }
}

fn check_error_status(place: &Place<'_>, status: &StatusCode) {
    let class = match status {
        StatusCode::Code(code) => code / 100,
        StatusCode::Range(range) => *range,
    };
    if !(4..=5).contains(&class) {
        place.add(format!(
            "response {status} is neither a success nor an error; remove it"
        ));
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
