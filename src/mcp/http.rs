//! MCP over HTTP: one address, a bearer token, and no page of the web.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::net::TcpListener;

use super::Server;
use crate::auth::{Secret, is_same};

/// The path that clients are given.
const PATH: &str = "/mcp";

type Service = StreamableHttpService<Server, LocalSessionManager>;
type Body = BoxBody<Bytes, Infallible>;

/// A server at an address, ready to serve.
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
/// A request has to carry the bearer token. One whose `Host` is not of this machine (or named with
/// [`allow_host`](Self::allow_host)), and one that a page on the web has sent (an `Origin` that is not named with
/// [`allow_origin`](Self::allow_origin)), is refused.
#[derive(Debug)]
pub struct HttpServer {
    server: Server,
    listener: TcpListener,
    token: Secret,
    hosts: Vec<String>,
    origins: Vec<String>,
}

impl HttpServer {
    /// Takes an address; without a token one is drawn.
    ///
    /// # Errors
    ///
    /// The address is taken or is not one of this machine, or there is no randomness for a token.
    pub async fn bind(
        server: Server,
        address: SocketAddr,
        token: Option<Secret>,
    ) -> io::Result<Self> {
        let token = match token.filter(|token| !token.expose().is_empty()) {
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

    /// A name under which clients reach it, beside `localhost`, `127.0.0.1` and `::1`.
    #[must_use]
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.hosts.push(host.into());
        self
    }

    /// A page of the web that may ask, such as `https://app.example.com:443`. Default: none.
    #[must_use]
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(origin.into());
        self
    }

    /// Where it is.
    ///
    /// # Errors
    ///
    /// The system does not say.
    pub fn url(&self) -> io::Result<String> {
        Ok(format!("http://{}{PATH}", self.listener.local_addr()?))
    }

    /// The token that requests have to carry.
    pub fn token(&self) -> &Secret {
        &self.token
    }

    /// Serves for as long as the process lives.
    ///
    /// # Errors
    ///
    /// None yet: connections that break are their clients' affair.
    pub async fn serve(self) -> io::Result<()> {
        let config = StreamableHttpServerConfig::default()
            .with_allowed_hosts(self.hosts)
            .with_allowed_origins(self.origins)
            .enforce_origin_validation();
        let server = self.server;
        let service: Service = StreamableHttpService::new(
            move || Ok(server.clone()),
            Arc::new(LocalSessionManager::default()),
            config,
        );
        let token = Arc::new(self.token);
        loop {
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                // A lack of file descriptors passes; to try again at once would only burn time.
                Err(_) => {
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                    continue;
                }
            };
            // Small answers would otherwise wait for the acknowledgement of the one before.
            let _ = stream.set_nodelay(true);
            let (service, token) = (service.clone(), Arc::clone(&token));
            tokio::spawn(async move {
                let answer = service_fn(move |request| {
                    let (service, token) = (service.clone(), Arc::clone(&token));
                    async move { Ok::<_, Infallible>(answer(&service, &token, request).await) }
                });
                // How a connection ends is the client's affair.
                let _ = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .serve_connection(TokioIo::new(stream), answer)
                    .await;
            });
        }
    }
}

async fn answer(service: &Service, token: &Secret, request: Request<Incoming>) -> Response<Body> {
    if request.uri().path() != PATH {
        return refusal(StatusCode::NOT_FOUND, "mcp is served at /mcp");
    }
    if !is_authorized(request.headers(), token) {
        let mut refusal = refusal(
            StatusCode::UNAUTHORIZED,
            "give the token that the server was started with, as authorization: bearer",
        );
        refusal.headers_mut().insert(
            header::WWW_AUTHENTICATE,
            http::HeaderValue::from_static("Bearer"),
        );
        return refusal;
    }
    service.handle(request).await
}

fn is_authorized(headers: &HeaderMap, token: &Secret) -> bool {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .is_some_and(|(scheme, given)| {
            scheme.eq_ignore_ascii_case("bearer") && is_same(given.trim(), token.expose())
        })
}

fn refusal(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())).boxed());
    *response.status_mut() = status;
    response
}

fn random_token() -> io::Result<Secret> {
    let mut bytes = [0_u8; 24];
    getrandom::fill(&mut bytes)
        .map_err(|_| io::Error::other("no randomness for a token; give one"))?;
    Ok(Secret::from(crate::mail::encoding::encode_base64url(
        &bytes,
    )))
}
