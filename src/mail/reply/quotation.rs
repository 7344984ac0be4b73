//! The quoted history in replies: splits it off, and adds it.

use std::borrow::Cow;

use crate::mail::{
    html::{Token, Tokenizer, escape, is_void},
    read::content_reference::{content_id_of, content_id_url},
};

/// Elements that affect the whole document or do something, rather than show something.
const DROPPED: [&str; 15] = [
    "html",
    "head",
    "body",
    "base",
    "meta",
    "link",
    "title",
    "script",
    "style",
    "iframe",
    "object",
    "embed",
    "form",
    "noframes",
    "plaintext",
];

/// Those of them to drop with their content.
const DROPPED_WITH_CONTENT: [&str; 6] =
    ["title", "script", "style", "iframe", "object", "noframes"];

/// Beyond this number, open elements are not closed one by one.
const MAXIMUM_DEPTH: usize = 256;

/// Outlook's labels are shorter, in bytes; the text before a colon can be a whole message.
const LONGEST_LABEL: usize = 60;

/// What Outlook calls the author, the date and the recipients above the message that it answers, in the most common
/// languages.
const OUTLOOK_LABELS: [[&str; 3]; 23] = [
    ["from", "sent", "to"],
    ["von", "gesendet", "an"],
    ["de", "envoyé", "à"],
    ["de", "enviado", "para"],
    ["de", "enviado el", "para"],
    ["de", "enviado em", "para"],
    ["de", "enviada em", "para"],
    ["da", "inviato", "a"],
    ["van", "verzonden", "aan"],
    ["från", "skickat", "till"],
    ["fra", "sendt", "til"],
    ["lähettäjä", "lähetetty", "vastaanottaja"],
    ["od", "wysłano", "do"],
    ["od", "odesláno", "komu"],
    ["feladó", "elküldve", "címzett"],
    ["de la", "trimis", "către"],
    ["kimden", "gönderildi", "kime"],
    ["от", "отправлено", "кому"],
    ["від", "надіслано", "кому"],
    ["发件人", "发送时间", "收件人"],
    ["寄件者", "寄件日期", "收件者"],
    ["差出人", "送信日時", "宛先"],
    ["보낸 사람", "보낸 날짜", "받는 사람"],
];

/// Splits a text into the new part and the history quoted at its end.
///
/// The history is a block of `> ` lines with the line that introduces it, or everything after a line such as
/// `-----Original Message-----` or from Outlook's header of a message on. Quotations interleaved with replies belong to
/// the new part. So does a quotation with nothing before it, or one that a line such as "Run these:" leads up to.
///
/// Outlook writes the same header in a forward, and the message below it: `is_forward` keeps that.
pub(crate) fn split_history(text: &str, is_forward: bool) -> (&str, Option<&str>) {
    let is_blank = |line: &str| line.trim().is_empty();
    let mut offset = 0;
    let lines: Vec<(usize, &str)> = text
        .split_inclusive('\n')
        .map(|line| {
            let at = offset;
            offset += line.len();
            (at, line)
        })
        .collect();
    let written = lines.iter().position(|(_, line)| !is_blank(line));
    let history = (written.map_or(lines.len(), |first| first + 1)..lines.len()).find(|at| {
        let rest = lines.get(*at..).unwrap_or_default();
        rest.first()
            .is_some_and(|(_, line)| is_original_message_line(line))
            || (!is_forward && is_outlook_header(rest))
    });
    if let Some(history) = history {
        let before = lines.get(..history).unwrap_or_default().iter().rev();
        let ruler = before.take_while(|(_, line)| line.trim().trim_matches(['-', '_']).is_empty());
        let offset = ruler
            .last()
            .or_else(|| lines.get(history))
            .map_or(text.len(), |(offset, _)| *offset);
        return split_at(text, offset);
    }
    let mut end = lines.len();
    let mut has_quote = false;
    while let Some((_, line)) = end.checked_sub(1).and_then(|index| lines.get(index)) {
        if line.starts_with('>') {
            has_quote = true;
        } else if !is_blank(line) {
            break;
        }
        end -= 1;
    }
    if !has_quote {
        return (text, None);
    }
    // The line that introduces the quotation ends with a colon, and may be broken into several.
    let introduction = lines.get(end.saturating_sub(4)..end).unwrap_or_default();
    let is_introduced = introduction
        .last()
        .is_some_and(|(_, line)| line.trim_end().ends_with([':', '：']));
    if is_introduced {
        let introduces = introduction
            .iter()
            .rev()
            .take_while(|(_, line)| !is_blank(line))
            .any(|(_, line)| is_attribution(line));
        if !introduces {
            return (text, None);
        }
        let length = introduction
            .iter()
            .rev()
            .take_while(|(_, line)| !is_blank(line))
            .count();
        let first = introduction
            .iter()
            .rev()
            .take(length)
            .position(|(_, line)| is_introduction_start(line));
        end -= first.map_or(1, |position| position + 1);
    }
    let offset = lines.get(end).map_or(text.len(), |(offset, _)| *offset);
    split_at(text, offset)
}

