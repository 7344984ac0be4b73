//! The mailbox's pages: the list, a message, and the form that delivers one.

use std::fmt::Write;

use bytes::Bytes;
use http::{StatusCode, header};
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::frame::{escape, missing, within};
use super::{guarded, see, text};
use crate::sandbox::exchange::{Answer, Request, first};
use crate::sandbox::mailbox::{Mailbox, decode_wire};
use crate::sandbox::random::timestamp;
use crate::sandbox::state::{State, lock};

/// Messages per page.
const PAGE: u32 = 50;

/// A message's HTML can only show itself and its own images: no scripts, nothing from other hosts.
const HTML_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; font-src data:; \
                           form-action 'none'; base-uri 'none'; frame-ancestors 'self'; \
                           sandbox allow-popups allow-popups-to-escape-sandbox";

/// The labels in Gmail's sidebar, with the names that people see.
const SYSTEM: [(&str, &str); 7] = [
    ("INBOX", "Inbox"),
    ("STARRED", "Starred"),
    ("SENT", "Sent"),
    ("DRAFT", "Drafts"),
    ("", "All mail"),
    ("SPAM", "Spam"),
    ("TRASH", "Trash"),
];

/// Image types that browsers can display safely.
const IMAGES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// A page of the list.
pub(super) fn list(state: &State, request: &Request) -> Answer {
    let query = request.query_pairs();
    let searched = first(query.clone(), "q").unwrap_or_default();
    let label = first(query.clone(), "label")
        .unwrap_or_else(|| if searched.is_empty() { "INBOX" } else { "" }.to_owned());
    let mut params = json!({"maxResults": PAGE});
    if let Some(token) = first(query, "from") {
        params["pageToken"] = token.into();
    }
    if !label.is_empty() {
        params["labelIds"] = json!([label]);
    }
    if ["SPAM", "TRASH"].contains(&label.as_str()) {
        params["includeSpamTrash"] = true.into();
    }
    if !searched.is_empty() {
        params["q"] = searched.clone().into();
    }
    let mut mailbox = lock(&state.mailbox);
    let labels = labels(&mut mailbox);
    let name = labels
        .iter()
        .find(|(id, _)| *id == label)
        .map_or_else(|| label.clone(), |(_, name)| name.clone());
    let listed = match call(&mut mailbox, "messages_list", params) {
        Ok(listed) => listed,
        Err(refusal) => {
            drop(mailbox);
            return missing(state, &refusal);
        }
    };
    let mut rows = String::new();
    for message in array(&listed, "messages") {
        let id = string(message, "id");
        if let Ok(message) = call(
            &mut mailbox,
            "messages_get",
            json!({"messageId": id, "format": "metadata", "metadataHeaders": ["From", "To", "Subject"]}),
        ) {
            row(
                &mut rows,
                &message,
                &labels,
                label == "SENT" || label == "DRAFT",
            );
        }
    }
    drop(mailbox);
    let sidebar: String = labels
        .iter()
        .map(|(id, name)| {
            let current = if *id == label && searched.is_empty() {
                " aria-current=\"page\""
            } else {
                ""
            };
            format!(
                "<li><a href=\"/?label={}\"{current}>{}</a></li>",
                component(id),
                escape(name)
            )
        })
        .collect();
    let table = if rows.is_empty() {
        "<p class=\"empty\">Nothing here.</p>".to_owned()
    } else {
        format!(
            "<table class=\"mail\"><thead><tr><th scope=\"col\">{}</th><th scope=\"col\">Subject</th>\
             <th scope=\"col\">Date</th></tr></thead>\n<tbody>{rows}</tbody></table>",
            if label == "SENT" || label == "DRAFT" {
                "To"
            } else {
                "From"
            }
        )
    };
    let next = match listed.get("nextPageToken").and_then(Value::as_str) {
        Some(token) => format!(
            "<p><a rel=\"next\" href=\"/?label={}&amp;q={}&amp;from={}\">Older</a></p>",
            component(&label),
            component(&searched),
            component(token)
        ),
        None => String::new(),
    };
    let heading = if searched.is_empty() {
        name
    } else {
        format!("Search: {searched}")
    };
    let content = format!(
        "<div class=\"columns\">\n<nav class=\"labels\" aria-label=\"Labels\"><ul>{sidebar}</ul></nav>\n<section>\n\
         <form class=\"search\" method=\"get\" action=\"/\" role=\"search\">\
         <input type=\"search\" name=\"q\" value=\"{}\" aria-label=\"Search mail\" \
         placeholder=\"Search, as in Gmail: is:unread from:anna\"><button>Search</button></form>\n\
         <div id=\"live\"><h1>{}</h1>\n{table}\n{next}</div>\n</section>\n</div>",
        escape(&searched),
        escape(&heading),
    );
    within(state, "/", &heading, &content)
}

