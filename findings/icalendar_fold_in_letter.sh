#!/usr/bin/env bash
# Guess: icalendar, given bytes, unfolds before it decodes: RFC 5545 3.1 allows a fold between the bytes of one character.
# So: icalendar 7.3.2 decodes first; the character turns into two U+FFFD, without an error.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check icalendar==7.3.2
"$folder/venv/bin/python" - <<'PYTHON'
import icalendar
lines = [b"BEGIN:VCALENDAR", b"VERSION:2.0", b"PRODID:x", b"BEGIN:VEVENT", b"UID:1", b"DTSTAMP:20260101T000000Z",
         b"DTSTART:20260701T100000Z", b"SUMMARY:Gr\xc3\r\n \xbc\xc3\x9fe", b"END:VEVENT", b"END:VCALENDAR", b""]
summary = str(icalendar.Calendar.from_ical(b"\r\n".join(lines)).walk("VEVENT")[0]["SUMMARY"])
print(ascii(summary))
assert summary == "Gr\ufffd\ufffdße"
PYTHON
