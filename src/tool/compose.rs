//! Sends, answers and forwards messages, and saves drafts.

use serde_json::{Value, json};

use crate::connector::people::answer::sendable;
use crate::connector::{GmailConnector, Reply};
use crate::error::Error;
use crate::mail::{Compose, Composed, Participation};
use crate::operation;

use super::answer::{Answer, Failure};
use super::approval::Deed;
use super::argument::Arguments;
use super::composed::{self, Kind};
use super::fence::{Fence, defused_line};
use super::permit::{self, Permit, counting};
use super::room::takes;
use super::visible::visible_line;
use super::{AttachmentDirectory, NO_DIRECTORY, Progress, Tools, reading, shape};

/// The facts about a message for its answer: the recipients, and notes with the address that each is about. Addresses can
/// come from the original mail and contain sentences.
struct Told {
    recipients: Vec<String>,
    left_out: usize,
    notes: Vec<(String, Option<String>)>,
    fence: Fence,
}

impl Told {
    /// The answer: `text` says what happened to the message.
    fn answer(self, mut text: String, mut structured: Value) -> Answer {
        let fence = self.fence;
        text.push('\n');
        if self.recipients.is_empty() && self.left_out == 0 {
            text.push_str("nobody yet");
        } else {
            let recipients = fence.wrap(&self.recipients.join(", "));
            text.push_str(&format!("{}\n{recipients}", fence.notice()));
        }
        structured["recipients"] = json!(self.recipients);
        if self.left_out > 0 {
            text.push_str(&format!("\n(and {} more)", self.left_out));
            structured["left_out"] = json!(self.left_out);
        }
        let mut notes = Vec::new();
        for (note, address) in self.notes {
            match address {
                Some(address) => {
                    text.push_str(&format!("\nNote: {note}:\n{}", fence.wrap(&address)));
                    notes.push(json!({"text": note, "address": address}));
                }
                None => {
                    text.push_str(&format!("\nNote: {note}."));
                    notes.push(json!({"text": note}));
                }
            }
        }
        if !notes.is_empty() {
            structured["notes"] = json!(notes);
        }
        Answer::new(text, structured, fence)
    }
}

impl Tools {
    pub(super) async fn run_composed(
        &self,
        composed: &composed::Composed,
        arguments: &Arguments,
        progress: Progress<'_>,
    ) -> Result<Answer, Failure> {
        let gmail = self.gmail()?;
        match composed.kind {
            Kind::Search => super::search::search(gmail, arguments, self.limit, progress).await,
            Kind::ReadMessage => reading::message(gmail, arguments, self.limit).await,
            Kind::ReadThread => reading::thread(gmail, arguments, self.limit, progress).await,
            Kind::Send => {
                let message = self.with_content(Compose::new(), arguments)?;
                let message = with_people(message, arguments);
                self.send(gmail, message, Deed::Send).await
            }
            Kind::Reply => {
                let reply = self.reply(gmail, arguments.text("message_id")?, arguments);
                let message = reply.prepare().await?;
                let message = self.with_content(message, arguments)?;
                self.send(gmail, message, Deed::Send).await
            }
            Kind::Forward => {
                let mut forward = gmail.forward(arguments.text("message_id")?);
                if !self.knows_aliases() {
                    forward = forward.without_aliases();
                }
                if !arguments.flag("with_attachments", true) {
                    forward = forward.without_attachments();
                }
                let message = forward.prepare().await?;
                let message = self.with_content(message, arguments)?;
                let message = with_people(message, arguments);
                self.send(gmail, message, Deed::Forward).await
            }
            Kind::Draft => self.draft(gmail, arguments).await,
            Kind::Respond => self.respond(gmail, arguments).await,
            Kind::Unsubscribe => {
                let id = arguments.text("message_id")?;
                let counted = self.permit_unsubscribe(gmail, &id).await?;
                let unsubscribed = async { Ok(gmail.unsubscribe(&id).await?) };
                counting(counted, unsubscribed).await?;
                Ok(Answer::new(
                    "Unsubscribed: the list's server accepted the request.".to_owned(),
                    json!({"id": id, "unsubscribed": true}),
                    Fence::new()?,
                ))
            }
            Kind::SaveAttachment => self.save_attachments(gmail, arguments, progress).await,
            Kind::Sql => {
                let limit = arguments.number("limit", 100).clamp(1, 1000);
                let params = json!({"sql": arguments.text("sql")?, "limit": limit});
                let sql_action = operation::gmail().sql_action;
                let result = gmail.execute("messages", sql_action, params).await?;
                shape::answer(None, result, self.limit)
            }
            Kind::Docs => {
                let airbyte = gmail
                    .airbyte()
                    .ok_or_else(|| Error::unsupported("only hosted mode has it"))?;
                let connector = airbyte.connector(gmail.connector_id().await?)?;
                let docs = connector.docs(arguments.optional_text("section")).await?;
                let data = json!({"outline": docs.outline, "content": docs.content});
                shape::answer(None, data.into(), self.limit)
            }
        }
    }

    /// The directory for attachments.
    pub(super) fn directory(&self) -> Result<&AttachmentDirectory, Failure> {
        let directory = self.directory.as_deref();
        directory.ok_or_else(|| Failure::refused(NO_DIRECTORY))
    }

    fn knows_aliases(&self) -> bool {
        self.access
            .step_refusal(composed::STEP_FOR_ALIASES, self.mode())
            .is_none()
    }

