//! `airbyte-gmail unsubscribe`.

use clap::Args;
use serde_json::json;

use crate::cli::args::Global;
use crate::cli::exit::Failure;
use crate::cli::output::Format;
use crate::cli::settings::connect;

/// Unsubscribe from the mailing list that sent a message, if it offers one-click unsubscribe
#[derive(Args)]
pub(crate) struct Unsubscribe {
    /// The id of the message, as search shows it
    message_id: String,
}

/// The fields of the result.
pub(crate) const FIELDS: [&str; 2] = ["unsubscribed", "message"];

impl Unsubscribe {
    /// Runs the command.
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let output = global.output(Format::Table);
        let id = self.message_id;
        let gmail = connect(global)?;
        if global.dry_run {
            let url = gmail.unsubscribe_url(&id).await?;
            return output.value(
                &json!({"dry_run": true, "command": "unsubscribe", "message": id, "url": url}),
            );
        }
        gmail.unsubscribe(&id).await?;
        output.show(&json!({"unsubscribed": true, "message": id}))
    }
}
