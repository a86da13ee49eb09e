//! The one loop that moves bodies between the two sides, whatever protocol each of them speaks.
//!
//! Both directions run at once: an upstream may answer before the request has ended, and a downstream that goes
//! away is noticed while the upstream is still silent. A side is asked for more only while what is queued for the
//! other one is short, so a slow reader slows its writer down and nothing is ever held whole.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use pingora_http::ResponseHeader;

use crate::deadline::Deadline;
use crate::failure::{Failure, Kind};
use crate::hop_by_hop;
use crate::message::{Downstream, Frame, Upstream};

/// What a downstream must take within its write timeout to count as reading: one that takes a byte now and then
/// holds a stream open for ever.
pub(crate) const PROGRESS_BYTES: usize = 4 * 1024;
/// Bytes queued for one side up to which the other side is asked for more.
const QUEUE_BYTES: usize = 64 * 1024;

/// How long each wait may last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waits {
    /// Silence within a request body.
    pub(crate) body: Duration,
    /// Fewest bytes a second of a request body, once `body_rate_after` has passed.
    pub(crate) body_rate: u64,
    pub(crate) body_rate_after: Duration,
    /// A downstream that takes nothing.
    pub(crate) downstream_write: Duration,
    /// An upstream that takes nothing.
    pub(crate) upstream_write: Duration,
    /// An upstream that sends nothing while it is its turn.
    pub(crate) upstream_read: Duration,
    /// Silence of a stream in both directions.
    pub(crate) idle: Duration,
    /// When the whole exchange must have ended.
    pub(crate) end: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Upload {
    /// Frames of the request body are still to come.
    Running,
    /// The upstream has been sent the whole request.
    Ended,
    /// The upstream takes no more of it; what it has to say is still awaited.
    Stopped,
}

/// An exchange between two sides.
pub(crate) struct Relay<'a> {
    pub(crate) down: &'a mut dyn Downstream,
    pub(crate) up: &'a mut dyn Upstream,
    waits: Waits,
    deadline: &'a mut Deadline,
    upload: Upload,
    /// Whether silence is normal, as in event streams and tunnels.
    streaming: bool,
    begun: Instant,
    moved: Instant,
    /// When the downstream last took something, or something was first queued for it.
    taken: Instant,
    down_queued: usize,
    up_queued: usize,
    /// Bytes of the request body read.
    pub(crate) received: u64,
    /// Whether the final response head is there.
    answered: bool,
}

impl<'a> Relay<'a> {
    pub(crate) fn new(
        down: &'a mut dyn Downstream,
        up: &'a mut dyn Upstream,
        waits: Waits,
        deadline: &'a mut Deadline,
    ) -> Self {
        let now = Instant::now();
        Self {
            down,
            up,
            waits,
            deadline,
            upload: Upload::Running,
            streaming: false,
            begun: now,
            moved: now,
            taken: now,
            down_queued: 0,
            up_queued: 0,
            received: 0,
            answered: false,
        }
    }

    /// The final response head is there.
    pub(crate) fn answered(&mut self) {
        self.answered = true;
    }

    /// Silence is normal from now on.
    pub(crate) fn streaming(&mut self) {
        self.streaming = true;
    }

    /// The request has no body, or all of it is queued.
    pub(crate) fn upload_ended(&mut self) {
        self.upload = Upload::Ended;
    }

    /// Whether the upstream has been sent the whole request.
    pub(crate) fn is_upload_ended(&self) -> bool {
        self.upload == Upload::Ended
    }

    /// Both sides are tunnels now: what comes from the downstream goes up again.
    pub(crate) fn tunnel(&mut self) {
        self.up.tunnel();
        self.upload = Upload::Running;
        self.streaming = true;
    }

    /// The next response head, while the request body moves.
    pub(crate) async fn head(&mut self) -> Result<ResponseHeader, Failure> {
        poll_fn(|cx| {
            self.poll_upload(cx)?;
            match self.up.poll_head(cx) {
                Poll::Ready(Ok(head)) => {
                    self.moved = Instant::now();
                    self.answered = !head.status.is_informational()
                        || head.status == http::StatusCode::SWITCHING_PROTOCOLS;
                    return Poll::Ready(Ok(head));
                }
                Poll::Ready(Err(failure)) => return Poll::Ready(Err(failure)),
                Poll::Pending => {}
            }
            // Informational responses go out at once.
            self.poll_downstream_flush(cx)?;
            self.poll_deadline(cx)
        })
        .await
    }

    /// The next frame of the response body, while the request body moves and what is queued goes out.
    pub(crate) async fn frame(&mut self) -> Result<Frame, Failure> {
        poll_fn(|cx| {
            self.poll_upload(cx)?;
            loop {
                let full = self.down.queued() >= QUEUE_BYTES;
                if !full {
                    match self.up.poll_frame(cx) {
                        Poll::Ready(Ok(frame)) => {
                            self.moved = Instant::now();
                            return Poll::Ready(Ok(frame));
                        }
                        Poll::Ready(Err(failure)) => return Poll::Ready(Err(failure)),
                        Poll::Pending => {}
                    }
                }
                self.poll_downstream_flush(cx)?;
                if !full || self.down.queued() >= QUEUE_BYTES {
                    break;
                }
            }
            self.poll_deadline(cx)
        })
        .await
    }

    /// Waits for somebody else's work, a filter's, while both directions move.
    pub(crate) async fn meanwhile<T>(
        &mut self,
        work: impl Future<Output = T>,
    ) -> Result<T, Failure> {
        let mut work = pin!(work);
        poll_fn(|cx| {
            if let Poll::Ready(done) = work.as_mut().poll(cx) {
                return Poll::Ready(Ok(done));
            }
            self.poll_upload(cx)?;
            self.poll_downstream_flush(cx)?;
            Poll::Pending
        })
        .await
    }

