//! `airbyte-gmail execute`.

use std::fmt;

use airbyte_agent_gmail::operation::gmail;
use clap::Args;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::action;
use crate::cli::args::table::Call;
use crate::cli::args::{Global, Text};
use crate::cli::exit::Failure;
use crate::cli::output::Format;
use crate::cli::settings::connect;

/// Run any action by entity, action and params
#[derive(Args)]
pub(crate) struct Execute {
    /// The entity, such as messages
    entity: String,
    /// The action, such as list
    action: String,
    /// The params as a JSON object; @FILE reads a file, - reads standard input
    #[arg(long, value_name = "JSON", default_value = "{}")]
    params: Text,
}

impl Execute {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let Unambiguous(params) = serde_json::from_str(&self.params.read()?)
            .map_err(|error| Failure::not_json("--params", &error))?;
        // An action missing from the table is the Context Store's, or a typo that `execute_selected` reports.
        if let Ok(operation) = gmail().find(&self.entity, &self.action) {
            let call = Call {
                operation,
                params,
                is_all: false,
            };
            return action::run(global, call).await;
        }
        let (connector, output) = (connect(global)?, global.output(Format::Json));
        let selection = output.selection();
        let call = connector.execute_selected(&self.entity, &self.action, params, &selection);
        output.execute(call, Failure::from).await
    }
}

/// JSON without repeated names: nobody knows which of the two was meant.
pub(super) struct Unambiguous(pub(super) Value);

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson).map(Self)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("json without repeated names")
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
                return Err(A::Error::custom("a name occurs twice"));
            }
        }
        Ok(values.into())
    }
}
