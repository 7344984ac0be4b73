//! `airbyte-gmail mcp` in a build without the feature `mcp`. It says how to get one.

use std::ffi::OsString;

use clap::Args;

use crate::cli::args::Global;
use crate::cli::exit::Failure;

/// Serve the tools to agents over MCP
#[derive(Args)]
#[command(hide = true)]
pub(crate) struct Mcp {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _arguments: Vec<OsString>,
}

impl Mcp {
    /// Whether it serves a single client.
    pub(crate) fn is_for_one(&self) -> bool {
        true
    }

    /// Refuses.
    pub(crate) async fn run(self, _: &Global) -> Result<(), Failure> {
        Err(Failure::input(
            "this program was built without the feature `mcp`; install it with --features cli,mcp",
        ))
    }
}
