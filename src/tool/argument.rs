//! The arguments that a model gives, checked, and read.

use serde_json::{Map, Value};

use crate::connector::Selection;
use crate::operation::check;
use crate::operation::schema::schema;
use crate::operation::{Field, Location, Operation, Schema};

use super::answer::Failure;
use super::leniency::{self, Commas};

/// The two arguments that choose among the fields of a result.
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

/// An argument that must be given, and not be empty.
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

/// An argument that may be left out, and counts as left out where it is empty.
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

/// The same argument, where an empty text means what it says.
pub(super) const fn or_empty(field: Field) -> Field {
    Field {
        location: Location::Body,
        ..field
    }
}

/// The argument that gives hosted mode the reason.
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
        // Models like to write null for what they leave out.
        let values = values
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .collect();
        Self { values }
    }

    /// The arguments of a tool of this module's own: brought to the types of its fields, and checked.
    pub(super) fn checked(mut self, fields: &[Field]) -> Result<Self, Failure> {
        self.settle(fields, &schema(fields), Commas::Allowed);
        check::check(fields, &self.values).map_err(Failure::input)?;
        check::settle(fields, &mut self.values);
        Ok(self)
    }

    /// The params of an action, brought to the types of its row.
    pub(super) fn for_action(mut self, row: &Operation) -> Self {
        self.settle(row.fields, &row.params_schema(), Commas::Doubtful);
        self
    }

    fn settle(&mut self, fields: &[Field], schema: &Value, commas: Commas) {
        // A search or a page token that is empty asks for nothing; in a body an empty text can be what is meant.
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

    /// A text that must be there.
    pub(super) fn text(&self, name: &str) -> Result<String, Failure> {
        self.optional_text(name)
            .map(str::to_owned)
            .ok_or_else(|| Failure::input(format!("`{name}` is missing or is not text; give it")))
    }

    /// A text that may be there.
    pub(super) fn optional_text(&self, name: &str) -> Option<&str> {
        self.values.get(name).and_then(Value::as_str)
    }

    /// A number that may be there.
    pub(super) fn number(&self, name: &str, default: usize) -> usize {
        let number = self.values.get(name).and_then(Value::as_u64);
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

    /// As `checked`, where the choice among fields is taken out of the arguments already.
    pub(super) fn checked_with_selection(self, fields: &[Field]) -> Result<Self, Failure> {
        self.check_names(fields)?;
        self.checked(fields)
    }

    /// Refuses a name that is not known, with all that are: the choice among fields is one of them.
    pub(super) fn check_names(&self, fields: &[Field]) -> Result<(), Failure> {
        let names = fields.iter().chain(&SELECTION).map(|field| field.name);
        let names: Vec<&str> = names.collect();
        check::check_names(&names, &self.values, "").map_err(Failure::input)
    }

    /// Takes the choice among fields out of the arguments.
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
