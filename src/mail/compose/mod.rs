//! Composing messages.

mod assemble;
mod composed;
pub(crate) mod enclosure;
mod error;

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use self::{
    assemble::assemble,
    enclosure::{Enclosure, check_content_id, guess_mime_type},
};
use super::{
    address::{Address, AddressError, mailbox::MailboxList},
    header::message_id::{check_message_id, random_message_id},
    reply::note::AnswerNote,
};

pub use self::{composed::Composed, error::ComposeError};

/// The largest message or draft that Gmail accepts, in bytes (35 MiB), including headers and encoding.
///
/// It is `maxSize` in the [discovery document](https://gmail.googleapis.com/$discovery/rest?version=v1).
pub const MAXIMUM_MESSAGE_SIZE: usize = 36_700_160;

/// Headers that have their own methods, or follow from the content.
const MANAGED_HEADERS: [&str; 11] = [
    "from",
    "to",
    "cc",
    "bcc",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "mime-version",
];

/// Composes a message.
///
/// ```
/// use airbyte_agent_gmail::mail::Compose;
///
/// let composed = Compose::new()
///     .from("Support <support@example.com>")
///     .to("first@example.org, Zweite Person <second@example.org>")
///     .subject("Größe und 価格")
///     .text("The numbers are attached.")
///     .attachment("Zahlen März.csv", "text/csv", "a,b\r\n1,2\r\n")
///     .build()?;
/// let raw = composed.raw_base64url();
/// # assert!(!raw.is_empty());
/// # Ok::<(), airbyte_agent_gmail::mail::ComposeError>(())
/// ```
///
/// The result goes to Gmail as the `raw` field of a message (to send, or as a draft) or as the content of an upload.
/// Text alone becomes a `text/plain` message. HTML gets a text version generated from it, unless [`text`](Self::text)
/// sets one. Without a `from`, Gmail adds the account's address. [`build`](Self::build) reports errors. No value can
/// inject a header: line breaks and control characters in headers are rejected.
///
/// `Debug` shows only counts and sizes.
#[derive(Clone, Default)]
#[must_use]
pub struct Compose {
    pub(crate) from: Option<Address>,
    pub(crate) to: MailboxList,
    pub(crate) cc: MailboxList,
    pub(crate) bcc: MailboxList,
    pub(crate) reply_to: MailboxList,
    pub(crate) subject: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) html: Option<String>,
    pub(crate) quotation: Option<Quotation>,
    pub(crate) enclosures: Vec<Enclosure>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) in_reply_to: Vec<String>,
    pub(crate) references: Vec<String>,
    pub(crate) message_id: Option<String>,
    pub(crate) date: Option<i64>,
    pub(crate) notes: Vec<AnswerNote>,
    /// A calendar object and its method, as an alternative to the text.
    pub(crate) calendar: Option<(&'static str, String)>,
    thread_id: Option<String>,
    fault: Option<ComposeError>,
}

/// The part of the original in a reply or forward.
#[derive(Clone)]
pub(crate) struct Quotation {
    pub(crate) text: String,
    pub(crate) html: String,
    /// Whether the original had HTML, which is then worth keeping.
    pub(crate) is_html: bool,
}

impl Compose {
    /// Creates an empty message.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the author: one address, either the account's or one of its verified aliases.
    pub fn from<A>(mut self, author: A) -> Self
    where
        A: TryInto<MailboxList, Error: Into<AddressError>>,
    {
        if let Some(mailboxes) = self.take("From", author) {
            let mut mailboxes = mailboxes.into_iter();
            self.from = mailboxes.next();
            if mailboxes.next().is_some() {
                self.refuse(ComposeError::SeveralAuthors);
            }
        }
        self
    }

    /// Adds recipients: text such as `Name <name@example.com>, other@example.com`, an [`Address`], or several.
    pub fn to<A>(mut self, recipients: A) -> Self
    where
        A: TryInto<MailboxList, Error: Into<AddressError>>,
    {
        if let Some(mailboxes) = self.take("To", recipients) {
            self.to.extend(mailboxes);
        }
        self
    }

    /// Adds Cc recipients.
    pub fn cc<A>(mut self, recipients: A) -> Self
    where
        A: TryInto<MailboxList, Error: Into<AddressError>>,
    {
        if let Some(mailboxes) = self.take("Cc", recipients) {
            self.cc.extend(mailboxes);
        }
        self
    }

    /// Adds Bcc recipients; Gmail removes the header from the other copies.
    pub fn bcc<A>(mut self, recipients: A) -> Self
    where
        A: TryInto<MailboxList, Error: Into<AddressError>>,
    {
        if let Some(mailboxes) = self.take("Bcc", recipients) {
            self.bcc.extend(mailboxes);
        }
        self
    }

