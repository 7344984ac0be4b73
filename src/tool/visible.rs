//! Text as a person would see it, without characters that only machines read.

use std::borrow::Cow;

/// The three flags in general use that are written with tag characters. Any other tag sequence can hide a message.
const FLAGS: [(&str, &str); 3] = [
    ("gbeng", "England"),
    ("gbsct", "Scotland"),
    ("gbwls", "Wales"),
];

/// Removes what no person would see: invisible characters, tag characters, bidirectional overrides, control
/// characters.
///
/// Line breaks and tabs stay, and so do joiners within emoji and within scripts that need them.
///
/// ```
/// use airbyte_agent_gmail::tool::visible_text;
///
/// assert_eq!(visible_text("in\u{200b}vis\u{e0041}ible\u{202e}"), "invisible");
/// assert_eq!(visible_text("👩\u{200d}💻 Grüße"), "👩\u{200d}💻 Grüße");
/// ```
pub fn visible_text(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    let (mut last, mut previous) = ('\0', '\0');
    while let Some(letter) = letters.next() {
        let kept = match letter {
            '\r' if letters.peek() == Some(&'\n') => None,
            '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{b}' | '\u{c}' => Some('\n'),
            '\u{200c}' | '\u{200d}' => {
                // A run of joiners joins nothing, and its length could carry data.
                let next = letters.peek().copied().unwrap_or('\0');
                (takes_joiner(previous) && takes_joiner(next)).then_some(letter)
            }
            // Variation selectors for the emoji and the text form of a character.
            '\u{fe0e}' | '\u{fe0f}' => takes_form(last).then_some(letter),
            letter if is_invisible(letter) => None,
            letter => Some(letter),
        };
        previous = letter;
        if letter == '\u{1f3f4}'
            && let Some(name) = flag(&mut letters)
        {
            visible.push(letter);
            visible.push('[');
            visible.push_str(name);
            visible.push(']');
            last = ']';
            continue;
        }
        if let Some(kept) = kept {
            visible.push(kept);
            last = kept;
        }
    }
    visible
}

/// Escapes invisible characters in JSON, and those that change the writing direction or end a line for some readers.
///
/// A parser gets the same values, and a person sees that the characters are there.
///
/// ```
/// use airbyte_agent_gmail::tool::visible_json;
///
/// assert_eq!(visible_json("{\"a\": \"x\u{202e}y\"}"), r#"{"a": "x\u202ey"}"#);
/// ```
pub fn visible_json(json: &str) -> Cow<'_, str> {
    // Most answers are plain ASCII and need no work.
    let is_plain = |byte: u8| matches!(byte, b'\n' | b'\t' | b' '..=b'~');
    if json.bytes().all(is_plain) {
        return Cow::Borrowed(json);
    }
    let mut visible = String::with_capacity(json.len());
    for letter in json.chars() {
        if is_hidden(letter) {
            // JSON has such characters only inside strings.
            for unit in letter.encode_utf16(&mut [0; 2]) {
                visible.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            visible.push(letter);
        }
    }
    Cow::Owned(visible)
}

/// Whether a character is invisible but has an effect.
pub(super) fn is_hidden(letter: char) -> bool {
    is_invisible(letter) || matches!(letter, '\u{2028}' | '\u{2029}')
}

