//! The command line, made from the operation table.

mod action;
mod command;
mod demo;
mod exit;
mod export;
mod filters;
mod import;
mod journal;
mod output;
mod server;
mod signature;
mod vacation;

use std::process::ExitCode;

use airbyte_agent_gmail::{Error, GmailConnector, Mode};
use clap::ArgMatches;

use exit::Failure;

/// Reads the arguments, does what they say, and gives the exit code.
pub(crate) fn main() -> ExitCode {
    let matches = command::program().get_matches();
    let verbose = matches.get_flag("verbose");
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return exit::report(&Failure::from(error), verbose),
    };
    match runtime.block_on(run(&matches)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => exit::report(&failure, verbose),
    }
}

async fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let Some((name, arguments)) = matches.subcommand() else {
        return Ok(());
    };
    match name {
        "demo" => demo::run().await,
        "sandbox" => server::run(arguments).await,
        "check" => {
            let gmail = connect(matches)?;
            gmail.check().await?;
            let mode = match gmail.mode() {
                Mode::OpenSource => "open-source",
                Mode::Hosted => "hosted",
            };
            output::print(&serde_json::json!({"ok": true, "mode": mode}))
        }
        "execute" => {
            let (entity, action, params) = action::from_json(arguments)?;
            let result = connect(matches)?.execute(&entity, &action, params).await?;
            output::print(&result)
        }
        "export" => export::run(connect(matches)?, arguments).await,
        "import" => import::run(connect(matches)?, arguments).await,
        "filters" => filters::run(connect(matches)?, arguments).await,
        "vacation" => vacation::run(connect(matches)?, arguments).await,
        "signature" => signature::run(connect(matches)?, arguments).await,
        entity => {
            let (operation, params) = action::from_flags(entity, arguments)?;
            let result = connect(matches)?
                .execute(operation.entity, operation.action, params)
                .await?;
            output::print(&result)
        }
    }
}

fn connect(matches: &ArgMatches) -> Result<GmailConnector, Error> {
    let mode = matches
        .get_one::<String>("mode")
        .map(|mode| match mode.as_str() {
            "hosted" => Mode::Hosted,
            _ => Mode::OpenSource,
        });
    GmailConnector::from_env(mode)
}
