//! Opens the user's browser, or does without.

use std::env;
use std::io::BufRead;
use std::process::{Command, Stdio};

use airbyte_agent_gmail::oauth::Inbox;

/// Passes pasted lines to the listener.
pub(crate) fn take_paste(inbox: Inbox) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        return;
    };
    // A separate thread, because reading the terminal can't be cancelled and must not keep the program alive.
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

/// Opens a URL; returns whether a browser was started.
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

/// Opens a file in the system's viewer; returns whether it was started.
pub(crate) fn view(path: &str) -> bool {
    start(&system().into_iter().collect::<Vec<_>>(), path)
}

/// The system's command that opens URLs and files.
fn system() -> Option<Vec<String>> {
    let own: &[&str] = if cfg!(target_os = "macos") {
        &["open"]
    } else if cfg!(windows) {
        &["rundll32", "url.dll,FileProtocolHandler"]
    } else {
        &["xdg-open"]
    };
    // Without a display, `xdg-open` would start a text browser over the program's own output.
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