    fn reply<'a>(
        &self,
        gmail: &'a GmailConnector,
        message_id: String,
        arguments: &Arguments,
    ) -> Reply<'a> {
        let mut reply = if arguments.flag("reply_all", false) {
            gmail.reply_all(message_id)
        } else {
            gmail.reply(message_id)
        };
        if !self.knows_aliases() {
            reply = reply.without_aliases();
        }
        if arguments.flag("quote", true) {
            reply
        } else {
            reply.without_quotation()
        }
    }

    async fn respond(
        &self,
        gmail: &GmailConnector,
        arguments: &Arguments,
    ) -> Result<Answer, Failure> {
        let answer = arguments.text("answer")?.parse::<Participation>();
        let answer = answer.map_err(Error::from)?;
        let mut respond = gmail.respond(arguments.text("message_id")?);
        if !self.knows_aliases() {
            respond = respond.without_aliases();
        }
        if let Some(comment) = arguments.optional_text("comment") {
            respond = respond.comment(comment);
        }
        let message = respond.prepare(answer).await?;
        self.send(gmail, message, Deed::Send).await
    }

    async fn draft(
        &self,
        gmail: &GmailConnector,
        arguments: &Arguments,
    ) -> Result<Answer, Failure> {
        let message = match arguments.optional_text("reply_to_message_id") {
            Some(id) => {
                let refusal = composed::STEPS_OF_ANSWER
                    .into_iter()
                    .find_map(|row| self.access.step_refusal(row, gmail.mode()));
                if let Some(refusal) = refusal {
                    return Err(Failure::refused(refusal));
                }
                let reply = self.reply(gmail, id.to_owned(), arguments);
                reply.prepare().await?
            }
            None => Compose::new(),
        };
        let message = self.with_content(message, arguments)?;
        let message = with_people(message, arguments);
        let told = self.told(&message)?;
        let message = message.build().map_err(Error::from)?;
        self.save_draft(gmail, &message, told, false).await
    }

    /// Saves a draft. `is_instead` means that it replaces a message that nobody could approve.
    async fn save_draft(
        &self,
        gmail: &GmailConnector,
        message: &Composed,
        told: Told,
        is_instead: bool,
    ) -> Result<Answer, Failure> {
        let draft = gmail.save_draft(message).await?;
        let inner = draft.message.unwrap_or_default();
        let draft_id = draft.id;
        let mut structured = json!({
            "draft_id": draft_id,
            "id": inner.id,
            "thread_id": inner.thread_id.unwrap_or_default(),
        });
        let text = if is_instead {
            structured["is_draft_instead"] = json!(true);
            format!(
                "Nothing was sent: a person has to approve it, and nobody can be asked through this client. The \
                 draft {draft_id} was saved instead; tell the person to check it and send it. It is to:"
            )
        } else {
            format!("The draft {draft_id} was saved, and nothing was sent. It is to:")
        };
        Ok(told.answer(text, structured))
    }

    /// Adds subject, text and files.
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
        let directory = self.directory()?;
        for name in names {
            let path = directory
                .find(&name)
                .map_err(|error| Failure::input(error.to_string()))?;
            message = message.attachment_from_path(path);
        }
        Ok(message)
    }

    async fn send(
        &self,
        gmail: &GmailConnector,
        message: Compose,
        deed: Deed,
    ) -> Result<Answer, Failure> {
        let told = self.told(&message)?;
        let all = message.recipients().count();
        let strangers = message
            .recipients()
            .filter(|address| !self.access.allows_recipient(address))
            .count();
        if strangers > 0 {
            // Repeat no address: a stranger chose those of a reply, and an address can carry a message.
            return Err(Failure::refused(format!(
                "mail may go only to {}, and {strangers} of {all} recipients are not among them; nothing was sent",
                self.access.recipients().unwrap_or_default(),
            )));
        }
        let everybody = message.recipients();
        let everybody: Vec<String> = everybody.map(|one| one.address().to_owned()).collect();
        let message = sendable(message)?;
        let question = || permit::shown(deed, &everybody, &message);
        let counted = match self.permit(deed, question).await? {
            Permit::Granted(counted) => counted,
            Permit::Unavailable => {
                let step = composed::STEP_OF_DRAFT;
                if let Some(refusal) = self.access.step_refusal(step, gmail.mode()) {
                    return Err(Failure::refused(format!(
                        "a person has to approve what is sent and can't be asked, and a draft can't be written: {refusal}"
                    )));
                }
                return self.save_draft(gmail, &message, told, true).await;
            }
        };
        let sent = counting(counted, async { Ok(gmail.send(&message).await?) }).await?;
        Ok(told.answer(
            format!("Sent as message {}, to:", sent.id),
            json!({
                "id": sent.id,
                "thread_id": sent.thread_id.unwrap_or_default(),
                "message_id_header": message.message_id,
            }),
        ))
    }

    /// The facts about a message, as many as fit: the sender of the original decides how many recipients a reply has.
    fn told(&self, message: &Compose) -> Result<Told, Failure> {
        let mut left = self.limit / 2;
        let recipients: Vec<String> = message
            .recipients()
            .map(|address| visible_line(address.address()))
            .take_while(|address| takes(&mut left, &defused_line(address)))
            .collect();
        let mut left = self.limit / 4;
        let mut notes = Vec::new();
        for note in message.notes() {
            let text = note.to_string();
            let address = note.address().map(|known| visible_line(known.address()));
            let line = format!("{text}{}", address.as_deref().unwrap_or_default());
            if !takes(&mut left, &defused_line(&line)) {
                break;
            }
            notes.push((text, address));
        }
        Ok(Told {
            left_out: message.recipients().count() - recipients.len(),
            recipients,
            notes,
            fence: Fence::new()?,
        })
    }
}

/// Adds the recipients.
fn with_people(message: Compose, arguments: &Arguments) -> Compose {
    let texts = |name: &str| arguments.texts(name).into_iter();
    let message = texts("to").fold(message, Compose::to);
    let message = texts("cc").fold(message, Compose::cc);
    texts("bcc").fold(message, Compose::bcc)
}
