//! A small web service whose users connect their Gmail, through Airbyte or directly at Google.
//!
//! ```sh
//! cargo run --example web --features oauth,sandbox
//! ```
//!
//! Without credentials in the environment it runs against a sandbox, so you can try everything without an account. With
//! AIRBYTE_CLIENT_ID and AIRBYTE_CLIENT_SECRET, or GMAIL_CLIENT_ID and GMAIL_CLIENT_SECRET, it runs against the real
//! services. In that case, register `http://127.0.0.1:8080/google/back` as a redirect URI of the Google client.
//!
//! A real service works the same way: it keeps each consent on the server, under a value that only the browser that
//! started it has in a cookie, and removes it before using it. This way a callback can't be forged, replayed, or
//! finished in another user's browser.

#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use airbyte_agent_gmail::auth::{TokenSet, read_only_scopes};
use airbyte_agent_gmail::oauth::{AirbyteConsent, ConnectRequest, GoogleClient, GoogleConsent};
use airbyte_agent_gmail::sandbox::Sandbox;
use airbyte_agent_gmail::{Airbyte, AirbyteAuthConfig, Error, GmailAuthConfig, GmailConnector};
use axum::Router;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;

const ADDRESS: &str = "127.0.0.1:8080";

/// How long a user may take on the consent page.
const PATIENCE: Duration = Duration::from_secs(600);

/// The most consents waiting at once: starting too many only drops the oldest.
const WAITING: usize = 10_000;

/// A started consent.
enum Begun {
    Google(Box<GoogleConsent>),
    Airbyte(Box<AirbyteConsent>),
}

struct Service {
    address: String,
    google: GoogleClient,
    airbyte: Airbyte,
    customer: String,
    gmail_url: Option<String>,
    token_url: Option<String>,
    airbyte_url: Option<String>,
    airbyte_auth: AirbyteAuthConfig,
    begun: Mutex<HashMap<String, (Instant, Begun)>>,
}

/// The error page of a handler: it says what to do, and shows nothing of the request.
struct Trouble(Error);

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let status = if self.0.is_consent_denied() || self.0.is_invalid_input() {
            StatusCode::BAD_REQUEST
        } else {
            StatusCode::BAD_GATEWAY
        };
        (
            status,
            page(&format!(
                "It failed: {} <a href=\"/\">Try again</a>",
                escape(&self.0.to_string())
            )),
        )
            .into_response()
    }
}

impl Service {
    /// Stores a consent, and redirects the browser to its page with a matching cookie.
    fn begin(&self, key: &str, url: &str, consent: Begun) -> Response {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.retain(|_, (since, _)| since.elapsed() < PATIENCE);
        if begun.len() >= WAITING
            && let Some(oldest) = begun
                .iter()
                .min_by_key(|(_, (since, _))| *since)
                .map(|(key, _)| key.clone())
        {
            begun.remove(&oldest);
        }
        begun.insert(key.to_owned(), (Instant::now(), consent));
        // A service on https must also add `Secure`; only http on one machine can do without. With `Lax` the browser
        // sends the cookie along with the redirect from the consent page.
        let cookie = format!(
            "consent={key}; HttpOnly; SameSite=Lax; Path=/; Max-Age={}",
            PATIENCE.as_secs()
        );
        ([(header::SET_COOKIE, cookie)], Redirect::to(url)).into_response()
    }

    /// Removes this browser's consent, which works only once.
    fn take(&self, headers: &HeaderMap) -> Option<Begun> {
        let key = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split("; "))
            .find_map(|pair| pair.strip_prefix("consent="))?;
        let (since, consent) = self
            .begun
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(key)?;
        (since.elapsed() < PATIENCE).then_some(consent)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::start().await?;
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let routes = routes(ADDRESS, &sandbox, variable)?;
    let listener = tokio::net::TcpListener::bind(ADDRESS).await?;
    println!("open http://{ADDRESS}/");
    axum::serve(listener, routes).await?;
    Ok(())
}

