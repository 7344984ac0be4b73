//! Messages and conversations as a person reads them.

use serde_json::{Value, json};

use crate::api::gmail::types::{Message, ThreadFormat};
use crate::connector::GmailConnector;
use crate::mail::{Authentication, Reading};

use super::Progress;
use super::answer::{Answer, Failure};
use super::argument::Arguments;
use super::beside::{Beside, header_line};
use super::fence::{Fence, defused_line, defused_text, short_line};
use super::room::{clipped, length, shares, takes};
use super::visible::visible_line;

/// The most messages of a conversation to show. Older ones are only listed.
const MOST_MESSAGES: usize = 40;

/// The least of a message in a conversation to show, if it has as much: headers, text, attachments.
const LEAST_OF_A_MESSAGE: usize = 750;

/// The least of a text to show, so reading advances even with little room.
const LEAST_OF_A_TEXT: usize = 40;

/// Room for the separators between and after the parts of a message, and for one `forged:` that a cut at the start of
/// a text removed.
const BETWEEN: usize = 12;

/// `gmail_read_message`.
pub(super) async fn message(
    gmail: &GmailConnector,
    arguments: &Arguments,
    limit: usize,
) -> Result<Answer, Failure> {
    let id = arguments.text("message_id")?;
    let reading = gmail.read(&id).await?;
    let offset = arguments.number("offset", 0);
    let fence = Fence::new()?;
    let notice = fence.notice();
    let with_quoted = arguments.flag("with_quoted", false);
    let mut shown = Shown::new(reading, with_quoted, offset, Place::Message);
    if offset > 0 && offset >= shown.characters {
        return Err(Failure::input(format!(
            "the text has {} characters, so `offset` is past its end",
            shown.characters
        )));
    }
    let room = limit.saturating_sub(length(&notice));
    fit(std::slice::from_mut(&mut shown), &fence, room);
    let text = format!("{notice}\n{}", shown.text(&fence));
    Ok(Answer::new(text, shown.structured(&fence), fence))
}

/// `gmail_read_thread`.
pub(super) async fn thread(
    gmail: &GmailConnector,
    arguments: &Arguments,
    limit: usize,
    progress: Progress<'_>,
) -> Result<Answer, Failure> {
    let id = arguments.text("thread_id")?;
    let thread = gmail
        .threads()
        .get(&id)
        .format(ThreadFormat::Full)
        .send()
        .await?;
    let total = thread.messages.len();
    let most = total.min(MOST_MESSAGES);
    let fence = Fence::new()?;
    let mut parts = vec![fence.notice()];
    let with_quoted = arguments.flag("with_quoted", false);
    let mut needed = length(&fence.notice());
    let mut shown = Vec::new();
    // The latest messages matter most.
    for message in thread.messages.iter().rev().take(most) {
        let reading = gmail.complete(message).await?;
        let message = Shown::new(reading, with_quoted, 0, Place::Thread);
        needed += message.least(&fence);
        shown.push(message);
        progress(shown.len() as u64, Some(most as u64));
        if needed > limit {
            break;
        }
    }
    let least =
        |shown: &[Shown]| -> usize { shown.iter().map(|message| message.least(&fence)).sum() };
    let room = |older: &Option<String>| {
        let taken = older.as_ref().map_or(0, |older| length(older) + 2);
        limit.saturating_sub(length(&fence.notice()) + taken)
    };
    let mut older = left_out(&thread.messages, shown.len(), limit / 10);
    while shown.len() > 1 && least(&shown) > room(&older) {
        shown.pop();
        older = left_out(&thread.messages, shown.len(), limit / 10);
    }
    shown.reverse();
    fit(&mut shown, &fence, room(&older));
    let mut structured = json!({"thread_id": visible_line(&id)});
    if let Some(older) = older {
        parts.push(older);
        structured["left_out"] = json!(total - shown.len());
    }
    parts.extend(shown.iter().map(|message| message.text(&fence)));
    if shown.is_empty() {
        parts.push("(no messages)".to_owned());
    }
    structured["messages"] = shown
        .iter()
        .map(|message| message.structured(&fence))
        .collect();
    Ok(Answer::new(parts.join("\n\n"), structured, fence))
}

