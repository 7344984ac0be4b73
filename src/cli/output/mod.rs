//! Standard output, in the requested format.

mod filter;
mod layout;
mod meter;
mod pager;
mod table;
mod wrap;
mod yaml;

use std::io::{IsTerminal, Write};

use airbyte_agent_gmail::connector::Execute;
use airbyte_agent_gmail::tool::{visible_json, visible_text};
use airbyte_agent_gmail::{Error, ExecuteResult, Selection};
use clap::ValueEnum;
use serde::Serialize;
use serde_json::Value;

use super::exit::{About, Failure, plain};
pub(crate) use filter::Filter;
pub(crate) use meter::Meter;
pub(crate) use pager::{finish as finish_pager, start as start_pager};
pub(crate) use table::{MARK, marked, terminal_width};
pub(crate) use wrap::{broken, fitting};

// The output formats. (A doc comment would appear in every command's help.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Table,
    Json,
    Ndjson,
    Yaml,
    Ids,
}

/// How to show results.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    format: Format,
    fields: Vec<String>,
    /// Whether a person chose the fields.
    is_chosen: bool,
    filter: Option<Filter>,
}

impl Output {
    /// Creates an output for a format. Each text in `fields` can list several, separated by commas.
    pub(crate) fn new(format: Format, fields: &[String], filter: Option<Filter>) -> Self {
        let fields: Vec<String> = fields
            .iter()
            .flat_map(|fields| fields.split(','))
            .map(|field| field.trim().to_owned())
            .filter(|field| !field.is_empty())
            .collect();
        Self {
            format,
            is_chosen: !fields.is_empty(),
            fields,
            filter,
        }
    }

    /// Refuses chosen fields that the records never have. If the fields are unknown, accepts any.
    pub(crate) fn check_fields<T: AsRef<str>>(&self, known: &[T]) -> Result<(), Failure> {
        if !self.is_chosen || known.is_empty() {
            return Ok(());
        }
        let first = |field: &str| field.split('.').next().unwrap_or_default().to_owned();
        let is_known = |field: &&String| {
            let first = first(field);
            known.iter().any(|known| known.as_ref() == first)
        };
        match self.fields.iter().find(|field| !is_known(field)) {
            None => Ok(()),
            Some(field) => {
                let known: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
                Err(Failure::input(format!(
                    "there is no field `{field}`; use one of: {}",
                    known.join(", ")
                )))
            }
        }
    }

    /// Sets the columns of a table, unless the arguments name some.
    pub(crate) fn with_columns(mut self, columns: &[&str]) -> Self {
        if self.fields.is_empty() && self.format == Format::Table {
            self.fields = columns.iter().map(|column| (*column).to_owned()).collect();
        }
        self
    }

    /// The format.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// The fields for the service to return.
    pub(crate) fn selection(&self) -> Selection {
        if self.format == Format::Ids {
            Selection::select(vec!["id".to_owned()])
        } else if self.fields.is_empty() {
            Selection::default()
        } else {
            Selection::select(self.fields.clone())
        }
    }

    /// Runs an action and shows its result. An error about `given`, if not empty, quotes it. JSON output without a filter
    /// is the service's own text.
    pub(crate) async fn execute(&self, call: Execute<'_>, given: &str) -> Result<(), Failure> {
        if self.format != Format::Json || self.filter.is_some() {
            return self.result(&quoting(given, call.await)?);
        }
        let text = serde_json::to_string(&quoting(given, call.text().await)?)?;
        line(&visible_json(&layout::pretty(&text)))
    }

    /// Shows a page of a list, or one record.
    fn result(&self, result: &ExecuteResult) -> Result<(), Failure> {
        match (self.format, &result.data) {
            (Format::Json, _) => self.print(result),
            (Format::Yaml, _) => yaml(result),
            (_, Value::Array(records)) => {
                self.records(records, true)?;
                more(result)
            }
            (_, record) => self.value(record),
        }
    }

    /// Shows a service's result: a list record by record, anything else as one value.
    pub(crate) fn show(&self, given: &impl Serialize) -> Result<(), Failure> {
        let value = serde_json::to_value(given)?;
        // A dry run is not a record: show it whole.
        let value = match value.get("dry_run") {
            Some(_) => value,
            None => self.selection().apply(&value),
        };
        match &value {
            Value::Array(records)
                if matches!(self.format, Format::Table | Format::Ndjson | Format::Ids) =>
            {
                self.records(records, true)
            }
            value => self.value(value),
        }
    }

