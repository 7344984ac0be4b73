//! Opening the user's browser, or doing without.

use std::env;
use std::io::BufRead;
use std::process::{Command, Stdio};

use airbyte_agent_gmail::oauth::Inbox;

/// Hands what a person pastes to the listener.
pub(crate) fn take_paste(inbox: Inbox) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        return;
    };
    // A thread of its own: reading the terminal can't be given up, and must not keep the program from ending.
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            match line {
                Ok(line) if line.trim().is_empty() => {}
                Ok(line) => runtime.block_on(inbox.paste(line)),
                Err(_) => return,
            }
        }
    });
}

/// Whether something was found that opens a browser.
pub(crate) fn open(url: &str) -> bool {
    let mut openers: Vec<Vec<String>> = Vec::new();
    if let Ok(browser) = env::var("BROWSER") {
        openers.extend(
            browser
                .split(':')
                .filter(|name| !name.is_empty())
                .map(|name| vec![name.to_owned()]),
        );
    }
    openers.extend(system());
    start(&openers, url)
}

/// Whether the system's viewer of a file was started.
pub(crate) fn view(path: &str) -> bool {
    start(&system().into_iter().collect::<Vec<_>>(), path)
}

/// What the system opens addresses and files with.
fn system() -> Option<Vec<String>> {
    let own: &[&str] = if cfg!(target_os = "macos") {
        &["open"]
    } else if cfg!(windows) {
        &["rundll32", "url.dll,FileProtocolHandler"]
    } else {
        &["xdg-open"]
    };
    // Without a display `xdg-open` would start a browser in the terminal, over the program's own text.
    let display = cfg!(any(target_os = "macos", windows))
        || env::var_os("DISPLAY").is_some()
        || env::var_os("WAYLAND_DISPLAY").is_some();
    display.then(|| own.iter().map(|part| (*part).to_owned()).collect())
}

fn start(openers: &[Vec<String>], what: &str) -> bool {
    openers.iter().any(|opener| {
        let Some((program, arguments)) = opener.split_first() else {
            return false;
        };
        Command::new(program)
            .args(arguments)
            .arg(what)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .is_ok()
    })
}
