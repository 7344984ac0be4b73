//! A listener on 127.0.0.1 that receives the browser's redirect from a consent page.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::page::Page;
use crate::auth::CallbackError;
use crate::error::{Error, Kind};
use crate::http::connections::{self, Busy};

/// The largest request head to read; browsers send a few kilobytes.
const MAX_HEAD: usize = 64 * 1024;

/// How long a connection may take to send its request. Browsers open some and send nothing.
const HEAD_TIMEOUT: Duration = Duration::from_secs(20);

/// How long writing the page may take.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// The most connections at once. A new one replaces the oldest that has sent nothing.
const CONNECTIONS: usize = 32;

/// The path of the redirect URL.
pub(crate) const PATH: &str = "/callback";

/// Waits for the browser on 127.0.0.1.
///
/// It answers only the callback, and only under its own host name. Another site's page can't reach it through a host
/// name of its own (DNS rebinding).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), airbyte_agent_gmail::Error> {
/// use airbyte_agent_gmail::oauth::Loopback;
///
/// let loopback = Loopback::bind(0).await?;
/// assert!(loopback.redirect_url().starts_with("http://127.0.0.1:"));
/// # Ok(())
/// # }
/// ```
pub struct Loopback {
    redirect_url: String,
    arrivals: mpsc::Receiver<Arrival>,
    inbox: Inbox,
    /// Whether the last wait has ended and no other has begun. A second tab is then told at once.
    over: Arc<AtomicBool>,
    server: JoinHandle<()>,
}

/// Takes the URL that a person pastes when the browser runs on another machine.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use airbyte_agent_gmail::auth::read_only_scopes;
/// use airbyte_agent_gmail::oauth::{GoogleClient, Loopback};
///
/// let client = GoogleClient::new("id.apps.googleusercontent.com").with_secret("secret");
/// let mut loopback = Loopback::bind(0).await?;
/// let consent = client.consent(loopback.redirect_url(), &read_only_scopes(), None)?;
/// // The URL in the browser's address bar at the end, read from the terminal:
/// let address = format!("{}?state={}&error=access_denied", loopback.redirect_url(), consent.state());
/// loopback.inbox().paste(address).await;
/// let error = consent.receive(&client, &mut loopback, Duration::from_secs(300)).await.unwrap_err();
/// assert!(error.is_consent_denied());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Inbox {
    sender: mpsc::Sender<Arrival>,
}

/// One request for the redirect URL.
#[derive(Debug)]
pub(crate) struct Arrival {
    target: String,
    browser: Option<Browser>,
}

#[derive(Debug)]
struct Browser {
    page: oneshot::Sender<Page>,
    written: oneshot::Receiver<()>,
}

impl Loopback {
    /// Listens on a port of 127.0.0.1, or on any free port if it is 0.
    ///
    /// # Errors
    ///
    /// [`is_configuration`](Error::is_configuration): the port is in use or not permitted.
    pub async fn bind(port: u16) -> Result<Self, Error> {
        let listening = async {
            let listener = TcpListener::bind(("127.0.0.1", port)).await?;
            let port = listener.local_addr()?.port();
            Ok::<_, std::io::Error>((listener, port))
        };
        let (listener, port) = listening.await.map_err(|error| {
            let message = if error.kind() == std::io::ErrorKind::AddrInUse {
                format!("port {port} of 127.0.0.1 is in use; give another, or leave it out to get a free one")
            } else {
                format!("can't listen on port {port} of 127.0.0.1; give another, or leave it out to get a free one")
            };
            Error::configuration(message).caused_by(error)
        })?;
        let (sender, arrivals) = mpsc::channel(CONNECTIONS);
        let over = Arc::<AtomicBool>::default();
        let server = tokio::spawn(serve(listener, port, sender.downgrade(), over.clone()));
        Ok(Self {
            redirect_url: format!("http://127.0.0.1:{port}{PATH}"),
            arrivals,
            inbox: Inbox { sender },
            over,
            server,
        })
    }

    /// The redirect URL for the consent page.
    pub fn redirect_url(&self) -> &str {
        &self.redirect_url
    }

    /// Returns an inbox for pasted URLs.
    pub fn inbox(&self) -> Inbox {
        self.inbox.clone()
    }

