//! `context_store_sql_query`: SQL over Airbyte's copy of the mailbox.

mod engine;

use std::time::Instant;

use serde_json::{Map, Value, json};

use super::organization::Connector;
use super::{connector, error, execute, search};
use crate::sandbox::exchange::Answer;
use crate::sandbox::state::{State, lock};
use crate::sandbox::table;

/// The number of rows where the query does not say, and the most.
const LIMIT: usize = 100;
const LARGEST_LIMIT: u64 = 1_000;

/// Answers a query: `{data, meta}`.
pub(super) fn query(
    state: &State,
    connector: &Connector,
    entity: &str,
    params: &Map<String, Value>,
) -> Result<Value, Answer> {
    let started = Instant::now();
    search::searchable(entity)?;
    let bad = |message: String| error::bad_request(&message);
    if let Some(name) = params
        .keys()
        .find(|name| !["sql", "limit"].contains(&name.as_str()))
    {
        return Err(bad(format!(
            "Unknown parameter '{name}' for {entity} context_store_sql_query. Available parameters: sql, limit"
        )));
    }
    let sql = params
        .get("sql")
        .and_then(Value::as_str)
        .filter(|sql| !sql.trim().is_empty())
        .ok_or_else(|| bad(format!("Missing required parameter 'sql' for {entity}")))?;
    let limit = match params.get("limit").filter(|limit| !limit.is_null()) {
        None => LIMIT,
        Some(limit) => limit
            .as_u64()
            .filter(|limit| (1..=LARGEST_LIMIT).contains(limit))
            .and_then(|limit| usize::try_from(limit).ok())
            .ok_or_else(|| {
                bad(format!(
                    "limit must be an integer from 1 to {LARGEST_LIMIT}"
                ))
            })?,
    };
    connector::standing(state, &connector.credentials, None)
        .map_err(execute::upstream_authentication)?;
    // What a query does not name it does not read; parts of messages are the dearest.
    let words = sql.to_lowercase();
    let dense: String = words
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect();
    // To count rows is to name none of their columns.
    let has_payload = words.contains("payload") || dense.replace("count(*)", "").contains('*');
    let spam_and_trash = execute::includes_spam_and_trash(connector);
    let mut tables = Vec::new();
    for searchable in table::searchable() {
        if !words.contains(searchable.entity) {
            continue;
        }
        let rows = search::copy(
            &mut lock(&state.mailbox),
            searchable.entity,
            spam_and_trash,
            has_payload,
        )
        .map_err(|refusal| execute::upstream(&refusal))?;
        tables.push(engine::Table {
            name: searchable.entity,
            columns: searchable.fields,
            rows,
        });
    }
    let found = engine::query(tables, sql, limit).map_err(bad)?;
    Ok(json!({
        "data": found.rows,
        "meta": {
            "has_more": found.has_more,
            "took_ms": u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        },
    }))
}
