//! `airbyte-gmail import`.
//!
//! No message may be imported twice, but Gmail's response can get lost. So each message is recorded before it is sent
//! and again after the response. A message with no recorded response is searched for by its Message-ID before it is
//! sent again.

mod folder;
mod label;
mod mark;
mod note;
mod send;
mod source;
mod word;

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use airbyte_agent_gmail::mail::Reading;
use airbyte_agent_gmail::tool::visible_text;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::cli::args::Global;
use crate::cli::exit::Failure;
use crate::cli::file::unreadable;
use crate::cli::output;
use crate::cli::settings::{builder, patient};
use label::{LabelPlan, Sources};
use note::{Notes, Step};
use send::{Outcome, Sender, Settled};
use source::{Item, Source};
use word::Words;

/// The fields of the final summary.
pub(crate) const FIELDS: [&str; 7] = [
    "imported",
    "already_there",
    "refused",
    "unclear",
    "left_out",
    "labels_created",
    "labels_not_placed",
];

/// How many skipped messages the result lists. The journal has all.
const MOST_LISTED: usize = 1000;

/// This many messages in a row without a response mean that the service fails, not the messages.
const MOST_IN_A_ROW: u64 = 3;

/// Import the mail of an mbox, a Maildir or .eml files
///
/// The messages appear as if they had just arrived; nothing is sent to anybody.
///
/// If it is interrupted, run the same command again: it continues where it stopped, by the record that it keeps in
/// PATH.import. It recognizes messages by their content, so you may move the source, mark messages or add some in
/// between. A message that was being sent when the import stopped is first looked up by its Message-ID; one without a
/// Message-ID is skipped and counted as unclear.
///
/// A message that Gmail refuses is skipped, and the next run tries it again. The program lists what it skipped and why,
/// and exits with 1.
///
/// Labels are set by name: from --keep-labels, from Google Takeout's X-Gmail-Labels in 32 languages, or from the
/// folders of a Maildir. Missing labels are created. Flags of mail programs (read, starred, draft) are kept.
#[derive(Args)]
pub(crate) struct Import {
    /// What the source is: any kind of mbox, a Maildir with its subfolders, or a folder of .eml files
    #[arg(long, default_value = "auto")]
    format: Format,
    /// The mbox, or the folder
    path: PathBuf,
    /// A label (name or id) for every message, such as INBOX; messages without a label are archived [repeat for more]
    #[arg(long)]
    label: Vec<String>,
    /// Set the labels that the index of an export, PATH.index, lists, even if it is from another account
    #[arg(long)]
    keep_labels: bool,
    /// What the words of X-Gmail-Labels mean: a line `WORD = LABEL` for each (nothing after the = means no label), or a
    /// JSON object
    #[arg(long, value_name = "FILE")]
    labels_as: Option<PathBuf>,
    /// Ignore X-Gmail-Labels
    #[arg(long)]
    ignore_x_gmail_labels: bool,
    /// Send again what an interrupted run may have sent already; check the mailbox first
    #[arg(long)]
    retry_unclear: bool,
    /// Keep the messages out of spam, whatever Gmail thinks of them
    #[arg(long)]
    never_mark_spam: bool,
}

// The kind of source. (A doc comment would appear in the help.)
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Auto,
    Mbox,
    Maildir,
    Eml,
}

/// What happened to the messages.
#[derive(Default)]
struct Count {
    imported: u64,
    already_there: u64,
    refused: u64,
    unclear: u64,
    left_out: Vec<Value>,
}

impl Count {
    fn leave_out(&mut self, item: &Item, step: Step, why: &str) {
        match step {
            Step::Refused => self.refused += 1,
            _ => self.unclear += 1,
        }
        let message_id = message_id(&item.raw);
        output::note(&visible_text(&format!(
            "left out: {}{}: {why}",
            item.place(),
            message_id
                .as_ref()
                .map(|id| format!(" <{id}>"))
                .unwrap_or_default()
        )));
        if self.left_out.len() < MOST_LISTED {
            let mut entry = json!({"message_id": message_id, "why": why});
            match &item.file {
                Some(file) => entry["file"] = json!(file),
                None => entry["at"] = json!(item.at),
            }
            self.left_out.push(entry);
        }
    }
}

