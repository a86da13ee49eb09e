//! Collecting a request body before anything is decided about it.

use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;

use crate::budget::Share;
use crate::deadline::Deadline;
use crate::failure::{Failure, Kind};
use crate::hop_by_hop;
use crate::message::{Downstream, Frame, Length};
use crate::relay::{Waits, slow_at};

/// What was collected of a request body.
#[derive(Debug)]
pub(crate) struct Collected {
    /// The bytes, in one piece.
    pub(crate) bytes: Bytes,
    /// Whether these are all.
    pub(crate) complete: bool,
    /// Trailer fields of a complete body.
    pub(crate) trailers: Option<HeaderMap>,
    /// Holds the budget for as long as the bytes are held.
    _share: Share,
}

impl Collected {
    /// The body of a request that has none.
    pub(crate) fn empty(share: Share) -> Self {
        Self { bytes: Bytes::new(), complete: true, trailers: None, _share: share }
    }
}

/// How much is collected.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound {
    pub(crate) bytes: usize,
    /// Whether a larger body passes after its first part was inspected.
    pub(crate) partial: bool,
}

/// Collects a request body up to the bound.
pub(crate) async fn collect(
    down: &mut dyn Downstream,
    length: Length,
    bound: Bound,
    waits: &Waits,
    deadline: &mut Deadline,
    share: Share,
) -> Result<Collected, Failure> {
    if let Length::Exact(n) = length
        && n > bound.bytes as u64
        && !bound.partial
    {
        return Err(Kind::RequestBodyTooLarge.into());
    }
    let mut collecting = Collecting {
        first: Bytes::new(),
        more: BytesMut::new(),
        received: 0,
        begun: Instant::now(),
        moved: Instant::now(),
        bound,
        share,
    };
    let (complete, trailers) = poll_fn(|cx| collecting.poll(cx, down, waits, deadline)).await?;
    Ok(Collected { bytes: collecting.joined(), complete, trailers, _share: collecting.share })
}

struct Collecting {
    /// A body that comes in one piece is not copied.
    first: Bytes,
    more: BytesMut,
    received: u64,
    begun: Instant,
    moved: Instant,
    bound: Bound,
    share: Share,
}

impl Collecting {
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        down: &mut dyn Downstream,
        waits: &Waits,
        deadline: &mut Deadline,
    ) -> Poll<Result<(bool, Option<HeaderMap>), Failure>> {
        loop {
            match down.poll_frame(cx) {
                Poll::Ready(Ok(Frame::Data(bytes))) => {
                    self.push(bytes)?;
                    if self.received > self.bound.bytes as u64 {
                        return Poll::Ready(if self.bound.partial {
                            Ok((false, None))
                        } else {
                            Err(Kind::RequestBodyTooLarge.into())
                        });
                    }
                }
                Poll::Ready(Ok(Frame::End)) => return Poll::Ready(Ok((true, None))),
                Poll::Ready(Ok(Frame::Trailers(mut fields))) => {
                    hop_by_hop::clean_trailers(&mut fields);
                    return Poll::Ready(Ok((true, Some(fields))));
                }
                Poll::Ready(Err(failure)) => return Poll::Ready(Err(failure)),
                Poll::Pending => break,
            }
        }
        // A 100 Continue may be waiting to go out.
        if let Poll::Ready(Err(failure)) = down.poll_flush(cx) {
            return Poll::Ready(Err(failure));
        }
        let silent = self.moved + waits.body;
        let slow = slow_at(self.begun, self.received, waits);
        let mut at = slow.map_or(silent, |slow| slow.min(silent));
        let mut kind = Kind::RequestBodyTimeout;
        if let Some(end) = waits.end
            && end < at
        {
            (kind, at) = (Kind::RouteTimeout, end);
        }
        deadline.at(Some(at));
        match deadline.poll_expired(cx) {
            Poll::Ready(()) => Poll::Ready(Err(kind.into())),
            Poll::Pending => Poll::Pending,
        }
    }

    fn push(&mut self, bytes: Bytes) -> Result<(), Failure> {
        if !self.share.grow(bytes.len()) {
            return Err(Kind::BufferBudget.into());
        }
        self.received += bytes.len() as u64;
        self.moved = Instant::now();
        if self.first.is_empty() {
            self.first = bytes;
        } else {
            if self.more.is_empty() {
                self.more.extend_from_slice(&self.first);
            }
            self.more.extend_from_slice(&bytes);
        }
        Ok(())
    }

    fn joined(&mut self) -> Bytes {
        if self.more.is_empty() {
            std::mem::take(&mut self.first)
        } else {
            self.more.split().freeze()
        }
    }
}
