//! Partial responses: Google's `fields` selector, such as `messages(id,payload/headers),nextPageToken`.

use serde_json::{Map, Value};

/// The deepest nesting of a selector; Gmail's resources are far shallower.
const DEPTH: usize = 32;

/// A syntax error in a selector.
#[derive(Debug)]
pub(super) struct Invalid;

/// A parsed selector.
#[derive(Debug)]
pub(super) struct Selection(Vec<Item>);

impl Selection {
    /// Parses a selector.
    pub(super) fn read(selector: &str) -> Result<Self, Invalid> {
        let mut parser = Parser {
            rest: selector,
            depth: 0,
        };
        let selection = parser.list()?;
        if parser.rest.trim_start().is_empty() {
            Ok(selection)
        } else {
            Err(Invalid)
        }
    }

    /// The part of a value that the selector selects.
    pub(super) fn of(&self, value: &Value) -> Value {
        pick(value, self).unwrap_or_else(|| Value::Object(Map::new()))
    }
}

#[derive(Debug)]
struct Item {
    name: String,
    /// The selection below this field; `None` selects everything.
    below: Option<Selection>,
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

impl Parser<'_> {
    fn list(&mut self) -> Result<Selection, Invalid> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Invalid);
        }
        let mut items = vec![self.item()?];
        while self.takes(',') {
            items.push(self.item()?);
        }
        self.depth -= 1;
        Ok(Selection(items))
    }

    fn item(&mut self) -> Result<Item, Invalid> {
        let end = self
            .rest
            .find(['/', '.', '(', ')', ','])
            .unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        let name = name.trim();
        let letters = |name: &str| {
            name.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        if name.is_empty() || !(name == "*" || letters(name)) {
            return Err(Invalid);
        }
        self.rest = rest;
        // Field masks separate names with dots.
        let below = if self.takes('/') || self.takes('.') {
            self.depth += 1;
            if self.depth > DEPTH {
                return Err(Invalid);
            }
            let item = self.item()?;
            self.depth -= 1;
            Some(Selection(vec![item]))
        } else if self.takes('(') {
            let list = self.list()?;
            if !self.takes(')') {
                return Err(Invalid);
            }
            Some(list)
        } else {
            None
        };
        Ok(Item {
            name: name.to_owned(),
            below,
        })
    }

    fn takes(&mut self, letter: char) -> bool {
        match self.rest.trim_start().strip_prefix(letter) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }
}

/// The selected part; `None` when nothing matches.
fn pick(value: &Value, selection: &Selection) -> Option<Value> {
    match value {
        Value::Object(fields) => {
            let mut picked = Map::new();
            for item in &selection.0 {
                for (name, value) in fields
                    .iter()
                    .filter(|(name, _)| item.name == "*" || item.name == **name)
                {
                    let part = match &item.below {
                        None => Some(value.clone()),
                        Some(below) => pick(value, below),
                    };
                    if let Some(part) = part {
                        merge(picked.entry(name.clone()).or_insert(Value::Null), part);
                    }
                }
            }
            (!picked.is_empty()).then_some(Value::Object(picked))
        }
        Value::Array(values) => Some(
            values
                .iter()
                .map(|value| pick(value, selection).unwrap_or_else(|| Value::Object(Map::new())))
                .collect(),
        ),
        _ => None,
    }
}

/// Selections of the same field, as in `a/b,a/c`, add up.
fn merge(into: &mut Value, part: Value) {
    match (into, part) {
        (Value::Object(fields), Value::Object(more)) => {
            for (name, value) in more {
                merge(fields.entry(name).or_insert(Value::Null), value);
            }
        }
        (Value::Array(values), Value::Array(more)) if values.len() == more.len() => {
            for (value, more) in values.iter_mut().zip(more) {
                merge(value, more);
            }
        }
        (into, part) => *into = part,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn selectors_pick_their_part() {
        let value = json!({
            "messages": [
                {"id": "1", "threadId": "2", "payload": {"headers": [{"name": "To", "value": "x"}], "mimeType": "a/b"}},
                {"id": "3", "threadId": "4"},
            ],
            "nextPageToken": "5",
            "resultSizeEstimate": 6,
        });
        for (selector, expected) in [
            ("nextPageToken", json!({"nextPageToken": "5"})),
            (
                "messages/id,nextPageToken",
                json!({"messages": [{"id": "1"}, {"id": "3"}], "nextPageToken": "5"}),
            ),
            (
                "messages(id)",
                json!({"messages": [{"id": "1"}, {"id": "3"}]}),
            ),
            (
                "messages/payload/headers/name",
                json!({"messages": [{"payload": {"headers": [{"name": "To"}]}}, {}]}),
            ),
            (
                "messages(id,payload(mimeType)),resultSizeEstimate",
                json!({"messages": [{"id": "1", "payload": {"mimeType": "a/b"}}, {"id": "3"}], "resultSizeEstimate": 6}),
            ),
            (
                "messages/id,messages/threadId",
                json!({"messages": [{"id": "1", "threadId": "2"}, {"id": "3", "threadId": "4"}]}),
            ),
            (
                "messages.id, messages ( threadId ) ,messages/ id ",
                json!({"messages": [{"id": "1", "threadId": "2"}, {"id": "3", "threadId": "4"}]}),
            ),
            ("*/id", json!({"messages": [{"id": "1"}, {"id": "3"}]})),
            ("*", value.clone()),
            ("missing", json!({})),
            ("nextPageToken/deeper", json!({})),
        ] {
            let selection = Selection::read(selector).unwrap();
            assert_eq!(selection.of(&value), expected, "{selector}");
        }
    }

    #[test]
    fn broken_selectors_are_refused() {
        for selector in [
            "a(", "a)", "a,,b", "a/", "/a", "(a)", "a b", "a(b", "a(b)c", ",", "a.", "a..b", "a, ",
            " ",
        ] {
            assert!(Selection::read(selector).is_err(), "{selector}");
        }
        assert!(Selection::read(&"a(".repeat(100_000)).is_err());
        assert!(Selection::read(&"a/".repeat(100_000)).is_err());
    }
}
