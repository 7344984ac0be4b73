//! Calls between asyncio and tokio: a runtime in one thread carries them out, and each event loop takes what is ready for it,
//! all of it at once.
//!
//! Two things rule the form of this. A thread must not touch an interpreter that is ending, so [`shutdown`] is called at
//! exit and stops them. And a child of `fork` has no threads, so everything is made anew where the process id differs.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyWeakrefMethods, PyWeakrefReference};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use crate::mailbox::Mailbox;

/// What a call gave, still to be made into Python's objects.
pub(crate) type Outcome = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;

/// How often a blocking call looks for a signal such as Ctrl-C.
const SIGNAL_PERIOD: Duration = Duration::from_millis(50);

/// How long the end of the interpreter waits for what runs on other threads, such as a look-up of a name.
const SHUTDOWN_LIMIT: Duration = Duration::from_millis(200);

struct Engine {
    process: u32,
    runtime: Handle,
    /// Ends the runtime, when it is dropped.
    stop: oneshot::Sender<()>,
    /// `None` ends the thread.
    notices: Sender<Option<Notice>>,
    threads: [JoinHandle<()>; 2],
    /// The mailbox of each event loop that made a call.
    mailboxes: Vec<(Py<PyWeakrefReference>, Arc<Mailbox>)>,
}

/// Something to do with the interpreter attached.
pub(crate) type Notice = Box<dyn FnOnce(Python<'_>) + Send>;

static ENGINE: Mutex<Option<Engine>> = Mutex::new(None);
static HAS_ENDED: AtomicBool = AtomicBool::new(false);

/// Uses the engine of this process. The lock is taken with the interpreter attached and nothing in between detaches, so
/// no fork can happen while another thread holds it.
fn with_engine<T>(_py: Python<'_>, work: impl FnOnce(&mut Engine) -> T) -> PyResult<T> {
    if HAS_ENDED.load(Ordering::Acquire) {
        return Err(PyRuntimeError::new_err(
            "the interpreter is ending; make calls before it does",
        ));
    }
    let mut guard = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    if let Some(parent) = guard.take_if(|engine| engine.process != process) {
        // Its threads are not in this process, so waiting for them would never end.
        mem::forget(parent);
    }
    let engine = match &mut *guard {
        Some(engine) => engine,
        empty => empty.insert(start(process)?),
    };
    Ok(work(engine))
}

fn start(process: u32) -> PyResult<Engine> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    let (stop, stopped) = oneshot::channel();
    let worker = thread::Builder::new()
        .name("airbyte-gmail".to_owned())
        .spawn(move || {
            // Nothing is ever sent: the sender is dropped.
            let _ = runtime.block_on(stopped);
            runtime.shutdown_timeout(SHUTDOWN_LIMIT);
        })?;
    let (notices, receiver) = mpsc::channel();
    let attached = thread::Builder::new()
        .name("airbyte-gmail-notices".to_owned())
        .spawn(move || act_on(&receiver))?;
    Ok(Engine {
        process,
        runtime: handle,
        stop,
        notices,
        threads: [worker, attached],
        mailboxes: Vec::new(),
    })
}

/// Stops the runtime and the threads; registered with `atexit`.
#[pyfunction]
pub(crate) fn shutdown(py: Python<'_>) {
    HAS_ENDED.store(true, Ordering::Release);
    let engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(engine) = engine else { return };
    if engine.process != std::process::id() {
        mem::forget(engine);
        return;
    }
    drop(engine.mailboxes);
    py.detach(|| {
        drop(engine.stop);
        // A panic in a thread has been printed already.
        let [worker, attached] = engine.threads;
        let _ = worker.join();
        // Connectors that are still alive hold senders too, so dropping this one would not end the thread.
        let _ = engine.notices.send(None);
        let _ = attached.join();
    });
}

fn act_on(receiver: &Receiver<Option<Notice>>) {
    while let Ok(Some(notice)) = receiver.recv() {
        // Attaching otherwise panics where the interpreter is ending.
        if Python::try_attach(notice).is_none() {
            return;
        }
    }
}

/// Ends a call whose future was cancelled.
#[pyclass(frozen)]
struct Aborter(AbortHandle);

#[pymethods]
impl Aborter {
    fn __call__(&self, future: &Bound<'_, PyAny>) -> PyResult<()> {
        if future
            .call_method0(intern!(future.py(), "cancelled"))?
            .is_truthy()?
        {
            self.0.abort();
        }
        Ok(())
    }
}

/// The place of an outcome: where the call ends without one, as it does when it panics, that is told too.
struct Pending(Option<(Arc<Mailbox>, Py<PyAny>)>);

