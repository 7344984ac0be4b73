//! `airbyte-gmail import`.
//!
//! An import must not be sent twice, and its answer can get lost. Each message is therefore written down before it is
//! sent and again after the answer; one that was sent and never answered is looked up by its Message-ID before it is
//! sent again.

use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

mod label;
mod note;

use airbyte_agent_gmail::mail::encoding::encode_base64url;
use airbyte_agent_gmail::mail::{Reading, SearchQuery};
use airbyte_agent_gmail::sync::mbox::{Archived, Reader};
use airbyte_agent_gmail::types::Message;
use airbyte_agent_gmail::{Error, GmailConnector, Mode};
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::json;

use super::exit::Failure;
use super::journal::unusable;
use super::output::{self, Format, Output};
use super::{dry_run, texts};
use label::Labels;
use note::{Notes, Step};

/// From this size on a message goes by upload, which spares its base64.
const UPLOAD_FROM: usize = 1024 * 1024;

/// How long Gmail may take to find a message that has just come in.
const SEARCH_DELAY: Duration = Duration::from_secs(10);

/// The command's arguments.
pub(crate) fn command() -> Command {
    Command::new("import")
        .about("Put the mail of an mbox into the mailbox; goes on where it was stopped")
        .long_about(
            "Put the mail of an mbox into the mailbox, as if it had arrived; nothing is sent to anybody.\n\n\
             Run the same command again after an interruption and it goes on where it was: what is done is written \
             down in FILE.import. A message that was under way when it was interrupted is looked up by its Message-ID \
             before it is sent again; one without a Message-ID is left out and counted as unclear. Messages that Gmail \
             refuses are left out and counted too.",
        )
        .arg(
            Arg::new("format")
                .long("format")
                .value_name("FORMAT")
                .default_value("mbox")
                .value_parser(["mbox"])
                .help("The form of the file: mbox, of any flavour"),
        )
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .required(true)
                .value_parser(clap::value_parser!(PathBuf))
                .help("The mbox"),
        )
        .arg(
            Arg::new("label")
                .long("label")
                .value_name("ID")
                .action(ArgAction::Append)
                .help("A label for every message, by its id, such as INBOX; without any they are archived [repeat for more]"),
        )
        .arg(
            Arg::new("keep-labels")
                .long("keep-labels")
                .action(ArgAction::SetTrue)
                .help("The labels too that the index of an export, FILE.index, has for the messages, as far as this account has them"),
        )
        .arg(
            Arg::new("never-mark-spam")
                .long("never-mark-spam")
                .action(ArgAction::SetTrue)
                .help("Keep them out of spam whatever Gmail thinks of them"),
        )
}

/// What comes of the messages.
#[derive(Default)]
struct Count {
    imported: u64,
    already_there: u64,
    refused: u64,
    unclear: u64,
}

/// Imports.
pub(crate) async fn run(gmail: GmailConnector, arguments: &ArgMatches) -> Result<(), Failure> {
    let path = arguments
        .get_one::<PathBuf>("file")
        .ok_or_else(|| Failure::input("no file; see --help".to_owned()))?;
    let file = File::open(path).map_err(|error| unusable(path, &error))?;
    let given = texts(arguments, "label");
    let profile = gmail.get_profile().send().await?;
    let account = profile.email_address.unwrap_or_default();
    let mut notes = Notes::open(path, &account, file.metadata()?.len())?;
    let mut labels = if arguments.get_flag("keep-labels") {
        Labels::kept(&gmail, path, given).await?
    } else {
        Labels::fixed(given)
    };
    if dry_run(arguments) {
        return count(path, file, &notes, &mut labels, arguments);
    }
    let import = Import {
        gmail: &gmail,
        never_mark_spam: arguments.get_flag("never-mark-spam"),
    };
    let doubt = notes
        .doubt()
        .map(|(at, sent)| Doubt::read(path, at, sent))
        .transpose()?;
    let mut same_id = 0;
    let mut count = Count::default();
    for message in Reader::new(BufReader::new(file)) {
        let message = message.map_err(|error| unusable(path, &error))?;
        let label_ids = labels.of(message.offset)?;
        if notes.is_done(message.offset) {
            count.already_there += 1;
            // Only where there is a doubt is it worth reading what is done.
            if let Some(doubt) = &doubt {
                same_id += usize::from(doubt.is_id_of(&message.raw));
            }
            continue;
        }
        let (step, id) = match &doubt {
            Some(doubt) if doubt.at == message.offset => {
                match import.settle(doubt, same_id).await? {
                    Settled::There(id) => (Step::Found, id),
                    Settled::Missing => import.send(&mut notes, &message, label_ids).await?,
                    Settled::Unknown => (Step::Unclear, None),
                }
            }
            _ => import.send(&mut notes, &message, label_ids).await?,
        };
        match step {
            Step::Done => count.imported += 1,
            Step::Found => count.already_there += 1,
            Step::Refused => count.refused += 1,
            Step::Sending | Step::TakenBack | Step::Unclear => count.unclear += 1,
        }
        notes.end(message.offset, step, id)?;
    }
    output::print(&json!({
        "imported": count.imported,
        "already_there": count.already_there,
        "refused": count.refused,
        "unclear": count.unclear,
    }))?;
    if count.refused + count.unclear > 0 {
        return Err(Failure::Other(
            "not every message was imported; FILE.import has a line for each, with its place in the file".to_owned(),
        ));
    }
    Ok(())
}

