#!/usr/bin/env bash
# Guess: mail-parser joins the octets of `filename*0*` and `filename*1*` before it decodes them: they share one charset, named once (RFC 2231 4.1).
# So: mail-parser 0.11.9 decodes each piece separately: a character split between two pieces becomes two U+FFFD. mailparse 0.18.0 joins first.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export CARGO_TARGET_DIR="$folder/target"
cargo init --quiet --vcs none --name check "$folder"
cd "$folder"
cargo add --quiet mail-parser@=0.11.9 mailparse@=0.18.0
cat >src/main.rs <<'RUST'
use mail_parser::MimeHeaders;

fn main() {
    let text = "Content-Disposition: attachment; filename*0*=utf-8''caf%C3; filename*1*=%A9.txt\r\n\r\n";
    let wrong = mail_parser::MessageParser::default().parse(text).unwrap().attachment_name().map(str::to_owned);
    let right = mailparse::parse_mail(text.as_bytes()).unwrap().get_content_disposition().params["filename"].clone();
    println!("{wrong:?} {right:?}");
    assert_eq!((wrong.as_deref(), right.as_str()), (Some("caf\u{fffd}\u{fffd}.txt"), "café.txt"));
}
RUST
cargo --quiet run
