//! `context_store_sql_query`: SQL over Airbyte's copy of the mailbox.

mod engine;

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::organization::Connector;
use super::{connector, error, execute, search};
use crate::sandbox::exchange::Answer;
use crate::sandbox::mailbox::Refusal;
use crate::sandbox::state::{State, lock};
use crate::sandbox::table;
pub(crate) use engine::SqlCopy;
use engine::Version;

/// How long copying the tables of a query may take, after the mailbox has changed.
const LONGEST_COPY: Duration = Duration::from_secs(30);

/// The default number of rows, and the most.
const LIMIT: usize = 100;
const LARGEST_LIMIT: u64 = 1_000;

/// Why a table was not copied.
enum Stop {
    Refused(Refusal),
    Said(String),
}

impl From<String> for Stop {
    fn from(message: String) -> Self {
        Self::Said(message)
    }
}

/// Runs a query: `{data, meta}`.
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
    // Copy only what the query names: the parts of messages cost the most.
    let words = sql.to_lowercase();
    let dense: String = words
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect();
    // `count(*)` needs no column.
    let has_payload = words.contains("payload") || dense.replace("count(*)", "").contains('*');
    let spam_and_trash = execute::includes_spam_and_trash(connector);
    let mut copy = lock(&state.copy);
    for searchable in table::searchable() {
        let entity = searchable.entity;
        if !words.contains(entity) {
            continue;
        }
        let mut mailbox = lock(&state.mailbox);
        let version = Version {
            revision: mailbox.revision(),
            spam_and_trash,
            has_payload,
        };
        if copy.has(entity, version) {
            continue;
        }
        copy.fill(entity, searchable.fields, version, |insert| {
            search::each(&mut mailbox, entity, spam_and_trash, has_payload, |row| {
                if started.elapsed() > LONGEST_COPY {
                    return Err(Stop::Said(format!(
                        "To copy the mailbox took longer than {} seconds; use a smaller mailbox",
                        LONGEST_COPY.as_secs()
                    )));
                }
                insert(&row.map_err(Stop::Refused)?).map_err(Stop::Said)
            })
        })
        .map_err(|stop| match stop {
            Stop::Refused(refusal) => execute::upstream(&refusal),
            Stop::Said(message) => bad(message),
        })?;
    }
    let found = copy.query(sql, limit).map_err(bad)?;
    Ok(json!({
        "data": found.rows,
        "meta": {
            "has_more": found.has_more,
            "took_ms": u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        },
    }))
}
