#!/usr/bin/env bash
# Guess: calendar libraries decode RFC 6868 (`^n`, `^'`, `^^`) in parameters such as an attendee's name.
# So: vobject 0.9.9 and node-ical 0.26.1 return the carets unchanged; icalendar 7.3.2 and ical.js 2.2.1 decode them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check vobject==0.9.9 icalendar==7.3.2
npm install --silent --no-fund --no-audit --prefix "$folder" node-ical@0.26.1 >/dev/null
cd "$folder"
printf '%s\r\n' BEGIN:VCALENDAR VERSION:2.0 PRODID:x BEGIN:VEVENT UID:1 DTSTAMP:20260101T000000Z DTSTART:20260701T100000Z \
  "ATTENDEE;CN=\"The ^'team^'\":mailto:a@example.com" END:VEVENT END:VCALENDAR >event.ics
venv/bin/python - <<'PYTHON'
import icalendar, vobject
text = open("event.ics", newline="").read()
wrong = vobject.readOne(text).vevent.attendee.params["CN"][0]
right = icalendar.Calendar.from_ical(text).walk("VEVENT")[0]["ATTENDEE"].params["CN"]
print("vobject", wrong, "icalendar", right)
assert (wrong, right) == ("The ^'team^'", 'The "team"')
PYTHON
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import fs from 'node:fs';
import ical from 'node-ical';
const event = Object.values(ical.sync.parseICS(fs.readFileSync('event.ics', 'utf8'))).find((entry) => entry.type === 'VEVENT');
console.log('node-ical', event.attendee.params.CN);
assert.equal(event.attendee.params.CN.replaceAll('"', ''), "The ^'team^'");
NODE
node check.mjs
