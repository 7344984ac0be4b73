//! The message ids that a command takes.

use airbyte_agent_gmail::operation::gmail;
use airbyte_agent_gmail::tool::visible_text;
use clap::Args;
use serde_json::{Map, Value};

use super::Text;
use crate::cli::exit::Failure;
use crate::cli::output;

#[derive(Args)]
pub(crate) struct Messages {
    /// The ids of the messages, as search shows them; - reads them from standard input, one per line
    #[arg(value_name = "MESSAGE_ID", required = true)]
    ids: Vec<String>,
}

impl Messages {
    /// Returns the ids. A `-` stands for those on standard input.
    pub(crate) fn read(self) -> Result<Vec<String>, Failure> {
        let mut ids = Vec::new();
        for id in self.ids {
            if id == "-" {
                let lines = Text::from(id).read()?;
                let lines = lines.lines().map(str::trim);
                ids.extend(lines.filter(|line| !line.is_empty()).map(str::to_owned));
            } else {
                ids.push(id);
            }
        }
        // Check all ids before acting on the first.
        ids.iter().try_for_each(|id| check(id))?;
        if ids.is_empty() {
            output::note("standard input has no message id; there is nothing to do");
        }
        Ok(ids)
    }
}

/// Refuses text that can't be a message id, as the table would before a request, but quotes it.
fn check(id: &str) -> Result<(), Failure> {
    let row = gmail().find("messages", "get")?;
    let params = Map::from_iter([("messageId".to_owned(), Value::from(id))]);
    row.check(&params).map_err(|_| {
        let shown: String = visible_text(id).chars().take(60).collect();
        Failure::input(format!(
            "`{shown}` is not a message id; give one as search shows it"
        ))
    })
}
