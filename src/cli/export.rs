//! `airbyte-gmail export`.

mod archive;
mod index;
mod label;
mod maildir;
mod single;
mod spool;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use airbyte_agent_gmail::sync::found;
use airbyte_agent_gmail::{GmailConnector, Quota};
use clap::{Arg, ArgAction, ArgMatches, Command};
use futures_util::TryStreamExt;
use serde_json::json;

use super::exit::Failure;
use super::label::Labels;
use super::{credential, output};
use archive::{Archive, Opened, Plan};

/// How many messages are asked for at once unless the user says otherwise.
const AT_ONCE: &str = "8";

/// How long a message may wait for its group to be brought onto the disk.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// The largest page: it costs the same whatever its size.
const PAGE_SIZE: i64 = 500;

/// The command's arguments.
pub(crate) fn command() -> Command {
    Command::new("export")
        .about("Save mail to an mbox, a Maildir or NDJSON; goes on where it was stopped")
        .long_about(
            "Save mail to an mbox, a Maildir or NDJSON, byte for byte as Gmail has it.\n\n\
             Run the same command again after an interruption of any kind and it goes on where it was; run it again \
             later and it adds what is new. What is saved is written down beside the output, in OUT.index: one line of \
             JSON for each message with its id, thread, labels with their names, date, and its place in the output. \
             Labels are there (in NDJSON also in the record, in a Maildir also as flags), and in the messages only with \
             --x-gmail-labels: without it their bytes stay as they are.\n\n\
             Other programs may open the output and change it between two runs: what they write stays, and messages that \
             they take out are exported again. A second export to an output at which one is at work is refused.",
        )
        .arg(
            Arg::new("format")
                .long("format")
                .value_name("FORMAT")
                .required(true)
                .value_parser(["mbox", "maildir", "ndjson"])
                .help("mbox: one file in the mboxrd form. maildir: a folder with a file for each message. ndjson: one file, a message in each line as Gmail gives it, with its raw text"),
        )
        .arg(
            Arg::new("out")
                .long("out")
                .value_name("PATH")
                .required(true)
                .value_parser(clap::value_parser!(PathBuf))
                .help("The file or folder to write"),
        )
        .arg(
            Arg::new("query")
                .long("query")
                .short('q')
                .value_name("QUERY")
                .help("Only messages that this search finds, such as \"label:work after:2026/01/01\""),
        )
        .arg(
            Arg::new("spam-trash")
                .long("include-spam-trash")
                .action(ArgAction::SetTrue)
                .help("Spam and trash too"),
        )
        .arg(
            Arg::new("x-gmail-labels")
                .long("x-gmail-labels")
                .action(ArgAction::SetTrue)
                .help("Write the labels into each message of an mbox or a Maildir, as the field X-Gmail-Labels that Google Takeout has; `import` and other programs read it"),
        )
        .arg(
            Arg::new("at-once")
                .long("at-once")
                .value_name("NUMBER")
                .default_value(AT_ONCE)
                .value_parser(clap::value_parser!(u16).range(1..=100))
                .help("How many messages to ask for at once; how many come in a minute is decided by Google's quota"),
        )
        .arg(
            Arg::new("quota")
                .long("quota")
                .value_name("TABLE")
                .value_parser(["current", "legacy"])
                .help("Which of Google's quotas the project has. current: since May 2026, some 300 messages a minute, and what is assumed. legacy: older projects, some 3000"),
        )
        .arg(
            Arg::new("whole-quota")
                .long("whole-quota")
                .action(ArgAction::SetTrue)
                .help("Use the whole quota from the start. Without it half of it is left to other programs for five minutes, then ever less while Google refuses nothing"),
        )
}

/// The connector, at the pace that the user says.
pub(crate) fn connect(
    matches: &ArgMatches,
    arguments: &ArgMatches,
) -> Result<GmailConnector, Failure> {
    let builder = credential::patient(credential::builder(matches)?)
        .leave_room(!arguments.get_flag("whole-quota"));
    let builder = match arguments.get_one::<String>("quota").map(String::as_str) {
        Some("current") => builder.quota(Quota::current()),
        Some("legacy") => builder.quota(Quota::legacy()),
        _ => builder,
    };
    Ok(builder.build()?)
}

