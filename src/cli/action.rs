//! Arguments to params.

use std::fmt;

use airbyte_agent_gmail::operation::{Field, Operation, Schema, gmail};
use clap::ArgMatches;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};

use super::command::flag_name;
use super::exit::Failure;
use super::given_text;

/// The entity, action and params of `execute`.
pub(crate) fn from_json(arguments: &ArgMatches) -> Result<(String, String, Value), Failure> {
    let text = |name: &str| {
        arguments
            .get_one::<String>(name)
            .cloned()
            .unwrap_or_default()
    };
    let params = given_text(&text("params"))?;
    let params = serde_json::from_str::<Unambiguous>(&params)
        .map_err(|error| not_json("--params", &error))?
        .0;
    Ok((text("entity"), text("action"), params))
}

/// The operation, its own arguments and its params, of an entity's subcommand.
pub(crate) fn from_flags<'a>(
    entity: &str,
    arguments: &'a ArgMatches,
) -> Result<(&'static Operation, &'a ArgMatches, Value), Failure> {
    let (action, arguments) = arguments
        .subcommand()
        .ok_or_else(|| Failure::input("no action; see --help".to_owned()))?;
    let operation = gmail()
        .operations
        .iter()
        .find(|row| flag_name(row.entity) == entity && flag_name(row.action) == action)
        .ok_or_else(|| Failure::input("no such action; see --help".to_owned()))?;
    let mut params = Map::new();
    for field in operation.fields {
        let Some(texts) = arguments.get_many::<String>(field.name) else {
            continue;
        };
        params.insert(field.name.to_owned(), value(field, texts)?);
    }
    Ok((operation, arguments, Value::Object(params)))
}

fn value<'a>(field: &Field, mut texts: impl Iterator<Item = &'a String>) -> Result<Value, Failure> {
    match &field.schema {
        Schema::Array(items) => texts
            .map(|text| single(field, items, text))
            .collect::<Result<Vec<_>, _>>()
            .map(Value::Array),
        schema => single(field, schema, texts.next().map_or("", String::as_str)),
    }
}

/// A number that is none stays a text: the params' check says what the field takes.
fn single(field: &Field, schema: &Schema, text: &str) -> Result<Value, Failure> {
    Ok(match schema {
        Schema::Integer { .. } => text
            .parse::<i64>()
            .map(Value::from)
            // One that is out of every range is still a number.
            .or_else(|_| text.parse().map(|number: f64| json!(number)))
            .ok()
            .filter(Value::is_number)
            .unwrap_or_else(|| Value::from(text)),
        Schema::Number => text
            .parse::<f64>()
            .map_or_else(|_| Value::from(text), Value::from),
        Schema::Boolean => text
            .parse::<bool>()
            .map_or_else(|_| Value::from(text), Value::from),
        Schema::Object(_) | Schema::Map | Schema::Any | Schema::Array(_) => {
            serde_json::from_str(text)
                .map_err(|error| not_json(&format!("--{}", flag_name(field.name)), &error))?
        }
        Schema::String | Schema::Enum(_) => Value::from(text),
    })
}

/// JSON in which no name stands twice: which of the two is meant nobody knows.
struct Unambiguous(Value);

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson).map(Self)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("json in which no name stands twice")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Unambiguous(value)) = items.next_element()? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some((name, Unambiguous(value))) = fields.next_entry::<String, _>()? {
            if values.insert(name, value).is_some() {
                return Err(A::Error::custom("a name stands twice"));
            }
        }
        Ok(values.into())
    }
}

/// The text of the parser's error can quote what was given; its place is enough.
fn not_json(name: &str, error: &serde_json::Error) -> Failure {
    Failure::input(format!(
        "{name} is no json, or has a name twice (line {}, column {}); give an object like {{\"name\": \"value\"}}",
        error.line(),
        error.column()
    ))
}
