//! Resolves an operation of the document.

use indexmap::IndexMap;
use openapiv3::{OpenAPI, ReferenceOr, SchemaKind, StatusCode, Type};
use serde_json::Value;

use super::{MediaUpload, Operation, Pagination, RecordType, field, text};
use crate::codegen::document;

/// Resolves an operation.
///
/// # Errors
///
/// If a request schema contains itself.
pub(super) fn build(
    openapi: &OpenAPI,
    path: &str,
    method: &'static str,
    operation: &openapiv3::Operation,
) -> Result<Operation, String> {
    let extensions = &operation.extensions;
    let mut fields = Vec::new();
    for parameter in &operation.parameters {
        if let Some(parameter) = document::parameter(openapi, parameter) {
            fields.push(field::of_parameter(openapi, parameter)?);
        }
    }
    let body = body_schema(openapi, operation);
    let mut read_only_fields = Vec::new();
    if let Some(name) = &body {
        let schema =
            document::schema(openapi, name).ok_or_else(|| format!("no schema `{name}`"))?;
        fields.extend(field::of_object(openapi, schema, 0)?);
        read_only_fields = field::only_read(schema);
    }
    let response = response_schema(openapi, operation);
    let records = text(extensions, "x-airbyte-record-extractor")
        .and_then(|extractor| extractor_key(&extractor).map(str::to_owned))
        .and_then(|key| {
            let record = record_type(openapi, response.as_deref()?, &key)?;
            Some((key, record))
        });
    let (entity, action, hosted) = entity_and_action(operation).ok_or("no entity and action")?;
    let units = |name: &str| {
        extensions
            .get("x-quota-units")
            .and_then(|units| units.get(name))
            .and_then(Value::as_u64)
            .and_then(|units| u32::try_from(units).ok())
            .unwrap_or(0)
    };
    let security = operation.security.as_ref().or(openapi.security.as_ref());
    let scopes = security
        .into_iter()
        .flatten()
        .flat_map(|alternative| alternative.values().flatten().cloned())
        .collect();
    Ok(Operation {
        id: operation.operation_id.clone().unwrap_or_default(),
        group: operation
            .tags
            .first()
            .map(|tag| tag.split('.').map(str::to_owned).collect())
            .unwrap_or_default(),
        method_name: method_name(operation).ok_or("no method name")?,
        http_method: method,
        path: path.to_owned(),
        entity,
        action,
        hosted,
        hosted_only: document::flag(extensions, "x-hosted-only"),
        summary: operation.summary.clone().unwrap_or_default(),
        description: operation
            .description
            .clone()
            .unwrap_or_default()
            .trim()
            .to_owned(),
        fields,
        body,
        read_only_fields,
        response_key: response
            .as_deref()
            .and_then(|name| document::schema(openapi, name))
            .and_then(|schema| text(&schema.schema_data.extensions, "x-key")),
        response_list: response
            .as_deref()
            .and_then(|name| required_list(openapi, name)),
        response_fields: response
            .as_deref()
            .map(|name| property_names(openapi, name))
            .unwrap_or_default(),
        response,
        records,
        meta: extensions
            .get("x-airbyte-meta-extractor")
            .and_then(Value::as_object)
            .map(|meta| meta.keys().cloned().collect())
            .unwrap_or_default(),
        pagination: extensions.get("x-pagination").and_then(pagination),
        media_upload: extensions.get("x-media-upload").and_then(media_upload),
        quota_units: (units("current"), units("legacy")),
        scopes,
        partial_scopes: extensions
            .get("x-partial-scopes")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|scope| scope.as_str().map(str::to_owned))
            .collect(),
        authenticated: security.is_some_and(|security| !security.is_empty()),
        idempotent: document::flag(extensions, "x-idempotent"),
        read_only: method == "get" || document::flag(extensions, "x-read-only"),
        destructive: document::flag(extensions, "x-destructive"),
        check: document::flag(extensions, "x-airbyte-preferred-for-check"),
        executable: openapi
            .info
            .extensions
            .contains_key("x-airbyte-connector-name"),
        default_tool: document::flag(extensions, "x-default-tool"),
        outbound: text(extensions, "x-outbound"),
    })
}

