//! The credentials that a sandbox accepts.

use std::fmt;

use serde_json::{Value, json};

use super::google::CONSENT_PATH;
use super::state::{State, lock};
use crate::operation::Mode;

/// Credentials that the sandbox's Google accepts: plain test strings; see [`Sandbox::google`](super::Sandbox::google).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GoogleCredentials {
    /// The OAuth client's id.
    pub client_id: String,
    /// The OAuth client's secret.
    pub client_secret: String,
    /// A refresh token of the mailbox's user.
    pub refresh_token: String,
    /// An access token, valid for the usual lifetime from the start of the sandbox.
    pub access_token: String,
}

/// Credentials that the sandbox's Airbyte accepts: plain test strings; see
/// [`Sandbox::airbyte`](super::Sandbox::airbyte).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AirbyteCredentials {
    /// The application's client id.
    pub client_id: String,
    /// The application's client secret.
    pub client_secret: String,
    /// A bearer token that never expires.
    pub bearer_token: String,
    /// The workspace that holds the connector.
    pub customer_name: String,
    /// The organization.
    pub organization_id: String,
    /// The Gmail connector that exists from the start.
    pub connector_id: String,
}

impl GoogleCredentials {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "refresh_token": self.refresh_token,
            "access_token": self.access_token,
        })
    }
}

impl AirbyteCredentials {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "bearer_token": self.bearer_token,
            "customer_name": self.customer_name,
            "organization_id": self.organization_id,
            "connector_id": self.connector_id,
        })
    }
}

/// The environment variables that point a connector or the program at a sandbox, in one mode.
pub(crate) fn variables(state: &State, mode: Mode) -> Vec<(&'static str, String)> {
    let origin = &state.origin;
    match mode {
        Mode::OpenSource => {
            let google = lock(&state.google).credentials();
            vec![
                ("GMAIL_REFRESH_TOKEN", google.refresh_token),
                ("GMAIL_CLIENT_ID", google.client_id),
                ("GMAIL_CLIENT_SECRET", google.client_secret),
                ("GMAIL_API_URL", origin.clone()),
                ("GOOGLE_TOKEN_URL", format!("{origin}/token")),
                ("GOOGLE_AUTH_URL", format!("{origin}{CONSENT_PATH}")),
                ("GOOGLE_REVOKE_URL", format!("{origin}/revoke")),
            ]
        }
        Mode::Hosted => {
            let airbyte = lock(&state.airbyte).credentials();
            vec![
                ("AIRBYTE_CLIENT_ID", airbyte.client_id),
                ("AIRBYTE_CLIENT_SECRET", airbyte.client_secret),
                ("AIRBYTE_CONNECTOR_ID", airbyte.connector_id),
                ("AIRBYTE_API_URL", origin.clone()),
            ]
        }
    }
}

// Written by hand so that no credentials type derives `Debug`, not even one with test strings.
impl fmt::Debug for GoogleCredentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("GoogleCredentials")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for AirbyteCredentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AirbyteCredentials")
            .field("client_id", &self.client_id)
            .field("customer_name", &self.customer_name)
            .field("organization_id", &self.organization_id)
            .field("connector_id", &self.connector_id)
            .finish_non_exhaustive()
    }
}
