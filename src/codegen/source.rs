//! A document as written: its untyped values, and the line of each key.

use std::collections::BTreeMap;

use saphyr::{LoadableYamlNode, MarkedYaml, YamlData};
use serde_norway::Value;

/// The text of a document, parsed without types.
#[derive(Debug)]
pub struct Source {
    /// The values.
    pub value: Value,
    lines: BTreeMap<Vec<String>, usize>,
}

impl Source {
    /// Combines a document's values with the lines of its text.
    pub fn new(value: Value, yaml: &str) -> Self {
        let mut lines = BTreeMap::new();
        for document in MarkedYaml::load_from_str(yaml).iter().flatten() {
            note(document, &mut Vec::new(), &mut lines);
        }
        Self { value, lines }
    }

    /// The line of the last key of a path that exists in the document, counted from 1.
    pub fn line(&self, path: &[&str]) -> Option<usize> {
        let mut path: Vec<String> = path.iter().map(|key| (*key).to_owned()).collect();
        while !path.is_empty() {
            if let Some(line) = self.lines.get(&path) {
                return Some(*line);
            }
            path.pop();
        }
        None
    }
}

fn note(node: &MarkedYaml<'_>, path: &mut Vec<String>, lines: &mut BTreeMap<Vec<String>, usize>) {
    let mut child = |key: String, line: usize, node: &MarkedYaml<'_>| {
        path.push(key);
        lines.insert(path.clone(), line);
        note(node, path, lines);
        path.pop();
    };
    match &node.data {
        YamlData::Mapping(fields) => {
            for (key, value) in fields {
                let text = match (key.data.as_str(), key.data.as_integer()) {
                    (Some(text), _) => text.to_owned(),
                    (None, Some(number)) => number.to_string(),
                    (None, None) => continue,
                };
                child(text, key.span.start.line(), value);
            }
        }
        YamlData::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                child(index.to_string(), item.span.start.line(), item);
            }
        }
        _ => {}
    }
}
