#!/usr/bin/env bash
# Guess: ical.js, which expands FREQ=YEARLY with BYMONTH, BYDAY and BYMONTHDAY, expands BYWEEKNO or rejects it: Monday of week 2 is one date a year.
# So: ical.js 2.2.1 returns a date every week, without the first event and without an error; rrule 2.8.1 returns one a year.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" ical.js@2.2.1 rrule@2.8.1 >/dev/null
cd "$folder"
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import ICAL from 'ical.js';
import rrule from 'rrule';
const rule = 'FREQ=YEARLY;BYWEEKNO=2;BYDAY=MO;COUNT=3';
const iterator = ICAL.Recur.fromString(rule).iterator(ICAL.Time.fromString('2026-01-05T10:00:00'));
const wrong = [1, 2, 3].map(() => iterator.next().toString().slice(0, 10));
const right = rrule.rrulestr(`DTSTART:20260105T100000Z\nRRULE:${rule}`).all().map((date) => date.toISOString().slice(0, 10));
console.log({ wrong, right });
assert.deepEqual(wrong, ['2026-01-12', '2026-01-19', '2026-01-26']);
assert.deepEqual(right, ['2026-01-05', '2027-01-11', '2028-01-10']);
NODE
node check.mjs
