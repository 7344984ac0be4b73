#!/usr/bin/env bash
# Guess: html5gum, a tokenizer that passes html5lib's tests, returns the content of title, style and script as text.
# So: Tokenizer::new of html5gum 0.9.0 ignores element names and finds tags in all of them. naively_switch_states fixes these three, but also turns noscript into text, as if scripts ran (mail readers then show its markup), and still finds tags in noframes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export CARGO_TARGET_DIR="$folder/target"
cargo init --quiet --vcs none --name check "$folder"
cd "$folder"
cargo add --quiet html5gum@=0.9.0
cat >src/main.rs <<'RUST'
use html5gum::{Token, Tokenizer, emitters::default::DefaultEmitter};

fn tags(tokens: impl Iterator<Item = Token>) -> usize {
    tokens.filter(|token| matches!(token, Token::StartTag(_))).count()
}

fn main() {
    for (name, switched) in [("title", 1), ("style", 1), ("script", 1), ("noscript", 1), ("noframes", 2)] {
        let html = format!("<{name}><b>x</b></{name}>");
        let plain = tags(Tokenizer::new(&html).flatten());
        let mut emitter = DefaultEmitter::default();
        emitter.naively_switch_states(true);
        let states = tags(Tokenizer::new_with_emitter(&html, emitter).flatten());
        println!("{name}: {plain} tags, with naively_switch_states {states}");
        assert_eq!((plain, states), (2, switched));
    }
}
RUST
cargo --quiet run
