//! Service accounts that act for an organization's mailboxes (domain-wide delegation): signed assertions (RFC 7523),
//! exchanged for access tokens. <https://developers.google.com/identity/protocols/oauth2/service-account#httprest>

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;
use tokio::sync::OnceCell;

use super::google::{Refused, grant};
use super::iam::{self, CLOUD_PLATFORM};
use super::metadata::MetadataTokenSource;
use super::signing_key::SigningKey;
use super::{GoogleTokenSource, TokenFuture, TokenResponse, TokenSource, with_retry};
use crate::auth::{GmailAuthConfig, Secret, TokenCache};
use crate::error::{Error, Kind};
use crate::http::{Http, Reply};

/// The lifetime of an assertion; Google accepts an hour at most.
const LIFETIME: Duration = Duration::from_secs(3_600);

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// Signs for a service account.
#[derive(Debug)]
pub(in crate::auth) struct Signer {
    pub(in crate::auth) way: Way,
    /// The service account's email address; `None` if the metadata server has to be asked.
    pub(in crate::auth) email: Option<String>,
    /// The client id for the administrator to allow.
    pub(in crate::auth) client_id: Option<String>,
    /// The token endpoint from the file, if any; also the audience of assertions.
    pub(in crate::auth) token_url: Option<String>,
    asked_email: OnceCell<String>,
}

#[derive(Debug)]
pub(in crate::auth) enum Way {
    /// With the account's own key.
    Key(Key),
    /// With the IAM credentials API, on behalf of a caller allowed to impersonate the account.
    Iam {
        url: String,
        delegates: Vec<String>,
        caller: Caller,
        tokens: OnceLock<TokenCache>,
    },
}

/// A private key.
pub(in crate::auth) struct Key {
    signing: SigningKey,
    /// The PEM text of the file, to derive keys from.
    pub(in crate::auth) pem: Secret,
}

impl Key {
    pub(in crate::auth) fn new(pem: Secret, id: Option<String>) -> Result<Self, Error> {
        Ok(Self {
            signing: SigningKey::from_pem(&pem, id)?,
            pem,
        })
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.signing.fmt(formatter)
    }
}

/// The caller of the IAM credentials API.
#[derive(Debug)]
pub(in crate::auth) enum Caller {
    /// This machine's service account, by the URL of the metadata server.
    Machine(String),
    /// A user who signed in with gcloud.
    User(GmailAuthConfig),
    /// Another service account.
    Account(Arc<Signer>),
}

impl Signer {
    pub(in crate::auth) fn new(way: Way, email: Option<String>) -> Self {
        Self {
            way,
            email,
            client_id: None,
            token_url: None,
            asked_email: OnceCell::new(),
        }
    }

    /// Signing by the API, for a caller.
    pub(in crate::auth) fn iam(url: Option<String>, delegates: Vec<String>, caller: Caller) -> Way {
        Way::Iam {
            url: url.unwrap_or_else(|| iam::IAM_URL.to_owned()),
            delegates,
            caller,
            tokens: OnceLock::new(),
        }
    }

    /// The configured long-lived secret; a machine has none.
    pub(in crate::auth) fn secret(&self) -> Option<&Secret> {
        match &self.way {
            Way::Key(key) => Some(&key.pem),
            Way::Iam { caller, .. } => match caller {
                Caller::Machine(_) => None,
                Caller::User(user) => user.refresh_token.as_ref(),
                Caller::Account(signer) => signer.secret(),
            },
        }
    }

    /// The account as error messages name it.
    fn shown(&self) -> String {
        let email = self.email.as_ref().or(self.asked_email.get());
        let mut shown = email.map_or_else(
            || "the service account".to_owned(),
            |email| format!("the service account {email}"),
        );
        if let Some(id) = &self.client_id {
            shown.push_str(&format!(" (client id {id})"));
        }
        shown
    }

    /// Instructs an administrator how to allow the account.
    pub(in crate::auth) fn how_to_allow(&self, scopes: &str) -> String {
        format!(
            "an administrator of the organization must allow {} the scopes {} at admin.google.com, under \"security\", \"access \
             and data control\", \"api controls\", \"manage domain-wide delegation\"",
            self.shown(),
            scopes.replace(' ', ","),
        )
    }

    async fn email(&self, http: &Http) -> Result<&str, Error> {
        if let Some(email) = &self.email {
            return Ok(email);
        }
        let asked = self.asked_email.get_or_try_init(|| async {
            match &self.way {
                Way::Iam {
                    caller: Caller::Machine(url),
                    ..
                } => machine(http, url).email().await,
                _ => Err(Error::configuration(
                    "the service account has no address; download its key again",
                )),
            }
        });
        asked.await.map(String::as_str)
    }

    async fn sign(
        &self,
        (http, token_url): (&Http, &str),
        email: &str,
        claims: &serde_json::Value,
    ) -> Result<Secret, Error> {
        match &self.way {
            Way::Key(key) => key.signing.sign(claims),
            Way::Iam {
                url,
                delegates,
                caller,
                tokens,
            } => {
                let tokens = tokens.get_or_init(|| caller.tokens(http, token_url));
                iam::sign(http, url, tokens, (email, delegates), claims).await
            }
        }
    }
}

impl Caller {
    fn tokens(&self, http: &Http, token_url: &str) -> TokenCache {
        match self {
            Self::Machine(url) => TokenCache::new(Arc::new(machine(http, url)), None, None),
            Self::User(user) => {
                let source = GoogleTokenSource {
                    http: http.clone(),
                    token_url: token_url.to_owned(),
                    client_id: user.client_id.clone(),
                    client_secret: user.client_secret.clone(),
                    keeps_previous: false,
                };
                TokenCache::new(Arc::new(source), None, user.refresh_token.clone())
            }
            Self::Account(signer) => {
                let source =
                    AssertionTokenSource::new(http, signer, None, CLOUD_PLATFORM.to_owned());
                TokenCache::new(Arc::new(source.or_at(token_url)), None, None)
            }
        }
    }
}

