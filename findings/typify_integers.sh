#!/usr/bin/env bash
# Guess: typify picks an integer's Rust type by both bounds, so that it accepts what the schema allows and rejects the rest.
# So: with typify 0.8.0, `maximum: 255` alone is u8, which rejects -1; 1 to 10 is NonZeroU64, which accepts 11; and allOf of number and integer is an enum with no variants, which accepts no value.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export CARGO_TARGET_DIR="$folder/target"
cargo init --quiet --vcs none --name check "$folder"
cd "$folder"
cargo add --quiet typify@=0.8.0 schemars@0.8 serde_json@1
cat >src/main.rs <<'RUST'
fn main() {
    let schema = serde_json::json!({"title": "Check", "type": "object", "required": ["top", "range", "both"], "properties": {
        "top": {"type": "integer", "maximum": 255},
        "range": {"type": "integer", "minimum": 1, "maximum": 10},
        "both": {"allOf": [{"type": "number"}, {"type": "integer"}]},
    }});
    let mut types = typify::TypeSpace::new(&typify::TypeSpaceSettings::default());
    types.add_root_schema(serde_json::from_value(schema).unwrap()).unwrap();
    let code = types.to_stream().to_string().replace(' ', "");
    for expected in ["pubtop:u8,", "pubrange:::std::num::NonZeroU64,", "pubboth:CheckBoth", "pubenumCheckBoth{}"] {
        assert!(code.contains(expected), "{expected} is not in {code}");
        println!("{expected}");
    }
}
RUST
cargo --quiet run
