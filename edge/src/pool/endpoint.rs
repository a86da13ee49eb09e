//! The connections of one worker to one endpoint.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::client::SendRequest;
use parking_lot::Mutex;
use pingora_core::connectors::TransportConnector;
use pingora_core::protocols::ALPN;
use pingora_core::upstreams::peer::HttpPeer;
use pingora_error::ErrorType;

use super::ClusterPool;
use crate::failure::{Failure, Kind};
use crate::h1::Wire;
use crate::socket::Socket;

/// Streams we open at once on one connection to an upstream, whatever it allows.
const H2_STREAMS: u32 = 100;
/// Receive window of a stream to an upstream: what one slow downstream can make us hold.
const H2_STREAM_WINDOW: u32 = 256 * 1024;
/// Receive window of a connection to an upstream.
const H2_CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;

/// A connection for an exchange.
pub(crate) enum Connected {
    /// HTTP/1, and whether it has carried an exchange before.
    H1(Box<Wire>, bool),
    /// A place on an HTTP/2 connection.
    H2(SendRequest<Bytes>, H2Place),
}

struct Idle {
    wire: Box<Wire>,
    since: Instant,
}

/// A running HTTP/2 connection.
struct H2Connection {
    sender: SendRequest<Bytes>,
    state: Arc<H2State>,
}

#[derive(Default)]
struct H2State {
    streams: AtomicU32,
    closed: AtomicBool,
    idle_since: Mutex<Option<Instant>>,
}

/// One of the streams of an HTTP/2 connection, counted while it lives.
pub(crate) struct H2Place(Arc<H2State>);

impl Drop for H2Place {
    fn drop(&mut self) {
        if self.0.streams.fetch_sub(1, Ordering::Relaxed) == 1 {
            *self.0.idle_since.lock() = Some(Instant::now());
        }
    }
}

/// The connections of one worker to one endpoint.
pub(super) struct EndpointPool {
    peer: Option<HttpPeer>,
    idle_max: usize,
    idle: Mutex<Vec<Idle>>,
    h2: Mutex<Vec<H2Connection>>,
    h2_connecting: tokio::sync::Mutex<()>,
}

impl EndpointPool {
    pub(super) fn new(peer: Option<HttpPeer>, idle_max: usize) -> Self {
        Self {
            peer,
            idle_max,
            idle: Mutex::default(),
            h2: Mutex::default(),
            h2_connecting: tokio::sync::Mutex::default(),
        }
    }

    pub(super) async fn connect(
        &self,
        connector: &TransportConnector,
        pool: &ClusterPool,
        fresh: bool,
    ) -> Result<Connected, Failure> {
        let peer = self.peer.as_ref().ok_or(Failure::from(Kind::NoEndpoint))?;
        if peer.options.alpn == ALPN::H2 {
            return Box::pin(self.connect_h2(connector, peer, pool)).await;
        }
        if !fresh && let Some(wire) = self.take() {
            pool.metrics.reused.increment();
            return Ok(Connected::H1(wire, true));
        }
        // Apart from the exchange: connecting takes kilobytes of state, which every exchange would carry along.
        let stream = Box::pin(open(connector, peer, pool)).await?;
        Ok(Connected::H1(Box::new(Wire::new(Socket::Connector(stream))), false))
    }

    pub(super) fn give_back(&self, wire: Box<Wire>) {
        let mut idle = self.idle.lock();
        if idle.len() < self.idle_max {
            idle.push(Idle { wire, since: Instant::now() });
        }
    }

    pub(super) fn sweep(&self, keep: Duration) {
        let mut idle = self.idle.lock();
        idle.retain_mut(|one| one.since.elapsed() < keep && one.wire.is_quiet());
        drop(idle);
        self.h2.lock().retain(|one| {
            let unused = one.state.idle_since.lock().is_some_and(|since| since.elapsed() >= keep);
            let streams = one.state.streams.load(Ordering::Relaxed);
            !one.state.closed.load(Ordering::Relaxed) && (streams > 0 || !unused)
        });
    }

    /// The connection used last: the others may grow old and go.
    fn take(&self) -> Option<Box<Wire>> {
        loop {
            let mut one = self.idle.lock().pop()?;
            if one.wire.is_quiet() {
                return Some(one.wire);
            }
        }
    }

