//! Delivery reports (RFC 3464, RFC 6533).

use std::fmt;

use serde::Serialize;

use super::{
    head::{Header, MAXIMUM_STRAYS, first, split_head, split_line},
    part::Part,
};
use crate::mail::header::{message_id::parse_message_ids, parse_text};

/// A mail server's report on the delivery of a message (RFC 3464).
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
    /// The reporting server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reporting_server: Option<String>,
    /// The id of the message in question, without angle brackets, if the report encloses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_message_id: Option<String>,
    /// One entry per recipient in the report.
    pub recipients: Vec<DeliveryStatus>,
}

impl DeliveryReport {
    /// The number of recipients with this action, such as `failed` or `delayed`; one report may mix them.
    ///
    /// ```
    /// use airbyte_agent_gmail::mail::Reading;
    ///
    /// let raw = b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
    ///     Final-Recipient: rfc822; a@example.net\r\nAction: failed\r\n\r\n\
    ///     Final-Recipient: rfc822; b@example.net\r\nAction: delayed (will try again)\r\n--b--\r\n";
    /// let report = Reading::from_raw(raw).delivery_report.ok_or("a report")?;
    /// assert_eq!((report.count("failed"), report.count("delayed")), (1, 1));
    /// # Ok::<(), &str>(())
    /// ```
    #[must_use]
    pub fn count(&self, action: &str) -> usize {
        let recipients = self.recipients.iter();
        recipients
            .filter(|recipient| recipient.action == action)
            .count()
    }

