#!/usr/bin/env bash
# Guess: 02:30 on the night the clocks go back means the first of the two, and 02:30 on the night they go forward uses the offset before the change (RFC 5545 3.3.5).
# So: ical.js 2.2.1 is an hour off on both nights, node-ical 0.26.1 in autumn (it picks the second 02:30); icalendar 7.3.2 gets both right.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check icalendar==7.3.2 tzdata
npm install --silent --no-fund --no-audit --prefix "$folder" node-ical@0.26.1 ical.js@2.2.1 >/dev/null
cd "$folder"
for start in 20261025T023000 20260329T023000; do
  printf '%s\r\n' BEGIN:VCALENDAR VERSION:2.0 PRODID:x BEGIN:VTIMEZONE TZID:Europe/Berlin \
    BEGIN:STANDARD DTSTART:19701025T030000 TZOFFSETFROM:+0200 TZOFFSETTO:+0100 'RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU' END:STANDARD \
    BEGIN:DAYLIGHT DTSTART:19700329T020000 TZOFFSETFROM:+0100 TZOFFSETTO:+0200 'RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU' END:DAYLIGHT \
    END:VTIMEZONE BEGIN:VEVENT UID:1 DTSTAMP:20260101T000000Z "DTSTART;TZID=Europe/Berlin:$start" END:VEVENT END:VCALENDAR >"$start.ics"
done
venv/bin/python - <<'PYTHON'
import datetime, icalendar
for name, right in ("20261025T023000", "2026-10-25T00:30"), ("20260329T023000", "2026-03-29T01:30"):
    event = icalendar.Calendar.from_ical(open(f"{name}.ics").read()).walk("VEVENT")[0]
    start = event["DTSTART"].dt.astimezone(datetime.timezone.utc).isoformat()
    print("icalendar", name, start)
    assert start.startswith(right)
PYTHON
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import fs from 'node:fs';
import ICAL from 'ical.js';
import ical from 'node-ical';
const starts = (name) => {
  const text = fs.readFileSync(`${name}.ics`, 'utf8');
  return [
    Object.values(ical.sync.parseICS(text)).find((entry) => entry.type === 'VEVENT').start.toISOString(),
    new ICAL.Event(new ICAL.Component(ICAL.parse(text)).getFirstSubcomponent('vevent')).startDate.toJSDate().toISOString(),
  ];
};
console.log('node-ical and ical.js', starts('20261025T023000'), starts('20260329T023000'));
assert.deepEqual(starts('20261025T023000'), ['2026-10-25T01:30:00.000Z', '2026-10-25T01:30:00.000Z']);
assert.deepEqual(starts('20260329T023000'), ['2026-03-29T01:30:00.000Z', '2026-03-29T00:30:00.000Z']);
NODE
node check.mjs
