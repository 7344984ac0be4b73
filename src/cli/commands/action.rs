//! Runs any action of the table.

use std::io::{BufRead, IsTerminal, Write};

use airbyte_agent_gmail::operation::{Location, Operation};
use airbyte_agent_gmail::page::SeenTokens;
use airbyte_agent_gmail::{ExecuteResult, GmailConnector};
use serde_json::{Map, Value, json};

use crate::cli::args::Global;
use crate::cli::args::table::Call;
use crate::cli::exit::Failure;
use crate::cli::field;
use crate::cli::label;
use crate::cli::output::{self, Format, Meter, Output};
use crate::cli::settings::{builder, connect, patient};

/// Runs an action of the table, as the global flags ask.
pub(crate) async fn run(global: &Global, call: Call) -> Result<(), Failure> {
    let Call {
        operation,
        mut params,
        is_all,
    } = call;
    let output = global.output(Format::Json);
    output.check_fields(field::of(operation))?;
    if global.dry_run {
        return show(&output, operation, &params);
    }
    if operation.destructive {
        let instead = ", or --dry-run to see what would be done";
        confirm(global, operation.id, operation.summary, instead)?;
    }
    let gmail = if is_all {
        patient(builder(global)?).build()?
    } else {
        connect(global)?
    };
    label::resolve(&gmail, operation, &mut params).await?;
    if is_all {
        return every_page(&gmail, &output, operation, params).await;
    }
    let given = path_values(operation, &params);
    let selection = output.selection();
    let call = gmail.execute_selected(operation.entity, operation.action, params, &selection);
    output.execute(call, &given).await
}

/// The ids in the request's path.
fn path_values(operation: &Operation, params: &Value) -> String {
    let fields = operation.fields.iter();
    let ids = fields
        .filter(|field| field.location == Location::Path)
        .filter_map(|field| params[field.name].as_str());
    ids.collect::<Vec<_>>().join("/")
}

/// Shows the pages of a list as they arrive.
async fn every_page(
    gmail: &GmailConnector,
    output: &Output,
    operation: &'static Operation,
    params: Value,
) -> Result<(), Failure> {
    let Some(pagination) = &operation.pagination else {
        return Ok(());
    };
    let mut params = match params {
        Value::Object(params) => params,
        _ => Map::new(),
    };
    let mut meter = Meter::beside_records("records");
    let mut count = 0;
    let mut seen = SeenTokens::default();
    loop {
        let result: ExecuteResult = gmail
            .execute_selected(
                operation.entity,
                operation.action,
                params.clone(),
                &output.selection(),
            )
            .await?;
        let records = result.data.as_array().cloned().unwrap_or_default();
        output.records(&records, count == 0)?;
        count += records.len();
        meter.add(records.len(), 0);
        let token = result
            .meta
            .get(pagination.token_field)
            .filter(|token| token.as_str().is_some_and(|token| !token.is_empty()))
            .cloned();
        let Some(token) = token else {
            return Ok(());
        };
        seen.check(token.as_str().unwrap_or_default())?;
        params.insert(pagination.token_parameter.to_owned(), token);
    }
}

/// Shows the request without sending it. Needs no credentials.
fn show(output: &Output, operation: &'static Operation, params: &Value) -> Result<(), Failure> {
    let empty = Map::new();
    let params = params.as_object().unwrap_or(&empty);
    let request = operation.encode(params)?;
    let mut shown = json!({
        "dry_run": true,
        "method": operation.method.as_str(),
        "address": request.uri().to_string(),
        "hosted": {"entity": operation.entity, "action": operation.action, "params": params},
    });
    if operation.has_body {
        shown["body"] = serde_json::from_slice(request.body()).unwrap_or(Value::Null);
    }
    if !operation.hosted {
        shown["hosted"] = Value::Null;
    }
    output.value(&shown)
}

/// Asks for confirmation before an action that can't be undone; without it, the action fails.
pub(crate) fn confirm(
    global: &Global,
    id: &str,
    summary: &str,
    instead: &str,
) -> Result<(), Failure> {
    if global.yes {
        return Ok(());
    }
    let what = summary.to_lowercase();
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(Failure::input(format!(
            "{id}: this can't be undone ({what}); give --yes{instead}"
        )));
    }
    {
        let mut stderr = std::io::stderr().lock();
        write!(stderr, "{summary}: this can't be undone. Go on? [y/N] ")?;
        stderr.flush()?;
    }
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    if answer.trim().eq_ignore_ascii_case("y") || answer.trim().eq_ignore_ascii_case("yes") {
        return Ok(());
    }
    output::note("nothing was done");
    Err(Failure::Silent)
}
