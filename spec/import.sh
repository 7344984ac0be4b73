#!/usr/bin/env bash
# Reads a connector's own document (OpenAPI 3.1 in Airbyte's style), writes the 3.0.3 document for the generator, and lists
# the decisions left to a person.
#
#     bash spec/import.sh FILE [OUTPUT]    # OUTPUT: by default the connector's name with .yaml
set -euo pipefail
folder=$(cd "$(dirname "$0")" && pwd)
[[ $# -ge 1 && -f $1 ]] || { echo "usage: spec/import.sh FILE [OUTPUT]" >&2; exit 2; }
name=$(sed -n 's/^ *x-airbyte-connector-name: *"\{0,1\}\([A-Za-z0-9_-]*\).*/\1/p' "$1" | head -1)
output=${2:-${name:-imported}.yaml}
# Both crates share the build of the generator's dependencies.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$folder/../target}
cargo run --quiet --manifest-path "$folder/import/Cargo.toml" -- "$1" "$output"
