//! Names for parts without one.

use super::{file_name::safe_file_name, head::first, part::Part};
use crate::mail::{compose::enclosure::file_extension, header::parse_text};

/// The name of a part about which nothing is known.
pub(crate) const NAMELESS: &str = "attachment";

/// The file name of a part, safe to write to a disk: the sender's, or a description of the part.
pub(crate) fn part_name(part: &Part) -> String {
    match (&part.file_name, part.mime_type.as_str()) {
        // These parts are named after a file that they don't contain: they are a Mac's metadata about it (RFC 1740), or
        // tell where to get it (RFC 2046, section 5.2.3).
        (Some(name), "application/applefile") => safe_file_name(&format!("{name}.applefile")),
        (Some(name), "message/external-body") => safe_file_name(&format!("{name}.txt")),
        (Some(name), _) => safe_file_name(name),
        (None, _) => safe_file_name(&describe(part)),
    }
}

fn describe(part: &Part) -> String {
    let mime_type = part.mime_type.as_str();
    if matches!(mime_type, "message/rfc822" | "message/global") {
        return message_name(part);
    }
    // Each line has a name and its types.
    let mut lines = include_str!("part_names.txt").lines();
    let known = lines.find_map(|line| {
        let (name, types) = line.split_once(' ')?;
        types
            .split(' ')
            .any(|known| known == mime_type)
            .then_some(name)
    });
    let kind = part
        .content_type
        .parameter("smime-type")
        .unwrap_or_default();
    let name = match known {
        Some("smime.p7m") if kind.eq_ignore_ascii_case("certs-only") => "smime.p7c",
        Some("smime.p7m") if kind.eq_ignore_ascii_case("compressed-data") => "smime.p7z",
        Some(name) => name,
        None if part.is_calendar() && mime_type == "text/x-vcalendar" => "invite.vcs",
        None if part.is_calendar() => "invite.ics",
        None => return by_type(mime_type),
    };
    name.to_owned()
}

/// A name such as `image.png`.
fn by_type(mime_type: &str) -> String {
    let (main, sub) = mime_type.split_once('/').unwrap_or((mime_type, ""));
    let Some(extension) = file_extension(mime_type) else {
        let name = match (main, sub.rsplit_once('+')) {
            ("text", _) => "text.txt",
            (_, Some((_, "xml"))) => "data.xml",
            (_, Some((_, "json"))) => "data.json",
            (_, Some((_, "zip"))) => "archive.zip",
            ("image" | "audio" | "video" | "font" | "message", _) => main,
            _ => NAMELESS,
        };
        return name.to_owned();
    };
    let stem = match (main, extension) {
        ("image" | "audio" | "video" | "text", _) => main,
        (_, "zip" | "gz" | "tar" | "7z" | "rar") => "archive",
        (_, "xml" | "json") => "data",
        (_, "xls" | "xlsx" | "ods") => "spreadsheet",
        (_, "ppt" | "pptx" | "odp") => "presentation",
        _ => "document",
    };
    format!("{stem}.{extension}")
}

/// A message is named after its subject.
fn message_name(part: &Part) -> String {
    let headers = part.enclosed_headers().unwrap_or_default();
    let subject = first(&headers, "Subject")
        .map(|value| parse_text(value).replace(['/', '\\'], "-"))
        .unwrap_or_default();
    // A subject of only dots or symbols doesn't make a name.
    if subject.chars().any(char::is_alphanumeric) {
        format!("{}.eml", subject.trim_end_matches(['.', ' ']))
    } else {
        "message.eml".to_owned()
    }
}
