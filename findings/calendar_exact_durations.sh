#!/usr/bin/env bash
# Guess: DURATION:PT24H means 24 hours and DURATION:P1D the same time on the next day (RFC 5545 3.3.6), even on the night the clocks change.
# So: icalendar 7.3.2 and ical.js 2.2.1 end both at the same wall-clock time, an hour early for PT24H in spring; node-ical 0.26.1 ends both after 24 hours, an hour late for P1D.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check icalendar==7.3.2 tzdata
npm install --silent --no-fund --no-audit --prefix "$folder" node-ical@0.26.1 ical.js@2.2.1 >/dev/null
cd "$folder"
for duration in PT24H P1D; do
  printf '%s\r\n' BEGIN:VCALENDAR VERSION:2.0 PRODID:x BEGIN:VTIMEZONE TZID:Europe/Berlin \
    BEGIN:STANDARD DTSTART:19701025T030000 TZOFFSETFROM:+0200 TZOFFSETTO:+0100 'RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU' END:STANDARD \
    BEGIN:DAYLIGHT DTSTART:19700329T020000 TZOFFSETFROM:+0100 TZOFFSETTO:+0200 'RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU' END:DAYLIGHT \
    END:VTIMEZONE BEGIN:VEVENT UID:1 DTSTAMP:20260101T000000Z 'DTSTART;TZID=Europe/Berlin:20260328T120000' \
    "DURATION:$duration" END:VEVENT END:VCALENDAR >"$duration.ics"
done
venv/bin/python - <<'PYTHON'
import datetime, icalendar
for name in ("PT24H", "P1D"):  # right: 11:00Z and 10:00Z
    event = icalendar.Calendar.from_ical(open(f"{name}.ics").read()).walk("VEVENT")[0]
    end = event.end.astimezone(datetime.timezone.utc).isoformat()
    print("icalendar", name, end)
    assert end == "2026-03-29T10:00:00+00:00"
PYTHON
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import fs from 'node:fs';
import ICAL from 'ical.js';
import ical from 'node-ical';
for (const name of ['PT24H', 'P1D']) {
  const text = fs.readFileSync(`${name}.ics`, 'utf8');
  const component = new ICAL.Component(ICAL.parse(text));
  const ends = [
    Object.values(ical.sync.parseICS(text)).find((entry) => entry.type === 'VEVENT').end.toISOString(),
    new ICAL.Event(component.getFirstSubcomponent('vevent')).endDate.toJSDate().toISOString(),
  ];
  console.log('node-ical and ical.js', name, ends);
  assert.deepEqual(ends, ['2026-03-29T11:00:00.000Z', '2026-03-29T10:00:00.000Z']);
}
NODE
node check.mjs