/// Text on one line, for a list or a header.
pub(super) fn visible_line(text: &str) -> String {
    visible_text(text)
        .split(['\n', '\t'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn is_invisible(letter: char) -> bool {
    match letter {
        '\n' | '\t' => false,
        letter if letter.is_control() => true,
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => true,
        // Noncharacters.
        letter => {
            matches!(u32::from(letter) & 0xffff, 0xfffe | 0xffff)
                || ('\u{fdd0}'..='\u{fdef}').contains(&letter)
        }
    }
}

/// Emoji, and Asian scripts that use joiners to shape letters. Elsewhere, a joiner shows nothing.
fn takes_joiner(letter: char) -> bool {
    matches!(letter,
        '\u{600}'..='\u{8ff}'
        | '\u{900}'..='\u{109f}'
        | '\u{1780}'..='\u{18af}'
        | '\u{a840}'..='\u{abff}'
        | '\u{fb50}'..='\u{fdff}'
        | '\u{fe0f}'
        | '\u{fe70}'..='\u{fefc}'
        | '\u{2190}'..='\u{21ff}'
        | '\u{2300}'..='\u{27bf}'
        | '\u{2900}'..='\u{2bff}'
        | '\u{1f000}'..='\u{1faff}')
        && !is_invisible(letter)
        || letter == '\u{fe0f}'
}

fn takes_form(letter: char) -> bool {
    matches!(letter, '#' | '*' | '0'..='9' | '©' | '®')
        || ('\u{2000}'..='\u{33ff}').contains(&letter)
        || ('\u{1f000}'..='\u{1faff}').contains(&letter)
}

/// Reads a flag's tag characters and nothing else.
fn flag(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<&'static str> {
    let mut ahead = letters.clone();
    let mut code = String::new();
    while let Some('\u{e0020}'..='\u{e007e}') = ahead.peek() {
        let letter = u32::from(ahead.next()?) - 0xe0000;
        code.push(char::from_u32(letter)?);
        if code.len() > 5 {
            return None;
        }
    }
    let is_ended = ahead.next() == Some('\u{e007f}');
    let (_, name) = FLAGS.iter().find(|(known, _)| *known == code && is_ended)?;
    *letters = ahead;
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hidden_stays() {
        let hidden = [
            '\u{0}',
            '\u{1b}',
            '\u{7f}',
            '\u{9b}',
            '\u{ad}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{feff}',
            '\u{fe01}',
            '\u{e0001}',
            '\u{e0041}',
            '\u{e0100}',
            '\u{3164}',
            '\u{ffff}',
        ];
        for letter in hidden {
            assert_eq!(
                visible_text(&format!("a{letter}b")),
                "ab",
                "U+{:04X}",
                u32::from(letter)
            );
        }
    }

    #[test]
    fn what_a_person_sees_stays() {
        for text in [
            "Grüße\n\tan alle",
            "می\u{200c}خواهم",
            "👨\u{200d}👩\u{200d}👧 ❤\u{fe0f}",
            "שלום",
            "क\u{94d}\u{200d}ष",
            "日本語",
            "1\u{fe0f}\u{20e3}",
        ] {
            assert_eq!(visible_text(text), text);
        }
        assert_eq!(visible_text("a\r\nb\u{2028}c\rd"), "a\nb\nc\nd");
        let england = "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}!";
        assert_eq!(visible_text(england), "🏴[England]!");
        assert_eq!(visible_text("🏴\u{e0068}\u{e0069}\u{e007f}"), "🏴");
    }

    #[test]
    fn a_joiner_carries_no_second_message() {
        assert_eq!(visible_text("👩\u{200d}\u{200d}\u{200c}💻"), "👩💻");
    }

    #[test]
    fn json_stays_equal_with_nothing_hidden_in_it() {
        let all: String = ('\0'..=char::MAX).collect();
        let value = serde_json::json!({"all": all, "\u{200b}key": "👩\u{200d}💻 Grüße"});
        for json in [
            value.to_string(),
            serde_json::to_string_pretty(&value).unwrap_or_default(),
        ] {
            let visible = visible_json(&json);
            assert!(
                !visible
                    .chars()
                    .any(|letter| letter != '\n' && is_hidden(letter))
            );
            assert!(
                !visible
                    .chars()
                    .any(|letter| letter != '\n' && letter.is_control())
            );
            assert_eq!(
                serde_json::from_str::<serde_json::Value>(&visible).ok(),
                Some(value.clone())
            );
        }
    }
}
