//! Describes an invitation in words.

use jiff::{
    Span, ZonedDateTime,
    civil::{Date, DateTime},
    tz::TimeZone,
};

use super::{CalendarEntry, CalendarPart, CalendarTime, CalendarUser};

/// The maximum number of entries to show; an invitation to a series has one for each changed occurrence.
const MOST_ENTRIES: usize = 10;

/// The maximum number of attendees to name.
const MOST_PEOPLE: usize = 20;

impl CalendarPart {
    /// Describes the object in words.
    ///
    /// The text has the method, and for each entry the title, the time (in the reader's zone and its own), the place,
    /// and the attendees.
    ///
    /// ```
    /// use airbyte_agent_gmail::mail::Reading;
    ///
    /// let raw = b"Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:Lunch\r\n\
    ///     DTSTART;VALUE=DATE:20261201\r\nLOCATION:Canteen\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    /// let reading = Reading::from_raw(raw);
    /// assert_eq!(
    ///     reading.calendars[0].to_text(),
    ///     "Invitation (REQUEST)\nWhat: Lunch\nWhen: Tue, 1 Dec 2026\nWhere: Canteen"
    /// );
    /// ```
    ///
    /// Recurrences are not expanded. If a zone's rules are unknown, its name is shown and its times stay as they are.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.in_zone(&TimeZone::try_system().unwrap_or(TimeZone::UTC))
    }

    fn in_zone(&self, reader: &TimeZone) -> String {
        let method = self.method.as_deref().unwrap_or("no method");
        let kind = match method {
            "REPLY" => "Answer to an invitation",
            "CANCEL" => "Cancellation",
            "PUBLISH" => "Event",
            "COUNTER" => "Proposed new time",
            _ => "Invitation",
        };
        let mut lines = vec![match &self.content_type_method {
            Some(other) => format!("{kind} ({method}, but {other} in the Content-Type)"),
            None => format!("{kind} ({method})"),
        }];
        for entry in self.entries.iter().take(MOST_ENTRIES) {
            entry.write(reader, &mut lines);
        }
        if self.entries.len() > MOST_ENTRIES {
            lines.push(format!(
                "({} more entries)",
                self.entries.len() - MOST_ENTRIES
            ));
        }
        if self.entries.is_empty() {
            lines.push(match &self.attachment_id {
                Some(_) => "(it has not been fetched)".to_owned(),
                None => "(no event can be read in it)".to_owned(),
            });
        }
        lines.join("\n")
    }
}

impl CalendarEntry {
    fn write(&self, reader: &TimeZone, lines: &mut Vec<String>) {
        let mut put = |name: &str, value: Option<String>| {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                // A line end within a value must not look like a new field.
                let value: Vec<&str> = value.split_whitespace().collect();
                lines.push(format!("{name}: {}", value.join(" ")));
            }
        };
        put("What", self.summary.clone());
        put("When", self.when(reader));
        put(
            "Instead of",
            self.recurrence_id.as_ref().map(|time| time.shown(reader)),
        );
        put("Repeats", self.recurrence_rule.clone());
        put("Where", self.location.clone());
        put("Status", self.status.clone());
        put(
            "Organizer",
            self.organizer.as_ref().map(CalendarUser::shown),
        );
        let mut people: Vec<String> = self
            .attendees
            .iter()
            .take(MOST_PEOPLE)
            .map(CalendarUser::shown)
            .collect();
        if self.attendees.len() > MOST_PEOPLE {
            people.push(format!("and {} more", self.attendees.len() - MOST_PEOPLE));
        }
        put("Who", Some(people.join(", ")));
    }

    /// The start and the end; without an end, the start plus the duration.
    fn when(&self, reader: &TimeZone) -> Option<String> {
        let start = self.start.as_ref()?;
        if let Some(first) = start.date() {
            // The end of whole days is the day after the last one.
            let last = self
                .end
                .as_ref()
                .and_then(CalendarTime::date)
                .and_then(|day| day.yesterday().ok())
                .or_else(|| first.checked_add(self.span()?).ok()?.yesterday().ok())
                .filter(|last| *last > first);
            return Some(match last {
                Some(last) => format!("{} to {}", day(first), day(last)),
                None => day(first),
            });
        }
        let end = self.end.clone().or_else(|| {
            let local = start.civil()?.checked_add(self.span()?).ok()?;
            Some(CalendarTime {
                local: local.to_string(),
                zone: start.zone.clone(),
            })
        });
        Some(match end.filter(|end| end.civil().is_some()) {
            None => start.shown(reader),
            Some(end) => start.shown_to(&end, reader),
        })
    }

    fn span(&self) -> Option<Span> {
        self.duration.as_deref()?.parse().ok()
    }
}

impl CalendarTime {
    fn date(&self) -> Option<Date> {
        if self.local.contains('T') {
            return None;
        }
        self.local.parse().ok()
    }

    fn civil(&self) -> Option<DateTime> {
        self.local.parse().ok()
    }

    /// The moment, if the zone's rules are known.
    fn moment(&self) -> Option<ZonedDateTime> {
        let zone = match self.zone.as_deref()? {
            "UTC" => TimeZone::UTC,
            name => TimeZone::get(name).ok()?,
        };
        self.civil()?.to_zoned_datetime(zone).ok()
    }

    fn shown(&self, reader: &TimeZone) -> String {
        match self.date() {
            Some(date) => day(date),
            None => self.shown_to(self, reader),
        }
    }

