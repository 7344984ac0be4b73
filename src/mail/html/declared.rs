//! The charset that an HTML document declares.

use super::token::{Token, Tokenizer};

/// How far into a document to look for the charset. Browsers look at 1,024 bytes, but mail has styles before it.
const LENGTH: usize = 16 * 1024;

/// The charset in `<meta charset>`, in `<meta http-equiv="Content-Type">`, or in the XML declaration.
///
/// A byte order mark takes precedence over them, and is handled where the bytes are decoded.
pub(crate) fn declared_charset(html: &[u8]) -> Option<String> {
    let start = html.get(..LENGTH).unwrap_or(html);
    let start = String::from_utf8_lossy(start);
    if let Some(declaration) = start.trim_start().strip_prefix("<?xml") {
        let declaration = declaration.split("?>").next().unwrap_or_default();
        if let Some(label) = value_of(declaration, "encoding") {
            return Some(label);
        }
    }
    for token in Tokenizer::new(&start) {
        let Token::Start(name, attributes) = token else {
            continue;
        };
        if name != "meta" {
            continue;
        }
        let is_type = attributes
            .get("http-equiv")
            .is_some_and(|name| name.trim().eq_ignore_ascii_case("content-type"));
        let content = attributes.get("content").filter(|_| is_type);
        let label = attributes
            .get("charset")
            .map(|label| label.trim().to_owned())
            .filter(|label| !label.is_empty())
            .or_else(|| value_of(content?, "charset"));
        // A document readable as ASCII this far can't be UTF-16 or UTF-32.
        if let Some(label) = label {
            let label = label.to_ascii_lowercase();
            let is_wide = label.starts_with("utf-16") || label.starts_with("utf-32");
            return Some(if is_wide { "utf-8".to_owned() } else { label });
        }
    }
    None
}

/// The value after `name=`, with or without quotes.
fn value_of(text: &str, name: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let after = lower.get(lower.find(name)? + name.len()..)?;
    let value = after.trim_start().strip_prefix('=')?.trim_start();
    let value = value.trim_start_matches(['"', '\'']);
    let end = value
        .find(|character: char| character.is_whitespace() || "\"';,".contains(character))
        .unwrap_or(value.len());
    value
        .get(..end)
        .filter(|value| !value.is_empty())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_tells_its_charset() {
        let table = [
            ("<meta charset=\"iso-8859-2\"><p>", Some("iso-8859-2")),
            ("<META CHARSET=GBK>", Some("gbk")),
            (
                "<html><head><meta http-equiv='Content-Type' content='text/html; charset=koi8-r'>",
                Some("koi8-r"),
            ),
            (
                "<meta content='text/html;charset = \"big5\"' http-equiv=content-type>",
                Some("big5"),
            ),
            (
                "<?xml version='1.0' encoding='windows-1250'?><html>",
                Some("windows-1250"),
            ),
            (
                "<!-- <meta charset=x> --><meta charset=utf-16le>",
                Some("utf-8"),
            ),
            ("<meta name=description content='charset=x'>", None),
            ("<body><meta charset=x>", Some("x")),
            ("<p>text", None),
            ("", None),
        ];
        for (html, label) in table {
            assert_eq!(
                declared_charset(html.as_bytes()).as_deref(),
                label,
                "{html}"
            );
        }
    }
}