fn machine(http: &Http, url: &str) -> MetadataTokenSource {
    MetadataTokenSource {
        http: http.clone(),
        url: url.to_owned(),
        scope: CLOUD_PLATFORM,
    }
}

/// Tokens for a subject's mailbox, or without a subject for the account itself, which has no mailbox.
#[derive(Debug)]
pub(crate) struct AssertionTokenSource {
    http: Http,
    signer: Arc<Signer>,
    token_url: String,
    subject: Option<String>,
    scopes: String,
}

impl AssertionTokenSource {
    pub(in crate::auth) fn new(
        http: &Http,
        signer: &Arc<Signer>,
        subject: Option<String>,
        scopes: String,
    ) -> Self {
        let token_url = signer.token_url.as_deref();
        Self {
            http: http.clone(),
            signer: signer.clone(),
            token_url: token_url.unwrap_or(super::GOOGLE_TOKEN_URL).to_owned(),
            subject,
            scopes,
        }
    }

    /// Sets the token endpoint to use if the account's file names none.
    pub(in crate::auth) fn or_at(mut self, token_url: &str) -> Self {
        if self.signer.token_url.is_none() {
            token_url.clone_into(&mut self.token_url);
        }
        self
    }

    async fn ask(&self) -> Result<TokenResponse, Error> {
        let email = self.signer.email(&self.http).await?;
        // With a clock before 1970, Google refuses the assertion and advises as for any other wrong clock.
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        let mut claims = json!({
            "iss": email,
            "scope": self.scopes,
            "aud": self.token_url,
            "iat": now,
            "exp": now + LIFETIME.as_secs(),
        });
        if let Some(subject) = &self.subject {
            claims["sub"] = subject.as_str().into();
        }
        let assertion = self
            .signer
            .sign((&self.http, &self.token_url), email, &claims)
            .await?;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", GRANT_TYPE)
            .append_pair("assertion", assertion.expose())
            .finish();
        grant(&self.http, &self.token_url, &Secret::from(form), |reply| {
            self.refusal(reply)
        })
        .await
    }

    /// Explains a refusal, and who can do what about it.
    fn refusal(&self, reply: &Reply) -> Error {
        let refused = Refused::of(reply);
        let (status, code) = (refused.status, refused.code.as_str());
        if refused.passes() || status == 429 || status >= 500 {
            return Error::refusal(
                Kind::TokenRefreshFailed,
                format!("the token endpoint failed ({status}); try again later"),
                status,
                code,
            )
            .retry_after_of(&reply.headers);
        }
        let says = |word: &str| refused.description.contains(word);
        let account = self.signer.shown();
        let mailbox = self.subject.as_deref().unwrap_or_default();
        let message = match code {
            "unauthorized_client" => format!(
                "google does not let {account} act for {mailbox} (unauthorized_client): {}; it can take a day to \
                 take effect",
                self.signer.how_to_allow(&self.scopes)
            ),
            "invalid_scope" => format!(
                "google does not know every requested scope (invalid_scope); check GMAIL_SCOPES or `scopes`: {}",
                self.scopes
            ),
            "invalid_grant" if says("ignature") => format!(
                "google does not accept the signature of {account} (invalid_grant): the key was deleted, or \
                 belongs to another account; make a new key for it"
            ),
            "invalid_grant" if says("udience") => format!(
                "google expects the assertion at another address (invalid_grant): the file's token_uri is {}; download the \
                 key again",
                self.token_url
            ),
            "invalid_grant" if says("short-lived") || says("iat") || says("exp ") => {
                format!(
                    "google refuses the times in the assertion (invalid_grant): this machine's clock {}; set the clock, \
                     preferably with NTP",
                    off(reply.clock_skew())
                )
            }
            "invalid_grant" if says("mail or User ID") || says("User ID") => format!(
                "google finds no user {mailbox} in the organization (invalid_grant); check GMAIL_SUBJECT or `subject`: the \
                 user's primary address"
            ),
            "invalid_grant" | "invalid_client" => format!(
                "google does not know {account} ({code}): it was deleted or disabled, or its key was; check it in the google \
                 cloud console"
            ),
            "access_denied" | "admin_policy_enforced" | "org_internal" => format!(
                "the organization's policy does not let {account} use {mailbox} ({code}); ask its administrator"
            ),
            "" => format!(
                "the token endpoint answered unexpectedly ({status}); check the file's token_uri"
            ),
            code => format!("google refused to give {account} a token ({status} {code})"),
        };
        let kind = if code.is_empty() {
            Kind::TokenRefreshFailed
        } else {
            Kind::Configuration
        };
        Error::refusal(kind, message, status, code)
    }
}

/// How far off the clock is, according to the date of the answer.
fn off(skew: Option<i64>) -> String {
    match skew {
        Some(ahead @ 61..) => format!("is {ahead} seconds ahead of google's"),
        Some(behind @ ..=-61) => format!("is {} seconds behind google's", behind.unsigned_abs()),
        _ => "seems wrong".to_owned(),
    }
}

impl TokenSource for AssertionTokenSource {
    fn fetch<'a>(&'a self, _: Option<&'a Secret>) -> TokenFuture<'a> {
        Box::pin(with_retry(|| self.ask()))
    }
}