/// The result of a pass over the whole source before the first message is sent.
#[derive(Default)]
struct Survey {
    /// How many messages to import.
    import: u64,
    already_there: u64,
    /// Labels to create.
    missing: BTreeSet<String>,
    /// The number of imported messages for each Message-ID, if needed.
    message_ids: HashMap<String, usize>,
}

impl Import {
    /// Runs the import.
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let gmail = patient(builder(global)?).build()?;
        let path = &self.path;
        let source = Source::open(path, self.format)?;
        if let Some(others) = source.passed_over() {
            output::note(&visible_text(&others));
        }
        let sources = Sources {
            given: self.label.clone(),
            index: self.keep_labels.then_some(path.as_path()),
            is_header_read: !self.ignore_x_gmail_labels,
            words: self.words()?,
        };
        let profile = gmail.get_profile().send().await?;
        let account = profile.email_address;
        let mut labels = LabelPlan::new(&gmail, &account, sources).await?;
        let mut notes = Notes::open(path, &account, source.size()?)?;
        let survey = survey(&source, &mut notes, &mut labels)?;
        if global.dry_run {
            return global.show(&json!({
                "dry_run": true,
                "import": survey.import,
                "already_there": survey.already_there,
                "labels_to_create": survey.missing,
            }));
        }
        let labels_created = labels.make(&gmail, &survey.missing).await?;
        let mut sender = Sender::new(&gmail, self.never_mark_spam, survey.message_ids);
        let is_retried = self.retry_unclear;
        let (mut unknown, mut in_a_row, mut last) = (0_u64, 0_u64, None);
        let mut count = Count::default();
        let mut seen: HashMap<String, u32> = HashMap::new();
        for item in source.messages()? {
            let item = item?;
            let counts = notes.counts(&item.key);
            let place = seen.entry(item.key.clone()).or_default();
            *place += 1;
            if *place <= counts.done {
                count.already_there += 1;
                continue;
            }
            if *place <= counts.done + counts.unclear && !is_retried {
                count.leave_out(
                &item,
                Step::Unclear,
                "it may be in the mailbox already; look there, and give --retry-unclear if it is not",
            );
                continue;
            }
            if counts.open > 0 {
                match sender.settle(&item).await? {
                    Settled::There(id) => {
                        notes.note(&item, Step::Found, id, None)?;
                        count.already_there += 1;
                        continue;
                    }
                    Settled::Unknown if !is_retried => {
                        notes.note(&item, Step::Unclear, None, None)?;
                        count.leave_out(
                        &item,
                        Step::Unclear,
                        "an interrupted run may have sent it, and it has no Message-ID to look it up by; look whether it is there, and give --retry-unclear if it is not",
                    );
                        continue;
                    }
                    Settled::Missing | Settled::Unknown => {
                        notes.note(&item, Step::TakenBack, None, None)?;
                    }
                }
            }
            if item.raw.trim_ascii().is_empty() {
                let why = "there is nothing in it";
                notes.note(&item, Step::Refused, None, Some(why.to_owned()))?;
                count.leave_out(&item, Step::Refused, why);
                continue;
            }
            let label_ids = labels.ids(&item);
            notes.note(&item, Step::Sending, None, None)?;
            match sender.send(&item, label_ids).await {
                Outcome::Done(id) => {
                    notes.note(&item, Step::Done, id, None)?;
                    count.imported += 1;
                    in_a_row = 0;
                }
                Outcome::Refused(why) => {
                    notes.note(&item, Step::Refused, None, Some(why.clone()))?;
                    count.leave_out(&item, Step::Refused, &why);
                }
                // Leave it recorded as sent. The next run looks it up.
                Outcome::Unknown(error) => {
                    unknown += 1;
                    in_a_row += 1;
                    if in_a_row >= MOST_IN_A_ROW {
                        return Err(error.into());
                    }
                    output::note(&format!(
                        "{} may or may not be in the mailbox; the next run looks it up: {error}",
                        item.place()
                    ));
                    last = Some(error);
                }
                Outcome::NotSent(error) => {
                    notes.note(&item, Step::TakenBack, None, None)?;
                    return Err(error.into());
                }
            }
        }
        let unplaced = labels.unplaced();
        global.show(&json!({
            "imported": count.imported,
            "already_there": count.already_there,
            "refused": count.refused,
            "unclear": count.unclear + unknown,
            "left_out": count.left_out,
            "labels_created": labels_created,
            "labels_not_placed": unplaced,
        }))?;
        if let Some(error) = last {
            output::note(&format!(
                "{} may or may not be in the mailbox; run the same command to look for what is missing",
                output::messages(unknown)
            ));
            return Err(error.into());
        }
        let left_out = count.refused + count.unclear;
        if left_out > 0 {
            return Err(Failure::Other(format!(
                "left out: {}; the same command tries again what was refused, and {}.import lists all",
                output::messages(left_out),
                path.display()
            )));
        }
        if sender.incomplete > 0 {
            return Err(Failure::Other(format!(
                "every message is imported, but {} drafts lack labels",
                sender.incomplete
            )));
        }
        if !unplaced.is_empty() {
            let labels: Vec<String> = unplaced
                .iter()
                .map(|(label, messages)| format!("{label} ({messages})"))
                .collect();
            return Err(Failure::Other(visible_text(&format!(
                "every message is imported, but some lack labels that Gmail does not let this program set: {}",
                labels.join(", ")
            ))));
        }
        Ok(())
    }

    fn words(&self) -> Result<Words, Failure> {
        let Some(path) = &self.labels_as else {
            return Words::new(None).map_err(Failure::input);
        };
        let table = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
        Words::new(Some(&table))
            .map_err(|error| Failure::input(format!("{}: {error}", path.display())))
    }
}