fn row(rows: &mut String, message: &Value, labels: &[(String, String)], outgoing: bool) {
    let ids: Vec<&str> = array(message, "labelIds")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let unread = ids.contains(&"UNREAD");
    let who = header_of(message, if outgoing { "To" } else { "From" });
    let subject = header_of(message, "Subject");
    let chips: String = labels
        .iter()
        .filter(|(id, _)| id.starts_with("Label_") && ids.contains(&id.as_str()))
        .map(|(_, name)| format!(" <span class=\"chip\">{}</span>", escape(name)))
        .collect();
    // Writing to a string can't fail.
    let _ = write!(
        rows,
        "\n<tr{}><td>{}{}</td><td><a href=\"/page/message/{}\">{}</a>{chips} <span class=\"snippet\">{}</span></td>\
         <td>{}</td></tr>",
        if unread { " class=\"unread\"" } else { "" },
        if unread {
            "<span class=\"mark\" title=\"unread\">\u{25cf}<span class=\"hidden\">unread</span></span> "
        } else {
            ""
        },
        escape(display_name(&who)),
        component(string(message, "id")),
        or(&subject, "(no subject)"),
        // Gmail's snippets are already HTML.
        string(message, "snippet"),
        date(message),
    );
}

/// One message: its header, and a view of its text, HTML or header fields.
pub(super) fn show(state: &State, request: &Request, id: &str) -> Answer {
    let mut mailbox = lock(&state.mailbox);
    let labels = labels(&mut mailbox);
    let message = call(&mut mailbox, "messages_get", json!({"messageId": id}));
    drop(mailbox);
    let message = match message {
        Ok(message) => message,
        Err(refusal) => return missing(state, &refusal),
    };
    let parts = Parts::of(&message);
    let views = [
        ("html", "HTML", parts.html.is_some()),
        ("text", "Text", parts.text.is_some()),
        ("headers", "Headers", true),
    ];
    let view = request
        .query_value("view")
        .filter(|wanted| {
            views
                .iter()
                .any(|(name, _, there)| name == wanted && *there)
        })
        .or_else(|| {
            views
                .iter()
                .find(|view| view.2)
                .map(|view| view.0.to_owned())
        })
        .unwrap_or_default();
    let path = format!("/page/message/{}", component(id));
    let mut tabs = String::new();
    for (name, title, _) in views.iter().filter(|view| view.2) {
        let current = if *name == view {
            " aria-current=\"page\""
        } else {
            ""
        };
        let _ = write!(tabs, "<a href=\"{path}?view={name}\"{current}>{title}</a>");
    }
    let _ = write!(tabs, "<a href=\"{path}/source\">Source</a>");
    let body = match view.as_str() {
        "html" => format!(
            "<iframe title=\"The message\" src=\"{path}/html\" sandbox=\"allow-popups allow-popups-to-escape-sandbox\"></iframe>"
        ),
        "text" => format!(
            "<pre class=\"text\">{}</pre>",
            escape(&parts.text.unwrap_or_default())
        ),
        _ => format!(
            "<table class=\"fields\">{}</table>",
            headers(&message, |_| true)
        ),
    };
    let files: String = parts
        .files
        .iter()
        .map(|file| {
            format!(
                "<li><a href=\"{path}/part/{}\" download>{}</a> <small>{}, {} bytes</small></li>",
                component(&file.id),
                or(&file.name, "(no name)"),
                escape(&file.media_type),
                file.size
            )
        })
        .collect();
    let files = if files.is_empty() {
        files
    } else {
        format!("<h2>Attachments</h2>\n<ul>{files}</ul>")
    };
    let names: Vec<&str> = array(&message, "labelIds")
        .iter()
        .filter_map(Value::as_str)
        .map(|id| {
            labels
                .iter()
                .find(|label| label.0 == id)
                .map_or(id, |label| &label.1)
        })
        .collect();
    let subject = header_of(&message, "Subject");
    let shown = ["From", "Reply-To", "To", "Cc", "Bcc"];
    let content = format!(
        "<p><a href=\"/\" rel=\"up\">Back to the inbox</a></p>\n<h1>{}</h1>\n<table class=\"fields\">{}\
         <tr><th scope=\"row\">Date</th><td>{}</td></tr><tr><th scope=\"row\">Labels</th><td>{}</td></tr>\
         <tr><th scope=\"row\">Id</th><td><code>{}</code></td></tr></table>\n\
         <nav class=\"tabs\" aria-label=\"Views\">{tabs}</nav>\n{body}\n{files}",
        or(&subject, "(no subject)"),
        headers(&message, |name| shown
            .iter()
            .any(|one| one.eq_ignore_ascii_case(name))),
        date(&message),
        escape(&names.join(", ")),
        escape(id),
    );
    within(state, "/", &subject, &content)
}