    /// Adds addresses for replies.
    pub fn reply_to<A>(mut self, addresses: A) -> Self
    where
        A: TryInto<MailboxList, Error: Into<AddressError>>,
    {
        if let Some(mailboxes) = self.take("Reply-To", addresses) {
            self.reply_to.extend(mailboxes);
        }
        self
    }

    /// All recipients: `to`, `cc` and `bcc`.
    pub fn recipients(&self) -> impl Iterator<Item = &Address> {
        self.to.iter().chain(self.cc.iter()).chain(self.bcc.iter())
    }

    /// Keeps only the recipients, of all kinds, for which the function returns true.
    ///
    /// This is for replies to all, whose recipients come from the original.
    pub fn retain_recipients(mut self, mut is_kept: impl FnMut(&Address) -> bool) -> Self {
        for list in [&mut self.to, &mut self.cc, &mut self.bcc] {
            *list = std::mem::take(list)
                .into_iter()
                .filter(&mut is_kept)
                .collect();
        }
        self
    }

    /// Sets the subject, in any script.
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        let subject = subject.into();
        if has_control(&subject) {
            self.refuse(ComposeError::ControlCharacter {
                header: "Subject".to_owned(),
            });
        } else {
            self.subject = Some(subject.trim().to_owned());
        }
        self
    }

    /// Sets the text.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// Sets the HTML; it can show pictures added with [`inline`](Self::inline) as `<img src="cid:…">`.
    pub fn html(mut self, html: impl Into<String>) -> Self {
        self.html = Some(html.into());
        self
    }

    /// What to know about a reply or forward before sending it.
    ///
    /// Examples are recipients that were left out, an original written by a program, and one that can't be quoted.
    #[must_use]
    pub fn notes(&self) -> &[AnswerNote] {
        &self.notes
    }

    /// The original as a reply or forward quotes it; `None` if it quotes nothing.
    #[must_use]
    pub fn quotation_text(&self) -> Option<&str> {
        self.quotation
            .as_ref()
            .map(|quotation| quotation.text.as_str())
    }

    /// Removes the quotation of the original from a reply or forward.
    pub fn without_quotation(mut self) -> Self {
        self.quotation = None;
        self
    }

    /// Attaches a file, given as bytes.
    ///
    /// The type, such as `application/pdf`, may have parameters (`text/calendar; method=REQUEST`). The name may be in
    /// any script.
    pub fn attachment(
        mut self,
        name: impl Into<String>,
        mime_type: impl AsRef<str>,
        bytes: impl Into<Vec<u8>>,
    ) -> Self {
        let enclosure = Enclosure::new(name.into(), mime_type.as_ref(), bytes.into());
        let enclosure = self.checked(enclosure);
        self.enclosures.extend(enclosure);
        self
    }

    /// Attaches a file from disk, under its own name, with the type of its extension.
    ///
    /// The file is read immediately; if that fails, [`build`](Self::build) reports it.
    pub fn attachment_from_path(mut self, path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let length = fs::metadata(path).map_or(0, |metadata| metadata.len());
        if length > MAXIMUM_MESSAGE_SIZE as u64 {
            let size = usize::try_from(length).unwrap_or(usize::MAX);
            self.refuse(ComposeError::TooLarge { size });
            return self;
        }
        match read_file(path) {
            Ok(bytes) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                self.attachment(&*name, guess_mime_type(&name), bytes)
            }
            Err(error) => {
                self.refuse(ComposeError::UnreadableFile { kind: error.kind() });
                self
            }
        }
    }

    /// Adds a picture or other content that the HTML shows by its content id.
    ///
    /// ```
    /// use airbyte_agent_gmail::mail::Compose;
    ///
    /// let composed = Compose::new()
    ///     .to("first@example.org")
    ///     .html("<p>Our logo: <img src='cid:logo@example.com' alt='Logo'></p>")
    ///     .inline("logo@example.com", "logo.png", "image/png", [0x89, b'P', b'N', b'G'])
    ///     .build()?;
    /// # assert!(!composed.raw.is_empty());
    /// # Ok::<(), airbyte_agent_gmail::mail::ComposeError>(())
    /// ```
    ///
    /// The id can be anything unique in the message, without angle brackets.
    pub fn inline(
        mut self,
        content_id: impl Into<String>,
        name: impl Into<String>,
        mime_type: impl AsRef<str>,
        bytes: impl Into<Vec<u8>>,
    ) -> Self {
        let enclosure = check_content_id(content_id.into()).and_then(|content_id| {
            let enclosure = Enclosure::new(name.into(), mime_type.as_ref(), bytes.into())?;
            Ok(enclosure.with_content_id(content_id))
        });
        let enclosure = self.checked(enclosure);
        self.enclosures.extend(enclosure);
        self
    }

    /// Adds a header that has no method of its own, such as `List-Unsubscribe`.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        let lower = name.to_ascii_lowercase();
        let is_name = !name.is_empty()
            && name.len() <= 76
            && name
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b':');
        if !is_name {
            self.refuse(ComposeError::HeaderName);
        } else if MANAGED_HEADERS.contains(&lower.as_str()) || lower.starts_with("content-") {
            self.refuse(ComposeError::ManagedHeader { header: name });
        } else if has_control(&value) {
            self.refuse(ComposeError::ControlCharacter { header: name });
        } else {
            self.headers.push((name, value.trim().to_owned()));
        }
        self
    }

    /// Sets the message that this one replies to, by its `Message-ID` (not Gmail's id).
    ///
    /// [`reply`](super::reply) does this, and everything else that a reply needs.
    pub fn in_reply_to(mut self, message_id: impl AsRef<str>) -> Self {
        let id = self.checked(check_message_id(message_id.as_ref(), "In-Reply-To"));
        self.in_reply_to = id.into_iter().collect();
        self
    }

    /// Sets the thread so far: the `Message-ID` of each message, oldest first.
    pub fn references<I>(mut self, message_ids: I) -> Self
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        self.references.clear();
        for id in message_ids {
            let id = self.checked(check_message_id(id.as_ref(), "References"));
            self.references.extend(id);
        }
        self
    }

    /// Sets Gmail's id of the thread that the message belongs to.
    ///
    /// Gmail also requires the thread's subject and references; [`reply`](super::reply) sets all three.
    pub fn thread_id(mut self, thread_id: impl Into<String>) -> Self {
        self.thread_id = Some(thread_id.into());
        self
    }

    /// Sets the message's own id, instead of a random one.
    ///
    /// If you keep the id, you can find out later, with a search for `rfc822msgid:`, whether an interrupted send went
    /// out.
    pub fn message_id(mut self, message_id: impl AsRef<str>) -> Self {
        self.message_id = self.checked(check_message_id(message_id.as_ref(), "Message-ID"));
        self
    }

    /// Sets the date, in seconds since 1970 (UTC), instead of the current time.
    pub fn date(mut self, epoch_seconds: i64) -> Self {
        self.date = Some(epoch_seconds);
        self
    }

    /// Builds the message.
    ///
    /// A message may have no recipients, as drafts may; Gmail refuses to send it.
    ///
    /// # Errors
    ///
    /// [`ComposeError`]: the first invalid value, or that the message is larger than [`MAXIMUM_MESSAGE_SIZE`].
    pub fn build(mut self) -> Result<Composed, ComposeError> {
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        let mut content_ids: Vec<_> = self
            .enclosures
            .iter()
            .filter_map(|enclosure| enclosure.content_id.as_deref())
            .collect();
        content_ids.sort_unstable();
        if content_ids
            .windows(2)
            .any(|pair| pair.first() == pair.last())
        {
            return Err(ComposeError::ContentId);
        }
        let enclosed: usize = self.enclosures.iter().map(Enclosure::encoded_size).sum();
        if enclosed > MAXIMUM_MESSAGE_SIZE {
            return Err(ComposeError::TooLarge { size: enclosed });
        }
        let message_id = match self.message_id.take() {
            Some(id) => id,
            None => random_message_id(self.from.as_ref().map(Address::domain))?,
        };
        let thread_id = self.thread_id.take();
        let raw = assemble(self, &message_id);
        if raw.len() > MAXIMUM_MESSAGE_SIZE {
            return Err(ComposeError::TooLarge { size: raw.len() });
        }
        Ok(Composed {
            raw,
            message_id,
            thread_id,
        })
    }

    /// Keeps the first error.
    pub(crate) fn refuse(&mut self, error: ComposeError) {
        self.fault.get_or_insert(error);
    }

    /// The valid value; an error is kept for `build`.
    fn checked<T>(&mut self, result: Result<T, ComposeError>) -> Option<T> {
        result.map_err(|error| self.refuse(error)).ok()
    }

    fn take<A>(&mut self, field: &'static str, addresses: A) -> Option<MailboxList>
    where
        A: TryInto<MailboxList, Error: Into<AddressError>>,
    {
        let checked = addresses.try_into().map_err(Into::into);
        // The addresses of a received message haven't been checked.
        let checked =
            checked.and_then(|list: MailboxList| list.iter().map(Address::sendable).collect());
        self.checked(checked.map_err(|source| ComposeError::Address { field, source }))
    }
}

debug!(Compose, self =>
    recipients: self.to.len() + self.cc.len() + self.bcc.len(),
    text_size: self.text.as_deref().map(str::len),
    html_size: self.html.as_deref().map(str::len),
    has_quotation: self.quotation.is_some(),
    attachments: self.enclosures.len(),
    headers: self.headers.len(),
    thread_id: self.thread_id,
    fault: self.fault,
);

/// Stops reading at the limit: a device or a pipe reports no useful length.
fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MAXIMUM_MESSAGE_SIZE as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn has_control(value: &str) -> bool {
    value
        .chars()
        .any(|character| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}'))
}

#[cfg(test)]
mod tests;
