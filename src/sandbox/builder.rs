//! The settings that a sandbox starts with.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use super::mailbox::Mailbox;
use super::quota::{Meter, MinuteQuota};
use super::state::State;
use super::{Sandbox, server};

/// Settings of a sandbox; see [`Sandbox::builder`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use airbyte_agent_gmail::sandbox::Sandbox;
///
/// let sandbox = Sandbox::builder().email_address("support@example.com").empty().start().await?;
/// assert!(sandbox.gmail_url().starts_with("http://127.0.0.1:"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct SandboxBuilder {
    port: u16,
    files: Vec<PathBuf>,
    empty: bool,
    email_address: Option<String>,
    quota: Option<MinuteQuota>,
}

impl SandboxBuilder {
    /// The port on 127.0.0.1; without it, any free one.
    ///
    /// ```
    /// use airbyte_agent_gmail::sandbox::Sandbox;
    ///
    /// let builder = Sandbox::builder().port(8080);
    /// # let _ = builder;
    /// ```
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// An mbox file whose mail replaces the sample mail; you can give several.
    ///
    /// ```
    /// use airbyte_agent_gmail::sandbox::Sandbox;
    ///
    /// let builder = Sandbox::builder().mbox("takeout.mbox");
    /// # let _ = builder;
    /// ```
    pub fn mbox(mut self, path: impl AsRef<Path>) -> Self {
        self.files.push(path.as_ref().to_owned());
        self
    }

    /// Starts without the sample mail.
    ///
    /// ```
    /// use airbyte_agent_gmail::sandbox::Sandbox;
    ///
    /// let builder = Sandbox::builder().empty();
    /// # let _ = builder;
    /// ```
    pub fn empty(mut self) -> Self {
        self.empty = true;
        self
    }

    /// The mailbox's address, instead of `user@example.com`. The sample mail belongs to that address and is left out
    /// with any other.
    ///
    /// ```
    /// use airbyte_agent_gmail::sandbox::Sandbox;
    ///
    /// let builder = Sandbox::builder().email_address("support@example.com");
    /// # let _ = builder;
    /// ```
    pub fn email_address(mut self, email_address: impl Into<String>) -> Self {
        self.email_address = Some(email_address.into());
        self
    }

    /// Enforces Google's quota: calls beyond it are refused with 429, or with 403 and `rateLimitExceeded`, without
    /// `Retry-After`. An operation costs the units of its row, and so does each part of a batch; refused calls cost
    /// nothing. Airbyte's calls are not counted. Default: no quota.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use airbyte_agent_gmail::sandbox::{MinuteQuota, Sandbox};
    ///
    /// // The profile costs 1 unit, a message 20.
    /// let sandbox = Sandbox::builder().quota(MinuteQuota::Sliding(20)).start().await?;
    /// let gmail = sandbox.open_source()?;
    /// gmail.get_profile().send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn quota(mut self, quota: MinuteQuota) -> Self {
        self.quota = Some(quota);
        self
    }

    /// Starts the sandbox.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::builder().empty().start().await?;
    /// # drop(sandbox);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the port is taken, or an mbox file cannot be read; the error names the file.
    pub async fn start(self) -> io::Result<Sandbox> {
        let mut mailbox = match &self.email_address {
            Some(email_address) => Mailbox::new(email_address),
            None if self.empty || !self.files.is_empty() => Mailbox::new("user@example.com"),
            None => Mailbox::sample(),
        };
        for path in &self.files {
            import(&mut mailbox, path)?;
        }
        let listener = server::bind(self.port).await?;
        let origin = format!("http://{}", listener.local_addr()?);
        super::random::prepare()?;
        let mut state = State::new(origin, mailbox);
        state.quota = Mutex::new(self.quota.map(Meter::new));
        let state = Arc::new(state);
        let (stop, stopped) = watch::channel(false);
        let server = tokio::spawn(server::serve(listener, Arc::clone(&state), stopped));
        Ok(Sandbox::new(state, stop, server))
    }
}

/// Imports an mbox file; an error names the file.
pub(crate) fn import(mailbox: &mut Mailbox, path: &Path) -> io::Result<usize> {
    File::open(path)
        .and_then(|file| mailbox.import_mbox(BufReader::new(file)))
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}
