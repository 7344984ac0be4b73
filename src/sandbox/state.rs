//! The state that the services of a sandbox share.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::airbyte::{Organization, SqlCopy};
use super::fault::FaultQueue;
use super::gmail::UploadSessions;
use super::google::Account;
use super::log::RequestLog;
use super::mailbox::Mailbox;
use super::quota::Meter;
use super::random;
use super::traffic::Traffic;

#[derive(Debug)]
pub(crate) struct State {
    /// `http://127.0.0.1:<port>`.
    pub(crate) origin: String,
    pub(crate) mailbox: Mutex<Mailbox>,
    pub(crate) google: Mutex<Account>,
    pub(crate) uploads: Mutex<UploadSessions>,
    pub(crate) airbyte: Mutex<Organization>,
    /// The copy of the mailbox that SQL queries.
    #[cfg_attr(
        not(feature = "sandbox-sql"),
        allow(dead_code, reason = "SQL alone asks for it")
    )]
    pub(crate) copy: Mutex<SqlCopy>,
    pub(crate) settings: Mutex<Settings>,
    pub(crate) faults: Mutex<FaultQueue>,
    /// The user's quota at Google; `None` disables it.
    pub(crate) quota: Mutex<Option<Meter>>,
    pub(crate) log: RequestLog,
    pub(crate) traffic: Mutex<Traffic>,
    /// Notifies the pages of changes.
    pub(crate) changes: watch::Sender<()>,
}

impl State {
    pub(crate) fn new(origin: String, mailbox: Mailbox) -> Self {
        let settings = Settings::default();
        let mut account = Account::new();
        // The connector has its own consent, so that rotating the other refresh token does not affect it.
        let organization = Organization::new(&account.connect(&settings));
        Self {
            origin,
            mailbox: Mutex::new(mailbox),
            google: Mutex::new(account),
            uploads: Mutex::default(),
            airbyte: Mutex::new(organization),
            copy: Mutex::default(),
            settings: Mutex::new(settings),
            faults: Mutex::default(),
            quota: Mutex::default(),
            log: RequestLog::default(),
            traffic: Mutex::default(),
            changes: watch::Sender::new(()),
        }
    }

    /// Applies the settings that concern the mailbox.
    pub(crate) fn settle(&self) {
        let settings = self.settings();
        lock(&self.mailbox).set_edition(settings.smime, settings.client_side_encryption);
    }

    /// Notifies the pages of a change.
    pub(crate) fn changed(&self) {
        self.changes.send_replace(());
    }

    /// Empties the request log.
    pub(crate) fn clear_requests(&self) {
        self.log.clear();
        lock(&self.traffic).clear();
        self.changed();
    }

    /// The time of Google's clock, in seconds since 1970.
    pub(crate) fn google_seconds(&self) -> u64 {
        random::seconds().saturating_add_signed(self.settings().clock_ahead_seconds)
    }

    /// A copy of the current settings.
    pub(crate) fn settings(&self) -> Settings {
        lock(&self.settings).clone()
    }
}

/// How the services behave where the real ones may differ.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use airbyte_agent_gmail::sandbox::{ExpiresIn, ListResult, Sandbox};
///
/// let sandbox = Sandbox::start().await?;
/// sandbox.configure(|settings| {
///     settings.multi_organization = true;
///     settings.expires_in = ExpiresIn::String;
///     settings.list_result = ListResult::Envelope;
/// });
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Settings {
    /// How long a new Google access token is valid.
    #[serde(rename = "access_token_lifetime_seconds", with = "seconds")]
    pub access_token_lifetime: Duration,
    /// How long a new Google refresh token is valid; `None` is without limit.
    #[serde(rename = "refresh_token_lifetime_seconds", with = "optional_seconds")]
    pub refresh_token_lifetime: Option<Duration>,
    /// Whether each refresh returns a new refresh token and invalidates the old one.
    pub rotate_refresh_tokens: bool,
    /// Whether a rotated refresh token stays valid until its replacement is first used, as with some servers.
    pub keep_previous_refresh_token: bool,
    /// How Google's token endpoint returns `expires_in`.
    pub expires_in: ExpiresIn,
    /// Whether Google's OAuth client is a public one, without a secret.
    pub public_client: bool,
    /// How long a new application token of Airbyte is valid.
    #[serde(rename = "application_token_lifetime_seconds", with = "seconds")]
    pub application_token_lifetime: Duration,
    /// How long a new scoped token of Airbyte is valid.
    #[serde(rename = "scoped_token_lifetime_seconds", with = "seconds")]
    pub scoped_token_lifetime: Duration,
    /// Whether Airbyte's client belongs to several organizations, so each request must name one.
    pub multi_organization: bool,
    /// Whether the organization has its own source template, which the OAuth flow requires.
    pub own_template: bool,
    /// How long a session of Airbyte's consent page is valid.
    #[serde(rename = "consent_lifetime_seconds", with = "seconds")]
    pub consent_lifetime: Duration,
    /// Whether Airbyte's consent page returns the older `secret_id`, with which the caller then creates the connector.
    pub secret_callback: bool,
    /// The shape of a list's result in `execute`.
    pub list_result: ListResult,
    /// The status that checks of a connector report, such as `running`, instead of the real one.
    pub check_status: Option<String>,
    /// Whether the account has S/MIME, which only some Workspace editions include.
    pub smime: bool,
    /// Whether the account has client-side encryption, which only some Workspace editions include.
    pub client_side_encryption: bool,
    /// How many seconds Google's clock is ahead of this machine's, to simulate a wrong local clock.
    pub clock_ahead_seconds: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            access_token_lifetime: Duration::from_secs(3_599),
            refresh_token_lifetime: None,
            rotate_refresh_tokens: false,
            keep_previous_refresh_token: false,
            expires_in: ExpiresIn::Number,
            public_client: false,
            application_token_lifetime: Duration::from_secs(900),
            scoped_token_lifetime: Duration::from_secs(1_200),
            multi_organization: false,
            own_template: true,
            consent_lifetime: Duration::from_secs(600),
            secret_callback: false,
            list_result: ListResult::Array,
            check_status: None,
            smime: false,
            client_side_encryption: false,
            clock_ahead_seconds: 0,
        }
    }
}

/// How an answer states a token's lifetime in seconds; one of the [`Settings`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ExpiresIn {
    /// As a number, as Google does.
    Number,
    /// As a string of digits, as some servers do.
    String,
    /// Not at all.
    Absent,
    /// As zero, regardless of the token's lifetime.
    Zero,
    /// As a negative number, regardless of the token's lifetime.
    Negative,
    /// As a number with a fraction.
    Fraction,
}

/// The shape of a list's result in `execute`, one of the [`Settings`]; Airbyte's documentation shows both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ListResult {
    /// Only the records, with the paging fields in `connector_metadata`.
    Array,
    /// An object with `data` and `meta`.
    Envelope,
}

/// Locks a mutex. Poisoning is ignored: no panic here leaves a value half changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        value: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(value.as_secs_f64())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(deserializer)?)
            .map_err(serde::de::Error::custom)
    }
}

mod optional_seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(
        value: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.map(|value| value.as_secs_f64()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        Option::<f64>::deserialize(deserializer)?
            .map(Duration::try_from_secs_f64)
            .transpose()
            .map_err(serde::de::Error::custom)
    }
}
