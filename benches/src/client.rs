//! The contenders: each makes the same call in its own way.

use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use airbyte_agent_gmail::types::MessageFormat;
use airbyte_agent_gmail::{AirbyteAuthConfig, GmailAuthConfig, GmailConnector};
use google_gmail1::Gmail;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use io_gmail::v1::client::{GmailClientStd, GmailClientStdConnectOptions};
use io_gmail::v1::rest::messages::GmailMessageFormat;
use io_gmail::v1::rest::messages::list::GmailMessagesListParams;
use serde::Deserialize;
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

const TOKEN: &str = "ya29.a-token-as-long-as-googles-are-which-is-some-two-hundred-bytes";
const ID: &str = "1931f0a7c2d4e5b6";

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Call {
    Get,
    List,
    Raw,
}

pub(crate) enum Client {
    /// Hand-written code with reqwest and serde.
    Floor(reqwest::Client, String),
    /// The same, returning a `Value`.
    FloorValue(reqwest::Client, String),
    Typed(GmailConnector),
    /// Returns a `Value`.
    Execute(GmailConnector),
    /// Returns the service's own text.
    Text(GmailConnector),
    GoogleGmail1(Gmail<HttpConnector>),
    /// Blocks, on its single connection.
    IoGmail(Mutex<GmailClientStd>),
}

/// Makes one call at a time, so it only takes part in that measurement.
pub(crate) const BLOCKING: &str = "io-gmail 0.5.0, blocking";

/// Gets gzip answers; all others get plain ones.
pub(crate) const PACKED: &str = "ours, typed, gzip";

fn io_gmail(url: &str) -> Result<Mutex<GmailClientStd>, Failure> {
    let stream = TcpStream::connect(url.trim_start_matches("http://"))?;
    stream.set_nodelay(true)?;
    let options = GmailClientStdConnectOptions::default();
    Ok(Mutex::new(GmailClientStd::new(stream, TOKEN, options)))
}

impl Client {
    /// All contenders, by name; the others are compared with the first.
    pub(crate) fn all(url: &str) -> Result<Vec<(&'static str, Self)>, Failure> {
        let direct = |url: &str| {
            GmailConnector::builder(GmailAuthConfig::from_access_token(TOKEN))
                .base_url(url)
                .build()
        };
        let hosted = || {
            let auth = AirbyteAuthConfig::from_bearer_token(TOKEN)
                .with_connector_id("f7833dac-fc18-4feb-a2a9-94b22001edc6");
            GmailConnector::builder(auth).base_url(url).build()
        };
        let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http();
        let mut gmail = Gmail::new(http, TOKEN.to_owned());
        gmail.base_url(format!("{url}/"));
        Ok(vec![
            (
                "floor: reqwest + serde",
                Self::Floor(plain()?, url.to_owned()),
            ),
            (
                "floor, with a `Value`",
                Self::FloorValue(plain()?, url.to_owned()),
            ),
            ("ours, typed", Self::Typed(direct(url)?)),
            (PACKED, Self::Typed(direct(&format!("{url}/gzip"))?)),
            ("ours, `execute`", Self::Execute(direct(url)?)),
            ("ours, `execute`, text", Self::Text(direct(url)?)),
            ("google-gmail1 7.0.0", Self::GoogleGmail1(gmail)),
            (BLOCKING, Self::IoGmail(io_gmail(url)?)),
            ("ours, hosted, typed", Self::Typed(hosted()?)),
            ("ours, hosted, `execute`", Self::Execute(hosted()?)),
            ("ours, hosted, `execute`, text", Self::Text(hosted()?)),
        ])
    }

