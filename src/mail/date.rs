//! Moments as their reader's clock shows them.

use jiff::{Timestamp, ZonedDateTime, tz::TimeZone};

/// A moment in the zone of the reader: that of `TZ`, or else the system's.
fn local(epoch_seconds: i64) -> Option<ZonedDateTime> {
    let zone = TimeZone::try_system().unwrap_or(TimeZone::UTC);
    let moment = Timestamp::from_second(epoch_seconds)
        .ok()?
        .to_zoned_datetime(zone);
    // RFC 3339 and RFC 5322 have years of four digits.
    (0..=9999).contains(&moment.year()).then_some(moment)
}

/// As RFC 3339 writes it: `2026-03-07T08:15:00+01:00`.
pub(crate) fn rfc3339(epoch_seconds: i64) -> Option<String> {
    Some(format_rfc3339(&local(epoch_seconds)?))
}

/// As RFC 5322 writes it: `Sat, 7 Mar 2026 08:15:00 +0100`.
pub(crate) fn rfc5322(epoch_seconds: i64) -> Option<String> {
    Some(format_rfc5322(&local(epoch_seconds)?))
}

fn format_rfc3339(moment: &ZonedDateTime) -> String {
    // An offset has no seconds there; those of the time before 1900 do.
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
    use super::*;

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
