//! Conditions of a search: operators and their values.

use mail_parser::DateTime;

use super::{content::Place, query::Context};

/// The operators of the search language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// A header field, searched by words.
    Field(FieldName),
    /// `label:`
    Label,
    /// `in:`
    In,
    /// `is:`
    Is,
    /// `has:`
    Has,
    /// `filename:`
    Filename,
    /// `after:` and `newer:`
    After,
    /// `before:` and `older:`
    Before,
    /// `newer_than:`
    NewerThan,
    /// `older_than:`
    OlderThan,
    /// `larger:` and `size:`
    Larger,
    /// `smaller:`
    Smaller,
    /// `rfc822msgid:`
    MessageId,
    /// `category:`
    Category,
}

/// The header fields with a search operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum FieldName {
    /// The sender.
    From,
    /// Any recipient.
    To,
    /// Copies.
    Cc,
    /// Blind copies.
    Bcc,
    /// The subject.
    Subject,
    /// The mailing list.
    List,
    /// The address that the mail was delivered to.
    DeliveredTo,
}

/// A condition on a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    /// These words are next to each other in the message.
    Words(String),
    /// These words are next to each other in a header field.
    Field(FieldName, String),
    /// A label by name or id, normalized by [`label_key`].
    Label(String),
    /// Any message, including spam and trash.
    Anywhere,
    /// Not in the inbox, spam, trash, sent mail or drafts.
    Archived,
    /// Read.
    Read,
    /// Has an attachment.
    Attachment,
    /// Has a user label.
    UserLabel,
    /// Has no user label.
    NoUserLabel,
    /// The name of an attachment has these words.
    Filename(String),
    /// Received at this time or later.
    NotBefore(i64),
    /// Received before this time.
    Before(i64),
    /// Larger than this many bytes.
    Larger(usize),
    /// Smaller than this many bytes.
    Smaller(usize),
    /// Has this Message-ID.
    MessageId(String),
    /// Matches nothing: things this mailbox never has, such as chats.
    Nothing,
}

impl Operator {
    /// The operator with this name, ignoring case.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "from" => Self::Field(FieldName::From),
            "to" => Self::Field(FieldName::To),
            "cc" => Self::Field(FieldName::Cc),
            "bcc" => Self::Field(FieldName::Bcc),
            "subject" => Self::Field(FieldName::Subject),
            "list" => Self::Field(FieldName::List),
            "deliveredto" => Self::Field(FieldName::DeliveredTo),
            "label" => Self::Label,
            "in" => Self::In,
            "is" => Self::Is,
            "has" => Self::Has,
            "filename" => Self::Filename,
            "after" | "newer" => Self::After,
            "before" | "older" => Self::Before,
            "newer_than" => Self::NewerThan,
            "older_than" => Self::OlderThan,
            "larger" | "size" => Self::Larger,
            "smaller" => Self::Smaller,
            "rfc822msgid" => Self::MessageId,
            "category" => Self::Category,
            _ => return None,
        })
    }
}

impl FieldName {
    /// The header fields that the operator searches.
    pub(super) fn headers(self) -> &'static [&'static str] {
        match self {
            Self::From => &["From"],
            Self::To => &["To", "Cc", "Bcc"],
            Self::Cc => &["Cc"],
            Self::Bcc => &["Bcc"],
            Self::Subject => &["Subject"],
            Self::List => &["List-Id", "List-Post", "Mailing-List"],
            Self::DeliveredTo => &["Delivered-To"],
        }
    }
}

