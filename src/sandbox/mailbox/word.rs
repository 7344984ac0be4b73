//! Encoded words (RFC 2047), and parameters of structured fields (RFC 2045, RFC 2231).

use std::borrow::Cow;

use super::encoding::{decode_charset, decode_mime_base64, decode_quoted_printable, digit};

/// A structured field such as `Content-Type`: a value with parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Structured {
    /// The value before the first semicolon, in lower case.
    pub(super) value: String,
    parameters: Vec<(String, String)>,
}

impl Structured {
    /// Parses a field. A syntax error affects only the parameter it is in.
    pub(super) fn parse(text: &str) -> Self {
        let mut pieces = split_parameters(text).into_iter();
        let value = pieces.next().unwrap_or_default();
        let value = value
            .split_once('(')
            .map_or(value.as_str(), |(before, _)| before)
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let mut sections: Vec<Section> =
            pieces.filter_map(|piece| Section::parse(&piece)).collect();
        sections.sort_by_key(|section| section.index);
        let mut parameters: Vec<(String, String)> = Vec::new();
        while let Some(name) = sections.first().map(|section| section.name.clone()) {
            let (mine, others): (Vec<_>, Vec<_>) = sections
                .into_iter()
                .partition(|section| section.name == name);
            sections = others;
            parameters.push((name, join(mine)));
        }
        Self { value, parameters }
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Decodes the encoded words of a field's text.
///
/// `quote` is for address fields: without quotes, a decoded name with a comma would read as two addresses.
pub(super) fn decode_words(text: &str, quote: bool) -> Cow<'_, str> {
    if !text.contains("=?") {
        return Cow::Borrowed(text);
    }
    let mut output = String::with_capacity(text.len());
    let mut run: Vec<Word> = Vec::new();
    let mut rest = text;
    let mut inside_quotes = false;
    while let Some(start) = rest.find("=?") {
        let (before, from) = rest.split_at(start);
        match Word::parse(from) {
            Some((word, length)) => {
                // Blanks between two encoded words only keep lines short.
                if run.is_empty() || !before.trim().is_empty() {
                    flush(&mut output, &mut run, quote && !inside_quotes);
                    output.push_str(before);
                    inside_quotes ^= before.matches('"').count() % 2 == 1;
                }
                run.push(word);
                rest = from.get(length..).unwrap_or_default();
            }
            None => {
                flush(&mut output, &mut run, quote && !inside_quotes);
                output.push_str(before);
                inside_quotes ^= before.matches('"').count() % 2 == 1;
                output.push_str("=?");
                rest = from.get(2..).unwrap_or_default();
            }
        }
    }
    flush(&mut output, &mut run, quote && !inside_quotes);
    output.push_str(rest);
    Cow::Owned(output)
}

struct Word {
    charset: String,
    bytes: Vec<u8>,
}

impl Word {
    fn parse(text: &str) -> Option<(Self, usize)> {
        let inner = text.strip_prefix("=?")?;
        let (charset, after) = inner.split_once('?')?;
        let (encoding, after) = after.split_once('?')?;
        let (content, after) = after.split_once('?')?;
        let after = after.strip_prefix('=')?;
        if charset.is_empty() || charset.contains(|char: char| char.is_whitespace() || char == '=')
        {
            return None;
        }
        let bytes = match encoding {
            "B" | "b" => decode_mime_base64(content.as_bytes()),
            "Q" | "q" => decode_quoted_printable(content.as_bytes(), true),
            _ => return None,
        };
        let charset = charset
            .split_once('*')
            .map_or(charset, |(name, _language)| name);
        decode_charset(charset, b"")?;
        let length = text.len() - after.len();
        Some((
            Self {
                charset: charset.to_ascii_lowercase(),
                bytes,
            },
            length,
        ))
    }
}

fn flush(output: &mut String, run: &mut Vec<Word>, quote: bool) {
    let mut text = String::new();
    let mut words = run.drain(..).peekable();
    while let Some(mut word) = words.next() {
        // Some mailers split a character across two words of one charset.
        while let Some(next) = words.next_if(|next| next.charset == word.charset) {
            word.bytes.extend(next.bytes);
        }
        text.push_str(&decode_charset(&word.charset, &word.bytes).unwrap_or_default());
    }
    let text = text.replace(['\r', '\n', '\0'], " ");
    if quote && text.contains([',', ';', ':', '<', '>', '@', '"', '(', ')']) {
        output.push('"');
        output.push_str(&text.replace('\\', "\\\\").replace('"', "\\\""));
        output.push('"');
    } else {
        output.push_str(&text);
    }
}

struct Section {
    name: String,
    index: u32,
    extended: bool,
    value: String,
}

impl Section {
    fn parse(piece: &str) -> Option<Self> {
        let (name, value) = piece.split_once('=')?;
        let name = name.trim().to_ascii_lowercase();
        let (name, extended) = match name.strip_suffix('*') {
            Some(name) => (name.to_owned(), true),
            None => (name, false),
        };
        let (name, index) = match name.split_once('*') {
            Some((name, index)) => (name.to_owned(), index.parse().ok()?),
            None => (name, 0),
        };
        if name.is_empty() {
            return None;
        }
        Some(Self {
            name,
            index,
            extended,
            value: unquote(value.trim()),
        })
    }
}

fn join(sections: Vec<Section>) -> String {
    let mut charset = None;
    let mut bytes = Vec::new();
    let mut plain = true;
    // `filename` next to `filename*` is a fallback for old mail programs.
    let prefer_extended = sections
        .iter()
        .any(|section| section.extended && section.index == 0);
    let mut wanted = 0;
    for section in sections {
        if section.index == 0 && prefer_extended && !section.extended {
            continue;
        }
        if section.index != wanted {
            continue;
        }
        wanted += 1;
        if !section.extended {
            bytes.extend(section.value.as_bytes());
            continue;
        }
        plain = false;
        let mut value = section.value.as_str();
        if section.index == 0 {
            let mut parts = value.splitn(3, '\'');
            if let (Some(name), Some(_language), Some(text)) =
                (parts.next(), parts.next(), parts.next())
            {
                charset = Some(name.to_owned());
                value = text;
            }
        }
        decode_percent(value.as_bytes(), &mut bytes);
    }
    let text = charset
        .and_then(|charset| decode_charset(&charset, &bytes))
        .unwrap_or_else(|| String::from_utf8_lossy(&bytes).into_owned());
    if plain {
        // Many mailers put encoded words here, though no standard allows it.
        decode_words(&text, false).into_owned()
    } else {
        text
    }
}

fn decode_percent(text: &[u8], bytes: &mut Vec<u8>) {
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if let (b'%', [high, low, after @ ..]) = (byte, tail)
            && let (Some(high), Some(low)) = (digit(*high), digit(*low))
        {
            bytes.push(high << 4 | low);
            rest = after;
        } else {
            bytes.push(byte);
        }
    }
}

