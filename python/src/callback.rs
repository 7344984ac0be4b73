//! `on_token_refresh`: a store of tokens that tells a function of Python's.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use airbyte_agent_gmail::auth::{
    Saved, StoreError, StoreFuture, StoreVersion, TokenSet, TokenStore,
};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tokio::sync::oneshot;

use crate::bridge::Notifier;

/// Tells the function of new tokens, in the event loop that called last.
pub(crate) struct Callback {
    pub(crate) function: Arc<Py<PyAny>>,
    pub(crate) notifier: Notifier,
    /// The event loop; none where the calls block.
    pub(crate) event_loop: Arc<Mutex<Option<Py<PyAny>>>>,
}

impl TokenStore for Callback {
    fn save<'a>(
        &'a self,
        tokens: &'a TokenSet,
        _replaces: &'a StoreVersion,
    ) -> StoreFuture<'a, Saved> {
        Box::pin(async move {
            let (sender, done) = oneshot::channel();
            let function = Arc::clone(&self.function);
            let event_loop = Arc::clone(&self.event_loop);
            let tokens = tokens.clone();
            self.notifier.notify(move |py| {
                let done = Done(Mutex::new(Some(sender)));
                if let Err(error) = tell(py, &function, &event_loop, &tokens, done) {
                    error.write_unraisable(py, None);
                }
            });
            match done.await {
                Ok(None) => Ok(Saved::Done(StoreVersion::default())),
                Ok(Some(class)) => Err(StoreError::from(format!(
                    "on_token_refresh raised {class}; see that it keeps the tokens"
                ))),
                Err(_) => Err(StoreError::from(
                    "on_token_refresh did not end; see that it keeps the tokens",
                )),
            }
        })
    }
}

fn tell(
    py: Python<'_>,
    function: &Py<PyAny>,
    event_loop: &Mutex<Option<Py<PyAny>>>,
    tokens: &TokenSet,
    done: Done,
) -> PyResult<()> {
    let facts = PyDict::new(py);
    facts.set_item("access_token", tokens.access_token.expose())?;
    facts.set_item("token_type", "Bearer")?;
    if let Some(token) = &tokens.refresh_token {
        facts.set_item("refresh_token", token.expose())?;
    }
    if let Some(remaining) = tokens.remaining() {
        facts.set_item("expires_in", remaining.as_secs())?;
    }
    let event_loop = event_loop
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .as_ref()
        .map(|event_loop| event_loop.clone_ref(py));
    py.import("airbyte_agent_gmail._callback")?
        .call_method1("tell", (event_loop, function, facts, done))?;
    Ok(())
}

/// Takes the name of the class of what a function raised, or None.
#[pyclass(frozen)]
struct Done(Mutex<Option<oneshot::Sender<Option<String>>>>);

#[pymethods]
impl Done {
    fn __call__(&self, raised: Option<String>) {
        let sender = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(sender) = sender {
            // The call that wanted it may have been cancelled.
            let _ = sender.send(raised);
        }
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Callback").finish_non_exhaustive()
    }
}
