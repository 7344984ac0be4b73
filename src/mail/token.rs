//! HTML to its tags and texts, in one pass and whatever the input.

use std::borrow::Cow;

use mail_parser::decoders::html::add_html_token;

/// A piece of HTML; comments and declarations are passed over.
pub(crate) enum Token<'a> {
    /// Text between tags, its character references not yet decoded.
    Text(&'a str),
    /// A start tag: its name in lower case, and its attributes as they stand.
    Start(String, Attributes<'a>),
    /// An end tag: its name in lower case.
    End(String),
}

/// The attributes of a start tag.
#[derive(Clone, Copy)]
pub(crate) struct Attributes<'a>(&'a str);

impl<'a> Attributes<'a> {
    /// The value of one attribute, decoded; empty for an attribute without a value.
    pub(crate) fn get(self, name: &str) -> Option<Cow<'a, str>> {
        self.iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| decode_references(value))
    }

    /// Names and values in their order, not decoded.
    pub(crate) fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            rest = rest.trim_start_matches(|character: char| {
                character.is_ascii_whitespace() || character == '/'
            });
            if rest.is_empty() {
                return None;
            }
            // An equals sign may be the first character of a name, but of no later one.
            let first = rest.chars().next().map_or(0, char::len_utf8);
            let name_end = rest
                .get(first..)?
                .find(|character: char| {
                    character.is_ascii_whitespace() || matches!(character, '=' | '/')
                })
                .map_or(rest.len(), |end| end + first);
            let (name, after) = rest.split_at_checked(name_end)?;
            let Some(value) = after.trim_start().strip_prefix('=') else {
                rest = after;
                return Some((name, ""));
            };
            let value = value.trim_start();
            let quote = value
                .chars()
                .next()
                .filter(|character| matches!(character, '"' | '\''));
            let (value, after) = match quote {
                Some(quote) => {
                    let content = value.get(1..)?;
                    content.split_once(quote).unwrap_or((content, ""))
                }
                None => {
                    let end = value
                        .find(|character: char| character.is_ascii_whitespace())
                        .unwrap_or(value.len());
                    value.split_at_checked(end)?
                }
            };
            rest = after;
            Some((name, value))
        })
    }
}

/// Reads HTML token by token.
pub(crate) struct Tokenizer<'a> {
    rest: &'a str,
    /// The element whose content is text up to its end tag, such as a style.
    raw_element: Option<String>,
    /// Set once a quote was never closed, so that the search for its end is not made again for each tag.
    ignores_quotes: bool,
}

impl<'a> Tokenizer<'a> {
    pub(crate) fn new(html: &'a str) -> Self {
        Self {
            rest: html,
            raw_element: None,
            ignores_quotes: false,
        }
    }

