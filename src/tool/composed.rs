//! The tools that are not actions of the table: those that make several calls, and those that only hosted mode offers.

use serde_json::Value;

use crate::api::gmail::operation as row;
use crate::mail::Participation;
use crate::operation::schema::schema;
use crate::operation::{Field, Mode, Operation, Outbound, Schema, gmail};

use super::access::Access;
use super::argument::{optional, or_empty, required};
use super::definition::{Annotations, Tool};
use super::{output, shape};

/// A tool that is not an action of the table.
#[derive(Debug)]
pub(super) struct Composed {
    pub(super) kind: Kind,
    pub(super) name: &'static str,
    title: &'static str,
    description: &'static str,
    /// The tool's arguments.
    pub(super) fields: &'static [Field],
    /// The calls it makes. All of them must be allowed.
    steps: &'static [&'static Operation],
    output: fn() -> Value,
}

/// Which tool it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Search,
    ReadMessage,
    ReadThread,
    Send,
    Reply,
    Forward,
    Draft,
    SaveAttachment,
    Respond,
    Unsubscribe,
    Sql,
    Docs,
}

/// The further calls of a draft that answers a message.
pub(super) static STEPS_OF_ANSWER: [&Operation; 2] = [&row::GET_PROFILE, &row::MESSAGES_GET];

/// The call that saves a draft.
pub(super) static STEP_OF_DRAFT: &Operation = &row::DRAFTS_CREATE;

/// The optional call that improves replies. It is skipped if not allowed.
pub(super) static STEP_FOR_ALIASES: &Operation = &row::SETTINGS_SEND_AS_LIST;

/// The most characters of allowed recipients in a description.
const LONGEST_RECIPIENTS: usize = 400;

const fn required_text(name: &'static str, description: &'static str) -> Field {
    required(name, Schema::String, description)
}

const fn text(name: &'static str, description: &'static str) -> Field {
    optional(name, Schema::String, description)
}

const fn texts(name: &'static str, description: &'static str) -> Field {
    optional(name, Schema::Array(&Schema::String), description)
}

const fn switch(name: &'static str, description: &'static str) -> Field {
    optional(name, Schema::Boolean, description)
}

const fn number(name: &'static str, least: i64, most: i64, description: &'static str) -> Field {
    let (minimum, maximum) = (Some(least), Some(most));
    optional(name, Schema::Integer { minimum, maximum }, description)
}

const TO: Field = required(
    "to",
    Schema::Array(&Schema::String),
    "Recipients: addresses, or Name <address>.",
);
const CC: Field = texts("cc", "Who gets a copy.");
const BCC: Field = texts("bcc", "Who gets a hidden copy.");
const SUBJECT: Field = or_empty(text("subject", "The subject."));
const TEXT: Field = or_empty(required_text("text", "The text as plain text."));
const HTML: Field = text("html", "The text as HTML as well.");
const FILES: Field = texts(
    "attachments",
    "Names of files in the attachments directory.",
);
const MESSAGE_ID: Field = required_text("message_id", "The message id, from a search.");
const WITH_QUOTED: Field = switch("with_quoted", "Also show quoted text.");