    /// Whether delivery failed permanently for at least one recipient.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        self.count("failed") > 0
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

/// The outcome for one recipient of a [`DeliveryReport`].
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DeliveryStatus {
    /// The recipient's address, as the reporting server knows it.
    pub address: String,
    /// The address that the sender wrote, if it differs because of forwarding or a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_address: Option<String>,
    /// `failed`, `delayed`, `delivered`, `relayed` or `expanded`, in lower case.
    pub action: String,
    /// The status code, such as `5.1.1`; it starts with 5 for a permanent failure, and with 4 for a temporary one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The message of the server that refused the mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diagnostic: Option<String>,
}

debug!(DeliveryStatus, self => action: self.action, status: self.status);

/// Whether a part contains a delivery report.
pub(crate) fn is_delivery_status(part: &Part) -> bool {
    matches!(
        part.mime_type.as_str(),
        "message/delivery-status" | "message/global-delivery-status"
    )
}

/// Reads a delivery report from the parts of a multipart, if it contains one.
pub(crate) fn read_report(parts: &[Part]) -> Option<DeliveryReport> {
    let statuses: Vec<&Part> = parts
        .iter()
        .filter(|part| is_delivery_status(part))
        .collect();
    if statuses.is_empty() {
        return None;
    }
    let mut delivery = DeliveryReport::default();
    let groups = statuses.into_iter().flat_map(groups);
    for group in groups.flat_map(by_recipient) {
        let field = |name: &str| field(&group, name);
        if let Some(server) = field("Reporting-MTA") {
            delivery
                .reporting_server
                .get_or_insert(without_type(&server).1);
        }
        let original = field("Original-Recipient").map(|value| recipient_address(&value));
        let last = field("Final-Recipient").map(|value| recipient_address(&value));
        if let Some(address) = last.or_else(|| original.clone()) {
            delivery.recipients.push(DeliveryStatus {
                original_address: original.filter(|original| *original != address),
                address,
                action: field("Action")
                    .map(|action| action_word(&action))
                    .or_else(|| action_of(&status_code(&field("Status")?)))
                    .unwrap_or_default(),
                status: field("Status").map(|status| status_code(&status)),
                diagnostic: field("Diagnostic-Code").map(|code| without_type(&code).1),
            });
        }
    }
    delivery.original_message_id = parts.iter().find_map(original_message_id);
    Some(delivery)
}

/// Splits the fields by recipient, if no empty line separates them.
fn by_recipient(group: Vec<Header>) -> Vec<Vec<Header>> {
    let mut groups: Vec<Vec<Header>> = vec![Vec::new()];
    let mut seen = [false; 2];
    for header in group {
        let names = ["Original-Recipient", "Final-Recipient"];
        let place = names
            .iter()
            .position(|name| header.0.eq_ignore_ascii_case(name));
        if let Some(seen_before) = place.and_then(|place| seen.get_mut(place)) {
            if *seen_before {
                groups.push(Vec::new());
                seen = [false; 2];
            }
            if let Some(seen) = place.and_then(|place| seen.get_mut(place)) {
                *seen = true;
            }
        }
        if let Some(last) = groups.last_mut() {
            last.push(header);
        }
    }
    groups
}

/// An action in the words of RFC 3464, where a server says `failure` or `delay`.
fn action_word(value: &str) -> String {
    let word = without_comments(value).to_ascii_lowercase();
    match word.get(..4) {
        Some("fail") => "failed".to_owned(),
        Some("dela") => "delayed".to_owned(),
        _ => word,
    }
}

/// Derives the action from the status, if a server omits it.
fn action_of(status: &str) -> Option<String> {
    let action = match status.get(..2)? {
        "2." => "delivered",
        "4." => "delayed",
        "5." => "failed",
        _ => return None,
    };
    Some(action.to_owned())
}

/// The groups of fields: one about the message, then one per recipient.
pub(crate) fn groups(status: &Part) -> Vec<Vec<Header>> {
    // Gmail's payload may show each group as its own part, with the fields as headers.
    if !status.parts.is_empty() {
        return status
            .parts
            .iter()
            .map(|part| part.headers.clone())
            .collect();
    }
    let mut groups = Vec::new();
    let mut strays = 0;
    let mut rest = status.bytes().unwrap_or_default();
    while !rest.is_empty() && strays < MAXIMUM_STRAYS {
        let (group, tail) = split_head(rest);
        if tail.len() == rest.len() {
            // The reader does not get past a line that is no field.
            strays += 1;
            rest = split_line(rest).1;
        } else {
            rest = tail;
            groups.push(group);
        }
    }
    groups
}

/// The first field with this name in a group.
pub(crate) fn field(group: &[Header], name: &str) -> Option<String> {
    let value = parse_text(first(group, name)?);
    (!value.is_empty()).then_some(value)
}

/// The id of the message that a report's part encloses, in full or as headers.
pub(crate) fn original_message_id(part: &Part) -> Option<String> {
    let holds_headers = matches!(
        part.mime_type.as_str(),
        "message/rfc822" | "message/global" | "text/rfc822-headers" | "message/global-headers"
    );
    let headers = holds_headers.then(|| part.enclosed_headers()).flatten()?;
    parse_message_ids(first(&headers, "Message-ID")?)
        .into_iter()
        .next()
}

/// Splits a value such as `rfc822; name@example.com` into its type, in lower case, and the rest.
///
/// Some servers omit the type, and some write `rfc/822`. A type is a single word and no number, so a semicolon within a
/// sentence or after a code doesn't end one.
pub(crate) fn without_type(value: &str) -> (String, String) {
    let is_type = |word: &str| {
        let mut letters = word.chars();
        word.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && letters.all(|letter| letter.is_ascii_alphanumeric() || "-._/".contains(letter))
    };
    match value.split_once(';') {
        Some((kind, value)) if is_type(without_comments(kind).as_str()) => (
            without_comments(kind).to_ascii_lowercase(),
            value.trim().to_owned(),
        ),
        _ => (String::new(), value.trim().to_owned()),
    }
}

/// The address in a recipient field, decoded according to its type.
pub(crate) fn recipient_address(value: &str) -> String {
    let (kind, address) = without_type(value);
    let address = without_comments(&address);
    let bare = address.trim_matches(['<', '>']);
    if kind == "utf-8" {
        decode_unicode_escapes(bare)
    } else {
        decode_xtext(bare)
    }
}

/// Decodes `+2B` and `+3D`, which stand for "+" and "=" in the sender's address (RFC 3461, section 4).
///
/// Many servers don't encode addresses there, so `user+42@example.com` must stay as it is. No other character needs
/// encoding, except the blank in a quoted name.
fn decode_xtext(address: &str) -> String {
    let decoded = address.replace("+2B", "+").replace("+3D", "=");
    if decoded.starts_with('"') {
        decoded.replace("+20", " ")
    } else {
        decoded
    }
}

/// Decodes `\x{F6}` (RFC 6533, section 3).
fn decode_unicode_escapes(address: &str) -> String {
    let mut decoded = String::with_capacity(address.len());
    let mut rest = address;
    while let Some((before, escape)) = rest.split_once("\\x{") {
        decoded.push_str(before);
        let letter = escape.split_once('}').and_then(|(digits, after)| {
            let letter = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
            (!letter.is_control()).then_some((letter, after))
        });
        match letter {
            Some((letter, after)) => {
                decoded.push(letter);
                rest = after;
            }
            None => {
                decoded.push_str("\\x{");
                rest = escape;
            }
        }
    }
    decoded.push_str(rest);
    decoded
}

/// The code in a `Status` field, which a comment may follow (RFC 3464, section 2.3.4).
fn status_code(value: &str) -> String {
    let is_code = |word: &&str| {
        let numbers: Vec<&str> = word.split('.').collect();
        let is_number = |number: &&str| {
            (1..=3).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
        };
        numbers.len() == 3 && numbers.iter().all(is_number)
    };
    let bare = without_comments(value);
    let words = bare.split(|letter: char| !letter.is_ascii_digit() && letter != '.');
    let code = words.map(|word| word.trim_matches('.')).find(is_code);
    code.map_or_else(|| bare.clone(), str::to_owned)
}

/// A value without its comments, which are in parentheses and may nest (RFC 5322, section 3.2.2).
pub(crate) fn without_comments(value: &str) -> String {
    let mut bare = String::with_capacity(value.len());
    let (mut depth, mut is_quoted, mut is_escaped) = (0_usize, false, false);
    for letter in value.chars() {
        let is_plain = std::mem::take(&mut is_escaped);
        match letter {
            '\\' if !is_plain && (depth > 0 || is_quoted) => is_escaped = true,
            '"' if !is_plain && depth == 0 => is_quoted = !is_quoted,
            '(' if !is_plain && !is_quoted => depth += 1,
            ')' if !is_plain && !is_quoted && depth > 0 => {
                depth -= 1;
                continue;
            }
            _ => {}
        }
        if depth == 0 {
            bare.push(letter);
        }
    }
    bare.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mail::read::Reading;

    #[test]
    fn codes_and_types_are_told_from_what_is_around_them() {
        let statuses = [
            ("5.1.1", "5.1.1"),
            ("5.1.1 (bad mailbox)", "5.1.1"),
            ("(mailbox (1.2.3)) 4.4.7", "4.4.7"),
            ("5.7.26;", "5.7.26"),
            ("550 5.1.1", "5.1.1"),
            ("550", "550"),
        ];
        for (value, code) in statuses {
            assert_eq!(status_code(value), code, "{value}");
        }
        let diagnostics = [
            ("smtp; 550 5.1.1 no; really", "550 5.1.1 no; really"),
            ("X-Unix; 67", "67"),
            ("dns (resolver) ; no MX", "no MX"),
            ("Mailbox full; try later", "Mailbox full; try later"),
            ("550 unknown", "550 unknown"),
            ("; nothing", "; nothing"),
        ];
        for (value, text) in diagnostics {
            assert_eq!(without_type(value).1, text, "{value}");
        }
    }

    #[test]
    fn a_report_without_actions_or_with_broken_folds_is_read() {
        let raw = b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n\
            Reporting-MTA: dns; mx.example.net\n\n\
            Diagnostic-Code: smtp; 550-Please sign in\n550-mx [192.0.2.1]:2525 is not permitted to\n550 relay\n\
            Status: 5.0.0\nFinal-Recipient: rfc822; a@example.net\n\n\
            Final-Recipient: rfc822; b@example.net\nStatus: 4.4.7 (expired)\n\
            Original-Recipient: rfc822; d@example.net\nFinal-Recipient: rfc822; c@example.net\n\n--b--\n";
        let report = Reading::from_raw(raw).delivery_report.unwrap();
        let read = report.recipients.iter();
        let read: Vec<_> = read
            .map(|one| (one.address.as_str(), one.action.as_str()))
            .collect();
        assert_eq!(
            read,
            [
                ("a@example.net", "failed"),
                ("b@example.net", "delayed"),
                ("c@example.net", "")
            ]
        );
    }

    #[test]
    fn addresses_are_decoded_as_their_type_says() {
        let table = [
            ("rfc822; list+2Bx@example.com", "list+x@example.com"),
            ("rfc822;a+3Db@example.com", "a=b@example.com"),
            ("rfc822; user+42@example.com", "user+42@example.com"),
            ("rfc822; \"a+20b\"@example.com", "\"a b\"@example.com"),
            ("utf-8; jörg@example.com", "jörg@example.com"),
            ("UTF-8; j\\x{F6}rg@example.com", "jörg@example.com"),
            ("utf-8; \\x{E9t@example.com", "\\x{E9t@example.com"),
            ("rfc822; <a@example.com> (gone)", "a@example.com"),
            ("\"a(b)\"@example.com", "\"a(b)\"@example.com"),
            ("a@example.com", "a@example.com"),
        ];
        for (value, address) in table {
            assert_eq!(recipient_address(value), address, "{value}");
        }
    }

    proptest! {
        #[test]
        fn any_value_is_read(value in "(rfc822|utf-8|;|\\\\x\\{|[(){}<>\"+]|[0-9A-F]{2}|ü| ){0,12}") {
            prop_assert!(recipient_address(&value).len() <= value.len() + 3);
            prop_assert!(status_code(&value).len() <= value.len());
        }
    }
}
