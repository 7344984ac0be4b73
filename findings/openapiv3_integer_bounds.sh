#!/usr/bin/env bash
# Guess: openapiv3 reads `type: integer` as an integer however its bounds are written; in JSON, 100.0 and 100 are the same number.
# So: with openapiv3 2.2.0, a bound of 100.0, or one above i64 such as uint64's maximum, turns the schema into `Any`, without an error.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export CARGO_TARGET_DIR="$folder/target"
cargo init --quiet --vcs none --name check "$folder"
cd "$folder"
cargo add --quiet openapiv3@=2.2.0 serde_json@1
cat >src/main.rs <<'RUST'
use openapiv3::{Schema, SchemaKind, Type};

fn main() {
    for (maximum, integer) in [("100", true), ("100.0", false), ("18446744073709551615", false)] {
        let text = format!(r#"{{"type": "integer", "maximum": {maximum}}}"#);
        let kind = serde_json::from_str::<Schema>(&text).unwrap().schema_kind;
        println!("{maximum}: {}", if matches!(kind, SchemaKind::Any(_)) { "Any" } else { "Integer" });
        assert_eq!(matches!(kind, SchemaKind::Type(Type::Integer(_))), integer);
        assert_eq!(matches!(kind, SchemaKind::Any(_)), !integer);
    }
}
RUST
cargo --quiet run
