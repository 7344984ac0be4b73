//! Source templates and definitions, which connectors are made from.

use http::StatusCode;
use serde_json::{Value, json};

use super::body::{Body, query_boolean, wrong_query};
use super::organization::{Organization, Template};
use super::{Call, error};
use crate::sandbox::exchange::Answer;
use crate::sandbox::random;
use crate::sandbox::state::lock;
use crate::sandbox::table;

/// GET /integrations/definitions/sources
pub(super) fn definitions(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let part = call
        .request
        .query_value("name")
        .unwrap_or_default()
        .to_lowercase();
    let found: Vec<Value> = if "gmail".contains(&part) {
        vec![gmail_definition()]
    } else {
        Vec::new()
    };
    Ok(Answer::json(StatusCode::OK, &json!({"definitions": found})))
}

/// GET /integrations/definitions/sources/{id}
pub(super) fn definition(call: &mut Call<'_>) -> Result<Answer, Answer> {
    if call.id()? != table::definition_id() {
        return Err(error::not_found("Definition not found"));
    }
    let mut definition = gmail_definition();
    if let Some(fields) = definition.as_object_mut() {
        fields.insert("spec".to_owned(), specification());
    }
    Ok(Answer::json(
        StatusCode::OK,
        &json!({
            "id": table::definition_id(),
            "definition": definition,
            "example_questions": {
                "direct": ["Which messages of today are unread?", "Draft an answer to the last message of a person"],
                "search": ["How many messages came with each label this year?"],
            },
        }),
    ))
}

/// GET /integrations/templates/sources
pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Answer> {
    // `use_global` lists the global templates instead of the organization's own.
    let global = query_boolean(call.request, "use_global")?;
    listed(call, |template| template.own != global)
}

/// GET /integrations/templates/sources/global
pub(super) fn list_global(call: &mut Call<'_>) -> Result<Answer, Answer> {
    listed(call, |template| !template.own)
}

/// POST /integrations/templates/sources
pub(super) fn create(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let mut body = Body::read(call.request)?;
    let original = body.uuid("original_source_template_id");
    let definition = body.uuid("actor_definition_id");
    let config = body.object("partial_default_config");
    let (name, mode) = (body.string("name"), checked_mode(&mut body));
    body.object("customization");
    if original.is_none() && (definition.is_none() || config.is_none()) {
        body.wrong_whole(
            "Either original_source_template_id, or actor_definition_id and partial_default_config must be provided",
        );
    }
    body.check()?;
    let mut organization = lock(&call.state.airbyte);
    let original = match original {
        Some(id) => Some(organization.template(&id).cloned().ok_or_else(not_found)?),
        None => None,
    };
    if definition.is_some_and(|definition| definition != table::definition_id()) {
        return Err(error::not_found("Definition not found"));
    }
    let template = Template {
        id: random::uuid(),
        name: name
            .or_else(|| original.as_ref().map(|original| original.name.clone()))
            .unwrap_or_else(|| "Gmail".to_owned()),
        own: true,
        partial_default_config: config.map(Value::Object).unwrap_or_else(|| json!({})),
        mode: mode
            .or_else(|| original.map(|original| original.mode))
            .unwrap_or_else(|| "DIRECT".to_owned()),
        created_at: random::now(),
        deleted: false,
    };
    let answer = Answer::json(StatusCode::OK, &detailed(&template));
    organization.templates.push(template);
    Ok(answer)
}

/// GET /integrations/templates/sources/{id}
pub(super) fn get(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let id = call.id()?;
    let organization = lock(&call.state.airbyte);
    let template = organization.template(&id).ok_or_else(not_found)?;
    let mut shown = detailed(template);
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("auth_tooltip".to_owned(), Value::Null);
        fields.insert("connector_name".to_owned(), "gmail".into());
    }
    Ok(Answer::json(StatusCode::OK, &shown))
}