/// The HTML of a message, for the frame that shows it.
pub(super) fn html(state: &State, id: &str) -> Answer {
    let message = call(
        &mut lock(&state.mailbox),
        "messages_get",
        json!({"messageId": id}),
    );
    let Some((parts, html)) = message.ok().and_then(|message| {
        let mut parts = Parts::of(&message);
        let html = parts.html.take()?;
        Some((parts, html))
    }) else {
        return guarded(text(StatusCode::NOT_FOUND, "the message has no html"));
    };
    let html = parts.related.iter().fold(html, |html, (content_id, part)| {
        let own = format!("/page/message/{}/part/{}", component(id), component(part));
        html.replace(&format!("cid:{content_id}"), &own)
    });
    // Open links outside the frame.
    let html = format!(
        "<!DOCTYPE html><meta name=\"color-scheme\" content=\"light\"><base target=\"_blank\">{html}"
    );
    guarded(Answer::html(StatusCode::OK, html))
        .with_header(header::CONTENT_SECURITY_POLICY, HTML_POLICY)
}

/// Downloads a part; browsers may display the common image types.
pub(super) fn part(state: &State, id: &str, part: &str) -> Answer {
    let mut mailbox = lock(&state.mailbox);
    let found = call(&mut mailbox, "messages_get", json!({"messageId": id}))
        .ok()
        .and_then(|message| {
            let mut found = None;
            visit(message.get("payload")?, &mut |one| {
                if string(one, "partId") == part {
                    found = Some(one.clone());
                }
            });
            found
        })
        .and_then(|found| Some((content(&mut mailbox, id, &found)?, found)));
    drop(mailbox);
    let Some((bytes, found)) = found else {
        return guarded(text(StatusCode::NOT_FOUND, "the message has no such part"));
    };
    let media_type = string(&found, "mimeType");
    let image = IMAGES.contains(&media_type);
    let name = utf8_percent_encode(string(&found, "filename"), NON_ALPHANUMERIC).to_string();
    let disposition = if image { "inline" } else { "attachment" };
    guarded(Answer::empty(StatusCode::OK).with_body(
        if image {
            media_type
        } else {
            "application/octet-stream"
        },
        bytes,
    ))
    .with_header(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; sandbox",
    )
    .with_header(
        header::CONTENT_DISPOSITION,
        &format!("{disposition}; filename*=UTF-8''{name}"),
    )
}

