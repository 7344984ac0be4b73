//! The documentation of a call.

use crate::codegen::model::{Operation, Schema};
use crate::codegen::{Settings, name};

/// The lines of a doc comment, each with the space that follows `///`.
pub(super) fn lines(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(|line| format!(" {line}"))
}

/// The documentation of an operation: the document's own description, then facts from the table.
pub(super) fn operation(operation: &Operation) -> Vec<String> {
    let mut text = format!(
        "{}.\n\n{}\n\n`{} {}`\n",
        operation.summary,
        operation.description,
        operation.http_method.to_uppercase(),
        operation.path
    );
    if operation.executable {
        let modes = if operation.hosted_only {
            "hosted mode only"
        } else if operation.hosted {
            "both modes"
        } else {
            "open-source mode only"
        };
        text.push_str(&format!(
            "\n`execute`: entity `{}`, action `{}`; {modes}.\n",
            operation.entity, operation.action
        ));
    }
    let (current, legacy) = operation.quota_units;
    if current > 0 {
        text.push_str(&format!(
            "\nQuota units: {current} (before May 2026: {legacy}).\n"
        ));
    }
    lines(&text).collect()
}

/// A compiled example of a call, if its arguments can be written as literals.
pub(super) fn example(settings: &Settings<'_>, operation: &Operation) -> Vec<String> {
    let mut arguments = Vec::new();
    for field in operation.fields.iter().filter(|field| field.required) {
        match literal(&field.name, &field.schema) {
            Some(literal) => arguments.push(literal),
            None => return Vec::new(),
        }
    }
    let owner = settings.owner.trim_start_matches("crate::");
    let group: String = operation
        .group
        .iter()
        .map(|group| format!("{}().", name::snake(group)))
        .collect();
    let call = format!(
        "client.{group}{}({}).await?;",
        name::snake(&operation.method_name),
        arguments.join(", ")
    );
    let call = if operation.response.is_some() {
        format!("let response = {call}")
    } else {
        call
    };
    let crate_name = settings.crate_name;
    let text = format!(
        "\n```no_run\n# async fn example(client: {crate_name}::{owner}) -> {crate_name}::Result<()> {{\n{call}\n# Ok(())\n# }}\n```\n"
    );
    lines(&text).collect()
}

/// A literal for an argument of the example.
fn literal(name: &str, schema: &Schema) -> Option<String> {
    Some(match schema {
        Schema::String | Schema::Secret => format!("\"{name}\""),
        Schema::Enum(_, values) => format!("\"{}\"", values.first()?),
        Schema::Integer(..) => "1".to_owned(),
        Schema::Boolean => "true".to_owned(),
        Schema::Array(items) => format!("[{}]", literal(name, items)?),
        _ => return None,
    })
}
