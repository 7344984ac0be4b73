//! The rules for a schema.

use openapiv3::{AdditionalProperties, OpenAPI, ReferenceOr, Schema, SchemaKind, Type};

use super::{Findings, Place};
use crate::codegen::{document, lower, model};

/// Checks all named schemas, and those nested in them.
pub(super) fn check(openapi: &OpenAPI, findings: &Findings<'_>) {
    let Some(components) = &openapi.components else {
        return;
    };
    let answered = lower::reached(openapi, model::response_schema);
    for (name, schema) in &components.schemas {
        let place = findings.place(format!("components.schemas.{name}"));
        match schema {
            ReferenceOr::Reference { .. } => {
                place.add("a named schema can't be a bare `$ref`; write the schema");
            }
            ReferenceOr::Item(schema) => {
                let is_read = matches!(&schema.schema_kind, SchemaKind::Type(Type::Object(_)))
                    || document::enum_values(schema).is_some();
                if !is_read {
                    place.add(
                        "a named schema is an object or an enum of strings; write any other where it is used",
                    );
                }
                if schema.schema_data.extensions.contains_key("x-key") && !answered.contains(name) {
                    place.add_in(
                        &["x-key"],
                        "`x-key` is what proves an answer, and no answer has this schema; leave it out",
                    );
                }
                check_schema(openapi, &place, schema, true);
            }
        }
    }
}

fn check_reference(openapi: &OpenAPI, place: &Place<'_>, schema: &ReferenceOr<Schema>) {
    match schema {
        ReferenceOr::Reference { reference } => {
            let found = document::referred(reference, "schemas")
                .and_then(|name| document::schema(openapi, name));
            match found.map(|schema| &schema.schema_kind) {
                None => place.add(format!(
                    "`{reference}` points nowhere; add the schema or fix the reference"
                )),
                Some(SchemaKind::Type(Type::Object(object))) if object.properties.is_empty() => {
                    place.add(format!(
                        "`{reference}` is an object without properties; write `type: object` here"
                    ));
                }
                Some(_) => {}
            }
        }
        ReferenceOr::Item(schema) => check_schema(openapi, place, schema, false),
    }
}

fn check_schema(openapi: &OpenAPI, place: &Place<'_>, schema: &Schema, named: bool) {
    match &schema.schema_kind {
        SchemaKind::Type(kind) => {
            let key = schema.schema_data.extensions.get("x-key");
            let key = key.map(|key| key.as_str().unwrap_or_default());
            check_type(openapi, place, kind, named, key);
        }
        SchemaKind::AllOf { all_of } => match all_of.as_slice() {
            // OpenAPI 3.0 has no other way to add a description or an extension to a reference.
            [only @ ReferenceOr::Reference { .. }] if !named => check_reference(openapi, place, only),
            _ => place.add("`allOf` is only read around one `$ref` of a property; write the fields out"),
        },
        SchemaKind::OneOf { .. } => place.add("`oneOf` becomes an untagged enum that fails on what it does not know; write one object with optional fields, or `{}`"),
        SchemaKind::AnyOf { .. } => place.add("`anyOf` becomes an object of flattened optionals; write one object with optional fields, or `{}`"),
        SchemaKind::Not { .. } => place.add("`not` can't be generated from; say it in the description"),
        SchemaKind::Any(any) if any.typ.is_some() || !any.properties.is_empty() || !any.enumeration.is_empty() => {
            place.add("the type is not clear; give one `type` with the keywords that belong to it, or `{}` for any JSON");
        }
        SchemaKind::Any(_) => {}
    }
    if schema.schema_data.discriminator.is_some() {
        place.add("`discriminator` is ignored by the generator; remove it");
    }
}

fn check_type(openapi: &OpenAPI, place: &Place<'_>, kind: &Type, named: bool, key: Option<&str>) {
    match kind {
        Type::String(string) => {
            if !string.enumeration.is_empty() && !named {
                place.add("an enum has no name; move it to `components.schemas` and refer to it");
            }
            if string.enumeration.iter().any(Option::is_none) {
                place.add("an enum has a null value; leave it out and make the field optional");
            }
            if string.pattern.is_some()
                || string.min_length.is_some()
                || string.max_length.is_some()
            {
                place.add("`pattern`, `minLength` and `maxLength` become types that refuse what the server may send; say it in the description");
            }
        }
        Type::Array(array) => match &array.items {
            None => place.add("an array has no `items`; name their type, or `{}`"),
            Some(items) => {
                if items
                    .as_item()
                    .is_some_and(|items| items.schema_data.nullable)
                {
                    place.add(
                        "the items of a list are nullable, and one null would fail it all; write `items: {}`",
                    );
                }
                check_reference(openapi, &place.inside(".items"), &items.clone().unbox());
            }
        },
        Type::Object(object) => {
            if matches!(
                object.additional_properties,
                Some(AdditionalProperties::Any(false))
            ) {
                place.add(
                    "`additionalProperties: false` refuses fields that the server may add; leave it out",
                );
            }
            if !object.properties.is_empty()
                && matches!(
                    object.additional_properties,
                    Some(AdditionalProperties::Any(true))
                )
            {
                place.add(
                    "additional properties beside named ones are dropped; leave the word out, or name no properties",
                );
            }
            if matches!(
                object.additional_properties,
                Some(AdditionalProperties::Schema(_))
            ) {
                place.add("typed additional properties are not read; write `additionalProperties: true` on an object without properties");
            }
            if !named && !object.properties.is_empty() {
                place.add(
                    "an object with properties has no name; move it to `components.schemas` and refer to it",
                );
            }
            if let Some(key) = key {
                match object.properties.get(key).map(ReferenceOr::as_item) {
                    None => place.add(format!(
                        "`x-key` names `{key}`, which is not a property; add it or fix the name"
                    )),
                    Some(Some(property))
                        if !matches!(property.schema_kind, SchemaKind::Type(Type::String(_))) =>
                    {
                        place.add(
                            format!("`x-key` names `{key}`, which is not a string; only a string proves an answer"),
                        );
                    }
                    Some(_) => {}
                }
            }
            for name in &object.required {
                if !object.properties.contains_key(name) {
                    place.add(format!(
                        "`{name}` is required and not a property; add it or fix the name"
                    ));
                }
            }
            for (name, property) in &object.properties {
                if let ReferenceOr::Item(property) = property
                    && property.schema_data.deprecated
                    && property.schema_data.description.is_none()
                {
                    place.add(format!(
                        "`{name}` is deprecated and has no `description`; say what to use instead"
                    ));
                }
                check_reference(
                    openapi,
                    &place.inside(&format!(".{name}")),
                    &property.clone().unbox(),
                );
            }
        }
        Type::Number(_) | Type::Integer(_) | Type::Boolean(_) => {}
    }
}
