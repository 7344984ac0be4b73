//! The arguments: global options, the commands, and value types.

mod browser;
mod client;
pub(crate) mod complete;
mod consent;
mod help;
mod messages;
pub(crate) mod table;
mod value;

use std::borrow::Cow;
use std::process::ExitCode;

use airbyte_agent_gmail::Mode;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::CompleteEnv;
use clap_complete::engine::ArgValueCompleter;
use serde::Serialize;
use serde_json::Value;

use super::commands;
use super::defaults::Defaults;
use super::exit::{self, Failure};
use super::field::{self, Fields};
use super::output::{self, Filter, Format, Output};

pub(crate) use browser::Browser;
pub(crate) use client::Client;
pub(crate) use consent::{Consent, Customer, Named};
pub(crate) use messages::Messages;
pub(crate) use value::{Text, seconds};

/// The variable by which a shell's completion script calls the program.
pub(crate) const COMPLETE: &str = "AIRBYTE_GMAIL_COMPLETE";

/// The program's name.
pub(crate) const NAME: &str = "airbyte-gmail";

/// The end of the help: credentials and exit codes.
const AFTER_HELP: &str = "\
Credentials: from --account, else the environment (see `auth --help`), else `auth login`
Exit codes: 0 done, 1 other, 2 input, 3 sign in again, 4 not permitted, 5 not found, 6 rate limit,
7 network or service: try again, 8 may have been done: look first, 9 not in this mode";

// The command line. (A doc comment would replace the program's help.)
#[derive(Parser)]
#[command(name = NAME)]
pub(crate) struct Program {
    #[command(flatten)]
    pub(crate) options: Options,
    /// `None` for an entity of the operation table, whose commands come from its rows.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Gmail from the command line: directly, or through an Airbyte connector
#[derive(Args)]
#[command(version, after_help = AFTER_HELP, arg_required_else_help = true)]
pub(crate) struct Options {
    /// Print what an agent needs to know; =ENTITY or =all for the reference
    #[arg(long, value_name = "ENTITY", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub(crate) help_agents: Option<String>,
    #[command(flatten)]
    pub(crate) global: Global,
}

// The flags of every command. (A doc comment would become the program's help.)
#[derive(Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The mode
    #[arg(long, global = true, value_parser = mode())]
    pub(crate) mode: Option<Mode>,
    /// The signed-in account to use
    #[arg(long, global = true, value_name = "NAME", add = ArgValueCompleter::new(complete::accounts))]
    pub(crate) account: Option<String>,
    /// The output format
    #[arg(long, short, global = true, value_name = "FORM")]
    output: Option<Format>,
    /// The fields to show, such as id,payload.headers
    #[arg(long, global = true)]
    fields: Vec<String>,
    /// Why you run this, for Airbyte's audit log (hosted mode)
    #[arg(long, global = true, value_name = "TEXT")]
    pub(crate) intent: Option<String>,
    /// A jq filter for the JSON output, such as '.messages[].id'
    #[arg(long, global = true, value_name = "FILTER", value_parser = Filter::parse)]
    jq: Option<Filter>,
    /// Show what would be sent, and send nothing
    #[arg(long, global = true)]
    pub(crate) dry_run: bool,
    /// Don't ask before doing what can't be undone
    #[arg(long, short, global = true)]
    pub(crate) yes: bool,
    /// Also show which credentials are used and what the service said
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
    #[arg(skip)]
    pub(crate) defaults: Defaults,
}

impl Global {
    /// How to show results: as the flags say, else in the format `default`.
    pub(crate) fn output(&self, default: Format) -> Output {
        let format = match (self.output, &self.jq) {
            (None | Some(Format::Table | Format::Yaml), Some(_)) if default != Format::Ndjson => {
                Format::Json
            }
            (format, _) => format.unwrap_or(default),
        };
        Output::new(format, &self.fields, self.jq.clone())
    }

    /// Reads the configuration file for what the flags leave open.
    pub(crate) fn take_defaults(&mut self) -> Result<(), Failure> {
        self.defaults = Defaults::read()?;
        let output = self.defaults.output()?;
        if self.output.is_none() && output::is_terminal() {
            self.output = output;
        }
        Ok(())
    }

    /// Shows a value, as JSON unless the flags say otherwise.
    pub(crate) fn show(&self, value: &impl Serialize) -> Result<(), Failure> {
        self.output(Format::Json).show(value)
    }