/// The text of a reply, with the original quoted below it.
pub(crate) fn quote_text(introduction: &str, original: &str) -> String {
    let mut quoted =
        String::with_capacity(original.len() + original.len() / 16 + introduction.len() + 2);
    quoted.push_str(introduction);
    quoted.push('\n');
    for line in original.trim_end().lines() {
        // Nested quotations stay compact, as most programs write and expect them.
        quoted.push_str(if line.starts_with('>') || line.is_empty() {
            ">"
        } else {
            "> "
        });
        quoted.push_str(line);
        quoted.push('\n');
    }
    quoted
}

/// The HTML of a quotation.
pub(crate) fn quote_html(introduction: &str, original: &str) -> String {
    format!(
        "<div class=\"gmail_quote\"><div dir=\"ltr\" class=\"gmail_attr\">{}<br></div><blockquote \
         class=\"gmail_quote\" style=\"margin:0 0 0 0.8ex;border-left:1px solid #ccc;padding-left:1ex\">{original}\
         </blockquote></div>",
        escape(introduction)
    )
}

/// Converts text to HTML that keeps its lines.
pub(crate) fn text_to_html(text: &str) -> String {
    format!("<div style=\"white-space:pre-wrap\">{}</div>", escape(text))
}

/// The part of a message's HTML that is safe to embed in other HTML: without the document around it, scripts, or styles
/// that would reach beyond it, and with every element closed. `content_id` returns the content id of the part that a
/// link names, if any. A picture of a missing part is replaced by its description.
pub(crate) fn embeddable_html(
    html: &str,
    mut content_id: impl FnMut(&str) -> Option<String>,
) -> String {
    let mut output = String::with_capacity(html.len());
    let mut open: Vec<String> = Vec::new();
    let mut dropped: Option<String> = None;
    for token in Tokenizer::new(html) {
        if let Some(name) = &dropped {
            if matches!(&token, Token::End(end) if end == name) {
                dropped = None;
            }
            continue;
        }
        match token {
            Token::Text(text) => output.push_str(&escape(&text)),
            Token::Start(name, _) if DROPPED.contains(&&*name) => {
                if DROPPED_WITH_CONTENT.contains(&&*name) {
                    dropped = Some(name);
                }
            }
            Token::Start(name, attributes) => {
                if !name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b":-_".contains(&byte))
                {
                    continue;
                }
                let is_gone = attributes.get("src").is_some_and(|source| {
                    content_id_of(source).is_some() && content_id(source).is_none()
                });
                if is_gone {
                    if let Some(alternative) =
                        attributes.get("alt").filter(|text| !text.trim().is_empty())
                    {
                        output.push_str(&escape(&format!("[{}]", alternative.trim())));
                    }
                    continue;
                }
                output.push('<');
                output.push_str(&name);
                for (attribute, value) in attributes.iter() {
                    if let Some(value) = with_parts(attribute, value, &mut content_id)
                        && is_inert(attribute, &value)
                    {
                        output.push(' ');
                        output.push_str(attribute);
                        output.push_str("=\"");
                        output.push_str(&escape(&value));
                        output.push('"');
                    }
                }
                output.push('>');
                if !is_void(&name) && open.len() < MAXIMUM_DEPTH {
                    open.push(name);
                }
            }
            Token::End(name) => {
                if let Some(position) = open.iter().rposition(|known| *known == name) {
                    for closed in open.drain(position..).rev() {
                        output.push_str("</");
                        output.push_str(&closed);
                        output.push('>');
                    }
                }
            }
        }
    }
    for closed in open.iter().rev() {
        output.push_str("</");
        output.push_str(closed);
        output.push('>');
    }
    output
}

/// The value of an attribute with its links to parts; `None` for a link to a missing part.
fn with_parts<'a>(
    attribute: &str,
    value: &'a str,
    content_id: &mut impl FnMut(&str) -> Option<String>,
) -> Option<Cow<'a, str>> {
    const LINKS: [&str; 6] = ["src", "background", "poster", "data", "href", "xlink:href"];

    let is = |name: &str| attribute.eq_ignore_ascii_case(name);
    if is("style") {
        return Some(style_with_parts(value, content_id));
    }
    if !LINKS.iter().any(|name| is(name)) {
        return Some(Cow::Borrowed(value));
    }
    match content_id(value) {
        Some(id) => Some(Cow::Owned(content_id_url(&id))),
        None if content_id_of(value).is_some() => None,
        None => Some(Cow::Borrowed(value)),
    }
}

