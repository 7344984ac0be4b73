//! The standard output, in the form that was asked for.

use std::io::{IsTerminal, Write};

use airbyte_agent_gmail::tool::{visible_json, visible_text};
use airbyte_agent_gmail::{ExecuteResult, Selection};
use clap::ArgMatches;
use serde::Serialize;
use serde_json::Value;

use super::exit::Failure;
use super::{table, yaml};

/// The forms of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Table,
    Json,
    Ndjson,
    Yaml,
}

/// How results are shown.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    format: Format,
    fields: Vec<String>,
}

impl Output {
    /// As the arguments say; `default` where they say nothing.
    pub(crate) fn new(arguments: &ArgMatches, default: Format) -> Self {
        let format = match arguments.get_one::<String>("output").map(String::as_str) {
            Some("table") => Format::Table,
            Some("ndjson") => Format::Ndjson,
            Some("yaml") => Format::Yaml,
            Some(_) => Format::Json,
            None => default,
        };
        let fields = arguments
            .get_many::<String>("fields")
            .into_iter()
            .flatten()
            .flat_map(|fields| fields.split(','))
            .map(|field| field.trim().to_owned())
            .filter(|field| !field.is_empty())
            .collect();
        Self { format, fields }
    }

    /// The columns of a table where the arguments name none.
    pub(crate) fn with_columns(mut self, columns: &[&str]) -> Self {
        if self.fields.is_empty() && self.format == Format::Table {
            self.fields = columns.iter().map(|column| (*column).to_owned()).collect();
        }
        self
    }

    /// The form.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// The fields that are wanted, for the services to choose.
    pub(crate) fn selection(&self) -> Selection {
        if self.fields.is_empty() {
            Selection::default()
        } else {
            Selection::select(self.fields.clone())
        }
    }

    /// Shows a page of a list, or one record.
    pub(crate) fn result(&self, result: &ExecuteResult) -> Result<(), Failure> {
        match (self.format, &result.data) {
            (Format::Json, _) => print(result),
            (Format::Yaml, _) => yaml(result),
            (_, Value::Array(records)) => {
                self.records(records, true)?;
                more(result)
            }
            (_, record) => self.value(record),
        }
    }

    /// Shows what a service gave: a list a record each, anything else as one value.
    pub(crate) fn show(&self, given: &impl Serialize) -> Result<(), Failure> {
        let value =
            serde_json::to_value(given).map_err(|error| Failure::Other(error.to_string()))?;
        let value = self.selection().apply(&value);
        match &value {
            Value::Array(records) if self.format != Format::Json => self.records(records, true),
            value => self.value(value),
        }
    }

    /// Shows one value that is no page of a list.
    pub(crate) fn value(&self, value: &Value) -> Result<(), Failure> {
        match self.format {
            Format::Json => print(value),
            Format::Yaml => yaml(value),
            Format::Ndjson => ndjson(value),
            Format::Table => line(&table::fields(value)),
        }
    }

    /// Shows records one below the other; `is_first` where no others went before.
    pub(crate) fn records(&self, records: &[Value], is_first: bool) -> Result<(), Failure> {
        match self.format {
            Format::Table => {
                let text = table::records(records, &self.fields, is_first);
                if text.is_empty() { Ok(()) } else { line(&text) }
            }
            Format::Yaml => records.iter().try_for_each(|record| yaml(&[record])),
            Format::Json | Format::Ndjson => records.iter().try_for_each(ndjson),
        }
    }
}

/// Says on the standard error how a list goes on.
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

/// Shows a value as the arguments say, as JSON where they say nothing.
pub(crate) fn show(arguments: &ArgMatches, value: &impl Serialize) -> Result<(), Failure> {
    let value = serde_json::to_value(value).map_err(|error| Failure::Other(error.to_string()))?;
    let output = Output::new(arguments, Format::Json);
    match &value {
        Value::Array(records) if matches!(output.format, Format::Table | Format::Ndjson) => {
            output.records(records, true)
        }
        _ => output.value(&value),
    }
}

/// Prints a value as JSON.
pub(crate) fn print(value: &impl Serialize) -> Result<(), Failure> {
    let text =
        serde_json::to_string_pretty(value).map_err(|error| Failure::Other(error.to_string()))?;
    line(&visible_json(&text))
}

fn ndjson(value: &Value) -> Result<(), Failure> {
    line(&visible_json(&value.to_string()))
}

fn yaml(value: &impl Serialize) -> Result<(), Failure> {
    let value = serde_json::to_value(value).map_err(|error| Failure::Other(error.to_string()))?;
    let text = yaml::to_string(&value).map_err(|error| Failure::Other(error.to_string()))?;
    line(text.trim_end())
}

/// Prints a line of text.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{text}")?;
    Ok(stdout.flush()?)
}

/// Says something on the standard error that is not the result.
pub(crate) fn note(text: &str) {
    // With the standard error gone there is nobody to tell.
    let _ = writeln!(std::io::stderr().lock(), "{}", visible_text(text));
}

/// How far a long work is, on a terminal alone.
pub(crate) struct Meter {
    is_shown: bool,
}

impl Meter {
    pub(crate) fn new() -> Self {
        // On the same terminal the records themselves show that it goes on.
        Self {
            is_shown: std::io::stderr().is_terminal() && !std::io::stdout().is_terminal(),
        }
    }

    pub(crate) fn show(&self, count: usize, what: &str) {
        if self.is_shown {
            let mut stderr = std::io::stderr().lock();
            // With the standard error gone there is nobody to tell.
            let _ = write!(stderr, "\r{count} {what}");
            let _ = stderr.flush();
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if self.is_shown {
            // The line is left for what comes next.
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K");
        }
    }
}
