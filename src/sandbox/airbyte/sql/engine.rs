//! The SQL engine of the copy: read-only SQLite in memory.

use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, Instant};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, Transaction, params_from_iter};
use serde_json::{Map, Value};

/// How long a query may take.
const LONGEST: Duration = Duration::from_secs(2);

/// How many SQLite instructions run between checks of the time.
const STEPS: i32 = 10_000;

/// The largest text or row, in bytes, because a query can generate its own.
const LARGEST_VALUE: i32 = 16 * 1024 * 1024;

/// The state that a table was copied from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Version {
    /// The mailbox's revision.
    pub(super) revision: u64,
    pub(super) spam_and_trash: bool,
    pub(super) has_payload: bool,
}

/// The tables that queries have named so far. Each stays until the mailbox changes.
#[derive(Default)]
pub(crate) struct SqlCopy {
    connection: Option<Connection>,
    versions: HashMap<&'static str, Version>,
}

/// The result of a query.
pub(super) struct Found {
    pub(super) rows: Vec<Value>,
    /// Whether the limit cut off more rows.
    pub(super) has_more: bool,
}

impl SqlCopy {
    /// Whether an entity's table is current and has the needed columns.
    pub(super) fn has(&self, entity: &str, needed: Version) -> bool {
        self.versions.get(entity).is_some_and(|there| {
            *there == needed
                || (*there
                    == Version {
                        has_payload: true,
                        ..needed
                    })
        })
    }

    /// Rebuilds an entity's table from the rows that `give` passes to its argument. On an error, the table
    /// stays as it was.
    pub(super) fn fill<E: From<String>>(
        &mut self,
        entity: &'static str,
        columns: &[&str],
        version: Version,
        give: impl FnOnce(&mut dyn FnMut(&Value) -> Result<(), String>) -> Result<(), E>,
    ) -> Result<(), E> {
        let connection = opened(&mut self.connection)?;
        let transaction = begin(connection, entity, columns).map_err(|error| shown(&error))?;
        {
            let marks = vec!["?"; columns.len()].join(", ");
            let insert = format!("INSERT INTO \"{entity}\" VALUES ({marks})");
            let mut insert = transaction
                .prepare(&insert)
                .map_err(|error| shown(&error))?;
            give(&mut |row| {
                let columns = columns.iter();
                let values = columns.map(|column| sqlite(row.get(*column).unwrap_or(&Value::Null)));
                insert
                    .execute(params_from_iter(values))
                    .map(drop)
                    .map_err(|error| shown(&error))
            })?;
        }
        transaction.commit().map_err(|error| shown(&error))?;
        self.versions.insert(entity, version);
        Ok(())
    }

    /// Runs a query.
    ///
    /// # Errors
    ///
    /// SQLite's error, or the one for a query that writes.
    pub(super) fn query(&mut self, sql: &str, limit: usize) -> Result<Found, String> {
        let connection = opened(&mut self.connection)?;
        guard(connection).map_err(|error| shown(&error))?;
        let mut statement = connection.prepare(sql).map_err(|error| shown(&error))?;
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query([]).map_err(|error| shown(&error))?;
        let mut found = Found {
            rows: Vec::new(),
            has_more: false,
        };
        while let Some(row) = rows.next().map_err(|error| shown(&error))? {
            if found.rows.len() == limit {
                found.has_more = true;
                break;
            }
            let mut object = Map::new();
            for (index, column) in columns.iter().enumerate() {
                let value = row.get_ref(index).map_err(|error| shown(&error))?;
                object.insert(column.clone(), json(value));
            }
            found.rows.push(Value::Object(object));
        }
        Ok(found)
    }
}

// Logs must not contain the copied mail.
impl fmt::Debug for SqlCopy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SqlCopy")
            .field("versions", &self.versions)
            .finish_non_exhaustive()
    }
}

fn opened(connection: &mut Option<Connection>) -> Result<&mut Connection, String> {
    match connection {
        Some(connection) => Ok(connection),
        None => {
            let opened = Connection::open_in_memory().map_err(|error| shown(&error))?;
            Ok(connection.insert(opened))
        }
    }
}

fn begin<'a>(
    connection: &'a mut Connection,
    entity: &str,
    columns: &[&str],
) -> rusqlite::Result<Transaction<'a>> {
    connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)?;
    connection.progress_handler(0, None::<fn() -> bool>)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, i32::MAX)?;
    let transaction = connection.transaction()?;
    // The names come from the spec, so they need no escaping.
    let names: Vec<String> = columns
        .iter()
        .map(|column| format!("\"{column}\""))
        .collect();
    transaction.execute(&format!("DROP TABLE IF EXISTS \"{entity}\""), [])?;
    transaction.execute(
        &format!("CREATE TABLE \"{entity}\" ({})", names.join(", ")),
        [],
    )?;
    Ok(transaction)
}

/// From here on nothing can write, open a file or run forever.
fn guard(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LARGEST_VALUE)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    let started = Instant::now();
    connection.progress_handler(STEPS, Some(move || started.elapsed() > LONGEST))?;
    connection.authorizer(Some(|context: AuthContext<'_>| match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => {
            Authorization::Allow
        }
        AuthAction::Function { function_name }
            if !function_name.eq_ignore_ascii_case("load_extension") =>
        {
            Authorization::Allow
        }
        _ => Authorization::Deny,
    }))
}

fn sqlite(value: &Value) -> rusqlite::types::Value {
    use rusqlite::types::Value as Own;
    match value {
        Value::Null => Own::Null,
        Value::Bool(value) => Own::Integer((*value).into()),
        Value::Number(number) => number.as_i64().map_or_else(
            || Own::Real(number.as_f64().unwrap_or_default()),
            Own::Integer,
        ),
        Value::String(text) => Own::Text(text.clone()),
        value => Own::Text(value.to_string()),
    }
}

fn json(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned().into(),
        ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned().into(),
    }
}

fn shown(error: &rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => {
            format!("The query took longer than {} seconds", LONGEST.as_secs())
        }
        Some(ErrorCode::AuthorizationForStatementDenied) => {
            "Only queries that read are allowed".to_owned()
        }
        _ => format!("SQL error: {error}"),
    }
}
