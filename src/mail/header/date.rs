//! Parses dates as senders write them, and formats times for the reader's time zone.

use jiff::{
    SignedDuration, Timestamp, ZonedDateTime, civil,
    tz::{Offset, TimeZone},
};

use super::parameter::without_comments;

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// The named zones, and how many hours they are ahead of UTC (RFC 5322 section 4.3).
const ZONES: [(&str, i32); 8] = [
    ("est", -5),
    ("edt", -4),
    ("cst", -6),
    ("cdt", -5),
    ("mst", -7),
    ("mdt", -6),
    ("pst", -8),
    ("pdt", -7),
];

/// Parses a date of RFC 5322 section 3.3 or 4.3, with its parts in any order, or in ISO 8601 form. Keeps the sender's
/// zone.
///
/// A zone with another name counts as UTC, as section 4.3 says, which saves the date.
pub(crate) fn parse(line: &[u8]) -> Option<ZonedDateTime> {
    let text = String::from_utf8_lossy(&without_comments(line)).to_ascii_lowercase();
    let (mut day, mut month, mut year, mut time) = (None, None, None, None);
    let mut offset = 0;
    let mut half = None;
    for word in words(&text) {
        let begins_with = |test: fn(&char) -> bool| word.chars().next().filter(test).is_some();
        if time.is_some() && begins_with(|letter| matches!(letter, '+' | '-')) {
            offset = offset_of(word).unwrap_or(offset);
        } else if time.is_none() && word.contains(':') {
            time = Some(time_of(word)?);
        } else if let Some(date) = iso_date(word) {
            (year, month, day) = (Some(date.0), Some(date.1), Some(date.2));
        } else if begins_with(char::is_ascii_digit) {
            // Some programs write `24-Nov-2026`.
            for number in word.split('-') {
                match (day, month_of(number)) {
                    (_, Some(found)) => month = month.or(Some(found)),
                    (None, None) => day = Some(number.parse().ok()?),
                    (Some(_), None) => year = year.or(Some(year_of(number)?)),
                }
            }
        } else if month.is_none() && month_of(word).is_some() {
            month = month_of(word);
        } else if time.is_some() && matches!(word, "am" | "pm") {
            half = Some(word);
        } else if time.is_some() {
            let (name, rest) = word.split_at(word.find(['+', '-']).unwrap_or(word.len()));
            let hours = ZONES.iter().find(|(zone, _)| *zone == name);
            offset = offset_of(rest).unwrap_or_else(|| hours.map_or(offset, |zone| zone.1 * 3600));
        }
    }
    let (hour, minute, second) = time?;
    let hour = match (half, hour) {
        (Some("am"), 12) => 0,
        (Some("pm"), 1..12) => hour + 12,
        _ => hour,
    };
    let local = civil::DateTime::new(year?, month?, day?, hour, minute, second.min(59), 0).ok()?;
    let zone = Offset::from_seconds(offset).ok()?;
    // As in POSIX, a leap second is the same moment as the first second after it.
    let leap = SignedDuration::from_secs(i64::from(second == 60));
    let moment = local.to_zoned_datetime(TimeZone::fixed(zone)).ok()?;
    moment.checked_add(leap).ok().filter(|_| second <= 60)
}

/// The words of a date, including the parts of `2026-11-24T09:15:00Z` and a zone attached to the time.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| letter.is_whitespace() || letter == ',')
        .flat_map(|word| {
            let is_iso = word.get(..10).is_some_and(|date| iso_date(date).is_some());
            let (date, time) = match word.split_once('t') {
                Some((date, time)) if is_iso => (date, time),
                _ => ("", word),
            };
            let zone = if time.contains(':') {
                time.find(['+', '-', 'z'])
            } else {
                None
            };
            let (time, zone) = time.split_at(zone.unwrap_or(time.len()));
            [date, time, zone]
        })
        .filter(|word| !word.is_empty())
}

/// The year, month and day of `2026-11-24`.
fn iso_date(word: &str) -> Option<(i16, i8, i8)> {
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let (year, rest) = word.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let is_iso = [(year, 4), (month, 2), (day, 2)]
        .iter()
        .all(|(digits, length)| digits.len() == *length && digits.bytes().all(is_digit));
    if !is_iso {
        return None;
    }
    Some((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?))
}

fn month_of(word: &str) -> Option<i8> {
    let start = word.get(..3)?;
    let position = MONTHS.iter().position(|month| *month == start)?;
    i8::try_from(position + 1).ok()
}

