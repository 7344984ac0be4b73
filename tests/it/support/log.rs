//! What is logged.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, Once, PoisonError};

use tracing::subscriber::DefaultGuard;

/// A writer for a subscriber of `tracing` that keeps what is written.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// All of it so far.
    pub(crate) fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Makes a subscriber count in this thread, as long as the guard lives.
pub(crate) fn subscribe(subscriber: impl Into<tracing::Dispatch>) -> DefaultGuard {
    static EVERYWHERE: Once = Once::new();
    // Where the first to pass a place in the code has no subscriber, that place stays silent for a moment; the others of
    // this binary have none.
    EVERYWHERE.call_once(|| {
        // It can only have been set before.
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
    });
    tracing::dispatcher::set_default(&subscriber.into())
}
