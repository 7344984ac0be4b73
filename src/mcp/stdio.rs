//! MCP over standard input and output, or any pair of streams, with bounded memory. One message per line, one
//! response to each that needs one.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex};

use rmcp::model::{
    ClientJsonRpcMessage, ClientNotification, JsonRpcMessage, RequestId, ServerJsonRpcMessage,
};
use rmcp::service::RoleServer;
use rmcp::transport::Transport;
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;

use super::lock;
use super::message::{self, Received};
use super::opening::{Early, early};

/// The most requests at once, including those with an unwritten response. The next request waits until one is done.
const REQUESTS: usize = 64;

/// How many responses may wait for the stream.
const LINES: usize = 4;

/// Unanswered requests, each with its permit.
type Open = Arc<Mutex<HashMap<RequestId, OwnedSemaphorePermit>>>;

/// A line for the client. Its request's permit is released once it is written.
struct Line {
    bytes: Vec<u8>,
    place: Option<OwnedSemaphorePermit>,
}

/// A client at the other end of two streams.
pub(super) struct Stdio<R> {
    reader: BufReader<R>,
    line: Vec<u8>,
    /// Whether the rest of an overlong line is being discarded.
    is_discarding: bool,
    is_ended: bool,
    /// Whether the client has named its protocol version.
    is_open: bool,
    received: VecDeque<Received>,
    places: Arc<Semaphore>,
    open: Open,
    lines: mpsc::Sender<Line>,
}

enum Read {
    Line,
    TooLong,
    End,
}

impl<R: AsyncRead + Send + Unpin> Stdio<R> {
    /// Takes two streams. A separate task writes, so cancellation never cuts a line. The task ends once this value is
    /// dropped and the last line is written.
    pub(super) fn new(
        reader: R,
        writer: impl AsyncWrite + Send + Unpin + 'static,
    ) -> (Self, JoinHandle<()>) {
        let (lines, receiver) = mpsc::channel(LINES);
        let writing = tokio::spawn(write(receiver, writer));
        let stdio = Self {
            reader: BufReader::new(reader),
            line: Vec::new(),
            is_discarding: false,
            is_ended: false,
            is_open: false,
            received: VecDeque::new(),
            places: Arc::new(Semaphore::new(REQUESTS)),
            open: Open::default(),
            lines,
        };
        (stdio, writing)
    }

    /// Reads a line, up to the limit. Cancel-safe: bytes read are kept.
    async fn read_line(&mut self) -> io::Result<Read> {
        loop {
            let available = self.reader.fill_buf().await?;
            if available.is_empty() {
                self.is_ended = true;
                return Ok(if self.line.is_empty() {
                    Read::End
                } else {
                    Read::Line
                });
            }
            let newline = memchr::memchr(b'\n', available);
            let taken = newline.map_or(available.len(), |at| at + 1);
            let is_too_long = self.line.len() + taken > message::LONGEST;
            if !self.is_discarding && !is_too_long {
                self.line
                    .extend_from_slice(available.get(..taken).unwrap_or_default());
            }
            self.reader.consume(taken);
            let was_discarding = self.is_discarding;
            self.is_discarding = (was_discarding || is_too_long) && newline.is_none();
            if is_too_long && !was_discarding {
                self.line = Vec::new();
                return Ok(Read::TooLong);
            }
            if newline.is_some() && !was_discarding {
                return Ok(Read::Line);
            }
        }
    }

    /// Takes the first received message; `None` if it is handled here.
    async fn take(&mut self) -> Option<ClientJsonRpcMessage> {
        // Await everything before the pop, so cancellation loses nothing.
        let place = match self.received.front()? {
            Received::Message(message) if matches!(**message, JsonRpcMessage::Request(_)) => {
                Arc::clone(&self.places).acquire_owned().await.ok()
            }
            Received::Message(_) => None,
            Received::Refused(answer) => {
                let line = Line {
                    bytes: bytes(answer),
                    place: None,
                };
                // An error means that the client has gone.
                if let Ok(slot) = self.lines.reserve().await {
                    slot.send(line);
                }
                self.received.pop_front();
                return None;
            }
        };
        let Some(Received::Message(message)) = self.received.pop_front() else {
            return None;
        };
        if !self.is_open {
            match early(&message) {
                Early::Opens => self.is_open = true,
                Early::Passes => {}
                Early::Ignored => return None,
                Early::Refused(answer) => {
                    self.received.push_front(Received::Refused(answer));
                    return None;
                }
            }
        }
        if let JsonRpcMessage::Request(request) = &*message {
            let is_new = {
                let mut open = lock(&self.open);
                match (open.contains_key(&request.id), place) {
                    (false, Some(place)) => {
                        open.insert(request.id.clone(), place);
                        true
                    }
                    _ => false,
                }
            };
            if !is_new {
                let answer = message::id_in_use(&request.id);
                self.received.push_front(Received::Refused(answer));
                return None;
            }
        }
        if let JsonRpcMessage::Notification(notification) = &*message
            && let ClientNotification::CancelledNotification(cancelled) = &notification.notification
            && let Some(id) = &cancelled.params.request_id
        {
            // It will not be answered any more.
            lock(&self.open).remove(id);
        }
        Some(*message)
    }
}

