//! A message as a page of text.

use airbyte_agent_gmail::GmailConnector;
use airbyte_agent_gmail::mail::{Authentication, CalendarPart, DeliveryReport, Reading};
use airbyte_agent_gmail::tool::visible_text;

use super::exit::Failure;
use super::label::{self, Labels};
use super::output;

/// Prints a message as a page, after a separator unless it is the first. Labels are shown by name on a terminal, by id
/// otherwise.
pub(crate) async fn print(
    gmail: &GmailConnector,
    labels: &mut Option<Labels>,
    reading: &Reading,
    with_quoted: bool,
    is_first: bool,
) -> Result<(), Failure> {
    if !is_first {
        output::line(&"─".repeat(40))?;
    }
    let names = if output::is_terminal() {
        label::shown_names(gmail, labels, &reading.label_ids).await?
    } else {
        reading.label_ids.clone()
    };
    output::line(&output::fitting(&page(reading, &names, with_quoted)))
}

/// The message: important headers, the text, and what accompanies it.
fn page(reading: &Reading, labels: &[String], with_quoted: bool) -> String {
    let mut page = String::new();
    let fields = [
        ("From", reading.from.to_string()),
        ("Reply-To", reading.reply_to_others().to_string()),
        ("To", reading.to.to_string()),
        ("Cc", reading.cc.to_string()),
        ("Date", reading.local_date()),
        ("Subject", reading.subject.clone().unwrap_or_default()),
        ("Labels", labels.join(", ")),
        ("Checked", checked(reading.authentication.as_ref())),
    ];
    for (name, value) in fields {
        if !value.is_empty() {
            page.push_str(&format!("{name}: {}\n", value.replace('\n', " ")));
        }
    }
    page.push('\n');
    let text = if with_quoted {
        reading.text.as_str()
    } else {
        reading.text_without_quote()
    };
    page.push_str(text.trim_end());
    page.push('\n');
    let folded = reading
        .text
        .lines()
        .count()
        .saturating_sub(text.lines().count());
    if folded > 0 {
        page.push_str(&format!(
            "\n[{folded} lines of quoted history; --quoted shows them]\n"
        ));
    }
    for calendar in &reading.calendars {
        page.push_str(&format!("\n{}\n", invitation(calendar, reading)));
    }
    if let Some(report) = &reading.delivery_report {
        page.push_str(&format!("\n{}\n", delivery(report)));
    }
    if reading.signature.is_some() {
        page.push_str("\n[signed; the signature is not checked]\n");
    }
    if reading.encryption.is_some() {
        page.push_str("\n[encrypted; it can't be read here]\n");
    }
    for attachment in &reading.attachments {
        page.push_str(&format!(
            "\n[attachment, part {}: {} ({}, {} bytes)]",
            attachment.part_id, attachment.name, attachment.mime_type, attachment.size
        ));
    }
    for undecoded in &reading.undecoded {
        page.push_str(&format!("\n[not decoded: {undecoded}]"));
    }
    // Mail must not be able to control the terminal.
    visible_text(page.trim_end())
}

/// Gmail's verdict on the sender.
fn checked(authentication: Option<&Authentication>) -> String {
    let Some(found) = authentication else {
        return String::new();
    };
    let verdicts = [
        ("SPF", &found.spf),
        ("DKIM", &found.dkim),
        ("DMARC", &found.dmarc),
    ];
    let verdicts = verdicts
        .iter()
        .filter_map(|(name, verdict)| Some(format!("{name} {}", verdict.as_deref()?)));
    let mut line = verdicts.collect::<Vec<_>>().join(", ");
    if found.dmarc.as_deref() == Some("fail") {
        line.push_str(" (the author may be forged)");
    }
    line
}

/// A delivery report, one line for each recipient.
fn delivery(report: &DeliveryReport) -> String {
    let mut text = "Delivery report".to_owned();
    if let Some(server) = &report.reporting_server {
        text.push_str(&format!(" of {server}"));
    }
    for recipient in &report.recipients {
        text.push_str(&format!("\n{}: {}", recipient.address, recipient.action));
        for detail in [&recipient.status, &recipient.diagnostic]
            .into_iter()
            .flatten()
        {
            text.push_str(&format!(", {}", detail.replace('\n', " ")));
        }
    }
    text
}

fn invitation(calendar: &CalendarPart, reading: &Reading) -> String {
    let mut text = calendar.to_text();
    let is_wanted = calendar.method.as_deref() == Some("REQUEST");
    if let (Some(id), true) = (&reading.id, is_wanted) {
        text.push_str(&format!(
            "\n[answer it: airbyte-gmail rsvp {id} accept|decline|tentative]"
        ));
    }
    text
}
