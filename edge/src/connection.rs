//! A connection of a downstream: its facts, the snapshot it sees, and the protocol it speaks.

mod h1;
mod h2;
mod sniff;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use portcullis_canonical::Host;
use portcullis_filter::{Downstream, Protocol, Tls};
use portcullis_pipeline::{Listener, Snapshot};
use portcullis_telemetry::metrics::{ExchangeMetrics, RefusedCause};
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::budget::Share;
use crate::listener::Gate;
use crate::relay::Waits;
use crate::socket::Socket;
use crate::worker::Worker;

/// What an exchange sees of the configuration, from beginning to end.
#[derive(Debug)]
pub(crate) struct SeenParts {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) listener: Arc<Listener>,
}

/// See [`SeenParts`].
pub(crate) type Seen = Arc<SeenParts>;

/// What is known of a connection.
pub(crate) struct Facts {
    pub(crate) peer: SocketAddr,
    pub(crate) local: SocketAddr,
    pub(crate) tls: Option<Arc<Tls>>,
    listener: Arc<str>,
    by_protocol: [OnceLock<Arc<Downstream>>; 3],
}

impl Facts {
    /// The facts as filters see them.
    pub(crate) fn downstream(&self, protocol: Protocol) -> Arc<Downstream> {
        let slot = match protocol {
            Protocol::Http10 => &self.by_protocol[0],
            Protocol::Http11 => &self.by_protocol[1],
            Protocol::Http2 => &self.by_protocol[2],
        };
        let made = slot.get_or_init(|| {
            Arc::new(Downstream {
                peer: self.peer,
                local: self.local,
                listener: Arc::clone(&self.listener),
                tls: self.tls.clone(),
                protocol,
            })
        });
        Arc::clone(made)
    }
}

/// A connection of a downstream.
pub(crate) struct Connection {
    pub(crate) worker: Arc<Worker>,
    pub(crate) facts: Facts,
    gate: Arc<Gate>,
    seen: Mutex<Seen>,
    counters: Mutex<Option<(u64, Arc<str>, ExchangeMetrics)>>,
    draining: watch::Receiver<bool>,
}

/// An accepted connection.
pub(crate) struct Accepted {
    pub(crate) stream: TcpStream,
    pub(crate) peer: SocketAddr,
    pub(crate) gate: Arc<Gate>,
    pub(crate) draining: watch::Receiver<bool>,
}

/// Serves a connection to its end.
pub(crate) async fn serve(worker: Arc<Worker>, accepted: Accepted, seen: Seen) {
    let Accepted { stream, peer, gate, draining } = accepted;
    let _ = stream.set_nodelay(true);
    let Ok(local) = stream.local_addr() else { return };
    let (socket, tls, http2) = match Box::pin(secure(stream, &seen)).await {
        Ok(secured) => secured,
        Err(cause) => return gate.metrics.refused(cause),
    };
    let conn = Arc::new(Connection {
        facts: Facts {
            peer,
            local,
            tls,
            listener: Arc::clone(&seen.listener.name),
            by_protocol: Default::default(),
        },
        worker,
        gate,
        counters: Mutex::default(),
        draining,
        seen: Mutex::new(Arc::clone(&seen)),
    });
    let cleartext_http2 = conn.facts.tls.is_none() && seen.listener.h2c;
    if http2 {
        Box::pin(h2::serve(&conn, socket)).await;
    } else if cleartext_http2 {
        Box::pin(sniff::serve(&conn, socket)).await;
    } else {
        h1::serve(&conn, crate::h1::Wire::new(socket)).await;
    }
}

/// A byte stream, what is known of its TLS, and whether HTTP/2 was agreed on.
type Secured = (Socket, Option<Arc<Tls>>, bool);

async fn secure(stream: TcpStream, seen: &Seen) -> Result<Secured, RefusedCause> {
    let Some(tls) = &seen.listener.tls else { return Ok((Socket::Tcp(stream), None, false)) };
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::clone(&tls.server));
    let wait: Duration = seen.listener.limits.tls_handshake_timeout.into();
    let stream = match tokio::time::timeout(wait, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(_)) => return Err(RefusedCause::TlsFailed),
        Err(_) => return Err(RefusedCause::TlsTimeout),
    };
    let (_, session) = stream.get_ref();
    let http2 = session.alpn_protocol() == Some(b"h2");
    let sni = session.server_name().map(|name| {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        Arc::from(name.as_str())
    });
    let version = match session.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_2) => "TLSv1.2",
        _ => "TLSv1.3",
    };
    Ok((Socket::Tls(Box::new(stream)), Some(Arc::new(Tls { version, sni })), http2))
}