impl<R: AsyncRead + Send + Unpin + 'static> Transport<RoleServer> for Stdio<R> {
    type Error = io::Error;

    fn send(
        &mut self,
        item: ServerJsonRpcMessage,
    ) -> impl Future<Output = Result<(), io::Error>> + Send + 'static {
        let answered = match &item {
            JsonRpcMessage::Response(response) => Some(response.id.clone()),
            JsonRpcMessage::Error(error) => error.id.clone(),
            _ => None,
        };
        let place = answered.and_then(|id| lock(&self.open).remove(&id));
        let lines = self.lines.clone();
        async move {
            let bytes = bytes(&item);
            drop(item);
            lines
                .send(Line { bytes, place })
                .await
                .map_err(|_| io::ErrorKind::BrokenPipe.into())
        }
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            while !self.received.is_empty() {
                if let Some(message) = self.take().await {
                    return Some(message);
                }
            }
            if self.is_ended || self.lines.is_closed() {
                return None;
            }
            match self.read_line().await {
                Ok(Read::Line) => {
                    self.received.extend(message::read(&self.line));
                    self.line.clear();
                    // Release a long line's memory.
                    self.line.shrink_to(64 * 1024);
                }
                Ok(Read::TooLong) => self
                    .received
                    .push_back(Received::Refused(message::too_long())),
                Ok(Read::End) | Err(_) => return None,
            }
        }
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        // Pending lines are still written: the writer ends with the last sender.
        self.places.close();
        Ok(())
    }
}

async fn write(mut lines: mpsc::Receiver<Line>, mut writer: impl AsyncWrite + Unpin) {
    while let Some(Line { mut bytes, place }) = lines.recv().await {
        bytes.push(b'\n');
        let written = async {
            writer.write_all(&bytes).await?;
            writer.flush().await
        };
        if written.await.is_err() {
            // The client is gone. Closing the channel tells the reader.
            return;
        }
        drop(place);
    }
}

fn bytes(item: &impl Serialize) -> Vec<u8> {
    // The server's own messages always serialize.
    serde_json::to_vec(item).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, DuplexStream};

    use super::*;

    fn request(id: usize) -> String {
        format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"ping\"}}\n")
    }

    fn pair() -> (DuplexStream, DuplexStream, Stdio<DuplexStream>) {
        let (client_out, server_in) = tokio::io::duplex(1 << 20);
        let (server_out, client_in) = tokio::io::duplex(1024);
        (client_out, client_in, Stdio::new(server_in, server_out).0)
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_reads_nothing_is_not_read_any_further() -> io::Result<()> {
        let (mut client, mut answers, mut stdio) = pair();
        for id in 0..4_000 {
            client.write_all(request(id).as_bytes()).await?;
        }
        let mut taken = Vec::new();
        while let Ok(Some(message)) =
            tokio::time::timeout(Duration::from_secs(1), stdio.receive()).await
        {
            taken.push(message);
        }
        assert_eq!(taken.len(), REQUESTS);
        // A written response makes room for one more request.
        let answer = ServerJsonRpcMessage::response(
            rmcp::model::ServerResult::empty(()),
            RequestId::Number(0),
        );
        stdio.send(answer).await?;
        let mut byte = [0];
        answers.read_exact(&mut byte).await?;
        assert!(stdio.receive().await.is_some());
        Ok(())
    }

    #[tokio::test]
    async fn an_id_in_use_is_refused_and_a_cancelled_one_is_free() -> io::Result<()> {
        let (mut client, mut answers, mut stdio) = pair();
        let cancel =
            r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#;
        let open = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"n","version":"1"}}}"#;
        let text = [
            open,
            "\n",
            &request(1),
            &request(1),
            cancel,
            "\n",
            &request(1),
        ]
        .concat();
        client.write_all(text.as_bytes()).await?;
        drop(client);
        let mut count = 0;
        while stdio.receive().await.is_some() {
            count += 1;
        }
        assert_eq!(count, 4);
        drop(stdio);
        let mut told = String::new();
        answers.read_to_string(&mut told).await?;
        assert_eq!(told.lines().count(), 1);
        assert!(
            told.contains("-32600") && told.contains(r#""id":1"#),
            "{told}"
        );
        Ok(())
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_told_and_passed_over() -> io::Result<()> {
        let (mut client, mut answers, mut stdio) = pair();
        let writing = tokio::spawn(async move {
            let piece = vec![b'x'; 1 << 20];
            for _ in 0..17 {
                client.write_all(&piece).await?;
            }
            client.write_all(b"\n").await?;
            client.write_all(request(1).trim_end().as_bytes()).await
        });
        assert!(stdio.receive().await.is_some());
        writing.await.map_err(io::Error::other)??;
        assert!(stdio.receive().await.is_none());
        drop(stdio);
        let mut told = String::new();
        answers.read_to_string(&mut told).await?;
        assert_eq!(told.lines().count(), 1, "{told}");
        Ok(())
    }
}
