#!/usr/bin/env bash
# Guess: ical-generator converts an event's start, a Date, to the event's `timezone`: 10:00Z is 12:00 in Berlin.
# So: ical-generator 10.2.0 writes the time in the machine's zone and labels it with the event's: 06:00 on a machine in New York, 10:00 in UTC.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" ical-generator@10.2.0 >/dev/null
cd "$folder"
cat >write.mjs <<'NODE'
import ical from 'ical-generator';
const calendar = ical();
calendar.createEvent({ start: new Date('2026-07-01T10:00:00Z'), summary: 'x', timezone: 'Europe/Berlin' });
console.log(calendar.toString().match(/^DTSTART.*$/m)[0].trim());
NODE
newyork=$(TZ=America/New_York node write.mjs)
utc=$(TZ=UTC node write.mjs)
printf '%s\n' "New York: $newyork" "UTC: $utc"
[ "$newyork" = "DTSTART;TZID=Europe/Berlin:20260701T060000" ]
[ "$utc" = "DTSTART;TZID=Europe/Berlin:20260701T100000" ]
