//! The OAuth flow that creates a connector, and the organization's own OAuth client.

use http::{StatusCode, Uri, header};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::body::Body;
use super::organization::{OAuthClient, Session};
use super::{Call, connector, creation, error};
use crate::sandbox::exchange::{Answer, first, with_query};
use crate::sandbox::page::{consent_form, escape, page};
use crate::sandbox::random;
use crate::sandbox::state::lock;
use crate::sandbox::table;

/// The path of the consent page.
pub(super) const CONSENT_PATH: &str = "/airbyte/oauth/consent";

/// POST /integrations/connectors/oauth/initiate
pub(super) fn initiate(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let mut body = Body::read(call.request)?;
    let workspace_name = body.workspace_name();
    let redirect_url = body.required_string("redirect_url");
    let (connector_type, definition) = (body.string("connector_type"), body.uuid("definition_id"));
    let (name, template) = (body.string("name"), body.uuid("source_template_id"));
    let config = creation::replication_config(&mut body);
    body.object("environment");
    body.object("oauth_input_configuration");
    if connector_type.is_none() && definition.is_none() {
        body.wrong_whole("One of connector_type or definition_id must be provided");
    }
    if !redirect_url.is_empty() && !is_web_address(&redirect_url) {
        body.wrong::<()>("redirect_url", "Input should be a valid URL", "url_parsing");
    }
    body.check()?;
    creation::check_definition(connector_type.as_deref(), definition.as_deref())?;

    let initial = call.state.settings().own_template;
    let mut organization = lock(&call.state.airbyte);
    let workspace = organization
        .workspace(&workspace_name)
        .ok_or_else(connector::no_workspace)?
        .id
        .clone();
    if call
        .caller
        .as_ref()
        .and_then(|caller| caller.workspace.as_ref())
        .is_some_and(|own| *own != workspace)
    {
        return Err(error::forbidden(
            "The scoped token is for another workspace",
        ));
    }
    let own = match template {
        None => organization.own_template(initial),
        Some(id) => organization.template(&id).filter(|template| template.own),
    };
    let template = own.map(|template| template.id.clone()).ok_or_else(|| {
        error::bad_request(
            "No organization-specific source template configured for this connector type.",
        )
    })?;
    let number = random::token("session");
    let session = Session {
        workspace,
        redirect_url,
        name,
        replication_config: config.unwrap_or_default(),
        template,
        started: Instant::now(),
    };
    organization.sessions.insert(number.clone(), session);
    let address = format!("{}{CONSENT_PATH}", call.state.origin);
    Ok(Answer::json(
        StatusCode::OK,
        &json!({"consent_url": with_query(&address, &[("session", &number)])}),
    ))
}

/// The consent page.
pub(super) fn show(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let number = call.request.query_value("session").unwrap_or_default();
    if !lock(&call.state.airbyte).sessions.contains_key(&number) {
        return Err(used());
    }
    let email = lock(&call.state.mailbox).email_address().to_owned();
    let content = format!(
        "<h1>Connect this mailbox?</h1>\n<p>An application asks to connect the sandbox mailbox \
         <strong>{}</strong> through Airbyte.</p>\n<p><small>This page belongs to a sandbox on this machine. \
         No account at Airbyte or Google is involved.</small></p>\n{}",
        escape(&email),
        consent_form(CONSENT_PATH, &number)
    );
    Ok(private(Answer::html(
        StatusCode::OK,
        page("Sandbox consent", &content),
    ))
    .with_header(header::X_FRAME_OPTIONS, "DENY"))
}