/// Like `with_parts`, for links within a style such as `background: url(cid:logo@example.com)`.
fn style_with_parts<'a>(
    style: &'a str,
    content_id: &mut impl FnMut(&str) -> Option<String>,
) -> Cow<'a, str> {
    let lower = style.to_ascii_lowercase();
    let mut output = String::new();
    let mut done = 0;
    while let Some(found) = lower.get(done..).and_then(|tail| tail.find("cid:")) {
        let start = done + found;
        let link = style.get(start..).unwrap_or_default();
        let length = link
            .find(|character: char| character.is_whitespace() || "\"')".contains(character))
            .unwrap_or(link.len());
        let link = link.get(..length).unwrap_or_default();
        output.push_str(style.get(done..start).unwrap_or_default());
        match content_id(link) {
            Some(id) => output.push_str(&content_id_url(&id)),
            None => output.push_str(link),
        }
        done = start + length;
    }
    if done == 0 {
        return Cow::Borrowed(style);
    }
    output.push_str(style.get(done..).unwrap_or_default());
    Cow::Owned(output)
}

fn split_at(text: &str, offset: usize) -> (&str, Option<&str>) {
    let (written, history) = text.split_at_checked(offset).unwrap_or((text, ""));
    if written.trim().is_empty() {
        return (text, None);
    }
    (written.trim_end(), Some(history.trim()))
}

fn is_original_message_line(line: &str) -> bool {
    let line = line.trim();
    let words = line.trim_matches('-').trim();
    line.len() >= words.len() + 6
        && [
            "original message",
            "ursprüngliche nachricht",
            "message d'origine",
            "mensaje original",
            "messaggio originale",
        ]
        .contains(&words.to_lowercase().as_str())
}

/// Whether lines begin with the header that Outlook puts above the message that it answers: `From:`, `Sent:`, `To:`. The
/// forwards of other programs say `Date:` and are no history.
fn is_outlook_header(lines: &[(usize, &str)]) -> bool {
    let label = |at: usize| {
        let (_, line) = lines.get(at)?;
        let (label, _) = line.trim_start_matches('*').split_once([':', '：'])?;
        let label = label.trim();
        (label.len() < LONGEST_LABEL).then(|| label.to_lowercase())
    };
    label(0).is_some_and(|author| {
        OUTLOOK_LABELS
            .iter()
            .filter(|[from, ..]| *from == author)
            .any(|[_, date, to]| {
                label(1).is_some_and(|label| label == *date)
                    && label(2).is_some_and(|label| label == *to)
            })
    })
}

/// Whether a line looks like the start of "On DATE, NAME wrote:", in the most common languages.
fn is_introduction_start(line: &str) -> bool {
    let line = line.trim_start();
    [
        "On ", "Am ", "Le ", "El ", "Il ", "Op ", "Em ", "Den ", "W dniu ", "Dne ",
    ]
    .iter()
    .any(|start| line.starts_with(start))
        || line
            .chars()
            .next()
            .is_some_and(|character| character.is_ascii_digit())
}

/// Whether a line names the author or the time of a quotation.
fn is_attribution(line: &str) -> bool {
    const VERBS: [&str; 26] = [
        "wrote",
        "writes",
        "said",
        "schrieb",
        "écrit",
        "escribió",
        "escribio",
        "ha scritto",
        "scrisse",
        "escreveu",
        "schreef",
        "napisał",
        "napsal",
        "napísal",
        "skrev",
        "skrifaði",
        "kirjoitti",
        "írta",
        "a scris",
        "yazdı",
        "пишет",
        "писал",
        "написа",
        "写道",
        "寫道",
        "のメッセージ",
    ];

    let lower = line.to_lowercase();
    line.contains(['@', '＠'])
        || line.chars().any(char::is_numeric)
        || VERBS.iter().any(|verb| lower.contains(verb))
        || line.contains("작성")
        || line.contains("كتب")
        || line.contains("כתב")
        || is_introduction_start(line)
}

