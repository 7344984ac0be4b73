#!/usr/bin/env bash
# Guess: expandRecurringEvent of node-ical, which supports RECURRENCE-ID, supports its RANGE=THISANDFUTURE too (RFC 5545 3.8.4.4).
# So: node-ical 0.26.1 moves only that occurrence; later ones keep the old time. ical.js 2.2.1 moves them all.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" node-ical@0.26.1 ical.js@2.2.1 >/dev/null
cd "$folder"
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import ICAL from 'ical.js';
import ical from 'node-ical';
const event = (...lines) => ['BEGIN:VEVENT', 'UID:1', 'DTSTAMP:20260101T000000Z', ...lines, 'END:VEVENT'];
const text = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:x',
  ...event('DTSTART:20260701T100000Z', 'DTEND:20260701T110000Z', 'RRULE:FREQ=DAILY;COUNT=3'),
  ...event('RECURRENCE-ID;RANGE=THISANDFUTURE:20260702T100000Z', 'DTSTART:20260702T150000Z', 'DTEND:20260702T160000Z'),
  'END:VCALENDAR', ''].join('\r\n');
const parsed = Object.values(ical.sync.parseICS(text)).find((entry) => entry.type === 'VEVENT');
const wrong = ical.expandRecurringEvent(parsed, { from: new Date('2026-07-01'), to: new Date('2026-08-01') });
const [master, change] = new ICAL.Component(ICAL.parse(text)).getAllSubcomponents('vevent').map((part) => new ICAL.Event(part));
master.relateException(change);
const right = [];
for (let next, iterator = master.iterator(); (next = iterator.next()); ) right.push(master.getOccurrenceDetails(next).startDate.hour);
const hours = wrong.map(({ start }) => start.getUTCHours());
console.log({ hours, right });
assert.deepEqual([hours, right], [[10, 15, 10], [10, 15, 15]]);
NODE
node check.mjs
