#!/usr/bin/env bash
# Puts every keyword of OpenAPI and JSON Schema at every place of notes.yaml. Each is refused with its line, speaks to
# people alone, or changes what is generated; all clients that come of it are compiled as modules of one crate, and called
# against a stub. It takes some minutes and is run by hand, after a change of the lint or of the generator:
#
#     bash tests/connector/mutate.sh [FOLDER]    # a folder that is kept
set -euo pipefail
cd "$(dirname "$0")/../.."
source spec/modules.sh
work=${1:-$(mktemp -d)}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
cargo run --quiet --manifest-path spec/import/Cargo.toml --bin mutate -- tests/connector/notes.yaml "$work/documents"
copy_crate "$work"
cp "$work"/documents/*.yaml "$work/spec/"
modules=()
for file in "$work"/documents/*.yaml; do
  modules+=("$(basename "$file" .yaml)")
done
add_modules "$work" "${modules[@]}"
cp tests/connector/mutate.rs "$work/tests/"
grep -l '^# called: ' "$work"/documents/*.yaml |
  while IFS= read -r file; do echo "called!($(basename "$file" .yaml));"; done >>"$work/tests/mutate.rs"
cd "$work"
cargo test --no-default-features --test mutate
