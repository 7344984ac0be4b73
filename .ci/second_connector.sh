#!/usr/bin/env bash
# Puts another connector's document in place of Gmail's, without changing hand-written code; see
# tests/connector/README.md.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
# The copy has no target folder, which could fill the disk.
tar --create --exclude=target Cargo.toml Cargo.lock build.rs clippy.toml README.md examples src spec |
  tar --extract --directory "$copy"
cp tests/connector/notes.yaml "$copy/spec/gmail.yaml"
mkdir "$copy/tests"
cp tests/connector/notes.rs "$copy/tests/"
cd "$copy"
# The examples need the sandbox, which is specific to Gmail.
sed -i '/^airbyte-agent-gmail = {/d' Cargo.toml
# The dependencies are the same and only built once.
CARGO_TARGET_DIR="$root/target" cargo test --no-default-features --test notes
