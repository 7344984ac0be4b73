//! The filter language of `context_store_search`.

use std::cmp::Ordering;

use serde_json::{Map, Value};

/// The deepest nesting of filters.
const DEPTH: usize = 32;

const OPERATORS: &str = "eq, neq, gt, gte, lt, lte, in, startswith, endswith, contains, array_contains, fuzzy, \
                         keyword, like, any, has, not, and, or";

/// Conditions that must all hold.
#[derive(Debug, Default)]
pub(super) struct Filter(Vec<Condition>);

#[derive(Debug)]
enum Condition {
    Field {
        operator: String,
        path: Vec<String>,
        value: Value,
    },
    /// Some element of the list at a path matches.
    Any {
        path: Vec<String>,
        element: Element,
    },
    Not(Filter),
    And(Vec<Filter>),
    Or(Vec<Filter>),
}

/// How a list element is matched: by the fields of an object, or as a value.
#[derive(Debug)]
enum Element {
    Fields(Filter),
    Value(Vec<(String, Value)>),
}

impl Filter {
    /// Parses a filter over these fields.
    pub(super) fn read(value: &Value, fields: &[&str]) -> Result<Self, String> {
        read(value, Some(fields), 0)
    }

    /// Whether a record matches.
    pub(super) fn matches(&self, record: &Value) -> bool {
        self.0.iter().all(|condition| condition.matches(record))
    }

    /// Whether any condition refers to a field.
    pub(super) fn uses(&self, field: &str) -> bool {
        self.0.iter().any(|condition| match condition {
            Condition::Field { path, .. } | Condition::Any { path, .. } => {
                path.first().is_some_and(|name| name == field)
            }
            Condition::Not(filter) => filter.uses(field),
            Condition::And(filters) | Condition::Or(filters) => {
                filters.iter().any(|filter| filter.uses(field))
            }
        })
    }
}

/// The keys of a dotted path; the first must be one of the fields.
pub(super) fn path(text: &str, fields: &[&str]) -> Result<Vec<String>, String> {
    let keys: Vec<String> = text.split('.').map(str::to_owned).collect();
    match keys.first() {
        Some(first) if fields.contains(&first.as_str()) => Ok(keys),
        _ => Err(format!(
            "Unknown field '{text}'. Available fields: {}",
            fields.join(", ")
        )),
    }
}

/// The value at a path; null counts as absent.
pub(super) fn at<'a>(record: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter()
        .try_fold(record, |value, key| value.get(key))
        .filter(|value| !value.is_null())
}

/// Compares two values of the same kind.
pub(super) fn order(one: &Value, two: &Value) -> Option<Ordering> {
    match (one, two) {
        (Value::Number(one), Value::Number(two)) => one.as_f64()?.partial_cmp(&two.as_f64()?),
        (Value::String(one), Value::String(two)) => Some(one.cmp(two)),
        (Value::Bool(one), Value::Bool(two)) => Some(one.cmp(two)),
        _ => None,
    }
}

fn read(value: &Value, fields: Option<&[&str]>, depth: usize) -> Result<Filter, String> {
    let Value::Object(operators) = value else {
        return Err(format!(
            "A filter must be an object of operators. Available operators: {OPERATORS}"
        ));
    };
    if depth > DEPTH {
        return Err(format!("A filter can nest {DEPTH} levels deep at most"));
    }
    let mut conditions = Vec::new();
    for (operator, operand) in operators {
        match operator.as_str() {
            "not" => conditions.push(Condition::Not(read(operand, fields, depth + 1)?)),
            "and" | "or" => {
                let Value::Array(filters) = operand else {
                    return Err(format!("Operator '{operator}' takes a list of filters"));
                };
                let filters: Result<Vec<Filter>, String> = filters
                    .iter()
                    .map(|filter| read(filter, fields, depth + 1))
                    .collect();
                conditions.push(if operator == "and" {
                    Condition::And(filters?)
                } else {
                    Condition::Or(filters?)
                });
            }
            "any" => {
                for (field, value) in map(operator, operand)? {
                    let element = read_element(value, depth + 1)?;
                    conditions.push(Condition::Any {
                        path: read_path(field, fields)?,
                        element,
                    });
                }
            }
            "eq" | "neq" | "gt" | "gte" | "lt" | "lte" | "in" | "startswith" | "endswith"
            | "contains" | "array_contains" | "fuzzy" | "keyword" | "like" | "has" => {
                for (field, value) in map(operator, operand)? {
                    check_operand(operator, value)?;
                    let path = read_path(field, fields)?;
                    conditions.push(Condition::Field {
                        operator: operator.clone(),
                        path,
                        value: value.clone(),
                    });
                }
            }
            _ => {
                return Err(format!(
                    "Unknown operator '{operator}'. Available operators: {OPERATORS}"
                ));
            }
        }
    }
    Ok(Filter(conditions))
}

