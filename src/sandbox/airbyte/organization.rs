//! One organization at Airbyte: its client, tokens, workspaces, templates and connectors.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::sandbox::AirbyteCredentials;
use crate::sandbox::random;

/// The global template, which every organization can use.
pub(super) const GLOBAL_TEMPLATE: &str = "00000000-0000-4000-8000-000000000003";

const OWN_TEMPLATE: &str = "00000000-0000-4000-8000-000000000004";
const WORKSPACE: &str = "00000000-0000-4000-8000-000000000005";

/// The organization's state.
#[derive(Debug)]
pub(crate) struct Organization {
    initial: AirbyteCredentials,
    tokens: HashMap<String, Token>,
    next_generation: u64,
    pub(super) workspaces: Vec<Workspace>,
    pub(super) templates: Vec<Template>,
    pub(super) connectors: Vec<Connector>,
    pub(super) sessions: HashMap<String, Session>,
    /// The refresh tokens by the secrets that the older callback returned.
    pub(super) secrets: HashMap<String, String>,
    pub(super) oauth_client: Option<OAuthClient>,
}

#[derive(Debug)]
struct Token {
    generation: u64,
    /// The only workspace of a scoped token.
    workspace: Option<String>,
    issued: Instant,
    lifetime: Option<Duration>,
}

/// A workspace: it holds one customer's connectors.
#[derive(Clone, Debug)]
pub(super) struct Workspace {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) active: bool,
    pub(super) cache_enabled: Option<bool>,
    pub(super) created_at: String,
    pub(super) updated_at: String,
}

/// A source template.
#[derive(Clone, Debug)]
pub(super) struct Template {
    pub(super) id: String,
    pub(super) name: String,
    /// Whether it belongs to the organization; otherwise it is global.
    pub(super) own: bool,
    pub(super) partial_default_config: Value,
    pub(super) mode: String,
    pub(super) created_at: String,
    /// Deleted templates stay for the connectors made from them.
    pub(super) deleted: bool,
}

/// A connector.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    pub(super) id: String,
    pub(super) workspace: String,
    pub(super) name: String,
    pub(super) template: String,
    pub(super) credentials: Map<String, Value>,
    pub(super) replication_config: Map<String, Value>,
    pub(super) entities: Option<Value>,
    pub(super) created_at: String,
    pub(super) updated_at: String,
    /// How many more times lists show it, once it is deleted.
    pub(super) lists_left: Option<u8>,
}

/// An OAuth flow waiting for its user.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) workspace: String,
    pub(super) redirect_url: String,
    pub(super) name: Option<String>,
    pub(super) replication_config: Map<String, Value>,
    pub(super) template: String,
    pub(super) started: Instant,
}

/// The organization's own OAuth client.
#[derive(Clone, Debug)]
pub(super) struct OAuthClient {
    pub(super) id: String,
    pub(super) created_at: String,
}

/// The caller that a bearer token identifies.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) workspace: Option<String>,
}

impl Organization {
    /// An organization with one customer, whose Gmail connector holds this refresh token.
    pub(crate) fn new(refresh_token: &str) -> Self {
        let initial = AirbyteCredentials {
            client_id: "sandbox-application".to_owned(),
            client_secret: "sandbox-application-secret".to_owned(),
            bearer_token: "sandbox-bearer-token".to_owned(),
            customer_name: "sandbox-customer".to_owned(),
            organization_id: "00000000-0000-4000-8000-000000000001".to_owned(),
            connector_id: "00000000-0000-4000-8000-000000000002".to_owned(),
        };
        let now = random::now();
        let bearer = Token {
            generation: 0,
            workspace: None,
            issued: Instant::now(),
            lifetime: None,
        };
        let connector = Connector {
            id: initial.connector_id.clone(),
            workspace: WORKSPACE.to_owned(),
            name: "Gmail - sandbox".to_owned(),
            template: OWN_TEMPLATE.to_owned(),
            credentials: Map::from_iter([("refresh_token".to_owned(), refresh_token.into())]),
            replication_config: Map::new(),
            entities: None,
            created_at: now.clone(),
            updated_at: now.clone(),
            lists_left: None,
        };
        let mut organization = Self {
            tokens: HashMap::from([(initial.bearer_token.clone(), bearer)]),
            next_generation: 1,
            workspaces: Vec::new(),
            templates: Vec::new(),
            connectors: vec![connector],
            sessions: HashMap::new(),
            secrets: HashMap::new(),
            oauth_client: None,
            initial,
        };
        let customer = organization.initial.customer_name.clone();
        organization.add_workspace("00000000-0000-4000-8000-000000000006".to_owned(), "default");
        organization.add_workspace(WORKSPACE.to_owned(), &customer);
        for (id, own) in [(GLOBAL_TEMPLATE, false), (OWN_TEMPLATE, true)] {
            organization.templates.push(Template {
                id: id.to_owned(),
                name: "Gmail".to_owned(),
                own,
                partial_default_config: json!({}),
                mode: "DIRECT".to_owned(),
                created_at: now.clone(),
                deleted: false,
            });
        }
        organization
    }

