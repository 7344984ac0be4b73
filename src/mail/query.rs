//! Builds queries in Gmail's search language.

use std::fmt;

/// Builds the text of a search (the parameter `q`).
///
/// ```
/// use airbyte_agent_gmail::mail::SearchQuery;
///
/// let query = SearchQuery::new()
///     .from("support@example.com")
///     .subject("invoice 42")
///     .is_unread()
///     .after(2026, 11, 1)
///     .not(SearchQuery::new().label("Read Later"));
/// assert_eq!(
///     query.to_string(),
///     "from:support@example.com subject:\"invoice 42\" is:unread after:2026/11/01 -label:read-later"
/// );
/// ```
///
/// Messages must meet all conditions; [`any_of`](Self::any_of) adds alternatives. Text stays text: it can't become an
/// operator, or close a quotation or group. Empty text adds no condition, and a query without conditions matches all
/// mail.
///
/// `Debug` shows only the number of conditions, because searches reveal mail.
#[derive(Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct SearchQuery {
    conditions: Vec<String>,
}

impl SearchQuery {
    /// Creates a query for all mail.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the query has no conditions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }

    /// From an author: an address, a domain, or a name.
    pub fn from(self, author: impl AsRef<str>) -> Self {
        self.with_text("from:", author.as_ref())
    }

    /// To a recipient.
    pub fn to(self, recipient: impl AsRef<str>) -> Self {
        self.with_text("to:", recipient.as_ref())
    }

    /// With a Cc recipient.
    pub fn cc(self, recipient: impl AsRef<str>) -> Self {
        self.with_text("cc:", recipient.as_ref())
    }

    /// With a Bcc recipient.
    pub fn bcc(self, recipient: impl AsRef<str>) -> Self {
        self.with_text("bcc:", recipient.as_ref())
    }

    /// With this phrase in the subject.
    pub fn subject(self, words: impl AsRef<str>) -> Self {
        self.with_text("subject:", words.as_ref())
    }

    /// With this phrase anywhere.
    pub fn phrase(self, words: impl AsRef<str>) -> Self {
        let quoted = quote(words.as_ref());
        if quoted.is_empty() {
            self
        } else {
            self.with(format!("\"{quoted}\""))
        }
    }

    /// With all of these words, in any order, anywhere.
    pub fn words(mut self, words: impl AsRef<str>) -> Self {
        for word in words.as_ref().split_whitespace() {
            self = self.phrase(word);
        }
        self
    }

    /// With a label, by name.
    pub fn label(self, name: impl AsRef<str>) -> Self {
        // In searches, label names are in lower case, with hyphens in place of separators.
        let name = name.as_ref().trim();
        let written: String = name
            .chars()
            .map(|character| match character {
                ' ' | '/' | '&' | '(' | ')' | '{' | '}' | '|' | '"' => '-',
                character if character.is_whitespace() || character.is_control() => '-',
                character => character,
            })
            .collect();
        self.with_text("label:", &written.to_lowercase())
    }

    /// In a mailbox: `inbox`, `sent`, `drafts`, `trash`, `spam`, or `anywhere` for all of them.
    pub fn within(self, mailbox: impl AsRef<str>) -> Self {
        self.with_text("in:", mailbox.as_ref())
    }

    /// Unread.
    pub fn is_unread(self) -> Self {
        self.with("is:unread".to_owned())
    }

    /// Read.
    pub fn is_read(self) -> Self {
        self.with("is:read".to_owned())
    }

    /// Starred.
    pub fn is_starred(self) -> Self {
        self.with("is:starred".to_owned())
    }

    /// Marked as important.
    pub fn is_important(self) -> Self {
        self.with("is:important".to_owned())
    }

    /// With an attachment.
    pub fn has_attachment(self) -> Self {
        self.with("has:attachment".to_owned())
    }

    /// With an attachment of this name or extension.
    pub fn file_name(self, name: impl AsRef<str>) -> Self {
        self.with_text("filename:", name.as_ref())
    }

