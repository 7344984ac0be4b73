//! Threads: which messages belong together.

use std::collections::{BTreeMap, HashMap};

use super::{
    header::{find, message_ids},
    part::Part,
};

/// The headers that link a message to others.
#[derive(Default)]
pub(super) struct Links {
    /// The subject without reply and forward prefixes, in lower case.
    pub(super) subject: String,
    /// The message's own id.
    pub(super) own: Option<String>,
    /// The ids that it refers to, nearest first.
    pub(super) references: Vec<String>,
}

impl Links {
    /// Reads the links from a message's headers.
    pub(super) fn of(message: &Part) -> Self {
        let ids = |name: &str| {
            find(&message.fields, name)
                .map(|field| message_ids(&field.unfolded()))
                .unwrap_or_default()
        };
        let mut references = ids("In-Reply-To");
        references.extend(ids("References").into_iter().rev());
        // A hostile header could list thousands; the nearest ones decide.
        references.truncate(100);
        Self {
            subject: find(&message.fields, "Subject")
                .map(|field| base_subject(&field.decoded()))
                .unwrap_or_default(),
            own: ids("Message-ID").into_iter().next(),
            references,
        }
    }
}

/// The threads of a mailbox.
#[derive(Default)]
pub(super) struct Conversations {
    threads: BTreeMap<u64, Conversation>,
    known: HashMap<Box<str>, u64>,
}

struct Conversation {
    subject: Box<str>,
    messages: Vec<u64>,
}

impl Conversations {
    /// Whether a thread exists.
    pub(super) fn contains(&self, thread: u64) -> bool {
        self.threads.contains_key(&thread)
    }

    pub(super) fn threads(&self) -> impl Iterator<Item = u64> {
        self.threads.keys().copied()
    }

    pub(super) fn count(&self) -> usize {
        self.threads.len()
    }

    /// The messages of a thread, in order of arrival.
    pub(super) fn messages(&self, thread: u64) -> &[u64] {
        self.threads
            .get(&thread)
            .map(|conversation| conversation.messages.as_slice())
            .unwrap_or_default()
    }

    /// The thread that a message's references lead to. The same subject alone does not join two messages.
    pub(super) fn by_reference(&self, links: &Links) -> Option<u64> {
        links
            .references
            .iter()
            .chain(links.own.iter())
            .filter_map(|id| self.known.get(id.as_str()).copied())
            .find(|thread| self.accepts(*thread, links))
    }

    /// Whether a message's subject lets it join a thread.
    pub(super) fn accepts(&self, thread: u64, links: &Links) -> bool {
        self.threads.get(&thread).is_some_and(|conversation| {
            *conversation.subject == *links.subject
                || is_broken(&conversation.subject)
                || is_broken(&links.subject)
        })
    }

    /// Adds a message to a thread, or to a new one; returns the thread.
    pub(super) fn join(&mut self, message: u64, thread: Option<u64>, links: Links) -> u64 {
        let thread = thread
            .or_else(|| self.by_reference(&links))
            .unwrap_or(message);
        for id in links.own.iter().chain(&links.references) {
            let entry = self.known.entry(id.as_str().into()).or_insert(thread);
            if !self.threads.contains_key(entry) {
                *entry = thread;
            }
        }
        self.threads
            .entry(thread)
            .or_insert_with(|| Conversation {
                subject: links.subject.into_boxed_str(),
                messages: Vec::new(),
            })
            .messages
            .push(message);
        thread
    }

    /// Gives a thread the subject of a message about to join it.
    pub(super) fn retitle(&mut self, thread: u64, links: &Links) {
        if let Some(conversation) = self.threads.get_mut(&thread) {
            conversation.subject = links.subject.as_str().into();
        }
    }

    /// Removes a message from its thread, and an empty thread altogether.
    pub(super) fn leave(&mut self, message: u64, thread: u64) {
        if let Some(conversation) = self.threads.get_mut(&thread) {
            conversation.messages.retain(|id| *id != message);
            if conversation.messages.is_empty() {
                self.threads.remove(&thread);
            }
        }
    }
}

/// Whether a subject has a broken encoded word. Mail programs decode such a word differently and reply with their own
/// reading, so the subject cannot tell threads apart.
fn is_broken(subject: &str) -> bool {
    subject.contains("=?")
}

/// A subject without reply and forward prefixes.
pub(super) fn base_subject(subject: &str) -> String {
    const MARKS: &[&str] = &["re", "fwd", "fw", "aw", "wg", "sv", "antw", "tr", "rv"];
    let folded = subject
        .split(|character: char| character.is_whitespace() || character.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase();
    let mut rest = folded.as_str();
    while let Some((mark, after)) = rest.split_once(':') {
        let name = mark
            .split_once('[')
            .map_or(mark, |(name, _count)| name)
            .trim();
        if !MARKS.contains(&name) {
            break;
        }
        rest = after.trim_start();
    }
    rest.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(subject: &str, own: &str, references: &[&str]) -> Links {
        Links {
            subject: base_subject(subject),
            own: Some(own.to_owned()),
            references: references.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn marks_are_taken_off() {
        for (subject, expected) in [
            ("Re: Hello", "hello"),
            ("RE: Fwd:  fw: Hello   there", "hello there"),
            ("Re[2]: x", "x"),
            ("Note: x", "note: x"),
            ("", ""),
            ("Re:", ""),
        ] {
            assert_eq!(base_subject(subject), expected, "{subject}");
        }
    }

    #[test]
    fn a_broken_subject_tells_no_threads_apart() {
        let mut conversations = Conversations::default();
        conversations.join(1, None, links("=?utf-8?Q?half", "a", &[]));
        assert_eq!(
            conversations.join(2, None, links("Re: half", "b", &["a"])),
            1
        );
        assert_eq!(conversations.join(3, None, links("Re: half", "c", &[])), 3);
    }

    #[test]
    fn references_and_subject_together_join() {
        let mut conversations = Conversations::default();
        let first = conversations.join(1, None, links("Hello", "a", &[]));
        assert_eq!(first, 1);
        let reply = conversations.join(2, None, links("Re: hello", "b", &["a"]));
        assert_eq!(reply, 1);
        let other_subject = conversations.join(3, None, links("Re: other", "c", &["a"]));
        assert_eq!(other_subject, 3);
        let same_subject = conversations.join(4, None, links("Hello", "d", &[]));
        assert_eq!(same_subject, 4);
        assert_eq!(conversations.messages(1), [1, 2]);
    }

    #[test]
    fn a_parent_that_arrives_late_joins_its_reply() {
        let mut conversations = Conversations::default();
        conversations.join(5, None, links("Re: x", "reply", &["parent"]));
        assert_eq!(conversations.join(6, None, links("x", "parent", &[])), 5);
    }

    #[test]
    fn an_empty_thread_is_gone_and_not_joined() {
        let mut conversations = Conversations::default();
        conversations.join(1, None, links("x", "a", &[]));
        conversations.leave(1, 1);
        assert!(!conversations.contains(1));
        assert_eq!(conversations.join(2, None, links("Re: x", "b", &["a"])), 2);
        assert_eq!(conversations.join(3, None, links("Re: x", "c", &["a"])), 2);
    }
}