/// All tools, in the order in which agents see them.
pub(super) static ALL: [Composed; 12] = [
    Composed {
        kind: Kind::Search,
        name: "gmail_search",
        title: "Search mail",
        description: "Searches messages as Gmail's search box does. Returns id, thread, date, sender, subject, labels \
            and first words of each.",
        fields: &[
            or_empty(required_text(
                "query",
                "As in Gmail's search box: from:, to:, subject:, is:unread, in:inbox, has:attachment, newer_than:7d, \
                 words. Empty: all mail.",
            )),
            number(
                "max_results",
                1,
                50,
                "The most messages to return; default 10.",
            ),
            text("page_token", "The next_page_token of the previous page."),
            switch("include_spam_trash", "Also search spam and trash."),
        ],
        steps: &[&row::MESSAGES_LIST, &row::MESSAGES_GET],
        output: output::search,
    },
    Composed {
        kind: Kind::ReadMessage,
        name: "gmail_read_message",
        title: "Read a message",
        description: "Reads a message: important headers, text, names of attachments. Quoted text is hidden. A long \
            text is cut; use offset to read on.",
        fields: &[
            MESSAGE_ID,
            WITH_QUOTED,
            number(
                "offset",
                0,
                1_000_000_000,
                "The character to start at, to read on in a cut text.",
            ),
        ],
        steps: &[&row::MESSAGES_GET],
        output: output::message,
    },
    Composed {
        kind: Kind::ReadThread,
        name: "gmail_read_thread",
        title: "Read a conversation",
        description: "Reads the messages of a conversation in order, each as in gmail_read_message, cut so that all \
            fit.",
        fields: &[
            required_text("thread_id", "The thread id, from a search."),
            WITH_QUOTED,
        ],
        steps: &[&row::THREADS_GET],
        output: output::thread,
    },
    Composed {
        kind: Kind::Send,
        name: "gmail_send",
        title: "Send a message",
        description: "Sends a new message at once. To answer a message use gmail_reply, which keeps the conversation \
            together; to let a person check it first use gmail_draft. If the outcome is unknown, never repeat \
            it: search in:sent first.",
        fields: &[
            TO,
            CC,
            BCC,
            or_empty(required_text("subject", "The subject.")),
            TEXT,
            HTML,
            FILES,
        ],
        steps: &[&row::MESSAGES_SEND],
        output: output::sent,
    },
    Composed {
        kind: Kind::Reply,
        name: "gmail_reply",
        title: "Answer a message",
        description: "Replies to a message at once, with its recipients, subject and conversation, and quotes its text.",
        fields: &[
            required_text("message_id", "The id of the message to reply to."),
            required_text("text", "The reply as plain text."),
            text("html", "The reply as HTML as well."),
            switch("reply_all", "Reply to everybody, not only to the sender."),
            switch("quote", "Quote the original below; default true."),
            FILES,
        ],
        steps: &[&row::GET_PROFILE, &row::MESSAGES_GET, &row::MESSAGES_SEND],
        output: output::sent,
    },
    Composed {
        kind: Kind::Forward,
        name: "gmail_forward",
        title: "Forward a message",
        description: "Forwards a message at once, with its text and attachments below your own text.",
        fields: &[
            required_text("message_id", "The id of the message to forward."),
            TO,
            CC,
            or_empty(text("text", "Your text above it, as plain text.")),
            switch("with_attachments", "Forward its attachments; default true."),
        ],
        steps: &[&row::GET_PROFILE, &row::MESSAGES_GET, &row::MESSAGES_SEND],
        output: output::sent,
    },
    Composed {
        kind: Kind::Draft,
        name: "gmail_draft",
        title: "Write a draft",
        description: "Saves a draft, which a person can check and send; nothing is sent. With reply_to_message_id it \
            replies to a message, with its recipients and subject.",
        fields: &[
            texts("to", "Recipients: addresses, or Name <address>."),
            CC,
            BCC,
            SUBJECT,
            TEXT,
            HTML,
            text(
                "reply_to_message_id",
                "The id of the message that the draft replies to.",
            ),
            switch("reply_all", "With reply_to_message_id: reply to everybody."),
            FILES,
        ],
        steps: &[&row::DRAFTS_CREATE],
        output: output::draft,
    },
    Composed {
        kind: Kind::SaveAttachment,
        name: "gmail_save_attachment",
        title: "Save attachments to files",
        description: "Saves a message's attachments to the directory that a person has named, and returns \
            the files' names. The bytes are not shown. Files are never overwritten.",
        fields: &[
            MESSAGE_ID,
            text("part_id", "The part_id of one attachment; default all."),
        ],
        steps: &[&row::MESSAGES_GET],
        output: output::files,
    },
    Composed {
        kind: Kind::Respond,
        name: "gmail_respond",
        title: "Answer an invitation",
        description: "Answers a message's invitation at once, by mail to its organizer. It does not change the account's \
            own calendar.",
        fields: &[
            required_text("message_id", "The id of the message with the invitation."),
            required("answer", Schema::Enum(&Participation::WORDS), "The answer."),
            text("comment", "A comment for the organizer."),
        ],
        steps: &[&row::GET_PROFILE, &row::MESSAGES_GET, &row::MESSAGES_SEND],
        output: output::sent,
    },
    Composed {
        kind: Kind::Unsubscribe,
        name: "gmail_unsubscribe",
        title: "Unsubscribe from a mailing list",
        description: "Unsubscribes from the mailing list that sent a message, with one request to the list's server. It \
            can't be undone here: ask the person first. Refused if the message offers no one-click \
            unsubscribe, or Gmail could not verify that the sender added it.",
        fields: &[MESSAGE_ID],
        steps: &[&row::MESSAGES_GET],
        output: output::unsubscribed,
    },
    Composed {
        kind: Kind::Sql,
        name: "gmail_sql",
        title: "Query the mailbox in SQL",
        description: "Queries Airbyte's copy of the mailbox, which may be some hours old: for counts, sums and groups that a \
            search can't give. Tables: profile, messages, labels, drafts, threads. It only reads.",
        fields: &[
            required_text("sql", "The query, such as select count(*) from messages."),
            number("limit", 1, 1000, "The most rows to return; default 100."),
        ],
        steps: &[],
        output: || shape::output_schema(None),
    },
    Composed {
        kind: Kind::Docs,
        name: "gmail_docs",
        title: "Read the connector's documentation",
        description: "Returns Airbyte's documentation of the connector for agents: the outline, or one section.",
        fields: &[text("section", "The id of a section, from the outline.")],
        steps: &[],
        output: || shape::output_schema(None),
    },
];