/// PATCH /integrations/templates/sources/{id}
pub(super) fn update(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let id = call.id()?;
    let mut body = Body::read(call.request)?;
    let (name, mode) = (body.string("name"), checked_mode(&mut body));
    let config = body.object("partial_default_config");
    body.object("customization");
    body.boolean("propagate");
    body.check()?;
    let mut organization = lock(&call.state.airbyte);
    let template = organization
        .templates
        .iter_mut()
        .find(|template| template.id == id && template.own && !template.deleted)
        .ok_or_else(not_found)?;
    if let Some(name) = name {
        template.name = name;
    }
    if let Some(mode) = mode {
        template.mode = mode;
    }
    if let Some(config) = config {
        template.partial_default_config = Value::Object(config);
    }
    Ok(Answer::json(StatusCode::OK, &detailed(template)))
}

fn checked_mode(body: &mut Body) -> Option<String> {
    let mode = body.string("mode")?;
    if ["DIRECT", "REPLICATION", "MULTI"].contains(&mode.as_str()) {
        return Some(mode);
    }
    body.wrong(
        "mode",
        "Input should be 'DIRECT', 'REPLICATION' or 'MULTI'",
        "enum",
    )
}

/// DELETE /integrations/templates/sources/{id}
pub(super) fn delete(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let id = call.id()?;
    let mut organization = lock(&call.state.airbyte);
    organization
        .templates
        .iter_mut()
        .find(|template| template.id == id && template.own && !template.deleted)
        .ok_or_else(not_found)?
        .deleted = true;
    Ok(Answer::json(
        StatusCode::OK,
        &json!({"id": id, "deleted_at": random::now()}),
    ))
}

/// A template as a connector includes it.
pub(super) fn detailed(template: &Template) -> Value {
    json!({
        "id": template.id,
        "name": template.name,
        "icon": null,
        "source_definition_id": table::definition_id(),
        "user_config_spec": specification(),
        "partial_default_config": template.partial_default_config,
        "customization": {},
        "tags": [],
        "mode": template.mode,
        "is_experimental": false,
        "runtime_mode": "direct_and_context_store",
        "supports_context_store": true,
        "created_at": template.created_at,
        "updated_at": template.created_at,
    })
}

/// A template as lists show it.
pub(super) fn summarized(template: &Template, organization_id: &str) -> Value {
    json!({
        "id": template.id,
        "name": template.name,
        "icon": null,
        "actor_definition_id": table::definition_id(),
        "connector_name": "gmail",
        "organization_id": template.own.then_some(organization_id),
        "tags": [],
        "customization": {},
        "mode": template.mode,
        "runtime_mode": "direct_and_context_store",
        "supports_context_store": true,
        "created_at": template.created_at,
        "updated_at": template.created_at,
    })
}

fn listed(call: &Call<'_>, wanted: impl Fn(&Template) -> bool) -> Result<Answer, Answer> {
    let mode = call.request.query_value("tags_mode");
    if mode.is_some_and(|mode| !["all", "any"].contains(&mode.as_str())) {
        return Err(wrong_query(
            "tags_mode",
            "Input should be 'all' or 'any'",
            "enum",
        ));
    }
    // No template in the sandbox has tags.
    let by_tag = call.request.query_value("tags").is_some();
    let initial = call.state.settings().own_template;
    let organization = lock(&call.state.airbyte);
    let organization_id = organization.credentials().organization_id;
    let data: Vec<Value> = organization
        .templates
        .iter()
        .filter(|template| {
            !by_tag
                && wanted(template)
                && !template.deleted
                && (initial || !Organization::is_initial_template(template))
        })
        .map(|template| summarized(template, &organization_id))
        .collect();
    Ok(Answer::json(StatusCode::OK, &json!({"data": data})))
}

fn gmail_definition() -> Value {
    json!({
        "name": "Gmail",
        "sourceDefinitionId": table::definition_id(),
        "dockerRepository": "airbyte/source-gmail",
        "iconUrl": null,
        "custom": false,
        "supportLevel": "community",
    })
}

fn specification() -> Value {
    json!({
        "connectionSpecification": {
            "type": "object",
            "title": "Gmail",
            "required": ["refresh_token"],
            "properties": {
                "access_token": {"type": "string", "airbyte_secret": true},
                "refresh_token": {"type": "string", "airbyte_secret": true},
                "client_id": {"type": "string"},
                "client_secret": {"type": "string", "airbyte_secret": true},
                "include_spam_and_trash": {"type": "boolean", "default": false},
            },
        },
    })
}

fn not_found() -> Answer {
    error::not_found("Source template not found")
}