impl Condition {
    /// The condition of an operator with its value; `None` for an invalid value.
    pub(super) fn of(operator: Operator, value: &str, context: Context<'_>) -> Option<Self> {
        let lower = value.to_lowercase();
        Some(match operator {
            Operator::Field(field) => {
                let is_me = lower == "me" && !matches!(field, FieldName::Subject | FieldName::List);
                Self::Field(
                    field,
                    normalize(if is_me { context.address } else { value }),
                )
            }
            Operator::Label => Self::Label(label_key(value)),
            Operator::In => match lower.as_str() {
                "anywhere" | "all" => Self::Anywhere,
                "archive" => Self::Archived,
                "chats" | "chat" | "snoozed" | "scheduled" | "muted" => Self::Nothing,
                _ => Self::Label(label_key(value)),
            },
            Operator::Is => match lower.as_str() {
                "read" => Self::Read,
                "chat" | "snoozed" | "muted" => Self::Nothing,
                _ => Self::Label(label_key(value)),
            },
            Operator::Has => match lower.as_str() {
                "attachment" | "attachments" => Self::Attachment,
                "userlabels" => Self::UserLabel,
                "nouserlabels" => Self::NoUserLabel,
                star if star.ends_with("-star") => Self::Label(label_key("starred")),
                _ => Self::Nothing,
            },
            Operator::Filename => Self::Filename(normalize(value)),
            Operator::After => Self::NotBefore(date(value)?),
            Operator::Before => Self::Before(date(value)?),
            Operator::NewerThan => Self::NotBefore(context.now - age(value, context.now)?),
            Operator::OlderThan => Self::Before(context.now - age(value, context.now)?),
            Operator::Larger => Self::Larger(size(value)?),
            Operator::Smaller => Self::Smaller(size(value)?),
            Operator::MessageId => Self::MessageId(
                value
                    .trim_start_matches('<')
                    .trim_end_matches('>')
                    .to_owned(),
            ),
            Operator::Category => match lower.as_str() {
                "primary" => Self::Label("category-personal".to_owned()),
                "personal" | "social" | "promotions" | "updates" | "forums" => {
                    Self::Label(format!("category-{lower}"))
                }
                _ => Self::Nothing,
            },
        })
    }

    /// The words to find and their place; `None` if the condition is not about content.
    pub(super) fn content(&self) -> Option<(Place, &str)> {
        Some(match self {
            Self::Words(words) => (Place::Text, words),
            Self::Field(field, words) => (Place::Field(*field), words),
            Self::Filename(words) => (Place::Filename, words),
            Self::MessageId(id) => (Place::MessageId, id),
            Self::Attachment => (Place::Attachment, ""),
            _ => return None,
        })
    }

    /// Whether the condition names spam or trash.
    pub(super) fn asks_for_hidden(&self) -> bool {
        match self {
            Self::Anywhere => true,
            Self::Label(key) => key == "trash" || key == "spam",
            _ => false,
        }
    }

    /// The cost of a test: labels are cheaper than parsing the message.
    pub(super) fn cost(&self) -> u32 {
        match self {
            Self::Words(_) => 3,
            Self::Attachment | Self::Filename(_) => 2,
            Self::Field(..) | Self::MessageId(_) => 1,
            _ => 0,
        }
    }
}

/// A label's name or id, normalized for comparison.
pub(super) fn label_key(name: &str) -> String {
    let key: String = name
        .to_lowercase()
        .chars()
        .map(|char| match char {
            ' ' | '/' | '_' | '&' | '(' | ')' | '"' => '-',
            _ => char,
        })
        .collect();
    match key.as_str() {
        "drafts" => "draft".to_owned(),
        _ => key,
    }
}

/// The words of a text in lower case, with a single space before and after each.
///
/// In scripts without spaces between words each character becomes a word, so that phrases match.
pub(super) fn normalize(text: &str) -> String {
    let mut output = String::with_capacity(text.len() + 2);
    output.push(' ');
    for char in text.chars().flat_map(char::to_lowercase) {
        if is_ideograph(char) {
            if !output.ends_with(' ') {
                output.push(' ');
            }
            output.push(char);
            output.push(' ');
        } else if char.is_alphanumeric() || is_mark(char) {
            output.push(char);
        } else if !output.ends_with(' ') {
            output.push(' ');
        }
    }
    if !output.ends_with(' ') {
        output.push(' ');
    }
    output
}