fn is_inert(attribute: &str, value: &str) -> bool {
    let name = attribute.to_ascii_lowercase();
    let scheme: String = value
        .chars()
        .filter(|character| !character.is_whitespace() && !character.is_control())
        .take(11)
        .collect::<String>()
        .to_ascii_lowercase();
    !name.starts_with("on")
        && name != "srcdoc"
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b":-_".contains(&byte))
        && !scheme.starts_with("javascript:")
        && !scheme.starts_with("vbscript:")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn history_at_the_end_is_told_apart() {
        let table = [
            (
                "Yes.\n\nOn Tue, 24 Nov 2026, Support wrote:\n> No?\n> \n",
                "Yes.",
            ),
            (
                "Yes.\n\nOn Tue, 24 Nov 2026, Support\n<support@example.com> wrote:\n\n> No?\n",
                "Yes.",
            ),
            (
                "Ja.\n\nAm 24.11.2026 schrieb Support:\n> Nein?\n>> Doch!\n",
                "Ja.",
            ),
            ("Note:\nsee below\n> a quote\n", "Note:\nsee below"),
            (
                "Yes.\n\n-----Original Message-----\nFrom: support\n\nNo?\n",
                "Yes.",
            ),
            (
                "> a\nanswer between\n> b\nanswer at the end",
                "> a\nanswer between\n> b\nanswer at the end",
            ),
            ("no history", "no history"),
            ("", ""),
            ("> only a quote\n", "> only a quote\n"),
            (
                "Yes.\n\n________________________________\nFrom: Eva <eva@example.org>\nSent: Monday, 5 May\nTo: Al\n\nNo?\n",
                "Yes.",
            ),
            (
                "Oui.\n\n*De :* Eva\n*Envoyé :* lundi\n*À :* Al\n\nNon ?\n",
                "Oui.",
            ),
            (
                "From: Eva\nSent: Monday\nTo: Al\n\nhello",
                "From: Eva\nSent: Monday\nTo: Al\n\nhello",
            ),
            (
                "See:\n\nBegin forwarded message:\n\nFrom: Eva\nDate: Monday\nTo: Al\n",
                "See:\n\nBegin forwarded message:\n\nFrom: Eva\nDate: Monday\nTo: Al\n",
            ),
            (
                "Your parcel:\nOrder: 7\nSent: Monday\nTo: Al\n",
                "Your parcel:\nOrder: 7\nSent: Monday\nTo: Al\n",
            ),
            (
                "A fax of 2 pages.\n\nFrom: +1 555 0100\nSent: Monday, 9:00\nPages: 2\n\nOpen it here.\n",
                "A fax of 2 pages.\n\nFrom: +1 555 0100\nSent: Monday, 9:00\nPages: 2\n\nOpen it here.\n",
            ),
            ("Run these:\n> npm install\n", "Run these:\n> npm install\n"),
            (
                "Hi,\n\nRun these:\n> npm i\n",
                "Hi,\n\nRun these:\n> npm i\n",
            ),
        ];
        for (text, written) in table {
            assert_eq!(split_history(text, false).0, written, "{text:?}");
        }
    }

    #[test]
    fn a_quotation_is_marked_line_by_line() {
        assert_eq!(
            quote_text("X wrote:", "a\n\n> b\n\n"),
            "X wrote:\n> a\n>\n>> b\n"
        );
    }

    #[test]
    fn quoted_html_cannot_reach_beyond_its_quotation() {
        let html = "<html><head><style>p{}</style></head><body onload=x()><p onclick='x()' title='a\"b'>hi</div><b>open\
                    <script>x()</script><a href=' javascript:x()'>l</a></body></html>";
        assert_eq!(
            embeddable_html(html, |_| None),
            "<p title=\"a&quot;b\">hi<b>open<a>l</a></b></p>"
        );
        // It has no end tag, so everything after it would become plain text.
        assert_eq!(embeddable_html("a<plaintext>b", |_| None), "ab");
        let picture = "<img src='cid:a@b' alt='Logo'>";
        assert_eq!(embeddable_html(picture, |_| None), "[Logo]");
        assert_eq!(
            embeddable_html(picture, |url| (url == "cid:a@b").then(|| "a@b".to_owned())),
            "<img src=\"cid:a@b\" alt=\"Logo\">"
        );
    }

    proptest! {
        #[test]
        fn any_text_is_split_without_loss_of_what_was_written(text in "(> |On x:|\n|a|:|-----Original Message-----| ){0,30}") {
            let (written, history) = split_history(&text, false);
            prop_assert!(text.starts_with(written));
            prop_assert!(history.is_none_or(|history| text.ends_with(history) || text.trim_end().ends_with(history)));
        }

        #[test]
        fn embedded_html_stays_as_it_is(html in "(<b>|</b>|<p class='x'>|</i>|text|&amp;|<br>|<script>|<img src=cid:x>){0,20}") {
            let known = |url: &str| url.strip_prefix("cid:").map(str::to_owned);
            let once = embeddable_html(&html, known);
            prop_assert_eq!(embeddable_html(&once, known), once);
        }
    }
}
