//! Connectors: create, list, get, update, delete, check, inspect.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::body::{Body, query_uuid};
use super::creation::{CreateRequest, entities, replication_config, unknown_secret};
use super::organization::{Connector, Organization};
use super::{Call, error, template};
use crate::operation::Operation;
use crate::sandbox::exchange::Answer;
use crate::sandbox::google::bearer;
use crate::sandbox::random;
use crate::sandbox::state::{State, lock};
use crate::sandbox::table;

/// POST /integrations/connectors
pub(super) fn create(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let request = CreateRequest::read(call)?;
    let mut organization = lock(&call.state.airbyte);
    // A secret works once, like an authorization code: creating a connector uses it up, checking one does not.
    if let Some(secret) = &request.secret
        && organization.secrets.remove(secret).is_none()
    {
        return Err(unknown_secret());
    }
    let name = request
        .name
        .unwrap_or_else(|| format!("Gmail - {}", random::uuid()));
    let id = add(
        &mut organization,
        &request.workspace,
        &name,
        &request.template,
        request.credentials,
        request.config,
    );
    if let Some(connector) = organization
        .connectors
        .iter_mut()
        .find(|connector| connector.id == id)
    {
        connector.entities = request.entities;
    }
    // Creating a connector does not try its credentials; bad ones only show at the first execute.
    organization
        .connector(&id)
        .map(|connector| shown(connector, &organization))
        .ok_or_else(not_found)
}

/// GET /integrations/connectors
pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let definition = query_uuid(call.request, "definition_id")?;
    let by_id = query_uuid(call.request, "workspace_id")?;
    let by_name = ["workspace_name", "customer_name", "external_user_id"]
        .into_iter()
        .find_map(|name| call.request.query_value(name));
    let mut organization = lock(&call.state.airbyte);
    let workspace = match (by_id, by_name) {
        (None, None) => {
            return Err(error::bad_request(
                "One of workspace_id or workspace_name must be provided",
            ));
        }
        (Some(id), _) => organization
            .workspaces
            .iter()
            .find(|workspace| workspace.id == id),
        (None, Some(name)) => organization.workspace(&name),
    };
    let workspace = workspace
        .map(|workspace| workspace.id.clone())
        .ok_or_else(no_workspace)?;

    // Airbyte deletes in a background job, so a deleted connector stays in the list a little longer.
    organization
        .connectors
        .retain(|connector| connector.lists_left != Some(0));
    for connector in &mut organization.connectors {
        connector.lists_left = connector.lists_left.map(|lists| lists.saturating_sub(1));
    }
    let organization_id = organization.credentials().organization_id;
    let data: Vec<Value> = organization
        .connectors
        .iter()
        .filter(|connector| connector.workspace == workspace)
        .filter(|_| {
            definition
                .as_deref()
                .is_none_or(|definition| definition == table::definition_id())
        })
        .map(|connector| {
            let template = organization.template_of(connector);
            json!({
                "id": connector.id,
                "name": connector.name,
                "summarized_source_template":
                    template.map(|template| template::summarized(template, &organization_id)),
                "created_at": connector.created_at,
                "updated_at": connector.updated_at,
            })
        })
        .collect();
    Ok(Answer::json(StatusCode::OK, &json!({"data": data})))
}

/// GET /integrations/connectors/{id}
pub(super) fn get(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let id = call.id()?;
    let organization = lock(&call.state.airbyte);
    organization
        .connector(&id)
        .map(|connector| shown(connector, &organization))
        .ok_or_else(not_found)
}

/// PUT /integrations/connectors/{id}
pub(super) fn update(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let id = call.id()?;
    let mut body = Body::read(call.request)?;
    let name = body.string("name");
    let config = replication_config(&mut body);
    let entities = entities(&mut body);
    body.check()?;
    let mut organization = lock(&call.state.airbyte);
    let connector = organization
        .connectors
        .iter_mut()
        .find(|connector| connector.id == id)
        .ok_or_else(not_found)?;
    if let Some(name) = name {
        connector.name = name;
    }
    if let Some(config) = config {
        connector.replication_config.extend(config);
    }
    match entities {
        Some(Value::Array(entities)) if entities.is_empty() => connector.entities = None,
        Some(entities) => connector.entities = Some(entities),
        None => {}
    }
    connector.updated_at = random::now();
    organization
        .connector(&id)
        .map(|connector| shown(connector, &organization))
        .ok_or_else(not_found)
}

/// DELETE /integrations/connectors/{id}
pub(super) fn delete(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let id = call.id()?;
    let mut organization = lock(&call.state.airbyte);
    let connector = organization
        .connectors
        .iter_mut()
        .find(|connector| connector.id == id)
        .ok_or_else(not_found)?;
    connector.lists_left.get_or_insert(1);
    Ok(Answer::json(
        StatusCode::ACCEPTED,
        &json!({"job_id": random::uuid()}),
    ))
}

/// POST /integrations/connectors/check
pub(super) fn check_config(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let request = CreateRequest::read(call)?;
    Ok(checked(
        call.state,
        &random::uuid(),
        standing(call.state, &request.credentials, None),
    ))
}