/// The service at an address, with these variables' credentials, or else the sandbox's.
pub(crate) fn routes(
    address: &str,
    sandbox: &Sandbox,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Router, Error> {
    let (google, gmail_url, token_url) = match variable("GMAIL_CLIENT_ID") {
        Some(id) => {
            let client = GoogleClient::new(id);
            let client = match variable("GMAIL_CLIENT_SECRET") {
                Some(secret) => client.with_secret(secret),
                None => client,
            };
            (client, None, None)
        }
        None => {
            let google = sandbox.google();
            let client = GoogleClient::new(google.client_id)
                .with_secret(google.client_secret)
                .with_urls(
                    format!("{}/o/oauth2/v2/auth", sandbox.gmail_url()),
                    sandbox.token_url(),
                    format!("{}/revoke", sandbox.gmail_url()),
                );
            let (gmail_url, token_url) = (sandbox.gmail_url(), sandbox.token_url());
            (
                client,
                Some(gmail_url.to_owned()),
                Some(token_url.to_owned()),
            )
        }
    };
    let (airbyte_auth, airbyte_url) = match variable("AIRBYTE_CLIENT_ID") {
        Some(_) => (AirbyteAuthConfig::from_env(), None),
        None => (
            sandbox.airbyte_auth(),
            Some(sandbox.airbyte_url().to_owned()),
        ),
    };
    let mut airbyte = Airbyte::builder(airbyte_auth.clone());
    if let Some(url) = &airbyte_url {
        airbyte = airbyte.base_url(url);
    }
    // A real service takes the customer from its session.
    let customer = airbyte_auth
        .workspace_name
        .clone()
        .or_else(|| airbyte_auth.customer_name.clone())
        .unwrap_or_else(|| "example".to_owned());
    let service = Service {
        address: address.to_owned(),
        google,
        airbyte: airbyte.build()?,
        customer,
        gmail_url,
        token_url,
        airbyte_url,
        airbyte_auth,
        begun: Mutex::default(),
    };
    Ok(Router::new()
        .route("/", get(start))
        .route("/google", get(begin_google))
        .route("/google/back", get(end_google))
        .route("/airbyte", get(begin_airbyte))
        .route("/airbyte/back", get(end_airbyte))
        .with_state(Arc::new(service)))
}

async fn start() -> Html<String> {
    page(
        "<a href=\"/airbyte\">Connect Gmail through Airbyte</a><br><a href=\"/google\">Sign in at Google</a>",
    )
}

async fn begin_google(State(service): State<Arc<Service>>) -> Result<Response, Trouble> {
    let redirect = format!("http://{}/google/back", service.address);
    let consent = service
        .google
        .consent(&redirect, &read_only_scopes(), None)?;
    let (key, url) = (consent.state().to_owned(), consent.url().to_owned());
    Ok(service.begin(&key, &url, Begun::Google(Box::new(consent))))
}

async fn end_google(
    State(service): State<Arc<Service>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Trouble> {
    let Some(Begun::Google(consent)) = service.take(&headers) else {
        return Ok(nothing_begun());
    };
    let tokens = consent.finish(&service.google, &uri.to_string()).await?;
    let gmail = with_tokens(&service, &tokens)?;
    done(&gmail).await
}

async fn begin_airbyte(State(service): State<Arc<Service>>) -> Result<Response, Trouble> {
    let consent = ConnectRequest::new(format!("http://{}/airbyte/back", service.address))
        .workspace_name(&service.customer)
        .create_template(true)
        .begin(&service.airbyte)
        .await?;
    let (key, url) = (consent.correlation().to_owned(), consent.url().to_owned());
    Ok(service.begin(&key, &url, Begun::Airbyte(Box::new(consent))))
}

async fn end_airbyte(
    State(service): State<Arc<Service>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Trouble> {
    let Some(Begun::Airbyte(consent)) = service.take(&headers) else {
        return Ok(nothing_begun());
    };
    // A real service stores the id with the user.
    let id = consent.finish(&service.airbyte, &uri.to_string()).await?;
    let auth = service.airbyte_auth.clone().with_connector_id(id);
    let mut builder = GmailConnector::builder(auth);
    if let Some(url) = &service.airbyte_url {
        builder = builder.base_url(url);
    }
    done(&builder.build()?).await
}

/// A connector with the user's own tokens. A real service adds a `TokenStore` for its database.
fn with_tokens(service: &Service, tokens: &TokenSet) -> Result<GmailConnector, Error> {
    let mut auth = GmailAuthConfig::from_access_token(&tokens.access_token)
        .with_client_id(service.google.id());
    auth.refresh_token = tokens.refresh_token.clone();
    auth.client_secret = service.google.secret().cloned();
    let mut builder = GmailConnector::builder(auth);
    if let (Some(gmail), Some(token)) = (&service.gmail_url, &service.token_url) {
        builder = builder.base_url(gmail).token_url(token);
    }
    builder.build()
}

async fn done(gmail: &GmailConnector) -> Result<Response, Trouble> {
    let profile = gmail.get_profile().await?;
    let count = profile.messages_total.unwrap_or_default();
    // The address bar still shows the callback, which other sites must not learn.
    let headers = [
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    let text =
        format!("Connected. The mailbox has {count} messages. <a href=\"/\">Start again</a>");
    Ok((headers, page(&text)).into_response())
}

fn nothing_begun() -> Response {
    let text = "This browser has no sign-in in progress. <a href=\"/\">Start again</a>";
    (StatusCode::BAD_REQUEST, page(text)).into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn page(content: &str) -> Html<String> {
    Html(format!(
        "<!DOCTYPE html><meta charset=\"utf-8\"><title>Connect Gmail</title>\
         <body style=\"font:18px/1.8 system-ui;max-width:36rem;margin:15vh auto\"><h1>Connect Gmail</h1><p>{content}</p>"
    ))
}
