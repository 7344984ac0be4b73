//! `airbyte-gmail sandbox`.

use std::ffi::OsString;
use std::io::{ErrorKind, IsTerminal};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};

use airbyte_agent_gmail::sandbox::MinuteQuota;
use airbyte_agent_gmail::{Mode, sandbox};
use clap::Args;
use tokio::process::{Child, Command};

use crate::cli::args::mode;
use crate::cli::exit::{Failure, plain};
use crate::cli::output;

/// Prefixes of variables that select an account. A command in the sandbox inherits none of them.
const ACCOUNT: [&str; 3] = ["GMAIL_", "GOOGLE_", "AIRBYTE_"];

/// Run your own Google and Airbyte, with a mailbox to try things in
///
/// Both listen on 127.0.0.1. On a terminal, the sandbox prints its url and how to use it. Otherwise it prints one line
/// of JSON with urls and credentials when it is ready. It runs until you stop it. With a command after --, it runs that
/// command with the variables of --env and without your own accounts, and returns its exit code.
#[derive(Args)]
pub(crate) struct Sandbox {
    /// Print shell lines that point programs at the sandbox, or choose the mode for COMMAND (default: open-source)
    #[arg(long, value_name = "MODE", value_parser = mode())]
    env: Option<Mode>,
    /// The port; any free one by default
    #[arg(long)]
    port: Option<u16>,
    /// Load the mail of an mbox, such as a Google Takeout export, instead of the sample mail
    #[arg(long, value_name = "FILE", num_args = 1..)]
    mbox: Vec<PathBuf>,
    /// Enforce Google's quota, 6000 units a minute by default: in any 60 s (sliding) or in each minute (fixed)
    #[arg(long, value_name = "WINDOW[:UNITS]")]
    quota: Option<MinuteQuota>,
    /// A command to run in the sandbox, with its arguments
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

impl Sandbox {
    /// Serves until the program is stopped or the command ends.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let mut builder = sandbox::Sandbox::builder();
        if let Some(port) = self.port {
            builder = builder.port(port);
        }
        for file in self.mbox {
            builder = builder.mbox(file);
        }
        if let Some(quota) = self.quota {
            builder = builder.quota(quota);
        }
        let port = self.port.unwrap_or_default();
        let sandbox = builder.start().await.map_err(|error| {
            Failure::input(match error.kind() {
                ErrorKind::AddrInUse | ErrorKind::PermissionDenied if port > 0 => format!(
                    "port {port}: {}; give another --port, or leave it out",
                    plain(&error)
                ),
                _ => plain(&error),
            })
        })?;
        if let Some((program, arguments)) = self.command.split_first() {
            let mode = self.env.unwrap_or(Mode::OpenSource);
            return run_in(&sandbox, mode, program, arguments).await;
        }
        match self.env {
            Some(mode) => {
                for (name, value) in sandbox.variables(mode) {
                    output::line(&format!("export {name}='{value}'"))?;
                }
            }
            None if std::io::stdout().is_terminal() => output::line(&introduction(&sandbox))?,
            None => output::line(&sandbox.announcement())?,
        }
        tokio::select! {
            () = sandbox.wait() => Ok(()),
            result = tokio::signal::ctrl_c() => Ok(result?),
        }
    }
}

/// What a person needs to know. On a narrow terminal, each value goes below its label.
fn introduction(sandbox: &sandbox::Sandbox) -> String {
    let url = sandbox.gmail_url();
    let lines = [
        ("See it in a browser", format!("{url}/")),
        (
            "Run a program in it",
            "airbyte-gmail sandbox -- COMMAND".to_owned(),
        ),
        ("Lines for a program", format!("{url}/page/account")),
        ("Gmail and Airbyte", url.to_owned()),
        ("Google's sign-in", sandbox.auth_url().to_owned()),
        ("Tokens", sandbox.token_url().to_owned()),
        ("Faults and requests", sandbox.control_url().to_owned()),
    ];
    let widest = lines.iter().map(|(_, value)| value.len()).max();
    let is_wide = widest.unwrap_or_default() + 25 <= output::terminal_width();
    let lines = lines.map(|(what, value)| match is_wide {
        true => format!("  {what:<23}{value}"),
        false => format!("  {what}\n    {value}"),
    });
    let state = sandbox.mailbox_state();
    let count = state["messages"].as_array().map_or(0, Vec::len);
    format!(
        "{}\n\n{}\n\nStop it with Ctrl-C; nothing is kept.",
        output::fitting(&format!(
            "A Gmail of your own is ready, with {} in it. No account is involved.",
            output::messages(count as u64)
        )),
        lines.join("\n"),
    )
}

/// Runs a command so that its programs reach the sandbox and none of the user's accounts.
async fn run_in(
    sandbox: &sandbox::Sandbox,
    mode: Mode,
    program: &OsString,
    arguments: &[OsString],
) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::inherit())
        .kill_on_drop(true);
    for (name, _) in std::env::vars_os() {
        if ACCOUNT
            .iter()
            .any(|prefix| name.to_string_lossy().starts_with(prefix))
        {
            command.env_remove(name);
        }
    }
    command
        .envs(sandbox.variables(mode))
        .env("AIRBYTE_GMAIL_CONFIG_DIR", folder.path())
        // gcloud's sign-in is an account too.
        .env("CLOUDSDK_CONFIG", folder.path());
    let mut child = command.spawn().map_err(|error| {
        output::note(&format!(
            "error: `{}` can't be run: {error}",
            program.to_string_lossy()
        ));
        // Exit codes as in shells (POSIX, 2.8.2).
        Failure::Command(if error.kind() == ErrorKind::NotFound {
            127
        } else {
            126
        })
    })?;
    let status = end_of(&mut child).await?;
    match code(status) {
        0 => Ok(()),
        code => Err(Failure::Command(code)),
    }
}

/// Waits for the command. It receives the terminal's signals too and can exit in its own way.
#[cfg(unix)]
async fn end_of(child: &mut Child) -> Result<ExitStatus, Failure> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    loop {
        tokio::select! {
            status = child.wait() => return Ok(status?),
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {
                let pid = child.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()));
                if let Some(pid) = pid {
                    // An error means that it has already ended.
                    let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
                }
            }
        }
    }
}

/// Waits for the command. It receives the terminal's signals too and can exit in its own way.
#[cfg(not(unix))]
async fn end_of(child: &mut Child) -> Result<ExitStatus, Failure> {
    loop {
        tokio::select! {
            status = child.wait() => return Ok(status?),
            result = tokio::signal::ctrl_c() => result?,
        }
    }
}

/// The exit code to return. For a command ended by a signal, the code that shells return.
fn code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return u8::try_from(128 + signal).unwrap_or(u8::MAX);
    }
    status
        .code()
        .map_or(1, |code| u8::try_from(code).unwrap_or(1))
}
