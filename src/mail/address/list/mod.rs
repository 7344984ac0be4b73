//! Parses the address lists of received headers, which often break the standard.

mod unquoted_name;

use self::unquoted_name::{has_name, is_capital_word, join_name};
use super::{Address, mailbox::MailboxList};
use crate::mail::{
    encoding::{
        charset::{TextOrigin, decode_text, iso2022},
        word::word_length,
    },
    header::{MAXIMUM_VALUE_LENGTH, comment_length, enclosed_length, parse_text},
};

/// How often the search for the end of a quote, comment or bracket may fail. After that the rest is taken as is, which
/// keeps the time linear in the length of the value.
const MAXIMUM_FAILURES: usize = 50;

/// Parses mailboxes, including those in groups; entries without an address and a name are left out.
///
/// Besides RFC 5322 with its obsolete forms (routes, blanks and comments around `@` and `.`), it accepts what programs
/// write: semicolons between addresses, doubled or missing angle brackets, addresses without a comma between them.
pub(crate) fn parse_mailboxes(value: &[u8]) -> MailboxList {
    let value = value.get(..MAXIMUM_VALUE_LENGTH).unwrap_or(value);
    // Between escape sequences, bytes that look like delimiters are halves of letters.
    if value.is_ascii() && iso2022::is_escaped(value) {
        return parse(&decode_text(value, None, TextOrigin::Raw)).0;
    }
    parse(&String::from_utf8_lossy(value)).0
}

/// Like [`parse_mailboxes`]; `None` if anything had to be guessed.
pub(crate) fn parse_exact_mailboxes(value: &str) -> Option<MailboxList> {
    let (mailboxes, is_exact) = parse(value);
    is_exact.then_some(mailboxes)
}

