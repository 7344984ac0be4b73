//! Parameters of a header that are split into sections (RFC 2231 section 3).

use super::charset::{TextOrigin, decode_text};

/// More sections than this have no file name in them.
const MAXIMUM_SECTIONS: usize = 200;

/// Puts the sections of a parameter together; `None` where it has none.
///
/// The MIME library decodes each section by itself, and some programs split a name in the middle of a character.
pub(crate) fn join_sections(value: &[u8], name: &str) -> Option<String> {
    let mut sections: Vec<Section> = split_parameters(value)
        .filter_map(|parameter| Section::parse(parameter, name))
        .take(MAXIMUM_SECTIONS)
        .collect();
    sections.sort_by_key(|section| section.number);
    let first = sections.first().filter(|section| section.number == 0)?;
    let charset = first.charset.clone();
    let mut bytes = Vec::new();
    for (expected, section) in sections.iter().enumerate() {
        if section.number == expected {
            bytes.extend_from_slice(&section.bytes);
        }
    }
    Some(decode_text(&bytes, charset.as_deref(), TextOrigin::Raw))
}

struct Section {
    number: usize,
    charset: Option<String>,
    bytes: Vec<u8>,
}

impl Section {
    /// Takes `name*0*=charset'language'text`, `name*1*=text` or `name*1="text"`.
    fn parse(parameter: &[u8], wanted: &str) -> Option<Self> {
        let equals = parameter.iter().position(|byte| *byte == b'=')?;
        let (name, content) = parameter.split_at_checked(equals)?;
        let name = std::str::from_utf8(name).ok()?.trim().to_ascii_lowercase();
        let number = name.strip_prefix(wanted)?.strip_prefix('*')?;
        let (number, is_encoded) = match number.strip_suffix('*') {
            Some(number) => (number, true),
            None => (number, false),
        };
        let number: usize = number.parse().ok()?;
        let content = unquote(content.get(1..)?.trim_ascii());
        if !is_encoded {
            return Some(Self {
                number,
                charset: None,
                bytes: content,
            });
        }
        let mut pieces = content.splitn(3, |byte| *byte == b'\'');
        let (charset, text) = match (number, pieces.next(), pieces.next(), pieces.next()) {
            (0, Some(charset), Some(_), Some(text)) => {
                (Some(String::from_utf8_lossy(charset).into_owned()), text)
            }
            _ => (None, content.as_slice()),
        };
        Some(Self {
            number,
            charset,
            bytes: decode_percent(text),
        })
    }
}

/// The pieces between the semicolons that are not within quotes.
fn split_parameters(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    value.split(move |byte| {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            _ => {}
        }
        *byte == b';' && !is_quoted
    })
}

fn unquote(content: &[u8]) -> Vec<u8> {
    let Some(inner) = content
        .strip_prefix(b"\"")
        .map(|inner| inner.strip_suffix(b"\"").unwrap_or(inner))
    else {
        return content.to_vec();
    };
    let mut is_escaped = false;
    inner
        .iter()
        .copied()
        .filter(|byte| {
            is_escaped = *byte == b'\\' && !is_escaped;
            !is_escaped && !matches!(byte, b'\r' | b'\n')
        })
        .collect()
}

fn decode_percent(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        if let (b'%', [high, low, after @ ..]) = (first, tail)
            && let (Some(high), Some(low)) = (
                char::from(*high).to_digit(16),
                char::from(*low).to_digit(16),
            )
            && let Ok(byte) = u8::try_from(high * 16 + low)
        {
            decoded.push(byte);
            rest = after;
        } else {
            decoded.push(*first);
            rest = tail;
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sections_are_put_together() {
        let table = [
            (
                "attachment; filename*0*=UTF-8''%e2%82; filename*1*=%ac.txt",
                Some("€.txt"),
            ),
            (
                "attachment; FileName*1=\"b;\\\"c\"; filename*0=a",
                Some("ab;\"c"),
            ),
            (
                "attachment;\r\n filename*0*=iso-8859-1'en'caf%E9;\r\n filename*1=\" 50%20.txt\"",
                Some("café 50%20.txt"),
            ),
            ("attachment; filename*0=a; filename*2=c", Some("a")),
            ("attachment; filename*1=a", None),
            ("attachment; filename=a", None),
            ("attachment; filename*=UTF-8''a", None),
        ];
        for (value, name) in table {
            assert_eq!(
                join_sections(value.as_bytes(), "filename").as_deref(),
                name,
                "{value}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_sections_are_put_together(value in "(filename\\*|[0-2]|\\*|=|;|\"|\\\\|%|[a-f'é ]){0,40}") {
            let joined = join_sections(value.as_bytes(), "filename").unwrap_or_default();
            prop_assert!(joined.len() <= 3 * value.len());
        }
    }
}
