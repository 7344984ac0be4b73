//! `airbyte-gmail vacation`.

use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use airbyte_agent_gmail::types::VacationSettings;
use clap::{Args, Subcommand};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;

use crate::cli::args::{Global, Text};
use crate::cli::exit::Failure;
use crate::cli::output;
use crate::cli::settings::connect;

/// Show the vacation reply, turn it on or off
#[derive(Subcommand)]
pub(crate) enum Vacation {
    /// Show the vacation reply
    Show,
    /// Turn it off, and keep its text for the next time
    Off,
    On(On),
}

/// Turn it on; settings that you don't give stay as they are
#[derive(Args, Default)]
pub(crate) struct On {
    /// The subject
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    subject: Option<String>,
    /// The reply as plain text; @FILE reads a file, - reads standard input
    #[arg(long, allow_hyphen_values = true)]
    text: Option<Text>,
    /// The reply as HTML; @FILE reads a file, - reads standard input
    #[arg(long, allow_hyphen_values = true)]
    html: Option<Text>,
    /// The first day, such as 2026-08-01, from midnight UTC; none to start at once
    #[arg(long, value_name = "DATE", allow_hyphen_values = true)]
    start: Option<Bound>,
    /// The day on which it ends, at midnight UTC; none for no end
    #[arg(long, value_name = "DATE", allow_hyphen_values = true)]
    end: Option<Bound>,
    /// Reply only to people in your contacts
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    contacts_only: Option<bool>,
    /// Reply only to people in your organization
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    domain_only: Option<bool>,
}

impl Vacation {
    /// Runs the command.
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        if let Self::On(on) = &self {
            on.check(now())?;
        }
        let gmail = connect(global)?;
        // An update replaces everything, so read the current settings first.
        let mut settings = gmail.settings().get_vacation().send().await?;
        match self {
            Self::Show => return global.tell(&settings, |_| told(&settings)),
            Self::On(on) => on.apply(&mut settings, now())?,
            Self::Off => settings.enable_auto_reply = Some(false),
        }
        if global.dry_run {
            return global.show(&json!({"dry_run": true, "settings": settings}));
        }
        let settings = serde_json::to_value(settings)?;
        let updated = gmail
            .execute("settings", "update_vacation", settings)
            .await?;
        let settings: VacationSettings = serde_json::from_value(updated.data).map_err(|_| {
            Failure::Done("the service's answer does not fit its document".to_owned())
        })?;
        global.tell(&settings, |_| told(&settings))
    }
}

/// The vacation reply as lines for people.
fn told(settings: &VacationSettings) -> String {
    let is_on = settings.enable_auto_reply == Some(true);
    let mut line = format!(
        "the automatic answer is {}",
        if is_on { "on" } else { "off" }
    );
    if let Some(start) = kept(&settings.start_time) {
        line.push_str(&format!(", from {}", day(start)));
    }
    if let Some(end) = kept(&settings.end_time) {
        line.push_str(&format!(", until {}", day(end)));
    }
    let text = settings.response_body_html.as_ref();
    let text = text.or(settings.response_body_plain_text.as_ref());
    for (name, value) in [
        ("subject", settings.response_subject.as_ref()),
        ("text", text),
    ] {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            line.push_str(&format!("\n  {name}: {value}"));
        }
    }
    output::marked(is_on, &line)
}

/// A start or end time as Gmail stores it, if one is set.
fn kept(time: &Option<String>) -> Option<u64> {
    let time = time.as_deref()?.parse().ok();
    time.filter(|time| *time > 0)
}

/// The current time in milliseconds since 1970, as Gmail counts.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

/// A start or an end: `none`, or midnight UTC of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    Open,
    /// Milliseconds since 1970, as Gmail expects.
    At(u64),
}

