//! Application, scoped and widget tokens.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::StatusCode;
use serde_json::json;

use super::body::Body;
use super::{Call, error};
use crate::sandbox::exchange::{Answer, with_query};
use crate::sandbox::state::lock;

/// POST /account/applications/token
pub(super) fn token(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let mut body = Body::read(call.request)?;
    let (id, secret) = (
        body.required_string("client_id"),
        body.required_string("client_secret"),
    );
    body.check()?;
    let lifetime = call.state.settings().application_token_lifetime;
    let mut organization = lock(&call.state.airbyte);
    let known = organization.credentials();
    if id != known.client_id || secret != known.client_secret {
        return Err(error::detail(
            StatusCode::UNAUTHORIZED,
            "Invalid client credentials",
        ));
    }
    let token = organization.issue("application-token", None, lifetime);
    Ok(Answer::json(
        StatusCode::OK,
        &json!({
            "access_token": token, "token_type": "bearer", "expires_in": lifetime.as_secs(),
            "organization_id": known.organization_id,
        }),
    ))
}

/// POST /account/applications/scoped-token
pub(super) fn scoped_token(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let mut body = Body::read(call.request)?;
    let name = body.workspace_name();
    body.uuid("region_id");
    body.check()?;
    let lifetime = call.state.settings().scoped_token_lifetime;
    let mut organization = lock(&call.state.airbyte);
    let workspace = organization.workspace_or_new(&name);
    let token = organization.issue("scoped-token", Some(workspace.id), lifetime);
    Ok(Answer::json(StatusCode::OK, &json!({"token": token})))
}

/// GET /account/applications/scoped-token/info
pub(super) fn scoped_token_info(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let organization = lock(&call.state.airbyte);
    let id = call
        .caller
        .as_ref()
        .and_then(|caller| caller.workspace.as_deref());
    let workspace = organization
        .workspaces
        .iter()
        .find(|workspace| Some(workspace.id.as_str()) == id)
        .ok_or_else(|| error::not_found("Workspace not found"))?;
    Ok(Answer::json(
        StatusCode::OK,
        &json!({
            "organization_id": organization.credentials().organization_id,
            "workspace_id": workspace.id,
            "workspace_name": workspace.name,
        }),
    ))
}

/// POST /account/applications/widget-token
pub(super) fn widget_token(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let mut body = Body::read(call.request)?;
    let (name, _) = (
        body.workspace_name(),
        body.required_string("allowed_origin"),
    );
    body.uuid("region_id");
    for tags in [
        "selected_source_template_tags",
        "selected_connection_template_tags",
    ] {
        body.strings(tags);
        let mode = format!("{tags}_mode");
        if body
            .string(&mode)
            .is_some_and(|mode| !["any", "all"].contains(&mode.as_str()))
        {
            body.wrong::<()>(&mode, "Input should be 'any' or 'all'", "enum");
        }
    }
    body.check()?;
    let lifetime = call.state.settings().scoped_token_lifetime;
    let mut organization = lock(&call.state.airbyte);
    let workspace = organization.workspace_or_new(&name);
    let token = organization.issue("widget-token", Some(workspace.id.clone()), lifetime);
    let address = format!("{}/airbyte/widget", call.state.origin);
    let widget = json!({"token": token, "widgetUrl": with_query(&address, &[("workspaceId", &workspace.id)])});
    Ok(Answer::json(
        StatusCode::OK,
        &json!({"token": STANDARD.encode(widget.to_string())}),
    ))
}
