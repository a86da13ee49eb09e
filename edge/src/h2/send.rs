//! Sending frames on an HTTP/2 stream as its window allows.

use std::collections::VecDeque;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use h2::{Reason, SendStream};
use http::HeaderMap;

/// Bytes, and how the stream ends after them.
pub(crate) struct Sender {
    stream: SendStream<Bytes>,
    pending: VecDeque<Bytes>,
    queued: usize,
    end: End,
}

enum End {
    Open,
    Asked,
    Trailers(HeaderMap),
    Sent,
}

impl Sender {
    pub(crate) fn new(stream: SendStream<Bytes>) -> Self {
        Self { stream, pending: VecDeque::new(), queued: 0, end: End::Open }
    }

    pub(crate) fn data(&mut self, bytes: Bytes) {
        self.queued += bytes.len();
        self.pending.push_back(bytes);
    }

    pub(crate) fn end(&mut self, trailers: Option<HeaderMap>) {
        self.end = trailers.map_or(End::Asked, End::Trailers);
    }

    /// Bytes waiting for the window.
    pub(crate) fn queued(&self) -> usize {
        self.queued
    }

    /// Whether the end has been handed over.
    pub(crate) fn is_ended(&self) -> bool {
        matches!(self.end, End::Sent)
    }

    /// The stream has ended with its head.
    pub(crate) fn ended_with_head(&mut self) {
        self.end = End::Sent;
    }

    pub(crate) fn poll_reset(&mut self, cx: &mut Context<'_>) -> Poll<Result<Reason, h2::Error>> {
        self.stream.poll_reset(cx)
    }

    pub(crate) fn reset(&mut self, reason: Reason) {
        self.stream.send_reset(reason);
    }

    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), h2::Error>> {
        while let Some(front) = self.pending.front_mut() {
            self.stream.reserve_capacity(self.queued);
            let room = match self.stream.capacity() {
                0 => match ready!(self.stream.poll_capacity(cx)) {
                    Some(room) => room?,
                    None => return Poll::Ready(Err(Reason::STREAM_CLOSED.into())),
                },
                room => room,
            };
            if room == 0 {
                continue;
            }
            let n = room.min(front.len());
            let part = front.copy_to_bytes(n);
            if front.is_empty() {
                self.pending.pop_front();
            }
            self.queued -= n;
            let last = self.pending.is_empty() && matches!(self.end, End::Asked);
            self.stream.send_data(part, last)?;
            if last {
                self.end = End::Sent;
            }
        }
        match std::mem::replace(&mut self.end, End::Sent) {
            End::Open => self.end = End::Open,
            End::Asked => self.stream.send_data(Bytes::new(), true)?,
            End::Trailers(trailers) => self.stream.send_trailers(trailers)?,
            End::Sent => {}
        }
        Poll::Ready(Ok(()))
    }
}