/// The raw message.
pub(super) fn source(state: &State, id: &str) -> Answer {
    let raw = call(
        &mut lock(&state.mailbox),
        "messages_get",
        json!({"messageId": id, "format": "raw"}),
    )
    .ok()
    .and_then(|message| decode_wire(string(&message, "raw")));
    match raw {
        Some(raw) => Answer::empty(StatusCode::OK).with_body(
            "text/plain; charset=utf-8",
            String::from_utf8_lossy(&raw).into_owned(),
        ),
        None => missing(state, "There is no such message."),
    }
}

/// The form for delivering a message.
pub(super) fn form(state: &State) -> Answer {
    let content = "<h1>Deliver a message</h1>\n\
        <p>It arrives in the inbox like mail from outside, and the mailbox's filters apply to it.</p>\n\
        <form class=\"stacked\" method=\"post\" action=\"/page/deliver\">\n\
        <label>From <input name=\"from\" type=\"text\" required value=\"Anna Example &lt;anna@example.com&gt;\"></label>\n\
        <label>Subject <input name=\"subject\" type=\"text\" value=\"Hello\"></label>\n\
        <label>Text <textarea name=\"text\" rows=\"8\">Hello from the sandbox.</textarea></label>\n\
        <label class=\"line\"><input type=\"checkbox\" name=\"html\" value=\"yes\"> The text is HTML</label>\n\
        <button class=\"first\">Deliver</button>\n</form>\n\
        <p>A program can deliver a whole message with <code>POST /control/deliver</code>, or an mbox file with \
        <code>POST /control/mbox</code>.</p>";
    within(state, "/page/deliver", "Deliver a message", content)
}