fn is_ideograph(char: char) -> bool {
    matches!(u32::from(char),
        0x3040..=0x30ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xac00..=0xd7af
        | 0xf900..=0xfaff | 0x2_0000..=0x3_ffff | 0x1_f300..=0x1_faff)
}

fn is_mark(char: char) -> bool {
    // Combining accents belong to the word.
    matches!(u32::from(char), 0x0300..=0x036f | 0x0591..=0x05c7 | 0x064b..=0x065f)
}

fn date(value: &str) -> Option<i64> {
    const FEWEST_EPOCH_DIGITS: usize = 7;
    if value.len() >= FEWEST_EPOCH_DIGITS && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return value.parse::<i64>().ok()?.checked_mul(1000);
    }
    let pieces: Vec<&str> = value.split(['/', '-', '.']).collect();
    let &[first, second, third] = pieces.as_slice() else {
        return None;
    };
    let (year, month, day) = if first.len() == 4 {
        (first, second, third)
    } else {
        (third, first, second)
    };
    let date = DateTime {
        year: year.parse().ok()?,
        month: month.parse().ok()?,
        day: day.parse().ok()?,
        // Gmail uses the account's time zone; the sandbox's accounts are in UTC.
        hour: 0,
        minute: 0,
        second: 0,
        tz_before_gmt: false,
        tz_hour: 0,
        tz_minute: 0,
    };
    date.is_valid().then(|| date.to_timestamp() * 1000)
}

fn age(value: &str, now: i64) -> Option<i64> {
    const DAY: i64 = 24 * 3600 * 1000;
    let unit = value.chars().last()?;
    let count: i64 = value.get(..value.len() - unit.len_utf8())?.parse().ok()?;
    let unit = match unit.to_ascii_lowercase() {
        'h' => DAY / 24,
        'd' => DAY,
        'w' => 7 * DAY,
        'm' => 30 * DAY,
        'y' => 365 * DAY,
        _ => return None,
    };
    if count < 0 {
        return None;
    }
    // Clamped to 1970.
    Some(count.saturating_mul(unit).min(now))
}

fn size(value: &str) -> Option<usize> {
    let lower = value.to_ascii_lowercase();
    let digits = lower.trim_end_matches('b');
    let (digits, unit) = match digits.chars().last()? {
        'k' => (digits.trim_end_matches('k'), 1024),
        'm' => (digits.trim_end_matches('m'), 1024 * 1024),
        'g' => (digits.trim_end_matches('g'), 1024 * 1024 * 1024),
        _ => (digits, 1),
    };
    digits.parse::<usize>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_every_form() {
        for text in [
            "2026/03/01",
            "2026-03-01",
            "2026/3/1",
            "03/01/2026",
            "1772323200",
        ] {
            assert_eq!(date(text), Some(1_772_323_200_000), "{text}");
        }
        for text in ["", "banana", "2026/13/01", "2026/03", "1/2/3/4"] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn ages_and_sizes() {
        assert_eq!(age("2d", i64::MAX), Some(172_800_000));
        assert_eq!(age("1y", i64::MAX), Some(31_536_000_000));
        assert_eq!(age("99999999999999999999d", 5), None);
        assert_eq!(age("999999999999999y", 5), Some(5));
        assert_eq!(age("-1d", 5), None);
        assert_eq!(age("é", 5), None);
        assert_eq!(size("10K"), Some(10_240));
        assert_eq!(size("5mb"), Some(5_242_880));
        assert_eq!(size("123"), Some(123));
        assert_eq!(size("M"), None);
    }

    #[test]
    fn words_are_folded() {
        assert_eq!(normalize("Hello, WORLD!"), " hello world ");
        assert_eq!(normalize("a@b.c"), " a b c ");
        assert_eq!(normalize("你好"), " 你 好 ");
        assert_eq!(normalize(""), " ");
        assert_eq!(label_key("My Label/Sub"), "my-label-sub");
    }
}
