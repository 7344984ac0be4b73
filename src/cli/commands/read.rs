//! `airbyte-gmail read`.

use clap::Args;

use crate::cli::args::{Global, Messages};
use crate::cli::exit::{About, Failure};
use crate::cli::output::{self, Format};
use crate::cli::page;
use crate::cli::settings::connect;

/// The fields of a message.
pub(crate) const FIELDS: [&str; 29] = [
    "id",
    "thread_id",
    "label_ids",
    "from",
    "to",
    "cc",
    "bcc",
    "reply_to",
    "authentication",
    "subject",
    "date",
    "date_epoch",
    "internal_date_epoch",
    "date_rfc3339",
    "message_id",
    "in_reply_to",
    "references",
    "text",
    "is_text_from_html",
    "html",
    "attachments",
    "calendars",
    "delivery_report",
    "disposition_notification",
    "feedback_report",
    "signature",
    "encryption",
    "undecoded",
    "snippet",
];

/// Read a message, or each of several
#[derive(Args)]
pub(crate) struct Read {
    #[command(flatten)]
    messages: Messages,
    /// Also show quoted text
    #[arg(long)]
    quoted: bool,
}

impl Read {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let output = global.output(Format::Table);
        let ids = self.messages.read()?;
        let gmail = connect(global)?;
        let mut labels = None;
        output::start_pager(global);
        for (index, id) in ids.iter().enumerate() {
            let reading = gmail.read_with_attachments(id).await.about(id)?;
            if output.format() == Format::Table {
                page::print(&gmail, &mut labels, &reading, self.quoted, index == 0).await?;
            } else {
                let value = serde_json::to_value(&reading)?;
                output.value(&output.selection().apply(&value))?;
            }
        }
        Ok(())
    }
}
