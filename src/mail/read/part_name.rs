//! Names for parts without one.

use super::{file_name::safe_file_name, head::split_head, part::Part};
use crate::mail::{compose::enclosure::file_extension, header::parse_text};

/// The name of a part about which nothing is known.
pub(crate) const NAMELESS: &str = "attachment";

/// The file name of a part, safe to write to a disk: the sender's, or a description of the part.
pub(crate) fn part_name(part: &Part) -> String {
    match (&part.file_name, part.mime_type.as_str()) {
        // These parts have the name of a file that they aren't: a Mac's notes on it (RFC 1740), or the place to get it
        // from (RFC 2046, section 5.2.3).
        (Some(name), "application/applefile") => safe_file_name(&format!("{name}.applefile")),
        (Some(name), "message/external-body") => safe_file_name(&format!("{name}.txt")),
        (Some(name), _) => safe_file_name(name),
        (None, _) => safe_file_name(&describe(part)),
    }
}

fn describe(part: &Part) -> String {
    let name = match part.mime_type.as_str() {
        "message/rfc822" | "message/global" => return message_name(part),
        "text/rfc822-headers" | "message/global-headers" => "message-headers.txt",
        "message/delivery-status" | "message/global-delivery-status" => "delivery-status.txt",
        "message/disposition-notification" | "message/global-disposition-notification" => {
            "disposition-notification.txt"
        }
        "message/feedback-report" => "feedback-report.txt",
        "message/partial" => "partial-message.eml",
        "message/external-body" => "external-body.txt",
        "application/pgp-encrypted" => "pgp-encrypted.txt",
        "application/pgp-signature" => "signature.asc",
        "application/pgp-keys" => "public-key.asc",
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => "smime.p7s",
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => {
            match part.content_type.parameter("smime-type") {
                Some(kind) if kind.eq_ignore_ascii_case("certs-only") => "smime.p7c",
                Some(kind) if kind.eq_ignore_ascii_case("compressed-data") => "smime.p7z",
                _ => "smime.p7m",
            }
        }
        "application/pkcs10" => "request.p10",
        "application/pkcs8" => "private-key.p8",
        "application/pkcs12" | "application/x-pkcs12" => "certificate.p12",
        "application/pkix-cert" | "application/x-x509-ca-cert" | "application/x-x509-user-cert" => {
            "certificate.cer"
        }
        // RFC 8460 section 6.4.
        "application/tlsrpt+json" => "tls-report.json",
        "application/tlsrpt+gzip" => "tls-report.json.gz",
        "application/ms-tnef" | "application/vnd.ms-tnef" => "winmail.dat",
        "text/vcard" | "text/x-vcard" | "text/directory" => "contact.vcf",
        "text/plain" => "text.txt",
        "application/octet-stream" => NAMELESS,
        mime_type if part.is_calendar() => {
            if mime_type == "text/x-vcalendar" {
                "invite.vcs"
            } else {
                "invite.ics"
            }
        }
        mime_type => return by_type(mime_type),
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
    let headers = match (part.parts.first(), part.bytes()) {
        (Some(inner), _) => inner.headers.clone(),
        (None, Some(bytes)) => split_head(bytes).0,
        (None, None) => Vec::new(),
    };
    let subject = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("Subject"))
        .map(|(_, value)| parse_text(value).replace(['/', '\\'], "-"))
        .unwrap_or_default();
    // A subject of only dots or symbols doesn't make a name.
    if subject.chars().any(char::is_alphanumeric) {
        format!("{}.eml", subject.trim_end_matches(['.', ' ']))
    } else {
        "message.eml".to_owned()
    }
}
