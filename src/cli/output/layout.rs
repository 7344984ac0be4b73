//! JSON for people.

/// Indents JSON, one line for each field and item, two spaces for each level. Strings, numbers and the order of
/// fields stay as written.
pub(super) fn pretty(json: &str) -> String {
    let mut text = String::with_capacity(json.len() + json.len() / 4);
    let mut depth = 0;
    let mut rest = json;
    while let Some(letter) = rest.chars().next() {
        let (part, after) = rest.split_at(match letter {
            '"' => end_of_text(rest),
            _ => letter.len_utf8(),
        });
        rest = after;
        match letter {
            '{' | '[' => {
                text.push(letter);
                let inside = rest.trim_start();
                if inside.starts_with(['}', ']']) {
                    text.push_str(inside.get(..1).unwrap_or_default());
                    rest = inside.get(1..).unwrap_or_default();
                } else {
                    depth += 1;
                    break_line(&mut text, depth);
                }
            }
            '}' | ']' => {
                depth -= 1;
                break_line(&mut text, depth);
                text.push(letter);
            }
            ',' => {
                text.push(letter);
                break_line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            letter if letter.is_ascii_whitespace() => {}
            _ => text.push_str(part),
        }
    }
    text
}

/// The end of the string that starts here.
fn end_of_text(json: &str) -> usize {
    let mut is_escaped = true;
    let end = json.bytes().position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    });
    end.map_or(json.len(), |end| end + 1)
}

fn break_line(text: &mut String, depth: usize) {
    text.push('\n');
    text.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::pretty;
    use serde_json::{Value, json};

    #[test]
    fn it_is_laid_out_as_values_are() -> Result<(), serde_json::Error> {
        let value = json!({
            "a": [], "b": {}, "c": [1, -2.5e30, true, null, [[]], {"d": {}}],
            "e\"\\": "x\\\"{[,:]}\\", "f": "\u{1}\n ü 👩", "g": "",
        });
        let spread = serde_json::to_string_pretty(&value)?;
        let wide = spread.replace('\n', "\r\n\t ");
        for json in [value.to_string(), spread.clone(), wide] {
            assert_eq!(pretty(&json), spread);
        }
        for plain in [json!("a, b"), json!(7), Value::Null] {
            assert_eq!(pretty(&plain.to_string()), plain.to_string());
        }
        assert_eq!(
            pretty(r#"{"n": 1.0E2, "\u0061": 1}"#),
            "{\n  \"n\": 1.0E2,\n  \"\\u0061\": 1\n}"
        );
        Ok(())
    }
}
