//! The exchanges of an HTTP/1 connection, one after the other.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use portcullis_canonical::{RawHead, canonicalise};
use portcullis_telemetry::metrics::RefusedCause;

use super::{Connection, Seen};
use crate::deadline::Deadline;
use crate::exchange::{self, Refusal, request_length};
use crate::h1::downstream::{H1Downstream, NoHead};
use crate::h1::upstream::keeps_alive;
use crate::h1::{HeadBounds, HeadError, Wire, parse_request};
use crate::message::{Downstream as _, Side as _};

/// How long a downstream that still sends is listened to after its answer, so that the answer is not lost to a reset.
const LINGER: Duration = Duration::from_secs(2);
/// Bytes of a request that are read and forgotten meanwhile.
const LINGER_BYTES: u64 = 1024 * 1024;

/// Serves the connection until it ends.
pub(super) async fn serve(conn: &Arc<Connection>, wire: Wire) {
    let mut down = H1Downstream::new(wire);
    let mut deadline = Deadline::default();
    let mut drained = pin!(conn.drained());
    let mut served = 0;
    loop {
        let seen = conn.see_unchanged();
        let bounds = bounds_of(&seen);
        if let Err(cause) = wait(&mut down, &mut deadline, drained.as_mut(), &seen, served).await {
            if served == 0 {
                conn.gate.metrics.refused(cause);
            }
            return;
        }
        deadline.after(seen.listener.limits.head_timeout.into());
        let head = poll_fn(|cx| match down.poll_head(cx, &bounds) {
            Poll::Ready(head) => Poll::Ready(Some(head)),
            Poll::Pending => deadline.poll_expired(cx).map(|()| None),
        });
        let head = head.await;
        let seen = conn.see();
        served += 1;
        match head {
            Some(Ok(head)) => {
                let last = served >= seen.listener.limits.keepalive_requests;
                one(conn, &seen, &mut down, &mut deadline, &head, last).await;
            }
            Some(Err(NoHead::Closed)) => return,
            Some(Err(NoHead::Broken)) => {
                conn.worker.metrics.malformed("head_cut_short");
                return;
            }
            Some(Err(NoHead::Malformed(error))) => {
                refuse(conn, &seen, &mut down, &mut deadline, of_error(error)).await;
            }
            None => {
                let late = Refusal {
                    status: 408,
                    problem: "head_timeout",
                    method: None,
                    target: Bytes::new(),
                };
                refuse(conn, &seen, &mut down, &mut deadline, late).await;
            }
        }
        if !down.reusable() || conn.is_draining() {
            return close(&mut down, &mut deadline).await;
        }
    }
}

fn bounds_of(seen: &Seen) -> HeadBounds {
    let limits = &seen.listener.limits;
    HeadBounds {
        // The request line comes on top of the header lines.
        bytes: limits.headers.in_memory().saturating_add(limits.uri.in_memory()),
        target_bytes: limits.uri.in_memory(),
        lines: limits.headers_count as usize,
    }
}

/// Waits for the first byte of the next request.
async fn wait(
    down: &mut H1Downstream,
    deadline: &mut Deadline,
    mut drained: Pin<&mut impl Future<Output = ()>>,
    seen: &Seen,
    served: u32,
) -> Result<(), RefusedCause> {
    if down.has_input() {
        return Ok(());
    }
    let limits = &seen.listener.limits;
    deadline.after(match served {
        0 => limits.head_timeout.into(),
        _ => limits.keepalive_timeout.into(),
    });
    let mut first = true;
    poll_fn(|cx| {
        match down.poll_input(cx) {
            Poll::Ready(Ok(())) => return Poll::Ready(Ok(())),
            Poll::Ready(Err(_)) => return Poll::Ready(Err(RefusedCause::IdleTimeout)),
            Poll::Pending => {}
        }
        if std::mem::take(&mut first) {
            down.relax();
        }
        if drained.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(RefusedCause::Draining));
        }
        deadline.poll_expired(cx).map(|()| Err(RefusedCause::IdleTimeout))
    })
    .await
}

async fn one(
    conn: &Arc<Connection>,
    seen: &Seen,
    down: &mut H1Downstream,
    deadline: &mut Deadline,
    bytes: &Bytes,
    last: bool,
) {
    let head = match parse_request(bytes, &bounds_of(seen)) {
        Ok(head) => head,
        Err(error) => return refuse(conn, seen, down, deadline, of_error(error)).await,
    };
    let raw = RawHead {
        method: &head.method,
        target: &head.target,
        authority: None,
        version: head.version,
        headers: &head.headers,
        tls: conn.facts.tls.is_some(),
    };
    match canonicalise(&raw, &seen.listener.policy) {
        Ok(canonical) => {
            let keep = !last && !conn.is_draining() && keeps_alive(head.version, &head.headers);
            down.begin(&head, request_length(&canonical), keep);
            exchange::serve(conn, seen, down, deadline, head, canonical).await;
        }
        Err(malformed) => {
            let refusal = Refusal {
                status: malformed.status(),
                problem: malformed.name(),
                method: Some(head.method),
                target: head.target,
            };
            refuse(conn, seen, down, deadline, refusal).await;
        }
    }
}

fn of_error(error: HeadError) -> Refusal {
    Refusal { status: error.status(), problem: error.name(), method: None, target: Bytes::new() }
}

async fn refuse(
    conn: &Arc<Connection>,
    seen: &Seen,
    down: &mut H1Downstream,
    deadline: &mut Deadline,
    refusal: Refusal,
) {
    down.begin_refused();
    exchange::refuse(conn, seen, down, deadline, refusal).await;
}

/// Closes in the order of RFC 9112 section 9.6: our half first, then what still comes is read for a while.
async fn close(down: &mut H1Downstream, deadline: &mut Deadline) {
    if !down.closes_in_order() || down.queued() > 0 {
        return;
    }
    let unread = !down.request_ended() || down.has_input() || down.was_refused();
    let begun = down.received();
    deadline.after(LINGER);
    poll_fn(|cx| {
        if down.poll_shutdown(cx).is_ready() {
            if !unread {
                return Poll::Ready(());
            }
            if down.poll_discard(cx).is_ready() || down.received() - begun > LINGER_BYTES {
                return Poll::Ready(());
            }
        }
        deadline.poll_expired(cx)
    })
    .await;
}