/// The remark on older messages: how many there are, and the ids of the latest of them.
fn left_out(messages: &[Message], shown: usize, room: usize) -> Option<String> {
    let older = messages.get(..messages.len().saturating_sub(shown))?;
    if older.is_empty() {
        return None;
    }
    let mut left = room;
    let ids: Vec<&str> = older
        .iter()
        .rev()
        .map(|message| message.id.as_str())
        .take_while(|id| takes(&mut left, id))
        .collect();
    let rest = match older.len() - ids.len() {
        0 => String::new(),
        _ => ", …; gmail_threads_get with select_fields: [\"messages.id\"] has all ids".to_owned(),
    };
    Some(format!(
        "(The {} oldest of {} messages are left out; gmail_read_message shows each, the latest first: {}{rest})",
        older.len(),
        messages.len(),
        ids.join(", ")
    ))
}

/// Cuts messages so that together they fit.
fn fit(messages: &mut [Shown], fence: &Fence, room: usize) {
    let frames: usize = messages.iter().map(|message| message.frame(fence)).sum();
    let room = room.saturating_sub(frames).max(LEAST_OF_A_MESSAGE / 2);
    let besides: Vec<usize> = messages
        .iter()
        .map(|message| message.beside.length())
        .collect();
    let bodies: Vec<usize> = messages
        .iter()
        .map(|message| length(&message.body))
        .collect();
    // Texts take priority over what accompanies them, but not over all of it.
    let of_besides = shares(
        &besides,
        (room / 3).max(room.saturating_sub(bodies.iter().sum())),
    );
    let of_bodies = shares(&bodies, room.saturating_sub(of_besides.iter().sum()));
    for ((message, beside), body) in messages.iter_mut().zip(of_besides).zip(of_bodies) {
        message.beside.cut(beside);
        message.cut(body);
    }
}

/// Where a message is shown. This decides the advice on clipped text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Message,
    Thread,
}

/// The part of a message that is shown.
struct Shown {
    reading: Reading,
    place: Place,
    beside: Beside,
    body: String,
    characters: usize,
    offset: usize,
    next: Option<usize>,
    folded: usize,
}

/// The text to show, and the number of quoted lines hidden.
fn body(reading: &Reading, with_quoted: bool) -> (String, usize) {
    let whole = defused_text(&reading.text);
    if with_quoted {
        return (whole, 0);
    }
    let own = defused_text(reading.text_without_quote());
    let folded = whole.lines().count().saturating_sub(own.lines().count());
    (own, folded)
}

/// Gmail's verdict on the sender.
fn checked(found: &Authentication) -> String {
    let verdicts = [
        ("SPF", &found.spf),
        ("DKIM", &found.dkim),
        ("DMARC", &found.dmarc),
    ];
    let verdicts: Vec<String> = verdicts
        .iter()
        .filter_map(|(name, verdict)| Some(format!("{name} {}", verdict.as_deref()?)))
        .collect();
    let warning = match found.dmarc.as_deref() {
        Some("fail") => "; the author may be forged",
        _ => "",
    };
    format!("(Gmail on the sender: {}{warning}.)", verdicts.join(", "))
}

impl Shown {
    /// Starts with the whole message.
    fn new(reading: Reading, with_quoted: bool, offset: usize, place: Place) -> Self {
        let (text, folded) = body(&reading, with_quoted);
        Self {
            beside: Beside::new(&reading),
            reading,
            place,
            body: text.chars().skip(offset).collect(),
            characters: length(&text),
            offset,
            next: None,
            folded,
        }
    }

    /// The length of the message with empty content.
    fn frame(&self, fence: &Fence) -> usize {
        let remarks = self.remarks();
        let own = std::iter::once(self.heading()).chain(remarks);
        own.map(|line| length(&line) + 1).sum::<usize>() + length(&fence.wrap("")) + BETWEEN
    }

    /// The least length of the message.
    fn least(&self, fence: &Fence) -> usize {
        let inside = self.beside.length() + length(&self.body);
        self.frame(fence) + inside.min(LEAST_OF_A_MESSAGE)
    }

    /// Cuts the text to fit, including the remark about the cut.
    fn cut(&mut self, room: usize) {
        let body = length(&self.body);
        if body <= room {
            return;
        }
        let remark = length(&self.goes_on(self.characters)) + 1;
        let most = room.saturating_sub(remark).max(LEAST_OF_A_TEXT).min(body);
        self.body = self.body.chars().take(most).collect();
        self.next = (most < body).then_some(self.offset + most);
    }

