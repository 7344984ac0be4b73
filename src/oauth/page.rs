//! The page that the browser shows at the end: self-contained, without scripts, and without any data from the
//! callback.

use crate::auth::CallbackError;

/// A result page for the browser.
///
/// ```
/// use airbyte_agent_gmail::auth::CallbackError;
/// use airbyte_agent_gmail::oauth::Page;
///
/// let page = Page::from(&CallbackError::Denied);
/// assert_eq!(page.status(), 403);
/// assert!(page.html().contains("Access was not allowed"));
/// ```
///
/// Its text speaks of a local program: [`Loopback`](super::Loopback) sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Page {
    /// Signed in.
    SignedIn,
    /// Signed in, but some boxes on the consent page were left empty.
    PartlySignedIn,
    /// The mailbox is connected through Airbyte.
    Connected,
    /// The person, or their organization, refused.
    Denied,
    /// The consent page waited too long for an answer.
    Expired,
    /// The consent page reports a failure, or a step after it failed.
    Failed,
    /// The URL does not belong to the pending sign-in.
    Refused,
    /// The sign-in is already over.
    Over,
    /// There is nothing at this URL.
    NotFound,
}

struct Content {
    status: u16,
    /// The CSS class and the icon.
    look: (&'static str, &'static str),
    title: &'static str,
    text: &'static str,
    next: &'static str,
}

const CHECK: (&str, &str) = ("good", "<path d=\"M7 12.5l3.5 3.5L17 9\"/>");
const CROSS: (&str, &str) = ("bad", "<path d=\"M8 8l8 8M16 8l-8 8\"/>");
const CLOCK: (&str, &str) = ("warn", "<path d=\"M12 7v5.5l3.5 2\"/>");
const MARK: (&str, &str) = ("warn", "<path d=\"M12 7v6M12 16.5v.01\"/>");

impl Page {
    /// The HTTP status to send the page with.
    pub fn status(self) -> u16 {
        self.content().status
    }

    /// The complete HTML document.
    pub fn html(self) -> String {
        let Content {
            look: (tone, icon),
            title,
            text,
            next,
            ..
        } = self.content();
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <link rel=\"icon\" href=\"data:,\">\n\
             <title>{title} · Gmail sign-in</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
             <main class=\"{tone}\">\n\
             <svg viewBox=\"0 0 24 24\" aria-hidden=\"true\"><circle cx=\"12\" cy=\"12\" r=\"11\"/>{icon}</svg>\n\
             <h1>{title}</h1>\n<p>{text}</p>\n\
             <div class=\"next\"><h2>What to do next</h2><p>{next}</p></div>\n\
             <footer>From airbyte-agent-gmail, on your own machine</footer>\n\
             </main>\n</body>\n</html>\n"
        )
    }

    fn content(self) -> Content {
        match self {
            Self::SignedIn => Content {
                status: 200,
                look: CHECK,
                title: "You are signed in",
                text: "The program can now use your mailbox, within what you have just allowed.",
                next: "Close this tab and go back to the program. You can withdraw the access at any time: \
                       with <code>airbyte-gmail auth logout</code>, or at \
                       <span class=\"address\">myaccount.google.com/connections</span>.",
            },
            Self::PartlySignedIn => Content {
                status: 200,
                look: MARK,
                title: "Signed in, with less access than requested",
                text: "Some boxes on the consent page were left empty, so some commands will not be allowed.",
                next: "Close this tab. If you meant to allow everything, sign in again and tick every box; \
                       <code>airbyte-gmail auth doctor</code> shows which commands are affected.",
            },
            Self::Connected => Content {
                status: 200,
                look: CHECK,
                title: "Your mailbox is connected",
                text: "Airbyte has your consent and has created the connector.",
                next: "Close this tab and go back to the program, which is checking the connector now.",
            },
            Self::Denied => Content {
                status: 403,
                look: CROSS,
                title: "Access was not allowed",
                text: "The answer on the consent page was no, so nothing has been stored and nothing has changed.",
                next: "If that was a mistake, start the sign-in again and choose Allow. If your organization \
                       blocks the app, ask its administrator to allow it.",
            },
            Self::Expired => Content {
                status: 410,
                look: CLOCK,
                title: "This sign-in has expired",
                text: "The consent page waited too long for an answer, so nothing has been stored.",
                next: "Start the sign-in again from the program, and answer within a few minutes.",
            },
            Self::Failed => Content {
                status: 502,
                look: CROSS,
                title: "The sign-in did not work",
                text: "The consent page, or the step after it, reported a failure. Nothing has been stored.",
                next: "Go back to the program: it says what went wrong and how to fix it. Then start again.",
            },
            Self::Refused => Content {
                status: 400,
                look: CROSS,
                title: "This address does not belong to your sign-in",
                text: "It comes from another tab, was used before, or was made by somebody else. It was ignored, \
                       and the sign-in that you started is still waiting.",
                next: "Go back to the tab that the program opened and finish there. If you did not start a \
                       sign-in, close this tab.",
            },
            Self::Over => Content {
                status: 410,
                look: CLOCK,
                title: "This sign-in is over",
                text: "It has been finished in another tab, or the program has stopped waiting.",
                next: "Close this tab. If the program says that you are not signed in, start again there.",
            },
            Self::NotFound => Content {
                status: 404,
                look: MARK,
                title: "There is nothing here",
                text: "This program only waits for the answer from a consent page.",
                next: "Close this tab and go back to the program.",
            },
        }
    }
}

