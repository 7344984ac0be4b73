//! Messages that are sent, answered, passed on, or left as drafts.

use serde_json::{Value, json};

use crate::api::gmail::types::DraftMessage;
use crate::connector::GmailConnector;
use crate::error::Error;
use crate::mail::{
    Address, Compose, Composed as Message, ForwardAttachment, MailboxList, Reading, forward, reply,
    reply_all,
};

use super::answer::{Answer, Failure};
use super::argument::Arguments;
use super::catalog::Composed;
use super::fence::{Fence, defused_line};
use super::reading;
use super::room::{clipped, takes};
use super::visible::visible_line;
use super::{Progress, Tools};

/// How many parts an error names.
const MOST_PARTS: usize = 50;

impl GmailConnector {
    /// The addresses of the account: its own, and with `with_aliases` those that it may send as, as far as the mode and
    /// the token's scopes let them be told.
    ///
    /// # Errors
    ///
    /// What the services answer when they are asked for the account's own address.
    pub async fn own_addresses(&self, with_aliases: bool) -> Result<MailboxList, Error> {
        let mut own = MailboxList::default();
        let profile = self.get_profile().send().await?;
        let mut add = |address: String| {
            if let Ok(address) = Address::new(address)
                && !own.contains_mailbox(&address)
            {
                own.push(address);
            }
        };
        add(profile.email_address);
        if with_aliases {
            // Aliases make a better answer, and a token without the scope for them still makes an answer.
            if let Ok(aliases) = self.settings().send_as().list().send().await {
                for alias in aliases.send_as {
                    add(alias.send_as_email);
                }
            }
        }
        Ok(own)
    }
}

/// Those whom a message goes to, as far as they are told.
struct Recipients {
    shown: Vec<String>,
    left_out: usize,
}

impl Recipients {
    /// Addresses can come from the mail that is answered, and can be sentences.
    fn listed(&self, fence: &Fence) -> String {
        if self.shown.is_empty() && self.left_out == 0 {
            return "nobody yet".to_owned();
        }
        let more = match self.left_out {
            0 => String::new(),
            left_out => format!("\n(and {left_out} more)"),
        };
        format!(
            "{}\n{}{more}",
            fence.notice(),
            fence.wrap(&self.shown.join(", "))
        )
    }

    fn put_into(&self, mut structured: Value) -> Value {
        structured["recipients"] = json!(self.shown);
        if self.left_out > 0 {
            structured["left_out"] = json!(self.left_out);
        }
        structured
    }
}

/// What is to know of an answer, each with the address that it is about.
struct Notes(Vec<(String, Option<String>)>);

impl Notes {
    /// An address is of a stranger's choice, and can be a sentence.
    fn listed(&self, fence: &Fence) -> String {
        let lines = self.0.iter().map(|(text, address)| match address {
            Some(address) => format!("\nNote: {text}:\n{}", fence.wrap(address)),
            None => format!("\nNote: {text}."),
        });
        lines.collect()
    }

    fn put_into(&self, mut structured: Value) -> Value {
        if !self.0.is_empty() {
            let notes = self.0.iter().map(|(text, address)| match address {
                Some(address) => json!({"text": text, "address": address}),
                None => json!({"text": text}),
            });
            structured["notes"] = notes.collect();
        }
        structured
    }
}

impl Tools {
    pub(super) async fn run_composed(
        &self,
        composed: Composed,
        arguments: &Arguments,
        progress: Progress<'_>,
    ) -> Result<Answer, Failure> {
        let gmail = self.gmail()?;
        match composed {
            Composed::Search => super::search::search(gmail, arguments, self.limit, progress).await,
            Composed::ReadMessage => reading::message(gmail, arguments, self.limit).await,
            Composed::ReadThread => reading::thread(gmail, arguments, self.limit, progress).await,
            Composed::Send => {
                let message = self.with_content(Compose::new(), arguments)?;
                self.send(gmail, with_people(message, arguments)).await
            }
            Composed::Reply => {
                let message = self
                    .answer_to(gmail, &arguments.text("message_id")?, arguments)
                    .await?;
                self.send(gmail, message).await
            }
            Composed::Forward => {
                let message = self.passed_on(gmail, arguments).await?;
                self.send(gmail, message).await
            }
            Composed::Draft => self.draft(gmail, arguments).await,
            Composed::SaveAttachment => self.save_attachments(gmail, arguments, progress).await,
        }
    }

    fn knows_aliases(&self) -> bool {
        self.access
            .step_refusal(Composed::step_for_aliases(), self.mode())
            .is_none()
    }

