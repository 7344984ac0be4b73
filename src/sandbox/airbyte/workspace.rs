//! Workspaces: one for each customer.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use serde_json::{Value, json};

use super::Call;
use super::body::Body;
use super::error::{self, FieldError};
use super::organization::Workspace;
use crate::sandbox::exchange::{Answer, with_query};
use crate::sandbox::random;
use crate::sandbox::state::lock;

/// GET /workspaces
pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let query = |name: &str| call.request.query_value(name);
    let wrong = |name: &str, message: &str, code: &'static str| {
        error::invalid(&[FieldError::new(format!("query.{name}"), message, code)])
    };
    let limit = match query("limit").map(|text| text.parse::<usize>()) {
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
    let status = query("status");
    if status
        .as_deref()
        .is_some_and(|status| !["active", "inactive"].contains(&status))
    {
        return Err(wrong(
            "status",
            "Input should be 'active' or 'inactive'",
            "enum",
        ));
    }
    let skipped = match query("cursor") {
        None => 0,
        Some(cursor) => {
            read_cursor(&cursor).ok_or_else(|| wrong("cursor", "Invalid cursor", "value_error"))?
        }
    };
    let name_contains = query("name_contains").unwrap_or_default().to_lowercase();

    let organization = lock(&call.state.airbyte);
    let organization_id = organization.credentials().organization_id;
    let all: Vec<&Workspace> = organization
        .workspaces
        .iter()
        .filter(|workspace| workspace.name.to_lowercase().contains(&name_contains))
        .filter(|workspace| {
            status
                .as_deref()
                .is_none_or(|status| (status == "active") == workspace.active)
        })
        .collect();
    let data: Vec<Value> = all
        .iter()
        .skip(skipped)
        .take(limit)
        .map(|workspace| shown(workspace, &organization_id))
        .collect();
    let end = skipped.saturating_add(limit);
    let next = (end < all.len()).then(|| {
        let cursor = write_cursor(end);
        let limit = limit.to_string();
        let mut pairs = vec![("limit", limit.as_str()), ("cursor", cursor.as_str())];
        pairs.extend(status.as_deref().map(|status| ("status", status)));
        if !name_contains.is_empty() {
            pairs.push(("name_contains", &name_contains));
        }
        with_query(&format!("{}/api/v1/workspaces", call.state.origin), &pairs)
    });
    Ok(Answer::json(
        StatusCode::OK,
        &json!({"data": data, "next": next}),
    ))
}

/// GET /workspaces/stats
pub(super) fn stats(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let organization = lock(&call.state.airbyte);
    let total = organization.workspaces.len();
    let active = organization
        .workspaces
        .iter()
        .filter(|workspace| workspace.active)
        .count();
    let stats =
        json!({"active_count": active, "inactive_count": total - active, "total_count": total});
    Ok(Answer::json(StatusCode::OK, &stats))
}

/// GET /workspaces/{workspace_id}
pub(super) fn get(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let id = call.id()?;
    let organization = lock(&call.state.airbyte);
    let workspace = organization
        .workspaces
        .iter()
        .find(|workspace| workspace.id == id)
        .ok_or_else(not_found)?;
    Ok(Answer::json(
        StatusCode::OK,
        &shown(workspace, &organization.credentials().organization_id),
    ))
}

/// PUT /workspaces/{workspace_id}
pub(super) fn update(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let id = call.id()?;
    let mut body = Body::read(call.request)?;
    let (name, status) = (body.string("name"), body.string("status"));
    let cache_enabled = body.boolean("cache_enabled");
    if status
        .as_deref()
        .is_some_and(|status| !["active", "inactive"].contains(&status))
    {
        body.wrong::<()>("status", "Input should be 'active' or 'inactive'", "enum");
    }
    body.check()?;
    let mut organization = lock(&call.state.airbyte);
    let organization_id = organization.credentials().organization_id;
    let workspace = organization
        .workspaces
        .iter_mut()
        .find(|workspace| workspace.id == id)
        .ok_or_else(not_found)?;
    if let Some(name) = name {
        workspace.name = name;
    }
    if let Some(status) = status {
        workspace.active = status == "active";
    }
    if let Some(cache_enabled) = cache_enabled {
        workspace.cache_enabled = Some(cache_enabled);
    }
    workspace.updated_at = random::now();
    Ok(Answer::json(
        StatusCode::OK,
        &shown(workspace, &organization_id),
    ))
}

/// DELETE /workspaces/{workspace_id}
pub(super) fn delete(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let id = call.id()?;
    let mut organization = lock(&call.state.airbyte);
    let before = organization.workspaces.len();
    organization
        .workspaces
        .retain(|workspace| workspace.id != id);
    if organization.workspaces.len() == before {
        return Err(not_found());
    }
    organization
        .connectors
        .retain(|connector| connector.workspace != id);
    Ok(Answer::json(
        StatusCode::OK,
        &json!({"id": id, "deleted_at": random::now()}),
    ))
}

/// Encodes a position in a list as an opaque string.
pub(super) fn write_cursor(position: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("position:{position}"))
}

/// Decodes the position.
pub(super) fn read_cursor(cursor: &str) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    text.strip_prefix("position:")?.parse().ok()
}

fn shown(workspace: &Workspace, organization_id: &str) -> Value {
    json!({
        "id": workspace.id,
        "name": workspace.name,
        "organization_id": organization_id,
        "status": if workspace.active { "active" } else { "inactive" },
        "cache_enabled": workspace.cache_enabled,
        "tombstone": false,
        "visibility": "shared",
        "color": null,
        "created_at": workspace.created_at,
        "updated_at": workspace.updated_at,
    })
}

fn not_found() -> Answer {
    error::not_found("Workspace not found")
}
