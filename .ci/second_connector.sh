#!/usr/bin/env bash
# Another connector's document in the place of Gmail's, with no change to hand-written code; see tests/connector/README.md.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
# No build of the tree goes with it: a target folder is larger than some disks have left.
tar --create --exclude=target Cargo.toml Cargo.lock build.rs clippy.toml README.md examples src spec |
  tar --extract --directory "$copy"
cp tests/connector/notes.yaml "$copy/spec/gmail.yaml"
mkdir "$copy/tests"
cp tests/connector/notes.rs "$copy/tests/"
cd "$copy"
# The examples run against the sandbox, which is Gmail's.
sed -i '/^airbyte-agent-gmail = {/d' Cargo.toml
# The dependencies are the same, so that they are built once.
CARGO_TARGET_DIR="$root/target" cargo test --no-default-features --test notes