impl Pending {
    fn settle(&mut self, outcome: Outcome) {
        if let Some((mailbox, future)) = self.0.take() {
            mailbox.put(future, outcome);
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.settle(Box::new(|_| Err(broken())));
    }
}

fn broken() -> PyErr {
    PyRuntimeError::new_err("the call ended without a result; report it")
}

/// Carries out a call: gives a future of the running event loop, or, blocking, the result.
pub(crate) fn run<F>(py: Python<'_>, is_blocking: bool, work: F) -> PyResult<Py<PyAny>>
where
    F: Future<Output = Outcome> + Send + 'static,
{
    if is_blocking {
        return wait(py, work);
    }
    let event_loop = running_loop(py)?;
    let future = event_loop.call_method0(intern!(py, "create_future"))?;
    let mailbox = mailbox_of(py, &event_loop)?;
    let mut pending = Pending(Some((mailbox, future.clone().unbind())));
    let task = with_engine(py, |engine| {
        engine
            .runtime
            .spawn(async move { pending.settle(work.await) })
            .abort_handle()
    })?;
    future.call_method1(intern!(py, "add_done_callback"), (Aborter(task),))?;
    Ok(future.unbind())
}

/// Where the event loop that runs here finds what is ready.
fn mailbox_of(py: Python<'_>, event_loop: &Bound<'_, PyAny>) -> PyResult<Arc<Mailbox>> {
    let known = with_engine(py, |engine| {
        let known = engine.mailboxes.iter().find(|(of, _)| {
            of.bind(py)
                .upgrade()
                .is_some_and(|known| known.is(event_loop))
        });
        known.map(|(_, mailbox)| Arc::clone(mailbox))
    })?;
    if let Some(known) = known {
        return Ok(known);
    }
    let mailbox = Mailbox::of(event_loop, Notifier::new(py)?)?;
    let of = PyWeakrefReference::new(event_loop)?.unbind();
    let kept = Arc::clone(&mailbox);
    let mut over: Vec<_> = with_engine(py, |engine| {
        let all = engine.mailboxes.iter();
        all.map(|(of, mailbox)| (of.clone_ref(py), Arc::clone(mailbox)))
            .collect()
    })?;
    // A result that comes after its loop was closed keeps the loop alive. Asked without the lock, because this may run
    // Python.
    over.retain(|(of, _)| {
        of.bind(py).upgrade().is_none_or(|known| {
            let is_closed = known.call_method0(intern!(py, "is_closed"));
            is_closed
                .and_then(|closed| closed.is_truthy())
                .unwrap_or(true)
        })
    });
    let gone: Vec<_> = with_engine(py, |engine| {
        engine.mailboxes.push((of, kept));
        engine
            .mailboxes
            .extract_if(.., |(_, mailbox)| {
                over.iter().any(|(_, other)| Arc::ptr_eq(other, mailbox))
            })
            .collect()
    })?;
    drop((gone, over));
    Ok(mailbox)
}

fn wait<F>(py: Python<'_>, work: F) -> PyResult<Py<PyAny>>
where
    F: Future<Output = Outcome> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel();
    let receiver = Mutex::new(receiver);
    let task = with_engine(py, |engine| {
        engine.runtime.spawn(async move {
            // Nobody waits any more where a signal came.
            let _ = sender.send(work.await);
        })
    })?;
    loop {
        match py.detach(|| receiver_step(&receiver)) {
            Ok(outcome) => return outcome(py),
            Err(RecvTimeoutError::Timeout) => py.check_signals().inspect_err(|_| task.abort())?,
            Err(RecvTimeoutError::Disconnected) => return Err(broken()),
        }
    }
}

fn receiver_step(receiver: &Mutex<Receiver<Outcome>>) -> Result<Outcome, RecvTimeoutError> {
    receiver
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .recv_timeout(SIGNAL_PERIOD)
}

/// The way from a task to the thread that may attach.
#[derive(Clone)]
pub(crate) struct Notifier(Sender<Option<Notice>>);

impl Notifier {
    pub(crate) fn new(py: Python<'_>) -> PyResult<Self> {
        with_engine(py, |engine| Self(engine.notices.clone()))
    }

    /// Does something with the interpreter attached.
    pub(crate) fn notify(&self, work: impl FnOnce(Python<'_>) + Send + 'static) {
        // The thread is gone when the interpreter is.
        let _ = self.0.send(Some(Box::new(work)));
    }
}

/// The event loop that runs in this thread.
pub(crate) fn running_loop(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static GET: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    GET.import(py, "asyncio", "get_running_loop")?.call0()
}
