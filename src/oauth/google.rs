//! Google's consent, from the page's URL to the tokens.

use std::time::{Duration, SystemTime};

use serde::Deserialize;
use url::Url;

use super::loopback::Loopback;
use super::page::Page;
use super::pkce;
use crate::auth::secret::{check_credential, trimmed};
use crate::auth::source::google::{exchange, post_form, refusal};
use crate::auth::{
    CallbackError, GOOGLE_TOKEN_URL, Secret, TokenSet, google_callback, refused_scopes,
};
use crate::error::{Error, Kind};
use crate::http::{FirstByte, Http, Limits, check_url};

/// The URL of Google's consent page, <https://developers.google.com/identity/protocols/oauth2/native-app>.
pub const GOOGLE_AUTH_URL: &str = "https://accounts.google.com/o/oauth2/v2/auth";

/// The URL of Google's token revocation,
/// <https://developers.google.com/identity/protocols/oauth2/web-server#tokenrevoke>.
pub const GOOGLE_REVOKE_URL: &str = "https://oauth2.googleapis.com/revoke";

/// An OAuth client of a Google Cloud project.
///
/// ```
/// use airbyte_agent_gmail::auth::read_only_scopes;
/// use airbyte_agent_gmail::oauth::{GOOGLE_AUTH_URL, GoogleClient};
///
/// let client = GoogleClient::new("id.apps.googleusercontent.com").with_secret("secret");
/// let consent = client.consent("https://app.example.com/callback", &read_only_scopes(), Some("user@example.com"))?;
/// assert!(consent.url().starts_with(GOOGLE_AUTH_URL));
/// # Ok::<(), airbyte_agent_gmail::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct GoogleClient {
    id: String,
    secret: Option<Secret>,
    auth_url: String,
    token_url: String,
    revoke_url: String,
    http: Option<reqwest::Client>,
}

/// A pending consent at Google. It works once.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use airbyte_agent_gmail::auth::read_only_scopes;
/// use airbyte_agent_gmail::oauth::GoogleClient;
///
/// let client = GoogleClient::new("id.apps.googleusercontent.com").with_secret("secret");
/// let consent = client.consent("https://app.example.com/callback", &read_only_scopes(), None)?;
/// // The user's browser goes to `consent.url()` and comes back with a code, or with this:
/// let callback = format!("/callback?state={}&error=access_denied", consent.state());
/// let error = consent.finish(&client, &callback).await.unwrap_err();
/// assert!(error.is_consent_denied());
/// # Ok(())
/// # }
/// ```
///
/// A web service stores it, keyed by its [`state`](Self::state), until the callback arrives.
pub struct GoogleConsent {
    url: String,
    state: Secret,
    verifier: Secret,
    redirect_url: String,
    path: String,
    scopes: Vec<String>,
}

#[derive(Deserialize)]
struct ClientFile {
    installed: Option<ClientEntry>,
    web: Option<ClientEntry>,
}

#[derive(Deserialize)]
struct ClientEntry {
    client_id: String,
    client_secret: Option<Secret>,
}

