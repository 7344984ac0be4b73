//! Message ids (RFC 5322 section 3.6.4).

use super::{MAXIMUM_VALUE_LENGTH, comment_length};
use crate::mail::compose::ComposeError;
use crate::random;

/// Creates a unique id.
pub(crate) fn random_message_id(domain: Option<&str>) -> Result<String, ComposeError> {
    let bytes = random::bytes().map_err(|_| ComposeError::NoRandomness)?;
    let number = u128::from_ne_bytes(bytes);
    // Without the author's domain, use one that can't exist, since the machine's own name is private.
    let domain = domain.filter(|domain| !domain.starts_with('['));
    Ok(format!(
        "{number:032x}@{}",
        domain.unwrap_or("message-id.invalid")
    ))
}

/// The longest id: with the name of its header it fits into a line (RFC 5322 section 2.1.1).
const MAXIMUM_LENGTH: usize = 900;

/// The ids in a received header, without angle brackets.
///
/// An id in brackets is kept as is, whatever it looks like: ids only have to match as text. Comments and phrases beside
/// them aren't ids (RFC 5322 section 4.5.4). Without brackets, each word with an `@` is an id, and so is a single word
/// without one.
pub(crate) fn parse_message_ids(value: &[u8]) -> Vec<String> {
    let value = String::from_utf8_lossy(value.get(..MAXIMUM_VALUE_LENGTH).unwrap_or(value));
    let mut ids = Vec::new();
    let mut bare = String::new();
    let mut rest: &str = &value;
    let mut has_comments = true;
    while let Some(character) = rest.chars().next() {
        match character {
            '<' => {
                let content = rest.trim_start_matches('<');
                let (id, after) = bracketed(content);
                ids.push(unfolded(id));
                rest = after.trim_start_matches('>');
            }
            '(' if has_comments => match comment_length(rest) {
                Some(length) => rest = rest.get(length..).unwrap_or_default(),
                None => has_comments = false,
            },
            _ => {
                bare.push(character);
                rest = rest.get(character.len_utf8()..).unwrap_or_default();
            }
        }
    }
    ids.retain(|id| !id.is_empty());
    if ids.is_empty() {
        let words: Vec<&str> = bare
            .split(|character: char| character.is_whitespace() || character == ',')
            .map(|word| word.trim_end_matches('>'))
            .filter(|word| !word.is_empty())
            .collect();
        let is_alone = words.len() == 1;
        let is_id = |word: &&&str| is_alone || word.contains('@');
        ids.extend(words.iter().filter(is_id).map(|word| (*word).to_owned()));
    }
    ids
}

/// Splits text at its closing bracket; an unclosed id ends with its word.
fn bracketed(text: &str) -> (&str, &str) {
    // A quoted local part may contain a bracket (RFC 5322 section 4.5.4).
    let quoted = text.strip_prefix('"').and_then(|content| {
        let end = content.find(['"', '<'])? + 2;
        text.get(..end)?.ends_with('"').then_some(())?;
        text.get(end..)?.starts_with('@').then_some(end)
    });
    let start = quoted.unwrap_or(0);
    let tail = text.get(start..).unwrap_or_default();
    match tail.find(['<', '>']) {
        Some(end) if tail.get(end..).is_some_and(|tail| tail.starts_with('>')) => {
            text.split_at_checked(start + end).unwrap_or((text, ""))
        }
        _ => {
            let end = tail.find(|character: char| character.is_whitespace() || character == '<');
            text.split_at_checked(start + end.unwrap_or(tail.len()))
                .unwrap_or((text, ""))
        }
    }
}

fn unfolded(id: &str) -> String {
    id.trim()
        .replace("\r\n", "")
        .replace(['\r', '\n', '\t'], " ")
}

