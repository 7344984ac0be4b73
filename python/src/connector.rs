//! The connector, and what stands around it at Airbyte.

use std::mem;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use airbyte_agent_gmail::api::airbyte::types::{ConnectorCredentials, ReplicationConfig};
use airbyte_agent_gmail::connector::GmailConnectorBuilder;
use airbyte_agent_gmail::operation::gmail;
use airbyte_agent_gmail::{Airbyte, Error, ExecuteResult, GmailConnector, Selection};
use pyo3::prelude::*;
use pythonize::{depythonize, pythonize};

use crate::bridge::{self, Notifier, Outcome};
use crate::callback::Callback;
use crate::error::exception;
use crate::param::to_wire;
use crate::settings::Settings;
use crate::value::from_python;

/// A connector, made anew in a child process: its connections belong to the threads of the process that made them.
#[pyclass(frozen)]
pub(crate) struct Connector {
    settings: Settings,
    on_token_refresh: Option<Arc<Py<PyAny>>>,
    event_loop: Arc<Mutex<Option<Py<PyAny>>>>,
    made: Mutex<Option<(u32, GmailConnector)>>,
    connector_id: Arc<OnceLock<String>>,
}

impl Connector {
    fn builder(&self, py: Python<'_>) -> PyResult<GmailConnectorBuilder> {
        let builder = self.settings.builder();
        Ok(match &self.on_token_refresh {
            Some(function) => builder.token_store(Arc::new(Callback {
                function: Arc::clone(function),
                notifier: Notifier::new(py)?,
                event_loop: Arc::clone(&self.event_loop),
            })),
            None => builder,
        })
    }

    fn gmail(&self, py: Python<'_>, is_blocking: bool) -> PyResult<GmailConnector> {
        if self.on_token_refresh.is_some() {
            let event_loop = if is_blocking {
                None
            } else {
                Some(bridge::running_loop(py)?.unbind())
            };
            *self
                .event_loop
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = event_loop;
        }
        let process = std::process::id();
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, gmail)) = &*made
            && *of == process
        {
            return Ok(gmail.clone());
        }
        let gmail = self
            .builder(py)?
            .build()
            .map_err(|error| exception(py, &error))?;
        // What the parent made has sockets and wakers of threads that are not here.
        mem::forget(made.replace((process, gmail.clone())));
        Ok(gmail)
    }
}

#[pymethods]
impl Connector {
    #[new]
    #[pyo3(signature = (settings, on_token_refresh=None))]
    fn new(
        py: Python<'_>,
        settings: &Bound<'_, PyAny>,
        on_token_refresh: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let settings = read_settings(settings)?;
        // What is wrong with them is said here, and not at the first call.
        settings
            .builder()
            .build()
            .map_err(|error| exception(py, &error))?;
        Ok(Self {
            connector_id: Arc::new(
                settings
                    .connector_id
                    .clone()
                    .map_or_else(OnceLock::new, OnceLock::from),
            ),
            settings,
            on_token_refresh: on_token_refresh.map(Arc::new),
            event_loop: Arc::default(),
            made: Mutex::default(),
        })
    }

    #[getter]
    fn is_hosted(&self) -> bool {
        self.settings.is_hosted
    }

    /// The connector's id at Airbyte, once it is known.
    #[getter]
    fn connector_id(&self) -> Option<&str> {
        self.connector_id.get().map(String::as_str)
    }

    /// Gives data and meta; None for meta where the action gives a record.
    #[allow(clippy::too_many_arguments, reason = "they are Python's")]
    fn execute(
        &self,
        py: Python<'_>,
        entity: String,
        action: String,
        params: &Bound<'_, PyAny>,
        select: Vec<String>,
        exclude: Vec<String>,
        is_blocking: bool,
    ) -> PyResult<Py<PyAny>> {
        let params = to_wire(&entity, &action, from_python(params, "params")?);
        let selection = if select.is_empty() {
            Selection::exclude(exclude)
        } else {
            Selection::select(select)
        };
        let gmail = self.gmail(py, is_blocking)?;
        let known_id = Arc::clone(&self.connector_id);
        let is_hosted = self.settings.is_hosted;
        bridge::run(py, is_blocking, async move {
            let result = gmail
                .execute_selected(&entity, &action, params, &selection)
                .await;
            if is_hosted
                && known_id.get().is_none()
                && result.is_ok()
                && let Ok(id) = gmail.connector_id().await
            {
                known_id.get_or_init(|| id.to_owned());
            }
            let is_record = gives_record(&entity, &action);
            outcome(result, move |py, result| executed(py, &result, is_record))
        })
    }

    /// Raises what stands in the way.
    fn check(&self, py: Python<'_>, is_blocking: bool) -> PyResult<Py<PyAny>> {
        let gmail = self.gmail(py, is_blocking)?;
        bridge::run(py, is_blocking, async move {
            outcome(gmail.check().await, |py, ()| Ok(py.None()))
        })
    }

    /// The tools for agents, each with its schemas.
    fn tools(&self, py: Python<'_>) -> PyResult<Vec<Py<PyAny>>> {
        let gmail = self.gmail(py, true)?;
        gmail
            .tools()
            .list()
            .into_iter()
            .map(|tool| {
                let tool = serde_json::json!({
                    "name": tool.name,
                    "title": tool.title,
                    "description": tool.description,
                    "input_schema": tool.input_schema,
                });
                Ok(pythonize(py, &tool)?.unbind())
            })
            .collect()
    }

