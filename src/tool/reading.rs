//! Messages and conversations as a person reads them.

use serde_json::{Map, Value, json};

use crate::api::gmail::types::{Message, MessageFormat, ThreadFormat};
use crate::connector::GmailConnector;
use crate::error::Error;
use crate::mail::{Attachment, CalendarPart, DeliveryStatus, Reading};

use super::Progress;
use super::answer::{Answer, Failure};
use super::argument::Arguments;
use super::fence::Fence;
use super::visible::{visible_line, visible_text};

/// What is kept free for the marks of a message, and for what the tool itself says of it.
const FRAME: usize = 450;

/// How many messages of a conversation are shown at most; older ones are named.
const MOST_MESSAGES: usize = 40;

/// How much a message of a conversation needs to show something of its text, too.
const LEAST_OF_A_MESSAGE: usize = 1_200;

/// Of an attachment or an invitation, less than this says nothing.
const LEAST_OF_A_LINE: usize = 40;

/// How much of an invitation is shown.
const CALENDAR: usize = 1_500;

/// Reads a message whole, whatever of its text Gmail leaves out.
pub(super) async fn read(gmail: &GmailConnector, message_id: &str) -> Result<Reading, Error> {
    let message = gmail
        .messages()
        .get(message_id)
        .format(MessageFormat::Full)
        .send()
        .await?;
    complete(gmail, &message).await
}

/// As `read`, with the bytes of every attachment.
pub(super) async fn read_raw(gmail: &GmailConnector, message_id: &str) -> Result<Reading, Error> {
    let message = gmail
        .messages()
        .get(message_id)
        .format(MessageFormat::Raw)
        .send()
        .await?;
    Ok(Reading::from_payload(&message))
}

/// Gmail puts long texts behind an id that hosted mode can't follow; the raw message has them in both modes.
async fn complete(gmail: &GmailConnector, message: &Message) -> Result<Reading, Error> {
    let reading = Reading::from_payload(message);
    match &message.id {
        Some(id) if !reading.bodies_to_fetch().is_empty() => {
            let raw = read_raw(gmail, id).await?;
            Ok(Reading {
                attachments: reading.attachments,
                label_ids: reading.label_ids,
                ..raw
            })
        }
        _ => Ok(reading),
    }
}

/// `gmail_read_message`.
pub(super) async fn message(
    gmail: &GmailConnector,
    arguments: &Arguments,
    limit: usize,
) -> Result<Answer, Failure> {
    let id = arguments.text("message_id")?;
    let reading = read(gmail, &id)
        .await
        .map_err(|error| Failure::service(&error))?;
    let offset = arguments.number("offset", 0);
    let fence = Fence::new();
    let notice = fence.notice();
    let beside = Beside::new(&reading, limit / 4);
    let taken = length(&notice) + FRAME + beside.length();
    let shown = Shown::new(
        &reading,
        beside,
        arguments.flag("with_quoted"),
        offset,
        limit.saturating_sub(taken).max(limit / 4),
    );
    if offset > 0 && offset >= shown.characters {
        return Err(Failure::input(format!(
            "the text has {} characters, so `offset` is behind its end",
            shown.characters
        )));
    }
    let text = format!("{notice}\n{}", shown.text(&fence, Place::Message));
    let structured = shown.structured(&fence);
    Ok(Answer::new(text, structured, fence))
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
        .await
        .map_err(|error| Failure::service(&error))?;
    let total = thread.messages.len();
    let mut parts = Vec::new();
    let fence = Fence::new();
    parts.push(fence.notice());
    // The latest messages are what a conversation is about.
    let skipped = total.saturating_sub((limit / LEAST_OF_A_MESSAGE).clamp(1, MOST_MESSAGES));
    if skipped > 0 {
        let ids: Vec<&str> = thread
            .messages
            .iter()
            .take(skipped)
            .filter_map(|message| message.id.as_deref())
            .collect();
        parts.push(format!(
            "(The {skipped} oldest of {total} messages are left out; gmail_read_message shows each: {})",
            ids.join(", ")
        ));
    }
    let mut readings = Vec::new();
    for (done, message) in thread.messages.iter().skip(skipped).enumerate() {
        let reading = complete(gmail, message)
            .await
            .map_err(|error| Failure::service(&error))?;
        readings.push(reading);
        progress(done as u64 + 1, Some((total - skipped) as u64));
    }
    let with_quoted = arguments.flag("with_quoted");
    let besides: Vec<Beside> = readings
        .iter()
        .map(|reading| Beside::new(reading, limit / (4 * readings.len())))
        .collect();
    let taken = parts.iter().map(|part| length(part)).sum::<usize>()
        + besides
            .iter()
            .map(|beside| FRAME + beside.length())
            .sum::<usize>();
    let rooms = shares(
        &readings
            .iter()
            .map(|reading| length(&body(reading, with_quoted).0))
            .collect::<Vec<_>>(),
        limit.saturating_sub(taken).max(limit / 10),
    );
    let mut messages = Vec::new();
    for ((reading, beside), room) in readings.iter().zip(besides).zip(rooms) {
        let shown = Shown::new(reading, beside, with_quoted, 0, room);
        parts.push(shown.text(&fence, Place::Thread));
        messages.push(shown.structured(&fence));
    }
    if readings.is_empty() {
        parts.push("(no messages)".to_owned());
    }
    Ok(Answer::new(
        parts.join("\n\n"),
        json!({"thread_id": visible_line(&id), "messages": messages}),
        fence,
    ))
}