    /// Shows a response with its records in `data`. The chosen fields apply to the records.
    pub(crate) fn show_list(&self, answer: &impl Serialize) -> Result<(), Failure> {
        const RECORDS: &str = "data";
        let mut answer = serde_json::to_value(answer)?;
        // Serialization omits an empty list.
        if let Some(fields) = answer.as_object_mut() {
            fields
                .entry(RECORDS)
                .or_insert_with(|| Value::Array(Vec::new()));
        }
        match self.format {
            Format::Json | Format::Yaml => {
                if let Some(records) = answer.get_mut(RECORDS) {
                    *records = self.selection().apply(records);
                }
                self.value(&answer)
            }
            Format::Table | Format::Ndjson | Format::Ids => self.show(&answer[RECORDS]),
        }
    }

    /// Shows one value that is not a page of a list.
    pub(crate) fn value(&self, value: &Value) -> Result<(), Failure> {
        match self.format {
            Format::Json => self.print(value),
            Format::Yaml => yaml(value),
            Format::Ndjson => self.ndjson(value),
            Format::Table => line(&table::fields(value)),
            Format::Ids => ids(std::slice::from_ref(value)),
        }
    }

    /// Shows records one below the other. `is_first` is set for the first batch.
    pub(crate) fn records(&self, records: &[Value], is_first: bool) -> Result<(), Failure> {
        match self.format {
            Format::Table => {
                let text = table::records(records, &self.fields, is_first, self.is_chosen);
                if text.is_empty() { Ok(()) } else { line(&text) }
            }
            Format::Yaml => records.iter().try_for_each(|record| yaml(&[record])),
            Format::Ids => ids(records),
            Format::Json | Format::Ndjson => {
                records.iter().try_for_each(|record| self.ndjson(record))
            }
        }
    }

    fn print(&self, value: &impl Serialize) -> Result<(), Failure> {
        match &self.filter {
            Some(filter) => filtered(filter, &serde_json::to_value(value)?),
            None => line(&visible_json(&serde_json::to_string_pretty(value)?)),
        }
    }

    fn ndjson(&self, value: &Value) -> Result<(), Failure> {
        match &self.filter {
            Some(filter) => filtered(filter, value),
            None => line(&visible_json(&value.to_string())),
        }
    }
}

fn quoting<T>(given: &str, outcome: Result<T, Error>) -> Result<T, Failure> {
    if given.is_empty() {
        return Ok(outcome?);
    }
    outcome.about(given)
}

/// Tells on standard error how to continue a list.
fn more(result: &ExecuteResult) -> Result<(), Failure> {
    let has_more = result
        .meta
        .iter()
        .any(|(name, value)| name.ends_with("ageToken") && value.is_string());
    if has_more && std::io::stderr().is_terminal() {
        note("there is more: --all gives every page");
    }
    Ok(())
}

/// A number of messages in words: "1 message", "2 messages".
pub(crate) fn messages(count: u64) -> String {
    match count {
        1 => "1 message".to_owned(),
        count => format!("{count} messages"),
    }
}

/// Whether a person reads standard output.
pub(crate) fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

fn filtered(filter: &Filter, value: &Value) -> Result<(), Failure> {
    filter.lines(value)?.iter().try_for_each(|text| line(text))
}

fn yaml(value: &impl Serialize) -> Result<(), Failure> {
    let value = serde_json::to_value(value)?;
    let text = yaml::to_string(&value).map_err(|error| Failure::Other(error.to_string()))?;
    line(text.trim_end())
}

/// Prints the ids of records, one per line, for a command that reads them from standard input.
fn ids(records: &[Value]) -> Result<(), Failure> {
    for record in records {
        match record["id"].as_str() {
            Some(id) => line(&visible_text(id))?,
            None => note("note: this result has no id; --output json shows it"),
        }
    }
    Ok(())
}

/// Prints a line of text.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    if let Some(printed) = pager::print(text) {
        return printed.map_err(unwritten);
    }
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{text}")
        .and_then(|()| stdout.flush())
        .map_err(unwritten)
}

/// The failure when standard output can't be written. A reader that went away is not an error; a full disk is.
pub(crate) fn unwritten(error: std::io::Error) -> Failure {
    if error.kind() == std::io::ErrorKind::BrokenPipe {
        return Failure::Silent;
    }
    Failure::Unshown(
        1,
        format!("standard output can't be written: {}", plain(&error)),
    )
}

/// Prints a message to standard error that is not part of the result.
pub(crate) fn note(text: &str) {
    tell(&visible_text(text));
}

/// Like `note`, for text without terminal control characters.
pub(crate) fn tell(text: &str) {
    // If standard error is gone, nobody is there to tell.
    let _ = writeln!(std::io::stderr().lock(), "{}", wrap::fitting_beside(text));
}
