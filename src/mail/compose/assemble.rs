//! Writes a message's bytes with the MIME library.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use mail_builder::{
    MessageBuilder,
    headers::{
        HeaderType, address::Address as BuilderAddress, content_type::ContentType,
        message_id::MessageId, text::Text,
    },
    mime::MimePart,
};

use super::{Compose, Quotation, enclosure::Enclosure};
use crate::mail::{
    address::{Address, mailbox::MailboxList},
    html::html_to_text,
    reply::quotation::text_to_html,
};

/// The longest line that mail servers pass on (RFC 5322 section 2.1.1).
const MAXIMUM_LINE_LENGTH: usize = 998;

/// Writes a message from parts that have been checked.
pub(crate) fn assemble(message: Compose, message_id: &str) -> Vec<u8> {
    let mut builder = MessageBuilder::new();
    if let Some(author) = &message.from {
        builder = builder.header("From", mailbox(author));
    }
    let lists = [
        ("To", &message.to),
        ("Cc", &message.cc),
        ("Bcc", &message.bcc),
        ("Reply-To", &message.reply_to),
    ];
    for (name, list) in lists {
        if !list.is_empty() {
            builder = builder.header(name, mailboxes(list));
        }
    }
    if let Some(subject) = &message.subject {
        builder = builder.header("Subject", text(subject));
    }
    if let Some(date) = message.date {
        builder = builder.date(date);
    }
    builder = builder.message_id(message_id);
    for (name, ids) in [
        ("In-Reply-To", &message.in_reply_to),
        ("References", &message.references),
    ] {
        if !ids.is_empty() {
            let ids = MessageId::new_list(ids.iter().map(String::as_str));
            builder = builder.header(name, HeaderType::from(ids));
        }
    }
    for (name, value) in &message.headers {
        builder = builder.header(name.as_str(), text(value));
    }
    let body = body(
        message.text,
        message.html,
        message.quotation,
        message.enclosures,
        message.calendar,
    );
    let mut raw = Vec::new();
    builder.body(body).serialize(&mut raw);
    raw
}

fn body<'a>(
    text: Option<String>,
    html: Option<String>,
    quotation: Option<Quotation>,
    enclosures: Vec<Enclosure>,
    calendar: Option<(&'static str, String)>,
) -> MimePart<'a> {
    let (text, html) = with_quotation(text, html, quotation);
    let (inline, attached): (Vec<Enclosure>, Vec<Enclosure>) = enclosures
        .into_iter()
        .partition(|enclosure| enclosure.content_id.is_some());
    let mut related: Vec<MimePart<'a>> = inline.into_iter().map(enclosed).collect();
    let mut attached: Vec<MimePart<'a>> = attached.into_iter().map(enclosed).collect();
    let main = match html {
        Some(html) => {
            let text = text.unwrap_or_else(|| html_to_text(&html));
            let mut html = MimePart::new("text/html", with_line_ends(html));
            if !related.is_empty() {
                related.insert(0, html);
                let kind = ContentType::new("multipart/related").attribute("type", "text/html");
                html = MimePart::new(kind, related);
            }
            let text = MimePart::new("text/plain", with_line_ends(text));
            MimePart::new("multipart/alternative", vec![text, html])
        }
        None => {
            // Without HTML, nothing can show them by their ids.
            related.append(&mut attached);
            attached = related;
            MimePart::new("text/plain", with_line_ends(text.unwrap_or_default()))
        }
    };
    let main = match calendar {
        Some((method, calendar)) => {
            let kind = ContentType::new("text/calendar")
                .attribute("charset", "utf-8")
                .attribute("method", method);
            MimePart::new(
                "multipart/alternative",
                vec![main, MimePart::new(kind, calendar)],
            )
        }
        None => main,
    };
    if attached.is_empty() {
        main
    } else {
        attached.insert(0, main);
        MimePart::new("multipart/mixed", attached)
    }
}

