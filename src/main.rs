//! The program `airbyte-gmail`.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
