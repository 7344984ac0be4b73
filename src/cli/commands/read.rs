//! `airbyte-gmail read`.

use clap::Args;

use crate::cli::args::{Global, Messages};
use crate::cli::exit::Failure;
use crate::cli::output::{self, Format};
use crate::cli::page::page;
use crate::cli::settings::connect;

/// Read a message, or each of several
#[derive(Args)]
pub(crate) struct Read {
    #[command(flatten)]
    messages: Messages,
    /// Show the quoted history as well
    #[arg(long)]
    quoted: bool,
}

impl Read {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let output = global.output(Format::Table);
        let ids = self.messages.read()?;
        let gmail = connect(global)?;
        for (index, id) in ids.iter().enumerate() {
            let reading = gmail.read_with_attachments(id).await?;
            if output.format() == Format::Table {
                if index > 0 {
                    output::line(&"─".repeat(40))?;
                }
                output::line(&page(&reading, self.quoted))?;
            } else {
                let value = serde_json::to_value(&reading)?;
                output.value(&output.selection().apply(&value))?;
            }
        }
        Ok(())
    }
}
