//! An MCP server for the [`tools`](crate::tool), over standard input and output or over HTTP.
//!
//! Needs the feature `mcp`.
//!
//! ```no_run
//! # async fn example(gmail: airbyte_agent_gmail::GmailConnector) -> std::io::Result<()> {
//! use airbyte_agent_gmail::mcp::Server;
//! use airbyte_agent_gmail::tool::Access;
//!
//! let tools = gmail.tools().with_access(Access::default().read_only());
//! Server::new(tools).serve_stdio().await
//! # }
//! ```
//!
//! If [`Access::approve`](crate::tool::Access::approve) requires a person's approval, the server asks through its
//! client (MCP elicitation). It trusts the client that a person answers.

mod approval;
mod broken;
mod http;
mod message;
mod opening;
mod server;
mod session;
mod stdio;
mod stream;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use rmcp::ServiceExt;

use crate::tool::Tools;

pub use http::HttpServer;

/// How long a client that stopped sending may take to read its last responses.
const LAST_LINES: Duration = Duration::from_secs(5);

/// An MCP server for a set of tools.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
/// # let gmail = sandbox.open_source()?;
/// use airbyte_agent_gmail::mcp::Server;
///
/// let server = Server::new(gmail.tools());
/// assert!(server.offered().iter().any(|tool| tool.name == "gmail_search"));
/// let small = server.clone().offer(["gmail_search", "gmail_read_message"])?;
/// assert_eq!(small.offered().len(), 2);
/// let whole = server.offer_all();
/// assert_eq!(whole.offered().len(), gmail.tools().list().len());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Server {
    tools: Tools,
    offered: Arc<Vec<crate::tool::Tool>>,
    /// The offered tools in MCP's own type.
    listed: Arc<OnceLock<Vec<rmcp::model::Tool>>>,
    approvals: Arc<approval::Approvals>,
    is_text_only: bool,
}

impl Server {
    /// A server that offers the default tools.
    pub fn new(tools: Tools) -> Self {
        let offered = Arc::new(tools.default_list());
        Self {
            tools,
            offered,
            listed: Arc::default(),
            approvals: Arc::new(approval::Approvals::new()),
            is_text_only: false,
        }
    }

    /// Returns results as text only, without structured content and its schemas.
    ///
    /// For clients that show the model the whole result, which would otherwise read everything twice: google-adk and
    /// google-genai do that.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// use airbyte_agent_gmail::mcp::Server;
    ///
    /// let server = Server::new(sandbox.open_source()?.tools()).text_only();
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn text_only(mut self) -> Self {
        self.is_text_only = true;
        self.listed = Arc::default();
        self
    }

    /// Offers every tool.
    #[must_use]
    pub fn offer_all(mut self) -> Self {
        self.set_offered(self.tools.list());
        self
    }

    /// Offers only these tools, by name.
    ///
    /// # Errors
    ///
    /// A name is not in [`Tools::list`].
    pub fn offer<N: AsRef<str>>(mut self, names: impl IntoIterator<Item = N>) -> io::Result<Self> {
        let all = self.tools.list();
        let mut offered = Vec::new();
        for name in names {
            let name = name.as_ref().trim();
            let tool = all.iter().find(|tool| tool.name == name).ok_or_else(|| {
                io::Error::new(
                    io::ErrorKind::InvalidInput,
                    format!(
                        "there is no tool `{}`, or it is not allowed; use some of: {}",
                        crate::tool::visible_text(name),
                        all.iter()
                            .map(|tool| tool.name.as_str())
                            .collect::<Vec<_>>()
                            .join(", ")
                    ),
                )
            })?;
            if !offered.contains(tool) {
                offered.push(tool.clone());
            }
        }
        self.set_offered(offered);
        Ok(self)
    }

    fn set_offered(&mut self, tools: Vec<crate::tool::Tool>) {
        self.offered = Arc::new(tools);
        self.listed = Arc::default();
    }

    /// The offered tools.
    pub fn offered(&self) -> &[crate::tool::Tool] {
        &self.offered
    }

    /// Serves one client over standard input and output until it disconnects.
    ///
    /// # Errors
    ///
    /// The client does not speak MCP, or the streams break.
    pub async fn serve_stdio(self) -> io::Result<()> {
        let (reader, writer, _sockets) = stream::standard();
        let (client, writing) = stdio::Stdio::new(reader, writer);
        let result = match self.serve(client).await {
            Ok(running) => running.waiting().await.map(drop).map_err(io::Error::other),
            // A client may leave without a word.
            Err(rmcp::service::ServerInitializeError::ConnectionClosed(_)) => Ok(()),
            Err(error) => Err(io::Error::other(error.to_string())),
        };
        // Also for a client that has sent everything and only reads on.
        let _ = tokio::time::timeout(LAST_LINES, writing).await;
        result
    }
}

/// Locks a mutex, even after a panic in another thread: no value here is ever half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
