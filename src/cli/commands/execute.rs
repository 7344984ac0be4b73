//! `airbyte-gmail execute`.

use airbyte_agent_gmail::operation::gmail;
use clap::Args;

use super::action;
use crate::cli::args::table::Call;
use crate::cli::args::{Global, Text};
use crate::cli::exit::Failure;
use crate::cli::output::Format;
use crate::cli::settings::connect;

/// Run any action by entity, action and params
#[derive(Args)]
pub(crate) struct Execute {
    /// The entity, such as messages
    entity: String,
    /// The action, such as list
    action: String,
    /// The params as a JSON object; @FILE reads a file, - reads standard input
    #[arg(long, value_name = "JSON", default_value = "{}")]
    params: Text,
}

impl Execute {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let params = self.params.read_json("--params")?;
        // An action missing from the table is the Context Store's, or a typo that `execute_selected` reports.
        if let Ok(operation) = gmail().find(&self.entity, &self.action) {
            let call = Call {
                operation,
                params,
                is_all: false,
            };
            return action::run(global, call).await;
        }
        let (connector, output) = (connect(global)?, global.output(Format::Json));
        let selection = output.selection();
        let call = connector.execute_selected(&self.entity, &self.action, params, &selection);
        output.execute(call, "").await
    }
}
