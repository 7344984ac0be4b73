#!/usr/bin/env bash
# Guess: a monthly event on the 31st and a yearly one on 29 February skip months and years without that day (RFC 5545 3.3.10: "MUST be ignored").
# So: node-ical 0.26.1 moves them to 30 June and 28 February; ical.js 2.2.1 skips the month but moves 29 February to 1 March. recurring-ical-events 3.8.2 skips both.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check icalendar==7.3.2 recurring-ical-events==3.8.2
npm install --silent --no-fund --no-audit --prefix "$folder" node-ical@0.26.1 ical.js@2.2.1 >/dev/null
cd "$folder"
event() {
  printf '%s\r\n' BEGIN:VCALENDAR VERSION:2.0 PRODID:x BEGIN:VEVENT UID:1 DTSTAMP:20240101T000000Z \
    "DTSTART;VALUE=DATE:$1" "RRULE:FREQ=$2;COUNT=2" END:VEVENT END:VCALENDAR
}
event 20260531 MONTHLY >month.ics
event 20240229 YEARLY >leap.ics
venv/bin/python - <<'PYTHON'
import datetime, icalendar, recurring_ical_events
dates = {}
for name in ("month", "leap"):
    calendar = icalendar.Calendar.from_ical(open(f"{name}.ics").read())
    events = recurring_ical_events.of(calendar).between(datetime.date(2024, 1, 1), datetime.date(2030, 1, 1))
    dates[name] = sorted(event["DTSTART"].dt.isoformat() for event in events)
print("recurring-ical-events", dates)
assert dates == {"month": ["2026-05-31", "2026-07-31"], "leap": ["2024-02-29", "2028-02-29"]}
PYTHON
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import fs from 'node:fs';
import ICAL from 'ical.js';
import ical from 'node-ical';
const dates = (name) => {
  const text = fs.readFileSync(`${name}.ics`, 'utf8');
  const { rrule } = Object.values(ical.sync.parseICS(text)).find((entry) => entry.type === 'VEVENT');
  const iterator = new ICAL.Event(new ICAL.Component(ICAL.parse(text)).getFirstSubcomponent('vevent')).iterator();
  iterator.next();
  return [rrule.all()[1].toISOString().slice(0, 10), iterator.next().toString()];
};
console.log('node-ical and ical.js', dates('month'), dates('leap'));
assert.deepEqual(dates('month'), ['2026-06-30', '2026-07-31']);
assert.deepEqual(dates('leap'), ['2025-02-28', '2025-03-01']);
NODE
TZ=UTC node check.mjs
