//! Generates the typed clients, the operation tables and the call sites from `spec/`.

#[path = "src/codegen/mod.rs"]
mod codegen;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, thread};

use codegen::Settings;

const DOCUMENTS: [Settings<'_>; 2] = [
    Settings {
        taken: &[],
        file: "spec/gmail.yaml",
        module: "crate::api::gmail",
        owner: "crate::connector::GmailConnector",
        crate_name: "airbyte_agent_gmail",
    },
    Settings {
        taken: &[],
        file: "spec/airbyte.yaml",
        module: "crate::api::airbyte",
        owner: "crate::airbyte::Airbyte",
        crate_name: "airbyte_agent_gmail",
    },
];

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=spec");
    println!("cargo::rerun-if-changed=src/codegen");
    let mut code = ExitCode::SUCCESS;
    // One thread per document: every change to the spec waits for this.
    let written = thread::scope(|scope| {
        DOCUMENTS
            .each_ref()
            .map(|settings| scope.spawn(move || write(settings)))
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| Err("the generator panicked; see above".into()))
            })
    });
    for result in written {
        if let Err(message) = result {
            // Cargo shows a line of a message only if it has the prefix.
            for line in message.lines() {
                println!("cargo::error={line}");
            }
            code = ExitCode::FAILURE;
        }
    }
    code
}

fn write(settings: &Settings<'_>) -> Result<(), String> {
    let out_dir = env::var_os("OUT_DIR")
        .map(PathBuf::from)
        .ok_or("cargo sets no OUT_DIR")?;
    let root = env::var_os("CARGO_MANIFEST_DIR")
        .map(PathBuf::from)
        .ok_or("cargo sets no CARGO_MANIFEST_DIR")?;
    let yaml = fs::read_to_string(root.join(settings.file)).map_err(|error| {
        format!(
            "{}: can't be read: {error}; it must be there, in UTF-8",
            settings.file
        )
    })?;
    let taken = codegen::methods(&root.join("src"), settings.owner);
    let settings = &Settings {
        taken: &taken,
        ..*settings
    };
    let source = codegen::generate(settings, &yaml).map_err(|error| error.to_string())?;
    let name = Path::new(settings.file).with_extension("rs");
    let name = name.file_name().ok_or("a document has no file name")?;
    fs::write(out_dir.join(name), source)
        .map_err(|error| format!("{}: can't write what was generated: {error}", settings.file))
}
