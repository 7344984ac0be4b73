//! Replies and forwards.

mod automatic;
pub(crate) mod note;
pub(crate) mod quotation;
mod recipient;
mod reference;

use std::{collections::HashSet, fmt};

use crate::api::gmail::types::{Message, Thread};

use self::{
    note::{AnswerNote, is_encrypted, notes},
    quotation::{embeddable_html, quote_html, quote_text, text_to_html},
    recipient::recipients,
    reference::references,
};
use super::{
    address::{AddressError, mailbox::MailboxList},
    compose::{
        Compose, ComposeError, Quotation,
        enclosure::{Enclosure, check_content_id},
    },
    header::{
        message_id::{is_message_id, parse_message_ids},
        parse_date,
    },
    html::escape,
    read::{
        Attachment, Reading,
        content_reference::{self, PartIdentity},
        file_name::safe_file_name,
    },
};

/// Labels of messages that shouldn't be answered.
const UNANSWERABLE: [&str; 3] = ["DRAFT", "TRASH", "SPAM"];

/// The original of a reply or forward: a thread, a message, or a message already read.
///
/// In a thread, [`answerable_message`] picks the message. Fetch messages with `format=full` (or `raw`). If Gmail keeps
/// a message's text behind an attachment id, pass a [`Reading`] with the text added.
#[non_exhaustive]
pub enum Original<'a> {
    /// The latest message of a thread.
    Thread(&'a Thread),
    /// This message, already read.
    Message(&'a Message),
    /// This message.
    Reading(&'a Reading),
}

impl fmt::Debug for Original<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Thread(_) => "Original::Thread",
            Self::Message(_) => "Original::Message",
            Self::Reading(_) => "Original::Reading",
        })
    }
}

impl<'a> From<&'a Thread> for Original<'a> {
    fn from(thread: &'a Thread) -> Self {
        Self::Thread(thread)
    }
}

impl<'a> From<&'a Message> for Original<'a> {
    fn from(message: &'a Message) -> Self {
        Self::Message(message)
    }
}

impl<'a> From<&'a Reading> for Original<'a> {
    fn from(reading: &'a Reading) -> Self {
        Self::Reading(reading)
    }
}

impl Original<'_> {
    fn read(self) -> Result<Reading, ReplyError> {
        match self {
            Self::Thread(thread) => {
                let message = answerable_message(thread).ok_or(ReplyError::NoMessage)?;
                let mut reading = Reading::from_payload(message);
                if reading.thread_id.is_none() {
                    reading.thread_id = Some(thread.id.clone()).filter(|id| !id.is_empty());
                }
                Ok(reading)
            }
            Self::Message(message) => Ok(Reading::from_payload(message)),
            Self::Reading(reading) => Ok(reading.clone()),
        }
    }
}

/// Finds the message of a thread to reply to.
///
/// This is the latest that has a `Message-ID`, isn't a draft, and isn't in the trash or spam.
///
/// ```
/// use airbyte_agent_gmail::{mail::answerable_message, types::Thread};
/// use serde_json::json;
///
/// let payload = |id: &str| json!({"headers": [{"name": "Message-ID", "value": id}]});
/// let thread: Thread = serde_json::from_value(json!({"id": "a", "messages": [
///     {"id": "a", "payload": payload("<1@example.org>")},
///     {"id": "b", "payload": payload("<2@example.org>"), "labelIds": ["DRAFT"]},
/// ]}))?;
/// assert_eq!(answerable_message(&thread).map(|message| message.id.as_str()), Some("a"));
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// Gmail includes the headers with `format=full` and `format=metadata`; without them, this finds nothing.
#[must_use]
pub fn answerable_message(thread: &Thread) -> Option<&Message> {
    let is_answerable = |message: &&Message| {
        let is_refused = message
            .label_ids
            .iter()
            .any(|label| UNANSWERABLE.contains(&label.as_str()));
        !is_refused && has_message_id(message)
    };
    let date = |message: &Message| -> i64 {
        let date = message.internal_date.as_deref();
        date.and_then(|date| date.parse().ok()).unwrap_or(0)
    };
    // Among messages with the same date, or none, the last in Gmail's order is the latest.
    thread
        .messages
        .iter()
        .filter(is_answerable)
        .max_by_key(|message| date(message))
}

