//! Decides which lines that begin with `From ` separate messages.
//!
//! No standard fixes the rest of the line. RFC 4155, appendix A, has a sender and a date in the format of C's
//! `asctime`; programs write less, more, and in other languages. So both the line and its surroundings count.

use jiff::civil;

/// English month names, by their first three letters.
const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The most words in a date: weekday, month, zone, AM or PM, and the connecting words of some languages.
const MOST_WORDS: usize = 5;

/// What a line that begins with `From ` looks like on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    /// A complete date, with or without a sender.
    Dated,
    /// A complete date after a name or a sentence.
    Worded,
    /// An incomplete date, for example without a time; and whether the sender looks like an address.
    Partial { is_address: bool },
    /// Nothing, or a hyphen.
    Bare,
    /// Only an address.
    Address,
    /// Only one word.
    Word,
    /// An address, and words that are no known form of date.
    Addressed,
    /// A sentence.
    Prose,
}

/// A line that begins with `From `.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Separator {
    pub(super) likeness: Likeness,
    /// Its date in milliseconds since 1970, if readable.
    pub(super) received_ms: Option<i64>,
    /// The first word.
    pub(super) sender: String,
}

/// The lines after a separator candidate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Following {
    /// How many header fields there are.
    pub(super) fields: usize,
    /// How many of them have a name known from mail.
    pub(super) known: usize,
    /// Whether there are only header fields up to an empty line, the end, or the next `From ` line.
    pub(super) is_clean: bool,
}

/// Whether a message begins at a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Begins,
    Text,
    /// It could be either.
    Unclear,
}

impl Separator {
    /// Parses a line, from its `From ` to its line end; `None` if it does not begin with `From`.
    pub(super) fn of(line: &[u8]) -> Option<Self> {
        let rest = line.strip_prefix(b"From").filter(|rest| {
            rest.first()
                .is_none_or(|byte| matches!(byte, b' ' | b'\r' | b'\n'))
        })?;
        let text = String::from_utf8_lossy(rest);
        // A comment in parentheses at the end only repeats the zone.
        let text = match text
            .trim_end()
            .strip_suffix(')')
            .and_then(|text| text.rsplit_once(" ("))
        {
            Some((text, _)) => text,
            None => &text,
        };
        let mut words = words(text);
        // UUCP's form.
        if let Some(place) = words.windows(2).position(|pair| pair == ["remote", "from"])
            && place + 3 == words.len()
        {
            words.truncate(place);
        }
        let sender = words.first().cloned().unwrap_or_default();
        let (likeness, received_ms) = judge(&words);
        Some(Self {
            likeness,
            received_ms,
            sender,
        })
    }

    /// Whether a message begins here.
    pub(super) fn verdict(&self, after_empty_line: bool, following: Following) -> Verdict {
        use Verdict::{Begins, Text, Unclear};

        let several = following.known >= 2;
        let header = several || following.known == 1 && following.is_clean;
        // A message need not have a known field, but this is evidence when all fields are unknown.
        let perhaps = following.is_clean;
        match (self.likeness, after_empty_line) {
            (Likeness::Dated, true) => Begins,
            (Likeness::Dated, false) if header || (perhaps && following.fields > 0) => Begins,
            (Likeness::Dated, false) => Unclear,
            (Likeness::Worded, _) if header => Begins,
            (Likeness::Worded, true) if perhaps && following.fields > 0 => Unclear,
            (Likeness::Worded, _) => Text,
            (Likeness::Partial { is_address: true }, true) if header || perhaps => Begins,
            (Likeness::Partial { is_address: true }, true) => Unclear,
            (Likeness::Partial { is_address: true }, false) if header => Begins,
            (Likeness::Partial { is_address: false }, true) if header => Begins,
            (Likeness::Partial { is_address: false }, false) if header => Unclear,
            (Likeness::Partial { .. }, _) => Text,
            (Likeness::Bare, _) if header => Begins,
            (Likeness::Bare, true) => Unclear,
            (Likeness::Bare, false) => Text,
            (Likeness::Address, true) if header => Begins,
            (Likeness::Address, false) if several => Begins,
            (Likeness::Address, true) if perhaps => Unclear,
            (Likeness::Address, false) if header => Unclear,
            (Likeness::Word, true) if header => Begins,
            (Likeness::Word, false) if several => Begins,
            (Likeness::Addressed, _) if several && perhaps => Begins,
            (Likeness::Addressed, _) if header => Unclear,
            (Likeness::Address | Likeness::Word | Likeness::Addressed | Likeness::Prose, _) => Text,
        }
    }
}