    /// Calls a tool: gives its text, its JSON, and whether it is an error.
    fn call_tool(
        &self,
        py: Python<'_>,
        name: String,
        arguments: &Bound<'_, PyAny>,
        is_blocking: bool,
    ) -> PyResult<Py<PyAny>> {
        let arguments = from_python(arguments, "arguments")?;
        let gmail = self.gmail(py, is_blocking)?;
        bridge::run(py, is_blocking, async move {
            let answer = gmail.tools().call(&name, arguments).await;
            let outcome: Outcome = Box::new(move |py| {
                let structured = pythonize(py, &answer.structured)?;
                Ok((answer.text, structured, answer.is_error)
                    .into_pyobject(py)?
                    .into_any()
                    .unbind())
            });
            outcome
        })
    }
}

fn gives_record(entity: &str, action: &str) -> bool {
    gmail()
        .find(entity, action)
        .is_ok_and(|row| row.records.is_none())
}

fn executed(py: Python<'_>, result: &ExecuteResult, is_record: bool) -> PyResult<Py<PyAny>> {
    let data = pythonize(py, &result.data)?;
    let meta = if is_record {
        None
    } else {
        Some(pythonize(py, &result.meta)?)
    };
    Ok((data, meta).into_pyobject(py)?.into_any().unbind())
}

fn outcome<T: Send + 'static>(
    result: Result<T, Error>,
    make: impl FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
) -> Outcome {
    Box::new(move |py| match result {
        Ok(value) => make(py, value),
        Err(error) => Err(exception(py, &error)),
    })
}

fn read_settings(settings: &Bound<'_, PyAny>) -> PyResult<Settings> {
    let settings: Settings = depythonize(settings)?;
    Ok(settings.with_environment())
}

fn airbyte(py: Python<'_>, settings: &Settings) -> PyResult<Airbyte> {
    let mut builder = Airbyte::builder(settings.airbyte());
    if let Some(url) = &settings.airbyte_api_url {
        builder = builder.base_url(url);
    }
    builder.build().map_err(|error| exception(py, &error))
}

/// The address of the consent page through which a customer connects a mailbox.
#[pyfunction]
pub(crate) fn consent_url(
    py: Python<'_>,
    settings: &Bound<'_, PyAny>,
    redirect_url: String,
    name: Option<String>,
    replication_config: Option<&Bound<'_, PyAny>>,
    source_template_id: Option<String>,
    is_blocking: bool,
) -> PyResult<Py<PyAny>> {
    let settings = read_settings(settings)?;
    let airbyte = airbyte(py, &settings)?;
    let replication_config: Option<ReplicationConfig> =
        replication_config.map(depythonize).transpose()?;
    bridge::run(py, is_blocking, async move {
        let mut call = airbyte
            .connectors()
            .initiate_oauth(redirect_url)
            .definition_id(gmail().definition_id);
        if let Some(name) = settings.workspace_name {
            call = call.workspace_name(name);
        } else if let Some(name) = settings.customer_name {
            call = call.customer_name(name);
        }
        if let Some(name) = name {
            call = call.name(name);
        }
        if let Some(config) = replication_config {
            call = call.replication_config(config);
        }
        if let Some(id) = source_template_id {
            call = call.source_template_id(id);
        }
        outcome(call.send().await, |py, response| {
            Ok(response.consent_url.into_pyobject(py)?.into_any().unbind())
        })
    })
}

/// Makes a connector at Airbyte, and gives its id.
#[pyfunction]
#[allow(clippy::too_many_arguments, reason = "they are Python's")]
pub(crate) fn create(
    py: Python<'_>,
    settings: &Bound<'_, PyAny>,
    credentials: Option<&Bound<'_, PyAny>>,
    server_side_oauth_secret_id: Option<String>,
    name: String,
    replication_config: Option<&Bound<'_, PyAny>>,
    source_template_id: Option<String>,
    is_blocking: bool,
) -> PyResult<Py<PyAny>> {
    let settings = read_settings(settings)?;
    let airbyte = airbyte(py, &settings)?;
    let credentials: Option<ConnectorCredentials> = credentials.map(depythonize).transpose()?;
    let replication_config: Option<ReplicationConfig> =
        replication_config.map(depythonize).transpose()?;
    bridge::run(py, is_blocking, async move {
        let mut call = airbyte
            .connectors()
            .create()
            .definition_id(gmail().definition_id)
            .name(name);
        if let Some(name) = settings.workspace_name {
            call = call.workspace_name(name);
        } else if let Some(name) = settings.customer_name {
            call = call.customer_name(name);
        }
        if let Some(credentials) = credentials {
            call = call.credentials(credentials);
        }
        if let Some(secret) = server_side_oauth_secret_id {
            call = call.server_side_oauth_secret_id(secret);
        }
        if let Some(config) = replication_config {
            call = call.replication_config(config);
        }
        if let Some(id) = source_template_id {
            call = call.source_template_id(id);
        }
        outcome(call.send().await, |py, connector| {
            Ok(connector.id.into_pyobject(py)?.into_any().unbind())
        })
    })
}
