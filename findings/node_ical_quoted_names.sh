#!/usr/bin/env bash
# Guess: a semicolon in a quoted parameter (RFC 5545 3.2) is part of the value: `CN="Example; Eva"` is one name.
# So: node-ical 0.26.1, which handles quoted colons, cuts the name at the semicolon and keeps its opening quotation mark.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" node-ical@0.26.1 ical.js@2.2.1 >/dev/null
cd "$folder"
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import ICAL from 'ical.js';
import ical from 'node-ical';
const names = (cn) => {
  const text = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:x', 'BEGIN:VEVENT', 'UID:1', 'DTSTAMP:20260101T000000Z',
    'DTSTART:20260701T100000Z', `ATTENDEE;CN="${cn}":mailto:eva@example.com`, 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n');
  const component = new ICAL.Component(ICAL.parse(text)).getFirstSubcomponent('vevent');
  return [
    Object.values(ical.sync.parseICS(text)).find((entry) => entry.type === 'VEVENT').attendee.params.CN,
    component.getFirstProperty('attendee').getParameter('cn'),
  ];
};
console.log('node-ical and ical.js', names('Example; Eva'), names('Eva: Example'));
assert.deepEqual(names('Example; Eva'), ['"Example', 'Example; Eva']);
assert.equal(names('Eva: Example')[0].replaceAll('"', ''), 'Eva: Example');
NODE
node check.mjs
