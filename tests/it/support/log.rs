//! Captures logs.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, Once, PoisonError};

use tracing::subscriber::DefaultGuard;

/// A writer for `tracing` subscribers that keeps what is written.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// The text written so far.
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

/// Sets this thread's subscriber while the guard lives.
pub(crate) fn subscribe(subscriber: impl Into<tracing::Dispatch>) -> DefaultGuard {
    static EVERYWHERE: Once = Once::new();
    // A callsite that is first reached without a subscriber stays disabled for a moment, and the other tests of this
    // binary have none.
    EVERYWHERE.call_once(|| {
        // This only fails if one is already set.
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
    });
    tracing::dispatcher::set_default(&subscriber.into())
}
