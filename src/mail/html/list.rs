//! Lists, and the markers of their items.

use super::token::Attributes;

/// An open list.
pub(super) struct List {
    /// The number of the next item; `None` in an unnumbered list.
    next: Option<u32>,
    style: Style,
}

/// The style of numbers.
#[derive(Clone, Copy)]
enum Style {
    Decimal,
    Letters(u8),
    Roman { is_upper: bool },
}

/// Larger numbers are written in decimal, as in browsers.
const MOST_ROMAN: u32 = 3_999;

const ROMAN: [(u32, &str); 13] = [
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
    (9, "ix"),
    (5, "v"),
    (4, "iv"),
    (1, "i"),
];

impl List {
    /// A list of the HTML standard: `ul`, or `ol` with its first number and style.
    pub(super) fn new(name: &str, attributes: &Attributes) -> Self {
        let style = match attributes.get("type").map(str::trim) {
            Some("a") => Style::Letters(b'a'),
            Some("A") => Style::Letters(b'A'),
            Some("i") => Style::Roman { is_upper: false },
            Some("I") => Style::Roman { is_upper: true },
            _ => Style::Decimal,
        };
        let first = number(attributes, "start").unwrap_or(1);
        Self {
            next: (name == "ol").then_some(first),
            style,
        }
    }

    /// The marker of the next item, which may set its own number.
    pub(super) fn marker(&mut self, item: &Attributes) -> String {
        let Some(next) = &mut self.next else {
            return bullet();
        };
        let value = number(item, "value").unwrap_or(*next);
        *next = value.saturating_add(1);
        format!("{}. ", self.style.write(value))
    }
}

/// The marker of an item without a number.
pub(super) fn bullet() -> String {
    "- ".to_owned()
}

fn number(attributes: &Attributes, name: &str) -> Option<u32> {
    attributes.get(name)?.trim().parse().ok()
}

impl Style {
    fn write(self, value: u32) -> String {
        match self {
            Self::Letters(first) if value > 0 => letters(first, value),
            Self::Roman { is_upper } if (1..=MOST_ROMAN).contains(&value) => {
                let text = roman(value);
                if is_upper { text.to_uppercase() } else { text }
            }
            Self::Decimal | Self::Letters(_) | Self::Roman { .. } => value.to_string(),
        }
    }
}

/// a to z, then aa.
fn letters(first: u8, mut value: u32) -> String {
    let mut text = Vec::new();
    while value > 0 {
        value -= 1;
        let place = u8::try_from(value % 26).unwrap_or_default();
        text.push(char::from(first + place));
        value /= 26;
    }
    text.iter().rev().collect()
}

fn roman(mut value: u32) -> String {
    let mut text = String::new();
    for (worth, sign) in ROMAN {
        while value >= worth {
            text.push_str(sign);
            value -= worth;
        }
    }
    text
}
