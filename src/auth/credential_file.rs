//! The credential files of gcloud and Google's libraries (application default credentials).
//! <https://cloud.google.com/docs/authentication/application-default-credentials>

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use url::Url;

use super::Secret;
use super::config::{AuthConfig, GmailAuthConfig, variable};
use super::secret::trimmed;
use super::service_account::{ServiceAccount, ServiceAccountAuthConfig};
use super::source::{Caller, Key, Signer, Way};
use crate::error::Error;
use crate::http::check_url;

/// The largest file accepted; a key takes a few kilobytes.
const LARGEST: u64 = 256 * 1024;

/// The variable that names a file.
const VARIABLE: &str = "GOOGLE_APPLICATION_CREDENTIALS";

/// The contents of a Google credential file, from gcloud or for a service account.
///
/// ```
/// use airbyte_agent_gmail::auth::CredentialFile;
///
/// let user = r#"{"type": "authorized_user", "client_id": "id", "client_secret": "secret", "refresh_token": "1//token"}"#;
/// assert!(matches!(CredentialFile::from_json(user)?, CredentialFile::AuthorizedUser(_)));
/// let other = CredentialFile::from_json(r#"{"type": "external_account"}"#).unwrap_err();
/// assert!(other.is_configuration());
/// # Ok::<(), airbyte_agent_gmail::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CredentialFile {
    /// A user who signed in with `gcloud auth application-default login`.
    AuthorizedUser(GmailAuthConfig),
    /// A service account, with its key or by impersonation.
    ServiceAccount(ServiceAccount),
}

/// Finds credentials: in the file that the environment names, else in gcloud's well-known file, else from the
/// metadata server if a mailbox is named.
pub(crate) fn application_default() -> Result<Option<AuthConfig>, Error> {
    let subject = variable("GMAIL_SUBJECT");
    let scopes = variable("GMAIL_SCOPES").unwrap_or_default();
    let scopes = scopes.split_whitespace().map(str::to_owned).collect();
    if let Some(path) = CredentialFile::named_path().or_else(CredentialFile::well_known_path) {
        let auth = CredentialFile::read(&path)?.auth_config(subject, scopes);
        return auth
            .map(Some)
            .map_err(|error| CredentialFile::named(&path, error));
    }
    let Some(subject) = subject else {
        return Ok(None);
    };
    let machine = ServiceAccount::of_environment()?;
    Ok(Some(machine.subject(subject).scopes(scopes).into()))
}

#[derive(Deserialize)]
struct Content {
    #[serde(rename = "type")]
    kind: Option<String>,
    client_id: Option<String>,
    client_secret: Option<Secret>,
    refresh_token: Option<Secret>,
    client_email: Option<String>,
    private_key: Option<Secret>,
    private_key_id: Option<String>,
    token_uri: Option<String>,
    service_account_impersonation_url: Option<String>,
    #[serde(default)]
    delegates: Vec<String>,
    source_credentials: Option<Box<Content>>,
    /// An OAuth client's JSON has this in place of a type.
    installed: Option<serde::de::IgnoredAny>,
    web: Option<serde::de::IgnoredAny>,
}

impl CredentialFile {
    /// The file that `GOOGLE_APPLICATION_CREDENTIALS` names.
    pub fn named_path() -> Option<PathBuf> {
        variable(VARIABLE).map(PathBuf::from)
    }

    /// The file of `gcloud auth application-default login`, if it exists.
    ///
    /// It is under `CLOUDSDK_CONFIG`, or in the user's `.config/gcloud` (`%APPDATA%\gcloud` on Windows).
    pub fn well_known_path() -> Option<PathBuf> {
        let path = |name: &str| variable(name).map(PathBuf::from);
        let folder = path("CLOUDSDK_CONFIG").or_else(|| {
            if cfg!(windows) {
                path("APPDATA").map(|data| data.join("gcloud"))
            } else {
                path("HOME").map(|home| home.join(".config/gcloud"))
            }
        })?;
        Some(folder.join("application_default_credentials.json")).filter(|path| path.is_file())
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`is_configuration`](Error::is_configuration), with the path: the file can't be read, or is not a credential
    /// file.
    pub fn read(path: &Path) -> Result<Self, Error> {
        Self::text_of(path)
            .and_then(|text| Self::from_json(&text))
            .map_err(|error| Self::named(path, error))
    }

