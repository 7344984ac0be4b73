//! The layout of the sandbox's web pages.

use http::StatusCode;

use crate::sandbox::exchange::Answer;
use crate::sandbox::state::{State, lock};

/// The pages in the navigation bar.
const BAR: [(&str, &str); 5] = [
    ("/", "Mail"),
    ("/page/deliver", "Deliver"),
    ("/page/requests", "Requests"),
    ("/page/faults", "Faults"),
    ("/page/account", "Connect"),
];

/// A page with the navigation bar, where `path` is the current entry.
pub(super) fn within(state: &State, path: &str, title: &str, content: &str) -> Answer {
    with_status(StatusCode::OK, state, path, title, content)
}

/// The page for an unknown address.
pub(super) fn missing(state: &State, text: &str) -> Answer {
    let content = format!("<h1>Not found</h1>\n<p>{}</p>", escape(text));
    with_status(StatusCode::NOT_FOUND, state, "", "Not found", &content)
}

fn with_status(
    status: StatusCode,
    state: &State,
    path: &str,
    title: &str,
    content: &str,
) -> Answer {
    let bar: String = BAR
        .iter()
        .map(|(target, name)| {
            let current = if *target == path {
                " aria-current=\"page\""
            } else {
                ""
            };
            format!("<a href=\"{target}\"{current}>{name}</a>")
        })
        .collect();
    let address = lock(&state.mailbox).email_address().to_owned();
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{} \u{b7} Gmail sandbox</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"/page/style.css\">\n\
         <script src=\"/page/script.js\" defer></script>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">Skip to content</a>\n\
         <header><strong>Gmail sandbox</strong> <span>{}</span>\n<nav aria-label=\"Pages\">{bar}</nav></header>\n\
         <main id=\"main\" tabindex=\"-1\">\n{content}\n</main>\n\
         <footer>A sandbox on this machine; no Google account is involved. Keys: <kbd>j</kbd> and <kbd>k</kbd> move, \
         <kbd>Enter</kbd> opens, <kbd>u</kbd> goes back, <kbd>/</kbd> searches.</footer>\n</body>\n</html>\n",
        escape(title),
        escape(&address),
    );
    Answer::html(status, page)
}

/// A standalone page with a title and an HTML body.
pub(crate) fn page(title: &str, content: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>{}</title>\n<style>{STYLE}</style>\n\
         </head>\n<body>\n<main>\n{content}\n</main>\n</body>\n</html>\n",
        escape(title)
    )
}

/// Escapes text for HTML, including attributes.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// The Allow and Deny buttons of a consent page.
pub(crate) fn consent_form(action: &str, request: &str) -> String {
    format!(
        "<form id=\"consent\" method=\"post\" action=\"{}\">\n<input type=\"hidden\" name=\"request\" value=\"{}\">\n\
         <button name=\"decision\" value=\"deny\" id=\"deny\">Deny</button>\n\
         <button name=\"decision\" value=\"allow\" id=\"allow\" class=\"first\">Allow</button>\n</form>",
        escape(action),
        escape(request)
    )
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;background:#f3f4f6;color:#111827;margin:0}\
main{max-width:30rem;margin:10vh auto;padding:2rem;background:#fff;border:1px solid #d1d5db;border-radius:.75rem}\
h1{font-size:1.4rem;margin:0 0 1rem}small{color:#4b5563}code{font-size:.85rem;overflow-wrap:anywhere}ul{padding-left:1.25rem}\
ul.boxes{list-style:none;padding:0}.boxes label{display:flex;gap:.6rem;align-items:baseline;padding:.25rem 0}\
form{display:flex;gap:.75rem;justify-content:flex-end;margin-top:1.5rem}\
button{font:inherit;padding:.5rem 1.25rem;border-radius:.5rem;border:1px solid #6b7280;background:#fff;color:#111827}\
button.first{background:#1d4ed8;border-color:#1d4ed8;color:#fff}\
@media(prefers-color-scheme:dark){body{background:#111827;color:#f3f4f6}main{background:#1f2937;border-color:#4b5563}\
small{color:#d1d5db}button{background:#1f2937;color:#f3f4f6}}";
