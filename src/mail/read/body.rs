//! Decides which parts of a message are its text, and which are attachments.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use super::{
    Attachment, Reading,
    calendar::CalendarPart,
    envelope::Envelope,
    notification::{is_disposition, is_feedback, read_disposition, read_feedback},
    part::{Content, Part},
    part_name::{NAMELESS, part_name},
    protection::{ProtectionStandard, is_pgp_mime},
    report::{is_delivery_status, read_report},
    undecoded::Undecoded,
};
use crate::mail::{
    encoding::{
        charset::{TextOrigin, UndecodedReason, decode, decoder::Decoder, normalize_line_ends},
        flowed::unflow,
    },
    html::{declared_charset, html_to_text},
    reply::quotation::text_to_html,
};

/// A section of the message, in the sender's alternative forms.
#[derive(Clone, Default)]
pub(crate) struct Segment {
    plain: Vec<Body>,
    html: Vec<Body>,
    /// Whether it only counts if no text precedes it.
    is_spare: bool,
}

impl Segment {
    fn is_blank(&self) -> bool {
        self.bodies()
            .all(|body| body.missing.is_none() && body.text.trim().is_empty())
    }

    /// All forms.
    pub(crate) fn bodies(&self) -> impl Iterator<Item = &Body> {
        self.plain.iter().chain(&self.html)
    }
}

/// One text part.
#[derive(Clone)]
pub(crate) struct Body {
    text: String,
    /// The attachment id of the text, until it is fetched.
    pub(crate) missing: Option<String>,
    charset: Option<String>,
    is_html: bool,
    part_id: String,
    loss: Option<UndecodedReason>,
    flowed: Flowed,
    origin: TextOrigin,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Flowed {
    No,
    Yes,
    /// The space before a broken line is not part of the text.
    SpaceDeleted,
}

impl Body {
    fn new(part: &Part) -> Self {
        let parameter = |name: &str| part.content_type.parameter(name);
        let is = |name: &str, value: &str| {
            parameter(name).is_some_and(|known| known.eq_ignore_ascii_case(value))
        };
        let mut body = Self {
            text: String::new(),
            missing: None,
            charset: parameter("charset").map(str::to_owned),
            is_html: part.mime_type == "text/html",
            part_id: part.id.clone(),
            loss: None,
            flowed: match (
                is("format", "flowed") && part.mime_type == "text/plain",
                is("delsp", "yes"),
            ) {
                (false, _) => Flowed::No,
                (true, false) => Flowed::Yes,
                (true, true) => Flowed::SpaceDeleted,
            },
            origin: part.origin,
        };
        match &part.content {
            Content::Bytes(bytes) => body.load(bytes),
            Content::Behind(id) => body.missing = Some(id.clone()),
        }
        body.loss = part.text_loss.or(body.loss);
        body
    }