fn map<'a>(operator: &str, operand: &'a Value) -> Result<&'a Map<String, Value>, String> {
    operand
        .as_object()
        .ok_or_else(|| format!("Operator '{operator}' takes an object of fields: {{\"{operator}\": {{\"field\": value}}}}"))
}

fn read_path(text: &str, fields: Option<&[&str]>) -> Result<Vec<String>, String> {
    match fields {
        Some(fields) => path(text, fields),
        // List elements have no table of fields to check against.
        None => Ok(text.split('.').map(str::to_owned).collect()),
    }
}

fn read_element(value: &Value, depth: usize) -> Result<Element, String> {
    let plain = value.as_object().filter(|operators| {
        !operators.is_empty()
            && operators.iter().all(|(name, value)| {
                !value.is_object() && !["and", "or", "not"].contains(&name.as_str())
            })
    });
    let Some(operators) = plain else {
        return read(value, None, depth).map(Element::Fields);
    };
    for (operator, value) in operators {
        if !OPERATORS.split(", ").any(|known| known == operator) {
            return Err(format!(
                "Unknown operator '{operator}'. Available operators: {OPERATORS}"
            ));
        }
        check_operand(operator, value)?;
    }
    Ok(Element::Value(
        operators
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    ))
}

fn check_operand(operator: &str, value: &Value) -> Result<(), String> {
    let (fits, expected) = match operator {
        "in" => (value.is_array(), "a list"),
        "startswith" | "endswith" | "like" | "fuzzy" | "keyword" => (value.is_string(), "a string"),
        _ => (true, "a value"),
    };
    if fits {
        Ok(())
    } else {
        Err(format!("Operator '{operator}' takes {expected}"))
    }
}

impl Condition {
    fn matches(&self, record: &Value) -> bool {
        match self {
            Self::Field {
                operator,
                path,
                value,
            } => holds(operator, at(record, path), value),
            Self::Any { path, element } => match at(record, path) {
                Some(Value::Array(values)) => values.iter().any(|value| match element {
                    Element::Fields(filter) => filter.matches(value),
                    Element::Value(operators) => operators
                        .iter()
                        .all(|(operator, operand)| holds(operator, Some(value), operand)),
                }),
                _ => false,
            },
            Self::Not(filter) => !filter.matches(record),
            Self::And(filters) => filters.iter().all(|filter| filter.matches(record)),
            Self::Or(filters) => filters.iter().any(|filter| filter.matches(record)),
        }
    }
}

