//! The configuration file: what counts where neither a flag nor the environment says anything.

use std::fs;
use std::io::ErrorKind;

use airbyte_agent_gmail::Mode;
use airbyte_agent_gmail::auth::AccountDirectory;
use clap::ValueEnum;
use serde::Deserialize;

use super::exit::Failure;
use super::output::Format;

/// The file's name, in the folder with the accounts.
const FILE: &str = "config.yaml";

/// The settings that the file can have.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Defaults {
    mode: Option<String>,
    /// The output format on a terminal; what is piped stays as it is, for the programs that read it.
    output: Option<String>,
    /// How many messages a page of `search` and `inbox` has.
    pub(crate) limit: Option<u16>,
    /// The pager's command line; nothing for no pager.
    pub(crate) pager: Option<String>,
}

impl Defaults {
    /// What the file of the user says; nothing where there is no file.
    pub(crate) fn read() -> Result<Self, Failure> {
        let Some(directory) = AccountDirectory::of_user() else {
            return Ok(Self::default());
        };
        let path = directory.path().join(FILE);
        let wrong = |what: &str| Failure::input(format!("{}: {what}", path.display()));
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(wrong(&format!("it can't be read: {error}"))),
        };
        if text
            .lines()
            .all(|line| line.trim().is_empty() || line.trim().starts_with('#'))
        {
            return Ok(Self::default());
        }
        serde_norway::from_str(&text).map_err(|error| wrong(&error.to_string()))
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
