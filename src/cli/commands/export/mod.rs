//! `airbyte-gmail export`.

mod archive;
mod index;
mod label;
mod maildir;
mod single;
mod spool;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use airbyte_agent_gmail::sync::found;
use airbyte_agent_gmail::types::Message;
use airbyte_agent_gmail::{Error, Quota};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum, value_parser};
use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::cli::args::Global;
use crate::cli::exit::Failure;
use crate::cli::label::Labels;
use crate::cli::output::{self, Meter};
use crate::cli::settings::{builder, patient};
use archive::{Archive, Opened};

pub(crate) use archive::Plan;
pub(crate) use index::Line;

/// The fields of the final summary.
pub(crate) const FIELDS: [&str; 6] = [
    "exported",
    "already_there",
    "exported_again",
    "vanished",
    "refused",
    "history_id",
];

/// How long a message may wait for its group to be synced to disk.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// This many failed messages in a row mean that the service fails, not the messages.
const MOST_IN_A_ROW: u64 = 10;

/// The largest page. A page costs the same whatever its size.
const PAGE_SIZE: i64 = 500;

/// Save mail to an mbox, a Maildir or NDJSON
///
/// It saves messages byte for byte as Gmail has them.
///
/// If it is interrupted, run the same command again: it continues where it stopped. Run it later to add new messages.
/// The file OUT.index has one line of JSON for each saved message: its id, thread, labels with their names, date, and
/// place in the output. NDJSON records have the labels too, and a Maildir has them as flags. The messages themselves
/// get labels only with --x-gmail-labels; without it their bytes don't change.
///
/// A message that Gmail does not return is skipped and named, and the next run tries it again; the exit code is then 7
/// if that may help, else 1.
///
/// Other programs may change the output between two runs: what they write stays, and messages that they remove are
/// exported again. Two exports can't write to the same output at the same time.
#[derive(Args)]
pub(crate) struct Export {
    /// mbox: one file in mboxrd format. maildir: a folder with a file for each message. ndjson: one file with a message
    /// per line, as Gmail returns it, with its raw text
    #[arg(long)]
    format: Format,
    /// The file or folder to write
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// Only messages that match this search, such as "label:work after:2026/01/01"
    #[arg(long, short)]
    query: Option<String>,
    /// Include spam and trash
    #[arg(long)]
    include_spam_trash: bool,
    /// Write the labels into each message of an mbox or a Maildir, as the header X-Gmail-Labels of Google Takeout;
    /// `import` and other programs read it
    #[arg(long)]
    x_gmail_labels: bool,
    /// How many messages to fetch at the same time; Google's quota decides how many arrive per minute
    #[arg(long, value_name = "NUMBER", default_value = "8", value_parser = value_parser!(u16).range(1..=100))]
    at_once: u16,
    /// Which of Google's quotas your project has. current (the default): since May 2026, about 300 messages a minute.
    /// legacy: older projects, about 3000
    #[arg(long, value_name = "TABLE", value_parser = quota())]
    quota: Option<Quota>,
    /// Use the whole quota from the start. Without this, half of it is left to other programs for five minutes, and
    /// then less and less as long as Google refuses nothing
    #[arg(long)]
    whole_quota: bool,
}

// The output format. (A doc comment would appear in the help.)
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
enum Format {
    Mbox,
    Maildir,
    Ndjson,
}

fn quota() -> impl TypedValueParser<Value = Quota> {
    PossibleValuesParser::new(["current", "legacy"]).map(|name| match name.as_str() {
        "legacy" => Quota::legacy(),
        _ => Quota::current(),
    })
}