/// Exports.
pub(crate) async fn run(gmail: GmailConnector, arguments: &ArgMatches) -> Result<(), Failure> {
    let text = |name: &str| arguments.get_one::<String>(name).cloned();
    // The history id comes before the listing: a later sync from it misses nothing.
    let profile = gmail.get_profile().send().await?;
    let plan = Plan {
        format: text("format").unwrap_or_default(),
        query: text("query").unwrap_or_default(),
        include_spam_trash: arguments.get_flag("spam-trash"),
        x_gmail_labels: arguments.get_flag("x-gmail-labels"),
        account: profile.email_address.unwrap_or_default(),
        history_id: profile.history_id.unwrap_or_default(),
    };
    if plan.x_gmail_labels && plan.format == "ndjson" {
        return Err(Failure::input(
            "--x-gmail-labels is for mbox and maildir; an NDJSON record has its labelNames"
                .to_owned(),
        ));
    }
    let path = arguments
        .get_one::<PathBuf>("out")
        .ok_or_else(|| Failure::input("no --out; see --help".to_owned()))?;
    let at_once = arguments.get_one::<u16>("at-once").copied().unwrap_or(1);

    let mut list = gmail
        .messages()
        .list()
        .max_results(PAGE_SIZE)
        .include_spam_trash(plan.include_spam_trash);
    if !plan.query.is_empty() {
        list = list.q(plan.query.as_str());
    }
    let history_id = plan.history_id.clone();
    let mut labels = Labels::list(&gmail).await?;
    let Opened {
        mut archive,
        ids: mut known,
        gone,
        is_changed,
    } = Archive::open(path, plan)?;
    if is_changed {
        output::note(&format!(
            "{}: another program has changed it since the last run; what it wrote stays{}",
            path.display(),
            match gone {
                0 => String::new(),
                gone => format!(", and {gone} messages that are no more in it are exported again"),
            }
        ));
    }
    let already_there = known.len();
    let fetches = list
        .stream()
        .try_filter_map(|reference| {
            // A message can be listed twice when others come in between two pages.
            let id = reference.id.filter(|id| known.insert(id));
            std::future::ready(Ok(id))
        })
        .map_ok(|id| {
            let call = gmail.messages().get(id).format("raw");
            async move { found(call.send().await) }
        })
        .try_buffered(usize::from(at_once));
    let mut fetches = Box::pin(fetches);
    let mut progress = Progress::new();
    let mut vanished = 0_u64;
    let mut stop = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        let due = archive.waiting_since().map(|since| since + LONGEST_WAIT);
        let flush = tokio::time::sleep_until(due.unwrap_or_else(Instant::now).into());
        tokio::select! {
            fetched = fetches.try_next() => match fetched {
                Ok(Some(Some(message))) => {
                    let names = labels.names(&gmail, &message.label_ids).await?;
                    progress.add(archive.append(&message, names)?)?;
                }
                Ok(Some(None)) => vanished += 1,
                Ok(None) => break,
                Err(error) => {
                    archive.flush()?;
                    progress.end()?;
                    return Err(error.into());
                }
            },
            () = flush, if due.is_some() => archive.flush()?,
            _ = &mut stop => {
                archive.flush()?;
                progress.end()?;
                return Err(Failure::Other(
                    "stopped; the same command goes on from here".to_owned(),
                ));
            }
        }
    }
    archive.finish()?;
    progress.end()?;
    output::print(&json!({
        "exported": progress.messages,
        "already_there": already_there,
        "exported_again": gone,
        "vanished": vanished,
        "history_id": history_id,
    }))?;
    match archive.taken_out() {
        0 => Ok(()),
        taken_out => Err(Failure::Other(format!(
            "another program has taken {taken_out} messages out of the output in the meantime; the same command exports them again"
        ))),
    }
}

/// A line on the terminal; nothing where the standard error is none.
struct Progress {
    messages: u64,
    bytes: u64,
    began: Instant,
    shown: Option<Instant>,
    terminal: bool,
}

impl Progress {
    fn new() -> Self {
        Self {
            messages: 0,
            bytes: 0,
            began: Instant::now(),
            shown: None,
            terminal: std::io::stderr().is_terminal(),
        }
    }

    fn add(&mut self, bytes: u64) -> Result<(), Failure> {
        self.messages += 1;
        self.bytes += bytes;
        let due = self
            .shown
            .is_none_or(|shown| shown.elapsed() >= Duration::from_millis(200));
        if due && self.terminal {
            self.shown = Some(Instant::now());
            self.show("\r")?;
        }
        Ok(())
    }

    fn end(&self) -> Result<(), Failure> {
        if self.terminal {
            self.show("\r")?;
            writeln!(std::io::stderr())?;
        }
        Ok(())
    }

    fn show(&self, before: &str) -> Result<(), Failure> {
        let seconds = self.began.elapsed().as_secs().max(1);
        let mut stderr = std::io::stderr().lock();
        write!(
            stderr,
            "{before}{} messages, {} MB, {} a minute   ",
            self.messages,
            self.bytes / 1_000_000,
            self.messages * 60 / seconds
        )?;
        Ok(stderr.flush()?)
    }
}
