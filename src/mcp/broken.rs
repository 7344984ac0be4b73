//! Recovers the id from a message that is not JSON.

use serde_json::Value;

/// The id of a message that is not JSON: the value after the first top-level `"id"`, if readable.
pub(super) fn id(bytes: &[u8]) -> Value {
    let (mut at, mut depth) = (0, 0_u32);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let end = string_end(bytes, at);
                let is_id = depth == 1 && bytes.get(at..end) == Some(b"\"id\"");
                at = end;
                if is_id && let Some(value) = after_colon(bytes, end) {
                    return scalar(value);
                }
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    Value::Null
}

/// The index after the string that starts at `start`.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn after_colon(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let rest = bytes.get(at..)?.trim_ascii_start().strip_prefix(b":")?;
    Some(rest.trim_ascii_start())
}

/// A string or number at the start of the bytes.
fn scalar(bytes: &[u8]) -> Value {
    let length = if bytes.starts_with(b"\"") {
        string_end(bytes, 0)
    } else {
        bytes
            .iter()
            .take_while(|byte| {
                byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E')
            })
            .count()
    };
    let text = bytes.get(..length).unwrap_or_default();
    match serde_json::from_slice(text) {
        Ok(value @ (Value::String(_) | Value::Number(_))) => value,
        _ => Value::Null,
    }
}