/// Checks a message id, with or without angle brackets.
pub(crate) fn check_message_id(id: &str, header: &'static str) -> Result<String, ComposeError> {
    let id = id.trim();
    let bracketed = id.strip_prefix('<').and_then(|id| id.strip_suffix('>'));
    let bare = bracketed.unwrap_or(id);
    // Gmail's own id of a message, easily given by mistake, is a hexadecimal number. A text with blanks may be several
    // ids.
    let is_doubtful = bracketed.is_none()
        && (id.contains(' ') || id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if is_message_id(bare) && !is_doubtful {
        Ok(bare.to_owned())
    } else {
        Err(ComposeError::MessageId { header })
    }
}

/// Whether a text can be a message id in angle brackets. Ids of other programs are copied as they are (RFC 5322 section
/// 3.6.4), but must not end the header or need servers that support non-ASCII characters (RFC 6532).
pub(crate) fn is_message_id(id: &str) -> bool {
    !id.trim().is_empty()
        && id.len() <= MAXIMUM_LENGTH
        && id
            .bytes()
            .all(|byte| byte.is_ascii_graphic() || byte == b' ')
        && !id.contains('<')
        && (!id.contains('>') || bracketed(&format!("{id}>")).0 == id)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_are_taken_as_they_are() {
        let table: [(&str, &[&str]); 23] = [
            (
                "<a@example.com>\r\n <b@example.com>",
                &["a@example.com", "b@example.com"],
            ),
            (
                "<a@example.com>,<b@example.com>",
                &["a@example.com", "b@example.com"],
            ),
            (
                "<a@example.com><b@example.com>",
                &["a@example.com", "b@example.com"],
            ),
            ("<20260105.4711>", &["20260105.4711"]),
            ("20260105.4711", &["20260105.4711"]),
            ("bare@example.com", &["bare@example.com"]),
            ("bare@example.com>", &["bare@example.com"]),
            ("<open@example.com", &["open@example.com"]),
            (
                "<open@example.com <b@example.com>",
                &["open@example.com", "b@example.com"],
            ),
            (
                "a@example.com b@example.com",
                &["a@example.com", "b@example.com"],
            ),
            ("<<a@example.com>>", &["a@example.com"]),
            ("<a b@example.com>", &["a b@example.com"]),
            ("< a@example.com >", &["a@example.com"]),
            ("<\"a>b\"@example.com>", &["\"a>b\"@example.com"]),
            (
                "<a\"b@example.com> <c\"d@example.com>",
                &["a\"b@example.com", "c\"d@example.com"],
            ),
            ("<a@[192.0.2.1]> <a@@b>", &["a@[192.0.2.1]", "a@@b"]),
            ("<a%b$c(d)@example.com>", &["a%b$c(d)@example.com"]),
            (
                "<a@example.com> (from <c@example.com> (or not)) <b@example.com>",
                &["a@example.com", "b@example.com"],
            ),
            ("(comment@example.com) <a@example.com>", &["a@example.com"]),
            ("(comment@example.com) a@example.com", &["a@example.com"]),
            (
                "Your message of \"Tue, 24 Nov 2026\" <a@example.com>",
                &["a@example.com"],
            ),
            ("Your message of Tuesday", &[]),
            (" <> ", &[]),
        ];
        for (value, expected) in table {
            assert_eq!(parse_message_ids(value.as_bytes()), expected, "{value}");
        }
    }

    #[test]
    fn ids_that_are_given_are_checked() {
        for (id, taken) in [
            ("<20260105.4711>", Some("20260105.4711")),
            ("20260105.4711", Some("20260105.4711")),
            ("a b@example.com", None),
            ("<a b@example.com>", Some("a b@example.com")),
            ("18c2a5f0b1d2e3f4", None),
            ("<18c2a5f0b1d2e3f4>", Some("18c2a5f0b1d2e3f4")),
            ("<\"a>b\"@example.com>", Some("\"a>b\"@example.com")),
            ("a>\r\nBcc: b", None),
            ("a> <b", None),
            ("ü@example.com", None),
            ("", None),
            ("< >", None),
        ] {
            assert_eq!(
                check_message_id(id, "References").ok().as_deref(),
                taken,
                "{id}"
            );
        }
    }

    #[test]
    fn no_value_takes_longer_than_its_length() {
        for piece in ["<", "(", "<\"", "<a", "((\\"] {
            let value = piece.repeat(MAXIMUM_VALUE_LENGTH / piece.len());
            let started = std::time::Instant::now();
            parse_message_ids(value.as_bytes());
            assert!(started.elapsed().as_secs() < 20, "{piece}");
        }
    }

    proptest! {
        #[test]
        fn an_id_that_can_be_written_is_read_again(ids in proptest::collection::vec("[a-z0-9@.\"(),;: -]{1,12}", 1..4)) {
            let ids: Vec<String> = ids
                .into_iter()
                .map(|id| id.trim().to_owned())
                .filter(|id| is_message_id(id))
                .collect();
            let written: Vec<String> = ids.iter().map(|id| format!("<{id}>")).collect();
            prop_assert_eq!(parse_message_ids(written.join(" ").as_bytes()), ids);
        }
    }
}
