//! Calls between asyncio and tokio: a runtime of one worker carries them out, and one thread hands what is ready to the
//! event loops, all of it at once.
//!
//! Two things rule the form of this. A thread must not touch an interpreter that is ending, so [`shutdown`] is called at
//! exit and stops both. And a child of `fork` has no threads, so everything is made anew where the process id differs.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use tokio::runtime::{Builder, Runtime};
use tokio::task::AbortHandle;

/// What a call gave, still to be made into Python's objects.
pub(crate) type Outcome = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;

/// How often a blocking call looks for a signal such as Ctrl-C.
const SIGNAL_PERIOD: Duration = Duration::from_millis(50);

/// How long the end of the interpreter waits for what runs on other threads, such as a look-up of a name.
const SHUTDOWN_LIMIT: Duration = Duration::from_millis(200);

struct Engine {
    process: u32,
    runtime: Runtime,
    deliveries: Sender<Delivery>,
    thread: JoinHandle<()>,
}

enum Delivery {
    Result(Waiter, Outcome),
    /// Something to do with the interpreter at hand.
    Notice(Box<dyn FnOnce(Python<'_>) + Send>),
}

/// The future that a coroutine waits for, and its event loop.
struct Waiter {
    event_loop: Py<PyAny>,
    future: Py<PyAny>,
}

static ENGINE: Mutex<Option<Engine>> = Mutex::new(None);
static HAS_ENDED: AtomicBool = AtomicBool::new(false);

/// Uses the engine of this process. The lock is taken with the interpreter attached and nothing in between detaches, so
/// no fork can happen while another thread holds it.
fn with_engine<T>(_py: Python<'_>, work: impl FnOnce(&Engine) -> T) -> PyResult<T> {
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
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("airbyte-gmail")
        .enable_all()
        .build()?;
    let (deliveries, receiver) = mpsc::channel();
    let thread = thread::Builder::new()
        .name("airbyte-gmail-results".to_owned())
        .spawn(move || deliver_all(&receiver))?;
    Ok(Engine {
        process,
        runtime,
        deliveries,
        thread,
    })
}

/// Stops the runtime and the thread; registered with `atexit`.
#[pyfunction]
pub(crate) fn shutdown(py: Python<'_>) {
    HAS_ENDED.store(true, Ordering::Release);
    let engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(engine) = engine else { return };
    if engine.process != std::process::id() {
        mem::forget(engine);
        return;
    }
    py.detach(|| {
        engine.runtime.shutdown_timeout(SHUTDOWN_LIMIT);
        drop(engine.deliveries);
        // A panic there has been printed already.
        let _ = engine.thread.join();
    });
}

fn deliver_all(receiver: &Receiver<Delivery>) {
    while let Ok(first) = receiver.recv() {
        let mut ready = vec![first];
        ready.extend(receiver.try_iter());
        // Attaching otherwise panics where the interpreter is ending.
        if Python::try_attach(|py| deliver(py, ready)).is_none() {
            return;
        }
    }
}

/// Makes the results, and wakes each event loop once.
fn deliver(py: Python<'_>, ready: Vec<Delivery>) {
    let mut loops: Vec<(Py<PyAny>, Vec<Settled>)> = Vec::new();
    for delivery in ready {
        match delivery {
            Delivery::Notice(work) => work(py),
            Delivery::Result(Waiter { event_loop, future }, outcome) => {
                let settled = (future, outcome(py));
                match loops.iter_mut().find(|(known, _)| known.is(&event_loop)) {
                    Some((_, batch)) => batch.push(settled),
                    None => loops.push((event_loop, vec![settled])),
                }
            }
        }
    }
    for (event_loop, batch) in loops {
        let batch = Batch(Mutex::new(batch));
        // Nobody waits any more where the loop is closed.
        let _ = event_loop.call_method1(py, intern!(py, "call_soon_threadsafe"), (batch,));
    }
}

type Settled = (Py<PyAny>, PyResult<Py<PyAny>>);

/// Settles futures, in their event loop.
#[pyclass(frozen)]
struct Batch(Mutex<Vec<Settled>>);

#[pymethods]
impl Batch {
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        let batch = mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for (future, result) in batch {
            let future = future.bind(py);
            if future.call_method0(intern!(py, "done"))?.is_truthy()? {
                continue;
            }
            match result {
                Ok(value) => future.call_method1(intern!(py, "set_result"), (value,))?,
                Err(error) => future.call_method1(intern!(py, "set_exception"), (error,))?,
            };
        }
        Ok(())
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
struct Pending {
    waiter: Option<Waiter>,
    deliveries: Sender<Delivery>,
}

impl Pending {
    fn settle(&mut self, outcome: Outcome) {
        if let Some(waiter) = self.waiter.take() {
            // The thread is gone when the interpreter is.
            let _ = self.deliveries.send(Delivery::Result(waiter, outcome));
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
    let waiter = Waiter {
        event_loop: event_loop.unbind(),
        future: future.clone().unbind(),
    };
    let task = with_engine(py, |engine| {
        let mut pending = Pending {
            waiter: Some(waiter),
            deliveries: engine.deliveries.clone(),
        };
        engine
            .runtime
            .spawn(async move { pending.settle(work.await) })
            .abort_handle()
    })?;
    future.call_method1(intern!(py, "add_done_callback"), (Aborter(task),))?;
    Ok(future.unbind())
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

/// Does something with the interpreter attached, from a task.
pub(crate) fn notify(deliveries: &Notifier, work: impl FnOnce(Python<'_>) + Send + 'static) {
    // The thread is gone when the interpreter is.
    let _ = deliveries.0.send(Delivery::Notice(Box::new(work)));
}

/// The way from a task to the thread that may attach.
#[derive(Clone)]
pub(crate) struct Notifier(Sender<Delivery>);

impl Notifier {
    pub(crate) fn new(py: Python<'_>) -> PyResult<Self> {
        with_engine(py, |engine| Self(engine.deliveries.clone()))
    }
}

/// The event loop that runs in this thread.
pub(crate) fn running_loop(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static GET: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    GET.import(py, "asyncio", "get_running_loop")?.call0()
}