impl Composed {
    /// Whether only hosted mode offers it.
    pub(super) fn is_hosted(&self) -> bool {
        matches!(self.kind, Kind::Sql | Kind::Docs)
    }

    /// Whether agents are offered it by default.
    pub(super) fn is_default(&self) -> bool {
        !self.is_hosted() && self.kind != Kind::Unsubscribe
    }

    /// Whether it reads or writes files.
    pub(super) fn needs_directory(&self) -> bool {
        self.kind == Kind::SaveAttachment
    }

    /// Why the tool is not allowed in a mode; `None` if it is.
    pub(super) fn refusal(&self, access: &Access, mode: Mode) -> Option<String> {
        let mut steps = self.steps.iter();
        let refusal = steps.find_map(|row| access.step_refusal(row, mode));
        refusal.or_else(|| match self.kind {
            Kind::Sql | Kind::Docs if mode != Mode::Hosted => {
                Some("only hosted mode has it".to_owned())
            }
            Kind::Sql => gmail().searchable.iter().find_map(|searchable| {
                let entity = searchable.entity;
                access.check_other(entity, gmail().sql_action).err()
            }),
            // A list of allowed actions excludes everything else.
            Kind::Docs => access.check_other("connector", "docs").err(),
            // Unsubscribing reaches someone outside the mailbox, and no row says so.
            Kind::Unsubscribe if access.is_limited() => Some(
                "where an agent's actions are limited, only a person may unsubscribe".to_owned(),
            ),
            _ => None,
        })
    }

    /// Whether it changes nothing: not the mailbox, not a file, nothing elsewhere.
    pub(super) fn is_read_only(&self) -> bool {
        self.steps.iter().all(|row| row.read_only)
            && !self.needs_directory()
            && self.kind != Kind::Unsubscribe
    }

    pub(super) fn tool(&self, access: &Access) -> Tool {
        let sends = self
            .steps
            .iter()
            .any(|row| row.outbound != Outbound::Nothing);
        let is_final = self.kind == Kind::Unsubscribe;
        let read_only = self.is_read_only();
        let mut description = self.description.to_owned();
        if let (Some(recipients), true) = (access.recipients(), sends) {
            // Models' APIs accept 1,024 characters.
            if recipients.len() <= LONGEST_RECIPIENTS {
                description.push_str(&format!(" Mail goes only to: {recipients}."));
            } else {
                description.push_str(" Mail goes only to named recipients.");
            }
        }
        Tool {
            name: self.name.to_owned(),
            title: self.title.to_owned(),
            description,
            input_schema: schema(self.fields),
            output_schema: (self.output)(),
            annotations: Annotations {
                read_only,
                destructive: is_final,
                idempotent: read_only,
                open_world: read_only || sends || is_final,
            },
        }
    }
}
