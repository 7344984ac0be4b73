//! MCP over HTTP: one endpoint and a bearer token. Web pages have no access unless allowed.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::Server;
use super::message::{self, Received};
use super::session::Sessions;
use crate::auth::Secret;
use crate::http::connections::{self, Busy};

/// The most connections at once; a client with a session often has two. A new one replaces a silent one.
const CONNECTIONS: usize = 256;

/// How long a connection may take to send a request head, and how long it may idle between requests.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the rest of a request may take.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// The shortest token. Anything shorter is easily guessed.
const SHORTEST_TOKEN: usize = 8;

/// The path that clients connect to.
const PATH: &str = "/mcp";

type Service = StreamableHttpService<Server, Sessions>;
type Body = BoxBody<Bytes, Infallible>;

/// An HTTP server, bound to an address and ready to serve.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
/// # let gmail = sandbox.open_source()?;
/// use airbyte_agent_gmail::mcp::{HttpServer, Server};
///
/// let server = HttpServer::bind(Server::new(gmail.tools()), ([127, 0, 0, 1], 0).into(), None)
///     .await?
///     .allow_host("mail.example.com")
///     .allow_origin("https://app.example.com:443");
/// println!("{}, with the bearer token {}", server.url()?, server.token().expose());
/// let serving = tokio::spawn(server.serve());
/// # serving.abort();
/// # Ok(())
/// # }
/// ```
///
/// Each request needs the bearer token. A request is refused if its `Host` is not this machine (or one of
/// [`allow_host`](Self::allow_host)), or if it comes from a web page (unless its `Origin` is one of
/// [`allow_origin`](Self::allow_origin)).
#[derive(Debug)]
pub struct HttpServer {
    server: Server,
    listener: TcpListener,
    token: Secret,
    hosts: Vec<String>,
    origins: Vec<String>,
}

impl HttpServer {
    /// Listens on an address. Without a token, generates a random one.
    ///
    /// # Errors
    ///
    /// The address is in use or not on this machine, the token is shorter than 8 characters, or the operating system
    /// provides no random numbers.
    pub async fn bind(
        server: Server,
        address: SocketAddr,
        token: Option<Secret>,
    ) -> io::Result<Self> {
        let token = match token.filter(|token| !token.expose().is_empty()) {
            Some(token) if token.expose().len() < SHORTEST_TOKEN => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    format!(
                        "the token is shorter than {SHORTEST_TOKEN} characters and easily guessed; give a longer \
                         one, or leave it out to get a random one"
                    ),
                ));
            }
            Some(token) => token,
            None => random_token()?,
        };
        Ok(Self {
            server,
            listener: TcpListener::bind(address).await?,
            token,
            hosts: ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into(),
            origins: Vec::new(),
        })
    }

    /// Allows another host name besides `localhost`, `127.0.0.1` and `::1`.
    #[must_use]
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.hosts.push(host.into());
        self
    }

    /// Allows requests from web pages of an origin, such as `https://app.example.com:443`. Default: no origin.
    #[must_use]
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(origin.into());
        self
    }

    /// The server's URL.
    ///
    /// # Errors
    ///
    /// The operating system does not report the address.
    pub fn url(&self) -> io::Result<String> {
        Ok(format!("http://{}{PATH}", self.listener.local_addr()?))
    }

    /// Whether it listens only on this machine's loopback address. On any other address, the token and the mail
    /// travel unencrypted: put a TLS proxy in front.
    ///
    /// # Errors
    ///
    /// The operating system does not report the address.
    pub fn is_local(&self) -> io::Result<bool> {
        Ok(self.listener.local_addr()?.ip().is_loopback())
    }

    /// The token that requests must carry.
    pub fn token(&self) -> &Secret {
        &self.token
    }

    /// Serves until the process ends.
    ///
    /// # Errors
    ///
    /// Never fails at present: a broken connection affects only its client.
    pub async fn serve(self) -> io::Result<()> {
        let config = StreamableHttpServerConfig::default()
            .with_allowed_hosts(self.hosts)
            .with_allowed_origins(self.origins.clone())
            // This server's own limit applies first.
            .with_max_request_body_bytes(usize::MAX)
            .enforce_origin_validation();
        let origins: Arc<[String]> = self.origins.iter().map(|origin| ascii(origin)).collect();
        let server = self.server;
        let service: Service = StreamableHttpService::new(
            move || Ok(server.clone()),
            Arc::new(Sessions::default()),
            config,
        );
        let token = Arc::new(self.token);
        connections::serve(self.listener, CONNECTIONS, |stream, busy| {
            // Otherwise Nagle's algorithm delays small responses.
            let _ = stream.set_nodelay(true);
            let (service, token) = (service.clone(), Arc::clone(&token));
            let origins = Arc::clone(&origins);
            async move {
                let answer = service_fn(|request| {
                    let (service, token, busy) = (&service, &token, Work::begin(&busy));
                    let origin = allowed(request.headers(), &origins);
                    async move {
                        let mut answer = answer(service, token, origin.is_some(), request).await;
                        if let Some(origin) = origin {
                            open_to(answer.headers_mut(), origin);
                        }
                        // A streaming response counts as work until its end.
                        Ok::<_, Infallible>(answer.map(|body| {
                            body.map_frame(move |frame| {
                                let _ = &busy;
                                frame
                            })
                            .boxed()
                        }))
                    }
                });
                // How a connection ends is the client's business.
                let _ = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(HEAD_TIMEOUT)
                    .serve_connection(TokioIo::new(stream), answer)
                    .await;
            }
        })
        .await;
        Ok(())
    }
}