fn split_parameters(text: &str) -> Vec<String> {
    const MOST: usize = 100;
    let mut pieces = vec![String::new()];
    let mut quoted = false;
    let mut escaped = false;
    for char in text.chars() {
        let starts_next = char == ';' && !quoted;
        match char {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        if starts_next {
            if pieces.len() == MOST {
                break;
            }
            pieces.push(String::new());
        } else if let Some(piece) = pieces.last_mut() {
            piece.push(char);
        }
    }
    pieces
}

fn unquote(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"') else {
        return value
            .split_once(" (")
            .map_or(value, |(before, _)| before)
            .to_owned();
    };
    let mut output = String::new();
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        match char {
            '"' => break,
            '\\' => output.extend(chars.next()),
            _ => output.push(char),
        }
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_words_are_decoded() {
        for (text, expected) in [
            ("plain", "plain"),
            ("=?utf-8?q?caf=C3=A9?= au lait", "café au lait"),
            ("=?UTF-8?B?5L2g?= =?UTF-8?B?5aW9?=", "你好"),
            ("=?utf-8?q?=E4=BD?=\t=?utf-8?q?=A0?=", "你"),
            ("=?koi8-r?B?8NLJ18XU?=", "Привет"),
            ("=?iso-8859-1*en?q?a=E9?=", "aé"),
            ("=?utf-8?q?a_b?= =?iso-8859-1?q?=E9?= c", "a bé c"),
            ("=?x-unknown?q?abc?=", "=?x-unknown?q?abc?="),
            ("=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
            ("broken =?utf-8?q?abc", "broken =?utf-8?q?abc"),
            ("=?utf-8?q?spaces in it?=", "spaces in it"),
        ] {
            assert_eq!(decode_words(text, false), expected, "{text}");
        }
    }

    #[test]
    fn names_with_commas_are_quoted_among_addresses() {
        assert_eq!(
            decode_words("=?utf-8?q?Doe=2C_Jo?= <jo@example.com>", true),
            "\"Doe, Jo\" <jo@example.com>"
        );
        assert_eq!(
            decode_words("=?utf-8?q?J=C3=BCrgen?= <j@example.com>", true),
            "Jürgen <j@example.com>"
        );
    }

    #[test]
    fn parameters_in_every_form() {
        let parse = |text: &str, name: &str| {
            Structured::parse(text)
                .parameter(name)
                .map(ToOwned::to_owned)
        };
        for (text, expected) in [
            ("a/b; name=plain.txt", "plain.txt"),
            ("a/b; NAME=\"q; \\\"x\\\".txt\"", "q; \"x\".txt"),
            ("a/b; name*=utf-8'en'caf%C3%A9.txt", "café.txt"),
            (
                "a/b; name=x; name*0*=utf-8''%E4%BD; name*1*=%A0; name*2=.txt",
                "你.txt",
            ),
            ("a/b; name*1=two; name*0=one", "onetwo"),
            ("a/b; name=\"=?utf-8?q?=C3=A9.txt?=\"", "é.txt"),
            ("a/b; name=\"unfinished", "unfinished"),
            ("a/b; ; broken; name=x", "x"),
        ] {
            assert_eq!(parse(text, "name").as_deref(), Some(expected), "{text}");
        }
        assert_eq!(Structured::parse("Text/HTML ; x=y").value, "text/html");
        assert_eq!(Structured::parse("").value, "");
    }
}
