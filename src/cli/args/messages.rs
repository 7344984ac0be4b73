//! The messages that a command is about.

use clap::Args;

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
    /// The ids; those of the standard input in the place of the `-`.
    pub(crate) fn read(self) -> Result<Vec<String>, Failure> {
        let mut ids = Vec::new();
        for id in self.ids {
            if id == "-" {
                let lines = Text::from(id).read()?;
                let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
                ids.extend(lines.map(str::to_owned));
            } else {
                ids.push(id);
            }
        }
        if ids.is_empty() {
            output::note("the standard input holds no message id; there is nothing to do");
        }
        Ok(ids)
    }
}