    /// Waits for a callback that belongs to this sign-in. Others are answered and ignored, so nobody else can end the
    /// sign-in.
    pub(crate) async fn receive<T>(
        &mut self,
        limit: Duration,
        read: impl Fn(&str) -> Result<T, CallbackError>,
    ) -> Result<(T, Arrival), Error> {
        let waiting = async {
            while let Some(arrival) = self.arrivals.recv().await {
                match read(&arrival.target) {
                    Ok(value) => return Ok((value, arrival)),
                    Err(error) => {
                        let last = arrival.browser.is_none() || !error.is_foreign();
                        arrival.answer(Page::from(&error)).await;
                        if last {
                            return Err(error.into());
                        }
                        tracing::warn!(reason = %error, "a callback was not taken");
                    }
                }
            }
            Err(Error::new(
                Kind::Interrupted,
                "the listener for the browser has ended; start the sign-in again",
            ))
        };
        self.over.store(false, Ordering::Release);
        let result = timeout(limit, waiting).await;
        self.over.store(true, Ordering::Release);
        result.unwrap_or_else(|_| {
            Err(Error::new(
                Kind::Timeout,
                format!(
                    "the consent page was not answered within {} seconds (was its tab closed?); start the sign-in again",
                    limit.as_secs()
                ),
            ))
        })
    }
}

debug!(Loopback, self => redirect_url: self.redirect_url);

impl Drop for Loopback {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Inbox {
    /// Passes on the full URL that the browser ended up at.
    pub async fn paste(&self, address: impl Into<String>) {
        let arrival = Arrival {
            target: address.into(),
            browser: None,
        };
        // An error only means that nobody waits any more.
        let _ = self.sender.send(arrival).await;
    }
}

impl Arrival {
    /// Sends the browser its page and waits until it is written: the program may exit afterwards.
    pub(crate) async fn answer(self, page: Page) {
        let Some(browser) = self.browser else {
            return;
        };
        if browser.page.send(page).is_ok() {
            // A timeout means that the browser has gone and needs no page.
            let _ = timeout(WRITE_TIMEOUT, browser.written).await;
        }
    }
}

async fn serve(
    listener: TcpListener,
    port: u16,
    arrivals: mpsc::WeakSender<Arrival>,
    over: Arc<AtomicBool>,
) {
    connections::serve(listener, CONNECTIONS, |stream, busy| {
        let (arrivals, over) = (arrivals.clone(), over.clone());
        async move { converse(stream, port, &arrivals, &over, &busy).await }
    })
    .await;
}

/// Handles one request: reads its head, sends one page.
async fn converse(
    mut stream: TcpStream,
    port: u16,
    arrivals: &mpsc::WeakSender<Arrival>,
    over: &AtomicBool,
    busy: &Busy,
) {
    let head = match timeout(HEAD_TIMEOUT, read_head(&mut stream)).await {
        Ok(Some(head)) => head,
        _ => return,
    };
    busy.set(true);
    let target = match head.and_then(|head| read_target(&head, port)) {
        Ok(target) => target,
        Err(refusal) => return write(&mut stream, refusal.status, refusal.page).await,
    };
    if over.load(Ordering::Acquire) {
        return write(&mut stream, Page::Over.status(), Page::Over).await;
    }
    let (page_sender, page) = oneshot::channel();
    let (written, written_receiver) = oneshot::channel();
    let arrival = Arrival {
        target,
        browser: Some(Browser {
            page: page_sender,
            written: written_receiver,
        }),
    };
    let sent = match arrivals.upgrade() {
        Some(arrivals) => arrivals.send(arrival).await.is_ok(),
        None => false,
    };
    let page = match page.await {
        Ok(page) if sent => page,
        _ => Page::Over,
    };
    write(&mut stream, page.status(), page).await;
    // An error only means that nobody waits for it any more.
    let _ = written.send(());
}

/// The response to a request other than the callback.
#[derive(Debug, PartialEq, Eq)]
struct Refusal {
    status: u16,
    page: Page,
}

const fn refusal(status: u16) -> Refusal {
    Refusal {
        status,
        page: if status == 404 {
            Page::NotFound
        } else {
            Page::Refused
        },
    }
}

/// Reads up to the empty line; `None` if the peer closes the connection first.
async fn read_head(stream: &mut TcpStream) -> Option<Result<Vec<u8>, Refusal>> {
    let mut head = Vec::with_capacity(4096);
    let mut buffer = [0_u8; 4096];
    loop {
        let count = stream.read(&mut buffer).await.ok()?;
        if count == 0 {
            return None;
        }
        let from = head.len().saturating_sub(3);
        head.extend_from_slice(buffer.get(..count)?);
        let end = memchr::memmem::find(head.get(from..)?, b"\r\n\r\n");
        if let Some(end) = end {
            head.truncate(from + end);
            return Some(Ok(head));
        }
        if head.len() > MAX_HEAD {
            // Drain what is still on its way: after an immediate close, the browser would lose the page.
            let mut left = MAX_HEAD * 256;
            while left > 0 {
                match timeout(Duration::from_millis(200), stream.read(&mut buffer)).await {
                    Ok(Ok(count)) if count > 0 => left = left.saturating_sub(count),
                    _ => break,
                }
            }
            return Some(Err(refusal(431)));
        }
    }
}

/// The request target, if the request is for the callback under the listener's own name.
fn read_target(head: &[u8], port: u16) -> Result<String, Refusal> {
    let head = std::str::from_utf8(head).map_err(|_| refusal(400))?;
    let mut lines = head.split("\r\n");
    let mut request = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target), Some("HTTP/1.1" | "HTTP/1.0"), None) = (
        request.next(),
        request.next(),
        request.next(),
        request.next(),
    ) else {
        return Err(refusal(400));
    };
    let mut hosts = lines
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| name.eq_ignore_ascii_case("host"))
        .map(|(_, value)| value.trim());
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Err(refusal(400));
    };
    if !is_own_name(host, port) {
        return Err(refusal(421));
    }
    if !target.starts_with('/') {
        return Err(refusal(400));
    }
    if target.split('?').next() != Some(PATH) {
        return Err(refusal(404));
    }
    if method != "GET" {
        return Err(refusal(405));
    }
    Ok(target.to_owned())
}