/// Starts a reply to the author of a message.
///
/// ```
/// use airbyte_agent_gmail::mail::{MailboxList, Reading, reply};
///
/// let original = Reading::from_raw(
///     b"From: Support <support@example.org>\r\nTo: me@example.com\r\nMessage-ID: <1@example.org>\r\n\
///       Subject: Invoice\r\nDate: Tue, 24 Nov 2026 09:15:00 +0100\r\n\r\nIs it paid?\r\n",
/// );
/// let own: MailboxList = "me@example.com".parse()?;
/// let composed = reply(&original, &own)?.text("Yes.").build()?;
/// let answer = Reading::from_raw(&composed.raw);
/// assert_eq!(answer.to.to_string(), "Support <support@example.org>");
/// assert_eq!(answer.subject.as_deref(), Some("Re: Invoice"));
/// assert_eq!(answer.in_reply_to, ["1@example.org"]);
/// assert!(answer.text.ends_with("\n> Is it paid?\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// `own` is the account's addresses, including aliases. They are left out of the recipients, and the one that received
/// the original becomes the author of the reply.
///
/// The reply goes to the original's `Reply-To`, or else to its `From`. A reply to your own message goes to that
/// message's recipients, unless its `Reply-To` is somebody else. Addresses are used as they came. Invalid ones are left
/// out and listed in [`Compose::notes`], with anything else to know before sending.
///
/// The reply has the thread (`thread_id`, `In-Reply-To`, `References`), the subject with one `Re:`, and the original
/// quoted below the text of [`Compose::text`] or [`Compose::html`] ([`Compose::without_quotation`] leaves it out).
/// Pictures in the original's HTML are replaced by their description.
///
/// # Errors
///
/// [`ReplyError`] if a thread has no message to reply to, or nobody is left to reply to.
pub fn reply<'a>(
    original: impl Into<Original<'a>>,
    own: &MailboxList,
) -> Result<Compose, ReplyError> {
    answer(&original.into().read()?, own, false)
}

/// Starts a reply to the author of a message and everybody else it was sent to.
///
/// ```
/// use airbyte_agent_gmail::mail::{MailboxList, Reading, reply_all};
///
/// let original = Reading::from_raw(
///     b"From: support@example.org\r\nTo: me@example.com, you@example.com\r\nMessage-ID: <1@example.org>\r\n\r\nPaid?\r\n",
/// );
/// let own: MailboxList = "me@example.com".parse()?;
/// let answer = Reading::from_raw(&reply_all(&original, &own)?.text("Yes.").build()?.raw);
/// assert_eq!((answer.to.to_string(), answer.cc.to_string()), ("support@example.org".into(), "you@example.com".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Like [`reply`], with a copy to the original's other recipients in `To` and `Cc`. [`Compose::retain_recipients`]
/// leaves some of them out.
///
/// # Errors
///
/// As for [`reply`].
pub fn reply_all<'a>(
    original: impl Into<Original<'a>>,
    own: &MailboxList,
) -> Result<Compose, ReplyError> {
    answer(&original.into().read()?, own, true)
}

