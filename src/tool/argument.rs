//! The arguments that a model gives, checked, and read.

use serde_json::{Map, Value};

use crate::connector::Selection;
use crate::operation::{Location, Operation};

use super::answer::Failure;
use super::leniency::{self, Commas};

/// The two arguments that choose among the fields of a result.
pub(super) const SELECTION: [&str; 2] = ["select_fields", "exclude_fields"];

/// The arguments of a call.
pub(super) struct Arguments {
    values: Map<String, Value>,
}

impl Arguments {
    pub(super) fn new(values: Map<String, Value>) -> Self {
        // Models like to write null for what they leave out.
        let values = values
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .collect();
        Self { values }
    }

    /// The arguments of a tool of this module's own, brought to the types of its schema.
    pub(super) fn settled(mut self, schema: &Value) -> Self {
        leniency::settle(schema, &mut self.values, Commas::Allowed);
        self
    }

    /// The params of an action, brought to the types of its row.
    pub(super) fn for_action(mut self, row: &Operation) -> Self {
        // A search or a page token that is empty asks for nothing; in a body an empty text can be what is meant.
        self.values.retain(|name, value| {
            let is_left_out = row.field(name).is_some_and(|field| {
                !field.required && matches!(field.location, Location::Query | Location::Header)
            });
            !(is_left_out && value.as_str().is_some_and(str::is_empty))
        });
        leniency::settle(&row.params_schema(), &mut self.values, Commas::Doubtful);
        self
    }

    pub(super) fn into_values(self) -> Map<String, Value> {
        self.values
    }

    /// Holds the arguments against a schema of this module's own making.
    pub(super) fn check(&self, schema: &Value) -> Result<(), Failure> {
        let empty = Map::new();
        let properties = schema["properties"].as_object().unwrap_or(&empty);
        for (name, value) in &self.values {
            let Some(property) = properties.get(name) else {
                let names: Vec<&str> = properties.keys().map(String::as_str).collect();
                return Err(Failure::input(format!(
                    "there is an argument that is not known; it takes: {}",
                    names.join(", ")
                )));
            };
            check_value(name, value, property)?;
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            let name = name.as_str().unwrap_or_default();
            if !self.values.contains_key(name) {
                let description = properties
                    .get(name)
                    .and_then(|property| property["description"].as_str());
                return Err(Failure::input(format!(
                    "`{name}` is missing; it takes: {}",
                    description.unwrap_or("a value")
                )));
            }
        }
        Ok(())
    }

    /// A text that must be there.
    pub(super) fn text(&self, name: &str) -> Result<String, Failure> {
        self.optional_text(name)
            .map(str::to_owned)
            .ok_or_else(|| Failure::input(format!("`{name}` is missing or is no text; give it")))
    }

    /// A text that may be there.
    pub(super) fn optional_text(&self, name: &str) -> Option<&str> {
        self.values.get(name).and_then(Value::as_str)
    }

    /// A number that may be there.
    pub(super) fn number(&self, name: &str, default: usize) -> usize {
        let number = self.values.get(name).and_then(|value| match value {
            Value::Number(number) => number.as_u64().or_else(|| {
                number
                    .as_f64()
                    .filter(|number| number.fract() == 0.0 && (0.0..1e15).contains(number))
                    .map(|number| number as u64)
            }),
            _ => None,
        });
        number
            .and_then(|number| usize::try_from(number).ok())
            .unwrap_or(default)
    }

    /// A switch, off where it is not given.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.values
            .get(name)
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }

    /// As `flag`, on where it is not given.
    pub(super) fn flag_or_true(&self, name: &str) -> bool {
        self.values
            .get(name)
            .and_then(Value::as_bool)
            .unwrap_or(true)
    }

    /// A list of texts; a single text counts as one.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        match self.values.get(name) {
            Some(Value::String(text)) => vec![text.clone()],
            Some(Value::Array(values)) => values
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            _ => Vec::new(),
        }
    }

    /// An object; an empty one where it is not given.
    pub(super) fn object(&self, name: &str) -> Map<String, Value> {
        self.values
            .get(name)
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default()
    }

    /// Takes the choice among fields out of the arguments; what is left are the params of the action.
    pub(super) fn split_selection(mut self) -> Result<(Map<String, Value>, Selection), Failure> {
        let selection = self.take_selection()?;
        Ok((self.values, selection))
    }

    pub(super) fn take_selection(&mut self) -> Result<Selection, Failure> {
        let [select, exclude] = SELECTION.map(|name| self.take_paths(name));
        let (select, exclude) = (select?, exclude?);
        Ok(if select.is_empty() {
            Selection::exclude(exclude)
        } else {
            Selection::select(select)
        })
    }

    fn take_paths(&mut self, name: &str) -> Result<Vec<String>, Failure> {
        let wrong = || {
            Failure::input(format!(
                "`{name}` is a list of texts, dots lead into objects: [\"id\", \"payload.headers\"]"
            ))
        };
        let given = self.values.remove(name).map(|value| {
            let items = value.as_str().and_then(leniency::list);
            items.map_or(value, Value::Array)
        });
        match given {
            None => Ok(Vec::new()),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(Vec::new()),
            Some(Value::String(text)) => {
                Ok(text.split(',').map(|path| path.trim().to_owned()).collect())
            }
            Some(Value::Array(values)) => values
                .into_iter()
                .map(|value| value.as_str().map(str::to_owned).ok_or_else(wrong))
                .collect(),
            Some(_) => Err(wrong()),
        }
    }
}

fn check_value(name: &str, value: &Value, property: &Value) -> Result<(), Failure> {
    let fits = |kind: &str| match kind {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => {
            value.is_u64()
                || value.is_i64()
                || value.as_f64().is_some_and(|number| number.fract() == 0.0)
        }
        "array" => value
            .as_array()
            .is_some_and(|values| values.iter().all(Value::is_string)),
        "object" => value.is_object(),
        _ => false,
    };
    let kinds: Vec<&str> = match &property["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !kinds.iter().any(|kind| fits(kind)) {
        return Err(Failure::input(format!(
            "`{name}` has the wrong type; it takes: {}",
            kinds.join(" or ")
        )));
    }
    let outside = value.as_f64().is_some_and(|number| {
        property["minimum"]
            .as_f64()
            .is_some_and(|least| number < least)
            || property["maximum"]
                .as_f64()
                .is_some_and(|most| number > most)
    });
    if outside {
        return Err(Failure::input(format!(
            "`{name}` is out of range; it takes {} to {}",
            property["minimum"], property["maximum"]
        )));
    }
    let is_empty =
        value.as_str().is_some_and(str::is_empty) || value.as_array().is_some_and(Vec::is_empty);
    if is_empty && (property["minLength"].is_number() || property["minItems"].is_number()) {
        return Err(Failure::input(format!(
            "`{name}` is empty; give a value or leave it out"
        )));
    }
    if let Some(values) = property["enum"].as_array()
        && !values.contains(value)
    {
        let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
        return Err(Failure::input(format!(
            "`{name}` has a value that is not known; use one of: {}",
            values.join(", ")
        )));
    }
    Ok(())
}