impl FromStr for Bound {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "none" {
            return Ok(Self::Open);
        }
        let is_date =
            text.len() == 10 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'-'));
        let midnight = Date::strptime("%Y-%m-%d", text)
            .ok()
            .filter(|_| is_date)
            .and_then(|date| TimeZone::UTC.to_timestamp(date.into()).ok())
            .and_then(|midnight| u64::try_from(midnight.as_millisecond()).ok());
        midnight
            .map(Self::At)
            .ok_or("it is not a date; give one like 2026-08-01, or none")
    }
}

impl Bound {
    fn time(self) -> Option<u64> {
        match self {
            Self::Open => None,
            Self::At(time) => Some(time),
        }
    }
}

impl On {
    /// Refuses impossible dates before any request.
    fn check(&self, now: u64) -> Result<(), Failure> {
        check_window(
            self.start.and_then(Bound::time),
            self.end.and_then(Bound::time),
        )?;
        match self.end {
            Some(Bound::At(end)) if end <= now => Err(Failure::input(format!(
                "--end {} is in the past; give a later day, or leave it out",
                day(end)
            ))),
            _ => Ok(()),
        }
    }

    fn apply(self, settings: &mut VacationSettings, now: u64) -> Result<(), Failure> {
        settings.enable_auto_reply = Some(true);
        if let Some(subject) = self.subject {
            settings.response_subject = Some(subject);
        }
        if let Some(text) = self.text {
            settings.response_body_plain_text = Some(text.read()?);
            // Gmail sends the HTML if it has both, so an old one would hide the new text.
            settings.response_body_html = None;
        }
        if let Some(html) = self.html {
            settings.response_body_html = Some(html.read()?);
        }
        let (mut start, mut end) = (kept(&settings.start_time), kept(&settings.end_time));
        // With the previous window, it would be on but answer nobody.
        if let Some(past) = end
            && past <= now
            && self.end.is_none()
        {
            output::note(&format!(
                "note: the old end, {}, has passed and is removed, so there is no end now (--end sets one)",
                day(past)
            ));
            (start, end) = (None, None);
        } else if end.is_some_and(|end| end <= now) {
            start = None;
        }
        if let Some(bound) = self.start {
            start = bound.time();
        }
        if let Some(bound) = self.end {
            end = bound.time();
        }
        check_window(start, end)?;
        settings.start_time = start.map(|time| time.to_string());
        settings.end_time = end.map(|time| time.to_string());
        if let Some(contacts) = self.contacts_only {
            settings.restrict_to_contacts = Some(contacts);
        }
        if let Some(domain) = self.domain_only {
            settings.restrict_to_domain = Some(domain);
        }
        Ok(())
    }
}

/// Refuses an end that is not after the start.
fn check_window(start: Option<u64>, end: Option<u64>) -> Result<(), Failure> {
    match (start, end) {
        (Some(start), Some(end)) if start >= end => Err(Failure::input(format!(
            "it would begin on {} and end on {}; give an --end after the --start, or leave it out",
            day(start),
            day(end)
        ))),
        _ => Ok(()),
    }
}

/// The UTC day of a time, such as `01 Aug 2026`.
fn day(time: u64) -> String {
    // Gmail can store years that a date can't represent.
    let latest = Duration::from_secs(253_402_300_799);
    let since = Duration::from_millis(time).min(latest);
    let date = httpdate::fmt_http_date(UNIX_EPOCH + since);
    date.get(5..16).unwrap_or(&date).to_owned()
}

#[cfg(test)]
mod tests {
    use airbyte_agent_gmail::types::VacationSettings;

    use super::{Bound, On, check_window, day};

    /// 2026-08-01.
    const NOW: u64 = 1_785_542_400_000;

    fn at(date: &str) -> u64 {
        date.parse().ok().and_then(Bound::time).unwrap()
    }

