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
    let named = env::var("BROWSER").unwrap_or_default();
    let mut named = named.split(':').filter(|name| !name.is_empty());
    named.any(|name| start(name, None, url)) || view(url)
}

/// Opens an address or a file with the system's default program; false if that can't be started.
pub(crate) fn view(what: &str) -> bool {
    if cfg!(target_os = "macos") {
        return start("open", None, what);
    }
    if cfg!(windows) {
        return start("rundll32", Some("url.dll,FileProtocolHandler"), what);
    }
    // Without a display, `xdg-open` would start a text browser over the program's own output.
    let displays = ["DISPLAY", "WAYLAND_DISPLAY"];
    displays.into_iter().any(|name| env::var_os(name).is_some()) && start("xdg-open", None, what)
}

fn start(program: &str, argument: Option<&str>, what: &str) -> bool {
    Command::new(program)
        .args(argument)
        .arg(what)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .is_ok()
}