/// What an import would come to.
fn count(
    path: &Path,
    file: File,
    notes: &Notes,
    labels: &mut Labels,
    arguments: &ArgMatches,
) -> Result<(), Failure> {
    let (mut import, mut already_there) = (0_u64, 0_u64);
    for message in Reader::new(BufReader::new(file)) {
        let message = message.map_err(|error| unusable(path, &error))?;
        labels.of(message.offset)?;
        if notes.is_done(message.offset) {
            already_there += 1;
        } else {
            import += 1;
        }
    }
    Output::new(arguments, Format::Json)
        .value(&json!({"dry_run": true, "import": import, "already_there": already_there}))
}

struct Import<'a> {
    gmail: &'a GmailConnector,
    never_mark_spam: bool,
}

/// A message that was sent and not answered.
struct Doubt {
    at: u64,
    /// When it was sent, in seconds since 1970.
    sent: u64,
    message_id: Option<String>,
}

enum Settled {
    There(Option<String>),
    Missing,
    Unknown,
}

impl Import<'_> {
    /// Sends a message, noted before.
    async fn send(
        &self,
        notes: &mut Notes,
        message: &Archived,
        label_ids: Vec<String>,
    ) -> Result<(Step, Option<String>), Failure> {
        let sent = now();
        notes.begin(message.offset, sent)?;
        match self.call(&message.raw, label_ids).await {
            Ok(imported) => Ok((Step::Done, imported.id)),
            Err(error) if error.is_outcome_unknown() => {
                // It stays noted as sent, and the next start looks it up.
                Err(error.into())
            }
            Err(error) if error.is_invalid_request() => Ok((Step::Refused, None)),
            Err(error) => {
                notes.take_back(message.offset)?;
                Err(error.into())
            }
        }
    }

    async fn call(&self, raw: &[u8], label_ids: Vec<String>) -> Result<Message, Error> {
        if raw.len() >= UPLOAD_FROM && self.gmail.mode() == Mode::OpenSource {
            let params = json!({"labelIds": label_ids, "neverMarkSpam": self.never_mark_spam});
            let params = params.as_object().cloned().unwrap_or_default();
            return self
                .gmail
                .messages()
                .import_media(raw.to_vec())
                .params(params)
                .send()
                .await;
        }
        self.gmail
            .messages()
            .import(encode_base64url(raw))
            .label_ids(label_ids)
            .never_mark_spam(self.never_mark_spam)
            .send()
            .await
    }

    /// Looks a doubtful message up. As many as `same_id` with its Message-ID came in before it.
    async fn settle(&self, doubt: &Doubt, same_id: usize) -> Result<Settled, Failure> {
        let Some(message_id) = &doubt.message_id else {
            return Ok(Settled::Unknown);
        };
        let query = SearchQuery::new()
            .rfc822_message_id(message_id)
            .within("anywhere")
            .to_string();
        loop {
            let found = self
                .gmail
                .messages()
                .list()
                .q(query.as_str())
                .send()
                .await?
                .messages;
            if found.len() > same_id {
                return Ok(Settled::There(
                    found.into_iter().next().and_then(|message| message.id),
                ));
            }
            // The search may not know yet what came in a moment ago.
            let age = Duration::from_secs(now().saturating_sub(doubt.sent));
            match SEARCH_DELAY.checked_sub(age) {
                Some(rest) if !rest.is_zero() => tokio::time::sleep(rest).await,
                _ => return Ok(Settled::Missing),
            }
        }
    }
}

impl Doubt {
    fn read(path: &Path, at: u64, sent: u64) -> Result<Self, Failure> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(at))?;
        let message = Reader::new(BufReader::new(file))
            .next()
            .transpose()
            .map_err(|error| unusable(path, &error))?;
        Ok(Self {
            at,
            sent,
            message_id: message.and_then(|message| message_id(&message.raw)),
        })
    }

    fn is_id_of(&self, raw: &[u8]) -> bool {
        self.message_id.is_some() && message_id(raw) == self.message_id
    }
}

fn message_id(raw: &[u8]) -> Option<String> {
    Reading::from_raw(raw).message_id
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}
