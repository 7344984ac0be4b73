//! Sends, answers and forwards messages, and saves drafts.

use serde_json::{Value, json};

use crate::connector::people::answer::sendable;
use crate::connector::{GmailConnector, Reply};
use crate::error::Error;
use crate::mail::{Compose, Participation};

use super::answer::{Answer, Failure};
use super::approval::Deed;
use super::argument::Arguments;
use super::composed::{self, Composed, Kind};
use super::fence::{Fence, defused_line};
use super::permit::{self, Permit, counting};
use super::reading;
use super::room::takes;
use super::visible::visible_line;
use super::{Progress, Tools};

/// A message's recipients, as many as are shown.
struct Recipients {
    shown: Vec<String>,
    left_out: usize,
}

impl Recipients {
    /// Fenced: addresses can come from the mail being answered, and can be sentences.
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

/// Notes about a reply, each with the address it concerns.
struct Notes(Vec<(String, Option<String>)>);

impl Notes {
    /// Fenced: a stranger chose the address, and it can be a sentence.
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
        composed: &Composed,
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
                let message = reply.prepare().await.map_err(failed)?;
                let message = self.with_content(message, arguments)?;
                self.send(gmail, message, Deed::Send).await
            }
            Kind::Forward => {
                let mut forward = gmail.forward(arguments.text("message_id")?);
                if !self.knows_aliases() {
                    forward = forward.without_aliases();
                }
                if !arguments.flag_or_true("with_attachments") {
                    forward = forward.without_attachments();
                }
                let message = forward.prepare().await.map_err(failed)?;
                let message = self.with_content(message, arguments)?;
                let message = with_people(message, arguments);
                self.send(gmail, message, Deed::Forward).await
            }
            Kind::Draft => self.draft(gmail, arguments).await,
            Kind::Respond => self.respond(gmail, arguments).await,
            Kind::Unsubscribe => {
                let id = arguments.text("message_id")?;
                let counted = self.permit_unsubscribe(gmail, &id).await?;
                let unsubscribed = async { gmail.unsubscribe(&id).await.map_err(failed) };
                counting(counted, unsubscribed).await?;
                Ok(Answer::new(
                    "Unsubscribed: the list's server accepted the request.".to_owned(),
                    json!({"id": id, "unsubscribed": true}),
                    Fence::new()?,
                ))
            }
            Kind::SaveAttachment => self.save_attachments(gmail, arguments, progress).await,
        }
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
        let mut reply = if arguments.flag("reply_all") {
            gmail.reply_all(message_id)
        } else {
            gmail.reply(message_id)
        };
        if !self.knows_aliases() {
            reply = reply.without_aliases();
        }
        if arguments.flag_or_true("quote") {
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
        let answer = answer.map_err(|error| failed(error.into()))?;
        let mut respond = gmail.respond(arguments.text("message_id")?);
        if !self.knows_aliases() {
            respond = respond.without_aliases();
        }
        if let Some(comment) = arguments.optional_text("comment") {
            respond = respond.comment(comment);
        }
        let message = respond.prepare(answer).await.map_err(failed)?;
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
                reply.prepare().await.map_err(failed)?
            }
            None => Compose::new(),
        };
        let message = self.with_content(message, arguments)?;
        let message = with_people(message, arguments);
        let notes = self.notes(&message);
        let recipients = self.shown(&message);
        let fence = Fence::new()?;
        let message = message.build().map_err(|error| failed(error.into()))?;
        let draft = gmail.save_draft(&message).await.map_err(failed)?;
        let inner = draft.message.unwrap_or_default();
        let draft_id = draft.id;
        Ok(Answer::new(
            format!(
                "The draft {draft_id} was saved, and nothing was sent. It is to:\n{}{}",
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

    async fn send(
        &self,
        gmail: &GmailConnector,
        message: Compose,
        deed: Deed,
    ) -> Result<Answer, Failure> {
        let notes = self.notes(&message);
        let recipients = self.shown(&message);
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
        let fence = Fence::new()?;
        let everybody = permit::recipients(&message);
        let message = sendable(message).map_err(failed)?;
        let question = || permit::shown(deed, &everybody, &message);
        let counted = match self.permit(deed, question).await? {
            Permit::Granted(counted) => counted,
            Permit::Unavailable => {
                return self
                    .draft_instead(gmail, &message, &recipients, &notes, fence)
                    .await;
            }
        };
        let sent = counting(counted, async {
            gmail.send(&message).await.map_err(failed)
        });
        let sent = sent.await?;
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

    /// Saves a draft instead, when nobody can be asked to approve the message.
    async fn draft_instead(
        &self,
        gmail: &GmailConnector,
        message: &crate::mail::Composed,
        recipients: &Recipients,
        notes: &Notes,
        fence: Fence,
    ) -> Result<Answer, Failure> {
        if let Some(refusal) = self
            .access
            .step_refusal(composed::STEP_OF_DRAFT, gmail.mode())
        {
            return Err(Failure::refused(format!(
                "a person has to approve what is sent and can't be asked, and a draft can't be written: {refusal}"
            )));
        }
        let draft = gmail.save_draft(message).await.map_err(failed)?;
        let inner = draft.message.unwrap_or_default();
        let draft_id = draft.id;
        Ok(Answer::new(
            format!(
                "Nothing was sent: a person has to approve it, and nobody can be asked through this client. The \
                 draft {draft_id} was saved instead; tell the person to check it and send it. It is to:\n{}{}",
                recipients.listed(&fence),
                notes.listed(&fence)
            ),
            notes.put_into(recipients.put_into(json!({
                "draft_id": draft_id,
                "is_draft_instead": true,
                "id": inner.id,
                "thread_id": inner.thread_id.unwrap_or_default(),
            }))),
            fence,
        ))
    }

    /// The notes about a reply, as many as fit.
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

    /// The addresses, as many as fit. In a reply a stranger chose them, and how many there are.
    fn shown(&self, message: &Compose) -> Recipients {
        let mut left = self.limit / 2;
        let shown: Vec<String> = message
            .recipients()
            .map(|address| visible_line(address.address()))
            .take_while(|address| takes(&mut left, &defused_line(address)))
            .collect();
        Recipients {
            left_out: message.recipients().count() - shown.len(),
            shown,
        }
    }
}

/// Adds the recipients.
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

fn failed(error: Error) -> Failure {
    Failure::service(&error)
}