    fn heading(&self) -> String {
        let thread = match self.place {
            // The reader of a conversation knows its id.
            Place::Thread => String::new(),
            Place::Message => format!(
                ", thread {}",
                self.reading.thread_id.as_deref().unwrap_or_default()
            ),
        };
        format!(
            "message {}{thread}, labels: {}",
            self.reading.id.as_deref().unwrap_or_default(),
            clipped(&self.reading.label_ids.join(", "), 120)
        )
    }

    /// The tool's own remarks, outside the marks.
    fn remarks(&self) -> Vec<String> {
        let mut remarks: Vec<String> = self.beside.remark().into_iter().collect();
        if self.reading.signature.is_some() {
            remarks.push("(It is signed; the signature is not checked.)".to_owned());
        }
        if self.reading.encryption.is_some() {
            remarks.push("(It is encrypted, and can't be read here.)".to_owned());
        }
        if let Some(found) = &self.reading.authentication {
            remarks.push(checked(found));
        }
        if !self.reading.reply_to_others().is_empty() {
            remarks
                .push("(Replies go to somebody other than the author: see Reply-To.)".to_owned());
        }
        if self.reading.is_text_from_html {
            remarks.push("(The text was made from HTML.)".to_owned());
        }
        if self.folded > 0 {
            let how = match self.place {
                Place::Message => "; with_quoted shows them",
                Place::Thread => "",
            };
            remarks.push(format!("({} quoted lines are folded{how}.)", self.folded));
        }
        remarks.extend(self.next.map(|next| self.goes_on(next)));
        remarks
    }

    fn goes_on(&self, next: usize) -> String {
        let how = match self.place {
            Place::Message => String::new(),
            Place::Thread => format!(
                "gmail_read_message with message_id: {}, ",
                self.reading.id.as_deref().unwrap_or_default()
            ),
        };
        format!(
            "(Characters {} to {next} of {} are shown; {how}offset: {next} continues.)",
            self.offset, self.characters
        )
    }

    /// The message between marks, with the tool's own remarks outside.
    fn text(&self, fence: &Fence) -> String {
        let mut inside = String::new();
        for (name, value) in &self.beside.head {
            inside.push_str(&format!("{name}: {value}\n"));
        }
        inside.push('\n');
        inside.push_str(&self.body);
        for line in self.beside.attachments.iter().chain(&self.beside.extras) {
            inside.push('\n');
            inside.push_str(line);
        }
        let mut lines = vec![self.heading(), fence.wrap(&inside)];
        lines.extend(self.remarks());
        lines.join("\n")
    }

    fn structured(&self, fence: &Fence) -> Value {
        let reading = &self.reading;
        let mut text = self.body.clone();
        for extra in &self.beside.extras {
            text.push('\n');
            text.push_str(extra);
        }
        let shown = self.beside.attachments.len();
        let attachments = reading.attachments.iter().take(shown).map(|attachment| {
            json!({
                "part_id": defused_line(&attachment.part_id),
                "name": short_line(&attachment.name, 150),
                "mime_type": short_line(&attachment.mime_type, 80),
                "size": attachment.size,
            })
        });
        let others = !reading.reply_to_others().is_empty();
        let left_out = self.beside.left_out;
        let mut fields = json!({
            "id": reading.id.as_deref().unwrap_or_default(),
            "thread_id": reading.thread_id.as_deref().unwrap_or_default(),
            "labels": reading.label_ids,
            "date_rfc3339": reading.date_rfc3339,
            "authentication": reading.authentication,
            "is_reply_to_other": others.then_some(true),
            "signature": reading.signature.as_ref().map(|_| "unverified"),
            "encryption": reading.encryption.as_ref().map(|encryption| &encryption.standard),
            "text": fence.wrap(&text),
            "characters": self.characters,
            "next_offset": self.next,
            "attachments": attachments.collect::<Vec<_>>(),
            "left_out": (left_out > 0).then_some(left_out),
        });
        for (name, value) in &self.beside.head {
            fields[name.to_lowercase().replace('-', "_")] = json!(value);
        }
        if let Some(date) = &reading.date {
            fields["date"] = json!(header_line(date));
        }
        if let Value::Object(fields) = &mut fields {
            fields.retain(|_, value| !value.is_null());
        }
        fields
    }
}
