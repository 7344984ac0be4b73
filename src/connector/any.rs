//! Any Airbyte connector, by its id.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::OnceCell;

use super::execute::{Execute, ExecuteResult};
use super::search::Search;
use super::selection::Selection;
use super::sql::Sql;
use super::store::{Store, unknown_entity};
use crate::airbyte::Airbyte;
use crate::api::airbyte::types::{CheckResult, ConnectorInspection, SkillDocs};
use crate::api::gmail::operation::TABLE;
use crate::error::{Error, Kind};
use crate::operation::params;
use crate::transport::{Action, Answer, Call, Form, Hosted, Transport, is_connector_id};

/// The actions, of any connector, that change nothing and so may be sent again.
const READING: [&str; 9] = [
    "list",
    "get",
    "search",
    "api_search",
    "context_store_search",
    "context_store_sql_query",
    "sql_select",
    "describe",
    "check",
];

/// The action that returns a file, not JSON.
const DOWNLOAD: &str = "download";

/// An Airbyte connector of any type.
///
/// For Gmail, [`GmailConnector`](super::GmailConnector) has typed calls.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
/// # let airbyte = airbyte_agent_gmail::Airbyte::builder(sandbox.airbyte_auth())
/// #     .base_url(sandbox.airbyte_url())
/// #     .build()?;
/// # let id = sandbox.airbyte().connector_id;
/// use serde_json::json;
///
/// let connector = airbyte.connector(id)?;
/// println!("{}", connector.inspect().await?.name);
/// let found = connector.execute("messages", "list", json!({"maxResults": 2})).await?;
/// assert_eq!(found.data.as_array().map(Vec::len), Some(2));
/// let found = connector.search("labels").limit(1).send().await?;
/// assert_eq!(found.data.len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Connector {
    airbyte: Airbyte,
    transport: Transport,
    id: Arc<str>,
    inspection: Arc<OnceCell<ConnectorInspection>>,
}

impl Airbyte {
    /// The connector with this id, of any type; sends nothing yet.
    ///
    /// # Errors
    ///
    /// [`is_invalid_input`](Error::is_invalid_input): this can't be an id.
    pub fn connector(&self, id: impl Into<String>) -> Result<Connector, Error> {
        let id = id.into();
        if !is_connector_id(&id) {
            return Err(Error::invalid_input(
                "the connector id is not valid; take it from the list of connectors",
            ));
        }
        Ok(Connector {
            airbyte: self.clone(),
            transport: Transport::hosted(Hosted {
                airbyte: self.client().clone(),
                customer: None,
                connector_id: OnceCell::new_with(Some(id.clone())),
                definition_id: "",
            }),
            id: id.into(),
            inspection: Arc::default(),
        })
    }

    /// Finds a customer's (workspace's) only connector of a type, by the type's display name or short name.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let airbyte = airbyte_agent_gmail::Airbyte::builder(sandbox.airbyte_auth())
    /// #     .base_url(sandbox.airbyte_url())
    /// #     .build()?;
    /// # let customer = sandbox.airbyte().customer_name;
    /// let connector = airbyte.find_connector(&customer, "Gmail").await?;
    /// assert_eq!(connector.id(), sandbox.airbyte().connector_id);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`is_connector_not_found`](Error::is_connector_not_found) and
    /// [`is_connector_ambiguous`](Error::is_connector_ambiguous); the text of the latter lists them.
    pub async fn find_connector(
        &self,
        customer_name: &str,
        connector_type: &str,
    ) -> Result<Connector, Error> {
        let id = crate::transport::find_connector(
            self.connectors().list().customer_name(customer_name),
            |item| {
                item.summarized_source_template
                    .as_ref()
                    .is_some_and(|template| {
                        template.name.eq_ignore_ascii_case(connector_type)
                            || template
                                .connector_name
                                .as_deref()
                                .is_some_and(|name| name.eq_ignore_ascii_case(connector_type))
                    })
            },
            "such",
        )
        .await?;
        self.connector(id)
    }
}