/// Splits a line into words. A quoted string is one word.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for letter in text.chars() {
        if letter == '"' {
            is_quoted = !is_quoted;
        }
        if letter.is_whitespace() && !is_quoted {
            words.push(String::new());
        } else if let Some(word) = words.last_mut() {
            word.push(letter);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn judge(words: &[String]) -> (Likeness, Option<i64>) {
    let (sender, rest) = match words.split_first() {
        None => return (Likeness::Bare, None),
        Some((sender, [])) if sender == "-" => return (Likeness::Bare, None),
        Some((sender, [])) if is_address(sender) => return (Likeness::Address, None),
        Some((_, [])) => return (Likeness::Word, None),
        Some((sender, rest)) => (sender, rest),
    };
    // Try with a sender, then without.
    for (words, is_address) in [(rest, is_address(sender)), (words, false)] {
        let Some(date) = Date::of(words) else {
            continue;
        };
        if date.is_whole() {
            let is_certain = is_address || date.month.is_some() && date.foreign <= 1;
            let likeness = if is_certain {
                Likeness::Dated
            } else {
                Likeness::Worded
            };
            return (likeness, date.milliseconds());
        }
        if date.is_some() {
            return (Likeness::Partial { is_address }, date.milliseconds());
        }
    }
    // The date may follow a name of several words.
    (1..rest.len())
        .filter_map(|begin| Date::of(rest.get(begin..)?))
        .find(|date| date.is_whole() && date.month.is_some())
        .map_or_else(
            || match is_address(sender) {
                true => (Likeness::Addressed, None),
                false => (Likeness::Prose, None),
            },
            |date| (Likeness::Worded, date.milliseconds()),
        )
}

fn is_address(word: &str) -> bool {
    word == "-" || word.contains(['@', '!']) || word.eq_ignore_ascii_case("mailer-daemon")
}

/// The parts of a date.
#[derive(Clone, Copy, Debug, Default)]
struct Date {
    year: Option<i64>,
    /// From 1, if given as a number or an English name.
    month: Option<i64>,
    day: Option<i64>,
    /// In seconds.
    time: Option<i64>,
    /// In seconds east of Greenwich.
    zone: i64,
    has_weekday: bool,
    words: usize,
    /// Words other than English months and weekdays: a zone, or another language.
    foreign: usize,
}

impl Date {
    /// Parses a date that uses up all the words.
    fn of(words: &[String]) -> Option<Self> {
        let mut date = Self::default();
        for word in words {
            date.add(word.trim_end_matches([',', ';']))?;
        }
        (date.words <= MOST_WORDS).then_some(date)
    }

    fn is_whole(&self) -> bool {
        self.time.is_some() && self.year.is_some() && (self.day.is_some() || self.month.is_some())
    }

    /// Whether there is more than one number and some words.
    fn is_some(&self) -> bool {
        let is_day = self.day.is_some() && (self.month.is_some() || self.has_weekday);
        is_day
            || self.time.is_some() && self.day.is_some()
            || self.year.is_some() && self.day.is_some()
    }

    fn milliseconds(&self) -> Option<i64> {
        let (year, month) = (self.year?.try_into().ok()?, self.month?.try_into().ok()?);
        // Counted from the first of the month, because some programs write days that the month does not have.
        let first = civil::Date::new(year, month, 1).ok()?;
        let days = first.duration_since(civil::date(1970, 1, 1)).as_secs() / 86_400 + self.day? - 1;
        let seconds = days * 86_400 + self.time.unwrap_or_default() - self.zone;
        (seconds >= 0).then_some(seconds * 1000)
    }

    fn add(&mut self, word: &str) -> Option<()> {
        if let Some(zone) = zone(word) {
            self.zone = zone;
        } else if let Some((time, zone)) = time(word) {
            set(&mut self.time, time)?;
            self.zone = zone.unwrap_or(self.zone);
        } else if let Some((year, month, day, time)) = numeric(word) {
            set(&mut self.year, year)?;
            set(&mut self.month, month)?;
            set(&mut self.day, day)?;
            if let Some((time, zone)) = time {
                set(&mut self.time, time)?;
                self.zone = zone.unwrap_or(self.zone);
            }
        } else if word.bytes().all(|byte| byte.is_ascii_digit()) && word.len() == 4 {
            let year = number(word).filter(|year| (1900..3000).contains(year))?;
            set(&mut self.year, year)?;
        } else if let Some(number) = number(word.trim_end_matches('.')) {
            if self.day.is_some() && word.len() == 2 {
                // After the day, two digits are a year.
                set(&mut self.year, century(number))?;
            } else {
                set(
                    &mut self.day,
                    Some(number).filter(|day| (1..=31).contains(day))?,
                )?;
            }
        } else {
            self.word(word)?;
        }
        Some(())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let is_word = word.chars().all(|letter| {
            letter.is_alphabetic() || !letter.is_ascii() || matches!(letter, '.' | '(' | ')')
        }) || !word.is_ascii() && word.chars().all(char::is_alphanumeric);
        if !is_word || word.is_empty() {
            return None;
        }
        self.words += 1;
        let name = word.to_lowercase();
        if name == "pm" {
            self.time = self
                .time
                .map(|time| if time < 43_200 { time + 43_200 } else { time });
        }
        if let Some(month) = english(&name, &MONTHS) {
            self.month.get_or_insert(month);
        } else if english(&name, &WEEKDAYS).is_some() {
            self.has_weekday = true;
        } else {
            self.foreign += 1;
        }
        Some(())
    }
}

/// Sets a part of a date. The same part twice means that this is no date.
fn set(place: &mut Option<i64>, value: i64) -> Option<()> {
    place.replace(value).is_none().then_some(())
}

/// The position of a name, full or abbreviated, counted from 1.
fn english(word: &str, names: &[&str]) -> Option<i64> {
    const WHOLE: [&str; 19] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    let word = word.trim_end_matches('.');
    let place = names.iter().position(|name| {
        word == *name
            || word.starts_with(name) && WHOLE.contains(&word)
            || word == "sept" && *name == "sep"
    })?;
    i64::try_from(place + 1).ok()
}

/// Expands a two-digit year.
fn century(year: i64) -> i64 {
    year + if year < 70 { 2000 } else { 1900 }
}

fn number(text: &str) -> Option<i64> {
    let is_number = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

/// `10:00`, `10:00:00`, `10.00.00`, optionally with a fraction and a zone.
fn time(word: &str) -> Option<(i64, Option<i64>)> {
    let end = word
        .find(|letter: char| !letter.is_ascii_digit() && !matches!(letter, ':' | '.'))
        .unwrap_or(word.len());
    let (clock, rest) = word.split_at(end);
    let zone = match rest {
        "" => None,
        "Z" => Some(0),
        rest => Some(zone(rest)?),
    };
    let sign = if clock.contains(':') { ':' } else { '.' };
    let mut pieces = clock.split(sign);
    let hour = number(pieces.next()?).filter(|hour| *hour < 25)?;
    let two = |piece: &str| {
        let piece = piece.split('.').next().unwrap_or(piece);
        number(piece).filter(|number| piece.len() == 2 && *number < 62)
    };
    let minute = two(pieces.next()?)?;
    let second = match pieces.next() {
        Some(piece) => two(piece)?,
        None => 0,
    };
    let is_clock = pieces.next().is_none();
    is_clock.then_some((hour * 3600 + minute * 60 + second, zone))
}

/// `+0100`, `-05:30`.
fn zone(word: &str) -> Option<i64> {
    let word = ["GMT", "UTC"]
        .iter()
        .find_map(|name| word.strip_prefix(name))
        .unwrap_or(word);
    let sign = match word.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = word.get(1..)?.replace(':', "");
    let digits = number(&digits).filter(|_| digits.len() == 4)?;
    Some(sign * (digits / 100 * 3600 + digits % 100 * 60))
}

/// `2026-01-05`, `2026/01/05`, `05.01.2026`, `5-Jan-2026`, optionally with `T` and a time.
#[allow(
    clippy::type_complexity,
    reason = "year, month, day, and a time with its zone"
)]
fn numeric(word: &str) -> Option<(i64, i64, i64, Option<(i64, Option<i64>)>)> {
    let (date, clock) = match word.split_once(['T', 't', '_']) {
        Some((date, clock)) if clock.contains(':') => (date, Some(time(clock)?)),
        _ => (word, None),
    };
    let pieces: Vec<&str> = date.split(['-', '/', '.']).collect();
    let [first, second, third] = pieces.as_slice() else {
        return None;
    };
    let month = number(second).or_else(|| english(&second.to_lowercase(), &MONTHS))?;
    let (year, day) = if first.len() == 4 {
        (number(first)?, number(third)?)
    } else {
        let year = number(third)?;
        let year = if third.len() == 2 {
            century(year)
        } else {
            year
        };
        (year, number(first)?)
    };
    let is_date =
        (1900..3000).contains(&year) && (1..=31).contains(&month) && (1..=31).contains(&day);
    is_date.then_some((year, month, day, clock))
}

