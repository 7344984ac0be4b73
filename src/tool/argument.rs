//! A model's arguments: checking and reading.

use serde_json::{Map, Value};

use crate::connector::Selection;
use crate::operation::check;
use crate::operation::schema::schema;
use crate::operation::{Field, Location, Operation, Schema};

use super::answer::Failure;
use super::leniency::{self, Commas};

/// The two arguments that select fields of a result.
pub(super) static SELECTION: [Field; 2] = [
    or_empty(optional(
        "select_fields",
        Schema::Array(&Schema::String),
        "Return only these fields, such as payload.headers.",
    )),
    or_empty(optional(
        "exclude_fields",
        Schema::Array(&Schema::String),
        "Omit these fields.",
    )),
];

/// A required argument, which must not be empty.
pub(super) const fn required(
    name: &'static str,
    schema: Schema,
    description: &'static str,
) -> Field {
    Field {
        required: true,
        ..optional(name, schema, description)
    }
}

/// An optional argument. An empty one counts as absent.
pub(super) const fn optional(
    name: &'static str,
    schema: Schema,
    description: &'static str,
) -> Field {
    Field {
        name,
        location: Location::Query,
        required: false,
        description,
        schema,
        comma_joined: false,
        absent: false,
        sent_as: None,
    }
}

/// The same argument, but an empty string is a value.
pub(super) const fn or_empty(field: Field) -> Field {
    Field {
        location: Location::Body,
        ..field
    }
}

/// The argument with the reason for an action, in hosted mode.
pub(super) const INTENT: Field = optional(
    "intent",
    Schema::String,
    "Why it is done, in at most 512 characters, for the audit log.",
);

/// The arguments of a call.
pub(super) struct Arguments {
    values: Map<String, Value>,
}

impl Arguments {
    pub(super) fn new(values: Map<String, Value>) -> Self {
        // Models like to write null for absent arguments.
        let values = values
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .collect();
        Self { values }
    }

    /// Converts the arguments of a composed tool to their types, and checks them.
    pub(super) fn checked(mut self, fields: &[Field]) -> Result<Self, Failure> {
        self.settle(fields, &schema(fields), Commas::Allowed);
        check::check(fields, &self.values).map_err(Failure::input)?;
        check::settle(fields, &mut self.values);
        Ok(self)
    }

    /// Converts the params of an action to the types of its row.
    pub(super) fn for_action(mut self, row: &Operation) -> Self {
        self.settle(row.fields, &row.params_schema(), Commas::Doubtful);
        self
    }

    fn settle(&mut self, fields: &[Field], schema: &Value, commas: Commas) {
        // An empty search or page token asks for nothing. In a body, an empty string can be intended.
        self.values.retain(|name, value| {
            let is_left_out = fields.iter().any(|field| {
                field.name == name
                    && !field.required
                    && matches!(field.location, Location::Query | Location::Header)
            });
            !(is_left_out && value.as_str().is_some_and(|text| text.trim().is_empty()))
        });
        leniency::settle(schema, &mut self.values, commas);
    }

    pub(super) fn into_values(self) -> Map<String, Value> {
        self.values
    }

    /// A required string.
    pub(super) fn text(&self, name: &str) -> Result<String, Failure> {
        self.optional_text(name)
            .map(str::to_owned)
            .ok_or_else(|| Failure::input(format!("`{name}` is missing or is not text; give it")))
    }

    /// An optional string.
    pub(super) fn optional_text(&self, name: &str) -> Option<&str> {
        self.values.get(name).and_then(Value::as_str)
    }

    /// An optional number.
    pub(super) fn number(&self, name: &str, default: usize) -> usize {
        let number = self.values.get(name).and_then(Value::as_u64);
        number
            .and_then(|number| usize::try_from(number).ok())
            .unwrap_or(default)
    }

    /// A boolean.
    pub(super) fn flag(&self, name: &str, default: bool) -> bool {
        let given = self.values.get(name).and_then(Value::as_bool);
        given.unwrap_or(default)
    }

    /// A list of strings. A single string counts as a list of one.
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

    /// An object, empty by default.
    pub(super) fn object(&self, name: &str) -> Map<String, Value> {
        self.values
            .get(name)
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default()
    }

    /// Refuses an unknown name; the error lists the known ones, field selection included.
    pub(super) fn check_names(&self, fields: &[Field]) -> Result<(), Failure> {
        let names = fields.iter().chain(&SELECTION).map(|field| field.name);
        let names: Vec<&str> = names.collect();
        check::check_names(&names, &self.values, "").map_err(Failure::input)
    }

    /// Takes the field selection out of the arguments.
    pub(super) fn take_selection(&mut self) -> Result<Selection, Failure> {
        let [select, exclude] = &SELECTION;
        let [select, exclude] = [select, exclude].map(|field| self.take_paths(field.name));
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
