//! The names that Airbyte's Python package has beyond records: params as typed dictionaries, and models of bodies.
//! `UPDATE_GOLDEN=1` rewrites them.

#![cfg(feature = "tool")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by it, in its helpers too"
)]

use std::fmt::Write as _;

use airbyte_agent_gmail::operation::{Field, Location, Operation, Schema, gmail};
use heck::ToUpperCamelCase;

use crate::compare;
use crate::python::{HEAD, Model, first_sentence, python_name};

#[path = "../../python/src/order.rs"]
mod order;

pub(crate) use order::in_order;

/// Airbyte's names for models that have different names here.
pub(crate) const OTHER_NAMES: [(&str, &str); 8] = [
    ("DraftRef", "Draft"),
    ("DraftsListResponse", "ListDraftsResponse"),
    ("LabelsListResponse", "ListLabelsResponse"),
    ("MessageHeader", "MessagePartHeader"),
    ("MessageRef", "Message"),
    ("MessagesListResponse", "ListMessagesResponse"),
    ("ThreadRef", "Thread"),
    ("ThreadsListResponse", "ListThreadsResponse"),
];

/// Airbyte's names for the bodies of requests.
const BODIES: [(&str, &str, &str); 6] = [
    ("DraftCreateParams", "drafts", "create"),
    ("DraftSendParams", "drafts_send", "create"),
    ("LabelCreateParams", "labels", "create"),
    ("LabelUpdateParams", "labels", "update"),
    ("MessageModifyParams", "messages", "update"),
    ("MessageSendParams", "messages", "create"),
];

/// The type of a value; `object` writes the typed dictionary or model of an object and returns its name.
fn kind(field: &Field, object: &mut dyn FnMut(&[Field]) -> String) -> String {
    let kind = match &field.schema {
        Schema::Object(fields) => object(fields),
        schema => plain(schema),
    };
    if field.comma_joined {
        format!("{kind} | str")
    } else {
        kind
    }
}

fn plain(schema: &Schema) -> String {
    match schema {
        Schema::String | Schema::Enum(_) => "str".to_owned(),
        Schema::Integer { .. } => "int".to_owned(),
        Schema::Number => "float".to_owned(),
        Schema::Boolean => "bool".to_owned(),
        Schema::Array(items) => format!("list[{}]", plain(items)),
        Schema::Object(_) | Schema::Map => "dict[str, Any]".to_owned(),
        Schema::Any => "Any".to_owned(),
    }
}

/// Writes a typed dictionary, after those that it refers to.
fn dictionary(name: &str, summary: &str, fields: &[&Field], is_nested: bool, text: &mut String) {
    let mut body = String::new();
    for field in fields {
        let kind = kind(field, &mut |fields| {
            let name = format!("{name}{}", field.name.to_upper_camel_case());
            dictionary(&name, field.description, &in_order(fields), true, text);
            name
        });
        // Nested dictionaries use the service's names, as in Airbyte's package.
        let own = python_name(field.name);
        let field_name = if is_nested && !own.ends_with('_') {
            field.name.to_owned()
        } else {
            own
        };
        let _ = if field.required {
            writeln!(body, "    {field_name}: {kind}")
        } else {
            writeln!(body, "    {field_name}: NotRequired[{kind}]")
        };
    }
    let summary = first_sentence(summary);
    let _ = write!(
        text,
        "\n\nclass {name}(TypedDict):\n    \"\"\"{summary}\"\"\"\n"
    );
    if !body.is_empty() {
        let _ = write!(text, "\n{body}");
    }
}

#[test]
fn the_types_are_up_to_date() {
    let mut text = format!(
        "{HEAD}\"\"\"The params of typed calls, as dictionaries.\"\"\"\n\n\
         from typing import Any\n\nfrom typing_extensions import NotRequired, TypedDict\n\n\
         from ._config import AirbyteAuthConfig as AirbyteAuthConfig\n"
    );
    for row in gmail().operations {
        dictionary(
            &format!("{}Params", stem(row)),
            row.summary,
            &in_order(row.fields),
            false,
            &mut text,
        );
    }
    compare::check("python/airbyte_agent_gmail/types.py", &text);
}

fn stem(row: &Operation) -> String {
    format!("{}_{}", row.entity, row.action).to_upper_camel_case()
}

/// Collects a model, after those that it refers to.
fn model(name: &str, summary: &str, fields: &[&Field], models: &mut Vec<Model>) {
    let fields = fields
        .iter()
        .map(|field| {
            let kind = kind(field, &mut |fields| {
                let name = format!("{name}{}", field.name.to_upper_camel_case());
                let fields: Vec<&Field> = fields.iter().collect();
                model(&name, field.description, &fields, models);
                name
            });
            (python_name(field.name), kind)
        })
        .collect();
    models.push(Model {
        name: name.to_owned(),
        summary: first_sentence(summary),
        fields,
    });
}

/// The models of the bodies of requests that Airbyte's package has.
pub(crate) fn bodies() -> Vec<Model> {
    let mut models = Vec::new();
    for (name, entity, action) in BODIES {
        let row = gmail().find(entity, action).unwrap();
        let fields: Vec<&Field> = row
            .fields
            .iter()
            .filter(|field| field.location == Location::Body)
            .collect();
        model(name, row.summary, &fields, &mut models);
    }
    models
}
