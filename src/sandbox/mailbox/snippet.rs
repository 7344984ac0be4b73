//! Snippets of messages, and plain text from HTML.

use std::borrow::Cow;

use mail_parser::decoders::html::add_html_token;

use super::part::Part;
use crate::sandbox::page::escape;

/// About the first two hundred characters of a message's text.
pub(super) fn snippet(message: &Part) -> String {
    let text = match body(message) {
        Some(part) if part.media_type == "text/html" => {
            html_to_text(prefix(&part.text(), 100_000)).into_owned()
        }
        Some(part) => part.text(),
        None => String::new(),
    };
    escape(&shorten(prefix(&text, 4000)))
}

/// The readable text of HTML: without tags, styles and scripts.
pub(super) fn html_to_text(html: &str) -> Cow<'_, str> {
    if !html.contains(['<', '&']) {
        return Cow::Borrowed(html);
    }
    let mut output = String::with_capacity(html.len() / 2);
    let mut rest = html;
    while let Some(start) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(start);
        output.push_str(before);
        rest = if from.starts_with('&') {
            push_entity(&mut output, from)
        } else {
            skip_tag(&mut output, from)
        };
    }
    output.push_str(rest);
    Cow::Owned(output)
}

fn body(message: &Part) -> Option<&Part> {
    message
        .find(&|part| part.is_body_text() && part.media_type == "text/plain")
        .or_else(|| message.find(&|part| part.is_body_text() && part.media_type == "text/html"))
        .or_else(|| message.find(&|part| part.is_body_text()))
}

fn shorten(text: &str) -> String {
    const LENGTH: usize = 200;
    let mut short = String::with_capacity(LENGTH * 2);
    let mut length = 0;
    for word in text.split(is_blank).filter(|word| !word.is_empty()) {
        let count = word.chars().count();
        if length > 0 && length + 1 + count > LENGTH {
            return short;
        }
        if length > 0 {
            short.push(' ');
            length += 1;
        }
        short.extend(word.chars().take(LENGTH - length));
        length += count;
        if length >= LENGTH {
            return short;
        }
    }
    short
}

fn is_blank(char: char) -> bool {
    char.is_whitespace() || char.is_control()
}

fn prefix(text: &str, length: usize) -> &str {
    let mut end = text.len().min(length);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

fn push_entity<'a>(output: &mut String, from: &'a str) -> &'a str {
    const LONGEST: usize = 32;
    let length = from
        .bytes()
        .skip(1)
        .take(LONGEST)
        .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'#')
        .count();
    let end = 1 + length;
    if length > 0 && from.as_bytes().get(end) == Some(&b';') {
        let entity = from.get(..=end).unwrap_or_default();
        add_html_token(output, entity.as_bytes(), false);
        from.get(end + 1..).unwrap_or_default()
    } else {
        output.push('&');
        from.get(1..).unwrap_or_default()
    }
}

fn skip_tag<'a>(output: &mut String, from: &'a str) -> &'a str {
    if let Some(comment) = from.strip_prefix("<!--") {
        return comment.split_once("-->").map_or("", |(_, after)| after);
    }
    let inner = from.get(1..).unwrap_or_default();
    if !inner
        .starts_with(|char: char| char.is_ascii_alphabetic() || matches!(char, '/' | '!' | '?'))
    {
        output.push('<');
        return inner;
    }
    let name = inner
        .split(|char: char| !char.is_ascii_alphanumeric() && char != '/')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let after = inner.split_once('>').map_or("", |(_, after)| after);
    match name.as_str() {
        "script" | "style" | "title" => skip_element(after, &name),
        // Inline tags such as <b> do not separate words.
        "b" | "/b" | "i" | "/i" | "em" | "/em" | "strong" | "/strong" | "span" | "/span" | "a"
        | "/a" | "font" | "/font" | "u" | "/u" => after,
        _ => {
            output.push(' ');
            after
        }
    }
}

fn skip_element<'a>(after: &'a str, name: &str) -> &'a str {
    let mut rest = after;
    while let Some((_, tail)) = rest.split_once("</") {
        if tail
            .get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name))
        {
            return tail.split_once('>').map_or("", |(_, after)| after);
        }
        rest = tail;
    }
    // Browsers hide everything after an unclosed element of this kind.
    ""
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn of(text: &str) -> String {
        snippet(&Part::read(&Bytes::copy_from_slice(text.as_bytes())))
    }

    #[test]
    fn blanks_fold_and_characters_are_escaped() {
        assert_eq!(
            of("Subject: x\n\nTom & \"Jerry\"\n\n\t<b>'s</b>  end\n"),
            "Tom &amp; &quot;Jerry&quot; &lt;b&gt;&#39;s&lt;/b&gt; end"
        );
        assert_eq!(of("Subject: x\n\n"), "");
    }

    #[test]
    fn long_text_ends_at_a_word() {
        let text = of(&format!("\n{}", "word ".repeat(100)));
        assert_eq!(text.len(), 199);
        assert!(text.ends_with("word"));
        assert_eq!(of(&format!("\n{}", "x".repeat(1000))).len(), 200);
    }

    #[test]
    fn html_gives_its_words_alone() {
        assert_eq!(
            html_to_text(
                "<head><title>t</title></head><style>p {}</STYLE ><p>a<b>b</b> &amp; c&nbsp;&#233; <!-- no --><br>1 < 2 & 3 &bogus"
            )
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
            "ab & c é 1 < 2 & 3 &bogus"
        );
        assert_eq!(html_to_text("shown<style>never ends").trim(), "shown");
        assert_eq!(html_to_text("<p"), " ");
    }

    #[test]
    fn plain_text_wins_over_html() {
        let mail = "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>html</p>\n--b\nContent-Type: text/plain\n\nplain\n--b--\n";
        assert_eq!(of(mail), "plain");
        let only = "Content-Type: text/html\n\n<p>html</p>";
        assert_eq!(of(only), "html");
    }
}