impl From<&CallbackError> for Page {
    fn from(error: &CallbackError) -> Self {
        match error {
            CallbackError::Denied => Self::Denied,
            CallbackError::Expired => Self::Expired,
            CallbackError::Failed(_) | CallbackError::Unclear => Self::Failed,
            _ => Self::Refused,
        }
    }
}

const STYLE: &str = "\
:root{--ink:#1b1f2a;--soft:#5b6472;--paper:#fff;--ground:#eef1f6;--line:#dfe4ec;--panel:#f6f8fb}\
@media(prefers-color-scheme:dark){:root{--ink:#eef1f6;--soft:#a5aebd;--paper:#1a1f2b;--ground:#0f131b;--line:#2c3444;--panel:#222939}}\
*{box-sizing:border-box}\
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--ground);color:var(--ink);\
font:16px/1.55 system-ui,-apple-system,\"Segoe UI\",Roboto,sans-serif}\
main{width:100%;max-width:31rem;background:var(--paper);border:1px solid var(--line);border-radius:1rem;padding:2.5rem 2.25rem 1.5rem;\
text-align:center;box-shadow:0 12px 40px rgba(20,30,55,.09)}\
svg{width:4rem;height:4rem;margin-bottom:1rem;fill:none;stroke-width:2;stroke-linecap:round;stroke-linejoin:round;stroke:#fff}\
circle{stroke:none}.good circle{fill:#15803d}.warn circle{fill:#b45309}.bad circle{fill:#b91c1c}\
h1{font-size:1.55rem;line-height:1.25;margin:0 0 .6rem;letter-spacing:-.01em;text-wrap:balance}main>p{text-wrap:balance}p{margin:0;color:var(--soft)}\
.next{margin:1.75rem 0;padding:1rem 1.25rem;text-align:left;background:var(--panel);border:1px solid var(--line);border-radius:.75rem}\
h2{font-size:.95rem;margin:0 0 .3rem}code,.address{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;color:var(--ink);overflow-wrap:anywhere}\
footer{font-size:.8rem;color:var(--soft);border-top:1px solid var(--line);padding-top:1rem}";

#[cfg(test)]
mod tests {
    use super::Page;

    #[test]
    fn pages_are_whole_and_ask_nobody_for_anything() {
        for page in [
            Page::SignedIn,
            Page::PartlySignedIn,
            Page::Connected,
            Page::Denied,
            Page::Expired,
            Page::Failed,
            Page::Refused,
            Page::Over,
            Page::NotFound,
        ] {
            let html = page.html();
            assert!(
                html.contains("What to do next") && html.ends_with("</html>\n"),
                "{page:?}"
            );
            for outside in ["http:", "https:", "src=", "url(", "<script", "@import"] {
                assert!(!html.contains(outside), "{page:?} {outside}");
            }
        }
    }
}