fn parse(value: &str) -> (MailboxList, bool) {
    let mut scanner = Scanner::new(value);
    let mut mailboxes: Vec<Address> = Vec::new();
    let mut entry = Vec::new();
    let mut is_exact = true;
    // The start of words that may begin a name.
    let mut words = None;
    loop {
        match scanner.next() {
            None | Some(Lexeme::Separator) => {
                let place = mailboxes.len();
                is_exact &= read_entry(&entry, &mut mailboxes);
                let added = mailboxes.get(place..).unwrap_or_default();
                match added {
                    [] => {}
                    [word] if is_capital_word(word, &entry) => words = words.or(Some(place)),
                    [named, ..] if has_name(named, &entry) => {
                        if let Some(start) = words.take() {
                            join_name(&mut mailboxes, start, place);
                            is_exact = false;
                        }
                    }
                    _ => words = None,
                }
                entry.clear();
                if scanner.rest.is_empty() {
                    let is_exact = is_exact && scanner.is_exact;
                    return (mailboxes.into_iter().collect(), is_exact);
                }
            }
            // The text before a colon is the name of a group.
            Some(Lexeme::Colon) => {
                entry.clear();
                words = None;
            }
            Some(lexeme) => entry.push(lexeme),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lexeme<'a> {
    Blank,
    Comment(&'a str),
    /// A quoted string, with its quotes.
    Quoted(&'a str),
    /// A domain literal, with its brackets.
    Literal(&'a str),
    Word(&'a str),
    Dot,
    At,
    /// The text between angle brackets.
    Angle(&'a str),
    Separator,
    Colon,
}

struct Scanner<'a> {
    rest: &'a str,
    failures: usize,
    /// Whether every delimiter so far was valid.
    is_exact: bool,
}

impl<'a> Scanner<'a> {
    fn new(rest: &'a str) -> Self {
        Self {
            rest,
            failures: 0,
            is_exact: true,
        }
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (head, tail) = self
            .rest
            .split_at_checked(length)
            .unwrap_or((self.rest, ""));
        self.rest = tail;
        head
    }

    /// Measures the start of the rest, unless too many searches have failed.
    fn measure(&mut self, length: impl Fn(&str) -> Option<usize>) -> Option<usize> {
        let is_tried = self.failures < MAXIMUM_FAILURES;
        let found = is_tried.then(|| length(self.rest)).flatten();
        self.failures += usize::from(found.is_none());
        found
    }

    /// Takes the text that `length` finds, or one character if it finds none.
    fn delimited(&mut self, length: impl Fn(&str) -> Option<usize>) -> Option<&'a str> {
        let found = self.measure(length);
        if found.is_none() {
            self.is_exact = false;
            self.take(1);
        }
        found.map(|length| self.take(length))
    }

    fn next(&mut self) -> Option<Lexeme<'a>> {
        loop {
            let lexeme = match self.rest.bytes().next()? {
                byte if is_blank(byte) => {
                    let length = self.rest.bytes().take_while(|byte| is_blank(*byte)).count();
                    self.take(length);
                    Some(Lexeme::Blank)
                }
                // An encoded word may contain delimiters of addresses.
                b'=' if self.rest.starts_with("=?") => Some(self.encoded_word()),
                b'"' => self.delimited(quoted_length).map(Lexeme::Quoted),
                b'(' => self.delimited(comment_length).map(Lexeme::Comment),
                b'[' => Some(self.bracket()),
                b'<' => self.angle(),
                b',' | b';' => self.one(Lexeme::Separator),
                b':' => self.one(Lexeme::Colon),
                b'@' => self.one(Lexeme::At),
                b'.' => self.one(Lexeme::Dot),
                b'>' | b')' => {
                    self.take(1);
                    self.is_exact = false;
                    None
                }
                _ => {
                    let end = |byte: u8| is_blank(byte) || b"\"()[<>,;:@.".contains(&byte);
                    let length = self.rest.bytes().position(end);
                    Some(Lexeme::Word(self.take(length.unwrap_or(self.rest.len()))))
                }
            };
            if lexeme.is_some() {
                return lexeme;
            }
        }
    }

    /// An encoded word, or a lone `=`.
    fn encoded_word(&mut self) -> Lexeme<'a> {
        let length = word_length(self.rest.as_bytes());
        Lexeme::Word(self.take(length.unwrap_or(1)))
    }

    /// A domain literal, or a lone bracket in a name such as `[My team] Eva`.
    fn bracket(&mut self) -> Lexeme<'a> {
        match self.measure(literal_length) {
            Some(length) => Lexeme::Literal(self.take(length)),
            None => Lexeme::Word(self.take(1)),
        }
    }

    fn one(&mut self, lexeme: Lexeme<'a>) -> Option<Lexeme<'a>> {
        self.take(1);
        Some(lexeme)
    }

    /// The text between angle brackets. Doubled ones count as one pair; one without its counterpart is skipped.
    fn angle(&mut self) -> Option<Lexeme<'a>> {
        let doubled = |text: &str, sign| text.bytes().take_while(|byte| *byte == sign).count();
        let opened = doubled(self.rest, b'<');
        self.take(opened);
        let Some(length) = self.measure(angle_length) else {
            self.is_exact = false;
            return None;
        };
        let content = self.take(length);
        let closed = doubled(self.rest, b'>');
        self.take(closed);
        self.is_exact &= opened == 1 && closed == 1;
        Some(Lexeme::Angle(content))
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn quoted_length(text: &str) -> Option<usize> {
    enclosed_length(text, None, b'"')
}

fn literal_length(text: &str) -> Option<usize> {
    enclosed_length(text, None, b']').filter(|length| {
        // A name such as `[Team] Eva` is not a literal.
        !text.bytes().take(*length).any(is_blank)
    })
}

/// The length up to the closing bracket, unless another address begins before it.
fn angle_length(text: &str) -> Option<usize> {
    let is_route = text.trim_start_matches([',', ' ', '\t']).starts_with('@');
    let mut position = 0;
    let mut looks_ahead = true;
    while let Some(byte) = text.as_bytes().get(position) {
        let rest = text.get(position..).unwrap_or_default();
        let enclosed = match byte {
            b'>' => return Some(position),
            b'<' => return None,
            b',' | b';' if !is_route => return None,
            b'"' if looks_ahead => quoted_length(rest),
            b'(' if looks_ahead => comment_length(rest),
            _ => Some(1),
        };
        looks_ahead &= enclosed.is_some();
        position += enclosed.unwrap_or(1);
    }
    None
}

/// The content of a quoted string or a comment, without delimiters and escapes.
fn unquoted(text: &str) -> String {
    let mut content = String::new();
    let mut characters = text.chars().skip(1).peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => content.extend(characters.next()),
            _ if characters.peek().is_none() => {}
            _ => content.push(character),
        }
    }
    content
}

/// Reads the mailbox between two separators, or several if a comma is missing. Returns whether nothing was guessed.
fn read_entry(entry: &[Lexeme<'_>], mailboxes: &mut Vec<Address>) -> bool {
    let has_at = |lexeme: &&Lexeme<'_>| matches!(lexeme, Lexeme::Angle(text) if text.contains('@'));
    let is_any = !entry.iter().any(|lexeme| has_at(&lexeme));
    let is_address =
        |lexeme: &Lexeme<'_>| has_at(&lexeme) || (is_any && matches!(lexeme, Lexeme::Angle(_)));
    if entry.iter().any(is_address) {
        let mut rest = entry;
        let mut is_exact = entry.iter().filter(|lexeme| is_address(lexeme)).count() == 1;
        while let Some(position) = rest.iter().position(is_address) {
            let (before, tail) = rest.split_at(position);
            let (angle, after) = tail.split_at(1);
            let is_last = !after.iter().any(is_address);
            let name = name(before)
                .or_else(|| is_last.then(|| name(after)).flatten())
                .or_else(|| comment(if is_last { rest } else { before }));
            if let [Lexeme::Angle(content)] = angle {
                is_exact &= add(mailboxes, name, &address_of(content));
            }
            rest = after;
        }
        return is_exact;
    }
    let spans = bare_addresses(entry);
    match spans.as_slice() {
        [] => {
            let whole = name(entry).unwrap_or_default();
            // Some programs encode the address along with its name.
            let is_encoded = entry.iter().any(|lexeme| {
                matches!(lexeme, Lexeme::Word(text) | Lexeme::Quoted(text) if text.contains("=?"))
            });
            if is_encoded && whole.contains('@') && !whole.contains("=?") {
                mailboxes.extend(parse(&whole).0);
                return false;
            }
            add(mailboxes, None, &whole) || entry.iter().all(is_space)
        }
        [(start, end)] => {
            let (before, rest) = entry.split_at(*start);
            let (address, after) = rest.split_at(end - start);
            let name = name(before).or_else(|| name(after));
            let is_exact = name.is_none();
            add(mailboxes, name.or_else(|| comment(entry)), &joined(address)) && is_exact
        }
        several => {
            for (start, end) in several {
                let address = entry.get(*start..*end).unwrap_or_default();
                add(mailboxes, None, &joined(address));
            }
            false
        }
    }
}

/// Adds a mailbox; returns whether it has an address. A name alone, as in a bounce's `Mail Delivery System <>`, is kept
/// too.
fn add(mailboxes: &mut Vec<Address>, name: Option<String>, address: &str) -> bool {
    let mailbox = Address::unchecked(name.as_deref(), address);
    let is_any = !mailbox.address().is_empty();
    if is_any || mailbox.name().is_some() {
        mailboxes.push(mailbox);
    }
    is_any
}

/// The address within angle brackets, without a route (RFC 5322 section 4.4), blanks and comments.
fn address_of(content: &str) -> String {
    let mut scanner = Scanner::new(content);
    let mut lexemes = Vec::new();
    while let Some(lexeme) = scanner.next() {
        let is_route = || {
            let first = lexemes.iter().find(|lexeme| !is_space(lexeme));
            matches!(first, Some(Lexeme::At | Lexeme::Separator))
        };
        match lexeme {
            Lexeme::Colon if is_route() => lexemes.clear(),
            // Some programs include the scheme of a link.
            Lexeme::Colon if matches!(lexemes.as_slice(), [Lexeme::Word(word)] if word.eq_ignore_ascii_case("mailto")) =>
            {
                lexemes.clear();
            }
            Lexeme::Colon => lexemes.push(Lexeme::Word(":")),
            _ => lexemes.push(lexeme),
        }
    }
    joined(&lexemes)
}

fn is_space(lexeme: &Lexeme<'_>) -> bool {
    matches!(lexeme, Lexeme::Blank | Lexeme::Comment(_))
}

/// Joins an address, if it has blanks and comments only around its `@` and its dots.
fn joined(lexemes: &[Lexeme<'_>]) -> String {
    let mut address = String::new();
    let mut has_space = false;
    let mut is_joint = true;
    for lexeme in lexemes {
        if is_space(lexeme) {
            has_space = true;
            continue;
        }
        let joins = matches!(lexeme, Lexeme::At | Lexeme::Dot);
        if has_space && !is_joint && !joins {
            address.push(' ');
        }
        (has_space, is_joint) = (false, joins);
        match lexeme {
            Lexeme::Quoted(text) | Lexeme::Literal(text) | Lexeme::Word(text) => {
                address.push_str(text);
            }
            Lexeme::Dot => address.push('.'),
            Lexeme::At => address.push('@'),
            Lexeme::Separator => address.push(','),
            Lexeme::Angle(text) => address.push_str(text),
            Lexeme::Colon => address.push(':'),
            Lexeme::Blank | Lexeme::Comment(_) => {}
        }
    }
    address
}

/// The spans of addresses in an entry without angle brackets.
///
/// Blanks around `@` and before a dot belong to an address. A word that ends with a dot and a blank (`Dr. Eva`) belongs
/// to the name.
fn bare_addresses(entry: &[Lexeme<'_>]) -> Vec<(usize, usize)> {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for (position, lexeme) in entry.iter().enumerate() {
        if *lexeme != Lexeme::At {
            continue;
        }
        let lowest = spans.last().map_or(0, |(_, end)| *end);
        if position < lowest {
            continue;
        }
        spans.push((start_of(entry, position, lowest), end_of(entry, position)));
    }
    spans
}

fn is_atom(lexeme: Option<&Lexeme<'_>>) -> bool {
    matches!(lexeme, Some(Lexeme::Word(_) | Lexeme::Quoted(_)))
}

fn start_of(entry: &[Lexeme<'_>], at: usize, lowest: usize) -> usize {
    let back = |from: usize| {
        let mut index = from;
        while index > lowest && entry.get(index - 1).is_some_and(is_space) {
            index -= 1;
        }
        index
    };
    let mut start = back(at);
    while start > lowest {
        match entry.get(start - 1) {
            Some(Lexeme::Dot) | Some(Lexeme::Word(_) | Lexeme::Quoted(_) | Lexeme::Literal(_)) => {
                start -= 1;
            }
            Some(lexeme) if is_space(lexeme) => {
                let before = back(start);
                let is_dot = |index: usize| entry.get(index) == Some(&Lexeme::Dot);
                let is_spaced = |index: usize| {
                    index
                        .checked_sub(1)
                        .and_then(|index| entry.get(index))
                        .is_some_and(is_space)
                };
                // `eva . maria@…` continues to the left; `Dr. eva@…` doesn't.
                let goes_on = (is_dot(start) && before > lowest && is_atom(entry.get(before - 1)))
                    || (before > lowest && is_dot(before - 1) && is_spaced(before - 1));
                if !goes_on {
                    break;
                }
                start = before;
            }
            _ => break,
        }
    }
    start
}

fn end_of(entry: &[Lexeme<'_>], at: usize) -> usize {
    let forward = |from: usize| {
        let spaces = entry
            .iter()
            .skip(from)
            .take_while(|lexeme| is_space(lexeme));
        from + spaces.count()
    };
    let last = |end: usize| end.checked_sub(1).and_then(|index| entry.get(index));
    let mut end = forward(at + 1);
    let mut is_dot_apart = false;
    loop {
        while matches!(
            entry.get(end),
            Some(Lexeme::Word(_) | Lexeme::Literal(_) | Lexeme::Dot | Lexeme::At)
        ) {
            is_dot_apart = entry.get(end) == Some(&Lexeme::Dot) && last(end).is_some_and(is_space);
            end += 1;
        }
        let next = forward(end);
        let begins_with_dot = entry.get(next) == Some(&Lexeme::Dot);
        let has_comment = entry.get(end..next).is_some_and(|spaces| {
            spaces
                .iter()
                .any(|lexeme| matches!(lexeme, Lexeme::Comment(_)))
        });
        let goes_on = last(end) == Some(&Lexeme::Dot) && (is_dot_apart || has_comment);
        if next == end || next == entry.len() || !(begins_with_dot || goes_on) {
            return end;
        }
        end = next;
    }
}

/// The words of a name, decoded.
fn name(lexemes: &[Lexeme<'_>]) -> Option<String> {
    let mut phrase = String::new();
    for lexeme in lexemes {
        match lexeme {
            Lexeme::Blank | Lexeme::Comment(_) => phrase.push(' '),
            Lexeme::Quoted(text) => phrase.push_str(&unquoted(text)),
            Lexeme::Literal(text) | Lexeme::Word(text) => phrase.push_str(text),
            Lexeme::Dot => phrase.push('.'),
            Lexeme::At => phrase.push('@'),
            Lexeme::Angle(_) | Lexeme::Separator | Lexeme::Colon => {}
        }
    }
    let phrase = parse_text(phrase.trim().as_bytes());
    (!phrase.is_empty()).then_some(phrase)
}

/// The name in a comment, the form of old programs: `eva@example.org (Eva)`.
fn comment(lexemes: &[Lexeme<'_>]) -> Option<String> {
    lexemes.iter().rev().find_map(|lexeme| match lexeme {
        Lexeme::Comment(text) => {
            Some(parse_text(unquoted(text).trim().as_bytes())).filter(|name| !name.is_empty())
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests;