impl Following {
    /// Looks at the next line; returns whether to look further.
    pub(super) fn look(&mut self, line: &[u8]) -> bool {
        let line = line.trim_ascii_end();
        if line.is_empty() {
            self.is_clean = true;
            return false;
        }
        if matches!(line.first(), Some(b' ' | b'\t')) && self.fields > 0 {
            return true;
        }
        if self.fields == 0 && line.starts_with(b">From ") {
            return true;
        }
        if line.starts_with(b"From ") || line == b"From" {
            self.is_clean = true;
            return false;
        }
        let Some(name) = field_name(line) else {
            return false;
        };
        self.fields += 1;
        self.known += usize::from(is_known(name));
        true
    }
}

/// The name of a header field (RFC 5322, 2.2). Space before the colon is allowed, as in RFC 822.
pub(super) fn field_name(line: &[u8]) -> Option<&[u8]> {
    let colon = memchr::memchr(b':', line)?;
    let name = line.get(..colon)?.trim_ascii_end();
    let is_name = !name.is_empty() && name.len() <= 76 && name.iter().all(u8::is_ascii_graphic);
    is_name.then_some(name)
}

/// Whether this is a field name known from mail.
fn is_known(name: &[u8]) -> bool {
    const NAMES: [&str; 40] = [
        "apparently-to",
        "authentication-results",
        "auto-submitted",
        "bcc",
        "cc",
        "comments",
        "date",
        "delivered-to",
        "delivery-date",
        "disposition-notification-to",
        "dkim-signature",
        "domainkey-signature",
        "envelope-to",
        "errors-to",
        "feedback-id",
        "from",
        "importance",
        "in-reply-to",
        "keywords",
        "lines",
        "mail-followup-to",
        "mailing-list",
        "message-id",
        "mime-version",
        "newsgroups",
        "old-return-path",
        "organization",
        "precedence",
        "priority",
        "received",
        "received-spf",
        "references",
        "reply-to",
        "return-path",
        "sender",
        "status",
        "subject",
        "to",
        "user-agent",
        "xref",
    ];
    const FAMILIES: [&str; 8] = [
        "arc-",
        "content-",
        "list-",
        "original-",
        "resent-",
        "thread-",
        "x-",
        "delivered",
    ];
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    NAMES.contains(&name.as_str()) || FAMILIES.iter().any(|family| name.starts_with(family))
}
