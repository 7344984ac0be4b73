//! `airbyte-gmail sql`.

use airbyte_agent_gmail::operation::gmail;
use clap::{Args, value_parser};
use serde_json::json;

use crate::cli::args::Global;
use crate::cli::exit::Failure;
use crate::cli::output::Format;
use crate::cli::settings::connect;

/// Query Airbyte's copy of the mailbox in SQL (hosted mode)
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    airbyte-gmail sql \"select count(*) as n from messages\"\n  \
    airbyte-gmail sql \"select id, snippet from messages order by sizeEstimate desc\" --limit 5 -o table")]
pub(crate) struct Sql {
    /// The query; the tables are messages, threads, labels, drafts and profile
    query: String,
    /// The entity to send it to
    #[arg(long, default_value = "messages")]
    entity: String,
    /// How many rows at most
    #[arg(long, short = 'n', value_name = "NUMBER", default_value = "100", value_parser = value_parser!(u32).range(1..))]
    limit: u32,
}

impl Sql {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let params = json!({"sql": self.query, "limit": self.limit});
        let (connector, output) = (connect(global)?, global.output(Format::Json));
        let call = connector
            .execute(&self.entity, gmail().sql_action, params)
            .selection(output.selection());
        output.execute(call, "").await
    }
}