    #[test]
    fn dates_are_days_that_exist() {
        let time = |date: &str| date.parse().ok().and_then(Bound::time);
        assert_eq!("none".parse(), Ok(Bound::Open));
        assert_eq!(time("1970-01-02"), Some(86_400_000));
        assert_eq!(time("2026-01-01"), Some(1_767_225_600_000));
        assert_eq!(time("2028-02-29"), Some(1_835_395_200_000));
        assert_eq!(time("2026-08-01"), Some(NOW));
        for wrong in [
            "2026-02-29",
            "2026-13-01",
            "2026-00-01",
            "2026-01-00",
            "2026-+1-01",
            "2026-01-01-01",
            "01.02.2026",
            "1969-01-01",
            "",
        ] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
        assert_eq!(day(NOW), "01 Aug 2026");
        assert_eq!(day(at("9999-12-30")), "30 Dec 9999");
        assert_eq!(day(u64::MAX), "31 Dec 9999");
    }

    /// The window after `on`, as dates; `Err` if refused.
    fn window(
        kept: (&str, &str),
        start: Option<Bound>,
        end: Option<Bound>,
    ) -> Result<(String, String), ()> {
        let time = |date: &str| (!date.is_empty()).then(|| at(date).to_string());
        let mut settings = VacationSettings {
            start_time: time(kept.0),
            end_time: time(kept.1),
            ..VacationSettings::default()
        };
        let on = On {
            start,
            end,
            ..On::default()
        };
        on.apply(&mut settings, NOW).map_err(|_| ())?;
        let dates = ["2026-07-01", "2026-08-10", "2026-09-01"];
        let date = |time: Option<String>| {
            let is_it = |date: &&str| time == Some(at(date).to_string());
            let date = dates.into_iter().find(is_it).unwrap_or_default();
            assert_eq!(date.is_empty(), time.is_none());
            date.to_owned()
        };
        Ok((date(settings.start_time), date(settings.end_time)))
    }

    #[test]
    fn a_window_that_is_past_is_dropped() {
        let open = Some(Bound::Open);
        let on = |date: &str| Some(Bound::At(at(date)));
        let table = [
            (("", "2025-07-15"), None, None, Ok(("", ""))),
            (("2025-07-01", "2025-07-15"), None, None, Ok(("", ""))),
            (("2025-07-01", "2026-08-01"), None, None, Ok(("", ""))),
            (
                ("2025-07-01", "2025-07-15"),
                None,
                on("2026-09-01"),
                Ok(("", "2026-09-01")),
            ),
            (
                ("2025-07-01", "2025-07-15"),
                on("2026-08-10"),
                None,
                Ok(("2026-08-10", "")),
            ),
            (
                ("2026-07-01", "2026-09-01"),
                None,
                None,
                Ok(("2026-07-01", "2026-09-01")),
            ),
            (
                ("2026-07-01", "2026-09-01"),
                None,
                open,
                Ok(("2026-07-01", "")),
            ),
            (
                ("2026-07-01", "2026-09-01"),
                open,
                None,
                Ok(("", "2026-09-01")),
            ),
            (("2026-07-01", "2026-09-01"), open, open, Ok(("", ""))),
            (
                ("2026-07-01", "2026-09-01"),
                on("2026-09-01"),
                None,
                Err(()),
            ),
            (("2026-08-20", ""), None, on("2026-08-10"), Err(())),
            (
                ("2026-08-20", ""),
                open,
                on("2026-08-10"),
                Ok(("", "2026-08-10")),
            ),
        ];
        for (kept, start, end, expected) in table {
            let expected = expected.map(|(start, end)| (start.to_owned(), end.to_owned()));
            assert_eq!(
                window(kept, start, end),
                expected,
                "{kept:?} {start:?} {end:?}"
            );
        }
    }

    #[test]
    fn an_end_before_the_beginning_is_named() {
        let failure = check_window(Some(at("2026-08-10")), Some(at("2026-08-01"))).err();
        let Some(super::Failure::Input(message)) = failure else {
            panic!("refused input");
        };
        assert!(
            message.contains("10 Aug 2026") && message.contains("01 Aug 2026"),
            "{message}"
        );
        assert!(check_window(Some(at("2026-08-01")), Some(at("2026-08-02"))).is_ok());
        assert!(check_window(None, Some(at("2026-08-02"))).is_ok());
    }
}
