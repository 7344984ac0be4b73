//! Labels for imported messages.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use airbyte_agent_gmail::GmailConnector;
use airbyte_agent_gmail::mail::Reading;

use super::mark::add;
use super::source::Item;
use super::word::{Meaning, Words, split};
use crate::cli::commands::export::{Line, Plan};
use crate::cli::exit::Failure;
use crate::cli::file::{beside, unreadable};
use crate::cli::label::{Labels, OR_MAKE_IT, is_system};

/// The header with a message's labels in a Google Takeout export.
const FIELD: &str = "X-Gmail-Labels";

/// Gmail sets this label itself and refuses requests for it.
const NOT_GIVEN: &str = "CHAT";

/// Determines the labels of each message.
pub(super) struct LabelPlan {
    /// The ids for every message.
    given: Vec<String>,
    words: Words,
    is_header_read: bool,
    kept: Option<Index>,
    account: Labels,
    /// For each label that could not be set, the number of messages affected.
    unplaced: BTreeMap<String, u64>,
}

/// The index of an export.
struct Index {
    is_of_this_account: bool,
    /// The labels of each message by its digest; the last index line wins.
    by_key: HashMap<String, Kept>,
    /// The same for an index without digests, by offset in the file.
    by_place: HashMap<u64, Kept>,
}

/// The ids of a message's labels, and their names in the same order.
type Kept = (Vec<String>, Vec<String>);

/// The sources of labels.
pub(super) struct Sources<'a> {
    /// Names or ids for every message.
    pub(super) given: Vec<String>,
    /// The import source with the index to read, if any.
    pub(super) index: Option<&'a Path>,
    pub(super) is_header_read: bool,
    pub(super) words: Words,
}

impl LabelPlan {
    /// Reads the index and the account's labels.
    pub(super) async fn new(
        gmail: &GmailConnector,
        email_address: &str,
        sources: Sources<'_>,
    ) -> Result<Self, Failure> {
        let account = Labels::list(gmail).await?;
        let given = account.ids(&sources.given, OR_MAKE_IT)?;
        let kept = sources
            .index
            .map(|path| Index::read(path, email_address))
            .transpose()?;
        Ok(Self {
            given,
            words: sources.words,
            is_header_read: sources.is_header_read,
            kept,
            account,
            unplaced: BTreeMap::new(),
        })
    }

    /// Counts the words in a message's label header, which show the archive's language.
    pub(super) fn weigh(&mut self, item: &Item) {
        if let Some(list) = self.header(item) {
            self.words.weigh(&split(&list));
        }
    }

    /// The names of a message's user labels that the account does not have.
    pub(super) fn missing(&self, item: &Item) -> BTreeSet<String> {
        let is_missing = |name: &String| !is_system(name) && self.account.id(name).is_none();
        self.names(item).0.into_iter().filter(is_missing).collect()
    }

    /// Creates labels. One that Gmail refuses is skipped; the summary lists it with the messages that lack it.
    pub(super) async fn make(
        &mut self,
        gmail: &GmailConnector,
        names: &BTreeSet<String>,
    ) -> Result<u64, Failure> {
        let mut made = 0;
        for name in names {
            // A different spelling of one just created.
            if self.account.id(name).is_some() {
                continue;
            }
            match self.account.create(gmail, name).await {
                Ok(_) => made += 1,
                Err(error) if error.is_invalid_request() || error.is_conflict() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(made)
    }

    /// The ids of a message's labels. Counts labels that can't be set.
    pub(super) fn ids(&mut self, item: &Item) -> Vec<String> {
        let (names, mut unplaced) = self.names(item);
        let mut ids = self.given.clone();
        for name in names {
            match self.account.id(&name) {
                Some(id) if id != NOT_GIVEN => add(&mut ids, id),
                _ => unplaced.push(name),
            }
        }
        for name in unplaced {
            *self.unplaced.entry(name).or_default() += 1;
        }
        ids
    }

    /// For each label that could not be set, the number of messages affected.
    pub(super) fn unplaced(&self) -> &BTreeMap<String, u64> {
        &self.unplaced
    }

    /// The names of a message's labels (ids for system labels), and the ids that have no name.
    fn names(&self, item: &Item) -> (Vec<String>, Vec<String>) {
        let (mut names, mut nameless) = (Vec::new(), Vec::new());
        let kept = self.kept.as_ref().and_then(|index| index.of(item));
        let are_known = if let (Some(index), Some((ids, kept_names))) = (&self.kept, kept) {
            for (place, id) in ids.iter().enumerate() {
                match kept_names.get(place) {
                    _ if is_system(id) => add(&mut names, id),
                    Some(name) => add(&mut names, name),
                    None if index.is_of_this_account && self.account.name(id).is_some() => {
                        add(&mut names, self.account.name(id).unwrap_or(id));
                    }
                    None => nameless.push(id.clone()),
                }
            }
            true
        } else if let Some(list) = self.header(item) {
            for word in split(&list) {
                match self.words.meaning(&word) {
                    Meaning::System(id) => add(&mut names, &id),
                    Meaning::User(name) => add(&mut names, &name),
                    Meaning::Nothing => {}
                }
            }
            true
        } else {
            for label in item.folder.iter().chain(&item.keywords) {
                add(&mut names, label);
            }
            false
        };
        item.marks.apply(&mut names, are_known);
        (names, nameless)
    }

    fn header(&self, item: &Item) -> Option<String> {
        let header = super::header(&item.raw);
        if !self.is_header_read || !super::has_field(header, FIELD) {
            return None;
        }
        Reading::from_raw(header).header(FIELD).map(str::to_owned)
    }
}

impl Index {
    fn read(path: &Path, email_address: &str) -> Result<Self, Failure> {
        let index = beside(path, "index");
        let file = File::open(&index).map_err(|error| unreadable(&index, &error))?;
        let foreign =
            || Failure::input("its index is not that of an export; leave --keep-labels out");
        let mut lines = BufReader::new(file).lines();
        let header = lines.next().ok_or_else(foreign)??;
        let header: Plan = serde_json::from_str(&header).map_err(|_| foreign())?;
        let mut read = Self {
            is_of_this_account: header.account.eq_ignore_ascii_case(email_address),
            by_key: HashMap::new(),
            by_place: HashMap::new(),
        };
        for line in lines {
            let line: Line = serde_json::from_str(&line?).map_err(|_| foreign())?;
            let kept = (line.labels, line.label_names);
            if let Some(digest) = line.digest {
                read.by_key.insert(digest, kept);
            } else if let Some(at) = line.at {
                read.by_place.insert(at, kept);
            }
        }
        Ok(read)
    }

    fn of(&self, item: &Item) -> Option<&Kept> {
        self.by_key
            .get(&item.key)
            .or_else(|| self.by_place.get(&item.at?))
    }
}