/// Reads the whole source, so unreadable input is reported before anything is sent.
fn survey(source: &Source, notes: &mut Notes, labels: &mut LabelPlan) -> Result<Survey, Failure> {
    for item in source.messages()? {
        let item = item?;
        notes.place(&item);
        labels.weigh(&item);
    }
    let mut survey = Survey::default();
    let mut seen: HashMap<String, u32> = HashMap::new();
    for item in source.messages()? {
        let item = item?;
        let place = seen.entry(item.key.clone()).or_default();
        *place += 1;
        if *place > notes.counts(&item.key).done {
            survey.import += 1;
            survey.missing.extend(labels.missing(&item));
        } else {
            survey.already_there += 1;
            if notes.has_open()
                && let Some(id) = message_id(&item.raw)
            {
                *survey.message_ids.entry(id).or_default() += 1;
            }
        }
    }
    Ok(survey)
}

/// A message's header, up to a limit.
fn header(raw: &[u8]) -> &[u8] {
    const LONGEST: usize = 512 * 1024;
    let mut end = 0;
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        if matches!(line, b"\n" | b"\r\n") || end > LONGEST {
            break;
        }
        end += line.len();
    }
    raw.get(..end).unwrap_or_default()
}

/// Whether a header has a field. Cheaper than parsing it.
fn has_field(header: &[u8], name: &str) -> bool {
    header.split(|byte| *byte == b'\n').any(|line| {
        line.get(..name.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(name.as_bytes()))
    })
}

fn message_id(raw: &[u8]) -> Option<String> {
    Reading::from_raw(header(raw)).message_id
}