    async fn connect_h2(
        &self,
        connector: &TransportConnector,
        peer: &HttpPeer,
        pool: &ClusterPool,
    ) -> Result<Connected, Failure> {
        if let Some(connected) = self.place_h2(pool).await {
            return Ok(connected);
        }
        // One at a time: a burst of requests to a new endpoint shares one connection.
        let wait = peer.options.total_connection_timeout.unwrap_or_default();
        let connecting = tokio::time::timeout(wait, self.h2_connecting.lock()).await;
        let connecting = connecting.map_err(|_| Failure::from(Kind::ConnectTimeout))?;
        if let Some(connected) = self.place_h2(pool).await {
            return Ok(connected);
        }
        let stream = open(connector, peer, pool).await?;
        if peer.is_tls() && stream.selected_alpn_proto() != Some(ALPN::H2) {
            let cause = "the upstream does not offer HTTP/2 by ALPN";
            return Err(Failure::because(Kind::UpstreamTls, cause));
        }
        let (sender, state) = handshake(stream, pool).await?;
        state.streams.store(1, Ordering::Relaxed);
        let place = H2Place(Arc::clone(&state));
        self.h2.lock().push(H2Connection { sender: sender.clone(), state });
        drop(connecting);
        Ok(Connected::H2(sender, place))
    }

    async fn place_h2(&self, pool: &ClusterPool) -> Option<Connected> {
        loop {
            let (mut sender, place) = {
                let mut connections = self.h2.lock();
                connections.retain(|one| !one.state.closed.load(Ordering::Relaxed));
                let one = connections.iter().find(|one| {
                    let streams = one.state.streams.load(Ordering::Relaxed);
                    let allowed = u32::try_from(one.sender.current_max_send_streams());
                    streams < H2_STREAMS.min(allowed.unwrap_or(u32::MAX))
                })?;
                one.state.streams.fetch_add(1, Ordering::Relaxed);
                *one.state.idle_since.lock() = None;
                (one.sender.clone(), H2Place(Arc::clone(&one.state)))
            };
            if poll_fn(|cx| sender.poll_ready(cx)).await.is_ok() {
                pool.metrics.reused.increment();
                return Some(Connected::H2(sender, place));
            }
            place.0.closed.store(true, Ordering::Relaxed);
        }
    }
}

async fn open(
    connector: &TransportConnector,
    peer: &HttpPeer,
    pool: &ClusterPool,
) -> Result<pingora_core::protocols::Stream, Failure> {
    let begun = Instant::now();
    let stream = connector.new_stream(peer).await.map_err(|error| {
        let cause = error.etype();
        let kind = if matches!(cause, ErrorType::ConnectTimedout | ErrorType::TLSHandshakeTimedout)
        {
            Kind::ConnectTimeout
        } else if matches!(cause, ErrorType::TLSHandshakeFailure | ErrorType::InvalidCert) {
            Kind::UpstreamTls
        } else {
            Kind::ConnectFailed
        };
        Failure::because(kind, error.to_string())
    })?;
    pool.metrics.connect_seconds.observe_duration(begun.elapsed());
    Ok(stream)
}

async fn handshake(
    stream: pingora_core::protocols::Stream,
    pool: &ClusterPool,
) -> Result<(SendRequest<Bytes>, Arc<H2State>), Failure> {
    let mut builder = h2::client::Builder::new();
    builder
        .enable_push(false)
        .initial_window_size(H2_STREAM_WINDOW)
        .initial_connection_window_size(H2_CONNECTION_WINDOW)
        .max_header_list_size(u32::try_from(pool.bounds.bytes).unwrap_or(u32::MAX));
    let handshake = builder.handshake::<_, Bytes>(Socket::Connector(stream));
    let (sender, connection) =
        handshake.await.map_err(|e| Failure::because(Kind::ConnectFailed, e))?;
    let state = Arc::new(H2State::default());
    let driven = Arc::clone(&state);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "An HTTP/2 connection to an upstream ended");
        }
        driven.closed.store(true, Ordering::Relaxed);
    });
    Ok((sender, state))
}
