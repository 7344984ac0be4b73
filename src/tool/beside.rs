//! What accompanies the text of a message: headers, attachments, invitations, delivery reports.

use crate::mail::{Attachment, CalendarPart, DeliveryStatus, Reading, Undecoded};

use super::fence::{defused_line, defused_text, short_line};
use super::room::{clipped, length, shares};

/// The longest header to show.
const HEADER: usize = 400;

/// The longest invitation to show.
const CALENDAR: usize = 1_500;

/// An attachment or invitation cut shorter than this says nothing.
const LEAST_OF_A_LINE: usize = 40;

/// The pieces to show, cut to fit. The sender controls how many there are.
pub(super) struct Beside {
    pub(super) head: Vec<(&'static str, String)>,
    pub(super) attachments: Vec<String>,
    /// Invitations, delivery reports, and text that could not be decoded.
    pub(super) extras: Vec<String>,
    /// How many lines did not fit.
    pub(super) left_out: usize,
}

impl Beside {
    pub(super) fn new(reading: &Reading) -> Self {
        let line = header_line;
        let head = [
            ("From", line(&reading.from.to_string())),
            ("To", line(&reading.to.to_string())),
            ("Cc", line(&reading.cc.to_string())),
            ("Reply-To", line(&reading.reply_to.to_string())),
            ("Date", line(&reading.local_date())),
            (
                "Subject",
                line(reading.subject.as_deref().unwrap_or_default()),
            ),
        ];
        let reports = reading.delivery_report.iter();
        let recipients = reports.flat_map(|report| &report.recipients);
        let notification = reading.disposition_notification.iter().map(|notification| {
            format!(
                "[disposition notification: {}, {}]",
                short_line(&notification.disposition, 40),
                short_line(notification.recipient.as_deref().unwrap_or_default(), 120)
            )
        });
        let complaint = reading.feedback_report.iter().map(|report| {
            format!(
                "[feedback report: {}]",
                short_line(&report.feedback_type, 40)
            )
        });
        Self {
            head: head
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .collect(),
            attachments: reading.attachments.iter().map(attachment_line).collect(),
            extras: reading
                .calendars
                .iter()
                .map(invitation)
                .chain(recipients.map(delivery))
                .chain(notification)
                .chain(complaint)
                .chain(reading.undecoded.iter().map(undecoded))
                .collect(),
            left_out: 0,
        }
    }

    pub(super) fn length(&self) -> usize {
        let lines = self.attachments.iter().chain(&self.extras);
        self.head_length() + lines.map(|line| length(line) + 1).sum::<usize>()
    }

    fn head_length(&self) -> usize {
        self.head
            .iter()
            .map(|(name, value)| name.len() + length(value) + 3)
            .sum()
    }

    /// Cuts the pieces to fit, including the remark about lines left out.
    pub(super) fn cut(&mut self, room: usize) {
        if self.length() <= room {
            return;
        }
        let lines = self.attachments.len() + self.extras.len();
        self.left_out = lines;
        let room = room.saturating_sub(self.remark().map_or(0, |remark| length(&remark) + 1));
        let values: Vec<usize> = self.head.iter().map(|(_, value)| length(value)).collect();
        let head_length = self.head_length();
        let names = head_length - values.iter().sum::<usize>();
        let of_lines = self.length() - head_length;
        // Sender and subject matter more than file names.
        let of_head = (room / 4 * 3).max(room.saturating_sub(of_lines));
        let of_values = shares(&values, of_head.saturating_sub(names));
        for ((_, value), share) in self.head.iter_mut().zip(of_values) {
            *value = clipped(value, share);
        }
        let mut left = room.saturating_sub(self.head_length());
        for lines in [&mut self.attachments, &mut self.extras] {
            let mut kept = 0;
            for line in lines.iter_mut() {
                let most = left.saturating_sub(1);
                if length(line) > most && most < LEAST_OF_A_LINE {
                    break;
                }
                *line = clipped(line, most);
                left = most - length(line);
                kept += 1;
            }
            lines.truncate(kept);
        }
        self.left_out = lines - self.attachments.len() - self.extras.len();
    }

    /// The remark that lines are left out.
    pub(super) fn remark(&self) -> Option<String> {
        (self.left_out > 0).then(|| {
            format!(
                "({} more attachments, invitations or delivery reports are left out.)",
                self.left_out
            )
        })
    }
}

/// A header as one line that cannot close a mark.
pub(super) fn header_line(text: &str) -> String {
    short_line(text, HEADER)
}

fn undecoded(text: &Undecoded) -> String {
    format!("[not decoded: {}]", header_line(&text.to_string()))
}

fn attachment_line(attachment: &Attachment) -> String {
    format!(
        "[attachment, part {}: {} ({}, {} bytes)]",
        defused_line(&attachment.part_id),
        short_line(&attachment.name, 150),
        short_line(&attachment.mime_type, 80),
        attachment.size
    )
}

fn invitation(calendar: &CalendarPart) -> String {
    let mut text = calendar.to_text();
    if calendar.entries.is_empty() {
        text.push('\n');
        text.push_str(&calendar.text);
    }
    format!("[{}]", clipped(&defused_text(&text), CALENDAR))
}

fn delivery(status: &DeliveryStatus) -> String {
    format!(
        "[delivery to {}: {} {}]",
        short_line(&status.address, 120),
        short_line(&status.action, 20),
        short_line(status.diagnostic.as_deref().unwrap_or_default(), 300)
    )
}