fn is_own_name(host: &str, port: u16) -> bool {
    let (name, given) = host.rsplit_once(':').unwrap_or((host, "80"));
    ["127.0.0.1", "localhost"].contains(&name)
        && given.bytes().all(|byte| byte.is_ascii_digit())
        && given.parse() == Ok(port)
}

async fn write(stream: &mut TcpStream, status: u16, page: Page) {
    let body = page.html();
    let reason = http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or_default();
    let allow = if status == 405 { "Allow: GET\r\n" } else { "" };
    // The URL in the address bar contains the code, so keep it from other sites and caches.
    let answer = format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n{allow}\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n\
         X-Frame-Options: DENY\r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let writing = async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await
    };
    // A timeout means that the browser has gone and needs no page.
    let _ = timeout(WRITE_TIMEOUT, writing).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(head: &str) -> Result<String, u16> {
        read_target(head.as_bytes(), 4000).map_err(|refusal| refusal.status)
    }

    #[test]
    fn only_the_callback_under_the_own_name_is_read() {
        let target = "/callback?code=1&state=2";
        for host in ["127.0.0.1:4000", "localhost:4000"] {
            assert_eq!(
                status(&format!("GET {target} HTTP/1.1\r\nHost: {host}")),
                Ok(target.to_owned())
            );
        }
        for (head, refused) in [
            ("GET /callback HTTP/1.1", 400),
            ("GET /callback HTTP/1.1\r\nHost: attacker.example:4000", 421),
            ("GET /callback HTTP/1.1\r\nHost: 127.0.0.1", 421),
            ("GET /callback HTTP/1.1\r\nHost: 127.0.0.1:+4000", 421),
            ("GET /callback HTTP/1.1\r\nHost: 127.0.0.1:4001", 421),
            (
                "GET /callback HTTP/1.1\r\nHost: 127.0.0.1.example.com:4000",
                421,
            ),
            (
                "GET /callback HTTP/1.1\r\nHost: 127.0.0.1:4000\r\nhost: x:4000",
                400,
            ),
            ("POST /callback HTTP/1.1\r\nHost: 127.0.0.1:4000", 405),
            ("HEAD /callback HTTP/1.1\r\nHost: 127.0.0.1:4000", 405),
            ("GET /favicon.ico HTTP/1.1\r\nHost: 127.0.0.1:4000", 404),
            ("GET //callback HTTP/1.1\r\nHost: 127.0.0.1:4000", 404),
            (
                "GET http://127.0.0.1:4000/callback HTTP/1.1\r\nHost: 127.0.0.1:4000",
                400,
            ),
            ("GET /callback HTTP/2\r\nHost: 127.0.0.1:4000", 400),
            ("GET /callback ?x HTTP/1.1\r\nHost: 127.0.0.1:4000", 400),
            ("", 400),
        ] {
            assert_eq!(status(head), Err(refused), "{head}");
        }
        assert_eq!(
            read_target(b"GET /callback?\xff HTTP/1.1\r\nHost: localhost:4000", 4000),
            Err(refusal(400))
        );
    }
}