    /// Decodes the bytes of the text.
    fn load(&mut self, bytes: &[u8]) {
        // A meaningless label, such as `us-ascii` with other bytes, is no better than none.
        let says_nothing = || {
            let decoder = self.charset.as_deref().and_then(Decoder::for_label);
            decoder.is_none_or(|decoder| matches!(decoder, Decoder::Unspecified))
        };
        if self.is_html && says_nothing() {
            self.charset = declared_charset(bytes).or(self.charset.take());
        }
        let decoded = decode(bytes, self.charset.as_deref(), self.origin);
        self.loss = decoded.loss;
        let text = normalize_line_ends(decoded.text);
        self.text = match self.flowed {
            Flowed::No => text,
            Flowed::Yes => unflow(&text, false),
            Flowed::SpaceDeleted => unflow(&text, true),
        };
    }
}

impl Body {
    /// The loss in decoding the text, if any.
    fn undecoded(&self) -> Option<Undecoded> {
        let place = match self.part_id.as_str() {
            "" => "text".to_owned(),
            id => format!("text of part {id}"),
        };
        Some(Undecoded::new(place, self.charset.as_deref(), self.loss?))
    }
}

/// Collects the parts of a message into its reading.
pub(crate) fn collect(root: &Part, reading: &mut Reading) {
    let is_alone = root.parts.is_empty();
    reading.segments = walk(root, is_alone, reading);
    let mut has_text = false;
    reading.segments.retain(|segment| {
        let is_kept = !(segment.is_spare && has_text);
        has_text |= is_kept && !segment.is_blank();
        is_kept
    });
    // Some programs name every part like a file, including the text. Then that is the only text.
    if reading.segments.is_empty() {
        reading.segments = named_texts(root);
    }
    // Gmail keeps an invitation as text and as a file. With the text, the file needn't be fetched.
    if reading.calendars.iter().any(|calendar| !calendar.is_file) {
        reading
            .calendars
            .retain(|calendar| !(calendar.is_file && calendar.attachment_id.is_some()));
    }
}

/// The named text parts that are meant to be shown.
fn named_texts(part: &Part) -> Vec<Segment> {
    if part.mime_type.starts_with("multipart/") {
        return part.parts.iter().flat_map(named_texts).collect();
    }
    let is_shown = part.disposition.value != "attachment";
    match part.mime_type.as_str() {
        "text/plain" | "text/html" if is_shown => vec![segment(part)],
        _ => Vec::new(),
    }
}

fn segment(part: &Part) -> Segment {
    let mut segment = Segment {
        is_spare: part.envelope == Envelope::Outlook,
        ..Segment::default()
    };
    if part.mime_type == "text/html" {
        segment.html.push(Body::new(part));
    } else {
        segment.plain.push(Body::new(part));
    }
    segment
}

/// Builds the text and the HTML from the segments.
pub(crate) fn settle(reading: &mut Reading) {
    let segments = std::mem::take(&mut reading.segments);
    let has_html = segments.iter().any(|segment| !segment.html.is_empty());
    let mut texts = Vec::new();
    let mut documents = Vec::new();
    reading.is_text_from_html = false;
    for segment in &segments {
        let plain = join(&segment.plain);
        let html = join(&segment.html);
        if !html.trim().is_empty()
            && (is_low_value(&plain) || words(&plain) <= MOST_WORDS_OF_A_STUB)
        {
            let rendered = html_to_text(&html);
            // A message of mostly hidden text keeps the little that it shows.
            let is_more = if is_low_value(&plain) {
                !rendered.trim().is_empty()
            } else {
                words(&rendered) > LEAST_WORDS_OF_MORE + 2 * words(&plain)
            };
            if !is_more {
                texts.push(plain.clone());
            } else {
                reading.is_text_from_html = true;
                texts.push(rendered);
            }
        } else {
            texts.push(plain.clone());
        }
        if has_html {
            documents.push(if segment.html.is_empty() {
                text_to_html(&plain)
            } else {
                html
            });
        }
    }
    for body in segments.iter().flat_map(Segment::bodies) {
        if let Some(undecoded) = body.undecoded() {
            undecoded.add_to(&mut reading.undecoded);
        }
    }
    texts.retain(|text| !text.trim().is_empty());
    reading.text = texts.join("\n");
    reading.html = has_html.then(|| documents.concat());
    reading.segments = segments;
}

/// A plain text with more words than this is the message, whatever else the HTML says.
const MOST_WORDS_OF_A_STUB: usize = 60;

/// The words that an HTML text must have, beyond twice those of the plain text, for the plain text to count as a stub,
/// such as "View this mail in your browser". A footer or signature only in the HTML has fewer.
const LEAST_WORDS_OF_MORE: usize = 60;

/// The number of words in a text, without URLs.
fn words(text: &str) -> usize {
    text.split_whitespace()
        .filter(|word| word.chars().any(char::is_alphanumeric) && !word.contains("://"))
        .count()
}

fn join(bodies: &[Body]) -> String {
    let texts: Vec<&str> = bodies.iter().map(|body| body.text.as_str()).collect();
    texts.join("\n")
}

/// Whether a plain text only says that there is an HTML text.
fn is_low_value(plain: &str) -> bool {
    let plain = plain.trim();
    if plain.is_empty() {
        return true;
    }
    if plain.len() > 300 || !plain.contains("HTML") {
        return false;
    }
    let plain = plain.to_lowercase();
    ["view", "support", "enable", "display", "switch", "read"]
        .iter()
        .any(|word| plain.contains(word))
        && ["mail", "message", "client", "viewer", "browser"]
            .iter()
            .any(|word| plain.contains(word))
}

fn walk(part: &Part, is_alone: bool, reading: &mut Reading) -> Vec<Segment> {
    if part.mime_type == "multipart/alternative" {
        return walk_alternative(part, reading);
    }
    if part.mime_type.starts_with("multipart/") {
        reading.note_security_multipart(part);
        let is_report_taken = take_reports(&part.parts, reading);
        let is_encrypted = part.mime_type == "multipart/encrypted" || is_pgp_mime(part);
        let is_shown = |child: &&Part| {
            // A version number for programs isn't a file for people.
            !(is_report_taken && is_report(child)
                || is_encrypted && child.mime_type == "application/pgp-encrypted")
        };
        let before = reading.attachments.len();
        let segments = part
            .parts
            .iter()
            .filter(is_shown)
            .flat_map(|child| walk(child, false, reading))
            .collect();
        let files = reading.attachments.iter_mut().skip(before);
        for file in files.filter(|file| is_encrypted && file.name == NAMELESS) {
            file.name = "encrypted.asc".to_owned();
        }
        return segments;
    }
    match part.envelope {
        Envelope::Signed | Envelope::Compressed => {
            if part.envelope == Envelope::Signed {
                reading.note_signature(ProtectionStandard::Smime, part);
            }
            return part
                .parts
                .iter()
                .flat_map(|child| walk(child, false, reading))
                .collect();
        }
        Envelope::Encrypted => reading.note_encryption(ProtectionStandard::Smime, part),
        Envelope::None | Envelope::Outlook => {}
    }
    if part.is_closed()
        && let Some(id) = part.attachment_id()
    {
        reading.closed.push(id.to_owned());
    }
    if is_alone && is_report(part) {
        take_reports(std::slice::from_ref(part), reading);
    }
    let is_attached = part.disposition.value == "attachment" || part.file_name.is_some();
    if part.is_calendar() {
        take_calendar(part, reading);
        if is_attached || part.mime_type.starts_with("application/") {
            attach(part, reading);
        }
        return Vec::new();
    }
    let is_text = part.mime_type.starts_with("text/");
    if is_text && part.disposition.value != "attachment" && (is_alone || !is_attached) {
        let segment = segment(part);
        for body in &segment.plain {
            reading.note_armor(&body.text, part);
        }
        return vec![segment];
    }
    // The empty part of a message with headers only is no attachment.
    let is_nothing = part.size == 0 && is_alone && !is_attached && part.attachment_id().is_none();
    if !is_nothing {
        attach(part, reading);
    }
    Vec::new()
}

/// Of alternative forms, takes the plain ones, without duplicates, and the last HTML one, which is the richest.
fn walk_alternative(part: &Part, reading: &mut Reading) -> Vec<Segment> {
    let mut chosen = Segment::default();
    let mut known = HashSet::new();
    for child in &part.parts {
        let is_other_text = child.mime_type.starts_with("text/")
            && !matches!(child.mime_type.as_str(), "text/plain" | "text/html")
            && !child.is_calendar();
        if is_of_one_program(child) {
            continue;
        }
        if is_other_text {
            attach(child, reading);
            continue;
        }
        let (mut plain, mut html) = (Vec::new(), Vec::new());
        for segment in walk(child, false, reading) {
            if segment.is_spare {
                if !chosen.is_blank() {
                    continue;
                }
                chosen = Segment::default();
            }
            plain.extend(segment.plain);
            html.extend(segment.html);
        }
        // Some programs use alternatives for parts that say different things.
        for body in plain {
            if body.missing.is_some() || known.insert(fingerprint(&body.text)) {
                chosen.plain.push(body);
            }
        }
        if !html.is_empty() {
            chosen.html = html;
        }
    }
    vec![chosen]
}

/// Another copy for specific programs, such as AMP for mail: not a file, and the HTML has the same content.
fn is_of_one_program(part: &Part) -> bool {
    matches!(
        part.mime_type.as_str(),
        "text/x-amp-html" | "text/watch-html"
    ) && part.file_name.is_none()
        && part.disposition.value != "attachment"
}

/// A hash that ignores differences in white space.
fn fingerprint(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    for word in text.split_whitespace() {
        word.hash(&mut hasher);
    }
    hasher.finish()
}

/// Takes the reports among the parts of a multipart; returns whether there are any.
fn take_reports(parts: &[Part], reading: &mut Reading) -> bool {
    let is_new = reading.delivery_report.is_none()
        && reading.disposition_notification.is_none()
        && reading.feedback_report.is_none();
    if !is_new || !parts.iter().any(is_report) {
        return false;
    }
    reading.delivery_report = read_report(parts);
    reading.disposition_notification = read_disposition(parts);
    reading.feedback_report = read_feedback(parts);
    let behind = parts
        .iter()
        .filter(|part| is_report(part) && part.parts.is_empty());
    let ids = behind.filter_map(Part::attachment_id).map(str::to_owned);
    reading.closed.extend(ids);
    true
}

fn is_report(part: &Part) -> bool {
    is_delivery_status(part) || is_disposition(part) || is_feedback(part)
}

/// The maximum number of calendars to compare. A message with more was written to cost time, and may show some of them
/// twice.
const MOST_COMPARED: usize = 50;

fn take_calendar(part: &Part, reading: &mut Reading) {
    let calendar = CalendarPart::new(part);
    let mut known = reading.calendars.iter_mut().take(MOST_COMPARED);
    match known.find(|known| known.is_same(&calendar)) {
        Some(known) => {
            known.is_file &= calendar.is_file;
            if known.method.is_none() {
                known.method = calendar.method;
            }
        }
        None => reading.calendars.push(calendar),
    }
}

/// Adds an attachment, and the losses in decoding its name.
fn attach(part: &Part, reading: &mut Reading) {
    for (parsed, wanted) in part.name_parameters() {
        let is_used = parsed.parameter(wanted).map(str::trim) == part.file_name.as_deref();
        for (name, charset, reason) in &parsed.losses {
            if is_used && name == wanted {
                let place = format!("name of part {}", part.id);
                Undecoded::new(place, charset.as_deref(), *reason).add_to(&mut reading.undecoded);
            }
        }
    }
    reading.attachments.push(attachment(part));
}

fn attachment(part: &Part) -> Attachment {
    let content_id = part.content_id();
    // Some programs give files an id too, which doesn't make them part of the text.
    let is_shown = content_id.is_some() && !part.mime_type.starts_with("application/");
    let is_nameless = part.disposition.value == "inline" && part.file_name.is_none();
    let is_inline = part.disposition.value != "attachment" && (is_shown || is_nameless);
    Attachment {
        name: part_name(part),
        mime_type: part.mime_type.clone(),
        size: part.size,
        attachment_id: part.attachment_id().map(str::to_owned),
        part_id: part.id.clone(),
        content_id,
        content_location: part.content_location(),
        is_inline,
        data: part
            .bytes()
            .filter(|bytes| !bytes.is_empty() || part.size == 0)
            .map(<[u8]>::to_vec),
    }
}
