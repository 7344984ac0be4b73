//! What a program gives, as JSON.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFloat};
use pythonize::depythonize;
use serde_json::Value;

/// The JSON of a dict; what JSON does not have is refused as wrong input.
pub(crate) fn from_python(values: &Bound<'_, PyAny>, what: &str) -> PyResult<Value> {
    let py = values.py();
    // It would become null, and a param that is null is left out.
    if let Ok(values) = values.cast::<PyDict>() {
        for (_, value) in values.iter() {
            if value
                .cast::<PyFloat>()
                .is_ok_and(|number| !number.value().is_finite())
            {
                return Err(refused(py, what, "JSON has no such number"));
            }
        }
    }
    depythonize(values).map_err(|error| {
        let error = PyErr::from(error);
        let reason = error.value(py).to_string();
        if error.is_instance_of::<PyTypeError>(py) {
            PyTypeError::new_err(message(what, &reason))
        } else {
            // It is of no class of its own where JSON has no such value: bytes, and numbers that are too large.
            refused(py, what, &reason)
        }
    })
}

fn refused(py: Python<'_>, what: &str, reason: &str) -> PyErr {
    py.import("airbyte_agent_gmail._errors")
        .and_then(|errors| errors.getattr("InvalidInputError"))
        .and_then(|class| class.call1((message(what, reason),)))
        .map_or_else(|error| error, PyErr::from_value)
}

fn message(what: &str, reason: &str) -> String {
    format!(
        "{what}: {reason}; give what JSON has: text, numbers, True, False, None, lists, and dicts with text as keys"
    )
}
