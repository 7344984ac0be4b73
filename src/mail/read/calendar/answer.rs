//! Replies to invitations (RFC 5546, section 3.2.3).

use jiff::Timestamp;

use super::{
    CalendarPart,
    line::{Property, escape, fold, property_line},
};
use crate::mail::{Address, Compose, MailboxList, Reading};

/// An attendee's response.
///
/// ```
/// use airbyte_agent_gmail::mail::Participation;
///
/// assert_eq!("tentative".parse(), Ok(Participation::Tentative));
/// assert_eq!(Participation::Accepted.to_string(), "accept");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Participation {
    /// Yes.
    Accepted,
    /// No.
    Declined,
    /// Perhaps.
    Tentative,
}

impl Participation {
    /// The responses as words: `accept`, `decline`, `tentative`.
    pub const WORDS: [&'static str; 3] = ["accept", "decline", "tentative"];

    /// The word, the `PARTSTAT` (RFC 5545, section 3.2.12), and the start of the reply's subject.
    fn forms(self) -> [&'static str; 3] {
        match self {
            Self::Accepted => ["accept", "ACCEPTED", "Accepted"],
            Self::Declined => ["decline", "DECLINED", "Declined"],
            Self::Tentative => ["tentative", "TENTATIVE", "Tentatively accepted"],
        }
    }
}

impl std::fmt::Display for Participation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [word, ..] = self.forms();
        formatter.write_str(word)
    }
}

impl std::str::FromStr for Participation {
    type Err = RespondError;

    fn from_str(word: &str) -> Result<Self, RespondError> {
        let mut all = [Self::Accepted, Self::Declined, Self::Tentative].into_iter();
        all.find(|known| known.to_string() == word)
            .ok_or(RespondError::Word)
    }
}

/// Why a reply to an invitation can't be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RespondError {
    /// The response is an unknown word.
    Word,
    /// The message has no calendar object that requests a reply.
    NoRequest,
    /// The invitation is not addressed to the account.
    NotInvited,
    /// The invitation is the account's own.
    OwnInvitation,
    /// The invitation lacks what a reply needs: an id, or an organizer with a mail address.
    Incomplete,
}

impl std::fmt::Display for RespondError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Word => "an invitation is answered with one of: accept, decline, tentative",
            Self::NoRequest => "the message has no invitation that asks for an answer (method REQUEST)",
            Self::NotInvited => {
                "the invitation names none of this account's addresses; answer it from the account that is invited"
            }
            Self::OwnInvitation => "the account itself sent the invitation, so there is nothing to answer",
            Self::Incomplete => {
                "the invitation has no id, or no organizer with a mail address, so it can't be answered by mail"
            }
        })
    }
}

impl std::error::Error for RespondError {}

/// Starts a reply to the invitation in a message; sends nothing.
///
/// ```
/// use airbyte_agent_gmail::mail::{MailboxList, Participation, Reading, respond};
///
/// let invitation = Reading::from_raw(
///     b"From: eva@example.org\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nVERSION:2.0\r\n\
///       METHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Lunch\r\nORGANIZER:mailto:eva@example.org\r\n\
///       ATTENDEE:mailto:me@example.com\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
/// );
/// let own: MailboxList = "me@example.com".parse()?;
/// let answer = Reading::from_raw(&respond(&invitation, &own, Participation::Accepted, None)?.build()?.raw);
/// assert_eq!((answer.to.to_string(), answer.subject.as_deref()), ("eva@example.org".into(), Some("Accepted: Lunch")));
/// assert_eq!(answer.calendars[0].method.as_deref(), Some("REPLY"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The reply goes to the organizer, from the invited address, with the calendar object that calendar programs process
/// (RFC 6047). `own` is the account's addresses; `comment` is added to the reply.
///
/// # Errors
///
/// [`RespondError`].
pub fn respond(
    invitation: &Reading,
    own: &MailboxList,
    participation: Participation,
    comment: Option<&str>,
) -> Result<Compose, RespondError> {
    let mut calendars = invitation.calendars.iter();
    let calendar = calendars
        .find(|calendar| calendar.is_request())
        .ok_or(RespondError::NoRequest)?;
    let organizer = calendar
        .entries
        .iter()
        .find_map(|entry| entry.organizer.as_ref())
        .and_then(|organizer| Address::new(organizer.address.as_str()).ok())
        .ok_or(RespondError::Incomplete)?;
    if own.contains_mailbox(&organizer) {
        return Err(RespondError::OwnInvitation);
    }
    let now = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let (attendee, text) = calendar.answer(own, participation, comment, &now)?;
    let summary = calendar
        .entries
        .iter()
        .find_map(|entry| entry.summary.as_deref());
    let summary: Vec<&str> = summary.unwrap_or_default().split_whitespace().collect();
    let [_, _, heading] = participation.forms();
    let subject = format!("{heading}: {}", summary.join(" "));
    let mut body = format!(
        "{heading}: {}\n\n{}\n",
        attendee.address(),
        calendar.to_text()
    );
    if let Some(comment) = comment {
        body = format!("{comment}\n\n{body}");
    }
    let mut message = Compose::new()
        .from(attendee)
        .to(organizer)
        .subject(
            subject
                .trim_end_matches([' ', ':'])
                .replace(char::is_control, " "),
        )
        .text(body);
    if let Some(id) = &invitation.message_id {
        message = message.in_reply_to(id).references([id]);
    }
    message.calendar = Some(("REPLY", text));
    Ok(message)
}

