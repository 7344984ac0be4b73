//! `airbyte-gmail thread`.

use clap::Args;

use crate::cli::args::Global;
use crate::cli::exit::{About, Failure};
use crate::cli::output::{self, Format};
use crate::cli::page;
use crate::cli::settings::connect;

/// Read a conversation, oldest message first
#[derive(Args)]
pub(crate) struct Thread {
    /// The id of the conversation, as search shows it
    thread_id: String,
    /// Also show quoted text
    #[arg(long)]
    quoted: bool,
}

impl Thread {
    /// Runs the command.
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let output = global.output(Format::Table);
        let gmail = connect(global)?;
        let id = &self.thread_id;
        let messages = gmail.read_thread(id).await.about(id)?;
        output::start_pager(global);
        if output.format() != Format::Table {
            let value = serde_json::to_value(&messages)?;
            return output.value(&output.selection().apply(&value));
        }
        let mut labels = None;
        for (position, message) in messages.iter().enumerate() {
            page::print(&gmail, &mut labels, message, self.quoted, position == 0).await?;
        }
        Ok(())
    }
}
