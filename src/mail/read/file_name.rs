//! File names that are safe to write to a disk.

/// The longest name, in bytes: file systems allow 255, and the program that saves it may add a number.
const MAXIMUM_LENGTH: usize = 240;

/// A longer ending is not a file extension, and may be cut off.
const MAXIMUM_EXTENSION_LENGTH: usize = 16;

/// Names that Windows reserves for devices, with any extension.
const RESERVED: [&str; 7] = ["con", "prn", "aux", "nul", "clock$", "conin$", "conout$"];

/// Makes an attachment's name safe as a file name.
///
/// ```
/// use airbyte_agent_gmail::mail::safe_file_name;
///
/// assert_eq!(safe_file_name("../../etc/passwd"), "passwd");
/// assert_eq!(safe_file_name("Angebot Größe.pdf"), "Angebot Größe.pdf");
/// assert_eq!(safe_file_name(""), "attachment");
/// ```
///
/// The result has no folder, no control characters, no characters that change the text direction (which could hide an
/// extension) or that Windows rejects, no leading dot, and no trailing dot or space. It is not a device name, and at
/// most 240 bytes long, with its extension kept. An empty name becomes `attachment`. Two attachments may still have the
/// same name: if you write several files, keep them apart.
#[must_use]
pub fn safe_file_name(name: &str) -> String {
    let base = name
        .rsplit(['/', '\\'])
        .find(|segment| !is_blank(segment))
        .unwrap_or_default();
    let cleaned: String = base
        .chars()
        .filter(|character| *character == '\t' || !is_invisible(*character))
        .map(|character| match character {
            '<' | '>' | ':' | '"' | '|' | '?' | '*' => '_',
            character if character.is_whitespace() => ' ',
            character => character,
        })
        .collect();
    let trimmed = cleaned
        .trim_matches(|character| character == '.' || character == ' ')
        .to_owned();
    let shortened = truncate(&trimmed);
    let name = shortened.trim_end_matches(['.', ' ']);
    if name.is_empty() {
        "attachment".to_owned()
    } else if is_reserved(name) {
        truncate(&format!("_{name}"))
    } else {
        name.to_owned()
    }
}

fn is_blank(segment: &str) -> bool {
    segment
        .chars()
        .all(|character| character == '.' || character.is_whitespace() || is_invisible(character))
}

fn truncate(name: &str) -> String {
    if name.len() <= MAXIMUM_LENGTH {
        return name.to_owned();
    }
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if extension.len() <= MAXIMUM_EXTENSION_LENGTH => {
            (stem, format!(".{extension}"))
        }
        _ => (name, String::new()),
    };
    let room = MAXIMUM_LENGTH - extension.len();
    let end = (0..=room.min(stem.len()))
        .rev()
        .find(|end| stem.is_char_boundary(*end));
    let stem = stem.get(..end.unwrap_or_default()).unwrap_or(stem);
    format!("{}{extension}", stem.trim_end_matches(['.', ' ']))
}

fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    let stem = stem.to_ascii_lowercase();
    if RESERVED.contains(&stem.as_str()) {
        return true;
    }
    ["com", "lpt"].iter().any(|port| {
        stem.strip_prefix(port).is_some_and(|number| {
            matches!(number, "¹" | "²" | "³")
                || matches!(number.as_bytes(), [digit] if digit.is_ascii_digit())
        })
    })
}

/// Invisible characters, and those that change the text direction.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_made_safe() {
        let table = [
            ("report.pdf", "report.pdf"),
            ("..\\..\\boot.ini", "boot.ini"),
            ("C:\\fakepath\\photo.jpg", "photo.jpg"),
            ("/", "attachment"),
            ("...", "attachment"),
            ("folder/..", "folder"),
            ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
            ("a\r\nb\0c.txt", "abc.txt"),
            ("a\tb.txt", "a b.txt"),
            ("what? <now>.txt", "what_ _now_.txt"),
            (".htaccess", "htaccess"),
            ("name. . ", "name"),
            ("CON", "_CON"),
            ("nul.txt", "_nul.txt"),
            ("LPT1.log", "_LPT1.log"),
            ("com10", "com10"),
            ("console.log", "console.log"),
            ("日本語.txt", "日本語.txt"),
            ("\u{200b}", "attachment"),
        ];
        for (name, safe) in table {
            assert_eq!(safe_file_name(name), safe, "{name:?}");
        }
    }

    #[test]
    fn long_names_keep_their_extension() {
        let safe = safe_file_name(&format!("{}.tar.gz", "é".repeat(200)));
        assert!(
            safe.len() <= MAXIMUM_LENGTH && safe.ends_with("é.gz"),
            "{safe}"
        );
        assert_eq!(safe_file_name(&"x".repeat(400)).len(), MAXIMUM_LENGTH);
        let reserved = safe_file_name(&format!("con.{}", "x".repeat(400)));
        assert_eq!(reserved.len(), MAXIMUM_LENGTH);
        assert_eq!(safe_file_name(&reserved), reserved);
        assert_eq!(
            safe_file_name(&format!("a.{}", "x".repeat(400))).len(),
            MAXIMUM_LENGTH
        );
    }

    proptest! {
        #[test]
        fn every_name_is_safe_and_stays_as_it_is(name in any::<String>()) {
            let safe = safe_file_name(&name);
            prop_assert!(!safe.is_empty() && safe.len() <= MAXIMUM_LENGTH);
            let is_refused = |character: char| character.is_control() || "/\\:*?\"<>|\u{202e}".contains(character);
            prop_assert!(!safe.contains(is_refused));
            prop_assert!(!safe.starts_with('.') && !safe.ends_with(['.', ' ']));
            prop_assert_eq!(safe_file_name(&safe), safe);
        }
    }
}