impl CalendarPart {
    /// Whether it requests a reply. vCalendar 1.0 has no replies.
    fn is_request(&self) -> bool {
        let is_old = self
            .text
            .lines()
            .filter_map(Property::parse)
            .any(|property| property.name == "VERSION" && property.value.trim() == "1.0");
        self.method.as_deref() == Some("REQUEST") && !is_old
    }

    /// Returns the attendee and the calendar object of the reply. The object copies the properties that identify the
    /// event, and only the replying attendee.
    fn answer(
        &self,
        own: &MailboxList,
        participation: Participation,
        comment: Option<&str>,
        now: &str,
    ) -> Result<(Address, String), RespondError> {
        const TAKEN_OVER: [&str; 10] = [
            "UID",
            "SEQUENCE",
            "RECURRENCE-ID",
            "ORGANIZER",
            "DTSTART",
            "DTEND",
            "DURATION",
            "RRULE",
            "SUMMARY",
            "LOCATION",
        ];
        let mut answer = Answer::new([
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//airbyte-agent-gmail//EN",
            "METHOD:REPLY",
        ]);
        let [_, status, _] = participation.forms();
        let mut who = None;
        // The components around the current line, and the reply's event so far.
        let mut path: Vec<String> = Vec::new();
        let mut event = Answer::default();
        let (mut attendee, mut has_id) = (None, false);
        for line in self.text.lines() {
            let Some(property) = Property::parse(line) else {
                continue;
            };
            let value = property.value.trim().to_ascii_uppercase();
            match property.name.as_str() {
                "BEGIN" => path.push(value.clone()),
                "END" => {
                    let is_event =
                        path.len() == 2 && path.last().is_some_and(|name| name == "VEVENT");
                    if is_event && attendee.is_some() && !has_id {
                        return Err(RespondError::Incomplete);
                    }
                    if is_event && let Some(address) = attendee.take() {
                        answer.push("BEGIN:VEVENT");
                        answer.lines.push_str(&event.lines);
                        answer.push(&format!("DTSTAMP:{now}"));
                        if let Some(comment) = comment {
                            answer.push(&format!("COMMENT:{}", escape(comment)));
                        }
                        answer.push("END:VEVENT");
                        who.get_or_insert(address);
                    }
                    if is_event {
                        event = Answer::default();
                        has_id = false;
                    }
                }
                name if path.len() == 2 && path.last().is_some_and(|name| name == "VEVENT") => {
                    if TAKEN_OVER.contains(&name) {
                        has_id |= name == "UID" && !value.is_empty();
                        event.push(line);
                    } else if name == "ATTENDEE"
                        && attendee.is_none()
                        && let Some(address) = super::CalendarUser::parse(&property).mailbox(own)
                    {
                        event.push(&property_line(
                            &property,
                            &["PARTSTAT", "RSVP"],
                            &format!("PARTSTAT={status}"),
                        ));
                        attendee = Some(address);
                    }
                }
                _ => {}
            }
            // The rules of the time zones in use.
            if path.get(1).is_some_and(|name| name == "VTIMEZONE") {
                answer.push(line);
            }
            if property.name == "END" {
                path.pop();
            }
        }
        answer.push("END:VCALENDAR");
        let who = who.ok_or(RespondError::NotInvited)?;
        Ok((who, answer.lines))
    }
}

/// A calendar object being written.
#[derive(Default)]
struct Answer {
    lines: String,
}

impl Answer {
    fn new(lines: [&str; 4]) -> Self {
        let mut answer = Self::default();
        lines.iter().for_each(|line| answer.push(line));
        answer
    }

    fn push(&mut self, line: &str) {
        self.lines.push_str(&fold(line));
        self.lines.push_str("\r\n");
    }
}

