//! The connections that a server on this machine has at once: so many and no more. A client that is slow to say what it
//! wants gives way to the next one.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

/// How long the server waits where it can't take a connection, for want of handles most likely.
const PAUSE: Duration = Duration::from_millis(20);

/// Whether a connection's request is being answered: then it is not given up for another.
#[derive(Clone, Debug, Default)]
pub(crate) struct Busy(Arc<AtomicBool>);

impl Busy {
    /// Says whether it is.
    pub(crate) fn set(&self, busy: bool) {
        self.0.store(busy, Ordering::Release);
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Takes connections for as long as it is polled, `most` at once; each is served by a task of its own, which ends with
/// this future.
pub(crate) async fn serve<F>(
    listener: TcpListener,
    most: usize,
    converse: impl Fn(TcpStream, Busy) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    // The oldest first.
    let mut open: Vec<(AbortHandle, Busy)> = Vec::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(_) => {
                    // To try again at once would only burn time; a silent client's handle is one to be had.
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
            // All are at work: this one is turned away.
            continue;
        }
        let busy = Busy::default();
        let task = tasks.spawn(converse(stream, busy.clone()));
        open.push((task, busy));
    }
}

/// Ends the oldest connection that is not at work.
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
            // What begins with a letter is at work from then on.
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
        // Until the server has taken it.
        let mut next = connect().await?;
        assert!(silent.read_u8().await.is_err());
        next.write_all(b"b").await?;
        assert_eq!(next.read_u8().await?, b'!');
        // Both are at work: a third is turned away, and they go on.
        assert!(connect().await?.read_u8().await.is_err());
        at_work.write_all(b"c").await?;
        assert!(at_work.read_u8().await.is_err());
        server.abort();
        Ok(())
    }
}