/// Expands years of two and three digits by RFC 5322 section 4.3; no mail is from the first century.
fn year_of(digits: &str) -> Option<i16> {
    let year: i16 = digits.parse().ok()?;
    Some(match digits.len() {
        4.. if year >= 100 => year,
        3 => year + 1900,
        _ if year < 50 => year + 2000,
        _ => year + 1900,
    })
}

fn time_of(word: &str) -> Option<(i8, i8, i8)> {
    let mut parts = word.split(':');
    let mut part = || parts.next().map(|digits| digits.split('.').next());
    let hour = part()??.parse().ok()?;
    let minute = part()??.parse().ok()?;
    let second = part().flatten().map_or(Ok(0), str::parse).ok()?;
    Some((hour, minute, second))
}

/// The seconds of `+0130`, `-01:30`, `-130` or `+1`.
fn offset_of(word: &str) -> Option<i32> {
    let sign = match word.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let digits = word.get(1..)?.replace(':', "");
    let hours = match digits.len() {
        length @ 1..=2 => length,
        length @ 3..=4 => length - 2,
        _ => return None,
    };
    let (hours, minutes) = digits.split_at_checked(hours)?;
    let minutes = if minutes.is_empty() { "0" } else { minutes };
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60)
}

/// A moment in the reader's zone: `TZ`, else the system's.
fn local(epoch_seconds: i64) -> Option<ZonedDateTime> {
    let zone = TimeZone::try_system().unwrap_or(TimeZone::UTC);
    let moment = Timestamp::from_second(epoch_seconds)
        .ok()?
        .to_zoned_datetime(zone);
    // RFC 3339 and RFC 5322 have four-digit years.
    (0..=9999).contains(&moment.year()).then_some(moment)
}

/// Formats a time by RFC 3339: `2026-03-07T08:15:00+01:00`.
pub(crate) fn rfc3339(epoch_seconds: i64) -> Option<String> {
    Some(format_rfc3339(&local(epoch_seconds)?))
}

/// Formats a time by RFC 5322: `Sat, 7 Mar 2026 08:15:00 +0100`.
pub(crate) fn rfc5322(epoch_seconds: i64) -> Option<String> {
    Some(format_rfc5322(&local(epoch_seconds)?))
}