    fn advance(&mut self, length: usize) -> &'a str {
        let (head, tail) = self
            .rest
            .split_at_checked(length)
            .unwrap_or((self.rest, ""));
        self.rest = tail;
        head
    }

    /// The text of a raw element, up to its end tag or to the end.
    fn raw_text(&mut self, name: &str) -> &'a str {
        let bytes = self.rest.as_bytes();
        let mut start = 0;
        while let Some(found) = self.rest.get(start..).and_then(|tail| tail.find("</")) {
            let position = start + found;
            let candidate = bytes.get(position + 2..position + 2 + name.len());
            if candidate.is_some_and(|candidate| candidate.eq_ignore_ascii_case(name.as_bytes())) {
                return self.advance(position);
            }
            start = position + 2;
        }
        self.advance(self.rest.len())
    }

    /// Passes over what begins with `<!`, `<?`, or `</` without a name.
    fn skip_declaration(&mut self) {
        let end = match self.rest.strip_prefix("<!--") {
            // These two are whole comments, however little is in them.
            Some(comment) if comment.starts_with('>') => Some(5),
            Some(comment) if comment.starts_with("->") => Some(6),
            Some(comment) => comment.find("-->").map(|end| end + 7),
            None => self.rest.find('>').map(|end| end + 1),
        };
        self.advance(end.unwrap_or(self.rest.len()));
    }

    /// The length of the tag that begins here, up to and with its `>`.
    fn tag_length(&mut self) -> Option<usize> {
        if !self.ignores_quotes {
            let mut quote = None;
            let mut previous = b' ';
            for (position, byte) in self.rest.bytes().enumerate() {
                match (quote, byte) {
                    (Some(open), _) if open == byte => quote = None,
                    (Some(_), _) => {}
                    // A quote counts only where a value begins.
                    (None, b'"' | b'\'') if previous == b'=' => quote = Some(byte),
                    (None, b'>') => return Some(position + 1),
                    (None, _) => {}
                }
                if !byte.is_ascii_whitespace() {
                    previous = byte;
                }
            }
            self.ignores_quotes = true;
        }
        self.rest.find('>').map(|end| end + 1)
    }

    fn tag(&mut self) -> Option<Token<'a>> {
        let Some(length) = self.tag_length() else {
            // A tag that never ends is the rest of a message that was cut.
            self.advance(self.rest.len());
            return None;
        };
        let tag = self.advance(length);
        let content = tag.strip_prefix('<')?.strip_suffix('>')?;
        let (is_end, content) = match content.strip_prefix('/') {
            Some(content) => (true, content),
            None => (false, content),
        };
        let name_end = content
            .find(|character: char| character.is_ascii_whitespace() || character == '/')
            .unwrap_or(content.len());
        let (name, attributes) = content.split_at_checked(name_end)?;
        let name = name.to_ascii_lowercase();
        if is_end {
            return Some(Token::End(name));
        }
        if matches!(
            name.as_str(),
            "script" | "style" | "title" | "textarea" | "xmp" | "iframe" | "noframes"
        ) {
            self.raw_element = Some(name.clone());
        }
        Some(Token::Start(name, Attributes(attributes)))
    }
}

impl<'a> Iterator for Tokenizer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            if let Some(name) = self.raw_element.take() {
                let text = self.raw_text(&name);
                if !text.is_empty() {
                    return Some(Token::Text(text));
                }
            }
            if self.rest.is_empty() {
                return None;
            }
            if self.rest.starts_with('<') {
                match self.rest.as_bytes().get(1) {
                    Some(byte) if byte.is_ascii_alphabetic() => {}
                    Some(b'/')
                        if self
                            .rest
                            .as_bytes()
                            .get(2)
                            .is_some_and(u8::is_ascii_alphabetic) => {}
                    Some(b'!' | b'?' | b'/') => {
                        self.skip_declaration();
                        continue;
                    }
                    _ => return Some(Token::Text(self.advance(1))),
                }
                if let Some(token) = self.tag() {
                    return Some(token);
                }
                continue;
            }
            let length = self.rest.find('<').unwrap_or(self.rest.len());
            return Some(Token::Text(self.advance(length)));
        }
    }
}

