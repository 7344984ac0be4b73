//! Wraps lines to a terminal's width, between words.

use unicode_width::UnicodeWidthChar;

use super::table;

/// The widest prefix to repeat on continuation lines.
const WIDEST_PREFIX: usize = 12;

/// Wraps text for the terminal on standard output, if any.
pub(crate) fn fitting(text: &str) -> String {
    wrapped(text, table::terminal_width())
}

/// Wraps text for the terminal on standard error, if any.
pub(super) fn fitting_beside(text: &str) -> String {
    wrapped(text, table::stderr_width())
}

/// Wraps every line wider than `limit` between words. Quote prefixes (`>`) and indentation are repeated. A word wider
/// than a line stays whole, so URLs remain clickable.
fn wrapped(text: &str, limit: usize) -> String {
    let lines = text.split('\n').map(|line| {
        if width(line) <= limit {
            return line.to_owned();
        }
        let (first, next) = prefixes(line);
        let words = line.get(first.len()..).unwrap_or_default();
        broken(words, limit, first, &next)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Wraps words, with a prefix for the first line and one for the others.
pub(crate) fn broken(words: &str, limit: usize, first: &str, next: &str) -> String {
    let mut lines = first.to_owned();
    let mut used = width(first);
    let mut is_begun = false;
    for word in words.split(' ') {
        let wide = width(word);
        if wide > limit.saturating_sub(width(next)) && word.chars().any(is_wide) {
            // Scripts without spaces can be broken anywhere.
            let mut space = if is_begun { " " } else { "" };
            for letter in word.chars() {
                let wide = letter.width().unwrap_or(0);
                if used + space.len() + wide > limit && is_begun {
                    lines.push('\n');
                    lines.push_str(next);
                    used = width(next);
                    space = "";
                }
                lines.push_str(space);
                lines.push(letter);
                used += space.len() + wide;
                space = "";
                is_begun = true;
            }
            continue;
        }
        if is_begun && used + 1 + wide > limit {
            lines.truncate(lines.trim_end_matches(' ').len());
            lines.push('\n');
            lines.push_str(next);
            used = width(next);
        } else if is_begun {
            lines.push(' ');
            used += 1;
        }
        lines.push_str(word);
        used += wide;
        is_begun = true;
    }
    lines
}

fn is_wide(letter: char) -> bool {
    letter.width() == Some(2)
}

/// A line's prefix, and the prefix for its continuation lines.
fn prefixes(line: &str) -> (&str, String) {
    let words = line.trim_start_matches(['>', ' ']);
    let first = line.get(..line.len() - words.len()).unwrap_or_default();
    // Text after a check mark or cross continues aligned with itself.
    let marked = ["✓ ", "✗ "]
        .iter()
        .any(|mark| plain(words).starts_with(mark));
    let next = match (width(first) <= WIDEST_PREFIX, marked) {
        (true, true) => format!("{first}  "),
        (true, false) => first.to_owned(),
        (false, _) => String::new(),
    };
    (first, next)
}

/// How many cells a text takes in a terminal. Colour codes take none.
fn width(text: &str) -> usize {
    table::width(&plain(text))
}

/// The text without colour codes.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut parts = text.split("\x1b[");
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        plain.push_str(part.split_once('m').map_or(part, |(_, rest)| rest));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn lines_are_broken_between_words() {
        for (text, shown) in [
            ("short\n\nlines", "short\n\nlines"),
            ("one two three four five", "one two three\nfour five"),
            ("> > one two three four", "> > one two\n> > three\n> > four"),
            ("    one two three", "    one two\n    three"),
            // A word wider than a line stays whole.
            (
                "see https://example.com/a/long/path now",
                "see\nhttps://example.com/a/long/path\nnow",
            ),
            // Two cells each, and a combining mark that takes none.
            ("価格 価格 価格 価格", "価格 価格\n価格 価格"),
            ("> 価格価格価格価格", "> 価格価格価\n> 格価格"),
            ("x 価格価格価格価格", "x 価格価格価\n格価格"),
            (
                "e\u{301}e\u{301} e\u{301}e\u{301} e\u{301}e\u{301} e\u{301}e\u{301} xx",
                "e\u{301}e\u{301} e\u{301}e\u{301} e\u{301}e\u{301} e\u{301}e\u{301}\nxx",
            ),
            (
                "\x1b[32m✓\x1b[0m one two three four",
                "\x1b[32m✓\x1b[0m one two\n  three four",
            ),
        ] {
            assert_eq!(wrapped(text, 13), shown);
        }
    }
}
