//! Service accounts, as configured by a program.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::config::variable;
use super::credential_file::CredentialFile;
use super::scope::default_scopes;
use super::secret::check_credential;
use super::source::{AssertionTokenSource, Caller, Signer};
use super::{Secret, TokenCache};
use crate::error::Error;
use crate::http::{Http, Limits, check_url};

/// The metadata server's host name.
const METADATA_HOST: &str = "metadata.google.internal";

/// A service account with domain-wide delegation: it may act for an organization's users.
///
/// Clones share its tokens. A process that serves thousands of mailboxes creates one, and a connector for each
/// [`subject`](Self::subject).
///
/// An administrator grants this once, with the client id and the scopes, at admin.google.com under "Security",
/// "Access and data control", "API controls", "Manage domain-wide delegation".
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use airbyte_agent_gmail::{GmailConnector, auth::ServiceAccount, sandbox::Sandbox};
///
/// let sandbox = Sandbox::start().await?;
/// let account = ServiceAccount::from_json(&sandbox.service_account())?;
/// for subject in ["user@example.com", "support@example.com"] {
///     let gmail = GmailConnector::builder(account.subject(subject)).base_url(sandbox.gmail_url()).build()?;
///     gmail.check().await?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ServiceAccount {
    signer: Arc<Signer>,
    tokens: Arc<Mutex<HashMap<(String, String), TokenCache>>>,
    http: Arc<OnceLock<Http>>,
}

impl ServiceAccount {
    pub(super) fn new(signer: Signer) -> Self {
        Self {
            signer: Arc::new(signer),
            tokens: Arc::default(),
            http: Arc::default(),
        }
    }

    /// Reads a service account from JSON.
    ///
    /// This is a key from Google, or the file that `gcloud auth application-default login
    /// --impersonate-service-account` writes.
    ///
    /// # Errors
    ///
    /// [`is_configuration`](Error::is_configuration): the text is neither, or its key can't be used.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        match CredentialFile::from_json(text)? {
            CredentialFile::ServiceAccount(account) => Ok(account),
            CredentialFile::AuthorizedUser(_) => Err(Error::configuration(
                "the json belongs to a user (authorized_user), not to a service account; download a key of the service account",
            )),
        }
    }

    /// Like [`from_json`](Self::from_json), from a file.
    ///
    /// # Errors
    ///
    /// As for [`from_json`](Self::from_json), or if the file can't be read; the error names it.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        CredentialFile::text_of(path)
            .and_then(|text| Self::from_json(&text))
            .map_err(|error| CredentialFile::named(path, error))
    }

    /// The service account that this Google machine or container runs as, without a key.
    ///
    /// The metadata server gives a token for the IAM credentials API, which signs (`signJwt`). The account needs the
    /// role `roles/iam.serviceAccountTokenCreator` on itself. This makes no request yet.
    pub fn of_this_machine() -> Self {
        Self::at(&format!("http://{METADATA_HOST}"), None)
    }

    /// Like [`of_this_machine`](Self::of_this_machine), with other URLs.
    ///
    /// `metadata_url` is the metadata server's (`http://host`), `iam_url` the IAM credentials API's.
    ///
    /// # Errors
    ///
    /// [`is_configuration`](Error::is_configuration): the API's URL is neither https nor on this machine.
    pub fn of_machine_at(metadata_url: &str, iam_url: &str) -> Result<Self, Error> {
        let iam_url = check_url("address of the iam credentials api", iam_url)?;
        Ok(Self::at(metadata_url, Some(iam_url)))
    }

    /// This machine's account, with the URLs from the environment: `GCE_METADATA_HOST`, which Google's own libraries
    /// also read, and `GOOGLE_IAM_CREDENTIALS_URL`.
    pub(crate) fn of_environment() -> Result<Self, Error> {
        let host = variable("GCE_METADATA_HOST").unwrap_or_else(|| METADATA_HOST.to_owned());
        let url = format!("http://{host}");
        match variable("GOOGLE_IAM_CREDENTIALS_URL") {
            Some(iam_url) => Self::of_machine_at(&url, &iam_url),
            None => Ok(Self::at(&url, None)),
        }
    }

    fn at(metadata_url: &str, iam_url: Option<String>) -> Self {
        let url = metadata_url.trim_end_matches('/').to_owned();
        let way = Signer::iam(iam_url, Vec::new(), Caller::Machine(url));
        Self::new(Signer::new(way, None))
    }

    /// Its email address, if known without a request.
    pub fn email(&self) -> Option<&str> {
        self.signer.email.as_deref()
    }

    /// The client id for the administrator to allow.
    pub fn client_id(&self) -> Option<&str> {
        self.signer.client_id.as_deref()
    }

    /// Credentials for a user's mailbox; `address` is the user's primary address.
    pub fn subject(&self, address: impl Into<String>) -> ServiceAccountAuthConfig {
        ServiceAccountAuthConfig {
            account: self.clone(),
            subject: Some(address.into()),
            scopes: Vec::new(),
        }
    }
}

