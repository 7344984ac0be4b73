#!/usr/bin/env bash
# Guess: the parts of an RRULE may come in any order (RFC 5545 3.3.10), so `COUNT=3;INTERVAL=2;FREQ=WEEKLY` means three dates, two weeks apart.
# So: node-ical 0.26.1 drops everything before FREQ: the event recurs weekly, forever. ical.js 2.2.1 reads the rule.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" node-ical@0.26.1 ical.js@2.2.1 >/dev/null
cd "$folder"
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import ICAL from 'ical.js';
import ical from 'node-ical';
const text = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:x', 'BEGIN:VEVENT', 'UID:1', 'DTSTAMP:20260101T000000Z',
  'DTSTART:20260105T100000Z', 'RRULE:COUNT=3;INTERVAL=2;FREQ=WEEKLY', 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n');
const { rrule } = Object.values(ical.sync.parseICS(text)).find((entry) => entry.type === 'VEVENT');
const wrong = rrule.between(new Date('2026-01-01'), new Date('2027-01-01')).map((date) => date.toISOString().slice(0, 10));
const iterator = new ICAL.Event(new ICAL.Component(ICAL.parse(text)).getFirstSubcomponent('vevent')).iterator();
const right = [];
for (let next; (next = iterator.next()); ) right.push(next.toString().slice(0, 10));
console.log({ right, wrong: wrong.slice(0, 4), count: wrong.length });
assert.deepEqual(right, ['2026-01-05', '2026-01-19', '2026-02-02']);
assert.ok(wrong.length === 52 && wrong[1] === '2026-01-12');
NODE
node check.mjs