    /// Like `show`, but prints a few lines for a person at a terminal.
    pub(crate) fn tell(
        &self,
        value: &impl Serialize,
        told: impl FnOnce(&Value) -> String,
    ) -> Result<(), Failure> {
        let is_plain = self.output.is_none() && self.jq.is_none() && self.fields.is_empty();
        if !is_plain || !output::is_terminal() {
            return self.show(value);
        }
        output::line(&output::fitting(
            told(&serde_json::to_value(value)?).trim_end(),
        ))
    }
}

// Building all commands takes longer than most commands run, so each is built only when named.
#[derive(Subcommand)]
#[command(defer = true)]
pub(crate) enum Command {
    /// Read and send mail in both modes, without an account
    Demo,
    Sandbox(commands::sandbox::Sandbox),
    #[command(subcommand)]
    Auth(commands::auth::Auth),
    #[command(subcommand)]
    Connectors(commands::connectors::Connectors),
    #[command(subcommand)]
    Oauth(commands::oauth::Oauth),
    /// Check whether the credentials work
    Check,
    #[command(visible_alias = "ls")]
    Inbox(commands::search::Inbox),
    Search(commands::search::Search),
    Sql(commands::sql::Sql),
    Label(commands::organise::Label),
    /// Remove messages from the inbox
    Archive(Messages),
    /// Move messages to the trash
    Trash(Messages),
    /// Take messages out of the trash
    Untrash(Messages),
    #[command(subcommand)]
    Mark(commands::organise::Mark),
    Thread(commands::thread::Thread),
    Open(commands::open::Open),
    Watch(commands::watch::Watch),
    Rsvp(commands::rsvp::Rsvp),
    Unsubscribe(commands::unsubscribe::Unsubscribe),
    Schema(commands::describe::Schema),
    Completions(commands::describe::Completions),
    Man(commands::describe::Man),
    Reference(commands::describe::Reference),
    Execute(commands::execute::Execute),
    Export(commands::export::Export),
    Import(commands::import::Import),
    #[command(subcommand)]
    Filters(commands::filters::Filters),
    #[command(subcommand)]
    Vacation(commands::vacation::Vacation),
    #[command(subcommand)]
    Signature(commands::signature::Signature),
    Mcp(commands::mcp::Mcp),
    Read(commands::read::Read),
    #[command(subcommand)]
    Attachments(commands::attachments::Attachments),
    Send(commands::send::Send),
    Reply(commands::send::Reply),
    Forward(commands::send::Forward),
}

impl Command {
    /// The fields of its results; empty if they are not known in advance, or if there are no records.
    fn fields(&self) -> Fields {
        match self {
            Self::Auth(command) => command.fields(),
            Self::Connectors(command) => command.fields(),
            Self::Oauth(command) => command.fields(),
            Self::Check => &commands::check::FIELDS,
            Self::Inbox(_) | Self::Search(_) => &commands::search::FIELDS,
            Self::Label(_)
            | Self::Archive(_)
            | Self::Trash(_)
            | Self::Untrash(_)
            | Self::Mark(_) => &commands::organise::FIELDS,
            Self::Read(_) | Self::Thread(_) => &commands::read::FIELDS,
            Self::Open(command) => command.fields(),
            Self::Watch(_) => &commands::watch::FIELDS,
            Self::Rsvp(_) => &commands::rsvp::FIELDS,
            Self::Unsubscribe(_) => &commands::unsubscribe::FIELDS,
            Self::Export(_) => &commands::export::FIELDS,
            Self::Import(_) => &commands::import::FIELDS,
            Self::Filters(command) => command.fields(),
            Self::Vacation(_) => field::of_gmail("settings", "get_vacation"),
            Self::Signature(_) => field::of_gmail("settings_send_as", "patch"),
            Self::Attachments(_) => &commands::attachments::FIELDS,
            Self::Send(_) | Self::Reply(_) | Self::Forward(_) => &commands::send::FIELDS,
            // The others have no records, or the fields depend on the action or query.
            _ => &[],
        }
    }