fn format_rfc3339(moment: &ZonedDateTime) -> String {
    // RFC 3339 offsets have no seconds, but those before 1900 do.
    let is_whole = moment.offset().seconds() % 60 == 0;
    let moment = if is_whole {
        moment.clone()
    } else {
        moment.with_time_zone(TimeZone::UTC)
    };
    moment.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

fn format_rfc5322(moment: &ZonedDateTime) -> String {
    moment.strftime("%a, %-d %b %Y %H:%M:%S %z").to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_are_read_as_they_are_written() {
        let table = [
            (
                "Tue, 24 Nov 2026 09:15:00 +0100",
                "2026-11-24T09:15:00+01:00",
            ),
            (
                "24 Nov 2026 09:15 +0100 (CET (winter))",
                "2026-11-24T09:15:00+01:00",
            ),
            (
                "Tue,24 Nov 2026 09:15:00 -0330",
                "2026-11-24T09:15:00-03:30",
            ),
            (
                "Tue, 24 Nov 126 09:15:00 +0100",
                "2026-11-24T09:15:00+01:00",
            ),
            ("24 Nov 26 09:15:00 EST", "2026-11-24T09:15:00-05:00"),
            ("24 Nov 99 09:15:00 UT", "1999-11-24T09:15:00+00:00"),
            ("Thu, 30 Nov 2006 10:00:00 A", "2006-11-30T10:00:00+00:00"),
            (
                "Tue, 24 November 2026 09:15:00 GMT+0200",
                "2026-11-24T09:15:00+02:00",
            ),
            (
                "Tue, 24 Nov 2026 09:15:00 +01:00",
                "2026-11-24T09:15:00+01:00",
            ),
            ("24-Nov-2026 09:15:00 +0100", "2026-11-24T09:15:00+01:00"),
            ("24 Nov 2026 09:15:00+0100", "2026-11-24T09:15:00+01:00"),
            ("24 Nov 2026 09:15:00 -600", "2026-11-24T09:15:00-06:00"),
            ("24 Nov 2026 09:15:00 +01", "2026-11-24T09:15:00+01:00"),
            ("24 Nov 2026 09:15:00 GMT+1", "2026-11-24T09:15:00+01:00"),
            ("24 Nov 0026 09:15:00 -0130", "2026-11-24T09:15:00-01:30"),
            ("24 Nov 2026 09:15:00 PM +0100", "2026-11-24T21:15:00+01:00"),
            ("Nov 24, 2026 12:15 AM", "2026-11-24T00:15:00+00:00"),
            ("Nov 24, 2026 12:15 pm", "2026-11-24T12:15:00+00:00"),
            ("24 Nov 2026 21:15:00 PM", "2026-11-24T21:15:00+00:00"),
            ("2026-11-24T09:15:00+01:00", "2026-11-24T09:15:00+01:00"),
            ("2026-11-24T09:15:00.25Z", "2026-11-24T09:15:00+00:00"),
            ("2026-11-24 09:15:00 +0100", "2026-11-24T09:15:00+01:00"),
            ("2026-11-24 09:15", "2026-11-24T09:15:00+00:00"),
            ("Tue Nov 24 09:15:00 2026", "2026-11-24T09:15:00+00:00"),
            ("Tue Nov 24 09:15:00 PST 2026", "2026-11-24T09:15:00-08:00"),
            (
                "Tue, 24 Nov 2026 09:15:00.123 +0100",
                "2026-11-24T09:15:00+01:00",
            ),
            (
                "Sat, 31 Dec 2016 23:59:60 +0000",
                "2017-01-01T00:00:00+00:00",
            ),
            ("Tue, 24 Nov 2026 09:15:00", "2026-11-24T09:15:00+00:00"),
            (
                "Wed, 24 Nov 2026 (a day off) 09:15:00 -0000",
                "2026-11-24T09:15:00+00:00",
            ),
        ];
        for (written, read) in table {
            let moment = parse(written.as_bytes());
            assert_eq!(
                moment.as_ref().map(format_rfc3339).as_deref(),
                Some(read),
                "{written}"
            );
        }
        for nothing in [
            "",
            "yesterday",
            "24 Nov 2026",
            "31 Feb 2026 09:15:00 +0000",
            "24 Nov 2026 25:00 +0000",
        ] {
            assert!(parse(nothing.as_bytes()).is_none(), "{nothing}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(epoch in 0_i64..250_000_000_000) {
            let written = rfc5322(epoch).unwrap();
            prop_assert_eq!(parse(written.as_bytes()).map(|date| date.timestamp().as_second()), Some(epoch));
        }

        #[test]
        fn any_bytes_are_a_date_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some(date) = parse(&bytes) {
                prop_assert!((1..=31).contains(&date.day()));
            }
        }
    }

    #[test]
    fn moments_are_shown_in_a_zone() {
        let table = [
            (
                "Europe/Berlin",
                1_772_867_700,
                "2026-03-07T08:15:00+01:00",
                "Sat, 7 Mar 2026 08:15:00 +0100",
            ),
            (
                "Europe/Berlin",
                1_782_867_700,
                "2026-07-01T03:01:40+02:00",
                "Wed, 1 Jul 2026 03:01:40 +0200",
            ),
            (
                "UTC",
                1_772_867_700,
                "2026-03-07T07:15:00+00:00",
                "Sat, 7 Mar 2026 07:15:00 +0000",
            ),
            (
                "America/St_Johns",
                1_772_867_700,
                "2026-03-07T03:45:00-03:30",
                "Sat, 7 Mar 2026 03:45:00 -0330",
            ),
            (
                "Asia/Kathmandu",
                -1,
                "1970-01-01T05:29:59+05:30",
                "Thu, 1 Jan 1970 05:29:59 +0530",
            ),
        ];
        for (zone, epoch, rfc3339, rfc5322) in table {
            let zone = TimeZone::get(zone).unwrap();
            let moment = Timestamp::from_second(epoch)
                .unwrap()
                .to_zoned_datetime(zone);
            assert_eq!(format_rfc3339(&moment), rfc3339);
            assert_eq!(format_rfc5322(&moment), rfc5322);
        }
    }

    #[test]
    fn moments_beyond_the_years_are_not_shown() {
        assert_eq!(rfc3339(i64::MAX), None);
        assert_eq!(rfc5322(-100_000_000_000), None);
        assert_eq!(rfc3339(1_772_867_700).map(|text| text.len()), Some(25));
    }
}
