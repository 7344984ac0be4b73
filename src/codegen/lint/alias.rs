//! The rules for `x-sent-as`: an alias of a field, which is sent under the field's own name.

use openapiv3::{OpenAPI, Operation, Parameter, ParameterSchemaOrContent, ReferenceOr, SchemaKind};
use serde_json::Value;

use super::{Findings, Place};
use crate::codegen::document;
use crate::codegen::model::{self, SENT_AS};

/// A query parameter, or a body property.
struct Named<'a> {
    name: &'a str,
    sent_as: Option<&'a Value>,
    required: bool,
    kind: Option<&'a SchemaKind>,
    read_only: bool,
}

/// Checks the aliases in an operation.
pub(super) fn check(openapi: &OpenAPI, place: &Place<'_>, operation: &Operation) {
    let (mut in_query, mut elsewhere) = (Vec::new(), Vec::new());
    for parameter in &operation.parameters {
        let Some(parameter) = document::parameter(openapi, parameter) else {
            continue;
        };
        let data = parameter.parameter_data_ref();
        let named = Named {
            name: &data.name,
            sent_as: data.extensions.get(SENT_AS),
            required: data.required,
            kind: match &data.format {
                ParameterSchemaOrContent::Schema(ReferenceOr::Item(schema)) => {
                    Some(&schema.schema_kind)
                }
                _ => None,
            },
            read_only: false,
        };
        match parameter {
            Parameter::Query { .. } => in_query.push(named),
            _ => elsewhere.push(named),
        }
    }
    for named in elsewhere.iter().filter(|named| named.sent_as.is_some()) {
        place.add(format!(
            "`{}` has `{SENT_AS}`, which only the query and the body can have; remove it",
            named.name
        ));
    }
    check_names(place, &in_query);
    let body = model::body_schema(openapi, operation);
    if let Some(name) = &body {
        check_names(place, &properties(openapi, name));
    }
}

/// Checks that no other schema has aliases: answers and nested objects use the service's names.
pub(super) fn check_schemas(openapi: &OpenAPI, findings: &Findings<'_>) {
    let bodies: Vec<String> = document::operations(openapi)
        .into_iter()
        .filter_map(|(_, _, operation)| model::body_schema(openapi, operation))
        .collect();
    let names = openapi.components.iter().flat_map(|all| all.schemas.keys());
    for name in names.filter(|name| !bodies.contains(name)) {
        for named in properties(openapi, name) {
            if named.sent_as.is_some() {
                findings.place(format!("components.schemas.{name}")).add(format!(
                    "`{}` has `{SENT_AS}`, and no operation has this schema as its body; remove it",
                    named.name
                ));
            }
        }
    }
}

fn properties<'a>(openapi: &'a OpenAPI, schema: &str) -> Vec<Named<'a>> {
    let Some(object) = document::named_object(openapi, schema) else {
        return Vec::new();
    };
    object
        .properties
        .iter()
        .map(|(name, property)| Named {
            name,
            sent_as: property
                .as_item()
                .and_then(|item| item.schema_data.extensions.get(SENT_AS)),
            required: object.required.contains(name),
            kind: property.as_item().map(|item| &item.schema_kind),
            read_only: property
                .as_item()
                .is_some_and(|item| item.schema_data.read_only),
        })
        .collect()
}

fn check_names(place: &Place<'_>, fields: &[Named<'_>]) {
    for field in fields {
        let Some(sent_as) = field.sent_as else {
            continue;
        };
        let fits = fields.iter().any(|other| {
            Some(other.name) == sent_as.as_str()
                && other.sent_as.is_none()
                && !other.read_only
                && !field.read_only
                && !other.required
                && !field.required
                && other.kind.is_some()
                && other.kind == field.kind
        });
        if !fits {
            place.add(format!(
                    "`{}` has `{SENT_AS}` and names no field like it; name an optional one of the same place and type, which has no `{SENT_AS}` itself",
                    field.name
                ),
            );
        }
    }
}
