//! The controls of a running sandbox for tests: read its log, inject faults, expire tokens, deliver mail.

use std::io;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::Sandbox;
use super::builder;
use super::fault::Fault;
use super::log::RequestRecord;
use super::state::{Settings, lock};

impl Sandbox {
    /// The requests so far, in order.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// assert!(sandbox.requests().iter().all(|request| request.status != Some(500)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.state.log.all()
    }

    /// Empties the request log.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// sandbox.clear_requests();
    /// assert!(sandbox.requests().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn clear_requests(&self) {
        self.state.clear_requests();
    }

    /// Adds a fault for coming requests; see [`Fault`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// use airbyte_agent_gmail::sandbox::{Fault, FaultKind, Service};
    ///
    /// sandbox.inject(Fault::new(Service::Gmail, FaultKind::Unauthorized).on("messages_send"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn inject(&self, fault: Fault) {
        lock(&self.state.faults).push(fault);
    }

    /// Removes all faults that have not happened yet.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// sandbox.clear_faults();
    /// # Ok(())
    /// # }
    /// ```
    pub fn clear_faults(&self) {
        lock(&self.state.faults).clear();
    }

    /// Changes how the services behave where the real ones may differ; see [`Settings`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// sandbox.configure(|settings| settings.own_template = false);
    /// # Ok(())
    /// # }
    /// ```
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut lock(&self.state.settings));
        self.state.settle();
    }

    /// Expires every Google access token that was issued.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// sandbox.expire_access_tokens();
    /// // From here on the Gmail API answers 401 until the token is refreshed.
    /// # Ok(())
    /// # }
    /// ```
    pub fn expire_access_tokens(&self) {
        lock(&self.state.google).expire_access_tokens();
    }

    /// Revokes every Google access token that was issued.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// sandbox.revoke_access_tokens();
    /// // A client that only looks at its clock still thinks that its token is good.
    /// # Ok(())
    /// # }
    /// ```
    pub fn revoke_access_tokens(&self) {
        lock(&self.state.google).revoke_access_tokens();
    }

    /// Revokes the user's consent: the refresh token and all that came from it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// sandbox.revoke_refresh_token();
    /// // From here on the token endpoint answers `invalid_grant`.
    /// # Ok(())
    /// # }
    /// ```
    pub fn revoke_refresh_token(&self) {
        lock(&self.state.google).revoke_grants();
    }

    /// Limits the consent behind the sandbox's Google tokens to these scopes, also for tokens that were already issued.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// sandbox.limit_scopes(&["https://www.googleapis.com/auth/gmail.readonly"]);
    /// // From here on a send is answered with 403.
    /// # Ok(())
    /// # }
    /// ```
    pub fn limit_scopes(&self, scopes: &[&str]) {
        lock(&self.state.google).limit_scopes(scopes);
    }

    /// Whether each refresh returns a new refresh token and invalidates the old one.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// sandbox.rotate_refresh_tokens(true);
    /// # Ok(())
    /// # }
    /// ```
    pub fn rotate_refresh_tokens(&self, rotate: bool) {
        self.configure(|settings| settings.rotate_refresh_tokens = rotate);
    }

    /// How long Google's access tokens are valid, from now on.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// sandbox.access_token_lifetime(std::time::Duration::from_secs(60));
    /// # Ok(())
    /// # }
    /// ```
    pub fn access_token_lifetime(&self, lifetime: Duration) {
        self.configure(|settings| settings.access_token_lifetime = lifetime);
    }

    /// Expires every token that Airbyte issued, except the fixed bearer token.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// sandbox.expire_airbyte_tokens();
    /// # Ok(())
    /// # }
    /// ```
    pub fn expire_airbyte_tokens(&self) {
        lock(&self.state.airbyte).expire_tokens();
    }

    /// Delivers a message to the inbox as new mail; returns its id.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// let id = sandbox.deliver(b"From: support@example.com\r\nSubject: Hello\r\n\r\nHello.\r\n");
    /// # let _ = id;
    /// # Ok(())
    /// # }
    /// ```
    pub fn deliver(&self, raw: &[u8]) -> String {
        let id = lock(&self.state.mailbox).deliver(raw);
        self.state.changed();
        id
    }

    /// Imports an mbox file into the mailbox; returns the number of messages.
    ///
    /// # Errors
    /// When the file can't be read, or is not an mbox.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// let missing = sandbox.import_mbox("no/such/file.mbox");
    /// assert!(missing.is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn import_mbox(&self, path: impl AsRef<Path>) -> io::Result<usize> {
        let count = builder::import(&mut lock(&self.state.mailbox), path.as_ref());
        self.state.changed();
        count
    }

    /// The whole mailbox as one JSON document, which depends on its contents only.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// let before = sandbox.mailbox_state();
    /// assert_eq!(sandbox.mailbox_state(), before);
    /// # Ok(())
    /// # }
    /// ```
    pub fn mailbox_state(&self) -> Value {
        lock(&self.state.mailbox).state()
    }
}
