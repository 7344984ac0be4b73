#!/usr/bin/env bash
# Reads a connector's own document, OpenAPI 3.1 in the style of Airbyte's, and writes the 3.0.3 document that the
# generator reads, with the list of what a person still has to decide.
#
#     bash spec/import.sh FILE [OUTPUT]    # OUTPUT: the connector's name with .yaml where it is left out
set -euo pipefail
folder=$(cd "$(dirname "$0")" && pwd)
[[ $# -ge 1 && -f $1 ]] || { echo "usage: spec/import.sh FILE [OUTPUT]" >&2; exit 2; }
name=$(sed -n 's/^ *x-airbyte-connector-name: *"\{0,1\}\([A-Za-z0-9_-]*\).*/\1/p' "$1" | head -1)
output=${2:-${name:-imported}.yaml}
# The generator's dependencies are built once for both.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$folder/../target}
cargo run --quiet --manifest-path "$folder/import/Cargo.toml" -- "$1" "$output"
