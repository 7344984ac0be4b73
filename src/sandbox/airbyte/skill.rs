//! Skills: documentation of the API and of each connector, for agents.

use http::StatusCode;
use serde_json::{Value, json};

use super::Call;
use super::error::{self, FieldError};
use super::organization::Connector;
use super::workspace::{read_cursor, write_cursor};
use crate::operation::Operation;
use crate::sandbox::exchange::Answer;
use crate::sandbox::state::lock;
use crate::sandbox::table;

/// The one skill that belongs to no connector.
const GENERAL: &str = "airbyte-agents";

/// The prefix of the id of a connector's skill.
const OF_CONNECTOR: &str = "connector-source:";

/// The section on the Context Store.
const CONTEXT_STORE: &str = "context-store";

/// GET /skills
pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Answer> {
    page(call, |_| true)
}

/// GET /skills/search
pub(super) fn search(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let query = call.request.query_value("query").unwrap_or_default();
    if query.is_empty() {
        return Err(wrong("query", "Field required", "missing"));
    }
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    page(call, |skill| {
        let text = skill.to_string().to_lowercase();
        words.iter().any(|word| text.contains(word))
    })
}

/// GET /skills/docs
pub(super) fn docs(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let id = call
        .request
        .query_value("id")
        .ok_or_else(|| wrong("id", "Field required", "missing"))?;
    let skill = skills(call, None)
        .into_iter()
        .find(|skill| skill["id"] == *id)
        .ok_or_else(|| error::not_found("Skill not found"))?;
    let section = call.request.query_value("section");
    let is_general = *id == *GENERAL;
    let content = match section.as_deref() {
        None if is_general => vec![paragraph(
            "Actions are carried out by execute, with an entity, an action and params.",
        )],
        None => vec![
            heading("Gmail"),
            paragraph("Carry out actions on a mailbox. Each entity has a section."),
            json!({"type": "list", "items": entities()}),
        ],
        Some(CONTEXT_STORE) if !is_general => context_store(),
        Some(entity) if !is_general && entities().contains(&entity) => actions(entity),
        Some(_) => return Err(error::not_found("Section not found")),
    };
    let mut outline: Vec<Value> = Vec::new();
    if !is_general {
        outline.extend(entities().into_iter().map(
            |entity| json!({"id": entity, "title": entity, "summary": null, "available": true}),
        ));
        outline.push(json!({
            "id": CONTEXT_STORE, "title": "Context Store", "summary": "Search the copy of the mailbox", "available": true,
        }));
    }
    Ok(Answer::json(
        StatusCode::OK,
        &json!({"metadata": skill, "outline": outline, "section_id": section, "content": content}),
    ))
}

fn page(call: &Call<'_>, is_wanted: impl Fn(&Value) -> bool) -> Result<Answer, Answer> {
    let limit = match call
        .request
        .query_value("limit")
        .map(|text| text.parse::<usize>())
    {
        None => 20,
        Some(Ok(limit)) if (1..=100).contains(&limit) => limit,
        Some(_) => {
            return Err(wrong(
                "limit",
                "Input should be an integer from 1 to 100",
                "int_parsing",
            ));
        }
    };
    let skipped = match call.request.query_value("cursor") {
        None => 0,
        Some(cursor) => {
            read_cursor(&cursor).ok_or_else(|| wrong("cursor", "Invalid cursor", "value_error"))?
        }
    };
    let workspace = call.request.query_value("workspace_id");
    let mut found = skills(call, workspace.as_deref());
    found.retain(is_wanted);
    let end = skipped.saturating_add(limit);
    let next_cursor = (end < found.len()).then(|| write_cursor(end));
    let data: Vec<Value> = found.into_iter().skip(skipped).take(limit).collect();
    Ok(Answer::json(
        StatusCode::OK,
        &json!({"data": data, "next_cursor": next_cursor}),
    ))
}

fn skills(call: &Call<'_>, workspace: Option<&str>) -> Vec<Value> {
    let organization = lock(&call.state.airbyte);
    let connectors = organization.connectors.iter().filter(|connector| {
        connector.lists_left.is_none() && workspace.is_none_or(|id| connector.workspace == id)
    });
    let general = json!({
        "id": GENERAL, "kind": "static", "title": "Airbyte Agents", "summary": "How actions are carried out",
        "tags": ["api"], "provenance": "static markdown", "version": "1",
        "freshness": {"state": "static", "checked_at": null}, "warnings": [],
    });
    [general]
        .into_iter()
        .chain(connectors.map(of_connector))
        .collect()
}

fn of_connector(connector: &Connector) -> Value {
    json!({
        "id": format!("{OF_CONNECTOR}{}", connector.id), "kind": "connector_source", "title": connector.name,
        "summary": "How the Gmail connector is used", "tags": ["gmail", "connector"],
        "provenance": "connector source definition", "version": "1",
        "freshness": {"state": "live", "checked_at": null}, "warnings": [],
    })
}

fn entities() -> Vec<&'static str> {
    let mut entities: Vec<&str> = table::hosted().map(|row| row.entity).collect();
    let mut seen = std::collections::BTreeSet::new();
    entities.retain(|entity| seen.insert(*entity));
    entities
}

fn actions(entity: &str) -> Vec<Value> {
    let mut content = vec![heading(entity)];
    for row in table::hosted().filter(|row| row.entity == entity) {
        content.push(paragraph(&format!("{}: {}.", row.action, row.summary)));
        content.push(json!({
            "type": "table", "headers": ["param", "required", "meaning"], "rows": params(row),
        }));
    }
    content
}

fn params(row: &Operation) -> Vec<[&str; 3]> {
    row.fields
        .iter()
        .filter(|field| !field.absent)
        .map(|field| {
            let required = if field.required { "yes" } else { "no" };
            [field.name, required, field.description]
        })
        .collect()
}

fn context_store() -> Vec<Value> {
    let mut content = vec![heading("Context Store")];
    content.push(paragraph(&format!(
        "{} searches the copy of the mailbox; {} asks it in SQL.",
        table::search_action(),
        table::sql_action()
    )));
    content.push(json!({
        "type": "code", "language": "json",
        "code": json!({"sql": "select id, snippet from messages", "limit": 10}).to_string(),
    }));
    content
}

fn heading(text: &str) -> Value {
    json!({"type": "heading", "text": text, "level": 1})
}

fn paragraph(text: &str) -> Value {
    json!({"type": "paragraph", "text": text})
}

fn wrong(name: &str, message: &str, code: &'static str) -> Answer {
    error::invalid(&[FieldError::new(format!("query.{name}"), message, code)])
}
