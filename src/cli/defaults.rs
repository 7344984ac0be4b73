//! The configuration file, with defaults for what neither a flag nor the environment sets.

use std::fs;
use std::io::ErrorKind;
use std::ops::RangeInclusive;

use airbyte_agent_gmail::Mode;
use airbyte_agent_gmail::auth::AccountDirectory;
use clap::ValueEnum;
use serde::Deserialize;
use serde_norway::Value;

use super::exit::Failure;
use super::output::Format;

/// The file's name, in the folder of the accounts.
const FILE: &str = "config.yaml";

/// The largest file to read, in bytes.
const LARGEST: u64 = 64 * 1024;

/// The allowed page sizes.
const LIMITS: RangeInclusive<u16> = 1..=500;

/// The file's keys, with values of any type.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    mode: Option<Value>,
    output: Option<Value>,
    limit: Option<Value>,
    pager: Option<Value>,
}

/// The settings that the file can contain.
#[derive(Debug, Default)]
pub(crate) struct Defaults {
    mode: Option<String>,
    /// The output format on a terminal. Piped output keeps its format for the programs that read it.
    output: Option<String>,
    /// The page size of `search` and `inbox`.
    pub(crate) limit: Option<u16>,
    /// The pager's command line; empty for no pager.
    pub(crate) pager: Option<String>,
}

impl Defaults {
    /// Reads the user's file. Without a file, all settings are unset.
    pub(crate) fn read() -> Result<Self, Failure> {
        let Some(directory) = AccountDirectory::of_user() else {
            return Ok(Self::default());
        };
        let path = directory.path().join(FILE);
        let wrong = |what: &str| Failure::input(format!("{}: {what}", path.display()));
        let unreadable = |error| wrong(&format!("it can't be read: {error}"));
        match fs::metadata(&path) {
            Ok(found) if !found.is_file() => {
                return Err(wrong("it is not a file; move it away, or write one"));
            }
            Ok(found) if found.len() > LARGEST => {
                return Err(wrong(&format!(
                    "it has {} bytes, and at most {LARGEST} are read; remove what is no setting",
                    found.len()
                )));
            }
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(unreadable(error)),
        }
        let text = fs::read_to_string(&path).map_err(unreadable)?;
        if text
            .lines()
            .all(|line| line.trim().is_empty() || line.trim().starts_with('#'))
        {
            return Ok(Self::default());
        }
        Self::parse(&text).map_err(|error| wrong(&error))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let keys: Keys = serde_norway::from_str(text).map_err(|error| {
            match serde_norway::from_str::<Value>(text) {
                Ok(value) if !value.is_mapping() => {
                    format!(
                        "it is {}; give keys with values, such as `limit: 25`",
                        kind(&value)
                    )
                }
                // The parser omits the position for the file's first key.
                _ => match error.to_string() {
                    said if said.starts_with("unknown field") && !said.contains(" at line ") => {
                        format!("{said} at line 1")
                    }
                    said => said,
                },
            }
        })?;
        let word = |key: &str, value: Option<Value>, expected: &str| match value {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(format!("`{key}` is {}; give {expected}", kind(&other))),
        };
        let limit = match keys.limit {
            None | Some(Value::Null) => None,
            Some(value) => {
                let number = value.as_u64().and_then(|number| u16::try_from(number).ok());
                let number = number.filter(|number| LIMITS.contains(number));
                Some(number.ok_or_else(|| {
                    let (least, most) = LIMITS.into_inner();
                    format!(
                        "`limit` is {}; give a whole number from {least} to {most}",
                        kind(&value)
                    )
                })?)
            }
        };
        Ok(Self {
            mode: word("mode", keys.mode, "open-source or hosted")?,
            output: word("output", keys.output, "table, json, ndjson, yaml or ids")?,
            limit,
            pager: word("pager", keys.pager, "a command line, or '' for no pager")?,
        })
    }

    /// The output format on a terminal.
    pub(crate) fn output(&self) -> Result<Option<Format>, Failure> {
        let Some(name) = &self.output else {
            return Ok(None);
        };
        Format::from_str(name, false).map(Some).map_err(|_| {
            Failure::input(format!(
                "{FILE}: the output `{name}` is unknown; use one of: table, json, ndjson, yaml, ids"
            ))
        })
    }

    /// The mode.
    pub(crate) fn mode(&self) -> Result<Option<Mode>, Failure> {
        match self.mode.as_deref() {
            None => Ok(None),
            Some("open-source") => Ok(Some(Mode::OpenSource)),
            Some("hosted") => Ok(Some(Mode::Hosted)),
            Some(other) => Err(Failure::input(format!(
                "{FILE}: the mode `{other}` is unknown; use one of: open-source, hosted"
            ))),
        }
    }
}

/// Describes a value to the person who wrote it.
fn kind(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Number(value) => format!("`{value}`"),
        Value::String(value) => format!("the text `{value}`"),
        Value::Sequence(_) => "a list".to_owned(),
        Value::Mapping(_) => "a mapping".to_owned(),
        Value::Tagged(_) => "a value with a tag".to_owned(),
    }
}