impl Connection {
    /// What the next exchange sees. A connection keeps the listener it knows when a snapshot has none in its place:
    /// it is being drained.
    pub(crate) fn see(&self) -> Seen {
        let current = self.worker.handle.peek();
        let mut seen = self.seen.lock();
        if !Arc::ptr_eq(&seen.snapshot, &current) {
            let snapshot = Arc::clone(&current);
            let known = &seen.listener;
            let listener = self.gate.listener_of(&snapshot).unwrap_or_else(|| Arc::clone(known));
            *seen = Arc::new(SeenParts { snapshot, listener });
        }
        let seen = Arc::clone(&seen);
        if let Some(closed_at) = seen.snapshot.first_seen() {
            self.worker.metrics.reload_first_request(closed_at.elapsed());
        }
        seen
    }

    /// What the last exchange saw, for what happens between two exchanges.
    fn see_unchanged(&self) -> Seen {
        Arc::clone(&self.seen.lock())
    }

    /// How long the waits of an exchange may last.
    pub(crate) fn waits(&self, seen: &Seen) -> Waits {
        let limits = &seen.listener.limits;
        Waits {
            body: limits.body_timeout.into(),
            body_rate: limits.body_min_rate.bytes(),
            body_rate_after: limits.body_min_rate_after.into(),
            downstream_write: limits.write_timeout.into(),
            upstream_write: limits.write_timeout.into(),
            upstream_read: limits.stream_idle_timeout.into(),
            idle: limits.stream_idle_timeout.into(),
            end: None,
        }
    }

    /// A share of the memory for bodies.
    pub(crate) fn share(&self) -> Share {
        let limit = self.seen.lock().snapshot.gateway.limits.buffered_bodies.in_memory();
        self.worker.budget.share(limit)
    }

    /// Counts with the handles of a route, which are looked up when the route changes.
    pub(crate) fn count(
        &self,
        seen: &Seen,
        route: Option<&Arc<str>>,
        count: impl FnOnce(&ExchangeMetrics),
    ) {
        let mut counters = self.counters.lock();
        let revision = seen.snapshot.revision;
        let known = counters.as_ref().is_some_and(|(at, name, _)| {
            *at == revision && route.map_or("", |route| route) == &**name
        });
        if !known {
            let name = route.cloned().unwrap_or_default();
            let metrics = self.worker.metrics.exchanges(&seen.listener.name, &name);
            *counters = Some((revision, name, metrics));
        }
        if let Some((_, _, metrics)) = &*counters {
            count(metrics);
        }
    }

    /// Whether this connection was opened for a certificate that does not serve the host (RFC 9110 section 15.5.20).
    pub(crate) fn is_misdirected(&self, seen: &Seen, host: &Host) -> bool {
        let Some(sni) = self.facts.tls.as_ref().and_then(|tls| tls.sni.as_deref()) else {
            return false;
        };
        if sni == host.as_str() {
            return false;
        }
        let Some(tls) = &seen.listener.tls else { return false };
        let certificates = &tls.certificates;
        !Arc::ptr_eq(&certificates.find(Some(sni)), &certificates.find(Some(host.as_str())))
    }

    /// Whether the listener is going away.
    pub(crate) fn is_draining(&self) -> bool {
        *self.draining.borrow()
    }

    /// Ready when the listener goes away.
    async fn drained(&self) {
        let mut draining = self.draining.clone();
        // An error means that the sender is gone, and with it the listener.
        let _ = draining.wait_for(|draining| *draining).await;
    }
}

#[cfg(test)]
mod tests {
    /// Most bytes a connection's task takes, whatever state it is in. Every exchange of it lives there.
    const TASK_BYTES: usize = 8 * 1024;

    fn size_of_future<A, B, C, F>(_: fn(A, B, C) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_connection_is_small() {
        let bytes = size_of_future(super::serve);
        assert!(bytes <= TASK_BYTES, "{bytes} bytes");
    }
}
