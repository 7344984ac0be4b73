//! YAML in which nothing is hidden.

use airbyte_agent_gmail::tool::visible_json;
use serde_json::{Map, Value};

/// A value as YAML, with invisible characters as escapes. It parses to the same value.
pub(crate) fn to_string(value: &Value) -> Result<String, serde_norway::Error> {
    let json = value.to_string();
    if !json.chars().any(is_hidden) {
        return serde_norway::to_string(value);
    }
    // The library escapes control characters, but no other invisible ones. Replace each by a bell, which it writes as
    // `\a` in double quotes, a word that does not occur in the value, and the character's number.
    let mut word = 0_u32;
    while json.contains(&mark(word)) {
        word += 1;
    }
    let text = serde_norway::to_string(&marked(value, &mark(word)))?;
    let begin = format!("\\a{}", mark(word));
    let mut visible = String::with_capacity(text.len());
    let mut parts = text.split(begin.as_str());
    visible.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (number, rest) = part.split_at_checked(8).unwrap_or((part, ""));
        visible.push_str("\\U");
        visible.push_str(number);
        visible.push_str(rest);
    }
    Ok(visible)
}

fn mark(word: u32) -> String {
    format!("hidden{word}x")
}

fn is_hidden(letter: char) -> bool {
    let mut bytes = [0; 4];
    let text: &str = letter.encode_utf8(&mut bytes);
    // Printable ASCII is never hidden.
    !text
        .bytes()
        .all(|byte| (0x20..0x7f).contains(&byte) || byte == b'\n')
        && visible_json(text) != text
}

fn marked(value: &Value, mark: &str) -> Value {
    let text = |text: &str| {
        let mut marked = String::with_capacity(text.len());
        for letter in text.chars() {
            if letter != '\t' && is_hidden(letter) {
                marked.push_str(&format!("\u{7}{mark}{:08x}", u32::from(letter)));
            } else {
                marked.push(letter);
            }
        }
        marked
    };
    match value {
        Value::String(value) => Value::String(text(value)),
        Value::Array(values) => values.iter().map(|value| marked(value, mark)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (text(name), marked(value, mark)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn yaml_stays_equal_with_nothing_hidden_in_it() {
        for letter in ('\0'..=char::MAX).filter(|letter| is_hidden(*letter)) {
            let value = json!([{
                "subject": format!("a{letter}b"),
                format!("key{letter}"): letter.to_string(),
                "text": format!("first\nsecond {letter}{letter} \\ahidden0x0000202e 'quoted' \"too\"\n"),
                "plain": "C:\\a\\hidden",
            }]);
            let text = to_string(&value).unwrap();
            assert!(
                !text
                    .chars()
                    .any(|letter| letter != '\n' && is_hidden(letter)),
                "{:04x}: {text}",
                u32::from(letter)
            );
            assert_eq!(
                serde_norway::from_str::<Value>(&text).unwrap(),
                value,
                "{text}"
            );
        }
        let plain = json!({"a": "x", "b": "two\nlines"});
        assert_eq!(
            to_string(&plain).unwrap(),
            serde_norway::to_string(&plain).unwrap()
        );
    }
}
