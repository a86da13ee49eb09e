//! A byte stream with an input buffer and an output queue.

use std::collections::VecDeque;
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker, ready};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWrite};

use crate::socket::Socket;

/// Pieces up to this size are copied behind what is already queued, so that a head and a small body leave in one
/// write. Larger ones are queued as they are.
const COPY_BYTES: usize = 4 * 1024;
/// Room made at once for a head.
const HEAD_BYTES: usize = 1024;
/// First and smallest size of a read. A connection that only carries small messages never holds more.
const READ_BYTES_MIN: usize = 4 * 1024;
/// Largest size of a read.
const READ_BYTES_MAX: usize = 64 * 1024;
/// Pieces handed to one vectored write.
const WRITE_PIECES: usize = 16;

/// A byte stream with an input buffer and an output queue.
pub(crate) struct Wire {
    socket: Socket,
    pub(crate) input: BytesMut,
    pieces: VecDeque<Bytes>,
    tail: BytesMut,
    queued: usize,
    unflushed: bool,
    read_bytes: usize,
    eof: bool,
    received: u64,
}

impl Wire {
    pub(crate) fn new(socket: Socket) -> Self {
        Self::with_input(socket, BytesMut::new())
    }

    /// A stream of which some bytes have been read already.
    pub(crate) fn with_input(socket: Socket, input: BytesMut) -> Self {
        Self {
            socket,
            input,
            pieces: VecDeque::new(),
            tail: BytesMut::new(),
            queued: 0,
            unflushed: false,
            read_bytes: READ_BYTES_MIN,
            eof: false,
            received: 0,
        }
    }

    /// Bytes read from the transport so far.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// Reads once into the input buffer. Zero bytes mean that the other side has finished sending.
    pub(crate) fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.eof {
            return Poll::Ready(Ok(0));
        }
        if self.input.capacity() - self.input.len() < READ_BYTES_MIN / 2 {
            self.input.reserve(self.read_bytes);
        }
        let room = self.input.capacity() - self.input.len();
        let n = ready!(pin!(self.socket.read_buf(&mut self.input)).poll(cx))?;
        if n == room {
            self.read_bytes = (self.read_bytes * 2).min(READ_BYTES_MAX);
        }
        self.eof = n == 0;
        self.received += n as u64;
        Poll::Ready(Ok(n))
    }

    /// Gives the input buffer back while nothing is expected soon.
    pub(crate) fn relax(&mut self) {
        if self.input.is_empty() {
            self.input = BytesMut::new();
            self.read_bytes = READ_BYTES_MIN;
        }
    }

    /// Where heads and chunk sizes are written.
    pub(crate) fn write_with(&mut self, write: impl FnOnce(&mut BytesMut)) {
        if self.tail.is_empty() {
            self.tail.reserve(HEAD_BYTES);
        }
        let before = self.tail.len();
        write(&mut self.tail);
        self.queued += self.tail.len() - before;
    }

    /// Queues body bytes.
    pub(crate) fn write_bytes(&mut self, bytes: Bytes) {
        self.queued += bytes.len();
        if bytes.len() <= COPY_BYTES {
            self.tail.extend_from_slice(&bytes);
            return;
        }
        if !self.tail.is_empty() {
            self.pieces.push_back(self.tail.split().freeze());
        }
        self.pieces.push_back(bytes);
    }

    /// Bytes queued and not yet taken by the transport.
    pub(crate) fn queued(&self) -> usize {
        self.queued
    }

    /// Writes everything that is queued and flushes it.
    pub(crate) fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.queued > 0 {
            let n = ready!(self.poll_write_some(cx))?;
            if n == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.advance(n);
            self.unflushed = true;
        }
        if self.unflushed {
            ready!(Pin::new(&mut self.socket).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_write_some(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.pieces.is_empty() {
            return Pin::new(&mut self.socket).poll_write(cx, &self.tail);
        }
        let mut slices = [IoSlice::new(&[]); WRITE_PIECES];
        let mut count = 0;
        let tail = (!self.tail.is_empty()).then_some(&self.tail[..]);
        let all = self.pieces.iter().map(|p| &p[..]).chain(tail);
        for (slot, piece) in slices.iter_mut().zip(all) {
            *slot = IoSlice::new(piece);
            count += 1;
        }
        if self.socket.is_write_vectored() {
            Pin::new(&mut self.socket).poll_write_vectored(cx, &slices[..count])
        } else {
            Pin::new(&mut self.socket).poll_write(cx, &slices[0])
        }
    }

    fn advance(&mut self, mut n: usize) {
        self.queued -= n;
        while let Some(front) = self.pieces.front_mut() {
            if n < front.len() {
                front.advance(n);
                return;
            }
            n -= front.len();
            self.pieces.pop_front();
        }
        self.tail.advance(n);
    }

    /// Lets the connection end with a reset instead of an orderly close.
    pub(crate) fn reset_when_dropped(&self) {
        self.socket.reset_when_dropped();
    }

    /// Closes the sending half.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(cx))?;
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }

    /// Whether nothing was read, nothing is queued, and the other side neither closes nor says anything: what it said
    /// unasked would be taken for the answer to the next request.
    pub(crate) fn is_quiet(&mut self) -> bool {
        let mut byte = [0; 1];
        let mut cx = Context::from_waker(Waker::noop());
        self.input.is_empty()
            && self.queued == 0
            && !self.eof
            && pin!(self.socket.read(&mut byte)).poll(&mut cx).is_pending()
    }

    /// The byte stream and what was read of it.
    pub(crate) fn into_parts(self) -> (Socket, BytesMut) {
        (self.socket, self.input)
    }
}
