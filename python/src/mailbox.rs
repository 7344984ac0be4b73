//! What is ready for an event loop, and the bell that wakes it.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyWeakrefMethods, PyWeakrefReference};

use crate::bridge::{Notifier, Outcome};

/// The futures of an event loop that can be settled.
///
/// Tasks share it without Python's counts: a reference that is dropped without the GIL goes through a lock of PyO3's, and a
/// `fork` at that moment would leave it locked in the child.
pub(crate) struct Mailbox {
    ready: Mutex<Vec<(Py<PyAny>, Outcome)>>,
    bell: Bell,
}

enum Bell {
    #[cfg(unix)]
    Socket(socket::Bell),
    /// For event loops that watch no sockets, such as the one of Windows.
    Thread {
        event_loop: Py<PyWeakrefReference>,
        notifier: Notifier,
    },
}

impl Mailbox {
    fn new(bell: Bell) -> Arc<Self> {
        let ready = Mutex::default();
        Arc::new(Self { ready, bell })
    }

    /// The one of an event loop that has none yet.
    pub(crate) fn of(event_loop: &Bound<'_, PyAny>, notifier: Notifier) -> PyResult<Arc<Self>> {
        #[cfg(unix)]
        if let Ok(mailbox) = socket::watched_by(event_loop) {
            return Ok(mailbox);
        }
        Ok(Self::new(Bell::Thread {
            event_loop: PyWeakrefReference::new(event_loop)?.unbind(),
            notifier,
        }))
    }

    /// Puts in what settles a future, and rings where nothing was in it: once for all that the event loop finds then.
    pub(crate) fn put(self: Arc<Self>, future: Py<PyAny>, outcome: Outcome) {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        let was_empty = ready.is_empty();
        ready.push((future, outcome));
        drop(ready);
        if !was_empty {
            return;
        }
        match &self.bell {
            #[cfg(unix)]
            Bell::Socket(bell) => bell.ring(),
            Bell::Thread { notifier, .. } => {
                notifier.clone().notify(move |py| self.call(py));
            }
        }
    }

    /// Has itself opened by the event loop.
    fn call(self: Arc<Self>, py: Python<'_>) {
        if let Bell::Thread { event_loop, .. } = &self.bell
            && let Some(event_loop) = event_loop.bind(py).upgrade()
        {
            let opener = Opener(Arc::clone(&self));
            // Nobody waits any more where the loop is closed.
            let _ = event_loop.call_method1(intern!(py, "call_soon_threadsafe"), (opener,));
        }
    }
}

/// What the event loop calls when the bell rings.
#[pyclass(frozen)]
struct Opener(Arc<Mailbox>);

#[pymethods]
impl Opener {
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        let Mailbox { ready, bell } = &*self.0;
        #[cfg(unix)]
        if let Bell::Socket(bell) = bell {
            bell.hush();
        }
        let ready = mem::take(&mut *ready.lock().unwrap_or_else(PoisonError::into_inner));
        for (future, outcome) in ready {
            let future = future.bind(py);
            if future.call_method0(intern!(py, "done"))?.is_truthy()? {
                continue;
            }
            match outcome(py) {
                Ok(value) => future.call_method1(intern!(py, "set_result"), (value,))?,
                Err(error) => future.call_method1(intern!(py, "set_exception"), (error,))?,
            };
        }
        Ok(())
    }
}

/// A socket that the event loop watches: no thread but its own touches the interpreter.
#[cfg(unix)]
mod socket {
    use std::io::{Read, Write};
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;

    use pyo3::prelude::*;

    use super::{Mailbox, Opener};

    pub(super) struct Bell {
        watched: UnixStream,
        other: UnixStream,
    }

    impl Bell {
        pub(super) fn ring(&self) {
            // It never fills: a byte is written where the one before has been read.
            let _ = (&self.other).write(&[0]);
        }

        pub(super) fn hush(&self) {
            // After a fork, the other process may have read it.
            let _ = (&self.watched).read(&mut [0]);
        }
    }

    pub(super) fn watched_by(event_loop: &Bound<'_, PyAny>) -> PyResult<Arc<Mailbox>> {
        let py = event_loop.py();
        let (watched, other) = UnixStream::pair()?;
        watched.set_nonblocking(true)?;
        other.set_nonblocking(true)?;
        let descriptor = watched.as_raw_fd();
        let mailbox = Mailbox::new(super::Bell::Socket(Bell { watched, other }));
        // In a context of its own: the event loop would keep that of the call for good.
        let context = py.import("contextvars")?.getattr("Context")?.call0()?;
        let watch = event_loop.getattr("add_reader")?;
        let opener = Opener(Arc::clone(&mailbox));
        context.call_method1("run", (watch, descriptor, opener))?;
        Ok(mailbox)
    }
}
