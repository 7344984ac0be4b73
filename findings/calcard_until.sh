#!/usr/bin/env bash
# Guess: calcard includes the occurrence on UNTIL (RFC 5545 3.3.10: it "becomes the last instance"), even with UNTIL in UTC next to a TZID, as the RFC requires.
# So: calcard 0.3.14 drops it and returns two days of three. On the night without a 02:30, it reads a daily 02:30 as UTC, an hour off the rule in 3.3.5.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export CARGO_TARGET_DIR="$folder/target"
cargo init --quiet --vcs none --name check "$folder"
cd "$folder"
cargo add --quiet calcard@=0.3.14
cat >src/main.rs <<'RUST'
use calcard::{common::timezone::Tz, icalendar::ICalendar};

fn starts(start: &str, rule: &str) -> Vec<String> {
    let text = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\n\
         DTSTART;TZID=Europe/Berlin:{start}\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY;{rule}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    let expanded = ICalendar::parse(&text).unwrap().expand_dates(Tz::Floating, 10);
    expanded.events.iter().map(|event| event.start.to_rfc3339()).collect()
}

fn main() {
    let until = starts("20260701T003000", "UNTIL=20260702T223000Z"); // 3 July, 00:30 in Berlin
    let night = starts("20260328T023000", "COUNT=2");
    println!("{until:?} {night:?}");
    assert_eq!(until, ["2026-07-01T00:30:00+02:00", "2026-07-02T00:30:00+02:00"]);
    assert_eq!(night, ["2026-03-28T02:30:00+01:00", "2026-03-29T02:30:00+00:00"]);
}
RUST
cargo --quiet run
