#!/usr/bin/env bash
# Another connector's document in the place of Gmail's, with no change to hand-written code; see tests/connector/README.md.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r Cargo.toml Cargo.lock build.rs clippy.toml README.md examples src spec "$copy"
cp tests/connector/notes.yaml "$copy/spec/gmail.yaml"
mkdir "$copy/tests"
cp tests/connector/notes.rs "$copy/tests/"
cd "$copy"
# The dependencies are the same, so that they are built once.
CARGO_TARGET_DIR="$root/target" cargo test --no-default-features --test notes
