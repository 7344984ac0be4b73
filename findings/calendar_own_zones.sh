#!/usr/bin/env bash
# Guess: an event in a zone that its calendar defines (VTIMEZONE) is read with that definition, regardless of the zone's name.
# So: ics 0.7.3 (Python) and node-ical 0.26.1 treat an unknown name as UTC: 10:00 in a zone two hours ahead becomes 10:00Z, without an error. icalendar 7.3.2 and ical.js 2.2.1 use the definition (08:00Z).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/event.ics" <<'ICS'
BEGIN:VCALENDAR
VERSION:2.0
PRODID:x
BEGIN:VTIMEZONE
TZID:Team time
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700101T000000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
UID:1
DTSTAMP:20260101T000000Z
DTSTART;TZID=Team time:20260701T100000
SUMMARY:x
END:VEVENT
END:VCALENDAR
ICS
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ics==0.7.3 icalendar==7.3.2
npm install --silent --no-fund --no-audit --prefix "$folder" node-ical@0.26.1 ical.js@2.2.1 >/dev/null
cd "$folder"
venv/bin/python - <<'PYTHON'
import datetime, ics, icalendar
text = open("event.ics").read()
wrong = next(iter(ics.Calendar(text).events)).begin.isoformat()
right = icalendar.Calendar.from_ical(text).walk("VEVENT")[0]["DTSTART"].dt.astimezone(datetime.timezone.utc).isoformat()
print("ics", wrong, "icalendar", right)
assert (wrong, right) == ("2026-07-01T10:00:00+00:00", "2026-07-01T08:00:00+00:00")
PYTHON
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import fs from 'node:fs';
import ICAL from 'ical.js';
import ical from 'node-ical';
const text = fs.readFileSync('event.ics', 'utf8');
const wrong = Object.values(ical.sync.parseICS(text)).find((entry) => entry.type === 'VEVENT').start.toISOString();
const event = new ICAL.Component(ICAL.parse(text)).getFirstSubcomponent('vevent');
const right = new ICAL.Event(event).startDate.toJSDate().toISOString();
console.log('node-ical', wrong, 'ical.js', right);
assert.deepEqual([wrong, right], ['2026-07-01T10:00:00.000Z', '2026-07-01T08:00:00.000Z']);
NODE
TZ=UTC node check.mjs
