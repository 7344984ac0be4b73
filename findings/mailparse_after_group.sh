#!/usr/bin/env bash
# Guess: mailparse reads an address after a group (`Team: a@example.com;, Eva <eva@example.com>`) like any other: the comma separates the two (RFC 5322 3.4).
# So: mailparse 0.18.0 makes the comma part of the name, ", Eva"; the same happens to the name of a second group.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export CARGO_TARGET_DIR="$folder/target"
cargo init --quiet --vcs none --name check "$folder"
cd "$folder"
cargo add --quiet mailparse@=0.18.0
cat >src/main.rs <<'RUST'
use mailparse::MailAddr;

fn main() {
    let name = |text| match &mailparse::addrparse(text).unwrap()[1] {
        MailAddr::Single(single) => single.display_name.clone().unwrap(),
        MailAddr::Group(group) => group.group_name.clone(),
    };
    let after_group = name("Team: a@example.com;, Eva <eva@example.com>");
    let second_group = name("Team: a@example.com;, Friends: b@example.com;");
    let after_single = name("a@example.com, Eva <eva@example.com>");
    println!("{after_group:?} {second_group:?} {after_single:?}");
    assert_eq!((after_group.as_str(), second_group.as_str(), after_single.as_str()), (", Eva", ", Friends", "Eva"));
}
RUST
cargo --quiet run