    /// Runs the command.
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        global.output(Format::Json).check_fields(self.fields())?;
        match self {
            Self::Demo => commands::demo::run().await,
            Self::Sandbox(arguments) => arguments.run().await,
            Self::Auth(command) => command.run(global).await,
            Self::Connectors(command) => command.run(global).await,
            Self::Oauth(command) => command.run(global).await,
            Self::Check => commands::check::run(global).await,
            Self::Inbox(arguments) => arguments.run(global).await,
            Self::Search(arguments) => arguments.run(global).await,
            Self::Sql(arguments) => arguments.run(global).await,
            Self::Label(arguments) => arguments.run(global).await,
            Self::Archive(messages) => commands::organise::archive(messages, global).await,
            Self::Trash(messages) => commands::organise::trash(messages, global).await,
            Self::Untrash(messages) => commands::organise::untrash(messages, global).await,
            Self::Mark(command) => command.run(global).await,
            Self::Thread(arguments) => arguments.run(global).await,
            Self::Open(arguments) => arguments.run(global).await,
            Self::Watch(arguments) => arguments.run(global).await,
            Self::Rsvp(arguments) => arguments.run(global).await,
            Self::Unsubscribe(arguments) => arguments.run(global).await,
            Self::Schema(arguments) => arguments.run(global),
            Self::Completions(arguments) => arguments.run(),
            Self::Man(arguments) => arguments.run(),
            Self::Reference(arguments) => arguments.run(),
            Self::Execute(arguments) => arguments.run(global).await,
            Self::Export(arguments) => arguments.run(global).await,
            Self::Import(arguments) => arguments.run(global).await,
            Self::Filters(command) => command.run(global).await,
            Self::Vacation(command) => command.run(global).await,
            Self::Signature(command) => command.run(global).await,
            Self::Mcp(arguments) => arguments.run(global).await,
            Self::Read(arguments) => arguments.run(global).await,
            Self::Attachments(command) => command.run(global).await,
            Self::Send(arguments) => arguments.run(global).await,
            Self::Reply(arguments) => arguments.run(global).await,
            Self::Forward(arguments) => arguments.run(global).await,
        }
    }
}

impl Program {
    /// Parses the command line; also returns the matches for commands from the table. For errors and help it returns the
    /// exit code.
    pub(crate) fn read() -> Result<(Self, clap::ArgMatches), ExitCode> {
        let arguments: Vec<_> = std::env::args_os().collect();
        let words: Vec<_> = arguments
            .iter()
            .skip(1)
            .map(|word| word.to_string_lossy())
            .collect();
        let asks_for_help = words.iter().any(|word| match word.strip_prefix('-') {
            Some(flags) if !flags.starts_with('-') => flags.contains('h'),
            _ => word == "help" || word == "--help",
        });
        let command = if words.is_empty() || asks_for_help {
            program()
        } else {
            named(&words)
        };
        let read = || {
            let matches = command.try_get_matches_from(&arguments)?;
            Ok((Self::from_arg_matches(&matches)?, matches))
        };
        read().map_err(|error: clap::Error| match error.print() {
            Err(error_of_output) if !error.use_stderr() => {
                exit::report(&output::unwritten(error_of_output), false)
            }
            _ => u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from),
        })
    }
}

/// Answers a shell's completion request and exits; otherwise returns.
pub(crate) fn complete() {
    CompleteEnv::with_factory(program)
        .var(COMPLETE)
        .bin(NAME)
        .completer(NAME)
        .complete();
}

/// The whole tree of commands, with their arguments.
pub(crate) fn program() -> clap::Command {
    let mut program = tree(&|_| true);
    program.build();
    help::grouped(program)
}

/// The commands that the words could name. If they name none, all commands, so clap can list them.
fn named(words: &[Cow<'_, str>]) -> clap::Command {
    let has = |name: &str| words.iter().any(|word| word == name);
    let own = Command::augment_subcommands(clap::Command::new(NAME));
    let is_named =
        |command: &&clap::Command| has(command.get_name()) || command.get_all_aliases().any(has);
    let mut commands: Vec<_> = own.get_subcommands().filter(is_named).cloned().collect();
    commands.extend(table::wanted(&has));
    if commands.is_empty() && !["--version", "-V"].into_iter().any(has) {
        return tree(&has);
    }
    // clap copies every global option into each command.
    Options::augment_args(clap::Command::new(NAME)).subcommands(commands)
}

/// All commands. Those from the table get their actions only if wanted.
fn tree(is_wanted: &dyn Fn(&str) -> bool) -> clap::Command {
    Program::command().subcommands(table::commands(is_wanted))
}

/// Parses `open-source` or `hosted`.
pub(crate) fn mode() -> impl TypedValueParser<Value = Mode> {
    PossibleValuesParser::new(["open-source", "hosted"]).map(|name| match name.as_str() {
        "hosted" => Mode::Hosted,
        _ => Mode::OpenSource,
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tree_is_sound() {
        super::program().debug_assert();
    }

    #[test]
    fn no_entity_takes_the_place_of_a_command() {
        let program = super::program();
        let mut names: Vec<&str> = program
            .get_subcommands()
            .map(clap::Command::get_name)
            .collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all, "{names:?}");
    }
}
