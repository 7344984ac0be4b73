//! Reads a connector's own document, and writes one for the generator; see spec/import.sh.

#[allow(
    dead_code,
    reason = "the import needs the names and the lint, not the code that is generated"
)]
#[path = "../../../src/codegen/mod.rs"]
mod codegen;
mod convert;
mod note;
mod schema;
mod shape;
#[cfg(test)]
mod tests;
mod value;

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use codegen::Settings;
use note::Kind;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let mut arguments = env::args().skip(1);
    let (Some(file), Some(output)) = (arguments.next(), arguments.next()) else {
        return Err("usage: spec/import.sh FILE OUTPUT".to_owned());
    };
    let yaml =
        fs::read_to_string(&file).map_err(|error| format!("{file}: can't be read: {error}"))?;
    let given = serde_norway::from_str(&yaml)
        .map_err(|error| format!("{file}: not valid YAML: {error}"))?;
    let owner = "crate::connector::GmailConnector";
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../src");
    let taken = codegen::methods(&sources, owner);
    let (document, notes) =
        convert::convert(&given, &taken).map_err(|error| format!("{file}: {error}"))?;
    let mut text = String::new();
    for note in notes.to_string().lines() {
        text.push_str(&format!("# {note}\n"));
    }
    text.push_str(&serde_norway::to_string(&document).map_err(|error| error.to_string())?);
    fs::write(&output, &text).map_err(|error| format!("{output}: can't be written: {error}"))?;
    print!("{notes}");
    println!(
        "{output}: {} to decide, {} for hosted mode only, {} lost; the list is also at its top.",
        notes.count(Kind::Decide),
        notes.count(Kind::Hosted),
        notes.count(Kind::Lost)
    );
    let settings = Settings {
        file: &output,
        module: "crate::api::gmail",
        owner,
        crate_name: "airbyte_agent_gmail",
        taken: &taken,
    };
    codegen::generate(&settings, &text).map_err(|error| error.to_string())?;
    Ok(())
}
