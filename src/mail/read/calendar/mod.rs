//! Calendar objects in mail: invitations, replies to them, cancellations (RFC 5545, RFC 5546).
//!
//! They are parsed for display: recurrences are not expanded, and local times stay local, with the name of their zone.

pub(crate) mod answer;
mod line;
mod view;

use serde::Serialize;

use super::part::Part;
use crate::mail::encoding::{
    charset::{TextOrigin, decode_text, normalize_line_ends},
    transfer::decode_quoted_printable,
};

use self::line::{Property, unescape, unfold};

/// The maximum number of entries to keep; an invitation has one, or one for each changed occurrence.
const MAXIMUM_ENTRIES: usize = 500;

/// The maximum number of attendees to keep, over all entries.
const MAXIMUM_ATTENDEES: usize = 10_000;

/// A calendar object (RFC 5545) within a message, such as an invitation.
///
/// ```
/// use airbyte_agent_gmail::mail::Reading;
///
/// let raw = b"Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n\
///     SUMMARY:Lunch\\, with Eva\r\nDTSTART;TZID=Europe/Berlin:20261201T123000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
/// let reading = Reading::from_raw(raw);
/// let calendar = &reading.calendars[0];
/// assert_eq!(calendar.method.as_deref(), Some("REQUEST"));
/// let event = &calendar.entries[0];
/// assert_eq!(event.summary.as_deref(), Some("Lunch, with Eva"));
/// let start = event.start.as_ref().ok_or("a start")?;
/// assert_eq!((start.local.as_str(), start.zone.as_deref()), ("2026-12-01T12:30:00", Some("Europe/Berlin")));
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CalendarPart {
    /// `REQUEST`, `CANCEL`, `REPLY` and so on, in upper case.
    ///
    /// It comes from the calendar, as calendar programs read it, or else from the part's `Content-Type`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The method in `Content-Type`, if it differs from the calendar's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type_method: Option<String>,
    /// The object itself, unfolded; empty until fetched if it has an attachment id.
    pub text: String,
    /// Its events, to-dos and so on.
    pub entries: Vec<CalendarEntry>,
    /// The part's id within the message.
    pub part_id: String,
    /// The attachment id of its bytes, until they are fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachment_id: Option<String>,
    /// Whether only the name, or another program's type, says that it is a calendar.
    #[serde(skip)]
    pub(crate) is_file: bool,
}

/// An event, to-do, journal entry or free/busy time; see [`CalendarPart::entries`].
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CalendarEntry {
    /// `VEVENT`, `VTODO`, `VJOURNAL` or `VFREEBUSY`.
    pub component: String,
    /// The id, which stays the same from the invitation to its cancellation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// The number of the revision; higher numbers replace lower ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u32>,
    /// The occurrence that this entry is about, if the event recurs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recurrence_id: Option<CalendarTime>,
    /// The title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// When it starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<CalendarTime>,
    /// When it ends, or a to-do is due. A date is the day after the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<CalendarTime>,
    /// How long it takes, if no end is given: `PT1H30M`, `P2D`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    /// Where it takes place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The organizer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organizer: Option<CalendarUser>,
    /// The invited people.
    pub attendees: Vec<CalendarUser>,
    /// How it recurs, as an `RRULE`: `FREQ=WEEKLY;BYDAY=MO`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recurrence_rule: Option<String>,
    /// `CONFIRMED`, `TENTATIVE`, `CANCELLED` and so on, in upper case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// A time as the calendar states it; see [`CalendarEntry`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CalendarTime {
    /// `2026-12-01T12:30:00`, in local time of the zone, or `2026-12-01` for a whole day.
    pub local: String,
    /// `UTC`, or the zone's name as the sender wrote it, which may be anything.
    ///
    /// Without it, the time is local to the reader.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

/// An organizer or attendee; see [`CalendarEntry`].
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CalendarUser {
    /// The mail address, or another URI.
    pub address: String,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `NEEDS-ACTION`, `ACCEPTED`, `DECLINED`, `TENTATIVE` and so on, in upper case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub participation: Option<String>,
    /// `REQ-PARTICIPANT`, `OPT-PARTICIPANT`, `CHAIR` and so on, in upper case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Whether a reply is requested.
    pub is_answer_wanted: bool,
}

impl CalendarPart {
    pub(crate) fn new(part: &Part) -> Self {
        let mut calendar = Self {
            part_id: part.id.clone(),
            attachment_id: part.attachment_id().map(str::to_owned),
            is_file: part.mime_type != "text/calendar",
            ..Self::default()
        };
        if let Some(bytes) = part.bytes() {
            let charset = part.content_type.parameter("charset");
            calendar.text = decode(bytes, charset, part.origin);
            let (method, entries) = parse(&calendar.text);
            calendar.method = method;
            calendar.entries = entries;
        }
        let declared = part
            .content_type
            .parameter("method")
            .map(|method| method.trim().to_ascii_uppercase())
            .filter(|method| !method.is_empty());
        if calendar.method.is_none() {
            calendar.method = declared;
        } else if calendar.method != declared {
            calendar.content_type_method = declared;
        }
        calendar
    }

    /// Whether another part shows the same: many programs send an invitation as text and as a file.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let has_same_method =
            self.method == other.method || self.method.is_none() || other.method.is_none();
        let is_read = self.attachment_id.is_none() && other.attachment_id.is_none();
        let is_text_same = self.text.trim() == other.text.trim();
        is_read
            && has_same_method
            && (is_text_same || (!self.entries.is_empty() && self.entries == other.entries))
    }
}

