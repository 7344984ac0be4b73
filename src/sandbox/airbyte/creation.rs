//! The body that describes a connector, for both create and check.

use serde_json::{Map, Value};

use super::body::Body;
use super::organization::GLOBAL_TEMPLATE;
use super::{Call, connector, error};
use crate::sandbox::exchange::Answer;
use crate::sandbox::state::lock;
use crate::sandbox::table;

pub(super) struct CreateRequest {
    pub(super) workspace: String,
    pub(super) template: String,
    pub(super) name: Option<String>,
    pub(super) credentials: Map<String, Value>,
    pub(super) config: Map<String, Value>,
    pub(super) entities: Option<Value>,
    /// Replaces the credentials: the secret that the older callback returned.
    pub(super) secret: Option<String>,
}

impl CreateRequest {
    /// Reads the body: 422 for invalid fields, then 404 and 400 for what does not exist.
    pub(super) fn read(call: &Call<'_>) -> Result<Self, Answer> {
        let mut body = Body::read(call.request)?;
        let workspace_name = body.workspace_name();
        let (connector_type, definition) =
            (body.string("connector_type"), body.uuid("definition_id"));
        let (template, name) = (body.uuid("source_template_id"), body.string("name"));
        let (credentials, config) = (body.object("credentials"), replication_config(&mut body));
        let secret = body.string("server_side_oauth_secret_id");
        let entities = entities(&mut body);
        body.object("environment");
        body.strings("selected_connection_template_tags");
        if connector_type.is_none() && definition.is_none() && template.is_none() {
            body.wrong_whole(
                "One of connector_type, definition_id, or source_template_id must be provided",
            );
        } else if credentials.is_none() && config.is_none() && secret.is_none() {
            body.wrong_whole(
                "At least one of replication_config, credentials, or server_side_oauth_secret_id must be provided",
            );
        }
        body.check()?;
        check_definition(connector_type.as_deref(), definition.as_deref())?;
        let credentials = match &secret {
            Some(secret) => lock(&call.state.airbyte)
                .secrets
                .get(secret)
                .map(|token| Map::from_iter([("refresh_token".to_owned(), token.as_str().into())]))
                .ok_or_else(unknown_secret)?,
            None => credentials.unwrap_or_default(),
        };
        check_scheme(&credentials)?;

        let own_template = call.state.settings().own_template;
        let organization = lock(&call.state.airbyte);
        let workspace = organization
            .workspace(&workspace_name)
            .ok_or_else(connector::no_workspace)?
            .id
            .clone();
        let template = match template {
            Some(id) => organization
                .template(&id)
                .ok_or_else(|| error::not_found("Source template not found"))?
                .id
                .clone(),
            None => organization.own_template(own_template).map_or_else(
                || GLOBAL_TEMPLATE.to_owned(),
                |template| template.id.clone(),
            ),
        };
        Ok(Self {
            workspace,
            template,
            name,
            credentials,
            config: config.unwrap_or_default(),
            entities,
            secret,
        })
    }
}

/// 400: the secret is unknown, or a connector has already used it.
pub(super) fn unknown_secret() -> Answer {
    error::bad_request("The server-side OAuth secret is unknown or has expired")
}

/// The entities that the body limits the connector to.
pub(super) fn entities(body: &mut Body) -> Option<Value> {
    let entities = body.value("entities")?.clone();
    let fits = entities.as_array().is_some_and(|entities| {
        entities
            .iter()
            .all(|entity| entity.get("entity").is_some_and(Value::is_string))
    });
    if fits {
        Some(entities)
    } else {
        body.wrong(
            "entities",
            "Input should be a list of objects with entity",
            "list_type",
        )
    }
}

/// The body's replication configuration, checked against the connector's own schema.
pub(super) fn replication_config(body: &mut Body) -> Option<Map<String, Value>> {
    let config = body.object("replication_config")?;
    for (name, value) in &config {
        let place = format!("replication_config.{name}");
        if name != "include_spam_and_trash" {
            body.wrong::<()>(
                &place,
                &format!("Additional property '{name}' is not allowed"),
                "extra_forbidden",
            );
        } else if !value.is_boolean() {
            body.wrong::<()>(&place, "Input should be a valid boolean", "bool_type");
        }
    }
    Some(config)
}

/// Checks that the definition is Gmail's; any other is a 404.
pub(super) fn check_definition(
    connector_type: Option<&str>,
    definition: Option<&str>,
) -> Result<(), Answer> {
    if let Some(kind) = connector_type
        && !kind.eq_ignore_ascii_case("Gmail")
    {
        return Err(error::not_found(&format!("Unknown connector type: {kind}")));
    }
    match definition {
        Some(definition) if definition != table::definition_id() => {
            Err(error::not_found("Connector definition not found"))
        }
        _ => Ok(()),
    }
}

fn check_scheme(credentials: &Map<String, Value>) -> Result<(), Answer> {
    const KEYS: [&str; 4] = [
        "access_token",
        "refresh_token",
        "client_id",
        "client_secret",
    ];
    let fits = credentials
        .iter()
        .all(|(name, value)| KEYS.contains(&name.as_str()) && value.is_string());
    if fits && credentials.contains_key("refresh_token") {
        return Ok(());
    }
    let provided: Vec<String> = credentials.keys().map(|name| format!("'{name}'")).collect();
    Err(error::bad_request(&format!(
        "Credentials do not match any auth scheme. Provided keys: [{}]. Available schemes: OAuth 2.0 \
         (required: refresh_token; optional: access_token, client_id, client_secret)",
        provided.join(", ")
    )))
}
