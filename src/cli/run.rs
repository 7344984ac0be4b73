//! Any action of the table, carried out.

use std::io::{BufRead, IsTerminal, Write};

use airbyte_agent_gmail::operation::Operation;
use airbyte_agent_gmail::page::SeenTokens;
use airbyte_agent_gmail::{ExecuteResult, GmailConnector};
use clap::ArgMatches;
use serde_json::{Map, Value, json};

use super::exit::Failure;
use super::output::{self, Format, Meter, Output};
use super::{connect, credential, dry_run, label};

/// Carries out an action of the table, with all that the flags around it ask for.
pub(crate) async fn action(
    matches: &ArgMatches,
    arguments: &ArgMatches,
    operation: &'static Operation,
    mut params: Value,
) -> Result<(), Failure> {
    let output = Output::new(arguments, Format::Json);
    if dry_run(arguments) {
        return show(&output, operation, &params);
    }
    if operation.destructive {
        confirm_operation(arguments, operation)?;
    }
    let is_all = arguments
        .try_get_one::<bool>("all")
        .ok()
        .flatten()
        .copied()
        .unwrap_or(false);
    let pages = is_all && operation.pagination.is_some();
    let gmail = if pages {
        credential::patient(credential::builder(matches)?).build()?
    } else {
        connect(matches)?
    };
    label::resolve(&gmail, operation, &mut params).await?;
    if pages {
        return every_page(&gmail, &output, operation, params).await;
    }
    let result = gmail
        .execute_selected(
            operation.entity,
            operation.action,
            params,
            &output.selection(),
        )
        .await?;
    output.result(&result)
}

/// Shows the pages of a list as they come.
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
    let meter = Meter::new();
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
        meter.show(count, "records");
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

/// The request as it would go out. It needs no credentials.
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

/// An operation that loses something for good is asked for once more, or is not done.
fn confirm_operation(arguments: &ArgMatches, operation: &'static Operation) -> Result<(), Failure> {
    let instead = ", or --dry-run to see what would be done";
    confirm(arguments, operation.id, operation.summary, instead)
}

/// As `confirm_operation`, for what is no single operation.
pub(crate) fn confirm(
    arguments: &ArgMatches,
    id: &str,
    summary: &str,
    instead: &str,
) -> Result<(), Failure> {
    if arguments.get_flag("yes") {
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
