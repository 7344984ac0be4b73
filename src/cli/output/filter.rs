//! `--jq`: filters JSON output with a jq program.

use std::fmt;
use std::sync::Arc;

use airbyte_agent_gmail::tool::{visible_json, visible_text};
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, data, unwrap_valr};
use jaq_json::{Val, read};
use serde_json::Value;

use crate::cli::exit::Failure;

type Compiled = jaq_core::compile::Filter<jaq_core::Native<data::JustLut<Val>>>;

/// A compiled filter.
#[derive(Clone)]
pub(crate) struct Filter(Arc<Compiled>);

impl Filter {
    /// Compiles a filter.
    pub(crate) fn parse(code: &str) -> Result<Self, &'static str> {
        const NOT_A_FILTER: &str = "it is not a jq filter, or it calls a function that jq does not have; give one like '.messages[].id'";
        let definitions = jaq_core::defs()
            .chain(jaq_std::defs())
            .chain(jaq_json::defs());
        let functions = jaq_core::funs()
            .chain(jaq_std::funs().filter(|(name, ..)| *name != "env"))
            .chain(jaq_json::funs());
        let arena = Arena::default();
        let modules = Loader::new(definitions)
            .load(&arena, File { code, path: () })
            .map_err(|_| NOT_A_FILTER)?;
        Compiler::default()
            .with_funs(functions)
            .compile(modules)
            .map(|compiled| Self(Arc::new(compiled)))
            .map_err(|_| NOT_A_FILTER)
    }

    /// Applies the filter: one line for each result, strings without quotes.
    pub(super) fn lines(&self, value: &Value) -> Result<Vec<String>, Failure> {
        let failed = |error: &dyn fmt::Display| Failure::Unshown(2, format!("--jq: {error}"));
        let input =
            read::parse_single(value.to_string().as_bytes()).map_err(|error| failed(&error))?;
        let context = Ctx::<data::JustLut<Val>>::new(&self.0.lut, Vars::new([]));
        let results = self.0.id.run((context, input)).map(unwrap_valr);
        results
            .map(|result| {
                let json = result.map_err(|error| failed(&error))?.to_string();
                Ok(match serde_json::from_str(&json) {
                    Ok(Value::String(text)) => visible_text(&text),
                    _ => visible_json(&json).into_owned(),
                })
            })
            .collect()
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Filter")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Filter;

    #[test]
    fn results_are_lines() {
        let value = json!({"messages": [{"id": "a", "size": 1}, {"id": "b\u{1b}[2J", "size": 12}]});
        for (code, lines) in [
            (".messages[].id", &["a", "b[2J"][..]),
            ("[.messages[].size] | add", &["13"]),
            (
                ".messages[] | select(.size > 9) | {size}",
                &["{\"size\":12}"],
            ),
            ("empty", &[]),
        ] {
            let found = Filter::parse(code)
                .ok()
                .and_then(|filter| filter.lines(&value).ok());
            assert_eq!(
                found.as_deref(),
                Some(
                    &lines
                        .iter()
                        .map(|line| (*line).to_owned())
                        .collect::<Vec<_>>()[..]
                ),
                "{code}"
            );
        }
        assert!(Filter::parse(".a[").is_err() && Filter::parse("nothing_of_jq").is_err());
        // A filter must not read credentials from the environment.
        assert!(Filter::parse("env").is_err() && Filter::parse("$ENV").is_err());
        assert!(Filter::parse(".messages + 1").is_ok_and(|filter| filter.lines(&value).is_err()));
    }
}
