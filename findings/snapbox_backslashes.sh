#!/usr/bin/env bash
# Guess: outside paths, snapbox's assertions distinguish `\` from `/`.
# So: snapbox 1.2.2 turns every backslash in the actual value into a slash: output with JSON's escape `\n` passes where "/n" is expected. raw() on the expected value prevents it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export CARGO_TARGET_DIR="$folder/target"
cargo init --quiet --vcs none --name check "$folder"
cd "$folder"
cargo add --quiet snapbox@=1.2.2
cat >src/main.rs <<'RUST'
use snapbox::{IntoData, assert_data_eq};

fn main() {
    std::panic::set_hook(Box::new(|_| ()));
    let passes = |check: fn()| std::panic::catch_unwind(check).is_ok();
    let plain = passes(|| assert_data_eq!(r#"{"text":"a\nb"}"#, r#"{"text":"a/nb"}"#));
    let raw = passes(|| assert_data_eq!(r#"{"text":"a\nb"}"#, r#"{"text":"a/nb"}"#.raw()));
    println!("plain {plain}, raw {raw}");
    assert_eq!((plain, raw), (true, false));
}
RUST
cargo --quiet run
