#!/usr/bin/env bash
# Puts every keyword of OpenAPI and JSON Schema at every place of notes.yaml. Each is refused with its line, speaks to
# people alone, or changes the client that is generated; it prints those that do none of these, and what the others change.
# It takes some minutes and is run by hand, after a change of the lint or of the generator.
set -euo pipefail
cd "$(dirname "$0")/../.."
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
cargo run --quiet --manifest-path spec/import/Cargo.toml --bin mutate -- tests/connector/notes.yaml