/// Puts the quoted original below the new text.
fn with_quotation(
    text: Option<String>,
    html: Option<String>,
    quotation: Option<Quotation>,
) -> (Option<String>, Option<String>) {
    let Some(quotation) = quotation else {
        return (text, html);
    };
    let written_html = html.or_else(|| {
        let text = text.as_deref().unwrap_or_default();
        quotation.is_html.then(|| text_to_html(text))
    });
    let written_text = match (text, &written_html) {
        (Some(text), _) => text,
        (None, Some(html)) => html_to_text(html),
        (None, None) => String::new(),
    };
    let html = written_html.map(|html| {
        let end = html
            .to_ascii_lowercase()
            .rfind("</body")
            .unwrap_or(html.len());
        let (head, tail) = html.split_at_checked(end).unwrap_or((&html, ""));
        format!("{head}<br>{}{tail}", quotation.html)
    });
    let written_text = written_text.trim_end();
    let separator = if written_text.is_empty() { "" } else { "\n\n" };
    (
        Some(format!("{written_text}{separator}{}", quotation.text)),
        html,
    )
}

fn enclosed<'a>(enclosure: Enclosure) -> MimePart<'a> {
    let is_message = enclosure.mime_type == "message/rfc822";
    let is_whole = is_message && is_line_safe(&enclosure.bytes);
    // An enclosed message must not be encoded (RFC 2046 section 5.2.1); if it needs encoding, it is sent as a file.
    let mime_type = if is_message && !is_whole {
        "application/octet-stream".to_owned()
    } else {
        enclosure.mime_type
    };
    let mut kind = ContentType::new(mime_type);
    for (name, content) in enclosure.parameters {
        kind = kind.attribute(name, content);
    }
    let kind = kind.attribute("name", enclosure.name.clone());
    let disposition = if enclosure.content_id.is_some() {
        "inline"
    } else {
        "attachment"
    };
    let disposition = ContentType::new(disposition).attribute("filename", enclosure.name);
    let encoding = match (is_whole, enclosure.bytes.is_ascii()) {
        (true, true) => "7bit",
        (true, false) => "8bit",
        (false, _) => "base64",
    };
    let bytes = if is_whole {
        enclosure.bytes
    } else {
        base64_lines(&enclosure.bytes)
    };
    let mut part = MimePart::new(kind, bytes)
        .header("Content-Disposition", disposition)
        .transfer_encoding(encoding);
    if let Some(content_id) = enclosure.content_id {
        part = part.cid(content_id);
    }
    part
}

/// Base64 in lines. The library would encode text files as text, and change their line ends.
fn base64_lines(bytes: &[u8]) -> Vec<u8> {
    const BYTES_IN_A_LINE: usize = 57;

    let mut lines = String::with_capacity(bytes.len().div_ceil(BYTES_IN_A_LINE) * 78);
    for chunk in bytes.chunks(BYTES_IN_A_LINE) {
        STANDARD.encode_string(chunk, &mut lines);
        lines.push_str("\r\n");
    }
    lines.into_bytes()
}

/// Whether bytes pass mail servers unchanged without an encoding.
fn is_line_safe(bytes: &[u8]) -> bool {
    let mut length = 0;
    let mut previous = 0;
    for byte in bytes {
        match (previous, byte) {
            (_, 0) => return false,
            (b'\r', b'\n') => length = 0,
            (b'\r', _) | (_, b'\n') => return false,
            _ => length += 1,
        }
        if length > MAXIMUM_LINE_LENGTH {
            return false;
        }
        previous = *byte;
    }
    previous != b'\r'
}

/// Converts text to CRLF line ends, including the last line.
fn with_line_ends(text: String) -> String {
    let mut lines = text.replace("\r\n", "\n").replace('\r', "\n");
    if !lines.ends_with('\n') {
        lines.push('\n');
    }
    lines.replace('\n', "\r\n")
}

fn text(value: &str) -> HeaderType<'_> {
    HeaderType::from(Text::new(value))
}

fn mailbox(address: &Address) -> HeaderType<'_> {
    HeaderType::from(builder_address(address))
}

fn mailboxes(list: &MailboxList) -> HeaderType<'_> {
    HeaderType::from(BuilderAddress::new_list(
        list.iter().map(builder_address).collect(),
    ))
}

fn builder_address(address: &Address) -> BuilderAddress<'_> {
    BuilderAddress::new_address(address.name().map(Cow::Borrowed), address.address())
}