/// Shares a room among texts: short ones get all they need, and the long ones the rest in equal parts.
fn shares(lengths: &[usize], room: usize) -> Vec<usize> {
    let mut order: Vec<(usize, usize)> = lengths.iter().copied().enumerate().collect();
    order.sort_by_key(|(_, length)| *length);
    let mut shares = vec![0; lengths.len()];
    let mut left = room;
    let mut others = lengths.len();
    for (index, length) in order {
        let share = length.min(left / others.max(1));
        if let Some(slot) = shares.get_mut(index) {
            *slot = share;
        }
        left -= share;
        others -= 1;
    }
    shares
}

/// Where a message is shown, which decides what is said of a clipped text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Message,
    Thread,
}

/// A message, cut to size.
struct Shown<'a> {
    reading: &'a Reading,
    beside: Beside,
    body: String,
    characters: usize,
    offset: usize,
    next: Option<usize>,
    folded: usize,
}

/// The text that is shown, and how many lines of history are folded.
fn body(reading: &Reading, with_quoted: bool) -> (String, usize) {
    let whole = visible_text(&reading.text);
    if with_quoted {
        return (whole, 0);
    }
    let own = visible_text(reading.text_without_quote());
    let folded = whole.lines().count().saturating_sub(own.lines().count());
    (own, folded)
}

impl<'a> Shown<'a> {
    fn new(
        reading: &'a Reading,
        beside: Beside,
        with_quoted: bool,
        offset: usize,
        room: usize,
    ) -> Self {
        let (text, folded) = body(reading, with_quoted);
        let characters = length(&text);
        let body: String = text.chars().skip(offset).take(room).collect();
        let end = offset.saturating_add(room);
        Self {
            reading,
            beside,
            body,
            characters,
            offset,
            next: (end < characters).then_some(end),
            folded,
        }
    }

    /// The message between marks, with what the tool itself says of it outside.
    fn text(&self, fence: &Fence, place: Place) -> String {
        let reading = self.reading;
        let id = reading.id.as_deref().unwrap_or_default();
        let mut lines = vec![format!(
            "message {id}, thread {}, labels: {}",
            reading.thread_id.as_deref().unwrap_or_default(),
            clipped(&reading.label_ids.join(", "), 120)
        )];
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
        lines.push(fence.wrap(&inside));
        if self.beside.left_out > 0 {
            lines.push(format!(
                "({} more attachments, invitations or delivery reports are left out.)",
                self.beside.left_out
            ));
        }
        if reading.is_text_from_html {
            lines.push("(The text was made from HTML.)".to_owned());
        }
        if self.folded > 0 {
            lines.push(format!(
                "({} lines of quoted history are folded; with_quoted shows them.)",
                self.folded
            ));
        }
        if let Some(next) = self.next {
            let how = match place {
                Place::Message => format!("offset: {next} goes on"),
                Place::Thread => {
                    format!("gmail_read_message with message_id: {id}, offset: {next} goes on")
                }
            };
            lines.push(format!(
                "(Characters {} to {next} of {} are shown; {how}.)",
                self.offset, self.characters
            ));
        }
        lines.join("\n")
    }

