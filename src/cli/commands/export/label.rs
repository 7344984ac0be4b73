//! Labels in an exported message, written as Google Takeout does: `X-Gmail-Labels`.

use crate::cli::label::{is_system, shown};

/// The preferred maximum length of a header line (RFC 5322, 2.1.1).
const LINE: usize = 76;

/// The message with the header field added at the top.
pub(super) fn with_field(raw: &[u8], ids: &[String], names: &[String]) -> Vec<u8> {
    let first = raw.split_inclusive(|byte| *byte == b'\n').next();
    let line_end = match first {
        Some(line) if line.ends_with(b"\n") && !line.ends_with(b"\r\n") => "\n",
        _ => "\r\n",
    };
    let field = format!("X-Gmail-Labels: {}{line_end}", value(ids, names, line_end));
    [field.as_bytes(), raw].concat()
}

fn value(ids: &[String], names: &[String], line_end: &str) -> String {
    let has = |label: &str| ids.iter().any(|id| id == label);
    let mut labels: Vec<String> = ids
        .iter()
        .enumerate()
        .map(|(place, id)| {
            let name = names.get(place).unwrap_or(id);
            if is_system(id) {
                word(id)
            } else {
                quoted(name)
            }
        })
        .collect();
    if !has("UNREAD") {
        labels.push("Opened".to_owned());
    }
    if !["INBOX", "SENT", "DRAFT", "TRASH", "SPAM", "CHAT"]
        .iter()
        .any(|label| has(label))
    {
        labels.push("Archived".to_owned());
    }
    if labels.iter().all(|label| label.is_ascii()) {
        return folded(&labels, line_end);
    }
    encoded(&labels.join(","), line_end)
}

/// Takeout's name for a system label, in English.
fn word(id: &str) -> String {
    match id {
        "DRAFT" => "Drafts".to_owned(),
        _ if id.starts_with("CATEGORY_") => format!("Category {}", shown(id)),
        _ => shown(id),
    }
}

fn quoted(name: &str) -> String {
    // No label name has control characters; one would end the field.
    let name = name.replace(char::is_control, " ");
    if name.contains([',', '"']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name
    }
}

fn folded(labels: &[String], line_end: &str) -> String {
    let mut value = String::new();
    let mut length = "X-Gmail-Labels: ".len();
    for (place, label) in labels.iter().enumerate() {
        if place > 0 {
            value.push(',');
            length += 1;
            if length + label.len() > LINE {
                value.push_str(line_end);
                value.push(' ');
                length = 1;
            }
        }
        value.push_str(label);
        length += label.len();
    }
    value
}

/// Encoded words of at most 75 characters that split no character (RFC 2047, sections 2 and 5).
fn encoded(text: &str, line_end: &str) -> String {
    const BEGIN: &str = "=?UTF-8?Q?";
    const END: &str = "?=";
    let mut value = BEGIN.to_owned();
    let mut length = "X-Gmail-Labels: ".len() + BEGIN.len();
    for letter in text.chars() {
        let mut bytes = [0; 4];
        let code: String = match letter {
            ' ' => "_".to_owned(),
            letter if letter.is_ascii_alphanumeric() || ",/-.:".contains(letter) => letter.into(),
            letter => letter
                .encode_utf8(&mut bytes)
                .bytes()
                .map(|byte| format!("={byte:02X}"))
                .collect(),
        };
        if length + code.len() + END.len() > LINE {
            value.push_str(END);
            value.push_str(line_end);
            value.push(' ');
            value.push_str(BEGIN);
            length = 1 + BEGIN.len();
        }
        value.push_str(&code);
        length += code.len();
    }
    value + END
}

#[cfg(test)]
mod tests {
    use airbyte_agent_gmail::mail::Reading;

    use super::*;

    fn field(labels: &[(&str, &str)], raw: &[u8]) -> String {
        let ids: Vec<String> = labels.iter().map(|(id, _)| (*id).to_owned()).collect();
        let names: Vec<String> = labels.iter().map(|(_, name)| (*name).to_owned()).collect();
        let raw = with_field(raw, &ids, &names);
        for line in raw.split(|byte| *byte == b'\n') {
            assert!(line.len() <= LINE + 2, "{}", String::from_utf8_lossy(line));
        }
        let reading = Reading::from_raw(&raw);
        assert_eq!(reading.subject.as_deref(), Some("x"));
        reading.header("X-Gmail-Labels").unwrap().replace(", ", ",")
    }

    #[test]
    fn labels_are_written_as_takeout_does() {
        let raw = b"Subject: x\r\n\r\nText\r\n";
        let of = |labels: &[(&str, &str)]| field(labels, raw);
        assert_eq!(of(&[]), "Opened,Archived");
        assert_eq!(
            of(&[
                ("UNREAD", "UNREAD"),
                ("INBOX", "INBOX"),
                ("CATEGORY_UPDATES", "CATEGORY_UPDATES"),
                ("Label_1", "Projects,\"big\""),
            ]),
            "Unread,Inbox,Category Updates,\"Projects,\"\"big\"\"\""
        );
        let many: Vec<(&str, &str)> = (0..20).map(|_| ("Label_1", "Work/Invoices")).collect();
        assert_eq!(of(&many).matches("Work/Invoices").count(), 20);
        let name = "Rechnungen für Ä/".repeat(12);
        assert_eq!(
            of(&[("INBOX", "INBOX"), ("Label_2", &name)]),
            format!("Inbox,{name},Opened")
        );
    }
}