/// The decision: creates the connector and redirects the browser back.
pub(super) fn decide(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let form = call.request.form_pairs();
    let number = first(form.clone(), "request").unwrap_or_default();
    let decision = first(form, "decision").unwrap_or_default();
    if !["allow", "deny"].contains(&decision.as_str()) {
        return Err(used());
    }
    let session = lock(&call.state.airbyte)
        .sessions
        .remove(&number)
        .ok_or_else(used)?;
    let back = |pairs: &[(&str, &str)]| {
        Ok(private(Answer::found(&with_query(
            &session.redirect_url,
            pairs,
        ))))
    };
    let settings = call.state.settings();
    if session.started.elapsed() >= settings.consent_lifetime {
        return back(&[
            ("error", "session_expired"),
            ("error_description", "The session has expired. Start again."),
        ]);
    }
    if decision == "deny" {
        return back(&[
            ("error", "access_denied"),
            ("error_description", "The user denied access."),
        ]);
    }
    let refresh_token = lock(&call.state.google).connect(&settings);
    let mut organization = lock(&call.state.airbyte);
    if settings.secret_callback {
        let secret = random::token("secret");
        organization.secrets.insert(secret.clone(), refresh_token);
        return back(&[("secret_id", &secret)]);
    }
    if !organization
        .workspaces
        .iter()
        .any(|workspace| workspace.id == session.workspace)
    {
        return back(&[
            ("error", "creation_failed"),
            ("error_description", "Workspace not found"),
        ]);
    }
    let credentials = Map::from_iter([("refresh_token".to_owned(), Value::from(refresh_token))]);
    let name = session
        .name
        .clone()
        .unwrap_or_else(|| format!("Gmail - {}", random::uuid()));
    let config = session.replication_config.clone();
    let id = connector::add(
        &mut organization,
        &session.workspace,
        &name,
        &session.template,
        credentials,
        config,
    );
    back(&[("connector_id", &id)])
}

/// PUT /oauth/credentials
pub(super) fn update_client(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let mut body = Body::read(call.request)?;
    body.only(&["configuration", "connector_type", "connector_definition_id"]);
    let configuration = body.required_object("configuration");
    let (connector_type, definition) = (
        body.string("connector_type"),
        body.uuid("connector_definition_id"),
    );
    if connector_type.is_some() == definition.is_some() {
        body.wrong_whole(
            "Exactly one of connector_type or connector_definition_id must be provided",
        );
    }
    for name in ["client_id", "client_secret"] {
        if body.value("configuration").is_some()
            && !configuration.get(name).is_some_and(Value::is_string)
        {
            let message = format!("'{name}' is a required property");
            body.wrong::<()>(&format!("configuration.{name}"), &message, "missing");
        }
    }
    body.check()?;
    creation::check_definition(connector_type.as_deref(), definition.as_deref())?;
    let now = random::now();
    let mut organization = lock(&call.state.airbyte);
    let organization_id = organization.credentials().organization_id;
    let client = organization
        .oauth_client
        .get_or_insert_with(|| OAuthClient {
            id: random::uuid(),
            created_at: now.clone(),
        });
    Ok(Answer::json(
        StatusCode::OK,
        &json!({
            "id": client.id,
            "scope_type": "organization",
            "scope_id": organization_id,
            "connector_type": "source",
            "connector_definition_id": table::definition_id(),
            "created_at": client.created_at,
            "updated_at": now,
        }),
    ))
}

/// DELETE /oauth/credentials/connector_type/{connector_type}
pub(super) fn delete_client(call: &mut Call<'_>) -> Result<Answer, Answer> {
    creation::check_definition(Some(call.value()), None)?;
    lock(&call.state.airbyte).oauth_client = None;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

fn is_web_address(address: &str) -> bool {
    address
        .parse::<Uri>()
        .is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some())
}

fn private(answer: Answer) -> Answer {
    answer.with_header(header::CACHE_CONTROL, "no-store")
}

fn used() -> Answer {
    let content = "<h1>This page cannot be used</h1>\n<p>The session is unknown, or has been used. Start again \
                   from the application.</p>";
    private(Answer::html(
        StatusCode::BAD_REQUEST,
        page("Error", content),
    ))
}