    fn structured(&self, fence: &Fence) -> Value {
        let reading = self.reading;
        let mut fields = Map::new();
        let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        put("id", json!(reading.id.as_deref().unwrap_or_default()));
        put(
            "thread_id",
            json!(reading.thread_id.as_deref().unwrap_or_default()),
        );
        put("labels", json!(reading.label_ids));
        for (name, value) in &self.beside.head {
            put(&name.to_lowercase().replace('-', "_"), json!(value));
        }
        let mut text = self.body.clone();
        for extra in &self.beside.extras {
            text.push('\n');
            text.push_str(extra);
        }
        put("text", json!(fence.wrap(&text)));
        put("characters", json!(self.characters));
        if let Some(next) = self.next {
            put("next_offset", json!(next));
        }
        let attachments: Vec<Value> = reading
            .attachments
            .iter()
            .take(self.beside.attachments.len())
            .map(|attachment| {
                json!({
                    "part_id": visible_line(&attachment.part_id),
                    "name": clipped(&visible_line(&attachment.name), 150),
                    "mime_type": clipped(&visible_line(&attachment.mime_type), 80),
                    "size": attachment.size,
                })
            })
            .collect();
        put("attachments", json!(attachments));
        Value::Object(fields)
    }
}

/// What stands beside the text of a message. A sender decides how much of it there is, so that it has a room of its
/// own, and what does not fit is left out.
struct Beside {
    head: Vec<(&'static str, String)>,
    attachments: Vec<String>,
    /// Invitations and delivery reports.
    extras: Vec<String>,
    left_out: usize,
}

impl Beside {
    fn new(reading: &Reading, room: usize) -> Self {
        let line = |text: &str| clipped(&visible_line(text), (room / 4).clamp(40, 400));
        let head: Vec<_> = [
            ("From", line(&reading.from.to_string())),
            ("To", line(&reading.to.to_string())),
            ("Cc", line(&reading.cc.to_string())),
            ("Reply-To", line(&reading.reply_to.to_string())),
            ("Date", line(reading.date.as_deref().unwrap_or_default())),
            (
                "Subject",
                line(reading.subject.as_deref().unwrap_or_default()),
            ),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect();
        let mut left = room.saturating_sub(head_length(&head));
        let mut fitting = |pieces: &mut dyn Iterator<Item = String>| -> Vec<String> {
            let mut lines = Vec::new();
            while left >= LEAST_OF_A_LINE
                && let Some(piece) = pieces.next()
            {
                let line = clipped(&piece, left);
                left = left.saturating_sub(length(&line) + 1);
                lines.push(line);
            }
            lines
        };
        let reports = reading.delivery_report.iter();
        let recipients = reports.flat_map(|report| &report.recipients);
        let attachments = fitting(&mut reading.attachments.iter().map(attachment_line));
        let extras = fitting(
            &mut reading
                .calendars
                .iter()
                .map(invitation)
                .chain(recipients.clone().map(delivery)),
        );
        let all = reading.attachments.len() + reading.calendars.len() + recipients.count();
        Self {
            left_out: all - attachments.len() - extras.len(),
            head,
            attachments,
            extras,
        }
    }

    fn length(&self) -> usize {
        let lines = self.attachments.iter().chain(&self.extras);
        head_length(&self.head) + lines.map(|line| length(line) + 1).sum::<usize>()
    }
}

fn head_length(head: &[(&'static str, String)]) -> usize {
    head.iter()
        .map(|(name, value)| name.len() + length(value) + 3)
        .sum()
}

fn attachment_line(attachment: &Attachment) -> String {
    format!(
        "[attachment, part {}: {} ({}, {} bytes)]",
        visible_line(&attachment.part_id),
        clipped(&visible_line(&attachment.name), 150),
        clipped(&visible_line(&attachment.mime_type), 80),
        attachment.size
    )
}

fn invitation(calendar: &CalendarPart) -> String {
    format!(
        "[invitation, {}]\n{}",
        clipped(
            &visible_line(calendar.method.as_deref().unwrap_or("no method")),
            20
        ),
        clipped(&visible_text(&calendar.text), CALENDAR)
    )
}

fn delivery(status: &DeliveryStatus) -> String {
    format!(
        "[delivery to {}: {} {}]",
        clipped(&visible_line(&status.address), 120),
        clipped(&visible_line(&status.action), 20),
        clipped(
            &visible_line(status.diagnostic.as_deref().unwrap_or_default()),
            300
        )
    )
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// The beginning of a text.
pub(super) fn clipped(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_leave_their_room_to_long_ones() {
        assert_eq!(shares(&[10, 1_000, 500], 900), [10, 445, 445]);
        assert_eq!(shares(&[10, 20], 900), [10, 20]);
        assert_eq!(shares(&[], 900), Vec::<usize>::new());
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(clipped("Größe", 3), "Grö…");
        assert_eq!(clipped("Größe", 5), "Größe");
    }
}
