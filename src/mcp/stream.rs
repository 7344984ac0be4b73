//! Standard input and output, without a thread each if they are pipes or sockets (which Node's clients use).

use tokio::io::{AsyncRead, AsyncWrite};

#[cfg(unix)]
use std::os::fd::AsFd;
#[cfg(unix)]
use std::os::unix::net::UnixStream;
#[cfg(target_os = "linux")]
use tokio::net::unix::pipe;

type Reader = Box<dyn AsyncRead + Send + Unpin>;
type Writer = Box<dyn AsyncWrite + Send + Unpin>;

/// The streams that are sockets. Drop makes them blocking again, because other processes may share them.
#[cfg(unix)]
#[derive(Debug, Default)]
pub(super) struct Sockets(Vec<UnixStream>);

/// Standard input and output.
#[cfg(unix)]
pub(super) fn standard() -> (Reader, Writer, Sockets) {
    let mut sockets = Sockets::default();
    (reader(&mut sockets), writer(&mut sockets), sockets)
}

/// Standard input and output.
#[cfg(not(unix))]
pub(super) fn standard() -> (Reader, Writer, ()) {
    let (reader, writer) = (tokio::io::stdin(), tokio::io::stdout());
    (Box::new(reader), Box::new(writer), ())
}

#[cfg(unix)]
fn reader(sockets: &mut Sockets) -> Reader {
    // Reopening the pipe leaves other processes' descriptors blocking.
    #[cfg(target_os = "linux")]
    if let Ok(pipe) = pipe::OpenOptions::new().open_receiver("/proc/self/fd/0") {
        return Box::new(pipe);
    }
    match sockets.take(std::io::stdin()) {
        Some(socket) => Box::new(socket),
        None => Box::new(tokio::io::stdin()),
    }
}

#[cfg(unix)]
fn writer(sockets: &mut Sockets) -> Writer {
    #[cfg(target_os = "linux")]
    if let Ok(pipe) = pipe::OpenOptions::new().open_sender("/proc/self/fd/1") {
        return Box::new(pipe);
    }
    match sockets.take(std::io::stdout()) {
        Some(socket) => Box::new(socket),
        None => Box::new(tokio::io::stdout()),
    }
}

#[cfg(unix)]
impl Sockets {
    /// The stream as a socket, if it is one.
    fn take(&mut self, stream: impl AsFd) -> Option<tokio::net::UnixStream> {
        let socket = UnixStream::from(stream.as_fd().try_clone_to_owned().ok()?);
        socket.local_addr().ok()?;
        let kept = socket.try_clone().ok()?;
        socket.set_nonblocking(true).ok()?;
        self.0.push(kept);
        tokio::net::UnixStream::from_std(socket).ok()
    }
}

#[cfg(unix)]
impl Drop for Sockets {
    fn drop(&mut self) {
        for socket in &self.0 {
            // An error means that the stream has gone.
            let _ = socket.set_nonblocking(false);
        }
    }
}