impl Part {
    /// Whether the part is a calendar, by its type, or by its name if the type says nothing.
    pub(crate) fn is_calendar(&self) -> bool {
        match self.mime_type.as_str() {
            "text/calendar"
            | "text/x-vcalendar"
            | "text/x-calendar"
            | "text/ics"
            | "application/ics"
            | "application/x-ics"
            | "application/calendar" => true,
            "application/octet-stream" | "text/plain" => {
                let name = self.file_name.as_deref().unwrap_or_default();
                let (_, ending) = name.rsplit_once('.').unwrap_or_default();
                let is_named = ["ics", "vcs", "ical", "ifb"]
                    .iter()
                    .any(|known| ending.eq_ignore_ascii_case(known));
                is_named && self.bytes().is_none_or(begins_calendar)
            }
            _ => false,
        }
    }
}

fn begins_calendar(bytes: &[u8]) -> bool {
    let bytes = bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(bytes)
        .trim_ascii_start();
    let mark = b"BEGIN:VCALENDAR";
    bytes
        .get(..mark.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(mark))
}

/// Unfolds before decoding: a line may be folded within a letter (RFC 5545, section 3.1).
fn decode(bytes: &[u8], charset: Option<&str>, origin: TextOrigin) -> String {
    if bytes.contains(&0) {
        // UTF-16, where line ends aren't single bytes.
        let text = decode_text(bytes, charset, origin);
        return normalize_line_ends(String::from_utf8_lossy(&unfold(text.as_bytes())).into_owned());
    }
    normalize_line_ends(decode_text(&unfold(bytes), charset, origin))
}

/// Parses the method and the entries of a calendar.
fn parse(text: &str) -> (Option<String>, Vec<CalendarEntry>) {
    let mut method = None;
    let mut entries: Vec<CalendarEntry> = Vec::new();
    let mut attendees = MAXIMUM_ATTENDEES;
    // The depth of the line in the calendar and in an entry; 1 for the entry's own fields.
    let (mut depth, mut within) = (0_usize, 0_usize);
    for property in text.lines().filter_map(Property::parse) {
        let value = property.value.trim();
        match property.name.as_str() {
            "BEGIN" => {
                depth += 1;
                let component = value.to_ascii_uppercase();
                let is_entry = matches!(
                    component.as_str(),
                    "VEVENT" | "VTODO" | "VJOURNAL" | "VFREEBUSY"
                );
                if within > 0 {
                    within += 1;
                } else if depth <= 2 && is_entry && entries.len() < MAXIMUM_ENTRIES {
                    within = 1;
                    entries.push(CalendarEntry {
                        component,
                        ..CalendarEntry::default()
                    });
                }
            }
            "END" => {
                depth = depth.saturating_sub(1);
                within = within.saturating_sub(1);
            }
            "METHOD" if depth <= 1 => {
                let value = value.to_ascii_uppercase();
                if !value.is_empty() {
                    method.get_or_insert(value);
                }
            }
            _ if within == 1 => {
                if let Some(entry) = entries.last_mut() {
                    entry.take(&property, &mut attendees);
                }
            }
            _ => {}
        }
    }
    (method, entries)
}

