#!/usr/bin/env bash
# Guess: calcard gives no duration to an event with neither DTEND nor DURATION: it "ends on the same calendar date and time of day" (RFC 5545 3.6.1).
# So: calcard 0.3.14 extends it to 23:59:59: an event that starts at 10:00 lasts 13 hours, 59 minutes and 59 seconds.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export CARGO_TARGET_DIR="$folder/target"
cargo init --quiet --vcs none --name check "$folder"
cd "$folder"
cargo add --quiet calcard@=0.3.14
cat >src/main.rs <<'RUST'
use calcard::{common::timezone::Tz, icalendar::ICalendar};

fn main() {
    let text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\n\
                DTSTART:20260701T100000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let expanded = ICalendar::parse(text).unwrap().expand_dates(Tz::Floating, 10);
    let end = format!("{:?}", expanded.events[0].end);
    println!("{end}");
    assert!(end.contains("secs: 50399"));
}
RUST
cargo --quiet run
