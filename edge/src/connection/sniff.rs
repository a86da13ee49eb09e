//! HTTP/2 in cleartext by prior knowledge, told from HTTP/1 by its first bytes (RFC 9113 section 3.4).

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use bytes::BytesMut;
use portcullis_telemetry::metrics::RefusedCause;

use super::Connection;
use crate::deadline::Deadline;
use crate::h1::Wire;
use crate::socket::{Rewound, Socket};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Serves whichever protocol the first bytes are of. A request shorter than the preface is not waited upon: the first
/// byte that differs decides.
pub(super) async fn serve(conn: &Arc<Connection>, socket: Socket) {
    let mut wire = Wire::new(socket);
    let mut deadline = Deadline::default();
    deadline.after(conn.see().listener.limits.head_timeout.into());
    let http2 = poll_fn(|cx| {
        loop {
            match verdict(&wire.input) {
                Some(http2) => return Poll::Ready(Some(http2)),
                None => match wire.poll_fill(cx) {
                    Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(None),
                    Poll::Ready(Ok(_)) => {}
                    Poll::Pending => break,
                },
            }
        }
        deadline.poll_expired(cx).map(|()| None)
    })
    .await;
    match http2 {
        Some(false) => super::h1::serve(conn, wire).await,
        Some(true) => {
            let (socket, input) = wire.into_parts();
            super::h2::serve(conn, Socket::Rewound(Box::new(Rewound::new(socket, input)))).await;
        }
        None => conn.gate.metrics.refused(RefusedCause::IdleTimeout),
    }
}

fn verdict(input: &BytesMut) -> Option<bool> {
    let n = input.len().min(PREFACE.len());
    if input[..n] != PREFACE[..n] {
        Some(false)
    } else if n == PREFACE.len() {
        Some(true)
    } else {
        None
    }
}
