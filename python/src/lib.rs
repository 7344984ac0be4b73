//! The native part of the Python module `airbyte_agent_gmail`: the crate's connector, called from asyncio or blocking.
//! What Python programs see stands in `airbyte_agent_gmail/`, and is a thin layer over this.

mod bridge;
mod callback;
mod connector;
mod describe;
mod error;
mod mailbox;
mod order;
mod param;
mod sandbox;
mod settings;
mod value;

use pyo3::prelude::*;

/// The module's content.
#[pymodule]
mod _core {
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_export]
    use crate::bridge::shutdown;
    #[pymodule_export]
    use crate::connector::{Connector, consent_url, create};
    #[pymodule_export]
    use crate::describe::{actions, call, checked, entities, guide, pagination};
    #[pymodule_export]
    use crate::sandbox::Sandbox;
}
