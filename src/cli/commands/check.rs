//! `airbyte-gmail check`.

use airbyte_agent_gmail::Mode;
use serde_json::json;

use crate::cli::args::Global;
use crate::cli::exit::Failure;
use crate::cli::output;
use crate::cli::settings::connect;

/// The fields of the result.
pub(crate) const FIELDS: [&str; 2] = ["ok", "mode"];

/// Sends one request with the selected credentials.
pub(crate) async fn run(global: &Global) -> Result<(), Failure> {
    let gmail = connect(global)?;
    gmail.check().await?;
    let mode = match gmail.mode() {
        Mode::OpenSource => "open-source",
        Mode::Hosted => "hosted",
    };
    global.tell(&json!({"ok": true, "mode": mode}), |_| {
        output::marked(true, &format!("the credentials work, in {mode} mode"))
    })
}