    async fn answer_to(
        &self,
        gmail: &GmailConnector,
        message_id: &str,
        arguments: &Arguments,
    ) -> Result<Compose, Failure> {
        let original = reading::read(gmail, message_id)
            .await
            .map_err(|error| Failure::service(&error))?;
        let own = gmail
            .own_addresses(self.knows_aliases())
            .await
            .map_err(|error| Failure::service(&error))?;
        let begun = if arguments.flag("reply_all") {
            reply_all(&original, &own)
        } else {
            reply(&original, &own)
        };
        let mut message = begun.map_err(|error| Failure::input(error.to_string()))?;
        if !arguments.flag_or_true("quote") {
            message = message.without_quotation();
        }
        self.with_content(message, arguments)
    }

    async fn passed_on(
        &self,
        gmail: &GmailConnector,
        arguments: &Arguments,
    ) -> Result<Compose, Failure> {
        let message_id = arguments.text("message_id")?;
        // The raw message has the attachments' bytes, in hosted mode too.
        let original = reading::read_raw(gmail, &message_id)
            .await
            .map_err(|error| Failure::service(&error))?;
        let own = gmail
            .own_addresses(self.knows_aliases())
            .await
            .map_err(|error| Failure::service(&error))?;
        let files = if arguments.flag_or_true("with_attachments") {
            enclosed(&original)
        } else {
            Vec::new()
        };
        let message =
            forward(&original, &own, files).map_err(|error| Failure::input(error.to_string()))?;
        let message = self.with_content(message, arguments)?;
        Ok(with_people(message, arguments))
    }

    async fn draft(
        &self,
        gmail: &GmailConnector,
        arguments: &Arguments,
    ) -> Result<Answer, Failure> {
        let message = match arguments.optional_text("reply_to_message_id") {
            Some(id) => {
                let refusal = Composed::steps_of_answer()
                    .into_iter()
                    .find_map(|row| self.access.step_refusal(row, gmail.mode()));
                if let Some(refusal) = refusal {
                    return Err(Failure::refused(refusal));
                }
                self.answer_to(gmail, id, arguments).await?
            }
            None => self.with_content(Compose::new(), arguments)?,
        };
        let notes = self.notes(&message);
        let (message, recipients) = recipients(with_people(message, arguments));
        let message = built(message)?;
        let fence = Fence::new()?;
        let mut content = DraftMessage::new(message.raw_base64url());
        content.thread_id.clone_from(&message.thread_id);
        let draft = gmail
            .drafts()
            .create(content)
            .send()
            .await
            .map_err(|error| Failure::service(&error))?;
        let inner = draft.message.unwrap_or_default();
        let recipients = self.shown(&recipients);
        let draft_id = draft.id;
        Ok(Answer::new(
            format!(
                "The draft {draft_id} is written, and nothing was sent. It is to:\n{}{}",
                recipients.listed(&fence),
                notes.listed(&fence)
            ),
            notes.put_into(recipients.put_into(json!({
                "draft_id": draft_id,
                "id": inner.id,
                "thread_id": inner.thread_id.unwrap_or_default(),
            }))),
            fence,
        ))
    }

    /// Text and files.
    fn with_content(
        &self,
        mut message: Compose,
        arguments: &Arguments,
    ) -> Result<Compose, Failure> {
        if let Some(subject) = arguments.optional_text("subject") {
            message = message.subject(subject);
        }
        if let Some(text) = arguments
            .optional_text("text")
            .filter(|text| !text.is_empty())
        {
            message = message.text(text);
        }
        if let Some(html) = arguments.optional_text("html") {
            message = message.html(html);
        }
        let names = arguments.texts("attachments");
        if names.is_empty() {
            return Ok(message);
        }
        let directory = self.directory.as_ref().ok_or_else(|| {
            Failure::refused(
                "no directory for attachments is set; a person has to name one".to_owned(),
            )
        })?;
        for name in names {
            let path = directory
                .find(&name)
                .map_err(|error| Failure::input(error.to_string()))?;
            message = message.attachment_from_path(path);
        }
        Ok(message)
    }

    async fn send(&self, gmail: &GmailConnector, message: Compose) -> Result<Answer, Failure> {
        let notes = self.notes(&message);
        let (message, recipients) = recipients(message);
        let strangers = recipients
            .iter()
            .filter(|address| !self.access.allows_recipient(address))
            .count();
        if strangers > 0 {
            // Those who are answered are of a stranger's choice, and an address can say something: none is repeated.
            return Err(Failure::refused(format!(
                "mail may go to {} alone, and {strangers} of {} recipients are not among them; nothing was sent",
                self.access.recipients().unwrap_or_default(),
                recipients.len()
            )));
        }
        let message = built(message)?;
        if recipients.is_empty() {
            return Err(Failure::input(
                "the message has no recipient; give `to`".to_owned(),
            ));
        }
        let fence = Fence::new()?;
        let sent = gmail
            .send(&message)
            .await
            .map_err(|error| Failure::service(&error))?;
        let recipients = self.shown(&recipients);
        let id = sent.id;
        Ok(Answer::new(
            format!(
                "Sent as message {id}, to:\n{}{}",
                recipients.listed(&fence),
                notes.listed(&fence)
            ),
            notes.put_into(recipients.put_into(json!({
                "id": id,
                "thread_id": sent.thread_id.unwrap_or_default(),
                "message_id_header": message.message_id,
            }))),
            fence,
        ))
    }