/// Marks the connection as busy while a request is being answered.
struct Work(Busy);

impl Work {
    fn begin(busy: &Busy) -> Self {
        busy.set(true);
        Self(busy.clone())
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

/// The origin of a request, if allowed.
fn allowed(headers: &HeaderMap, origins: &[String]) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    let given = ascii(origin.to_str().ok()?);
    origins.contains(&given).then(|| origin.clone())
}

/// An origin as browsers write it, without a default port.
fn ascii(origin: &str) -> String {
    url::Url::parse(origin).map_or_else(
        |_| origin.to_owned(),
        |url| url.origin().ascii_serialization(),
    )
}

/// Adds the CORS headers with which a browser lets the page read the response.
fn open_to(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("mcp-session-id, mcp-protocol-version, www-authenticate"),
    );
    headers.append(header::VARY, HeaderValue::from_static("origin"));
}

/// Answers a CORS preflight request, which carries no token.
fn preflight(is_allowed: bool) -> Response<Body> {
    if !is_allowed {
        return plain(
            StatusCode::FORBIDDEN,
            "this origin is not allowed; a person has to name it with --allow-origin",
        );
    }
    let mut answer = plain(StatusCode::NO_CONTENT, "");
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, DELETE"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type, accept, last-event-id, mcp-session-id, mcp-protocol-version, mcp-method, mcp-name",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ] {
        answer
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    answer
}

async fn answer(
    service: &Service,
    token: &Secret,
    is_allowed_origin: bool,
    mut request: Request<Incoming>,
) -> Response<Body> {
    if request.uri().path() != PATH {
        return plain(StatusCode::NOT_FOUND, "mcp is served at /mcp");
    }
    if request.method() == Method::OPTIONS {
        return preflight(is_allowed_origin);
    }
    if !is_authorized(request.headers(), token) {
        let mut refusal = plain(
            StatusCode::UNAUTHORIZED,
            "give the token that the server was started with, as authorization: bearer",
        );
        refusal
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        return refusal;
    }
    take_both(request.headers_mut());
    if request.method() == Method::DELETE {
        let mut answer = service.handle(request).await;
        if answer.status() == StatusCode::ACCEPTED {
            // The session is over, and the response has no content.
            *answer.status_mut() = StatusCode::NO_CONTENT;
        }
        return answer;
    }
    if request.method() != Method::POST || !is_json(request.headers()) {
        return service.handle(request).await;
    }
    let (parts, body) = request.into_parts();
    let limited = Limited::new(body, message::LONGEST).collect();
    let bytes = match timeout(BODY_TIMEOUT, limited).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(_)) => return told(StatusCode::PAYLOAD_TOO_LARGE, &message::too_long()),
        Err(_) => {
            return plain(
                StatusCode::REQUEST_TIMEOUT,
                "the request did not arrive in time",
            );
        }
    };
    let mut received = message::read(&bytes);
    match (received.pop(), received.is_empty()) {
        (Some(Received::Refused(answer)), true) => told(StatusCode::BAD_REQUEST, &answer),
        (Some(_), false) => told(StatusCode::BAD_REQUEST, &message::several()),
        (None, _) if bytes.trim_ascii().is_empty() => {
            told(StatusCode::BAD_REQUEST, &message::nothing())
        }
        // An unknown notification needs no response.
        (None, _) => plain(StatusCode::ACCEPTED, ""),
        (Some(Received::Message(_)), true) => {
            let body = Full::new(message::plain(bytes));
            service.handle(Request::from_parts(parts, body)).await
        }
    }
}

/// A client that accepts anything gets both media types that the service requires: JSON and an event stream.
fn take_both(headers: &mut HeaderMap) {
    let takes_any = match headers.get(header::ACCEPT).map(HeaderValue::to_str) {
        None => true,
        Some(given) => given.is_ok_and(|given| given.split(',').any(|form| form.trim() == "*/*")),
    };
    if takes_any {
        let both = HeaderValue::from_static("application/json, text/event-stream");
        headers.insert(header::ACCEPT, both);
    }
}

/// Whether the body claims to be JSON. The service refuses any other type itself.
fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|kind| kind.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// A JSON response.
fn told(status: StatusCode, answer: &serde_json::Value) -> Response<Body> {
    let mut response = plain(status, answer.to_string());
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

fn is_authorized(headers: &HeaderMap, token: &Secret) -> bool {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .is_some_and(|(scheme, given)| {
            scheme.eq_ignore_ascii_case("bearer") && token.matches(given.trim())
        })
}

fn plain(status: StatusCode, text: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Full::new(text.into()).boxed());
    *response.status_mut() = status;
    response
}

fn random_token() -> io::Result<Secret> {
    let bytes = crate::random::bytes::<24>()?;
    Ok(Secret::from(crate::mail::encoding::encode_base64url(
        &bytes,
    )))
}
