//! Splits HTML into tags and texts, by the WHATWG's rules.

use html5gum::{
    Emitter, ForwardingEmitter, Span, State, StringReader,
    emitters::callback::{Callback, CallbackEmitter, CallbackEvent},
};

/// A token; comments and declarations are skipped.
pub(crate) enum Token {
    /// Text between tags, with character references decoded.
    Text(String),
    /// A start tag, with its name in lower case.
    Start(String, Attributes),
    /// An end tag, with its name in lower case.
    End(String),
}

/// The attributes of a start tag: names in lower case, values decoded.
#[derive(Default)]
pub(crate) struct Attributes(Vec<(String, String)>);

impl Attributes {
    /// The value of an attribute; empty for an attribute without a value.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// Names and values, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Reads HTML token by token.
pub(crate) struct Tokenizer<'a>(html5gum::Tokenizer<StringReader<'a>, Lenient>);

impl<'a> Tokenizer<'a> {
    pub(crate) fn new(html: &'a str) -> Self {
        let emitter = CallbackEmitter::new(Builder::default());
        Self(html5gum::Tokenizer::new_with_emitter(
            html,
            Lenient(emitter),
        ))
    }
}

impl Iterator for Tokenizer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let Ok(token) = self.0.next()?;
        if let Token::Start(name, _) = &token
            && let Some(state) = content_state(name)
        {
            self.0.set_state(state);
        }
        Some(token)
    }
}

/// How to tokenize an element's content, if it isn't HTML. Mail runs no scripts, so `noscript` is shown.
fn content_state(name: &str) -> Option<State> {
    match name {
        "title" | "textarea" => Some(State::RcData),
        "style" | "xmp" | "iframe" | "noembed" | "noframes" => Some(State::RawText),
        "script" => Some(State::ScriptData),
        "plaintext" => Some(State::PlainText),
        _ => None,
    }
}

/// Skips the check for syntax errors, which takes a sixth of the time and which nobody uses.
struct Lenient(CallbackEmitter<Builder, Token>);

impl ForwardingEmitter for Lenient {
    type Token = Token;

    fn inner(&mut self) -> &mut impl Emitter<Token = Token> {
        &mut self.0
    }

    fn should_emit_errors(&mut self) -> bool {
        false
    }
}

/// Assembles a start tag from its events.
#[derive(Default)]
struct Builder {
    open: Option<(String, Attributes)>,
}

impl Callback<Token, ()> for Builder {
    fn handle_event(&mut self, event: CallbackEvent<'_>, _: Span<()>) -> Option<Token> {
        match event {
            CallbackEvent::String { value } => return Some(Token::Text(text(value))),
            CallbackEvent::OpenStartTag { name } => {
                self.open = Some((text(name), Attributes::default()));
            }
            CallbackEvent::AttributeName { name } => {
                if let Some((_, attributes)) = &mut self.open {
                    attributes.0.push((text(name), String::new()));
                }
            }
            CallbackEvent::AttributeValue { value } => {
                if let Some((_, attributes)) = &mut self.open
                    && let Some((_, known)) = attributes.0.last_mut()
                {
                    *known = text(value);
                }
            }
            CallbackEvent::CloseStartTag { .. } => {
                let (name, attributes) = self.open.take()?;
                return Some(Token::Start(name, attributes));
            }
            CallbackEvent::EndTag { name } => {
                // A tag that never ended was cut off.
                self.open = None;
                return Some(Token::End(text(name)));
            }
            CallbackEvent::Comment { .. }
            | CallbackEvent::Doctype { .. }
            | CallbackEvent::Error(_) => {}
        }
        None
    }
}

fn text(bytes: &[u8]) -> String {
    // Much faster for short names than `from_utf8_lossy` alone.
    std::str::from_utf8(bytes).map_or_else(
        |_| String::from_utf8_lossy(bytes).into_owned(),
        str::to_owned,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(html: &str) -> Vec<String> {
        Tokenizer::new(html)
            .map(|token| match token {
                Token::Text(text) => text,
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
        assert_eq!(names("1 < 2 &lt; 3"), ["1 < 2 < 3"]);
        assert_eq!(
            names("<style>a<b</style>c<title>&amp;<i></title>"),
            [
                "<style>", "a<b", "</style>", "c", "<title>", "&<i>", "</title>"
            ]
        );
        assert_eq!(
            names("<noscript><p>x</noscript>"),
            ["<noscript>", "<p>", "x", "</noscript>"]
        );
        assert_eq!(names("<!doctype html><p>x<?php ?></ >y"), ["<p>", "x", "y"]);
        assert_eq!(names("x<b"), ["x"]);
        assert_eq!(names("x<b c='d"), ["x"]);
    }

    #[test]
    fn attributes_are_found_in_any_form() {
        let mut tokens =
            Tokenizer::new("<a HREF = 'x&amp;y&copy=1' b=1 hidden c=\"2\" b=3/></a d=4>");
        let Some(Token::Start(_, attributes)) = tokens.next() else {
            panic!("a start tag");
        };
        assert_eq!(attributes.get("href"), Some("x&y&copy=1"));
        assert_eq!(attributes.get("b"), Some("1"));
        assert_eq!(attributes.get("hidden"), Some(""));
        assert_eq!(attributes.get("c"), Some("2"));
        assert_eq!(attributes.get("d"), None);
        assert!(matches!(tokens.next(), Some(Token::End(name)) if name == "a"));
    }

    #[test]
    fn references_are_decoded_with_and_without_their_semicolon() {
        let table = [
            ("&eacute;&#233;&#xe9;&hearts;", "ééé♥"),
            (
                "&copy 2026 &reg caf&eacute, &amp;lt; &amp",
                "© 2026 ® café, &lt; &",
            ),
            ("a&b &unknown; &;", "a&b &unknown; &;"),
            ("&#150; &#0; &#99999999;", "– \u{fffd} \u{fffd}"),
            ("it&#39s &#xe9t &# &#x;", "it's ét &# &#x;"),
            ("&notit; &NotEqualTilde;", "¬it; ≂̸"),
        ];
        for (html, text) in table {
            assert_eq!(names(html).concat(), text, "{html}");
        }
    }
}
