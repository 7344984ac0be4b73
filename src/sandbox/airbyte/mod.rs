//! Airbyte's hosted API; `execute` works on the sandbox's mailbox.

mod account;
mod body;
mod connector;
mod creation;
pub(crate) mod error;
mod execute;
mod filter;
mod oauth;
mod organization;
mod search;
mod skill;
#[cfg_attr(not(feature = "sandbox-sql"), path = "sql/none.rs")]
mod sql;
mod template;
mod workspace;

use http::{StatusCode, header};

use super::exchange::{Answer, Request};
use super::log::RequestRecord;
use super::random::is_uuid;
use super::state::{State, lock};

use organization::Caller;
pub(crate) use organization::Organization;
pub(crate) use sql::SqlCopy;

/// One request being handled.
struct Call<'a> {
    state: &'a State,
    request: &'a Request,
    record: &'a mut RequestRecord,
    /// The values of the path's placeholders.
    values: Vec<String>,
    caller: Option<Caller>,
}

/// Which token an endpoint takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    /// No token.
    Open,
    /// An application token.
    Application,
    /// An application token or a scoped token.
    Any,
    /// A scoped token only.
    Scoped,
    /// The user's browser, outside the API.
    Browser,
}

struct Endpoint {
    method: &'static str,
    path: &'static str,
    name: &'static str,
    access: Access,
    handler: fn(&mut Call<'_>) -> Result<Answer, Answer>,
}

const fn endpoint(
    method: &'static str,
    path: &'static str,
    name: &'static str,
    access: Access,
    handler: fn(&mut Call<'_>) -> Result<Answer, Answer>,
) -> Endpoint {
    Endpoint {
        method,
        path,
        name,
        access,
        handler,
    }
}

use Access::{Any, Application, Browser, Open, Scoped};

#[rustfmt::skip]
static ENDPOINTS: &[Endpoint] = &[
    endpoint("POST", "/api/v1/account/applications/token", "create_account_applications_token", Open, account::token),
    endpoint("POST", "/api/v1/account/applications/scoped-token", "create_account_applications_scoped_token", Application, account::scoped_token),
    endpoint("GET", "/api/v1/account/applications/scoped-token/info", "get_account_applications_scoped_token_info", Scoped, account::scoped_token_info),
    endpoint("POST", "/api/v1/account/applications/widget-token", "create_account_applications_widget_token", Application, account::widget_token),
    endpoint("POST", "/api/v1/integrations/connectors", "create_integrations_connectors", Application, connector::create),
    // The older package creates connectors at this path.
    endpoint("POST", "/v1/integrations/connectors", "create_integrations_connectors", Application, connector::create),
    endpoint("GET", "/api/v1/integrations/connectors", "list_integrations_connectors", Application, connector::list),
    endpoint("POST", "/api/v1/integrations/connectors/check", "create_integrations_connectors_check", Application, connector::check_config),
    endpoint("POST", "/api/v1/integrations/connectors/oauth/initiate", "create_integrations_connectors_oauth_initiate", Any, oauth::initiate),
    endpoint("GET", "/api/v1/integrations/connectors/{id}", "get_integrations_connectors_id", Application, connector::get),
    endpoint("PUT", "/api/v1/integrations/connectors/{id}", "update_integrations_connectors_id", Application, connector::update),
    endpoint("DELETE", "/api/v1/integrations/connectors/{id}", "delete_integrations_connectors_id", Application, connector::delete),
    endpoint("POST", "/api/v1/integrations/connectors/{id}/check", "create_integrations_connectors_id_check", Application, connector::check),
    endpoint("GET", "/api/v1/integrations/connectors/{id}/inspect", "get_integrations_connectors_id_inspect", Application, connector::inspect),
    endpoint("POST", "/api/v1/integrations/connectors/{id}/execute", "create_integrations_connectors_id_execute", Any, execute::execute),
    endpoint("PUT", "/api/v1/oauth/credentials", "update_oauth_credentials", Application, oauth::update_client),
    endpoint("DELETE", "/api/v1/oauth/credentials/connector_type/{connector_type}", "delete_oauth_credentials_connector_type_connector_type", Application, oauth::delete_client),
    endpoint("GET", "/api/v1/integrations/definitions/sources", "list_integrations_definitions_sources", Application, template::definitions),
    endpoint("GET", "/api/v1/integrations/definitions/sources/{id}", "get_integrations_definitions_sources_id", Application, template::definition),
    endpoint("GET", "/api/v1/integrations/templates/sources", "list_integrations_templates_sources", Application, template::list),
    endpoint("GET", "/api/v1/integrations/templates/sources/global", "list_integrations_templates_sources_global", Application, template::list_global),
    endpoint("POST", "/api/v1/integrations/templates/sources", "create_integrations_templates_sources", Application, template::create),
    endpoint("GET", "/api/v1/integrations/templates/sources/{id}", "get_integrations_templates_sources_id", Application, template::get),
    endpoint("DELETE", "/api/v1/integrations/templates/sources/{id}", "delete_integrations_templates_sources_id", Application, template::delete),
    endpoint("PATCH", "/api/v1/integrations/templates/sources/{id}", "update_integrations_templates_sources_id", Application, template::update),
    endpoint("GET", "/api/v1/skills", "list_skills", Any, skill::list),
    endpoint("GET", "/api/v1/skills/search", "list_skills_search", Any, skill::search),
    endpoint("GET", "/api/v1/skills/docs", "get_skills_docs", Any, skill::docs),
    endpoint("GET", "/api/v1/workspaces", "list_workspaces", Application, workspace::list),
    endpoint("GET", "/api/v1/workspaces/stats", "get_workspaces_stats", Application, workspace::stats),
    endpoint("GET", "/api/v1/workspaces/{workspace_id}", "get_workspaces_workspace_id", Application, workspace::get),
    endpoint("PUT", "/api/v1/workspaces/{workspace_id}", "update_workspaces_workspace_id", Application, workspace::update),
    endpoint("DELETE", "/api/v1/workspaces/{workspace_id}", "delete_workspaces_workspace_id", Application, workspace::delete),
    endpoint("GET", oauth::CONSENT_PATH, "consent", Browser, oauth::show),
    endpoint("POST", oauth::CONSENT_PATH, "consent", Browser, oauth::decide),
];

/// Names the endpoint of a request and, for an `execute` call, returns the id of its Gmail operation.
pub(crate) fn describe(request: &Request, record: &mut RequestRecord) -> Option<&'static str> {
    let (endpoint, _) =
        matching(request).find(|(endpoint, _)| endpoint.method == request.method.as_str())?;
    record.operation = endpoint.name.to_owned();
    if endpoint.path.ends_with("/execute") {
        execute::describe(request, record)
    } else {
        None
    }
}

/// Answers one request.
pub(crate) fn answer(state: &State, request: &Request, record: &mut RequestRecord) -> Answer {
    let found = matching(request).find(|(endpoint, _)| endpoint.method == request.method.as_str());
    let Some((endpoint, values)) = found else {
        let allowed: Vec<&str> = matching(request)
            .map(|(endpoint, _)| endpoint.method)
            .collect();
        return if allowed.is_empty() {
            error::detail(StatusCode::NOT_FOUND, "Not Found")
        } else {
            error::detail(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
                .with_header(header::ALLOW, &allowed.join(", "))
        };
    };
    let mut call = Call {
        state,
        request,
        record,
        values,
        caller: None,
    };
    call.authorise(endpoint.access)
        .and_then(|()| (endpoint.handler)(&mut call))
        .unwrap_or_else(|refusal| refusal)
}

impl Call<'_> {
    fn authorise(&mut self, access: Access) -> Result<(), Answer> {
        if access == Browser {
            return Ok(());
        }
        if access != Open {
            let token = self.request.bearer().ok_or_else(error::unauthorized)?;
            let organization = lock(&self.state.airbyte);
            self.record.authorized_with = organization.generation(token);
            let caller = organization.caller(token).ok_or_else(error::unauthorized)?;
            drop(organization);
            match (access, &caller.workspace) {
                (Application, Some(_)) => {
                    return Err(error::forbidden(
                        "This operation requires an access token, not a scoped token",
                    ));
                }
                (Scoped, None) => {
                    return Err(error::forbidden("This operation requires a scoped token"));
                }
                _ => self.caller = Some(caller),
            }
        }
        self.check_organization()
    }

    fn check_organization(&self) -> Result<(), Answer> {
        match self.request.header("x-organization-id") {
            None if self.state.settings().multi_organization => Err(error::bad_request(
                "These credentials belong to several organizations: specify target organization with the \
                 X-Organization-Id header",
            )),
            None => Ok(()),
            Some(id) if !is_uuid(id) => Err(error::invalid(&[error::FieldError::new(
                "header.X-Organization-Id",
                "Input should be a valid UUID",
                "uuid_parsing",
            )])),
            Some(id)
                if id.eq_ignore_ascii_case(
                    &lock(&self.state.airbyte).credentials().organization_id,
                ) =>
            {
                Ok(())
            }
            Some(_) => Err(error::forbidden(
                "The credentials do not give access to this organization",
            )),
        }
    }

    /// The path's first value.
    fn value(&self) -> &str {
        self.values.first().map(String::as_str).unwrap_or_default()
    }

    /// The path's first value, which must be a UUID.
    fn id(&self) -> Result<String, Answer> {
        if is_uuid(self.value()) {
            return Ok(self.value().to_ascii_lowercase());
        }
        Err(error::invalid(&[error::FieldError::new(
            "path.id",
            "Input should be a valid UUID",
            "uuid_parsing",
        )]))
    }
}

/// The endpoints that match the path, literal ones first.
fn matching(request: &Request) -> impl Iterator<Item = (&'static Endpoint, Vec<String>)> {
    let segments = request.segments().unwrap_or_default();
    let found: Vec<_> = ENDPOINTS
        .iter()
        .filter_map(|endpoint| Some((endpoint, values(endpoint.path, &segments)?)))
        .collect();
    let fewest = found.iter().map(|(_, values)| values.len()).min();
    found
        .into_iter()
        .filter(move |(_, values)| Some(values.len()) == fewest)
}

fn values(template: &str, segments: &[String]) -> Option<Vec<String>> {
    let template: Vec<&str> = template.split('/').skip(1).collect();
    if template.len() != segments.len() {
        return None;
    }
    let mut values = Vec::new();
    for (expected, segment) in template.iter().zip(segments) {
        if expected.starts_with('{') && !segment.is_empty() {
            values.push(segment.clone());
        } else if expected != segment {
            return None;
        }
    }
    Some(values)
}