/// Starts forwarding a message.
///
/// ```
/// use airbyte_agent_gmail::mail::{ForwardAttachment, MailboxList, Reading, forward};
///
/// let original = Reading::from_raw(b"From: support@example.org\r\nSubject: Invoice\r\n\r\nPlease pay.\r\n");
/// let own: MailboxList = "me@example.com".parse()?;
/// let files = vec![ForwardAttachment::new("invoice.pdf", "application/pdf", "%PDF-1.7")];
/// let message = forward(&original, &own, files)?.to("accounting@example.net").text("For you.");
/// assert_eq!(Reading::from_raw(&message.build()?.raw).subject.as_deref(), Some("Fwd: Invoice"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The original follows below the text, with its author, date, subject and recipients. The message stays in the
/// original's thread, as with Gmail's own forwards.
///
/// The caller passes the attachments, because fetching them takes requests. For each of [`Reading::attachments`], the
/// bytes are in [`Attachment::data`] or, with an `attachment_id`, in the result of `users.messages.attachments.get`,
/// decoded with [`decode_base64url`](super::encoding::decode_base64url). [`ForwardAttachment::from_attachment`]
/// combines the two. The HTML still shows those that it refers to by content id (RFC 2392) or location (RFC 2557); the
/// others are attached.
///
/// # Errors
///
/// [`ReplyError`] if a thread has no message to forward.
pub fn forward<'a>(
    original: impl Into<Original<'a>>,
    own: &MailboxList,
    attachments: Vec<ForwardAttachment>,
) -> Result<Compose, ReplyError> {
    let reading = original.into().read()?;
    let mut message = in_thread(&reading, own);
    message.subject = Some(prefixed(&reading, "Fwd:", &["fwd", "fw"]));
    let mut lines = vec!["---------- Forwarded message ---------".to_owned()];
    let fields = [
        ("From", reading.from.to_string()),
        ("Date", written_date(&reading).unwrap_or_default()),
        ("Subject", reading.subject.clone().unwrap_or_default()),
        ("To", reading.to.to_string()),
        ("Cc", reading.cc.to_string()),
    ];
    for (name, value) in fields {
        if !value.is_empty() {
            lines.push(format!("{name}: {value}"));
        }
    }
    let names: Vec<_> = attachments.iter().map(|file| file.part.clone()).collect();
    let content_ids = usable_content_ids(&names);
    let mut shown = HashSet::new();
    let html = match &reading.html {
        Some(html) => {
            let content_id = |url: &str| {
                let position = content_reference::find(url, &names)?;
                shown.insert(position);
                content_ids.get(position).cloned()
            };
            embeddable_html(html, content_id)
        }
        None => text_to_html(&reading.text),
    };
    let heading: Vec<_> = lines.iter().map(|line| escape(line)).collect();
    message.quotation = Some(Quotation {
        text: format!("{}\n\n{}", lines.join("\n"), reading.text),
        html: format!(
            "<div class=\"gmail_quote\"><div dir=\"ltr\" class=\"gmail_attr\">{}<br><br></div>{html}</div>",
            heading.join("<br>")
        ),
        is_html: reading.html.is_some(),
    });
    for (position, (attachment, content_id)) in attachments.into_iter().zip(content_ids).enumerate()
    {
        match attachment.enclosure() {
            Ok(enclosure) if shown.contains(&position) => {
                message
                    .enclosures
                    .push(enclosure.with_content_id(content_id));
            }
            Ok(enclosure) => message.enclosures.push(enclosure),
            Err(error) => message.refuse(error),
        }
    }
    if is_encrypted(&reading) {
        message.notes.push(AnswerNote::Encrypted);
    }
    Ok(message)
}

/// A content id for each part: its own, or a new one if that is missing, malformed or used twice.
fn usable_content_ids(parts: &[PartIdentity]) -> Vec<String> {
    let mut used = HashSet::new();
    let ids = parts.iter().enumerate().map(|(position, part)| {
        let own = part.content_id.clone().map(check_content_id);
        match own {
            Some(Ok(id)) if used.insert(id.clone()) => id,
            _ => format!("part{position}@content-id.invalid"),
        }
    });
    ids.collect()
}

/// A file of a forwarded message.
///
/// ```
/// use airbyte_agent_gmail::mail::{Compose, ForwardAttachment, MailboxList, Reading, forward};
///
/// let original = Compose::new().to("me@example.com").text("See below.").attachment("a.csv", "text/csv", "1,2").build()?;
/// let original = Reading::from_raw(&original.raw);
/// let files = original.attachments.iter();
/// let files = files.filter_map(|file| Some(ForwardAttachment::from_attachment(file, file.data()?))).collect();
/// let message = forward(&original, &MailboxList::default(), files)?.to("accounting@example.net").build()?;
/// assert_eq!(Reading::from_raw(&message.raw).attachments[0].name, "a.csv");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ForwardAttachment {
    name: String,
    mime_type: String,
    bytes: Vec<u8>,
    part: PartIdentity,
}