    pub(crate) async fn call(&self, call: Call) -> Result<(), Failure> {
        match self {
            Self::Floor(http, url) => floor(http, url, call).await,
            Self::FloorValue(http, url) => {
                drop(answer(http, url, call).await?.json::<Value>().await?);
                Ok(())
            }
            Self::Typed(gmail) => {
                match call {
                    Call::Get => drop(gmail.messages().get(ID).send().await?),
                    Call::List => drop(gmail.messages().list().max_results(500).send().await?),
                    Call::Raw => {
                        let get = gmail.messages().get(ID).format(MessageFormat::Raw);
                        drop(get.send().await?);
                    }
                }
                Ok(())
            }
            Self::Execute(gmail) => {
                let (action, params) = params(call);
                gmail.execute("messages", action, params).await?;
                Ok(())
            }
            Self::Text(gmail) => {
                let (action, params) = params(call);
                gmail.execute("messages", action, params).text().await?;
                Ok(())
            }
            Self::IoGmail(gmail) => {
                let mut gmail = gmail.lock().map_err(|_| "an earlier call failed")?;
                match call {
                    Call::Get => drop(gmail.message_get(ID, GmailMessageFormat::Full, &[])?),
                    Call::List => {
                        let params = GmailMessagesListParams {
                            max_results: Some(500),
                            ..Default::default()
                        };
                        drop(gmail.messages_list(&params)?);
                    }
                    Call::Raw => drop(gmail.message_get(ID, GmailMessageFormat::Raw, &[])?),
                }
                Ok(())
            }
            Self::GoogleGmail1(gmail) => {
                let users = gmail.users();
                match call {
                    Call::Get => drop(users.messages_get("me", ID).doit().await?),
                    Call::List => drop(users.messages_list("me").max_results(500).doit().await?),
                    Call::Raw => drop(users.messages_get("me", ID).format("raw").doit().await?),
                }
                Ok(())
            }
        }
    }
}

fn params(call: Call) -> (&'static str, Value) {
    match call {
        Call::Get => ("get", json!({"messageId": ID})),
        Call::List => ("list", json!({"maxResults": 500})),
        Call::Raw => ("get", json!({"messageId": ID, "format": "raw"})),
    }
}

/// A client that does not spend time on reading the system's certificates.
pub(crate) fn plain() -> Result<reqwest::Client, Failure> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .build()?)
}

pub(crate) async fn floor(http: &reqwest::Client, url: &str, call: Call) -> Result<(), Failure> {
    let response = answer(http, url, call).await?;
    match call {
        Call::List => drop(response.json::<List>().await?),
        Call::Get | Call::Raw => drop(response.json::<Message>().await?),
    }
    Ok(())
}

async fn answer(
    http: &reqwest::Client,
    url: &str,
    call: Call,
) -> Result<reqwest::Response, Failure> {
    let url = match call {
        Call::List => format!("{url}/gmail/v1/users/me/messages"),
        Call::Get | Call::Raw => format!("{url}/gmail/v1/users/me/messages/{ID}"),
    };
    let request = http.get(url).bearer_auth(TOKEN);
    let request = match call {
        Call::Get => request,
        Call::List => request.query(&[("maxResults", "500")]),
        Call::Raw => request.query(&[("format", "raw")]),
    };
    Ok(request.send().await?.error_for_status()?)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "it is read for what reading costs")]
struct List {
    #[serde(default)]
    messages: Vec<Message>,
    next_page_token: Option<String>,
    result_size_estimate: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "it is read for what reading costs")]
struct Message {
    id: Option<String>,
    thread_id: Option<String>,
    #[serde(default)]
    label_ids: Vec<String>,
    snippet: Option<String>,
    history_id: Option<String>,
    internal_date: Option<String>,
    size_estimate: Option<i64>,
    raw: Option<String>,
    payload: Option<Part>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "it is read for what reading costs")]
struct Part {
    part_id: Option<String>,
    mime_type: Option<String>,
    filename: Option<String>,
    #[serde(default)]
    headers: Vec<Header>,
    body: Option<Body>,
    #[serde(default)]
    parts: Vec<Self>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "it is read for what reading costs")]
struct Header {
    name: Option<String>,
    value: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "it is read for what reading costs")]
struct Body {
    attachment_id: Option<String>,
    size: Option<i64>,
    data: Option<String>,
}
