//! The Context Store of a hosted connector: the common part of searches and SQL queries.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::GmailConnector;
use super::any::Connector;
use super::execute::ExecuteResult;
use crate::api::gmail::operation::TABLE;
use crate::error::Error;
use crate::operation::SearchableEntity;
use crate::transport::{Action, Answer, Call, Form, Hosted, Transport, no_result};

/// The default number of records or rows. It is always sent, because Airbyte's documents contradict each other on the
/// service's own default.
pub(super) const LIMIT: u32 = 100;

/// The connector that owns the Context Store.
#[derive(Clone, Copy)]
pub(super) enum Store<'a> {
    /// Gmail's; the spec lists its entities and fields.
    Gmail(&'a GmailConnector),
    /// Another connector's; Airbyte lists its entities.
    Any(&'a Connector),
}

impl<'a> Store<'a> {
    fn transport(self) -> &'a Transport {
        match self {
            Self::Gmail(gmail) => &gmail.transport,
            Self::Any(connector) => connector.transport(),
        }
    }

    /// The hosted route; open-source mode has none.
    pub(super) fn hosted(self, action: &'static str) -> Result<&'a Hosted, Error> {
        self.transport().as_hosted().ok_or_else(|| {
            Error::unsupported("only hosted mode offers it; give airbyte credentials")
                .named(action.into())
        })
    }

    /// Rejects an entity that the Context Store doesn't have; returns its fields if known.
    pub(super) async fn check_entity(
        self,
        action: &'static str,
        entity: &str,
    ) -> Result<Option<&'static SearchableEntity>, Error> {
        self.hosted(action)?;
        match self {
            Self::Any(connector) => connector.check_entity(action, entity).await.map(|()| None),
            Self::Gmail(_) => {
                let found = TABLE
                    .searchable
                    .iter()
                    .find(|searchable| searchable.entity == entity);
                let known = TABLE.searchable.iter().map(|searchable| searchable.entity);
                match found {
                    Some(found) => Ok(Some(found)),
                    None => Err(unknown_entity(action, known)),
                }
            }
        }
    }

    /// Runs an action with the params that Airbyte takes.
    pub(super) async fn ask<T: Form>(
        self,
        action: &'static str,
        entity: &str,
        mut params: Map<String, Value>,
    ) -> Result<ExecuteResult<T>, Error> {
        let hosted = self.hosted(action)?;
        check_params(action, &params)?;
        params.entry("limit").or_insert_with(|| json!(LIMIT));
        let action = Action {
            entity,
            action,
            call: Call::unlisted(action, true, Answer::List(&["data", "meta"])),
        };
        let (data, meta) = hosted
            .execute_action(&action, &params, &self.transport().beside(Map::new()))
            .await?
            .into_whole::<T>(&action.call)?;
        // Reading anything else as an empty list would hide what went wrong.
        if !data.is_list() {
            return Err(action.call.fail(no_result()));
        }
        Ok(ExecuteResult { data, meta })
    }
}

/// The params of a Context Store action, the required one first.
fn known_params(action: &str) -> &'static [&'static str] {
    if action == TABLE.sql_action {
        &["sql", "limit"]
    } else {
        &["query", "limit", "cursor", "fields"]
    }
}

fn check_params(action: &'static str, params: &Map<String, Value>) -> Result<(), Error> {
    let known = known_params(action);
    let refuse = |message: String| Err(Error::invalid_input(message).named(action.into()));
    if let Some(unknown) = params.keys().find(|key| !known.contains(&key.as_str())) {
        let shown = if unknown.len() <= 64 {
            unknown.as_str()
        } else {
            "a param"
        };
        return refuse(format!(
            "`{shown}` is not a parameter; it takes: {}",
            known.join(", ")
        ));
    }
    let has_query = params
        .get("sql")
        .and_then(Value::as_str)
        .is_some_and(|sql| !sql.trim().is_empty());
    if action == TABLE.sql_action && !has_query {
        return refuse(
            "`sql` is missing; it takes a query, such as select id from messages".to_owned(),
        );
    }
    Ok(())
}

/// The error for an unknown entity, which lists the known ones.
pub(super) fn unknown_entity<'n>(
    action: &'static str,
    known: impl Iterator<Item = &'n str>,
) -> Error {
    let known: Vec<&str> = known.collect();
    Error::invalid_input(format!(
        "the entity can't be searched; use one of: {}",
        known.join(", ")
    ))
    .named(action.into())
}

/// Deserializes the values that an action gave.
pub(super) fn typed<T: DeserializeOwned>(
    values: Vec<Value>,
    action: &'static str,
) -> Result<Vec<T>, Error> {
    let typed: Result<_, _> = values.into_iter().map(serde_json::from_value).collect();
    typed.map_err(|error| Error::undecodable(&error).named(action.into()))
}