/// Delivers the message from the form.
pub(super) fn deliver(state: &State, request: &Request) -> Answer {
    let form = request.form_pairs();
    let field = |name: &str| {
        let value = first(form.clone(), name).unwrap_or_default();
        // Header fields cannot contain line breaks.
        value.replace(
            |one: char| one.is_control() && one != '\n' && one != '\r',
            " ",
        )
    };
    let line = |name: &str| field(name).replace(['\r', '\n'], " ").trim().to_owned();
    let from = line("from");
    let (name, address) = match from.rsplit_once('<') {
        Some((name, address)) => (
            Some(name.trim().to_owned()),
            address.trim_end_matches('>').to_owned(),
        ),
        None => (None, from.clone()),
    };
    if !address.contains('@') {
        return text(
            StatusCode::BAD_REQUEST,
            "the sender needs an address, such as anna@example.com",
        );
    }
    let name = name.filter(|name| !name.is_empty());
    let to = lock(&state.mailbox).email_address().to_owned();
    let builder = MessageBuilder::new()
        .from(Address::new_address(name, address))
        .to(Address::new_address(None::<String>, to))
        .subject(line("subject"));
    let builder = if first(form.clone(), "html").is_some() {
        builder.html_body(field("text"))
    } else {
        builder.text_body(field("text"))
    };
    match builder.write_to_vec() {
        Ok(raw) => {
            lock(&state.mailbox).deliver(&raw);
            state.changed();
            see("/")
        }
        Err(error) => text(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

/// The parts of a message, by how the page shows them.
#[derive(Default)]
struct Parts {
    text: Option<String>,
    html: Option<String>,
    files: Vec<File>,
    /// Content-Ids and the ids of their parts.
    related: Vec<(String, String)>,
}

struct File {
    id: String,
    name: String,
    media_type: String,
    size: u64,
}

impl Parts {
    fn of(message: &Value) -> Self {
        let mut parts = Self::default();
        let Some(payload) = message.get("payload") else {
            return parts;
        };
        visit(payload, &mut |part| {
            let media_type = string(part, "mimeType");
            let named = !string(part, "filename").is_empty();
            if let Some(id) = part_header(part, "Content-ID") {
                let id = id.trim().trim_start_matches('<').trim_end_matches('>');
                parts
                    .related
                    .push((id.to_owned(), string(part, "partId").to_owned()));
            }
            let body = part.get("body").unwrap_or(&Value::Null);
            let content = || {
                let bytes = decode_wire(string(body, "data"))?;
                Some(String::from_utf8_lossy(&bytes).into_owned())
            };
            match media_type {
                "text/plain" if !named && parts.text.is_none() => parts.text = content(),
                "text/html" if !named && parts.html.is_none() => parts.html = content(),
                _ if named || body.get("attachmentId").is_some() => parts.files.push(File {
                    id: string(part, "partId").to_owned(),
                    name: string(part, "filename").to_owned(),
                    media_type: media_type.to_owned(),
                    size: body.get("size").and_then(Value::as_u64).unwrap_or_default(),
                }),
                _ => {}
            }
        });
        parts
    }
}

fn visit(part: &Value, see: &mut impl FnMut(&Value)) {
    see(part);
    for inner in array(part, "parts") {
        visit(inner, see);
    }
}

fn content(mailbox: &mut Mailbox, id: &str, part: &Value) -> Option<Bytes> {
    let body = part.get("body")?;
    let data = match body.get("attachmentId") {
        Some(attachment) => {
            let params = json!({"messageId": id, "id": attachment});
            string(
                &call(mailbox, "messages_attachments_get", params).ok()?,
                "data",
            )
            .to_owned()
        }
        None => string(body, "data").to_owned(),
    };
    decode_wire(&data).map(Bytes::from)
}

/// The sidebar's labels: system labels with their display names, and the user's own.
fn labels(mailbox: &mut Mailbox) -> Vec<(String, String)> {
    let all = call(mailbox, "labels_list", json!({})).unwrap_or_default();
    let own = array(&all, "labels")
        .iter()
        .filter(|label| string(label, "type") == "user")
        .map(|label| {
            (
                string(label, "id").to_owned(),
                string(label, "name").to_owned(),
            )
        });
    SYSTEM
        .iter()
        .map(|(id, name)| ((*id).to_owned(), (*name).to_owned()))
        .chain(own)
        .collect()
}

/// Calls an operation of the mailbox; an error is Gmail's message.
fn call(mailbox: &mut Mailbox, operation: &str, params: Value) -> Result<Value, String> {
    let params = match params {
        Value::Object(params) => params,
        _ => Map::new(),
    };
    mailbox.call(operation, &params).map_err(|refusal| {
        let body = refusal.body();
        string(body.get("error").unwrap_or(&body), "message").to_owned()
    })
}

fn headers(message: &Value, wanted: impl Fn(&str) -> bool) -> String {
    let payload = message.get("payload").unwrap_or(&Value::Null);
    array(payload, "headers")
        .iter()
        .filter(|field| wanted(string(field, "name")))
        .map(|field| {
            format!(
                "<tr><th scope=\"row\">{}</th><td>{}</td></tr>",
                escape(string(field, "name")),
                escape(string(field, "value"))
            )
        })
        .collect()
}

fn header_of(message: &Value, name: &str) -> String {
    part_header(message.get("payload").unwrap_or(&Value::Null), name)
        .unwrap_or_default()
        .to_owned()
}

fn part_header<'part>(part: &'part Value, name: &str) -> Option<&'part str> {
    array(part, "headers")
        .iter()
        .find(|field| string(field, "name").eq_ignore_ascii_case(name))
        .map(|field| string(field, "value"))
}

/// The display name of the first mailbox in a field, or its address.
fn display_name(field: &str) -> &str {
    match field.split_once('<') {
        Some((name, _)) if !name.trim().trim_matches('"').is_empty() => {
            name.trim().trim_matches('"')
        }
        _ => field.trim(),
    }
}

fn date(message: &Value) -> String {
    let milliseconds: u64 = string(message, "internalDate").parse().unwrap_or_default();
    let text = timestamp(milliseconds / 1000);
    let shown = text.get(..16).unwrap_or(&text).replace('T', " ");
    format!("<time datetime=\"{text}\">{shown}</time>")
}

fn array<'value>(value: &'value Value, name: &str) -> &'value [Value] {
    value
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn string<'value>(value: &'value Value, name: &str) -> &'value str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn component(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn or(text: &str, empty: &str) -> String {
    escape(if text.is_empty() { empty } else { text })
}
