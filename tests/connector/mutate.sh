#!/usr/bin/env bash
# Puts every keyword of OpenAPI and JSON Schema in every place of notes.yaml. Each must be rejected with its line, be
# documentation only, or change the generated client. Prints those that do none of these, and the changes that the
# others cause. Takes some minutes; run it by hand after changing the lint or the generator.
set -euo pipefail
cd "$(dirname "$0")/../.."
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
cargo run --quiet --manifest-path spec/import/Cargo.toml --bin mutate -- tests/connector/notes.yaml
