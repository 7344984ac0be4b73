#!/usr/bin/env bash
# Guess: `C:\\new` in a TEXT value means `C:\new`: an escaped backslash, then the letter n (RFC 5545 3.3.11).
# So: node-ical 0.26.1 and ics 0.7.3 replace the escapes one kind at a time and produce a line break; ical.js 2.2.1 and icalendar 7.3.2 read it correctly.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ics==0.7.3 icalendar==7.3.2
npm install --silent --no-fund --no-audit --prefix "$folder" node-ical@0.26.1 ical.js@2.2.1 >/dev/null
cd "$folder"
printf '%s\r\n' BEGIN:VCALENDAR VERSION:2.0 PRODID:x BEGIN:VEVENT UID:1 DTSTAMP:20260101T000000Z DTSTART:20260701T100000Z \
  'LOCATION:C:\\new' END:VEVENT END:VCALENDAR >event.ics
venv/bin/python - <<'PYTHON'
import icalendar, ics
text = open("event.ics", newline="").read()
wrong = next(iter(ics.Calendar(text).events)).location
right = str(icalendar.Calendar.from_ical(text).walk("VEVENT")[0]["LOCATION"])
print("ics", repr(wrong), "icalendar", repr(right))
assert (wrong, right) == ("C:\\\new", "C:\\new")
PYTHON
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import fs from 'node:fs';
import ICAL from 'ical.js';
import ical from 'node-ical';
const text = fs.readFileSync('event.ics', 'utf8');
const wrong = Object.values(ical.sync.parseICS(text)).find((entry) => entry.type === 'VEVENT').location;
const right = new ICAL.Event(new ICAL.Component(ICAL.parse(text)).getFirstSubcomponent('vevent')).location;
console.log('node-ical and ical.js', [wrong, right]);
assert.deepEqual([wrong, right], ['C:\\\new', 'C:\\new']);
NODE
node check.mjs
