//! The command line, made from the operation table.

mod action;
mod auth;
mod browser;
mod command;
mod connector;
mod credential;
mod demo;
mod describe;
mod digest;
mod doctor;
mod editor;
mod exit;
mod export;
mod file;
mod filters;
mod import;
mod journal;
mod label;
#[cfg(feature = "mcp")]
mod mcp;
mod oauth;
mod output;
mod people;
mod run;
mod server;
mod signature;
mod table;
mod vacation;
mod write;
mod yaml;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use airbyte_agent_gmail::Mode;
use airbyte_agent_gmail::auth::finish_refreshes;
use airbyte_agent_gmail::operation::gmail;
use clap::ArgMatches;

use credential::connect;
use exit::Failure;

/// How long the end of the program waits for a refresh in the background.
const REFRESH_AT_END: Duration = Duration::from_secs(2);

/// The commands that would do what they are for in spite of `--dry-run`, and so refuse it.
const HAVE_NO_DRY_RUN: [&str; 7] = [
    "demo",
    "sandbox",
    "auth",
    "connectors",
    "oauth",
    "export",
    "mcp",
];

/// Reads the arguments, does what they say, and gives the exit code.
pub(crate) fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    let matches = command::program_for(&arguments).get_matches_from(arguments);
    let verbose = matches.get_flag("verbose");
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return exit::report(&Failure::from(error), verbose),
    };
    let outcome = runtime.block_on(async {
        let outcome = run(&matches).await;
        finish_refreshes(REFRESH_AT_END).await;
        outcome
    });
    // A read of the standard input that nobody waits for any more must not keep the program.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => exit::report(&failure, verbose),
    }
}

async fn run(matches: &ArgMatches) -> Result<(), Failure> {
    if let Some(topic) = matches.get_one::<String>("help-agents") {
        return describe::for_agents(topic);
    }
    let Some((name, arguments)) = matches.subcommand() else {
        return Err(Failure::input("no command; see --help".to_owned()));
    };
    if dry_run(matches) && HAVE_NO_DRY_RUN.contains(&name) {
        return Err(Failure::input(format!(
            "`{name}` has no --dry-run; nothing was done"
        )));
    }
    match name {
        // What they do is more than one request, and must not be done under a flag that promises that it is not.
        "auth" | "connectors" | "oauth" if dry_run(innermost(arguments)) => Err(Failure::input(
            "nothing was done: these commands have no --dry-run".to_owned(),
        )),
        "demo" => demo::run().await,
        "sandbox" => server::run(arguments).await,
        "auth" => auth::run(arguments).await,
        "connectors" => connector::run(arguments).await,
        "oauth" => oauth::run(arguments).await,
        "check" => check(matches, arguments).await,
        "search" => people::search(matches, arguments).await,
        "read" => people::read(matches, arguments).await,
        "label" | "archive" | "trash" => people::change(name, matches, arguments).await,
        "attachments" => people::attachments(matches, arguments).await,
        "send" | "reply" | "forward" => write::run(name, matches, arguments).await,
        "schema" => describe::schema(arguments),
        "completions" => describe::completions(arguments),
        "man" => describe::man(arguments),
        "reference" => describe::pages(arguments),
        #[cfg(feature = "mcp")]
        "mcp" => mcp::run(arguments).await,
        "execute" => execute(matches, arguments).await,
        "export" => export::run(export::connect(matches, arguments)?, arguments).await,
        "import" => {
            let builder = credential::patient(credential::builder(matches)?);
            import::run(builder.build()?, arguments).await
        }
        "filters" => filters::run(connect(matches)?, arguments).await,
        "vacation" => vacation::run(connect(matches)?, arguments).await,
        "signature" => signature::run(connect(matches)?, arguments).await,
        entity => {
            let (operation, arguments, params) = action::from_flags(entity, arguments)?;
            run::action(matches, arguments, operation, params).await
        }
    }
}

async fn check(matches: &ArgMatches, arguments: &ArgMatches) -> Result<(), Failure> {
    let gmail = connect(matches)?;
    gmail.check().await?;
    let mode = match gmail.mode() {
        Mode::OpenSource => "open-source",
        Mode::Hosted => "hosted",
    };
    output::Output::new(arguments, output::Format::Json)
        .value(&serde_json::json!({"ok": true, "mode": mode}))
}

async fn execute(matches: &ArgMatches, arguments: &ArgMatches) -> Result<(), Failure> {
    let (entity, action, params) = action::from_json(arguments)?;
    // What the table does not have is the Context Store's search, or a slip that `execute` tells.
    if let Ok(operation) = gmail().find(&entity, &action) {
        return run::action(matches, arguments, operation, params).await;
    }
    let output = output::Output::new(arguments, output::Format::Json);
    let result = connect(matches)?
        .execute_selected(&entity, &action, params, &output.selection())
        .await?;
    output.result(&result)
}

/// The arguments of the command that is meant.
fn innermost(mut arguments: &ArgMatches) -> &ArgMatches {
    while let Some((_, inner)) = arguments.subcommand() {
        arguments = inner;
    }
    arguments
}

/// All that was given for an argument that may be repeated.
fn texts(arguments: &ArgMatches, name: &str) -> Vec<String> {
    arguments
        .get_many::<String>(name)
        .into_iter()
        .flatten()
        .cloned()
        .collect()
}

/// The text of an argument, or of the file that it names with an `@`, or of the standard input for `-`.
fn given_text(argument: &str) -> Result<String, Failure> {
    static IS_READ: AtomicBool = AtomicBool::new(false);
    if argument == "-" {
        if IS_READ.swap(true, Ordering::Relaxed) {
            return Err(Failure::input(
                "the standard input can be read once; give `@FILE` for the other text".to_owned(),
            ));
        }
        return std::io::read_to_string(std::io::stdin())
            .map_err(|error| Failure::input(format!("the standard input can't be read: {error}")));
    }
    match argument.strip_prefix('@') {
        Some(file) => std::fs::read_to_string(file)
            .map_err(|error| Failure::input(format!("{file}: {error}; give a file of text"))),
        None => Ok(argument.to_owned()),
    }
}

/// Whether the request is to be shown and not sent.
fn dry_run(arguments: &ArgMatches) -> bool {
    arguments.get_flag("dry-run")
}