    /// Parses the text of a credential file.
    ///
    /// # Errors
    ///
    /// [`is_configuration`](Error::is_configuration): the text is not a credential file, or of an unsupported kind.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let content: Content = serde_json::from_str(trimmed(text)).map_err(|_| {
            // The parser's message could quote a key.
            refused("it is not a json file of google credentials; download it again")
        })?;
        content.credentials()
    }

    /// The credentials for a mailbox: the user's own, or that of `subject`, with `scopes` or the default ones.
    ///
    /// # Errors
    ///
    /// [`is_configuration`](Error::is_configuration): a user can't act for another mailbox.
    pub fn auth_config(
        self,
        subject: Option<String>,
        scopes: Vec<String>,
    ) -> Result<AuthConfig, Error> {
        match self {
            Self::AuthorizedUser(_) if subject.is_some() => Err(refused(
                "it belongs to a user (authorized_user), who can't act for the mailbox in GMAIL_SUBJECT; unset that, or name a \
                 service account's file",
            )),
            Self::AuthorizedUser(auth) => Ok(auth.into()),
            Self::ServiceAccount(account) => {
                Ok(ServiceAccountAuthConfig::new(account, subject, scopes).into())
            }
        }
    }

    pub(super) fn text_of(path: &Path) -> Result<String, Error> {
        let mut text = String::new();
        let read =
            std::fs::File::open(path).and_then(|file| file.take(LARGEST).read_to_string(&mut text));
        match read {
            Ok(_) => Ok(text),
            Err(error) => Err(refused(&format!("it can't be read ({})", error.kind()))),
        }
    }

    pub(super) fn named(path: &Path, error: Error) -> Error {
        Error::configuration(format!("the credential file {}: {error}", path.display()))
    }
}

impl Content {
    fn credentials(self) -> Result<CredentialFile, Error> {
        match self.kind.as_deref() {
            Some("authorized_user") => self.user().map(CredentialFile::AuthorizedUser),
            Some("service_account" | "impersonated_service_account") => self
                .signer()
                .map(|signer| CredentialFile::ServiceAccount(ServiceAccount::new(signer))),
            Some(kind @ ("external_account" | "external_account_authorized_user")) => {
                Err(refused(&format!(
                    "its type {kind} (workload identity federation) is not supported; use a service account's key, \
                     impersonation from a user's credentials, or a machine of google's"
                )))
            }
            None if self.installed.is_some() || self.web.is_some() => Err(refused(
                "it is an oauth client, not credentials; sign in with it: `airbyte-gmail auth login --client-file`",
            )),
            _ => Err(refused(
                "its type is unknown; it must be authorized_user, service_account or impersonated_service_account",
            )),
        }
    }

    fn user(self) -> Result<GmailAuthConfig, Error> {
        let token = given(self.refresh_token, "refresh_token")?;
        let id = given(self.client_id, "client_id")?;
        let auth = GmailAuthConfig::new(token);
        let auth = match self.client_secret {
            Some(secret) => auth.with_client(id, secret),
            None => auth.with_client_id(id),
        };
        auth.checked()
    }

    fn signer(self) -> Result<Signer, Error> {
        if self.kind.as_deref() == Some("impersonated_service_account") {
            return self.impersonating();
        }
        let email = self.client_email.filter(|email| !email.trim().is_empty());
        let email = given(email, "client_email")?;
        let pem = given(self.private_key, "private_key")?;
        let key = Key::new(pem, self.private_key_id)?;
        let mut signer = Signer::new(Way::Key(key), Some(email));
        signer.client_id = self.client_id;
        signer.token_url = match self.token_uri {
            Some(url) => Some(check_url("token_uri", &url)?),
            None => None,
        };
        Ok(signer)
    }

    fn impersonating(self) -> Result<Signer, Error> {
        let unusable = || {
            refused(
                "its service_account_impersonation_url names no service account; let gcloud write it again",
            )
        };
        let address = given(
            self.service_account_impersonation_url,
            "service_account_impersonation_url",
        )?;
        let address = check_url("service_account_impersonation_url", &address)?;
        let (_, rest) = address
            .rsplit_once("/serviceAccounts/")
            .ok_or_else(unusable)?;
        let email = rest.rsplit_once(':').map_or(rest, |(email, _)| email);
        if !email.contains('@') || email.contains('/') {
            return Err(unusable());
        }
        let origin = Url::parse(&address).map_err(|_| unusable())?.origin();
        let source = given(self.source_credentials, "source_credentials")?;
        let caller = match source.kind.as_deref() {
            Some("authorized_user") => Caller::User(source.user()?),
            Some("service_account") => Caller::Account(Arc::new(source.signer()?)),
            _ => {
                return Err(refused(
                    "its source_credentials are neither authorized_user nor service_account",
                ));
            }
        };
        let email = email.to_owned();
        let delegates = self.delegates.into_iter().map(|name| {
            if name.starts_with("projects/") {
                name
            } else {
                format!("projects/-/serviceAccounts/{name}")
            }
        });
        let way = Signer::iam(
            Some(origin.ascii_serialization()),
            delegates.collect(),
            caller,
        );
        Ok(Signer::new(way, Some(email)))
    }
}

fn given<T>(field: Option<T>, name: &str) -> Result<T, Error> {
    field.ok_or_else(|| {
        refused(&format!(
            "it has no {name}; download it or sign in with gcloud again"
        ))
    })
}

fn refused(why: &str) -> Error {
    Error::configuration(why.to_owned())
}
