//! A server that violates the protocol: it stands in front of a sandbox and breaks exchanges in one chosen way.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't go on has failed"
)]

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How an exchange is broken.
#[derive(Clone)]
pub(crate) enum Breach {
    /// The connection closes as soon as it is accepted.
    ClosedBeforeReading,
    /// The request is read but not forwarded, and the connection closes.
    ClosedAfterReading,
    /// The request is forwarded, and the connection closes without an answer.
    ClosedAfterCarryingOut,
    /// This is the answer; the request is not forwarded.
    Answered(Vec<u8>),
    /// The request is forwarded, and its answer changed.
    Altered(fn(&[u8]) -> Vec<u8>),
    /// The request is not forwarded; the answer starts like this and never ends.
    Endless {
        /// The start of the answer.
        head: &'static [u8],
        /// The bytes that repeat.
        piece: Vec<u8>,
        /// The pause before each piece.
        pause: Duration,
    },
}

/// The server. Each connection serves one request.
pub(crate) struct FaultServer {
    url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    upstream: String,
    requests: AtomicUsize,
    left: AtomicUsize,
    breach: Mutex<Option<(Breach, usize)>>,
}

impl FaultServer {
    /// Starts a server in front of one at an address like `http://127.0.0.1:1234`.
    pub(crate) async fn before(upstream: &str) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared {
            upstream: upstream.trim_start_matches("http://").to_owned(),
            requests: AtomicUsize::new(0),
            left: AtomicUsize::new(0),
            breach: Mutex::new(None),
        });
        let inner = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&inner);
                // The tests are about how exchanges end, so errors are expected.
                tokio::spawn(async move {
                    if shared.serve(stream).await.is_err() {
                        shared.left.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        Ok(Self { url, shared, task })
    }

    /// The server's address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Breaks this many exchanges from now on, and resets the counters.
    pub(crate) fn spoil(&self, breach: Breach, times: usize) {
        *self.shared.breach.lock().unwrap() = Some((breach, times));
        self.shared.requests.store(0, Ordering::SeqCst);
        self.shared.left.store(0, Ordering::SeqCst);
    }

    /// The number of requests since then, including connections that sent none.
    pub(crate) fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::SeqCst)
    }

    /// How many of them the client aborted.
    pub(crate) fn left(&self) -> usize {
        self.shared.left.load(Ordering::SeqCst)
    }
}

impl Drop for FaultServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    async fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        self.requests.fetch_add(1, Ordering::SeqCst);
        let Some(breach) = self.take() else {
            let request = read_request(&mut stream).await?;
            let answer = self.carry_out(&request).await?;
            return write(&mut stream, &answer).await;
        };
        if matches!(breach, Breach::ClosedBeforeReading) {
            return Ok(());
        }
        let request = read_request(&mut stream).await?;
        match breach {
            Breach::ClosedBeforeReading | Breach::ClosedAfterReading => Ok(()),
            Breach::ClosedAfterCarryingOut => self.carry_out(&request).await.map(drop),
            Breach::Answered(answer) => write(&mut stream, &answer).await,
            Breach::Altered(change) => {
                let answer = self.carry_out(&request).await?;
                write(&mut stream, &change(&answer)).await
            }
            Breach::Endless { head, piece, pause } => {
                stream.write_all(head).await?;
                loop {
                    if !pause.is_zero() {
                        tokio::time::sleep(pause).await;
                    }
                    stream.write_all(&piece).await?;
                }
            }
        }
    }

    fn take(&self) -> Option<Breach> {
        let mut breach = self.breach.lock().unwrap();
        let (breach, left) = breach.as_mut()?;
        *left = left.checked_sub(1)?;
        Some(breach.clone())
    }

    /// Forwards a request, and reads the whole answer.
    async fn carry_out(&self, request: &[u8]) -> io::Result<Vec<u8>> {
        let mut upstream = TcpStream::connect(&self.upstream).await?;
        let end = request.windows(4).position(|end| end == b"\r\n\r\n");
        let (head, body) = request.split_at(end.map_or(request.len(), |at| at + 2));
        for (number, line) in head.split_inclusive(|byte| *byte == b'\n').enumerate() {
            // Answers can only be changed uncompressed.
            if !line.to_ascii_lowercase().starts_with(b"accept-encoding:") {
                upstream.write_all(line).await?;
            }
            if number == 0 {
                // So that the end of the connection is the end of the answer.
                upstream.write_all(b"connection: close\r\n").await?;
            }
        }
        upstream.write_all(body).await?;
        let mut answer = Vec::new();
        upstream.read_to_end(&mut answer).await?;
        Ok(answer)
    }
}

async fn write(stream: &mut TcpStream, answer: &[u8]) -> io::Result<()> {
    stream.write_all(answer).await?;
    stream.shutdown().await
}

/// Reads a request with its body, using its Content-Length.
async fn read_request(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut request = Vec::new();
    loop {
        if let Some(head) = request.windows(4).position(|end| end == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&request[..head]).to_ascii_lowercase();
            let length = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
                .unwrap_or(0_usize);
            if request.len() >= head + 4 + length {
                return Ok(request);
            }
        }
        if stream.read_buf(&mut request).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}