    /// Sent on that day or later, in the account's time zone (Pacific time if it has none).
    pub fn after(self, year: u16, month: u8, day: u8) -> Self {
        self.with(format!("after:{year:04}/{month:02}/{day:02}"))
    }

    /// Sent before that day.
    pub fn before(self, year: u16, month: u8, day: u8) -> Self {
        self.with(format!("before:{year:04}/{month:02}/{day:02}"))
    }

    /// Sent at that moment, in seconds since 1970 (UTC), or later.
    pub fn after_epoch(self, seconds: u64) -> Self {
        self.with(format!("after:{seconds}"))
    }

    /// Sent before that moment, in seconds since 1970 (UTC).
    pub fn before_epoch(self, seconds: u64) -> Self {
        self.with(format!("before:{seconds}"))
    }

    /// At most this many days old.
    pub fn newer_than_days(self, days: u32) -> Self {
        self.with(format!("newer_than:{days}d"))
    }

    /// More than this many days old.
    pub fn older_than_days(self, days: u32) -> Self {
        self.with(format!("older_than:{days}d"))
    }

    /// Larger than this many bytes.
    pub fn larger(self, bytes: u64) -> Self {
        self.with(format!("larger:{bytes}"))
    }

    /// Smaller than this many bytes.
    pub fn smaller(self, bytes: u64) -> Self {
        self.with(format!("smaller:{bytes}"))
    }

    /// With this `Message-ID`, with or without angle brackets.
    pub fn rfc822_message_id(self, message_id: impl AsRef<str>) -> Self {
        let id = message_id.as_ref().trim();
        let id = id.trim_start_matches('<').trim_end_matches('>');
        self.with_text("rfc822msgid:", id)
    }

    /// Meeting at least one of these queries; empty ones are ignored.
    pub fn any_of(self, alternatives: impl IntoIterator<Item = SearchQuery>) -> Self {
        let alternatives: Vec<String> = alternatives
            .into_iter()
            .filter_map(SearchQuery::grouped)
            .collect();
        match alternatives.as_slice() {
            [] => self,
            [one] => {
                let one = one.clone();
                self.with(one)
            }
            several => {
                let group = format!("{{{}}}", several.join(" "));
                self.with(group)
            }
        }
    }

    /// Also meeting another query.
    pub fn and(mut self, other: SearchQuery) -> Self {
        self.conditions.extend(other.conditions);
        self
    }

    /// Not meeting another query; an empty one adds nothing.
    pub fn not(self, excluded: SearchQuery) -> Self {
        match excluded.grouped() {
            Some(group) => self.with(format!("-{group}")),
            None => self,
        }
    }

    fn with(mut self, condition: String) -> Self {
        self.conditions.push(condition);
        self
    }

    fn with_text(self, operator: &str, text: &str) -> Self {
        let quoted = quote(text);
        if quoted.is_empty() {
            self
        } else if is_plain(&quoted) {
            self.with(format!("{operator}{quoted}"))
        } else {
            self.with(format!("{operator}\"{quoted}\""))
        }
    }

    /// The query as a single condition.
    fn grouped(self) -> Option<String> {
        match self.conditions.as_slice() {
            [] => None,
            // Two hyphens in a row would be text.
            [one] if !one.starts_with('-') => Some(one.clone()),
            several => Some(format!("({})", several.join(" "))),
        }
    }
}

impl fmt::Display for SearchQuery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.conditions.join(" "))
    }
}

impl fmt::Debug for SearchQuery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "SearchQuery({} conditions)",
            self.conditions.len()
        )
    }
}

