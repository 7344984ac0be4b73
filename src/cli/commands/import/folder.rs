//! The labels that the folders of a Maildir stand for.

use std::path::{Component, Path};

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// The label of a folder, by its path from the Maildir: a folder in it, or a name that begins with a dot, where dots part
/// levels (Maildir++). The Maildir itself stands for none.
pub(super) fn label_of_folder(path: &Path) -> Option<String> {
    let mut levels = Vec::new();
    for component in path.components() {
        let Component::Normal(name) = component else {
            continue;
        };
        let name = name.to_string_lossy();
        match name.strip_prefix('.') {
            Some(nested) => levels.extend(nested.split('.').map(decoded)),
            None => levels.push(decoded(&name)),
        }
    }
    levels.retain(|level| !level.trim().is_empty());
    let name = levels.join("/");
    let name = name.strip_prefix("INBOX/").unwrap_or(&name).to_owned();
    // The names that servers and programs give to folders of their own.
    let system = match name.to_lowercase().as_str() {
        "" => return None,
        "inbox" => "INBOX",
        "sent" | "sent items" | "sent messages" | "[gmail]/sent mail" => "SENT",
        "drafts" | "[gmail]/drafts" => "DRAFT",
        "trash" | "deleted items" | "deleted messages" | "[gmail]/trash" => "TRASH",
        "junk" | "junk e-mail" | "spam" | "[gmail]/spam" => "SPAM",
        "archive" | "archives" | "[gmail]/all mail" => return None,
        _ => return Some(name),
    };
    Some(system.to_owned())
}

/// The modified UTF-7 of IMAP's names, which Maildir++ has too (RFC 3501 5.1.3); other text is kept.
fn decoded(name: &str) -> String {
    let mut text = String::new();
    let mut rest = name;
    while let Some((before, code)) = rest.split_once('&') {
        text.push_str(before);
        let Some((code, after)) = code.split_once('-') else {
            return name.to_owned();
        };
        match (code, letters(code)) {
            ("", _) => text.push('&'),
            (_, Some(letters)) => text.push_str(&letters),
            (_, None) => return name.to_owned(),
        }
        rest = after;
    }
    text + rest
}

fn letters(code: &str) -> Option<String> {
    let alphabet = base64::alphabet::Alphabet::new(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,",
    )
    .ok()?;
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::RequireNone);
    let bytes = GeneralPurpose::new(&alphabet, config).decode(code).ok()?;
    let units: Vec<u16> = bytes
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u16::from_be_bytes([*high, *low]),
            _ => 0xFFFF,
        })
        .collect();
    String::from_utf16(&units).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_give_labels() {
        for (path, label) in [
            ("", None),
            (".Work", Some("Work")),
            (".Work.Invoices 2026", Some("Work/Invoices 2026")),
            (".INBOX.Work", Some("Work")),
            ("Work/Invoices", Some("Work/Invoices")),
            (".Sent", Some("SENT")),
            (".Junk", Some("SPAM")),
            (".Archive", None),
            (".Entw&APw-rfe", Some("Entwürfe")),
            (".Q&A", Some("Q&A")),
            (".Q&-A", Some("Q&A")),
            (".&U,BTFw-", Some("台北")),
        ] {
            assert_eq!(label_of_folder(Path::new(path)).as_deref(), label, "{path}");
        }
    }
}
