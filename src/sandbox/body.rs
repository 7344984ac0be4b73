//! Response bodies, sent whole, slowly in pieces, or cut off.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

const PIECES: usize = 10;

#[derive(Default)]
pub(crate) struct ResponseBody {
    pieces: VecDeque<Bytes>,
    pause: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
    /// Bytes that `Content-Length` promises but the body never sends.
    missing: u64,
    /// Pieces sent as they are produced.
    stream: Option<BoxStream<'static, Bytes>>,
}

impl ResponseBody {
    /// A body sent at once.
    pub(crate) fn whole(bytes: Bytes) -> Self {
        let pieces = if bytes.is_empty() {
            VecDeque::new()
        } else {
            VecDeque::from([bytes])
        };
        Self {
            pieces,
            ..Self::default()
        }
    }

    /// A body in ten pieces, with a pause before each.
    pub(crate) fn slow(bytes: Bytes, pause: Duration) -> Self {
        let length = bytes.len().div_ceil(PIECES).max(1);
        let pieces = bytes.chunks(length).map(Bytes::copy_from_slice).collect();
        Self {
            pieces,
            pause,
            ..Self::default()
        }
    }

    /// A body whose pieces are sent as they are produced; its length is unknown.
    pub(crate) fn stream(stream: BoxStream<'static, Bytes>) -> Self {
        Self {
            stream: Some(stream),
            ..Self::default()
        }
    }

    /// A body that stops half-way and closes its connection.
    pub(crate) fn truncated(mut bytes: Bytes) -> Self {
        let length = bytes.len() as u64;
        bytes.truncate(bytes.len() / 2);
        let missing = (length - bytes.len() as u64).max(1);
        Self {
            missing,
            ..Self::whole(bytes)
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(stream) = &mut self.stream {
            return stream
                .poll_next_unpin(context)
                .map(|piece| piece.map(|piece| Ok(Frame::data(piece))));
        }
        if self.pieces.is_empty() {
            return Poll::Ready((self.missing > 0).then(|| {
                self.missing = 0;
                Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "the answer is cut off by a fault",
                ))
            }));
        }
        if !self.pause.is_zero() {
            let pause = self.pause;
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep(pause)));
            match sleep.as_mut().poll(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(()) => self.sleep = None,
            }
        }
        Poll::Ready(self.pieces.pop_front().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty() && self.missing == 0 && self.stream.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        if self.stream.is_some() {
            return SizeHint::default();
        }
        let there: u64 = self.pieces.iter().map(|piece| piece.len() as u64).sum();
        SizeHint::with_exact(there + self.missing)
    }
}