/// Prepares text for quotation marks. The language has no escape for a quotation mark, and searches ignore punctuation
/// anyway, so a space replaces it.
fn quote(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|character| {
            let is_quote = matches!(
                character,
                '"' | '\\' | '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ff02}'
            );
            if is_quote || character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether text after an operator needs no quotation marks.
fn is_plain(text: &str) -> bool {
    let first_is_plain = text.starts_with(|character: char| character.is_alphanumeric());
    first_is_plain
        && text
            .chars()
            .all(|character| character.is_alphanumeric() || "@._-+=$%".contains(character))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn query() -> SearchQuery {
        SearchQuery::new()
    }

    #[test]
    fn conditions_are_written_in_their_order() {
        let table = [
            (query(), ""),
            (
                query().from("a@example.com").to("b").cc("c").bcc("d"),
                "from:a@example.com to:b cc:c bcc:d",
            ),
            (
                query().is_unread().is_starred().is_important().is_read(),
                "is:unread is:starred is:important is:read",
            ),
            (
                query()
                    .has_attachment()
                    .file_name("pdf")
                    .larger(1000)
                    .smaller(2000),
                "has:attachment filename:pdf larger:1000 smaller:2000",
            ),
            (
                query().after(2026, 1, 2).before(2026, 12, 31),
                "after:2026/01/02 before:2026/12/31",
            ),
            (
                query()
                    .after_epoch(1)
                    .before_epoch(2)
                    .newer_than_days(3)
                    .older_than_days(4),
                "after:1 before:2 newer_than:3d older_than:4d",
            ),
            (
                query().rfc822_message_id("<a.b@example.com>"),
                "rfc822msgid:a.b@example.com",
            ),
            (
                query().rfc822_message_id("<a/b@example.com>"),
                "rfc822msgid:\"a/b@example.com\"",
            ),
            (query().label("Work/Read Later"), "label:work-read-later"),
            (
                query()
                    .within("anywhere")
                    .phrase("two words")
                    .words("one two"),
                "in:anywhere \"two words\" \"one\" \"two\"",
            ),
            (
                query().any_of([query().from("a"), query().from("b").is_unread()]),
                "{from:a (from:b is:unread)}",
            ),
            (query().any_of([query().from("a"), query()]), "from:a"),
            (
                query()
                    .not(query().from("a"))
                    .not(query().from("b").is_read()),
                "-from:a -(from:b is:read)",
            ),
            (query().not(query().not(query().from("a"))), "-(-from:a)"),
            (
                query().not(query()).any_of([]).phrase(" ").subject("\"\""),
                "",
            ),
            (query().is_read().and(query().from("a")), "is:read from:a"),
        ];
        for (query, text) in table {
            assert_eq!(query.to_string(), text);
        }
    }

    #[test]
    fn what_a_user_types_is_no_operator() {
        let table = [
            ("x\" in:trash \"", "subject:\"x in:trash\""),
            ("a OR b", "subject:\"a OR b\""),
            ("-important", "subject:\"-important\""),
            ("{a b}", "subject:\"{a b}\""),
            ("a) from:b", "subject:\"a) from:b\""),
            ("from:b", "subject:\"from:b\""),
            ("a\nb", "subject:\"a b\""),
            ("日本語", "subject:日本語"),
        ];
        for (typed, text) in table {
            assert_eq!(query().subject(typed).to_string(), text);
        }
        assert!(!format!("{:?}", query().subject("secret")).contains("secret"));
    }

    proptest! {
        #[test]
        fn quotation_marks_stay_closed(typed in "([a-z\"\\\\(){} :-]|OR|\n|\u{201d}|é){0,30}") {
            let text = query().from(&typed).subject(&typed).phrase(&typed).words(&typed).label(&typed)
                .not(query().to(&typed)).to_string();
            prop_assert_eq!(text.matches('"').count() % 2, 0);
            let outside: String = text.split('"').step_by(2).collect();
            let has_group = outside.contains(['(', ')', '{', '}', '|', '\\']);
            prop_assert!(!has_group);
            let operators = ["from:", "subject:", "label:", "-to:", "to:"];
            for word in outside.split_whitespace().filter(|word| word.contains(':')) {
                prop_assert!(operators.iter().any(|operator| word.starts_with(operator)));
                prop_assert_eq!(word.matches(':').count(), 1);
            }
        }
    }
}