impl super::CalendarUser {
    /// The mail address, if it belongs to the account.
    fn mailbox(&self, own: &MailboxList) -> Option<Address> {
        let address = Address::new(self.address.as_str()).ok()?;
        own.contains_mailbox(&address).then_some(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERIES: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VTIMEZONE\r\nTZID:Team time\r\nBEGIN:STANDARD\r\n\
        DTSTART:19700101T000000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n\
        BEGIN:VEVENT\r\nUID:a@example.org\r\nSEQUENCE:2\r\nSUMMARY:Lunch\\, with a name that is long enough to be folded where it \
        is written\\, grüße\r\nDTSTART;TZID=Team time:20261201T123000\r\nRRULE:FREQ=WEEKLY\r\n\
        ORGANIZER;CN=Eva:mailto:eva@example.org\r\nATTENDEE;CN=Bob;PARTSTAT=ACCEPTED:mailto:bob@example.org\r\n\
        ATTENDEE;CN=\"Me; myself\";RSVP=TRUE;PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT:mailto:Me@example.com\r\n\
        BEGIN:VALARM\r\nSUMMARY:no\r\nEND:VALARM\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:a@example.org\r\nRECURRENCE-ID;TZID=Team time:20261208T123000\r\nORGANIZER:mailto:eva@example.org\r\n\
        ATTENDEE:mailto:bob@example.org\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    fn invitation(calendar: &str) -> Reading {
        let raw = format!(
            "From: eva@example.org\r\nMessage-ID: <1@example.org>\r\nContent-Type: text/calendar; charset=utf-8; method=REQUEST\r\n\r\n{calendar}"
        );
        Reading::from_raw(raw.as_bytes())
    }

    fn answered(calendar: &str, own: &str) -> Result<Reading, RespondError> {
        let own: MailboxList = own.parse().unwrap();
        let message = respond(
            &invitation(calendar),
            &own,
            Participation::Declined,
            Some("Ill; sorry,\nnext time"),
        )?;
        Ok(Reading::from_raw(&message.build().unwrap().raw))
    }

    #[test]
    fn an_answer_names_the_event_and_the_one_who_answers() {
        let answer = answered(SERIES, "other@example.com, me@example.com").unwrap();
        assert_eq!(answer.from.to_string(), "Me@example.com");
        assert_eq!(answer.to.to_string(), "eva@example.org");
        assert_eq!(answer.in_reply_to, ["1@example.org"]);
        let calendar = &answer.calendars[0];
        assert_eq!(
            (calendar.method.as_deref(), &calendar.content_type_method),
            (Some("REPLY"), &None)
        );
        assert_eq!(calendar.entries.len(), 1, "{}", calendar.text);
        let entry = &calendar.entries[0];
        assert_eq!(
            (entry.uid.as_deref(), entry.sequence),
            (Some("a@example.org"), Some(2))
        );
        assert_eq!(
            entry.summary.as_deref(),
            Some("Lunch, with a name that is long enough to be folded where it is written, grüße")
        );
        assert_eq!(entry.attendees.len(), 1);
        let me = &entry.attendees[0];
        assert_eq!(
            (
                me.name.as_deref(),
                me.participation.as_deref(),
                me.role.as_deref()
            ),
            (
                Some("Me; myself"),
                Some("DECLINED"),
                Some("REQ-PARTICIPANT")
            )
        );
        for line in [
            "COMMENT:Ill\\; sorry\\,\\nnext time",
            "TZID:Team time",
            "DTSTART;TZID=Team time:20261201T123000",
        ] {
            assert!(
                calendar.text.lines().any(|known| known == line),
                "{line}: {}",
                calendar.text
            );
        }
        assert!(!calendar.text.contains("VALARM") && !calendar.text.contains("bob@"));
        let (_, raw) = invitation(SERIES).calendars[0]
            .answer(
                &"me@example.com".parse().unwrap(),
                Participation::Accepted,
                None,
                "20261130T000000Z",
            )
            .unwrap();
        assert!(raw.split("\r\n").all(|line| line.len() <= 75), "{raw}");
    }

    #[test]
    fn what_asks_for_no_answer_is_refused() {
        let table = [
            (
                SERIES.replace("METHOD:REQUEST", "METHOD:CANCEL"),
                "me@example.com",
                RespondError::NoRequest,
            ),
            (
                SERIES.replace("VERSION:2.0", "VERSION:1.0"),
                "me@example.com",
                RespondError::NoRequest,
            ),
            (
                SERIES.to_owned(),
                "you@example.com",
                RespondError::NotInvited,
            ),
            (
                SERIES.to_owned(),
                "eva@example.org",
                RespondError::OwnInvitation,
            ),
            (
                SERIES.replace("UID:", "X-UID:"),
                "me@example.com",
                RespondError::Incomplete,
            ),
            (
                SERIES.replace("ORGANIZER", "X-ORGANIZER"),
                "me@example.com",
                RespondError::Incomplete,
            ),
        ];
        for (calendar, own, expected) in table {
            assert_eq!(answered(&calendar, own).err(), Some(expected), "{calendar}");
        }
        assert!(
            Participation::WORDS.iter().all(|word| word
                .parse::<Participation>()
                .unwrap()
                .to_string()
                == *word)
        );
    }
}
