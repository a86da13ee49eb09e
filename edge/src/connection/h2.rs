//! The streams of an HTTP/2 connection, each an exchange of its own.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use h2::RecvStream;
use h2::server::{Builder, SendResponse};
use http::Request;
use pingora_core::protocols::http::v2::server::default_h2_options;
use portcullis_canonical::{RawHead, canonicalise};
use portcullis_config::Limits;
use portcullis_telemetry::metrics::RefusedCause;

use super::Connection;
use crate::deadline::Deadline;
use crate::exchange::{self, Refusal};
use crate::h1::RequestHead;
use crate::h2::downstream::H2Downstream;
use crate::socket::Socket;

/// Bytes of a response that a stream holds beyond its window.
const SEND_BUFFER_BYTES: usize = 64 * 1024;
/// Streams reset by the downstream that we remember.
const RESET_STREAMS: usize = 20;
/// Streams reset by us for the downstream's errors before the connection is given up.
const LOCAL_ERROR_RESETS: usize = 64;
/// How long streams that were refused or cut are left to wind up when the connection goes.
const CLOSE_WAIT: Duration = Duration::from_secs(1);

/// Counts a running stream.
struct Running(Arc<AtomicUsize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Serves the connection until it ends.
pub(super) async fn serve(conn: &Arc<Connection>, socket: Socket) {
    let seen = conn.see_unchanged();
    let limits = &seen.listener.limits;
    let handshake = options(limits).handshake::<_, Bytes>(socket);
    let wait: Duration = limits.head_timeout.into();
    let Ok(Ok(mut connection)) = tokio::time::timeout(wait, handshake).await else {
        return conn.gate.metrics.refused(RefusedCause::IdleTimeout);
    };
    let running = Arc::new(AtomicUsize::new(0));
    let mut drained = pin!(conn.drained());
    let mut leaving = false;
    let mut deadline = Deadline::default();
    let idle: Duration = limits.h2_idle_timeout.into();
    deadline.after(idle);
    loop {
        let next = poll_fn(|cx| {
            if !leaving && drained.as_mut().poll(cx).is_ready() {
                leaving = true;
                connection.graceful_shutdown();
                deadline.after(CLOSE_WAIT);
            }
            match connection.poll_accept(cx) {
                Poll::Ready(opened) => return Poll::Ready(Some(opened)),
                Poll::Pending => {}
            }
            deadline.poll_expired(cx).map(|()| None)
        });
        let next: Option<Option<Result<Opened, h2::Error>>> = next.await;
        match next {
            Some(Some(Ok((request, respond)))) => {
                running.fetch_add(1, Ordering::Relaxed);
                let running = Running(Arc::clone(&running));
                tokio::spawn(one(Arc::clone(conn), request, respond, running));
            }
            Some(Some(Err(error))) => {
                tracing::debug!(%error, "An HTTP/2 connection broke");
                return;
            }
            Some(None) => return,
            None if running.load(Ordering::Relaxed) > 0 => {
                deadline.after(if leaving { CLOSE_WAIT } else { idle });
            }
            None if leaving => return,
            None => {
                // RFC 9113 section 9.1: tell the downstream, and give it a moment to read that.
                leaving = true;
                connection.graceful_shutdown();
                deadline.after(CLOSE_WAIT);
            }
        }
    }
}

/// A stream that a downstream opened.
type Opened = (Request<RecvStream>, SendResponse<Bytes>);

fn options(limits: &Limits) -> Builder {
    let window =
        |size: portcullis_config::ByteSize| u32::try_from(size.bytes()).unwrap_or(u32::MAX);
    // Pingora's bounded options first: what it bounds and we do not name stays bounded.
    let mut options = default_h2_options();
    options
        .max_header_list_size(window(limits.h2_header_list))
        .max_concurrent_streams(limits.h2_streams)
        .initial_window_size(window(limits.h2_stream_window))
        .initial_connection_window_size(window(limits.h2_connection_window))
        .max_send_buffer_size(SEND_BUFFER_BYTES)
        .max_concurrent_reset_streams(RESET_STREAMS)
        .max_pending_accept_reset_streams(RESET_STREAMS)
        .max_local_error_reset_streams(Some(LOCAL_ERROR_RESETS));
    options
}

async fn one(
    conn: Arc<Connection>,
    request: Request<RecvStream>,
    respond: SendResponse<Bytes>,
    _running: Running,
) {
    let seen = conn.see();
    let (parts, body) = request.into_parts();
    let mut down = H2Downstream::new(&parts.method, body, respond);
    let mut deadline = Deadline::default();
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    let target = Bytes::copy_from_slice(target.as_bytes());
    let authority = parts.uri.authority().map(|authority| authority.as_str());
    let raw = RawHead {
        method: &parts.method,
        target: &target,
        authority,
        version: parts.version,
        headers: &parts.headers,
        tls: conn.facts.tls.is_some(),
    };
    match canonicalise(&raw, &seen.listener.policy) {
        Ok(canonical) => {
            let http::request::Parts { method, version, headers, .. } = parts;
            let head = RequestHead { method, target, version, headers };
            exchange::serve(&conn, &seen, &mut down, &mut deadline, head, canonical).await;
        }
        Err(malformed) => {
            let (status, problem) = (malformed.status(), malformed.name());
            let refusal = Refusal { status, problem, method: Some(parts.method), target };
            exchange::refuse(&conn, &seen, &mut down, &mut deadline, refusal).await;
        }
    }
    down.finish();
}