impl GoogleClient {
    /// A client with this id, such as `….apps.googleusercontent.com`.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: trimmed(&id.into()).to_owned(),
            secret: None,
            auth_url: GOOGLE_AUTH_URL.to_owned(),
            token_url: GOOGLE_TOKEN_URL.to_owned(),
            revoke_url: GOOGLE_REVOKE_URL.to_owned(),
            http: None,
        }
    }

    /// A client from the text of `client_secret_….json`, downloaded from Google's console.
    ///
    /// The URLs in the file are ignored, so a tampered file can't redirect the sign-in.
    ///
    /// ```
    /// use airbyte_agent_gmail::oauth::GoogleClient;
    ///
    /// let text = r#"{"installed": {"client_id": "id.apps.googleusercontent.com", "client_secret": "s"}}"#;
    /// assert_eq!(GoogleClient::from_json(text)?.id(), "id.apps.googleusercontent.com");
    /// # Ok::<(), airbyte_agent_gmail::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`is_configuration`](Error::is_configuration): the text is not such a file.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        // The parser's own message could quote the secret.
        let file: ClientFile = serde_json::from_str(trimmed(text)).map_err(|_| not_a_client())?;
        let entry = file.installed.or(file.web).ok_or_else(not_a_client)?;
        let client = Self::new(entry.client_id);
        let client = match entry.client_secret {
            Some(secret) => client.with_secret(secret),
            None => client,
        };
        client.check()?;
        Ok(client)
    }

    fn check(&self) -> Result<(), Error> {
        if self.id.is_empty() {
            return Err(Error::configuration(
                "the client id is empty; give the one from google's console",
            ));
        }
        check_credential("client id", Some(&self.id))?;
        check_credential("client secret", self.secret.as_ref().map(Secret::expose))
    }

    /// Adds the client's secret. Google's desktop clients have one too, although it isn't secret.
    #[must_use]
    pub fn with_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.secret = Some(secret.into()).filter(|secret: &Secret| !secret.expose().is_empty());
        self
    }

    /// Sets other URLs for the consent page, the token endpoint and revocation, such as a sandbox's.
    #[must_use]
    pub fn with_urls(
        mut self,
        auth_url: impl Into<String>,
        token_url: impl Into<String>,
        revoke_url: impl Into<String>,
    ) -> Self {
        self.auth_url = auth_url.into();
        self.token_url = token_url.into();
        self.revoke_url = revoke_url.into();
        self
    }

    /// The HTTP client. It must not follow redirects.
    #[must_use]
    pub fn with_http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }

    /// The client's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The client's secret.
    pub fn secret(&self) -> Option<&Secret> {
        self.secret.as_ref()
    }

    /// Starts a consent: builds the page's URL.
    ///
    /// `login_hint` fills in the account's address on Google's form.
    ///
    /// # Errors
    ///
    /// [`is_configuration`](Error::is_configuration): no scopes, or an invalid URL.
    pub fn consent(
        &self,
        redirect_url: &str,
        scopes: &[impl AsRef<str>],
        login_hint: Option<&str>,
    ) -> Result<GoogleConsent, Error> {
        self.check()?;
        if scopes.is_empty() {
            return Err(Error::configuration(
                "no scopes are asked for; choose some operations",
            ));
        }
        let auth_url = check_url("consent page's url", &self.auth_url)?;
        let mut url = Url::parse(&auth_url).map_err(|_| {
            Error::configuration("the url of the consent page is not valid; check it")
        })?;
        let redirect = Url::parse(redirect_url).map_err(|_| {
            Error::configuration(
                "the redirect url is not valid; give one like https://host/callback",
            )
        })?;
        let state = Secret::from(pkce::random()?);
        let verifier = Secret::from(pkce::random()?);
        let scopes: Vec<String> = scopes
            .iter()
            .map(|scope| scope.as_ref().to_owned())
            .collect();
        let mut pairs = url.query_pairs_mut();
        pairs
            .append_pair("client_id", &self.id)
            .append_pair("redirect_uri", redirect_url)
            .append_pair("response_type", "code")
            .append_pair("scope", &scopes.join(" "))
            .append_pair("state", state.expose())
            .append_pair("code_challenge", &pkce::challenge(&verifier))
            .append_pair("code_challenge_method", "S256")
            // Without these two, Google gives no refresh token, or only the first time.
            .append_pair("access_type", "offline")
            .append_pair("prompt", "consent");
        if let Some(hint) = login_hint {
            pairs.append_pair("login_hint", hint);
        }
        drop(pairs);
        Ok(GoogleConsent {
            url: url.into(),
            state,
            verifier,
            redirect_url: redirect_url.to_owned(),
            path: redirect.path().to_owned(),
            scopes,
        })
    }

    /// Revokes the user's consent at Google: all its tokens stop working. An already invalid token is not an error.
    ///
    /// # Errors
    ///
    /// Google can't be reached, or fails.
    pub async fn revoke(&self, token: &Secret) -> Result<(), Error> {
        let url = check_url("revocation url", &self.revoke_url)?;
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", token.expose());
        let reply = exchange(&self.http()?, &url, &Secret::from(form.finish())).await?;
        if reply.status.is_success() {
            return Ok(());
        }
        match refusal(&reply) {
            error if error.reason() == Some("invalid_token") => Ok(()),
            error => Err(error),
        }
    }

    /// How far this machine's clock is ahead of Google's, in seconds; `None` if Google does not send the time.
    ///
    /// # Errors
    ///
    /// Google can't be reached.
    pub async fn clock_skew(&self) -> Result<Option<i64>, Error> {
        let url = check_url("token url", &self.token_url)?;
        let http = self.http()?;
        let request = http.client().get(&url).build().map_err(|error| {
            Error::configuration("the token url is not valid; check it")
                .caused_by(error.without_url())
        })?;
        let reply = http.exchange(request, FirstByte::Soon).await?;
        Ok(reply.clock_skew())
    }

    fn http(&self) -> Result<Http, Error> {
        Http::new(self.http.clone(), Limits::default(), true)
    }
}

