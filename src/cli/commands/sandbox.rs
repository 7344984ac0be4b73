//! `airbyte-gmail sandbox`.

use std::path::PathBuf;

use airbyte_agent_gmail::sandbox::MinuteQuota;
use airbyte_agent_gmail::{Mode, sandbox};
use clap::Args;

use crate::cli::args::mode;
use crate::cli::exit::Failure;
use crate::cli::output;

/// Serve a Google and an Airbyte of your own on 127.0.0.1, with a mailbox
///
/// Prints one line of JSON with the addresses and credentials when it is ready, and serves until it is stopped.
#[derive(Args)]
pub(crate) struct Sandbox {
    /// In place of the JSON print lines for a shell, which lead this program there
    #[arg(long, value_name = "MODE", value_parser = mode())]
    env: Option<Mode>,
    /// The port; a free one by default
    #[arg(long)]
    port: Option<u16>,
    /// An mbox whose mail to hold in place of the sample; a Google Takeout export will do
    #[arg(long, value_name = "FILE", num_args = 1..)]
    mbox: Vec<PathBuf>,
    /// Hold Google's quota, 6000 units a minute by default: in any 60 s (sliding) or in each minute (fixed)
    #[arg(long, value_name = "WINDOW[:UNITS]")]
    quota: Option<MinuteQuota>,
}

impl Sandbox {
    /// Serves until the program is stopped.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let mut builder = sandbox::Sandbox::builder();
        if let Some(port) = self.port {
            builder = builder.port(port);
        }
        for file in self.mbox {
            builder = builder.mbox(file);
        }
        if let Some(quota) = self.quota {
            builder = builder.quota(quota);
        }
        let sandbox = builder.start().await?;
        match self.env {
            None => output::line(&sandbox.announcement())?,
            Some(mode) => {
                for (name, value) in sandbox.variables(mode) {
                    output::line(&format!("export {name}='{value}'"))?;
                }
            }
        }
        tokio::select! {
            () = sandbox.wait() => Ok(()),
            result = tokio::signal::ctrl_c() => Ok(result?),
        }
    }
}
