//! The crate's sandbox: a Google and an Airbyte on this machine.

use std::sync::{Arc, Mutex, PoisonError};

use airbyte_agent_gmail::sandbox::Sandbox as Served;
use pyo3::prelude::*;

use crate::bridge::{self, Outcome};

/// Serves from `start` to `stop`.
#[pyclass(frozen)]
#[derive(Default)]
pub(crate) struct Sandbox {
    served: Arc<Mutex<Option<Served>>>,
}

#[pymethods]
impl Sandbox {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Gives the addresses and credentials as JSON.
    fn start(&self, py: Python<'_>, is_blocking: bool) -> PyResult<Py<PyAny>> {
        let place = Arc::clone(&self.served);
        bridge::run(py, is_blocking, async move {
            let started = Served::start().await;
            let outcome: Outcome = Box::new(move |py| {
                let sandbox = started?;
                let announcement = sandbox.announcement();
                *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(sandbox);
                Ok(announcement.into_pyobject(py)?.into_any().unbind())
            });
            outcome
        })
    }

    /// Serves no more.
    fn stop(&self) {
        self.served
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }

    /// Expires Google's access tokens, as happens after an hour.
    fn expire_access_tokens(&self) {
        if let Some(sandbox) = &*self.served.lock().unwrap_or_else(PoisonError::into_inner) {
            sandbox.expire_access_tokens();
        }
    }

    /// Expires Airbyte's tokens.
    fn expire_airbyte_tokens(&self) {
        if let Some(sandbox) = &*self.served.lock().unwrap_or_else(PoisonError::into_inner) {
            sandbox.expire_airbyte_tokens();
        }
    }

    /// The requests so far: method and path.
    fn requests(&self) -> Vec<(String, String)> {
        let served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        let requests = served.as_ref().map(Served::requests).unwrap_or_default();
        requests
            .into_iter()
            .map(|request| (request.method.to_string(), request.path))
            .collect()
    }
}
