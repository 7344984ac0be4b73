//! `airbyte-gmail sandbox`.

use std::path::PathBuf;

use airbyte_agent_gmail::sandbox::{MinuteQuota, Sandbox};
use clap::ArgMatches;

use super::exit::Failure;
use super::{credential, output};

/// Serves until the program is stopped.
pub(crate) async fn run(arguments: &ArgMatches) -> Result<(), Failure> {
    let mut builder = Sandbox::builder();
    if let Some(port) = arguments.get_one::<u16>("port") {
        builder = builder.port(*port);
    }
    for file in arguments.get_many::<PathBuf>("mbox").into_iter().flatten() {
        builder = builder.mbox(file);
    }
    if let Some(quota) = arguments.get_one::<MinuteQuota>("quota") {
        builder = builder.quota(*quota);
    }
    let sandbox = builder.start().await?;
    match credential::mode(arguments, "env") {
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