fn holds(operator: &str, found: Option<&Value>, wanted: &Value) -> bool {
    if operator == "has" {
        // Airbyte mentions `has` in one place, without explaining it. Here a boolean asks whether there is a value, and
        // anything else whether the list contains it.
        return match wanted {
            Value::Bool(wanted) => found.is_some() == *wanted,
            wanted => found.is_some_and(|found| array_contains(found, wanted)),
        };
    }
    // As in SQL, a missing value matches no comparison, except `eq` null.
    let Some(found) = found else {
        return operator == "eq" && wanted.is_null();
    };
    let ordered = || order(found, wanted);
    match operator {
        "eq" => equal(found, wanted),
        "neq" => !equal(found, wanted),
        "gt" => ordered().is_some_and(Ordering::is_gt),
        "gte" => ordered().is_some_and(Ordering::is_ge),
        "lt" => ordered().is_some_and(Ordering::is_lt),
        "lte" => ordered().is_some_and(Ordering::is_le),
        "in" => wanted
            .as_array()
            .is_some_and(|values| values.iter().any(|value| equal(found, value))),
        "array_contains" => array_contains(found, wanted),
        // Older clients use `contains` for lists.
        "contains" if found.is_array() => array_contains(found, wanted),
        "contains" => match (text(found), text(wanted)) {
            (Some(found), Some(wanted)) => found.contains(&wanted),
            _ => false,
        },
        _ => match (found.as_str(), wanted.as_str()) {
            (Some(found), Some(wanted)) => match operator {
                "startswith" => found.to_lowercase().starts_with(&wanted.to_lowercase()),
                "endswith" => found.to_lowercase().ends_with(&wanted.to_lowercase()),
                "like" => like(found, wanted),
                "fuzzy" => fuzzy(found, wanted),
                _ => keyword(found, wanted),
            },
            _ => false,
        },
    }
}

fn equal(one: &Value, two: &Value) -> bool {
    one == two || (one.is_number() && order(one, two) == Some(Ordering::Equal))
}

/// A string or number, in lower case.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.to_lowercase()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn array_contains(found: &Value, wanted: &Value) -> bool {
    found
        .as_array()
        .is_some_and(|values| values.iter().any(|value| equal(value, wanted)))
}

