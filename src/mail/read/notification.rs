//! Reports from recipients' programs: that a message was read (RFC 8098), or is unwanted (RFC 5965).

use serde::Serialize;

use super::{
    part::Part,
    report::{field, groups, original_message_id, recipient_address, without_comments},
};
use crate::mail::header::message_id::parse_message_ids;

/// The fate of a message at its recipient (RFC 8098): displayed, or deleted unread.
///
/// ```
/// use airbyte_agent_gmail::mail::Reading;
///
/// let raw = b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\
///     Content-Type: message/disposition-notification\r\n\r\nFinal-Recipient: rfc822; a@example.net\r\n\
///     Original-Message-ID: <1@example.com>\r\n\
///     Disposition: manual-action/MDN-sent-manually; displayed\r\n--b--\r\n";
/// let notification = Reading::from_raw(raw).disposition_notification.ok_or("a notification")?;
/// assert_eq!(notification.disposition, "displayed");
/// assert_eq!(notification.original_message_id.as_deref(), Some("1@example.com"));
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DispositionNotification {
    /// `displayed`, `deleted`, `dispatched` or `processed`, in lower case.
    pub disposition: String,
    /// Whether a person did this, not a program.
    pub is_manual: bool,
    /// The reporting recipient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// The id of the message, without angle brackets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_message_id: Option<String>,
}

/// A complaint about a message, in the Abuse Reporting Format (RFC 5965).
///
/// ```
/// use airbyte_agent_gmail::mail::Reading;
///
/// let raw = b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\n\
///     Feedback-Type: abuse\r\nOriginal-Rcpt-To: a@example.net\r\n\r\n--b\r\n\
///     Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <1@example.com>\r\n\r\n--b--\r\n";
/// let report = Reading::from_raw(raw).feedback_report.ok_or("a report")?;
/// assert_eq!(report.feedback_type, "abuse");
/// assert_eq!(report.original_recipients, ["a@example.net"]);
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FeedbackReport {
    /// `abuse`, `fraud`, `virus`, `not-spam`, `auth-failure` and so on, in lower case.
    pub feedback_type: String,
    /// The complaining recipients, if the report names them.
    pub original_recipients: Vec<String>,
    /// The id of the message, without angle brackets, if the report encloses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_message_id: Option<String>,
}

/// Whether a part contains a disposition notification.
pub(crate) fn is_disposition(part: &Part) -> bool {
    matches!(
        part.mime_type.as_str(),
        "message/disposition-notification" | "message/global-disposition-notification"
    )
}

/// Whether a part contains a feedback report.
pub(crate) fn is_feedback(part: &Part) -> bool {
    part.mime_type == "message/feedback-report"
}

/// Reads a disposition notification from the parts of a multipart.
pub(crate) fn read_disposition(parts: &[Part]) -> Option<DispositionNotification> {
    let part = parts.iter().find(|part| is_disposition(part))?;
    let fields = groups(part).concat();
    let value = field(&fields, "Disposition").map(|value| without_comments(&value));
    let value = value.unwrap_or_default().to_ascii_lowercase();
    let (mode, disposition) = value.split_once(';').unwrap_or(("", &value));
    // After "/" come modifiers, as in `displayed/error`.
    let disposition = disposition.split('/').next().unwrap_or_default().trim();
    let id = field(&fields, "Original-Message-ID");
    Some(DispositionNotification {
        disposition: disposition.to_owned(),
        is_manual: mode.trim_start().starts_with("manual-action"),
        recipient: field(&fields, "Final-Recipient")
            .or_else(|| field(&fields, "Original-Recipient"))
            .map(|value| recipient_address(&value)),
        original_message_id: id
            .and_then(|id| parse_message_ids(id.as_bytes()).into_iter().next())
            .or_else(|| parts.iter().find_map(original_message_id)),
    })
}

/// Reads a feedback report from the parts of a multipart.
pub(crate) fn read_feedback(parts: &[Part]) -> Option<FeedbackReport> {
    let part = parts.iter().find(|part| is_feedback(part))?;
    let fields = groups(part).concat();
    let recipients = fields
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("Original-Rcpt-To"));
    Some(FeedbackReport {
        feedback_type: field(&fields, "Feedback-Type")
            .map(|value| without_comments(&value).to_ascii_lowercase())
            .unwrap_or_default(),
        original_recipients: recipients
            .map(|(_, value)| recipient_address(&String::from_utf8_lossy(value)))
            .filter(|address| !address.is_empty())
            .collect(),
        original_message_id: parts.iter().find_map(original_message_id),
    })
}

debug!(DispositionNotification, self => disposition: self.disposition);

debug!(FeedbackReport, self => feedback_type: self.feedback_type);
