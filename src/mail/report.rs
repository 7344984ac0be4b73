//! Delivery reports (RFC 3464) and calendar parts.

use std::fmt;

use serde::Serialize;

use super::{
    header::{parse_message_ids, parse_text},
    part::{Part, split_head},
};

/// What a mail server says of a message that was, or was not, delivered (RFC 3464).
///
/// ```
/// use airbyte_agent_gmail::mail::Reading;
///
/// let raw = b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
///     --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\r\n\
///     Final-Recipient: rfc822; nobody@example.net\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n";
/// let report = Reading::from_raw(raw).delivery_report.ok_or("a report")?;
/// assert!(report.is_failure());
/// assert_eq!(report.recipients[0].address, "nobody@example.net");
/// assert_eq!(report.recipients[0].status.as_deref(), Some("5.1.1"));
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DeliveryReport {
    /// The server that reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reporting_server: Option<String>,
    /// The id of the message that the report is about, without angle brackets, where the report encloses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_message_id: Option<String>,
    /// One entry for each recipient that the report names.
    pub recipients: Vec<DeliveryStatus>,
}

impl DeliveryReport {
    /// Whether the message failed for good to reach one of its recipients at least.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        self.recipients
            .iter()
            .any(|recipient| recipient.action == "failed")
    }
}

impl fmt::Debug for DeliveryReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DeliveryReport")
            .field("recipients", &self.recipients.len())
            .field("is_failure", &self.is_failure())
            .finish()
    }
}

/// What became of the message for one recipient; [`DeliveryReport`] has them.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DeliveryStatus {
    /// The recipient's address.
    pub address: String,
    /// `failed`, `delayed`, `delivered`, `relayed` or `expanded`, in lower case.
    pub action: String,
    /// The status code, such as `5.1.1`; its first digit is 5 for a failure that stays, and 4 for one that may pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The words of the server that refused the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diagnostic: Option<String>,
}

impl fmt::Debug for DeliveryStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DeliveryStatus")
            .field("action", &self.action)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// A calendar object (RFC 5545) within a message, such as an invitation.
///
/// ```
/// use airbyte_agent_gmail::mail::Reading;
///
/// let raw = b"Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n";
/// let reading = Reading::from_raw(raw);
/// assert_eq!(reading.calendars[0].method.as_deref(), Some("REQUEST"));
/// assert!(reading.calendars[0].text.starts_with("BEGIN:VCALENDAR"));
/// ```
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CalendarPart {
    /// `REQUEST`, `CANCEL`, `REPLY` and so on, in upper case, where the part says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The object itself; empty until it is fetched, where it is behind an attachment id.
    pub text: String,
    /// The part's id within the message.
    pub part_id: String,
    /// The attachment id that its bytes are behind, until they are fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachment_id: Option<String>,
}

impl fmt::Debug for CalendarPart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CalendarPart")
            .field("method", &self.method)
            .field("size", &self.text.len())
            .finish_non_exhaustive()
    }
}

/// Reads the parts of a `multipart/report` about delivery; `None` where none of them is such a report.
pub(crate) fn read_report(report: &Part) -> Option<DeliveryReport> {
    let status = report
        .parts
        .iter()
        .find(|part| part.mime_type.ends_with("/delivery-status"))?;
    let mut delivery = DeliveryReport::default();
    for group in groups(status) {
        let field = |name: &str| {
            let (_, value) = group
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(name))?;
            let value = parse_text(value);
            (!value.is_empty()).then_some(value)
        };
        if let Some(server) = field("Reporting-MTA") {
            delivery
                .reporting_server
                .get_or_insert(without_type(&server));
        }
        let recipient = field("Final-Recipient").or_else(|| field("Original-Recipient"));
        if let Some(recipient) = recipient {
            delivery.recipients.push(DeliveryStatus {
                address: without_type(&recipient),
                action: field("Action").unwrap_or_default().to_ascii_lowercase(),
                status: field("Status"),
                diagnostic: field("Diagnostic-Code").map(|code| without_type(&code)),
            });
        }
    }
    delivery.original_message_id = report.parts.iter().find_map(original_message_id);
    Some(delivery)
}

/// The groups of fields: one about the message, then one for each recipient.
fn groups(status: &Part) -> Vec<Vec<(String, Vec<u8>)>> {
    // Gmail's payload may show each group as a part of its own, with the fields as its headers.
    if !status.parts.is_empty() {
        return status
            .parts
            .iter()
            .map(|part| part.headers.clone())
            .collect();
    }
    let mut groups = Vec::new();
    let mut rest = status.bytes().unwrap_or_default();
    while !rest.is_empty() {
        let (group, tail) = split_head(rest);
        // Whatever is no field ends the report, since the reader would not get past it.
        if tail.len() == rest.len() {
            break;
        }
        rest = tail;
        groups.push(group);
    }
    groups
}

fn original_message_id(part: &Part) -> Option<String> {
    let headers = match part.mime_type.as_str() {
        "message/rfc822" | "message/global" if !part.parts.is_empty() => {
            part.parts.first().map(|inner| inner.headers.clone())?
        }
        "message/rfc822" | "message/global" | "text/rfc822-headers" | "message/global-headers" => {
            split_head(part.bytes()?).0
        }
        _ => return None,
    };
    let (_, value) = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("Message-ID"))?;
    parse_message_ids(value).into_iter().next()
}

/// The value of a field such as `rfc822; name@example.com`, without its type.
fn without_type(value: &str) -> String {
    value
        .split_once(';')
        .map_or(value, |(_, value)| value)
        .trim()
        .to_owned()
}