    pub(crate) fn credentials(&self) -> AirbyteCredentials {
        self.initial.clone()
    }

    pub(crate) fn expire_tokens(&mut self) {
        for lifetime in self
            .tokens
            .values_mut()
            .filter_map(|token| token.lifetime.as_mut())
        {
            *lifetime = Duration::ZERO;
        }
    }

    /// The token's number, valid or not.
    pub(super) fn generation(&self, token: &str) -> Option<u64> {
        self.tokens.get(token).map(|token| token.generation)
    }

    /// Issues a token, for everything or for one workspace.
    pub(super) fn issue(
        &mut self,
        purpose: &str,
        workspace: Option<String>,
        lifetime: Duration,
    ) -> String {
        let token = random::token(purpose);
        let generation = self.next_generation;
        self.next_generation += 1;
        let entry = Token {
            generation,
            workspace,
            issued: Instant::now(),
            lifetime: Some(lifetime),
        };
        self.tokens.insert(token.clone(), entry);
        token
    }

    /// The caller of a token that is still valid.
    pub(super) fn caller(&self, token: &str) -> Option<Caller> {
        let token = self.tokens.get(token)?;
        token
            .lifetime
            .is_none_or(|lifetime| token.issued.elapsed() < lifetime)
            .then(|| Caller {
                workspace: token.workspace.clone(),
            })
    }

    /// The workspace with that name.
    pub(super) fn workspace(&self, name: &str) -> Option<&Workspace> {
        self.workspaces
            .iter()
            .find(|workspace| workspace.name == name)
    }

    /// The workspace with that name, created if needed.
    pub(super) fn workspace_or_new(&mut self, name: &str) -> Workspace {
        match self.workspace(name) {
            Some(workspace) => workspace.clone(),
            None => self.add_workspace(random::uuid(), name),
        }
    }

    pub(super) fn connector(&self, id: &str) -> Option<&Connector> {
        self.connectors
            .iter()
            .find(|connector| connector.id.eq_ignore_ascii_case(id))
    }

    pub(super) fn template(&self, id: &str) -> Option<&Template> {
        self.templates
            .iter()
            .find(|template| template.id == id && !template.deleted)
    }

    /// The connector's template, deleted or not.
    pub(super) fn template_of(&self, connector: &Connector) -> Option<&Template> {
        self.templates
            .iter()
            .find(|template| template.id == connector.template)
    }

    /// The organization's own Gmail template; `initial` says whether the one it starts with counts.
    pub(super) fn own_template(&self, initial: bool) -> Option<&Template> {
        self.templates
            .iter()
            .filter(|template| template.own && !template.deleted)
            .find(|template| initial || template.id != OWN_TEMPLATE)
    }

    /// Whether a template is the one that the organization starts with.
    pub(super) fn is_initial_template(template: &Template) -> bool {
        template.id == OWN_TEMPLATE
    }

    fn add_workspace(&mut self, id: String, name: &str) -> Workspace {
        let now = random::now();
        let workspace = Workspace {
            id,
            name: name.to_owned(),
            active: true,
            cache_enabled: None,
            created_at: now.clone(),
            updated_at: now,
        };
        self.workspaces.push(workspace.clone());
        workspace
    }
}
