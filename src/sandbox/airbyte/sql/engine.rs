//! The SQL of the copy: SQLite in memory, which can only read.

use std::time::{Duration, Instant};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, params_from_iter};
use serde_json::{Map, Value};

/// How long a query may take.
const LONGEST: Duration = Duration::from_secs(2);

/// After how many steps of SQLite's machine the time is looked at.
const STEPS: i32 = 10_000;

/// The largest text or row, in bytes: a query can make them up.
const LARGEST_VALUE: i32 = 16 * 1024 * 1024;

/// A table, and its rows as objects.
pub(super) struct Table<'a> {
    pub(super) name: &'a str,
    pub(super) columns: &'a [&'a str],
    pub(super) rows: Vec<Value>,
}

/// What a query gave.
pub(super) struct Found {
    pub(super) rows: Vec<Value>,
    /// Whether there were more than the limit.
    pub(super) has_more: bool,
}

/// Answers a query.
///
/// # Errors
///
/// What SQLite, or the rule that nothing is written, says of it.
pub(super) fn query(tables: Vec<Table<'_>>, sql: &str, limit: usize) -> Result<Found, String> {
    let mut connection = Connection::open_in_memory().map_err(|error| shown(&error))?;
    fill(&mut connection, tables).map_err(|error| shown(&error))?;
    guard(&mut connection).map_err(|error| shown(&error))?;
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

fn fill(connection: &mut Connection, tables: Vec<Table<'_>>) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for table in tables {
        // The names are the spec's.
        let names: Vec<String> = table
            .columns
            .iter()
            .map(|column| format!("\"{column}\""))
            .collect();
        let names = names.join(", ");
        let marks = vec!["?"; table.columns.len()].join(", ");
        transaction.execute(&format!("CREATE TABLE \"{}\" ({names})", table.name), [])?;
        let insert = format!("INSERT INTO \"{}\" VALUES ({marks})", table.name);
        let mut insert = transaction.prepare(&insert)?;
        for row in table.rows {
            let values = table
                .columns
                .iter()
                .map(|column| sqlite(row.get(*column).unwrap_or(&Value::Null)));
            insert.execute(params_from_iter(values))?;
        }
    }
    transaction.commit()
}

/// From here on nothing can be written, nothing opened, and nothing goes on for ever.
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