impl ForwardAttachment {
    /// Creates a file from its name, type and bytes.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        mime_type: impl Into<String>,
        bytes: impl Into<Vec<u8>>,
    ) -> Self {
        Self {
            name: name.into(),
            mime_type: mime_type.into(),
            bytes: bytes.into(),
            part: PartIdentity::default(),
        }
    }

    /// Creates a file from an attachment of the original and its bytes.
    #[must_use]
    pub fn from_attachment(attachment: &Attachment, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            part: PartIdentity {
                content_id: attachment.content_id.clone(),
                location: attachment.content_location.clone(),
            },
            ..Self::new(attachment.name.clone(), attachment.mime_type.clone(), bytes)
        }
    }

    /// Sets the content id by which the original's HTML refers to it.
    #[must_use]
    pub fn with_content_id(mut self, content_id: impl Into<String>) -> Self {
        self.part.content_id = Some(content_id.into());
        self
    }

    fn enclosure(self) -> Result<Enclosure, ComposeError> {
        // A stranger's odd name for it mustn't prevent forwarding.
        let name = safe_file_name(&self.name);
        let is_known = super::compose::enclosure::parse_mime_type(&self.mime_type).is_some();
        let mime_type = if is_known {
            self.mime_type.as_str()
        } else {
            "application/octet-stream"
        };
        Enclosure::new(name, mime_type, self.bytes)
    }
}

debug!(ForwardAttachment, self =>
    size: self.bytes.len(),
    has_content_id: self.part.content_id.is_some(),
);

/// Why a reply could not be written.
///
/// ```
/// use airbyte_agent_gmail::mail::{MailboxList, Reading, ReplyError, reply};
///
/// let original = Reading::from_raw(b"Subject: From nobody\r\n\r\n");
/// assert_eq!(reply(&original, &MailboxList::default()).unwrap_err(), ReplyError::NoRecipient);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplyError {
    /// The thread has no message to reply to.
    NoMessage,
    /// There is nobody to reply to.
    NoRecipient,
    /// None of the addresses for the reply is valid.
    UnusableRecipient {
        /// What is wrong with the first address.
        reason: AddressError,
    },
}

impl fmt::Display for ReplyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::UnusableRecipient { reason } => {
                return write!(
                    formatter,
                    "nobody is left to reply to, since no mail can be sent to the address of the message: {reason}"
                );
            }
            Self::NoMessage => {
                "no message of the thread can be answered: each is a draft, in the trash or spam, or without a \
                 message id; get the thread with format=full, or name the message"
            }
            Self::NoRecipient => {
                "the message names nobody to reply to: get it with format=full, or begin a new message"
            }
        })
    }
}

impl std::error::Error for ReplyError {}

fn has_message_id(message: &Message) -> bool {
    match &message.payload {
        // Reading the whole message would needlessly decode its texts.
        Some(payload) => payload.headers.iter().any(|header| {
            let is_id = header
                .name
                .as_deref()
                .is_some_and(|name| name.eq_ignore_ascii_case("Message-ID"));
            let value = header.value.as_deref().unwrap_or_default();
            is_id && !parse_message_ids(value.as_bytes()).is_empty()
        }),
        None => Reading::from_payload(message).message_id.is_some(),
    }
}

fn answer(reading: &Reading, own: &MailboxList, is_to_all: bool) -> Result<Compose, ReplyError> {
    let recipients = recipients(reading, own, is_to_all);
    if recipients.to.is_empty() && recipients.cc.is_empty() {
        return Err(match recipients.left_out.first() {
            Some(AnswerNote::LeftOut { reason, .. }) => {
                ReplyError::UnusableRecipient { reason: *reason }
            }
            _ => ReplyError::NoRecipient,
        });
    }
    let mut message = in_thread(reading, own);
    message.notes = recipients.left_out;
    message.notes.extend(notes(reading, &recipients.to));
    message.to = recipients.to;
    message.cc = recipients.cc;
    message.subject = Some(prefixed(reading, "Re:", &["re"]));
    if is_encrypted(reading) {
        return Ok(message);
    }
    let introduction = introduction(reading);
    let html = match &reading.html {
        Some(html) => embeddable_html(html, |_| None),
        None => text_to_html(&reading.text),
    };
    message.quotation = Some(Quotation {
        text: quote_text(&introduction, &reading.text),
        html: quote_html(&introduction, &html),
        is_html: reading.html.is_some(),
    });
    Ok(message)
}