impl Connector {
    /// The connector's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn transport(&self) -> &Transport {
        &self.transport
    }

    /// The connector's workspace, its documentation, and what its Context Store contains so far.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found), and errors of Airbyte.
    pub async fn inspect(&self) -> Result<ConnectorInspection, Error> {
        self.airbyte.connectors().inspect(self.id()).send().await
    }

    /// Airbyte's documentation of the connector for agents: the introduction and outline, or one section.
    ///
    /// # Errors
    ///
    /// As for [`inspect`](Self::inspect), which names the documentation.
    pub async fn docs(&self, section: Option<&str>) -> Result<SkillDocs, Error> {
        let inspection = self.inspected().await?;
        let skill = inspection.docs_skill_id.clone();
        let skill = skill.unwrap_or_else(|| format!("connector-source:{}", self.id));
        let mut call = self.airbyte.skills().docs(skill);
        if let Some(section) = section {
            call = call.section(section);
        }
        call.send().await
    }

    /// Checks the connector, and waits up to `limit` for a check in progress; see [`Airbyte::check_connector`].
    ///
    /// # Errors
    ///
    /// As for [`Airbyte::check_connector`].
    pub async fn check(&self, limit: Duration) -> Result<CheckResult, Error> {
        self.airbyte.check_connector(self.id(), limit).await
    }

    /// Runs an action, by the names in Airbyte's connector.
    ///
    /// The connector's documentation ([`docs`](Self::docs)) lists the params. An action is sent again only if its name
    /// says that it reads.
    ///
    /// # Errors
    ///
    /// [`is_unsupported`](Error::is_unsupported) for the action `download`, which returns a file and not JSON, and
    /// errors of Airbyte and the service behind it.
    pub fn execute<'a>(
        &'a self,
        entity: &'a str,
        action: &'a str,
        params: impl Into<Value>,
    ) -> Execute<'a> {
        Execute::new(Store::Any(self), entity, action, params.into())
    }

    /// Searches an entity that the connector's Context Store has.
    pub fn search<'a>(&'a self, entity: &'a str) -> Search<'a> {
        Search::new(Store::Any(self), entity)
    }

    /// Queries the Context Store in SQL, through one of its entities.
    pub fn sql(&self, entity: impl Into<String>, sql: impl Into<String>) -> Sql<'_> {
        Sql::new(Store::Any(self), sql.into(), entity.into())
    }

    /// The same connector, stating a reason for its calls.
    pub(super) fn with_intent(&self, intent: &str) -> Result<Self, Error> {
        Ok(Self {
            transport: self.transport.with_intent(intent)?,
            ..self.clone()
        })
    }

    /// Rejects an entity that the Context Store doesn't have, or not yet, if Airbyte lists its entities.
    pub(super) async fn check_entity(
        &self,
        action: &'static str,
        entity: &str,
    ) -> Result<(), Error> {
        let inspection = match self.inspected().await {
            Ok(inspection) => inspection,
            // Not every version of Airbyte can list them. The action itself reports a missing connector.
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) => return Err(error),
        };
        let Some(readiness) = &inspection.context_store_readiness else {
            return Ok(());
        };
        let known = || {
            readiness
                .supported_context_store_entities
                .iter()
                .filter_map(|supported| supported.entity.as_deref())
        };
        if known().next().is_some() && !known().any(|known| known == entity) {
            return Err(unknown_entity(action, known()));
        }
        // It may have become ready since the first look.
        if unready(inspection, entity).is_some()
            && let Some(status) = unready(&self.inspect().await?, entity)
        {
            let status = match status.as_str() {
                "" => String::new(),
                status => format!(" (its status is {status})"),
            };
            return Err(Error::new(
                Kind::Server,
                format!(
                    "the context store does not have the entity ready yet{status}; try again later"
                ),
            )
            .named(action.into()));
        }
        Ok(())
    }

    async fn inspected(&self) -> Result<&ConnectorInspection, Error> {
        self.inspection.get_or_try_init(|| self.inspect()).await
    }

    pub(super) async fn run<T: Form>(
        &self,
        entity: &str,
        action: &str,
        given: Value,
        selection: &Selection,
    ) -> Result<ExecuteResult<T>, Error> {
        let params = params(given)?;
        if action.trim().is_empty() {
            return Err(Error::invalid_input(
                "no action is named; take one from the connector's documentation, such as list",
            )
            .named("execute".into()));
        }
        if action == DOWNLOAD {
            return Err(Error::unsupported("the action `download` answers with a file, which can't be read here; call airbyte's api yourself",
            )
            .named("execute".into()));
        }
        for store_action in [TABLE.search_action, TABLE.sql_action] {
            if action == store_action {
                self.check_entity(store_action, entity).await?;
            }
        }
        let is_reading = READING.contains(&action);
        let hosted = Store::Any(self).hosted("execute")?;
        let action = Action {
            entity,
            action,
            call: Call::unlisted("execute", is_reading, Answer::Anything),
        };
        let beside = self.transport.beside(selection.to_hosted());
        let (data, meta) = hosted
            .execute_action(&action, &params, &beside)
            .await?
            .into_whole(&action.call)?;
        Ok(ExecuteResult {
            data,
            meta: without_nulls(meta),
        })
    }
}

/// The status of an entity that can't be searched yet.
fn unready(inspection: &ConnectorInspection, entity: &str) -> Option<String> {
    let readiness = inspection.context_store_readiness.as_ref()?;
    let configured = readiness
        .configured_cache_entities
        .iter()
        .find(|configured| configured.entity.as_deref() == Some(entity))?;
    (configured.ready_for_search == Some(false)).then(|| {
        let status = configured.status.as_deref().unwrap_or_default();
        status
            .chars()
            .filter(char::is_ascii_graphic)
            .take(32)
            .collect()
    })
}

fn without_nulls(meta: Map<String, Value>) -> Map<String, Value> {
    meta.into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect()
}

debug!(Connector, self => id: self.id);
