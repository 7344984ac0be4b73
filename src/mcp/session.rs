//! The sessions of HTTP clients: limited in number and small.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use futures_util::Stream;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::WorkerTransport;
use rmcp::transport::streamable_http_server::session::local::{
    LocalSessionManager, LocalSessionManagerError, LocalSessionWorker,
};
use rmcp::transport::streamable_http_server::session::{
    RestoreOutcome, ServerSseMessage, SessionId, SessionManager,
};

use super::lock;

/// The most sessions at once. A new one ends the least recently used; that client gets a 404 for its next request and
/// starts over.
pub(super) const SESSIONS: usize = 256;

/// The sessions, with the time of last use.
#[derive(Debug)]
pub(super) struct Sessions {
    inner: LocalSessionManager,
    used: Mutex<HashMap<SessionId, Instant>>,
}

/// How long an idle session is kept. Many clients do not start a new one after it has ended.
const IDLE: Duration = Duration::from_secs(24 * 60 * 60);

impl Default for Sessions {
    fn default() -> Self {
        let mut inner = LocalSessionManager::default();
        inner.session_config.keep_alive = Some(IDLE);
        Self {
            inner,
            used: Mutex::default(),
        }
    }
}

impl Sessions {
    fn touch(&self, id: &SessionId) {
        let mut used = lock(&self.used);
        if let Some(at) = used.get_mut(id) {
            *at = Instant::now();
        }
    }

    /// Records a new session; returns those that must end for it.
    fn add(&self, id: &SessionId) -> Vec<SessionId> {
        let mut used = lock(&self.used);
        used.insert(id.clone(), Instant::now());
        let mut over = Vec::new();
        while used.len() > SESSIONS {
            let oldest = used
                .iter()
                .min_by_key(|(_, at)| **at)
                .map(|(id, _)| id.clone());
            let Some(oldest) = oldest else { break };
            used.remove(&oldest);
            over.push(oldest);
        }
        over
    }

    fn remove(&self, id: &SessionId) {
        let mut used = lock(&self.used);
        used.remove(id);
        // Release the memory after a peak.
        if used.capacity() > 4 * SESSIONS {
            used.shrink_to(SESSIONS);
        }
    }
}

impl SessionManager for Sessions {
    type Error = LocalSessionManagerError;
    type Transport = WorkerTransport<LocalSessionWorker>;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), Self::Error> {
        let (id, transport) = self.inner.create_session().await?;
        for over in self.add(&id) {
            self.inner.close_session(&over).await?;
        }
        Ok((id, transport))
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Self::Error> {
        self.inner.initialize_session(id, message).await
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, Self::Error> {
        self.touch(id);
        self.inner.has_session(id).await
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Self::Error> {
        self.remove(id);
        self.inner.close_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.inner.create_stream(id, message).await
    }

    async fn accept_message(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<(), Self::Error> {
        self.inner.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.inner.create_standalone_stream(id).await
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.inner.resume(id, last_event_id).await
    }

    async fn restore_session(
        &self,
        id: SessionId,
    ) -> Result<RestoreOutcome<Self::Transport>, Self::Error> {
        self.inner.restore_session(id).await
    }
}
