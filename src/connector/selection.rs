//! The choice of fields to return.

use serde_json::{Map, Value, json};

/// A selection of record fields, as dotted paths that also go into the items of lists.
///
/// ```
/// use airbyte_agent_gmail::Selection;
/// use serde_json::json;
///
/// let selection = Selection::select(["id", "payload.headers.name"]);
/// let record = json!({"id": "1", "snippet": "…", "payload": {"headers": [{"name": "To", "value": "x"}]}});
/// assert_eq!(selection.apply(&record), json!({"id": "1", "payload": {"headers": [{"name": "To"}]}}));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    select: Vec<String>,
    exclude: Vec<String>,
}

impl Selection {
    /// Selects only these fields.
    pub fn select<F: Into<String>>(fields: impl IntoIterator<Item = F>) -> Self {
        Self {
            select: fields.into_iter().map(Into::into).collect(),
            exclude: Vec::new(),
        }
    }

    /// Selects all fields but these.
    pub fn exclude<F: Into<String>>(fields: impl IntoIterator<Item = F>) -> Self {
        Self {
            select: Vec::new(),
            exclude: fields.into_iter().map(Into::into).collect(),
        }
    }

    /// Whether it selects everything.
    pub fn is_empty(&self) -> bool {
        self.select.is_empty() && self.exclude.is_empty()
    }

    /// The selected part of a record, or of each record in a list.
    #[must_use]
    pub fn apply(&self, value: &Value) -> Value {
        // As with Airbyte, the list of fields to include takes precedence.
        if self.select.is_empty() {
            let mut value = value.clone();
            for path in &self.exclude {
                remove(&mut value, path);
            }
            value
        } else {
            let paths: Vec<&str> = self.select.iter().map(String::as_str).collect();
            keep(value, &paths)
        }
    }

    /// The fields of Airbyte's `execute` that select the same.
    pub(super) fn to_hosted(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        if !self.select.is_empty() {
            fields.insert("select_fields".to_owned(), json!(self.select));
        } else if !self.exclude.is_empty() {
            fields.insert("exclude_fields".to_owned(), json!(self.exclude));
        }
        fields
    }
}

fn keep(value: &Value, paths: &[&str]) -> Value {
    match value {
        Value::Array(values) => values.iter().map(|value| keep(value, paths)).collect(),
        Value::Object(fields) => {
            let mut kept = Map::new();
            for (name, value) in fields {
                let inner: Vec<&str> = paths
                    .iter()
                    .filter_map(|path| path.strip_prefix(name.as_str()))
                    .collect();
                if inner.contains(&"") {
                    kept.insert(name.clone(), value.clone());
                    continue;
                }
                let inner: Vec<&str> = inner
                    .into_iter()
                    .filter_map(|path| path.strip_prefix('.'))
                    .collect();
                if !inner.is_empty() {
                    kept.insert(name.clone(), keep(value, &inner));
                }
            }
            Value::Object(kept)
        }
        value => value.clone(),
    }
}

fn remove(value: &mut Value, path: &str) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| remove(value, path)),
        Value::Object(fields) => {
            fields.remove(path);
            if let Some((first, rest)) = path.split_once('.')
                && let Some(inner) = fields.get_mut(first)
            {
                remove(inner, rest);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_excluded_is_gone_at_every_depth() {
        let records = json!([{"id": "1", "payload": {"parts": [{"body": 1, "name": 2}]}}]);
        let selection = Selection::exclude(["payload.parts.body", "missing.path"]);
        assert_eq!(
            selection.apply(&records),
            json!([{"id": "1", "payload": {"parts": [{"name": 2}]}}])
        );
    }

    #[test]
    fn what_is_not_selected_is_gone() {
        assert_eq!(
            Selection::select(["missing"]).apply(&json!([{"id": 1}])),
            json!([{}])
        );
        let record = json!({"id": 1, "ids": [2]});
        assert_eq!(Selection::select(["id"]).apply(&record), json!({"id": 1}));
        assert_eq!(Selection::default().apply(&record), record);
    }
}