    fn poll_upload(&mut self, cx: &mut Context<'_>) -> Result<(), Failure> {
        loop {
            let running = self.upload == Upload::Running;
            let mut silent = false;
            while self.upload == Upload::Running && !silent && self.up.queued() < QUEUE_BYTES {
                silent = !self.take_request_frame(cx)?;
            }
            if !running
                && self.upload == Upload::Ended
                && let Poll::Ready(Err(failure)) = self.down.poll_frame(cx)
            {
                return Err(failure);
            }
            match self.up.poll_flush(cx) {
                Poll::Ready(Ok(())) | Poll::Pending => {}
                // An upstream that has answered may stop reading; one that has not says why by what it sends next.
                Poll::Ready(Err(_)) => self.upload = Upload::Stopped,
            }
            let queued = self.up.queued();
            if queued != self.up_queued {
                self.up_queued = queued;
                self.moved = Instant::now();
            }
            // Every side must have been asked to wake us before this returns: the downstream for more or for its
            // going away, or, where the queue is full, the upstream for room.
            let ended = running && self.upload == Upload::Ended;
            let room = self.upload == Upload::Running && !silent && queued < QUEUE_BYTES;
            if !ended && !room {
                return Ok(());
            }
        }
    }

    /// Moves one frame up; false when there is none yet.
    fn take_request_frame(&mut self, cx: &mut Context<'_>) -> Result<bool, Failure> {
        let frame = match self.down.poll_frame(cx) {
            Poll::Ready(frame) => frame?,
            Poll::Pending => return Ok(false),
        };
        self.moved = Instant::now();
        let frame = match frame {
            Frame::Data(bytes) => {
                self.received += bytes.len() as u64;
                Frame::Data(bytes)
            }
            Frame::Trailers(mut fields) => {
                self.upload = Upload::Ended;
                hop_by_hop::clean_trailers(&mut fields);
                Frame::Trailers(fields)
            }
            Frame::End => {
                self.upload = Upload::Ended;
                Frame::End
            }
        };
        self.up.send(frame)?;
        Ok(true)
    }

    fn poll_downstream_flush(&mut self, cx: &mut Context<'_>) -> Result<(), Failure> {
        if let Poll::Ready(Err(failure)) = self.down.poll_flush(cx) {
            return Err(failure);
        }
        self.note_downstream_progress();
        Ok(())
    }

    fn note_downstream_progress(&mut self) {
        let queued = self.down.queued();
        if queued == self.down_queued {
            return;
        }
        let taken = self.down_queued.saturating_sub(queued);
        if self.down_queued == 0 || queued == 0 || taken >= PROGRESS_BYTES {
            // What is queued behind it does not make a reader that stands still move.
            self.taken = Instant::now();
            self.moved = self.taken;
            self.down_queued = queued;
        } else if queued > self.down_queued {
            self.down_queued = queued;
        }
    }

    /// Which wait this is, and until when.
    fn wait(&self) -> (Kind, Instant) {
        if self.down_queued > 0 {
            let at = self.taken + self.waits.downstream_write;
            return (Kind::DownstreamWriteTimeout, at);
        }
        let (kind, wait) = if self.up_queued > 0 {
            (Kind::UpstreamWriteTimeout, self.waits.upstream_write)
        } else if self.streaming {
            (Kind::IdleTimeout, self.waits.idle)
        } else if self.upload == Upload::Running {
            (Kind::RequestBodyTimeout, self.waits.body)
        } else {
            (Kind::UpstreamReadTimeout, self.waits.upstream_read)
        };
        (kind, self.moved + wait)
    }

    /// Pending, or the failure whose time has come.
    fn poll_deadline<T>(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, Failure>> {
        let (mut kind, mut at) = self.wait();
        if let Some(slow) = self.too_slow_at()
            && slow < at
        {
            (kind, at) = (Kind::RequestBodyTimeout, slow);
        }
        if let Some(end) = self.waits.end
            && end < at
        {
            (kind, at) = (Kind::RouteTimeout, end);
        }
        self.deadline.at(Some(at));
        self.deadline.poll_expired(cx).map(|()| Err(kind.into()))
    }

    /// When the request body falls below its least rate. Not asked of streams, and not while it is us who wait.
    fn too_slow_at(&self) -> Option<Instant> {
        if self.upload != Upload::Running || self.streaming || self.answered || self.up_queued > 0 {
            return None;
        }
        slow_at(self.begun, self.received, &self.waits)
    }
}

/// When a body that began then and has so many bytes falls below its least rate.
pub(crate) fn slow_at(begun: Instant, received: u64, waits: &Waits) -> Option<Instant> {
    if waits.body_rate == 0 {
        return None;
    }
    let covered = Duration::from_millis(received.saturating_mul(1000) / waits.body_rate);
    Some(begun + waits.body_rate_after.max(covered))
}

/// Waits for a connection for as long as the downstream stays and the exchange may take.
pub(crate) async fn while_connected<T>(
    down: &mut dyn Downstream,
    deadline: &mut Deadline,
    end: Option<Instant>,
    connecting: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let mut connecting = pin!(connecting);
    deadline.at(end);
    poll_fn(|cx| {
        if let Poll::Ready(connected) = connecting.as_mut().poll(cx) {
            return Poll::Ready(connected);
        }
        // Asked only when its request has ended: otherwise what it sends is for the upstream to come.
        if down.request_ended()
            && let Poll::Ready(Err(failure)) = down.poll_frame(cx)
        {
            return Poll::Ready(Err(failure));
        }
        deadline.poll_expired(cx).map(|()| Err(Kind::RouteTimeout.into()))
    })
    .await
}