impl GoogleConsent {
    /// The URL of the consent page, for the user's browser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The value that the callback will carry as `state`. Until then, keep it as secret as a password.
    pub fn state(&self) -> &str {
        self.state.expose()
    }

    /// Takes the callback's URL (or its path and query) and exchanges its code for tokens.
    ///
    /// # Errors
    ///
    /// [`is_consent_denied`](Error::is_consent_denied); a callback that belongs to another consent
    /// ([`is_invalid_input`](Error::is_invalid_input)); errors of the exchange.
    pub async fn finish(self, client: &GoogleClient, callback: &str) -> Result<TokenSet, Error> {
        let code = self.read(callback)?;
        self.exchange(client, &code).await
    }

    /// Waits for the browser, shows it a result page, and returns the tokens.
    ///
    /// # Errors
    ///
    /// Those of [`finish`](Self::finish); [`is_timeout`](Error::is_timeout) if nobody answers the consent page.
    pub async fn receive(
        self,
        client: &GoogleClient,
        loopback: &mut Loopback,
        limit: Duration,
    ) -> Result<TokenSet, Error> {
        let (code, arrival) = loopback.receive(limit, |target| self.read(target)).await?;
        let result = self.exchange(client, &code).await;
        let page = match &result {
            Ok(tokens)
                if refused_scopes(&self.scopes, &tokens.scopes)
                    .next()
                    .is_none() =>
            {
                Page::SignedIn
            }
            Ok(_) => Page::PartlySignedIn,
            Err(_) => Page::Failed,
        };
        arrival.answer(page).await;
        result
    }

    fn read(&self, callback: &str) -> Result<Secret, CallbackError> {
        google_callback(callback, &self.path, self.state.expose())
    }

    /// The form that exchanges a code. Not async: its serializer must not be held across an await.
    fn code_form(&self, client: &GoogleClient, code: &Secret) -> Secret {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code.expose())
            .append_pair("redirect_uri", &self.redirect_url)
            .append_pair("client_id", &client.id)
            .append_pair("code_verifier", self.verifier.expose());
        if let Some(secret) = &client.secret {
            form.append_pair("client_secret", secret.expose());
        }
        Secret::from(form.finish())
    }

    async fn exchange(&self, client: &GoogleClient, code: &Secret) -> Result<TokenSet, Error> {
        let form = self.code_form(client, code);
        let url = check_url("token url", &client.token_url)?;
        let mut granted = post_form(&client.http()?, &url, &form)
            .await
            .map_err(|error| match error.reason() {
                Some("invalid_grant") => Error::new(
                    Kind::ReauthorizationRequired,
                    "google did not accept the code (invalid_grant): it was used already or is a few minutes old; sign in again",
                ),
                Some("invalid_request") => Error::configuration("google did not accept the code (invalid_request); usually the client secret is missing: \
                     give it; desktop clients have one too",
                ),
                _ => error,
            })?;
        if granted.refresh_token.is_none() {
            return Err(Error::new(
                Kind::ReauthorizationRequired,
                "google gave no refresh token; remove the app's access at myaccount.google.com/connections and sign in again",
            ));
        }
        // RFC 6749, section 5.1: a response without scopes grants those requested.
        if granted.scopes.is_empty() {
            granted.scopes.clone_from(&self.scopes);
        }
        Ok(granted.into_tokens(SystemTime::now()))
    }
}

debug!(GoogleConsent, self => redirect_url: self.redirect_url, scopes: self.scopes);

fn not_a_client() -> Error {
    Error::configuration(
        "the file is not the client_secret json of an oauth client; download it in google cloud console under credentials",
    )
}