/// The method name of an operation within its group.
pub fn method_name(operation: &openapiv3::Operation) -> Option<String> {
    if let Some(name) = text(&operation.extensions, "x-method-name") {
        return Some(name);
    }
    let id = operation.operation_id.as_deref()?;
    match operation.tags.first() {
        None => Some(id.to_owned()),
        Some(tag) => id
            .strip_prefix(&tag.replace('.', "_"))?
            .strip_prefix('_')
            .map(str::to_owned),
    }
}

/// The entity and action of an operation, and whether they are Airbyte's.
pub fn entity_and_action(operation: &openapiv3::Operation) -> Option<(String, String, bool)> {
    let extensions = &operation.extensions;
    if let (Some(entity), Some(action)) = (
        text(extensions, "x-airbyte-entity"),
        text(extensions, "x-airbyte-action"),
    ) {
        return Some((entity, action, true));
    }
    let method = method_name(operation)?;
    let entity = text(extensions, "x-entity").or_else(|| {
        let tag = operation.tags.first()?;
        Some(tag.replace('.', "_"))
    });
    Some((
        entity.unwrap_or_else(|| method.clone()),
        text(extensions, "x-action").unwrap_or(method),
        false,
    ))
}

/// The key after `$.` in an extractor; `None` for the whole body.
pub fn extractor_key(extractor: &str) -> Option<&str> {
    extractor.strip_prefix("$.")
}

/// The name of the schema of a JSON body.
pub fn body_schema(openapi: &OpenAPI, operation: &openapiv3::Operation) -> Option<String> {
    let body = document::request_body(openapi, operation.request_body.as_ref()?)?;
    media_schema(&body.content)
}

/// The name of the schema of the success response.
pub fn response_schema(openapi: &OpenAPI, operation: &openapiv3::Operation) -> Option<String> {
    let (_, response) = operation
        .responses
        .responses
        .iter()
        .find(|(status, _)| is_success(status))?;
    media_schema(&document::response(openapi, response)?.content)
}

/// Whether a status in a document is a success.
pub fn is_success(status: &StatusCode) -> bool {
    match status {
        StatusCode::Code(code) => (200..300).contains(code),
        StatusCode::Range(range) => *range == 2,
    }
}

fn pagination(value: &Value) -> Option<Pagination> {
    let get = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(Pagination {
        token_parameter: get("token-parameter")?,
        token_field: get("token-field")?,
        size_parameter: get("size-parameter"),
    })
}

fn media_upload(value: &Value) -> Option<MediaUpload> {
    Some(MediaUpload {
        path: value.get("path")?.as_str()?.to_owned(),
        max_size: value.get("max-size")?.as_u64()?,
        field: value.get("field")?.as_str()?.to_owned(),
    })
}

fn media_schema(content: &IndexMap<String, openapiv3::MediaType>) -> Option<String> {
    match content.values().next()?.schema.as_ref()? {
        ReferenceOr::Reference { reference } => {
            document::referred(reference, "schemas").map(str::to_owned)
        }
        ReferenceOr::Item(_) => None,
    }
}

/// The names of a schema's own properties.
fn property_names(openapi: &OpenAPI, name: &str) -> Vec<String> {
    let object = document::named_object(openapi, name);
    object.map_or_else(Vec::new, |object| {
        object.properties.keys().cloned().collect()
    })
}

/// The list that a schema requires.
fn required_list(openapi: &OpenAPI, name: &str) -> Option<String> {
    let object = document::named_object(openapi, name)?;
    let is_list = |name: &&String| {
        object.properties.get(*name).is_some_and(|property| {
            property
                .as_item()
                .is_some_and(|item| matches!(item.schema_kind, SchemaKind::Type(Type::Array(_))))
        })
    };
    object.required.iter().find(is_list).cloned()
}

fn record_type(openapi: &OpenAPI, response: &str, key: &str) -> Option<RecordType> {
    let object = document::named_object(openapi, response)?;
    let property = object.properties.get(key)?.as_item()?;
    let SchemaKind::Type(Type::Array(array)) = &property.schema_kind else {
        return None;
    };
    match array.items.as_ref()? {
        ReferenceOr::Reference { reference } => {
            document::referred(reference, "schemas").map(|name| RecordType::Named(name.to_owned()))
        }
        ReferenceOr::Item(_) => Some(RecordType::Any),
    }
}