/// POST /integrations/connectors/{id}/check
pub(super) fn check(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let id = call.id()?;
    if !call.request.body.is_empty() {
        let mut body = Body::read(call.request)?;
        replication_config(&mut body);
        body.check()?;
    }
    let credentials = {
        let organization = lock(&call.state.airbyte);
        organization
            .connector(&id)
            .map(|connector| connector.credentials.clone())
            .ok_or_else(not_found)?
    };
    Ok(checked(
        call.state,
        &id,
        standing(call.state, &credentials, None),
    ))
}

/// GET /integrations/connectors/{id}/inspect
pub(super) fn inspect(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let id = call.id()?;
    let organization = lock(&call.state.airbyte);
    let connector = organization.connector(&id).ok_or_else(not_found)?;
    let names = table::searchable()
        .iter()
        .map(|searchable| searchable.entity);
    let supported: Vec<Value> = names
        .clone()
        .map(|name| json!({"entity": name, "suggested": true}))
        .collect();
    let configured: Vec<Value> = names
        .map(|name| {
            json!({
                "entity": name, "status": "READY", "ready_for_search": true, "supported": true,
                "updated_at": connector.updated_at, "semantic_search_status": [],
            })
        })
        .collect();
    Ok(Answer::json(
        StatusCode::OK,
        &json!({
            "connector_id": connector.id,
            "workspace_id": connector.workspace,
            "organization_id": organization.credentials().organization_id,
            "source_definition_id": table::definition_id(),
            "source_definition_name": "Gmail",
            "source_config_template_id": connector.template,
            "name": connector.name,
            "docs_skill_id": format!("connector-source:{}", connector.id),
            "warnings": [],
            "context_store_readiness": {
                "connector_id": connector.id,
                "source_definition_id": table::definition_id(),
                "supported_context_store_entities": supported,
                "configured_cache_entities": configured,
            },
        }),
    ))
}

/// Adds a connector and returns its id.
pub(super) fn add(
    organization: &mut Organization,
    workspace: &str,
    name: &str,
    template: &str,
    credentials: Map<String, Value>,
    replication_config: Map<String, Value>,
) -> String {
    let (id, now) = (random::uuid(), random::now());
    organization.connectors.push(Connector {
        id: id.clone(),
        workspace: workspace.to_owned(),
        name: name.to_owned(),
        template: template.to_owned(),
        credentials,
        replication_config,
        entities: None,
        created_at: now.clone(),
        updated_at: now,
        lists_left: None,
    });
    id
}

/// Google's verdict on a connector's credentials and on their scopes for an operation.
pub(super) fn standing(
    state: &State,
    credentials: &Map<String, Value>,
    operation: Option<&Operation>,
) -> Result<(), &'static str> {
    let text = |name: &str| credentials.get(name).and_then(Value::as_str);
    let account = lock(&state.google);
    let client = account.credentials();
    let known = text("client_id").is_none_or(|id| id == client.client_id);
    let proven = text("client_secret").is_none_or(|secret| secret == client.client_secret);
    if !known || !proven {
        return Err("invalid_client: The OAuth client was not found.");
    }
    let scopes = text("refresh_token")
        .and_then(|token| account.refresh_scopes(token))
        .ok_or("invalid_grant: Token has been expired or revoked.")?;
    match operation {
        Some(operation) if !bearer::covers(scopes, operation) => {
            Err("insufficient_scope: Request had insufficient authentication scopes.")
        }
        _ => Ok(()),
    }
}

pub(super) fn not_found() -> Answer {
    error::not_found("Connector not found")
}

pub(super) fn no_workspace() -> Answer {
    error::not_found("Workspace not found")
}

fn checked(state: &State, id: &str, standing: Result<(), &'static str>) -> Answer {
    let (status, problem) = match standing {
        Ok(()) => ("succeeded", None),
        Err(problem) => ("failed", Some(problem)),
    };
    let set = state.settings().check_status;
    let status = set.as_deref().unwrap_or(status);
    Answer::json(
        StatusCode::OK,
        &json!({
            "id": id, "status": status, "error_message": problem, "failure_reason": null,
            "entity_check_results": null,
        }),
    )
}

fn shown(connector: &Connector, organization: &Organization) -> Answer {
    let redacted: Map<String, Value> = connector
        .credentials
        .iter()
        .map(|(name, value)| {
            let value = if name == "client_id" {
                value.clone()
            } else {
                "**********".into()
            };
            (name.clone(), value)
        })
        .collect();
    let mut config = connector.replication_config.clone();
    config.insert("credentials".to_owned(), Value::Object(redacted));
    let template = organization.template_of(connector).map(template::detailed);
    Answer::json(
        StatusCode::OK,
        &json!({
            "id": connector.id,
            "name": connector.name,
            "source_template": template,
            "replication_config": config,
            "entities": connector.entities,
            "created_at": connector.created_at,
            "updated_at": connector.updated_at,
        }),
    )
}
