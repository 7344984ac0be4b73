//! Google and Airbyte on one port of 127.0.0.1, with a stateful mailbox behind them.
//!
//! It needs the feature `sandbox`.
//!
//! The sandbox answers like the real services: Google's token endpoint and consent page, the Gmail API, and Airbyte's
//! hosted API, whose `execute` works on the same mailbox. Use it to try a program without an account, or to run tests
//! offline.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use airbyte_agent_gmail::sandbox::Sandbox;
//!
//! let sandbox = Sandbox::start().await?;
//! for gmail in [sandbox.open_source()?, sandbox.hosted()?] {
//!     let unread = gmail.messages().list().q("is:unread").send().await?;
//!     assert!(!unread.messages.is_empty());
//! }
//! assert!(sandbox.requests().iter().any(|request| request.path.ends_with("/messages")));
//! # Ok(())
//! # }
//! ```
//!
//! - [`Sandbox::builder`] starts a sandbox with your own mail, or with none.
//! - [`Sandbox::deliver`] delivers mail, [`Sandbox::inject`] breaks something, [`Sandbox::requests`] lists the
//!   requests.
//! - [`Sandbox::google`] and [`Sandbox::airbyte`] are the credentials for a program that creates its own connector.

mod airbyte;
mod body;
mod builder;
mod connect;
mod control;
mod credential;
mod exchange;
mod fault;
mod gmail;
mod google;
mod handle;
mod log;
mod mailbox;
mod page;
mod quota;
mod random;
mod server;
mod state;
mod table;
mod traffic;

use std::fmt;
use std::io;
use std::sync::Arc;

use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::operation::Mode;
use state::{State, lock};

pub use builder::SandboxBuilder;
pub use credential::{AirbyteCredentials, GoogleCredentials};
pub use fault::{ErrorBody, Fault, FaultKind};
pub use log::{RequestRecord, Service};
pub use quota::{MinuteQuota, MinuteQuotaError};
pub use state::{ExpiresIn, ListResult, Settings};

/// A running sandbox. Dropping it stops its server. See the [module](self) for an example.
pub struct Sandbox {
    state: Arc<State>,
    token_url: String,
    control_url: String,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
}

impl Sandbox {
    /// Starts a sandbox with the sample mail on a free port.
    ///
    /// # Errors
    /// When no port of 127.0.0.1 is available.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// assert!(sandbox.gmail_url().starts_with("http://127.0.0.1:"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Starts a sandbox with other settings.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # drop(sandbox);
    /// use airbyte_agent_gmail::sandbox::Sandbox;
    ///
    /// let sandbox = Sandbox::builder().empty().start().await?;
    /// assert!(sandbox.airbyte_url().starts_with("http://"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::default()
    }

    pub(crate) fn new(
        state: Arc<State>,
        stop: watch::Sender<bool>,
        server: JoinHandle<()>,
    ) -> Self {
        let token_url = format!("{}/token", state.origin);
        let control_url = format!("{}/control", state.origin);
        Self {
            state,
            token_url,
            control_url,
            stop,
            server,
        }
    }

    /// The root of the Gmail API, instead of `https://gmail.googleapis.com`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// let profile = format!("{}/gmail/v1/users/me/profile", sandbox.gmail_url());
    /// # let _ = profile;
    /// # Ok(())
    /// # }
    /// ```
    pub fn gmail_url(&self) -> &str {
        &self.state.origin
    }

    /// Google's token endpoint, instead of `https://oauth2.googleapis.com/token`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// assert!(sandbox.token_url().ends_with("/token"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn token_url(&self) -> &str {
        &self.token_url
    }

    /// The root of Airbyte's hosted API, instead of `https://api.airbyte.ai`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// let list = format!("{}/api/v1/integrations/connectors", sandbox.airbyte_url());
    /// # let _ = list;
    /// # Ok(())
    /// # }
    /// ```
    pub fn airbyte_url(&self) -> &str {
        &self.state.origin
    }

    /// The root of the control endpoint, where other processes inject faults and read the request log.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// assert!(sandbox.control_url().ends_with("/control"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn control_url(&self) -> &str {
        &self.control_url
    }

    /// Google's consent page, instead of `https://accounts.google.com/o/oauth2/v2/auth`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// assert!(sandbox.auth_url().ends_with("/o/oauth2/v2/auth"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn auth_url(&self) -> String {
        format!("{}{}", self.state.origin, google::CONSENT_PATH)
    }

    /// Credentials that the sandbox's Google accepts.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// let google = sandbox.google();
    /// assert!(!google.refresh_token.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn google(&self) -> GoogleCredentials {
        lock(&self.state.google).credentials()
    }

    /// The key of a service account, as the JSON file that Google offers for download. In the sandbox's Google, this
    /// account may act for every user of the domain; all of the domain's addresses lead to the same mailbox.
    ///
    /// The virtual machine's metadata server and the IAM Credentials API, which sign for the account, are at
    /// [`gmail_url`](Self::gmail_url).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use airbyte_agent_gmail::auth::ServiceAccount;
    ///
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// let account = ServiceAccount::from_json(&sandbox.service_account())?;
    /// assert!(account.email().is_some_and(|email| email.ends_with(".iam.gserviceaccount.com")));
    /// # Ok(())
    /// # }
    /// ```
    pub fn service_account(&self) -> String {
        google::service_account::key_file(&self.state.origin).to_string()
    }

    /// Credentials that the sandbox's Airbyte accepts, and the connector that exists from the start.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// let airbyte = sandbox.airbyte();
    /// assert!(!airbyte.connector_id.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn airbyte(&self) -> AirbyteCredentials {
        lock(&self.state.airbyte).credentials()
    }

    /// All addresses and credentials as one line of JSON, for programs in other languages.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// let announcement: serde_json::Value = serde_json::from_str(&sandbox.announcement())?;
    /// assert_eq!(announcement["token_url"], sandbox.token_url());
    /// # Ok(())
    /// # }
    /// ```
    pub fn announcement(&self) -> String {
        json!({
            "gmail_url": self.gmail_url(),
            "token_url": self.token_url(),
            "airbyte_url": self.airbyte_url(),
            "control_url": self.control_url(),
            "auth_url": self.auth_url(),
            "google": self.google().to_json(),
            "service_account": google::service_account::key_file(&self.state.origin),
            "airbyte": self.airbyte().to_json(),
        })
        .to_string()
    }

    /// The environment variables that point [`GmailConnector::from_env`](crate::GmailConnector::from_env) and the
    /// program at this sandbox, in one mode.
    ///
    /// ```
    /// use airbyte_agent_gmail::Mode;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// let variables = sandbox.variables(Mode::OpenSource);
    /// assert!(variables.contains(&("GMAIL_API_URL", sandbox.gmail_url().to_owned())));
    /// # Ok(())
    /// # }
    /// ```
    pub fn variables(&self, mode: Mode) -> Vec<(&'static str, String)> {
        credential::variables(&self.state, mode)
    }

    /// Runs until the process ends, for a program that does nothing else.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// // A program prints the announcement and then waits until it is stopped.
    /// # if false {
    /// sandbox.wait().await;
    /// # }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn wait(mut self) {
        // The server only ends when its task is aborted from outside.
        let _ = (&mut self.server).await;
    }
}

// Written by hand, because the mailbox may hold real mail.
impl fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Sandbox")
            .field("url", &self.state.origin)
            .finish_non_exhaustive()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // The server may already be gone, along with its runtime.
        let _ = self.stop.send(true);
    }
}