/// `%` matches any text; a pattern without `%` matches anywhere.
fn like(text: &str, pattern: &str) -> bool {
    if !pattern.contains('%') {
        return text.contains(pattern);
    }
    let mut pieces = pattern.split('%');
    let (Some(first), Some(last)) = (pieces.next(), pieces.next_back()) else {
        return false;
    };
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    for piece in pieces {
        match rest.split_once(piece) {
            _ if piece.is_empty() => {}
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// All words, in order, ignoring case.
fn fuzzy(text: &str, words: &str) -> bool {
    let text = text.to_lowercase();
    let mut rest = text.as_str();
    words
        .to_lowercase()
        .split_whitespace()
        .all(|word| match rest.split_once(word) {
            Some((_, after)) => {
                rest = after;
                true
            }
            None => false,
        })
}

/// Any of the words, as a whole word, ignoring case.
fn keyword(text: &str, words: &str) -> bool {
    let text = text.to_lowercase();
    let split = |text: &str| -> Vec<String> {
        text.split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let there = split(&text);
    split(&words.to_lowercase())
        .iter()
        .any(|word| there.contains(word))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const FIELDS: &[&str] = &[
        "id",
        "labelIds",
        "snippet",
        "sizeEstimate",
        "payload",
        "draft",
    ];

    fn matches(filter: &Value) -> bool {
        let record = json!({
            "id": "b", "labelIds": ["INBOX", "UNREAD"], "snippet": "The Quarterly report is ready",
            "sizeEstimate": 200, "draft": null,
            "payload": {"mimeType": "text/plain", "headers": [{"name": "To", "value": "user@example.com"}]},
        });
        Filter::read(filter, FIELDS).unwrap().matches(&record)
    }

    #[test]
    fn operators_hold_where_they_should() {
        for filter in [
            json!({}),
            json!({"eq": {"id": "b"}}),
            json!({"eq": {"sizeEstimate": 200.0}}),
            json!({"eq": {"payload.mimeType": "text/plain"}}),
            json!({"eq": {"draft": null}}),
            json!({"neq": {"id": "a"}}),
            json!({"gt": {"sizeEstimate": 199}, "lt": {"sizeEstimate": 201}}),
            json!({"gte": {"id": "b"}, "lte": {"id": "b"}}),
            json!({"in": {"id": ["a", "b"]}}),
            json!({"like": {"snippet": "Quarterly"}}),
            json!({"like": {"snippet": "The%report%ready"}}),
            json!({"like": {"snippet": "%ready"}}),
            json!({"fuzzy": {"snippet": "quarterly REPORT"}}),
            json!({"keyword": {"snippet": "missing report"}}),
            json!({"startswith": {"snippet": "THE QUARTERLY"}}),
            json!({"endswith": {"snippet": "Ready"}}),
            json!({"contains": {"snippet": "quarterly REPORT"}}),
            json!({"contains": {"sizeEstimate": 20}}),
            json!({"contains": {"labelIds": "INBOX"}}),
            json!({"array_contains": {"labelIds": "INBOX"}}),
            json!({"any": {"labelIds": {"startswith": "un"}}}),
            json!({"any": {"payload.headers": {"eq": {"name": "To"}, "like": {"value": "%@example.com"}}}}),
            json!({"any": {"labelIds": {"like": "UN%"}}}),
            json!({"has": {"id": true}}),
            json!({"has": {"draft": false}}),
            json!({"not": {"eq": {"id": "a"}}}),
            json!({"and": [{"eq": {"id": "b"}}, {"or": [{"eq": {"id": "a"}}, {"gt": {"sizeEstimate": 1}}]}]}),
        ] {
            assert!(matches(&filter), "{filter}");
        }
        for filter in [
            json!({"eq": {"id": "B"}}),
            json!({"eq": {"sizeEstimate": "200"}}),
            json!({"neq": {"draft": "a"}}),
            json!({"gt": {"sizeEstimate": 200}}),
            json!({"gt": {"id": 1}}),
            json!({"eq": {"id": "b"}, "gt": {"sizeEstimate": 200}}),
            json!({"in": {"id": []}}),
            json!({"like": {"snippet": "quarterly"}}),
            json!({"like": {"snippet": "ready%The"}}),
            json!({"fuzzy": {"snippet": "report quarterly"}}),
            json!({"keyword": {"snippet": "quarter"}}),
            json!({"startswith": {"snippet": "quarterly"}}),
            json!({"startswith": {"snippet": "The%"}}),
            json!({"endswith": {"snippet": "report"}}),
            json!({"contains": {"snippet": "report quarterly"}}),
            json!({"contains": {"draft": "a"}}),
            json!({"contains": {"labelIds": "TRASH"}}),
            json!({"array_contains": {"labelIds": "inbox"}}),
            json!({"array_contains": {"snippet": "report"}}),
            json!({"any": {"labelIds": {"eq": "TRASH"}}}),
            json!({"not": {"contains": {"labelIds": "INBOX"}}}),
            json!({"or": []}),
        ] {
            assert!(!matches(&filter), "{filter}");
        }
    }

    #[test]
    fn broken_filters_say_what_is_allowed() {
        for (filter, expected) in [
            (json!({"equals": {"id": "b"}}), "Available operators: eq"),
            (json!({"eq": {"thread_id": "b"}}), "Available fields: id"),
            (json!({"eq": "b"}), "takes an object"),
            (json!({"in": {"id": "b"}}), "takes a list"),
            (json!({"startswith": {"id": 1}}), "takes a string"),
            (
                json!({"and": {"eq": {"id": "b"}}}),
                "takes a list of filters",
            ),
            (
                json!({"any": {"labelIds": {"equals": "b"}}}),
                "Unknown operator 'equals'",
            ),
            (json!([]), "must be an object"),
        ] {
            let problem = Filter::read(&filter, FIELDS).unwrap_err();
            assert!(problem.contains(expected), "{filter}: {problem}");
        }
        let deep = (0..1_000).fold(json!({}), |filter, _| json!({"not": filter}));
        assert!(
            Filter::read(&deep, FIELDS)
                .unwrap_err()
                .contains("levels deep")
        );
    }
}
