//! SQL queries of the Context Store, in hosted mode.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::GmailConnector;
use super::store::{LIMIT, Store, typed};
use crate::api::gmail::operation::TABLE;
use crate::error::Error;

/// The default entity to send a query to.
const ENTITY: &str = "messages";

/// A query to send; see [`GmailConnector::sql`].
#[must_use = "a query does nothing until it is sent"]
pub struct Sql<'a> {
    store: Store<'a>,
    sql: String,
    entity: String,
    limit: u32,
}

/// The result of an SQL query.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SqlResult {
    /// The rows, as objects with a field per column.
    pub data: Vec<Value>,
    /// Other fields of Airbyte's answer. There is no cursor: a query has one answer.
    pub meta: Map<String, Value>,
}

impl GmailConnector {
    /// Queries Airbyte's copy of the mailbox in SQL, read-only; hosted mode only.
    ///
    /// The tables are named after the entities: profile, messages, labels, drafts, threads.
    ///
    /// ```
    /// # #[cfg(feature = "sandbox-sql")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.hosted()?;
    /// #[derive(serde::Deserialize)]
    /// struct Largest {
    ///     id: String,
    ///     size: i64,
    /// }
    ///
    /// let sql = "select id, sizeEstimate as size from messages order by sizeEstimate desc";
    /// let largest: Vec<Largest> = gmail.sql(sql).limit(3).send().await?.rows()?;
    /// assert!(largest[0].size >= largest[2].size && !largest[0].id.is_empty());
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sandbox-sql"))]
    /// # fn main() {}
    /// ```
    ///
    /// The dialect is Airbyte's. The sandbox, with the feature `sandbox-sql`, uses SQLite's.
    pub fn sql(&self, sql: impl Into<String>) -> Sql<'_> {
        Sql::new(Store::Gmail(self), sql.into(), ENTITY.to_owned())
    }
}

impl<'a> Sql<'a> {
    pub(super) fn new(store: Store<'a>, sql: String, entity: String) -> Self {
        Self {
            store,
            sql,
            entity,
            limit: LIMIT,
        }
    }

    /// Sets the entity to send the query to. Default: messages.
    pub fn entity(mut self, entity: impl Into<String>) -> Self {
        self.entity = entity.into();
        self
    }

    /// Limits the number of rows to return. Default: 100.
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }

    /// Sends the query.
    ///
    /// # Errors
    ///
    /// [`is_invalid_input`](Error::is_invalid_input) for an entity that can't be searched or an empty query,
    /// [`is_unsupported`](Error::is_unsupported) in open-source mode, and Airbyte's errors.
    pub async fn send(self) -> Result<SqlResult, Error> {
        let action = TABLE.sql_action;
        self.store.check_entity(action, &self.entity).await?;
        let params = Map::from_iter([
            ("sql".to_owned(), Value::String(self.sql)),
            ("limit".to_owned(), json!(self.limit)),
        ]);
        let found = self.store.ask(action, &self.entity, params).await?;
        Ok(SqlResult {
            data: match found.data {
                Value::Array(data) => data,
                _ => Vec::new(),
            },
            meta: found.meta,
        })
    }
}

impl SqlResult {
    /// Deserializes the rows.
    ///
    /// # Errors
    ///
    /// [`is_invalid_response`](Error::is_invalid_response): a row doesn't fit the type.
    pub fn rows<T: DeserializeOwned>(self) -> Result<Vec<T>, Error> {
        typed(self.data, TABLE.sql_action)
    }
}

debug!(Sql<'_>, self => entity: self.entity);
