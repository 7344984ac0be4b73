//! Labels from the folders of a Maildir.

use std::path::{Component, Path};

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::word::of_any_language;

/// The label for a folder, given its path below the Maildir: a plain subfolder, or a name that starts with a dot and
/// separates levels by dots (Maildir++). The Maildir itself has no label.
pub(super) fn label_of_folder(path: &Path) -> Option<String> {
    let mut levels = Vec::new();
    for component in path.components() {
        let Component::Normal(name) = component else {
            continue;
        };
        let name = name.to_string_lossy();
        match name.strip_prefix('.') {
            Some(nested) => levels.extend(nested.split('.').map(decoded)),
            // The form of offlineimap: `[Gmail].Sent Mail`.
            None => match name.split_once('.') {
                Some((root, nested)) if is_gmail(&root.to_lowercase()) => {
                    levels.extend([root.to_owned(), decoded(nested)]);
                }
                _ => levels.push(decoded(&name)),
            },
        }
    }
    levels.retain(|level| !level.trim().is_empty());
    let name = levels.join("/");
    let name = name.strip_prefix("INBOX/").unwrap_or(&name).to_owned();
    let lower = name.to_lowercase();
    let (root, folder) = lower.split_once('/').unwrap_or((&lower, ""));
    let system = if is_gmail(root) {
        of_gmail(folder)
    } else {
        of_server(&lower)
    };
    match system {
        Some("") => None,
        Some(label) => Some(label.to_owned()),
        None => Some(name),
    }
}

/// The usual names of servers' and programs' own folders; an empty string for those that are not a label.
fn of_server(name: &str) -> Option<&'static str> {
    Some(match name {
        "inbox" => "INBOX",
        "sent" | "sent items" | "sent messages" | "sent mail" => "SENT",
        "drafts" => "DRAFT",
        "trash" | "deleted items" | "deleted messages" => "TRASH",
        "junk" | "junk e-mail" | "junk email" | "bulk mail" | "spam" => "SPAM",
        "" | "archive" | "archives" => "",
        _ => return None,
    })
}

/// Whether this is the root of Gmail's own folders over IMAP.
fn is_gmail(name: &str) -> bool {
    matches!(name, "[gmail]" | "[google mail]")
}

/// The names of Gmail's own folders over IMAP, in the account's language.
fn of_gmail(name: &str) -> Option<&'static str> {
    match name {
        "" => Some(""),
        _ if ALL_MAIL.contains(&name) => Some(""),
        _ => of_any_language(name),
    }
}

/// Gmail's names for All Mail, in lower case. Unlike its other folders, it is not a label.
const ALL_MAIL: [&str; 32] = [
    "all mail",
    "alle nachrichten",
    "tous les messages",
    "todos",
    "tutti i messaggi",
    "alle berichten",
    "todos os e-mails",
    "todo o correio",
    "wszystkie",
    "všechny zprávy",
    "všetky správy",
    "вся почта",
    "уся пошта",
    "цялата поща",
    "alla mail",
    "alle mails",
    "alle e-mails",
    "all e-post",
    "kaikki viestit",
    "tüm postalar",
    "összes levél",
    "すべてのメール",
    "전체보관함",
    "所有邮件",
    "所有郵件",
    "כל הדואר",
    "كل البريد",
    "όλα τα μηνύματα",
    "toate mesajele",
    "tất cả thư",
    "semua email",
    "tots els correus",
];

/// Decodes the modified UTF-7 of IMAP's names (RFC 3501, 5.1.3), which Maildir++ uses too. Other text is kept.
pub(super) fn decoded(name: &str) -> String {
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
            (".[Gmail].All Mail", None),
            (".[Gmail].Starred", Some("STARRED")),
            ("[Google Mail]/Bin", Some("TRASH")),
            ("[Gmail]/Important", Some("IMPORTANT")),
            (".[Gmail].Other", Some("[Gmail]/Other")),
            ("[Gmail].All Mail", None),
            ("[Gmail].Sent Mail", Some("SENT")),
            ("[Google Mail].Entw&APw-rfe", Some("DRAFT")),
            ("[Gmail]/Gesendet", Some("SENT")),
            ("[Gmail]/Alle Nachrichten", None),
            (".[Gmail].Corbeille", Some("TRASH")),
            ("[Gmail]/&BBoEPgRABDcEOAQ9BDA-", Some("TRASH")),
            ("[Gmail]/&XfJT0ZCuTvY-", Some("SENT")),
            ("[Gmail]", None),
            ("Gesendet", Some("Gesendet")),
            ("Work.Invoices", Some("Work.Invoices")),
            (".Entw&APw-rfe", Some("Entwürfe")),
            (".Q&A", Some("Q&A")),
            (".Q&-A", Some("Q&A")),
            (".&U,BTFw-", Some("台北")),
        ] {
            assert_eq!(label_of_folder(Path::new(path)).as_deref(), label, "{path}");
        }
    }
}
