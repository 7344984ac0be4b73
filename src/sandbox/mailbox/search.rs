//! Finding messages: the labels, the search text, and what stays hidden.

use std::cell::OnceCell;

use super::{
    Mailbox,
    header::{Field, message_ids},
    parameter::{self, Parameters},
    part::Part,
    query::{Context, Query},
    refusal::Refusal,
    snippet::html_to_text,
    store::{LabelId, Stored},
    term::{Condition, FieldName, label_key, normalize},
};

/// What a list asks for.
pub(super) struct Search<'a> {
    mailbox: &'a Mailbox,
    query: Query,
    labels: Vec<LabelId>,
    show_hidden: bool,
    user_labels: Vec<&'a str>,
    keys: Vec<(String, &'a str)>,
}

impl<'a> Search<'a> {
    /// Reads `q`, `labelIds` and `includeSpamTrash`.
    pub(super) fn of(mailbox: &'a Mailbox, params: &Parameters) -> Result<Self, Refusal> {
        let text = parameter::text(params, "q").unwrap_or_default();
        let mut search = Self::for_text(mailbox, &text);
        search.labels = parameter::list(params, "labelIds")
            .iter()
            .map(|id| mailbox.labels.known(id))
            .collect::<Result<_, _>>()?;
        search.show_hidden |= parameter::boolean(params, "includeSpamTrash")?
            || search
                .labels
                .iter()
                .any(|label| matches!(&**label, "TRASH" | "SPAM"));
        Ok(search)
    }

    /// A search by its text alone.
    pub(super) fn for_text(mailbox: &'a Mailbox, text: &str) -> Self {
        let context = Context {
            now: mailbox.clock.now(),
            address: &mailbox.address,
        };
        let query = Query::parse(text, context);
        let mut keys = Vec::new();
        let mut user_labels = Vec::new();
        for label in mailbox.labels.iter() {
            keys.push((label_key(&label.name), &*label.id));
            keys.push((label_key(&label.id), &*label.id));
            if !label.is_system() {
                user_labels.push(&*label.id);
            }
        }
        Self {
            mailbox,
            show_hidden: query.asks_for_hidden(),
            query,
            labels: Vec::new(),
            user_labels,
            keys,
        }
    }

    /// Whether a message belongs into the list.
    pub(super) fn finds_message(&self, id: u64) -> bool {
        self.mailbox.store.messages.get(&id).is_some_and(|message| {
            self.may_show(message)
                && self.labels.iter().all(|label| message.has(label))
                && self.matches(message)
        })
    }

    /// Whether a thread belongs into the list: its messages together have the
    /// labels, and one of them is what the text asks for.
    pub(super) fn finds_thread(&self, thread: u64) -> bool {
        let messages: Vec<&Stored> = self
            .mailbox
            .store
            .thread(thread)
            .into_iter()
            .map(|(_, message)| message)
            .filter(|message| self.may_show(message))
            .collect();
        self.labels
            .iter()
            .all(|label| messages.iter().any(|message| message.has(label)))
            && messages.iter().any(|message| self.matches(message))
    }

    /// Whether spam and trash rules let a message be seen at all.
    pub(super) fn may_show(&self, message: &Stored) -> bool {
        self.show_hidden || !message.is_hidden()
    }

    fn matches(&self, message: &Stored) -> bool {
        let candidate = Candidate {
            message,
            part: OnceCell::new(),
            words: OnceCell::new(),
        };
        self.query
            .holds(&|condition| self.satisfies(&candidate, condition))
    }

    fn satisfies(&self, candidate: &Candidate<'_>, condition: &Condition) -> bool {
        let message = candidate.message;
        match condition {
            Condition::Words(words) => candidate.words().contains(words.as_str()),
            Condition::Field(field, words) => candidate.field_has(*field, words),
            Condition::Label(key) => self
                .keys
                .iter()
                .any(|(known, id)| known == key && message.has(id)),
            Condition::Anywhere => true,
            Condition::Archived => !["INBOX", "SPAM", "TRASH", "SENT", "DRAFT"]
                .iter()
                .any(|label| message.has(label)),
            Condition::Read => !message.has("UNREAD"),
            Condition::Attachment => candidate.any_part(&Part::is_attachment),
            Condition::UserLabel => self.user_labels.iter().any(|label| message.has(label)),
            Condition::NoUserLabel => !self.user_labels.iter().any(|label| message.has(label)),
            Condition::Filename(words) => candidate.any_part(&|part: &Part| {
                !part.filename.is_empty() && normalize(&part.filename).contains(words.as_str())
            }),
            Condition::NotBefore(moment) => message.date >= *moment,
            Condition::Before(moment) => message.date < *moment,
            Condition::Larger(size) => message.raw.len() > *size,
            Condition::Smaller(size) => message.raw.len() < *size,
            Condition::MessageId(id) => candidate
                .fields(&["Message-ID"])
                .any(|field| message_ids(&field.unfolded()).iter().any(|own| own == id)),
            Condition::Nothing => false,
        }
    }
}

// A message is taken apart once, and only when a condition needs it.
struct Candidate<'a> {
    message: &'a Stored,
    part: OnceCell<Part>,
    words: OnceCell<String>,
}

impl Candidate<'_> {
    fn part(&self) -> &Part {
        self.part.get_or_init(|| Part::read(&self.message.raw))
    }

    fn fields(&self, names: &'static [&'static str]) -> impl Iterator<Item = &Field> {
        self.part()
            .fields
            .iter()
            .filter(|field| names.iter().any(|name| field.is(name)))
    }

    fn field_has(&self, field: FieldName, words: &str) -> bool {
        let names: &'static [&'static str] = match field {
            FieldName::From => &["From"],
            FieldName::To => &["To", "Cc", "Bcc"],
            FieldName::Cc => &["Cc"],
            FieldName::Bcc => &["Bcc"],
            FieldName::Subject => &["Subject"],
            FieldName::List => &["List-Id", "List-Post", "Mailing-List"],
            FieldName::DeliveredTo => &["Delivered-To"],
        };
        self.fields(names)
            .any(|field| normalize(&field.decoded()).contains(words))
    }

    fn any_part(&self, condition: &impl Fn(&Part) -> bool) -> bool {
        let mut found = false;
        self.part().visit(&mut |part| found |= condition(part));
        found
    }

    fn words(&self) -> &str {
        self.words.get_or_init(|| {
            let mut text = String::new();
            for field in self.fields(&["Subject", "From", "To", "Cc", "Bcc"]) {
                text.push_str(&normalize(&field.decoded()));
            }
            self.part().visit(&mut |part| {
                if part.is_body_text() {
                    let body = part.text();
                    if part.media_type == "text/html" {
                        text.push_str(&normalize(&html_to_text(&body)));
                    } else {
                        text.push_str(&normalize(&body));
                    }
                } else {
                    text.push_str(&normalize(&part.filename));
                }
            });
            text
        })
    }
}
