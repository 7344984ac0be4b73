//! What there is, from the table alone.

use airbyte_agent_gmail::operation::{self, Field, Location, Operation, Schema, gmail};
use airbyte_agent_gmail::{Mode, tool};
use pyo3::prelude::*;
use pythonize::pythonize;
use serde_json::{Map, Value, json};

use crate::order::in_order;
use crate::param::python_name;

pub(crate) fn mode(is_hosted: bool) -> Mode {
    if is_hosted {
        Mode::Hosted
    } else {
        Mode::OpenSource
    }
}

fn rows(is_hosted: bool) -> impl Iterator<Item = &'static Operation> {
    gmail().operations.iter().copied().filter(move |row| {
        if is_hosted {
            row.hosted
        } else {
            !row.hosted_only
        }
    })
}

/// The entities with their actions and params, as `list_entities` gives them.
#[pyfunction]
pub(crate) fn entities(py: Python<'_>, is_hosted: bool) -> PyResult<Bound<'_, PyAny>> {
    let mut entities: Vec<Value> = Vec::new();
    for name in gmail().entities() {
        let rows: Vec<&Operation> = rows(is_hosted).filter(|row| row.entity == name).collect();
        let Some(first) = rows.first() else { continue };
        let parameters: Map<String, Value> = rows
            .iter()
            .map(|row| {
                let fields = row
                    .fields
                    .iter()
                    .filter(|field| !is_hosted || !field.absent);
                (row.action.to_owned(), fields.map(parameter).collect())
            })
            .collect();
        entities.push(json!({
            "entity_name": name,
            "description": first.description,
            "available_actions": rows.iter().map(|row| row.action).collect::<Vec<_>>(),
            "parameters": parameters,
        }));
    }
    Ok(pythonize(py, &entities)?)
}

fn parameter(field: &Field) -> Value {
    json!({
        "name": field.name,
        "in": match field.location {
            Location::Path => "path",
            Location::Query => "query",
            Location::Header => "header",
            Location::Body => "body",
        },
        "required": field.required,
        "type": match field.schema {
            Schema::String | Schema::Enum(_) => "string",
            Schema::Integer { .. } => "integer",
            Schema::Number => "number",
            Schema::Boolean => "boolean",
            Schema::Array(_) if field.comma_joined => "string",
            Schema::Array(_) => "array",
            Schema::Object(_) | Schema::Map => "object",
            Schema::Any => "any",
        },
        "description": field.description,
    })
}

/// The actions of an entity: the name in Python, and the one that `execute` knows.
#[pyfunction]
pub(crate) fn actions(entity: &str) -> Vec<(String, &'static str)> {
    let table = operation::gmail();
    let own = table.operations.iter().filter(|row| row.entity == entity);
    let mut actions: Vec<_> = own.map(|row| row.action).collect();
    if table.searchable.iter().any(|known| known.entity == entity) {
        actions.push(table.search_action);
    }
    actions
        .into_iter()
        .map(|action| (python_name(action), action))
        .collect()
}

/// What an action does in a line, and its params in the order of a call, each with its name in Python, its JSON Schema and
/// whether it must be given; None for an action that is not in the table, such as the search of the Context Store.
#[pyfunction]
pub(crate) fn call<'py>(
    py: Python<'py>,
    entity: &str,
    action: &str,
) -> PyResult<Option<(&'static str, Bound<'py, PyAny>)>> {
    let Ok(row) = gmail().find(entity, action) else {
        return Ok(None);
    };
    let schema = row.params_schema();
    let params: Vec<_> = in_order(row.fields)
        .into_iter()
        .map(|field| {
            let schema = &schema["properties"][field.name];
            (python_name(field.name), schema, field.required)
        })
        .collect();
    Ok(Some((row.summary, pythonize(py, &params)?)))
}

/// How a list goes on: the param that takes a page's token, and the field that gives the next one.
#[pyfunction]
pub(crate) fn pagination(entity: &str, action: &str) -> Option<(&'static str, &'static str)> {
    let row = gmail().find(entity, action).ok()?;
    let pagination = row.pagination.as_ref()?;
    Some((pagination.token_parameter, pagination.token_field))
}

/// The guide to all entities and actions that `tool_utils` puts into a docstring.
#[pyfunction]
pub(crate) fn guide(is_hosted: bool) -> String {
    tool::guide(mode(is_hosted), &tool::Access::default())
}

/// The action that a check carries out.
#[pyfunction]
pub(crate) fn checked() -> Option<(&'static str, &'static str)> {
    let row = gmail().operations.iter().find(|row| row.check)?;
    Some((row.entity, row.action))
}
