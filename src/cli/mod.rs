//! The command line: handwritten commands, and those from the operation table.

mod args;
mod browser;
mod change;
mod commands;
mod defaults;
mod digest;
mod editor;
mod exit;
mod field;
mod file;
mod journal;
mod label;
mod output;
mod page;
mod settings;
mod source;

use std::process::ExitCode;
use std::time::Duration;

use airbyte_agent_gmail::auth::finish_refreshes;
use clap::ArgMatches;
use tokio::runtime::{Builder, Runtime};

use args::{Command, Program, table};
use change::is_change;
use commands::{action, describe};
use exit::Failure;

/// How long the program waits at its end for a token refresh in the background.
const REFRESH_AT_END: Duration = Duration::from_secs(2);

/// Commands that refuse `--dry-run`, because they would do their work in spite of it.
const HAVE_NO_DRY_RUN: [&str; 8] = [
    "demo",
    "sandbox",
    "auth",
    "connectors",
    "oauth",
    "export",
    "mcp",
    "sql",
];

/// Parses the arguments, runs the command, and returns the exit code.
pub(crate) fn main() -> ExitCode {
    args::complete();
    let (program, matches) = match Program::read() {
        Ok(read) => read,
        Err(code) => return code,
    };
    let verbose = program.options.global.verbose;
    let runtime = match runtime(&program) {
        Ok(runtime) => runtime,
        Err(error) => return exit::report(&Failure::from(error), verbose),
    };
    let outcome = runtime.block_on(async {
        let outcome = run(program, &matches).await;
        finish_refreshes(REFRESH_AT_END).await;
        output::finish_pager();
        outcome
    });
    // A pending read of standard input must not keep the process alive.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => exit::report(&failure, verbose),
    }
}

fn runtime(program: &Program) -> std::io::Result<Runtime> {
    // The client waits for the list of tools, and starting threads takes time.
    let is_one =
        matches!(&program.command, Some(Command::Mcp(arguments)) if arguments.is_for_one());
    let mut builder = match is_one {
        true => Builder::new_current_thread(),
        false => Builder::new_multi_thread(),
    };
    builder.worker_threads(2).enable_all().build()
}

async fn run(mut program: Program, matches: &ArgMatches) -> Result<(), Failure> {
    if let Some(topic) = &program.options.help_agents {
        return describe::for_agents(topic);
    }
    program.options.global.take_defaults()?;
    let global = &program.options.global;
    let Some(name) = matches.subcommand_name() else {
        return Err(Failure::input("no command; see --help"));
    };
    if global.dry_run && HAVE_NO_DRY_RUN.contains(&name) {
        return Err(Failure::input(format!(
            "`{name}` has no --dry-run; nothing was done"
        )));
    }
    let outcome = match program.command {
        Some(command) => command.run(global).await,
        None => action::run(global, table::read(matches)?).await,
    };
    outcome.map_err(|failure| match failure {
        Failure::Unshown(_, why) if !global.dry_run && is_change(matches) => Failure::Done(why),
        failure => failure,
    })
}