    /// From this time to another, in the reader's zone and the entry's own.
    fn shown_to(&self, end: &Self, reader: &TimeZone) -> String {
        let (Some(first), Some(last)) = (self.civil(), end.civil()) else {
            return self.local.clone();
        };
        let own = range(first, last);
        let Some(zone) = &self.zone else {
            return format!("{own} (no time zone is given: local time)");
        };
        let (Some(start), Some(end)) = (self.moment(), end.moment()) else {
            return format!("{own} (zone: {zone})");
        };
        // The end may be in another zone; it is shown in the zone of the start.
        let in_zone = |zone: &TimeZone| {
            let at = |moment: &ZonedDateTime| moment.with_time_zone(zone.clone()).datetime();
            range(at(&start), at(&end))
        };
        let own = in_zone(start.time_zone());
        let shown = in_zone(reader);
        match reader.iana_name() {
            _ if shown == own => format!("{own} ({zone})"),
            Some(name) => format!("{shown} ({name}); {own} ({zone})"),
            None => format!("{shown} (your clock); {own} ({zone})"),
        }
    }
}

/// `Tue, 1 Dec 2026 12:30 to 13:30`, or one time if both are the same.
fn range(first: DateTime, last: DateTime) -> String {
    let start = format!("{} {}", day(first.date()), first.strftime("%H:%M"));
    if last == first {
        start
    } else if first.date() == last.date() {
        format!("{start} to {}", last.strftime("%H:%M"))
    } else {
        format!("{start} to {} {}", day(last.date()), last.strftime("%H:%M"))
    }
}

fn day(date: Date) -> String {
    date.strftime("%a, %-d %b %Y").to_string()
}

impl CalendarUser {
    fn shown(&self) -> String {
        let mut shown = match &self.name {
            Some(name) if *name != self.address => format!("{name} <{}>", self.address),
            _ => self.address.clone(),
        };
        if let Some(word) = self.participation.as_deref().and_then(participation) {
            shown.push_str(&format!(" ({word})"));
        }
        shown
    }
}

fn participation(value: &str) -> Option<&'static str> {
    Some(match value {
        "ACCEPTED" => "accepted",
        "DECLINED" => "declined",
        "TENTATIVE" => "tentative",
        "DELEGATED" => "delegated",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Reading;

    fn shown(event: &str, reader: &str) -> String {
        let raw = format!(
            "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        let reading = Reading::from_raw(raw.as_bytes());
        reading.calendars[0].in_zone(&TimeZone::get(reader).unwrap())
    }

    #[test]
    fn times_are_shown_by_the_readers_clock_and_the_zones_own() {
        let table = [
            (
                "DTSTART;TZID=Europe/Berlin:20261201T233000\r\nDTEND;TZID=Europe/Berlin:20261202T003000",
                "When: Wed, 2 Dec 2026 07:30 to 08:30 (Asia/Tokyo); Tue, 1 Dec 2026 23:30 to Wed, 2 Dec 2026 00:30 (Europe/Berlin)",
            ),
            (
                "DTSTART:20261201T030000Z\r\nDURATION:PT1H30M",
                "When: Tue, 1 Dec 2026 12:00 to 13:30 (Asia/Tokyo); Tue, 1 Dec 2026 03:00 to 04:30 (UTC)",
            ),
            (
                "DTSTART;TZID=Asia/Tokyo:20261201T090000",
                "When: Tue, 1 Dec 2026 09:00 (Asia/Tokyo)",
            ),
            (
                "DTSTART;TZID=Customized Time Zone:20261201T090000\r\nDTEND;TZID=Customized Time Zone:20261201T093000",
                "When: Tue, 1 Dec 2026 09:00 to 09:30 (zone: Customized Time Zone)",
            ),
            (
                "DTSTART:20261201T090000",
                "When: Tue, 1 Dec 2026 09:00 (no time zone is given: local time)",
            ),
            (
                "DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227",
                "When: Thu, 24 Dec 2026 to Sat, 26 Dec 2026",
            ),
            (
                "DTSTART;VALUE=DATE:20261224\r\nDURATION:P1D",
                "When: Thu, 24 Dec 2026",
            ),
            (
                "DTSTART;VALUE=DATE:20261224\r\nDURATION:P3D",
                "When: Thu, 24 Dec 2026 to Sat, 26 Dec 2026",
            ),
            // In the hour skipped in spring, the previous offset applies (RFC 5545, section 3.3.5).
            (
                "DTSTART;TZID=Europe/Berlin:20260329T023000",
                "When: Sun, 29 Mar 2026 10:30 (Asia/Tokyo); Sun, 29 Mar 2026 03:30 (Europe/Berlin)",
            ),
        ];
        for (event, line) in table {
            let text = shown(event, "Asia/Tokyo");
            assert!(text.lines().any(|shown| shown == line), "{event}:\n{text}");
        }
    }

    #[test]
    fn who_and_where_are_told_and_nothing_passes_for_a_field() {
        let text = shown(
            "SUMMARY:Lunch\\nWhere: elsewhere\r\nLOCATION:Canteen\r\nORGANIZER;CN=Eva:mailto:eva@example.org\r\n\
             ATTENDEE;PARTSTAT=ACCEPTED:mailto:eva@example.org\r\nATTENDEE;PARTSTAT=NEEDS-ACTION;CN=me@example.com:mailto:me@example.com\r\n\
             RRULE:FREQ=WEEKLY;BYDAY=MO",
            "UTC",
        );
        assert_eq!(
            text,
            "Invitation (REQUEST)\nWhat: Lunch Where: elsewhere\nRepeats: FREQ=WEEKLY;BYDAY=MO\nWhere: Canteen\n\
             Organizer: Eva <eva@example.org>\nWho: eva@example.org (accepted), me@example.com"
        );
    }
}
