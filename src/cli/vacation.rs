//! `airbyte-gmail vacation`.

use airbyte_agent_gmail::GmailConnector;
use airbyte_agent_gmail::types::VacationSettings;
use clap::{Arg, ArgMatches, Command};
use serde_json::json;

use super::exit::Failure;
use super::output::{Format, Output};
use super::{dry_run, given_text};

/// The command's arguments.
pub(crate) fn command() -> Command {
    let text = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name(value)
            .help(help)
            .allow_hyphen_values(true)
    };
    let choice = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("BOOL")
            .value_parser(clap::value_parser!(bool))
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .help(help)
    };
    Command::new("vacation")
        .about("The automatic answer: show, on, off")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(Command::new("show").about("What is set"))
        .subcommand(Command::new("off").about("Turn it off; its text stays for the next time"))
        .subcommand(
            Command::new("on")
                .about("Turn it on; what is not given stays as it was")
                .arg(text("subject", "TEXT", "The subject"))
                .arg(text(
                    "text",
                    "TEXT",
                    "The answer as plain text; @FILE reads a file, - the standard input",
                ))
                .arg(text(
                    "html",
                    "HTML",
                    "The answer as HTML; @FILE reads a file, - the standard input",
                ))
                .arg(text(
                    "start",
                    "DATE",
                    "The first day, such as 2026-08-01; it begins at midnight UTC",
                ))
                .arg(text(
                    "end",
                    "DATE",
                    "The day on which it is off again, at midnight UTC",
                ))
                .arg(choice(
                    "contacts-only",
                    "Answer only people in the contacts",
                ))
                .arg(choice(
                    "domain-only",
                    "Answer only people of the own organization",
                )),
        )
}

/// Does what the subcommand says.
pub(crate) async fn run(gmail: GmailConnector, arguments: &ArgMatches) -> Result<(), Failure> {
    let Some((name, arguments)) = arguments.subcommand() else {
        return Ok(());
    };
    // An update replaces everything, so that what is to stay has to be read first.
    let mut settings = gmail.settings().get_vacation().send().await?;
    let output = Output::new(arguments, Format::Json);
    match name {
        "show" => return output.show(&settings),
        "off" => settings.enable_auto_reply = Some(false),
        _ => change(&mut settings, arguments)?,
    }
    if dry_run(arguments) {
        return output.value(&json!({"dry_run": true, "settings": settings}));
    }
    output.show(&update(&gmail, settings).await?)
}

fn change(settings: &mut VacationSettings, arguments: &ArgMatches) -> Result<(), Failure> {
    let given = |name: &str| arguments.get_one::<String>(name);
    let date = |name: &str| given(name).map(|date| midnight(name, date)).transpose();
    settings.enable_auto_reply = Some(true);
    if let Some(subject) = given("subject") {
        settings.response_subject = Some(subject.clone());
    }
    if let Some(text) = given("text") {
        settings.response_body_plain_text = Some(given_text(text)?);
        // Gmail sends the HTML where it has both: an old one would hide the new text.
        settings.response_body_html = None;
    }
    if let Some(html) = given("html") {
        settings.response_body_html = Some(given_text(html)?);
    }
    if let Some(start) = date("start")? {
        settings.start_time = Some(start);
    }
    if let Some(end) = date("end")? {
        settings.end_time = Some(end);
    }
    if let Some(contacts) = arguments.get_one::<bool>("contacts-only") {
        settings.restrict_to_contacts = Some(*contacts);
    }
    if let Some(domain) = arguments.get_one::<bool>("domain-only") {
        settings.restrict_to_domain = Some(*domain);
    }
    Ok(())
}

async fn update(
    gmail: &GmailConnector,
    settings: VacationSettings,
) -> Result<VacationSettings, Failure> {
    let mut call = gmail.settings().update_vacation();
    if let Some(enable) = settings.enable_auto_reply {
        call = call.enable_auto_reply(enable);
    }
    if let Some(subject) = settings.response_subject {
        call = call.response_subject(subject);
    }
    if let Some(text) = settings.response_body_plain_text {
        call = call.response_body_plain_text(text);
    }
    if let Some(html) = settings.response_body_html {
        call = call.response_body_html(html);
    }
    if let Some(contacts) = settings.restrict_to_contacts {
        call = call.restrict_to_contacts(contacts);
    }
    if let Some(domain) = settings.restrict_to_domain {
        call = call.restrict_to_domain(domain);
    }
    if let Some(start) = settings.start_time {
        call = call.start_time(start);
    }
    if let Some(end) = settings.end_time {
        call = call.end_time(end);
    }
    Ok(call.send().await?)
}

/// The beginning of a day in UTC, in milliseconds since 1970 as Gmail takes it.
fn midnight(name: &str, date: &str) -> Result<String, Failure> {
    let wrong = || Failure::input(format!("--{name} is no date; give one like 2026-08-01"));
    let pieces: Vec<&str> = date.split('-').collect();
    let [year, month, day] = pieces.as_slice() else {
        return Err(wrong());
    };
    let number = |text: &str| text.parse::<u16>().map_err(|_| wrong());
    let (year, month, day) = (number(year)?, number(month)?, number(day)?);
    let leap = |year: u16| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let february = 28 + u16::from(leap(year));
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before = usize::from(month).checked_sub(1).ok_or_else(wrong)?;
    let length = months.get(before).copied().ok_or_else(wrong)?;
    if !(1970..=9999).contains(&year) || !(1..=length).contains(&day) {
        return Err(wrong());
    }
    let days: u64 = (1970..year)
        .map(|year| 365 + u64::from(leap(year)))
        .chain(months.iter().take(before).map(|length| u64::from(*length)))
        .sum();
    Ok(((days + u64::from(day) - 1) * 24 * 3600 * 1000).to_string())
}

#[cfg(test)]
mod tests {
    use super::midnight;

    #[test]
    fn dates_are_days_that_exist() {
        let day = |date: &str| midnight("start", date).ok();
        assert_eq!(day("1970-01-02").as_deref(), Some("86400000"));
        assert_eq!(day("2026-01-01").as_deref(), Some("1767225600000"));
        assert_eq!(day("2028-02-29").as_deref(), Some("1835395200000"));
        for wrong in [
            "2026-02-29",
            "2026-13-01",
            "2026-00-01",
            "2026-01-00",
            "01.02.2026",
            "1969-01-01",
            "",
        ] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
    }
}
