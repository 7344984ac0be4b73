//! A pager for output longer than the terminal.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use crate::cli::args::Global;

/// The running pager. There is only one, as there is only one standard output.
static RUNNING: Mutex<Option<Child>> = Mutex::new(None);

/// Exits at once if the text fits the screen, passes colours through, and leaves the text on the terminal.
const USUAL: &str = "less -FRX";

/// Sends further output through `PAGER`, if a person reads it at a terminal.
pub(crate) fn start(global: &Global) {
    let is_dumb = env::var_os("TERM").is_none_or(|term| term == "dumb");
    if !io::stdout().is_terminal() || is_dumb || cfg!(windows) {
        return;
    }
    let command = env::var("PAGER").ok().or(global.defaults.pager.clone());
    let command = command.unwrap_or_else(|| USUAL.to_owned());
    if command.trim().is_empty() || command.trim() == "cat" {
        return;
    }
    // The command line can have options, so a shell runs it. Check for the program first, to print directly without
    // it.
    let program = command.split_whitespace().next().unwrap_or_default();
    if !is_there(program) {
        return;
    }
    let child = Command::new("sh")
        .args(["-c", &command])
        // The output must not be a place to run commands from.
        .env("LESSSECURE", "1")
        .stdin(Stdio::piped())
        .spawn();
    if let (Ok(child), Ok(mut running)) = (child, RUNNING.lock()) {
        *running = Some(child);
        // Ignore Ctrl-C here: it belongs to the pager, which must not outlive this process on the terminal.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async { while tokio::signal::ctrl_c().await.is_ok() {} });
        }
    }
}

fn is_there(program: &str) -> bool {
    let is_file = |path: &std::path::Path| path.is_file();
    if program.contains('/') {
        return is_file(program.as_ref());
    }
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|folder| is_file(&folder.join(program))))
}

/// Passes text to the pager, if one is running.
pub(super) fn print(text: &str) -> Option<io::Result<()>> {
    let mut running = RUNNING.lock().ok()?;
    let stdin = running.as_mut()?.stdin.as_mut()?;
    Some(writeln!(stdin, "{text}"))
}

/// Waits until the person has finished reading.
pub(crate) fn finish() {
    let child = RUNNING.lock().ok().and_then(|mut running| running.take());
    if let Some(mut child) = child {
        drop(child.stdin.take());
        // However the pager ends, the text has been shown.
        let _ = child.wait();
    }
}
