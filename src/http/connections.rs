//! Limits the connections that a local server has open. A client that is slow to send its request gives way to the next
//! one.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

/// The pause after a failed accept; the likely cause is a lack of file handles.
const PAUSE: Duration = Duration::from_millis(20);

/// Whether a connection's request is being answered; then it doesn't give way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Busy(Arc<AtomicBool>);

impl Busy {
    /// Sets the state.
    pub(crate) fn set(&self, busy: bool) {
        self.0.store(busy, Ordering::Release);
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Accepts connections while polled, at most `most` at a time. Each is served by its own task, which ends with this
/// future.
pub(crate) async fn serve<F>(
    listener: TcpListener,
    most: usize,
    converse: impl Fn(TcpStream, Busy) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    // Oldest first.
    let mut open: Vec<(AbortHandle, Busy)> = Vec::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(_) => {
                    // Retrying at once would only burn time; closing a silent client frees its handle.
                    give_way(&mut open);
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            },
            Some(_) = tasks.join_next() => {
                open.retain(|(task, _)| !task.is_finished());
                continue;
            }
        };
        open.retain(|(task, _)| !task.is_finished());
        if open.len() >= most && !give_way(&mut open) {
            // All connections are busy, so reject this one.
            continue;
        }
        let busy = Busy::default();
        let task = tasks.spawn(converse(stream, busy.clone()));
        open.push((task, busy));
    }
}

/// Closes the oldest connection that isn't busy.
fn give_way(open: &mut Vec<(AbortHandle, Busy)>) -> bool {
    let Some(at) = open.iter().position(|(_, busy)| !busy.is_set()) else {
        return false;
    };
    let (task, _) = open.remove(at);
    task.abort();
    true
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn the_oldest_silent_client_gives_way_and_one_at_work_does_not() -> std::io::Result<()> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let server = tokio::spawn(serve(listener, 2, |mut stream, busy| async move {
            // A connection is busy from its first byte on.
            if stream.read_u8().await.is_ok() {
                busy.set(true);
                let _ = stream.write_all(b"!").await;
                let _ = stream.read_u8().await;
            }
        }));
        let connect = || TcpStream::connect(address);
        let mut at_work = connect().await?;
        at_work.write_all(b"a").await?;
        assert_eq!(at_work.read_u8().await?, b'!');
        let mut silent = connect().await?;
        // Wait until the server has accepted it.
        let mut next = connect().await?;
        assert!(silent.read_u8().await.is_err());
        next.write_all(b"b").await?;
        assert_eq!(next.read_u8().await?, b'!');
        // Both are busy: a third is rejected, and they go on.
        assert!(connect().await?.read_u8().await.is_err());
        at_work.write_all(b"c").await?;
        assert!(at_work.read_u8().await.is_err());
        server.abort();
        Ok(())
    }
}
