#!/usr/bin/env bash
# Guess: an event with RDATE but no RRULE occurs at DTSTART and at each RDATE (RFC 5545 3.8.5.2).
# So: expandRecurringEvent of node-ical 0.26.1 returns DTSTART only, the iterator of ical.js 2.2.1 the RDATEs without DTSTART; recurring-ical-events 3.8.2 returns them all.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check icalendar==7.3.2 recurring-ical-events==3.8.2
npm install --silent --no-fund --no-audit --prefix "$folder" node-ical@0.26.1 ical.js@2.2.1 >/dev/null
cd "$folder"
printf '%s\r\n' BEGIN:VCALENDAR VERSION:2.0 PRODID:x BEGIN:VEVENT UID:1 DTSTAMP:20260101T000000Z DTSTART:20260701T100000Z \
  DTEND:20260701T110000Z RDATE:20260705T100000Z,20260706T100000Z END:VEVENT END:VCALENDAR >event.ics
venv/bin/python - <<'PYTHON'
import datetime, icalendar, recurring_ical_events
calendar = icalendar.Calendar.from_ical(open("event.ics").read())
days = sorted(e["DTSTART"].dt.day for e in recurring_ical_events.of(calendar).between(datetime.date(2026, 7, 1), datetime.date(2026, 8, 1)))
print("recurring-ical-events", days)
assert days == [1, 5, 6]
PYTHON
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import fs from 'node:fs';
import ICAL from 'ical.js';
import ical from 'node-ical';
const text = fs.readFileSync('event.ics', 'utf8');
const parsed = Object.values(ical.sync.parseICS(text)).find((entry) => entry.type === 'VEVENT');
const first = ical.expandRecurringEvent(parsed, { from: new Date('2026-07-01'), to: new Date('2026-08-01') });
const iterator = new ICAL.Event(new ICAL.Component(ICAL.parse(text)).getFirstSubcomponent('vevent')).iterator();
const days = [first.map(({ start }) => start.getUTCDate()), []];
for (let next; (next = iterator.next()); ) days[1].push(next.day);
console.log('node-ical and ical.js', days);
assert.deepEqual(days, [[1], [5, 6]]);
NODE
node check.mjs