/// Decodes character references such as `&eacute;` and `&#233;`.
pub(crate) fn decode_references(text: &str) -> Cow<'_, str> {
    /// The longest reference of HTML, with its ampersand and semicolon, is not longer than this.
    const MAXIMUM_LENGTH: usize = 34;

    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(position) = rest.find('&') {
        let (plain, reference) = rest.split_at_checked(position).unwrap_or((rest, ""));
        decoded.push_str(plain);
        let body = reference.get(1..).unwrap_or_default();
        let length = reference_length(body.as_bytes()).min(MAXIMUM_LENGTH);
        let name = body.get(..length).unwrap_or_default();
        let is_closed = body.as_bytes().get(length) == Some(&b';');
        // The semicolon is missing so often behind these that browsers, too, do without it.
        let is_common =
            matches!(name, "nbsp" | "amp" | "lt" | "gt" | "quot") || name.starts_with('#');
        if name.is_empty() || !(is_closed || is_common) {
            decoded.push('&');
            rest = body;
            continue;
        }
        decode_reference(name, &mut decoded);
        rest = body
            .get(length + usize::from(is_closed)..)
            .unwrap_or_default();
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

/// The length of the name, or of the number with what introduces it, behind an ampersand.
fn reference_length(bytes: &[u8]) -> usize {
    let run =
        |bytes: &[u8], is_of: fn(&u8) -> bool| bytes.iter().take_while(|byte| is_of(byte)).count();
    match bytes {
        // Text follows at once where the semicolon is missing, so that a number ends with its last digit.
        [b'#', b'x' | b'X', digits @ ..] => match run(digits, u8::is_ascii_hexdigit) {
            0 => 0,
            length => 2 + length,
        },
        [b'#', digits @ ..] => match run(digits, u8::is_ascii_digit) {
            0 => 0,
            length => 1 + length,
        },
        name => run(name, u8::is_ascii_alphanumeric),
    }
}

fn decode_reference(name: &str, decoded: &mut String) {
    // What Windows programs write as a number in the range of control characters is meant as Windows-1252.
    if let Some(code) = name.strip_prefix('#')
        && let Ok(code) = code.parse::<u8>()
        && (0x80..0xa0).contains(&code)
    {
        decoded.push_str(&encoding_rs::WINDOWS_1252.decode(&[code]).0);
        return;
    }
    let start = decoded.len();
    add_html_token(decoded, format!("&{name};").as_bytes(), false);
    if decoded
        .get(start..)
        .is_some_and(|added| added.contains('\0'))
    {
        decoded.truncate(start);
        decoded.push('\u{fffd}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(html: &str) -> Vec<String> {
        Tokenizer::new(html)
            .map(|token| match token {
                Token::Text(text) => text.to_owned(),
                Token::Start(name, _) => format!("<{name}>"),
                Token::End(name) => format!("</{name}>"),
            })
            .collect()
    }

    #[test]
    fn tags_texts_and_comments_are_told_apart() {
        assert_eq!(
            names("a<B c='>'>d</B>e<!-- <i> -->f"),
            ["a", "<b>", "d", "</b>", "e", "f"]
        );
        assert_eq!(names("a<!-->b<!--->c<!---->d"), ["a", "b", "c", "d"]);
        assert_eq!(names("1 < 2 &lt; 3"), ["1 ", "<", " 2 &lt; 3"]);
        assert_eq!(
            names("<style>a<b</style>c"),
            ["<style>", "a<b", "</style>", "c"]
        );
        assert_eq!(names("<!doctype html><p>x<?php ?></ >y"), ["<p>", "x", "y"]);
        assert_eq!(names("<a href=\"x>y</a>z"), ["<a>", "y", "</a>", "z"]);
        assert_eq!(names("x<b"), ["x"]);
    }

    #[test]
    fn attributes_are_found_in_any_form() {
        let mut tokens = Tokenizer::new("<a HREF = 'x&amp;y' b=1 hidden c=\"2\"/>");
        let Some(Token::Start(_, attributes)) = tokens.next() else {
            panic!("a start tag");
        };
        assert_eq!(attributes.get("href").as_deref(), Some("x&y"));
        assert_eq!(attributes.get("b").as_deref(), Some("1"));
        assert_eq!(attributes.get("hidden").as_deref(), Some(""));
        assert_eq!(attributes.get("c").as_deref(), Some("2"));
        assert_eq!(attributes.get("d"), None);
    }

    #[test]
    fn references_are_decoded() {
        let table = [
            ("&eacute;&#233;&#xe9;&hearts;", "ééé♥"),
            ("&amp;lt; &amp", "&lt; &"),
            ("a&b &unknown; &;", "a&b &unknown; &;"),
            ("&#150; &#0; &#99999999;", "– \u{fffd} \u{fffd}"),
            ("&copy=1", "&copy=1"),
            ("it&#39s &#xe9t &# &#x;", "it's ét &# &#x;"),
        ];
        for (text, decoded) in table {
            assert_eq!(decode_references(text), decoded, "{text}");
        }
    }
}