impl Export {
    /// Runs the export.
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        if self.out.as_os_str() == "-" {
            return Err(Failure::input(
                "--out - is not a file, and an export continues in one; give a path (./- for a file of that name)",
            ));
        }
        if self.x_gmail_labels && self.format == Format::Ndjson {
            return Err(Failure::input(
                "--x-gmail-labels is for mbox and maildir; an NDJSON record has its labelNames",
            ));
        }
        let mut builder = patient(builder(global)?).leave_room(!self.whole_quota);
        if let Some(quota) = self.quota {
            builder = builder.quota(quota);
        }
        let gmail = builder.build()?;
        // Take the history id before the listing, so a later sync from it misses nothing.
        let profile = gmail.get_profile().send().await?;
        let plan = Plan {
            format: self.format,
            query: self.query.unwrap_or_default(),
            include_spam_trash: self.include_spam_trash,
            x_gmail_labels: self.x_gmail_labels,
            account: profile.email_address,
            history_id: profile.history_id.unwrap_or_default(),
        };
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
        } = Archive::open(&self.out, plan)?;
        if is_changed {
            output::note(&format!(
                "{}: another program has changed it since the last run; what it wrote stays{}",
                self.out.display(),
                match gone {
                    0 => String::new(),
                    gone =>
                        format!(", and {gone} messages that are no longer in it are exported again"),
                }
            ));
        }
        let already_there = known.len();
        let fetches = list
            .stream()
            .try_filter_map(|reference| {
                // A message can be listed twice if others arrive between two pages.
                let id = reference.id;
                let is_new = known.insert(&id);
                std::future::ready(Ok(is_new.then_some(id)))
            })
            .map_ok(|id| {
                let call = gmail.messages().get(&id).format("raw");
                async move {
                    match found(call.send().await) {
                        Ok(None) => Ok(Fetched::Vanished),
                        Ok(Some(message)) if has_text(&message) => {
                            Ok(Fetched::Message(Box::new(message)))
                        }
                        Ok(Some(_)) => Ok(Fetched::Refused(id, None)),
                        Err(error) if is_of_message(&error) => {
                            Ok(Fetched::Refused(id, Some(error)))
                        }
                        Err(error) => Err(error),
                    }
                }
            })
            .try_buffered(usize::from(self.at_once));
        let mut fetches = Box::pin(fetches);
        let mut meter = Meter::new("messages");
        let mut vanished = 0_u64;
        let mut refused = Refused::default();
        let mut stop = std::pin::pin!(tokio::signal::ctrl_c());
        loop {
            let due = archive.waiting_since().map(|since| since + LONGEST_WAIT);
            let flush = tokio::time::sleep_until(due.unwrap_or_else(Instant::now).into());
            tokio::select! {
                fetched = fetches.try_next() => match fetched {
                    Ok(Some(Fetched::Message(message))) => {
                        refused.in_a_row = 0;
                        let names = labels.names(&gmail, &message.label_ids).await?;
                        meter.add(1, archive.append(&message, names)?);
                    }
                    Ok(Some(Fetched::Vanished)) => vanished += 1,
                    Ok(Some(Fetched::Refused(id, error))) => {
                        if let Err(failure) = refused.note(&id, error) {
                            archive.flush()?;
                            return Err(failure);
                        }
                    }
                    Ok(None) => break,
                    Err(error) => {
                        archive.flush()?;
                        return Err(error.into());
                    }
                },
                () = flush, if due.is_some() => archive.flush()?,
                _ = &mut stop => {
                    archive.flush()?;
                    return Err(Failure::other("stopped; run the same command to continue"));
                }
            }
        }
        archive.finish()?;
        let exported = meter.count();
        drop(meter);
        global.show(&json!({
            "exported": exported,
            "already_there": already_there,
            "exported_again": gone,
            "vanished": vanished,
            "refused": refused.count,
            "history_id": history_id,
        }))?;
        match archive.taken_out() {
            0 => refused.outcome(),
            taken_out => Err(Failure::Other(format!(
                "another program has taken {taken_out} messages out of the output in the meantime; the same command exports them again"
            ))),
        }
    }
}

/// The outcome of fetching a message.
enum Fetched {
    Message(Box<Message>),
    /// It was deleted after it was listed.
    Vanished,
    /// It can't be fetched: the service reports an error, or returns no text.
    Refused(String, Option<Error>),
}

/// Messages that can't be fetched while others can.
#[derive(Default)]
struct Refused {
    count: u64,
    in_a_row: u64,
    passes: bool,
}

impl Refused {
    /// Reports a refused message. After several in a row, fails: the cause is not the messages.
    fn note(&mut self, id: &str, error: Option<Error>) -> Result<(), Failure> {
        self.count += 1;
        self.in_a_row += 1;
        self.passes |= error.as_ref().is_some_and(Error::is_transient);
        let why = error
            .as_ref()
            .map_or_else(|| "it came without its text".to_owned(), Error::to_string);
        output::note(&format!("the message {id} is left out: {why}"));
        match error {
            Some(error) if self.in_a_row >= MOST_IN_A_ROW => Err(error.into()),
            None if self.in_a_row >= MOST_IN_A_ROW => Err(Failure::other(
                "messages come without their text; run the same command again, and report it if this keeps happening",
            )),
            _ => Ok(()),
        }
    }

    fn outcome(&self) -> Result<(), Failure> {
        let count = self.count;
        let said = format!(
            "left out: {}; the same command tries again",
            output::messages(count)
        );
        match (count, self.passes) {
            (0, _) => Ok(()),
            (_, true) => Err(Failure::Later(said)),
            (_, false) => Err(Failure::Other(said)),
        }
    }
}

/// Whether a message came with its raw text, which is never empty.
fn has_text(message: &Message) -> bool {
    message.raw.as_ref().is_some_and(|raw| !raw.is_empty())
}

/// Whether an error may concern only this message, such as a server failure for it or a response that a proxy
/// changed.
fn is_of_message(error: &Error) -> bool {
    let is_of_service = error.is_server() || error.is_timeout();
    error.is_invalid_request() || error.is_invalid_response() || is_of_service
}