debug!(ServiceAccount, self => email: self.signer.email);

/// A service account with the mailbox and scopes to use; see [`ServiceAccount::subject`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
/// use airbyte_agent_gmail::{GmailConnector, auth::ServiceAccount};
///
/// let auth = ServiceAccount::from_json(&sandbox.service_account())?
///     .subject("user@example.com")
///     .scopes(["https://www.googleapis.com/auth/gmail.readonly"]);
/// let gmail = GmailConnector::builder(auth).base_url(sandbox.gmail_url()).build()?;
/// assert!(gmail.labels().create("Ideas").send().await.is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServiceAccountAuthConfig {
    /// The service account.
    pub account: ServiceAccount,
    /// The user's primary address. The account itself has no mailbox.
    pub subject: Option<String>,
    /// The scopes. Default: those of [`default_scopes`].
    pub scopes: Vec<String>,
}

impl ServiceAccountAuthConfig {
    /// An account whose mailbox may not be known yet.
    pub(super) fn new(
        account: ServiceAccount,
        subject: Option<String>,
        scopes: Vec<String>,
    ) -> Self {
        Self {
            account,
            subject,
            scopes,
        }
    }

    /// The user's primary address.
    #[must_use]
    pub fn subject(mut self, address: impl Into<String>) -> Self {
        self.subject = Some(address.into());
        self
    }

    /// Sets the scopes to request; an administrator must have allowed each of them.
    #[must_use]
    pub fn scopes<T: Into<String>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// The scopes as one string, sorted, since it is part of a cache key.
    pub(super) fn scope(&self) -> String {
        let mut scopes: Vec<&str> = match self.scopes.as_slice() {
            [] => default_scopes(),
            given => given.iter().map(String::as_str).collect(),
        };
        scopes.sort_unstable();
        scopes.dedup();
        scopes.join(" ")
    }

    /// The trimmed subject.
    ///
    /// # Errors
    ///
    /// If there is no subject, or it is not an address.
    pub(super) fn mailbox(&self) -> Result<String, Error> {
        let subject = self.subject.as_deref().map(str::trim).unwrap_or_default();
        if subject.is_empty() {
            return Err(Error::configuration(format!(
                "a service account has no mailbox of its own: name one with GMAIL_SUBJECT or `subject`; and {}",
                self.account.signer.how_to_allow(&self.scope())
            )));
        }
        if !is_address(subject) {
            return Err(Error::configuration(
                "the subject is not a mail address; give the user's primary one",
            ));
        }
        Ok(subject.to_owned())
    }

    /// The account's long-lived secret, if any.
    pub(super) fn secret(&self) -> Option<&Secret> {
        self.account.signer.secret()
    }

    /// The HTTP client that the account's connectors share, unless their settings differ.
    pub(crate) fn http(&self, limits: Limits, gzip: bool) -> Result<Http, Error> {
        let shared = &self.account.http;
        match shared.get() {
            Some(http) if http.has(&limits, gzip) => Ok(http.clone()),
            Some(_) => Http::new(None, limits, gzip),
            None => {
                let own = Http::new(None, limits, gzip)?;
                Ok(shared.get_or_init(|| own).clone())
            }
        }
    }

    /// The source of its tokens.
    pub(crate) fn source(
        &self,
        http: &Http,
        token_url: &str,
    ) -> Result<AssertionTokenSource, Error> {
        let mailbox = self.mailbox()?;
        for scope in &self.scopes {
            check_credential("scope", Some(scope))?;
        }
        let source =
            AssertionTokenSource::new(http, &self.account.signer, Some(mailbox), self.scope());
        Ok(source.or_at(token_url))
    }

    /// The tokens of this mailbox and these scopes, shared by all connectors of the account. The first connector's
    /// HTTP client fetches them.
    pub(crate) fn shared_tokens(
        &self,
        make: impl FnOnce() -> TokenCache,
    ) -> Result<TokenCache, Error> {
        let key = (self.mailbox()?, self.scope());
        let mut tokens = self
            .account
            .tokens
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Ok(tokens.entry(key).or_insert_with(make).clone())
    }
}

/// Whether the text is a single mail address.
fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty()
            && !host.is_empty()
            && !host.contains('@')
            && !text.chars().any(|letter| {
                letter.is_whitespace() || letter.is_control() || "<>,;\"".contains(letter)
            })
    })
}