    /// What to know of an answer, as far as it fits.
    fn notes(&self, message: &Compose) -> Notes {
        let mut left = self.limit / 4;
        let told = message.notes().iter().map(|note| {
            let address = note
                .address()
                .map(|address| visible_line(address.address()));
            (note.to_string(), address)
        });
        let fits = |(text, address): &(String, Option<String>)| {
            let line = format!("{text}{}", address.as_deref().unwrap_or_default());
            takes(&mut left, &defused_line(&line))
        };
        Notes(told.take_while(fits).collect())
    }

    /// The addresses, as far as they fit: those of an answer are of a stranger's choice, in their number too.
    fn shown(&self, recipients: &[Address]) -> Recipients {
        let mut left = self.limit / 2;
        let shown: Vec<String> = recipients
            .iter()
            .map(|address| visible_line(address.address()))
            .take_while(|address| takes(&mut left, &defused_line(address)))
            .collect();
        Recipients {
            left_out: recipients.len() - shown.len(),
            shown,
        }
    }

    async fn save_attachments(
        &self,
        gmail: &GmailConnector,
        arguments: &Arguments,
        progress: Progress<'_>,
    ) -> Result<Answer, Failure> {
        let directory = self.directory.as_ref().ok_or_else(|| {
            Failure::refused(
                "no directory for attachments is set; a person has to name one".to_owned(),
            )
        })?;
        let message = reading::read_raw(gmail, &arguments.text("message_id")?)
            .await
            .map_err(|error| Failure::service(&error))?;
        let wanted = arguments.optional_text("part_id");
        let chosen: Vec<_> = message
            .attachments
            .iter()
            .filter(|attachment| wanted.is_none_or(|part| attachment.part_id == part))
            .collect();
        if chosen.is_empty() {
            let parts: Vec<&str> = message
                .attachments
                .iter()
                .map(|attachment| attachment.part_id.as_str())
                .take(MOST_PARTS)
                .collect();
            return Err(Failure::input(if parts.is_empty() {
                "the message has no attachments".to_owned()
            } else {
                format!(
                    "the message has no such part; its attachments are the parts {}",
                    parts.join(", ")
                )
            }));
        }
        let fence = Fence::new()?;
        let mut files: Vec<Value> = Vec::new();
        let mut lines = Vec::new();
        let mut left = self.limit / 2;
        for (saved, attachment) in (1_u64..).zip(&chosen) {
            let bytes = attachment.data().unwrap_or_default();
            let path = directory
                .save(&attachment.name, bytes)
                .map_err(|error| Failure::refused(error.to_string()))?;
            let path = path.to_string_lossy().into_owned();
            let line = format!(
                "part {}: {path} ({} bytes)",
                attachment.part_id,
                bytes.len()
            );
            if takes(&mut left, &defused_line(&line)) {
                lines.push(line);
                files.push(json!({
                    "part_id": attachment.part_id,
                    "path": path,
                    "size": bytes.len(),
                    "mime_type": clipped(&visible_line(&attachment.mime_type), 80),
                }));
            }
            progress(saved, Some(chosen.len() as u64));
        }
        let left_out = chosen.len() - files.len();
        let mut structured = json!({"files": files});
        let mut more = String::new();
        if left_out > 0 {
            structured["left_out"] = json!(left_out);
            more = format!("\n({left_out} more files are in the same directory.)");
        }
        Ok(Answer::new(
            format!(
                "Saved:\n{}\n{}{more}",
                fence.notice(),
                fence.wrap(&lines.join("\n"))
            ),
            structured,
            fence,
        ))
    }
}

/// Recipients.
fn with_people(mut message: Compose, arguments: &Arguments) -> Compose {
    for recipient in arguments.texts("to") {
        message = message.to(recipient);
    }
    for recipient in arguments.texts("cc") {
        message = message.cc(recipient);
    }
    for recipient in arguments.texts("bcc") {
        message = message.bcc(recipient);
    }
    message
}

/// The attachments of a message with their bytes.
fn enclosed(original: &Reading) -> Vec<ForwardAttachment> {
    original
        .attachments
        .iter()
        .map(|attachment| {
            ForwardAttachment::from_attachment(attachment, attachment.data().unwrap_or_default())
        })
        .collect()
}

/// Everybody whom a message goes to.
fn recipients(message: Compose) -> (Compose, Vec<Address>) {
    let mut recipients = Vec::new();
    let message = message.retain_recipients(|address| {
        recipients.push(address.clone());
        true
    });
    (message, recipients)
}

fn built(message: Compose) -> Result<Message, Failure> {
    message
        .build()
        .map_err(|error| Failure::input(error.to_string()))
}