impl CalendarEntry {
    fn take(&mut self, property: &Property<'_>, attendees: &mut usize) {
        let text = || Some(decode_value(property)).filter(|text| !text.trim().is_empty());
        let plain = || {
            let value = property.value.trim();
            (!value.is_empty()).then(|| value.to_owned())
        };
        match property.name.as_str() {
            "UID" => self.uid = text(),
            "SEQUENCE" => self.sequence = property.value.trim().parse().ok(),
            "RECURRENCE-ID" => self.recurrence_id = CalendarTime::parse(property),
            "SUMMARY" => self.summary = text(),
            "LOCATION" => self.location = text(),
            "DTSTART" => self.start = CalendarTime::parse(property),
            "DTEND" | "DUE" => self.end = CalendarTime::parse(property),
            "DURATION" => self.duration = plain(),
            "RRULE" => self.recurrence_rule = plain(),
            "STATUS" => self.status = plain().map(|status| status.to_ascii_uppercase()),
            "ORGANIZER" => self.organizer = Some(CalendarUser::parse(property)),
            "ATTENDEE" if *attendees > 0 => {
                *attendees -= 1;
                self.attendees.push(CalendarUser::parse(property));
            }
            _ => {}
        }
    }
}

/// Unescapes a value, and decodes it in vCalendar 1.0.
fn decode_value(property: &Property<'_>) -> String {
    if property.is_quoted_printable() {
        let bytes = decode_quoted_printable(property.value.as_bytes());
        let charset = property.parameter("CHARSET");
        return unescape(&normalize_line_ends(decode_text(
            &bytes,
            charset.as_deref(),
            TextOrigin::Raw,
        )));
    }
    unescape(property.value)
}

impl CalendarTime {
    fn parse(property: &Property<'_>) -> Option<Self> {
        let value = property.value.trim();
        let (value, is_utc) = match value.strip_suffix(['Z', 'z']) {
            Some(value) => (value, true),
            None => (value, false),
        };
        let (date, time) = match value.split_once(['T', 't']) {
            Some((date, time)) => (date, Some(time)),
            None => (value, None),
        };
        let [year, month, day] = numbers(date, [4, 2, 2])?;
        let date = jiff::civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
        let mut local = date.ok()?.to_string();
        if let Some(time) = time {
            let [hour, minute, second] = numbers(time, [2, 2, 2])?;
            if hour > 23 || minute > 59 || second > 60 {
                return None;
            }
            local.push_str(&format!("T{hour:02}:{minute:02}:{second:02}"));
        }
        let zone = match (time, is_utc) {
            (None, _) => None,
            (Some(_), true) => Some("UTC".to_owned()),
            (Some(_), false) => property.parameter("TZID").filter(|zone| !zone.is_empty()),
        };
        Some(Self { local, zone })
    }
}

/// Numbers with fixed counts of digits, and nothing else.
fn numbers(text: &str, lengths: [usize; 3]) -> Option<[i16; 3]> {
    let mut rest = text;
    let mut values = [0; 3];
    for (value, length) in values.iter_mut().zip(lengths) {
        let (digits, tail) = rest.split_at_checked(length)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *value = digits.parse().ok()?;
        rest = tail;
    }
    rest.is_empty().then_some(values)
}

impl CalendarUser {
    fn parse(property: &Property<'_>) -> Self {
        let upper = |name: &str| {
            let value = property.parameter(name)?.trim().to_ascii_uppercase();
            (!value.is_empty()).then_some(value)
        };
        let value = decode_value(property);
        let value = value.trim();
        let address = match value.get(..7) {
            Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => {
                value.get(7..).unwrap_or_default().trim()
            }
            _ => value,
        };
        Self {
            address: address.to_owned(),
            name: property
                .parameter("CN")
                .filter(|name| !name.trim().is_empty()),
            participation: upper("PARTSTAT"),
            role: upper("ROLE"),
            is_answer_wanted: upper("RSVP").is_some_and(|value| value == "TRUE" || value == "YES"),
        }
    }
}

debug!(CalendarPart, self => method: self.method, size: self.text.len(), entries: self.entries);

debug!(CalendarEntry, self => sequence: self.sequence, attendees: self.attendees.len());

debug!(CalendarUser, self => is_answer_wanted: self.is_answer_wanted);