/// A message in the original's thread, from the address that received the original.
fn in_thread(reading: &Reading, own: &MailboxList) -> Compose {
    let mut message = Compose::new();
    let involved = || {
        reading
            .to
            .iter()
            .chain(&reading.cc)
            .chain(&reading.bcc)
            .chain(&reading.from)
    };
    message.from = own
        .iter()
        .find(|address| involved().any(|other| other.is_same_mailbox(address)))
        .or_else(|| own.first())
        .cloned();
    if let Some(thread_id) = &reading.thread_id {
        message = message.thread_id(thread_id.clone());
    }
    message.references = references(reading);
    message.in_reply_to = reading
        .message_id
        .iter()
        .filter(|id| is_message_id(id))
        .cloned()
        .collect();
    message
}

/// The subject with a prefix, unless it already has one.
fn prefixed(reading: &Reading, prefix: &str, known: &[&str]) -> String {
    let subject = reading.subject.as_deref().unwrap_or_default().trim();
    let lower = subject.to_lowercase();
    let is_known = |known: &&str| lower.strip_prefix(known).is_some_and(begins_with_colon);
    if known.iter().any(is_known) {
        subject.to_owned()
    } else {
        format!("{prefix} {subject}").trim_end().to_owned()
    }
}

/// Whether the subject says that a message is a forward, in Outlook's words for it.
pub(crate) fn is_forward(reading: &Reading) -> bool {
    // Without `VS:`, which means a forward in Norwegian but a reply in Finnish.
    const WORDS: [&str; 15] = [
        "fwd",
        "fw",
        "wg",
        "tr",
        "rv",
        "enc",
        "i",
        "doorst",
        "vb",
        "vl",
        "pd",
        "továbbítás",
        "转发",
        "轉寄",
        "転送",
    ];

    let subject = reading.subject.as_deref().unwrap_or_default().trim();
    // Gateways put a mark such as `[EXTERNAL]` first.
    let subject = match subject
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        Some((_, rest)) => rest.trim_start(),
        None => subject,
    };
    let subject = subject.to_lowercase();
    WORDS
        .iter()
        .any(|word| subject.strip_prefix(word).is_some_and(begins_with_colon))
}

/// Whether a colon follows, also after a blank or a count: `Re :`, `Re[2]:`, `Re(2):`, `Re^2:`, `Re：`.
fn begins_with_colon(text: &str) -> bool {
    let count = text.trim_start().trim_start_matches(['[', '(', '^']);
    let rest = count.trim_start_matches(|digit: char| digit.is_ascii_digit());
    let rest = rest.trim_start_matches([']', ')']).trim_start();
    rest.starts_with([':', '\u{ff1a}'])
}

fn introduction(reading: &Reading) -> String {
    let author = reading.from.first().map(ToString::to_string);
    match (written_date(reading), author) {
        (Some(date), Some(author)) => format!("On {date}, {author} wrote:"),
        (Some(date), None) => format!("On {date}, somebody wrote:"),
        (None, Some(author)) => format!("{author} wrote:"),
        (None, None) => "Somebody wrote:".to_owned(),
    }
}

/// The date by the sender's clock, with the zone.
fn written_date(reading: &Reading) -> Option<String> {
    let date = reading
        .date
        .as_deref()
        .and_then(|date| parse_date(date.as_bytes()))?;
    Some(date.strftime("%a, %-d %b %Y at %H:%M %z").to_string())
}

#[cfg(test)]
mod tests;
