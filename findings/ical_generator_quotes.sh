#!/usr/bin/env bash
# Guess: ical-generator writes a name with quotation marks in a readable form: as `^'` (RFC 6868), or without them, since RFC 5545 3.2 can't escape them.
# So: ical-generator 10.2.0 writes `CN="Eva \"E\""`: ical.js 2.2.1 cuts the name to `Eva \`, and icalendar 7.3.2 drops the attendee (event.errors says so).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check icalendar==7.3.2
npm install --silent --no-fund --no-audit --prefix "$folder" ical-generator@10.2.0 ical.js@2.2.1 >/dev/null
cd "$folder"
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import fs from 'node:fs';
import ICAL from 'ical.js';
import ical from 'ical-generator';
const calendar = ical();
const event = calendar.createEvent({ start: new Date('2026-07-01T10:00:00Z'), summary: 'x' });
event.createAttendee({ email: 'eva@example.com', name: 'Eva "E" Example' });
fs.writeFileSync('event.ics', calendar.toString());
const attendee = new ICAL.Component(ICAL.parse(calendar.toString())).getFirstSubcomponent('vevent').getFirstProperty('attendee');
console.log(attendee.toICALString(), '->', attendee.getParameter('cn'));
assert.ok(calendar.toString().includes('CN="Eva \\"E\\" Example"'));
assert.equal(attendee.getParameter('cn'), 'Eva \\');
NODE
node check.mjs
venv/bin/python - <<'PYTHON'
import icalendar
event = icalendar.Calendar.from_ical(open("event.ics", newline="").read()).walk("VEVENT")[0]
print(event.get("ATTENDEE"), event.errors)
assert "ATTENDEE" not in event and len(event.errors) == 1
PYTHON
