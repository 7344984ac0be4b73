//! The result of Airbyte's `execute`: its extractors, applied to the schema of the whole answer.

use serde_norway::Value;

use crate::schema::{Schemas, kind};
use crate::value::entries;

/// The schema that an extractor selects.
pub enum Shape<'a> {
    /// A list of this schema.
    List(&'a Value),
    /// An object.
    Object(&'a Value),
    /// Not in the document.
    Unknown,
}

/// A step of an extractor.
enum Step<'a> {
    Key(&'a str),
    Index,
    Each,
}

/// The last key of an extractor; `None` for the whole answer.
pub fn last_key(extractor: &str) -> Option<&str> {
    steps(extractor)
        .into_iter()
        .rev()
        .find_map(|step| match step {
            Step::Key(key) => Some(key),
            _ => None,
        })
}

/// Applies an extractor to an answer's schema.
pub fn extract<'a>(schemas: &Schemas<'a>, answer: &'a Value, extractor: &str) -> Shape<'a> {
    let mut found = schemas.resolve(answer);
    let mut is_list = false;
    for step in steps(extractor) {
        let next = match step {
            Step::Key(key) => entries(&found["properties"])
                .find(|(name, _)| *name == key)
                .map(|(_, value)| value),
            Step::Index => Some(&found["items"]),
            Step::Each => {
                is_list = true;
                Some(&found["items"])
            }
        };
        match next.filter(|next| !next.is_null()) {
            Some(next) => found = schemas.resolve(next),
            None if is_list => return Shape::List(&Value::Null),
            None => return Shape::Unknown,
        }
    }
    match kind(found) {
        Some("array") => Shape::List(&found["items"]),
        _ if is_list => Shape::List(found),
        Some("object") => Shape::Object(found),
        _ => Shape::Unknown,
    }
}

/// The schema at a path, if the document has it.
pub fn at<'a>(schemas: &Schemas<'a>, answer: &'a Value, extractor: &str) -> &'a Value {
    let mut found = answer;
    for step in steps(extractor) {
        found = match step {
            Step::Key(key) => &schemas.resolve(found)["properties"][key],
            Step::Index | Step::Each => &schemas.resolve(found)["items"],
        };
    }
    found
}

fn steps(extractor: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    for part in extractor.trim_start_matches('$').split('.') {
        let (key, rest) = part
            .split_once('[')
            .map_or((part, ""), |(key, _)| (key, &part[key.len()..]));
        if !key.is_empty() {
            steps.push(Step::Key(key));
        }
        for index in rest.split('[').skip(1) {
            steps.push(if index.starts_with('*') {
                Step::Each
            } else {
                Step::Index
            });
        }
    }
    steps
}
