//! Opening the user's browser, or doing without.

use std::env;
use std::io::BufRead;
use std::process::{Command, Stdio};
use std::time::Duration;

use airbyte_agent_gmail::oauth::{Inbox, Loopback};
use clap::{Arg, ArgAction, ArgMatches, value_parser};

use super::exit::Failure;
use super::output;

/// How long a consent page may take where nothing else is said.
const TIMEOUT: &str = "300";

/// The arguments of a command that needs a browser.
pub(crate) fn arguments() -> [Arg; 3] {
    [
        Arg::new("no-browser")
            .long("no-browser")
            .action(ArgAction::SetTrue)
            .help("Open no browser: print the address, and take the address that it ends at from the standard input"),
        Arg::new("port")
            .long("port")
            .value_name("PORT")
            .value_parser(value_parser!(u16))
            .default_value("0")
            .hide_default_value(true)
            .help("The port on 127.0.0.1 that the browser comes back to; a free one by default"),
        Arg::new("timeout")
            .long("timeout")
            .value_name("SECONDS")
            .value_parser(value_parser!(u64).range(1..=86_400))
            .default_value(TIMEOUT)
            .help("How long to wait for the answer on the consent page"),
    ]
}

/// Listens for the browser as the arguments say.
pub(crate) async fn listen(arguments: &ArgMatches) -> Result<(Loopback, Duration), Failure> {
    let port = arguments.get_one::<u16>("port").copied().unwrap_or(0);
    let seconds = arguments.get_one::<u64>("timeout").copied().unwrap_or(300);
    Ok((Loopback::bind(port).await?, Duration::from_secs(seconds)))
}

/// Sends the user to a consent page.
pub(crate) fn send(arguments: &ArgMatches, url: &str, loopback: &Loopback) {
    if !arguments.get_flag("no-browser") && open(url) {
        output::note(&format!(
            "your browser opens the consent page; if it does not, go to\n\n  {url}\n"
        ));
        return;
    }
    output::note(&format!(
        "go to this address with any browser:\n\n  {url}\n\n\
         At the end the browser goes to an address that begins with {}. On this machine that is all.\n\
         On another machine that page does not load: copy its whole address and paste it here, then press Enter.",
        loopback.redirect_url()
    ));
    take_paste(loopback.inbox());
}

/// Hands what a person pastes to the listener.
fn take_paste(inbox: Inbox) {
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
fn open(url: &str) -> bool {
    let mut openers: Vec<Vec<String>> = Vec::new();
    if let Ok(browser) = env::var("BROWSER") {
        openers.extend(
            browser
                .split(':')
                .filter(|name| !name.is_empty())
                .map(|name| vec![name.to_owned()]),
        );
    }
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
    if display {
        openers.push(own.iter().map(|part| (*part).to_owned()).collect());
    }
    openers.iter().any(|opener| {
        let Some((program, arguments)) = opener.split_first() else {
            return false;
        };
        Command::new(program)
            .args(arguments)
            .arg(url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .is_ok()
    })
}
