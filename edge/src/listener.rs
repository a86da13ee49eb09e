//! Bound addresses: accepting connections, and how many there may be.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use portcullis_config::Diagnostic;
use portcullis_pipeline::{Listener, Snapshot, SnapshotHandle};
use portcullis_telemetry::metrics::{DownstreamMetrics, GaugeHold, RefusedCause};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::sync::{Notify, watch};

use crate::connection::{self, Accepted, SeenParts};
use crate::worker::Worker;

/// Connections the kernel keeps waiting for us.
const BACKLOG: i32 = 1024;
/// How often and how long an address in use is waited for: workers close their sockets within milliseconds.
const RELEASE_TRIES: u32 = 10;
const RELEASE_STEP: Duration = Duration::from_millis(20);
/// Pause after an accept that failed, as without free file descriptors: it would fail again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A bound address, shared by all workers.
pub(crate) struct Bound {
    pub(crate) socket: TcpListener,
    pub(crate) local: SocketAddr,
    pub(crate) gate: Arc<Gate>,
    pub(crate) draining: watch::Sender<bool>,
}

/// What counts and bounds the connections of a listener, and knows it again in another snapshot.
pub(crate) struct Gate {
    pub(crate) name: Arc<str>,
    /// As configured: port 0 is any.
    address: SocketAddr,
    pub(crate) metrics: DownstreamMetrics,
    open: AtomicU32,
    released: Notify,
    by_address: Mutex<HashMap<IpAddr, u32>>,
}

/// The right to be connected; given back when dropped.
pub(crate) struct Admitted {
    gate: Arc<Gate>,
    address: IpAddr,
    _shown: GaugeHold,
}

impl Bound {
    /// Binds the address of a listener.
    pub(crate) fn bind(
        listener: &Listener,
        metrics: DownstreamMetrics,
        at: usize,
    ) -> Result<Self, Diagnostic> {
        let failed = |error: std::io::Error| {
            let message = format!("cannot listen on {}: {error}", listener.address);
            Diagnostic::error(format!("listeners[{at}].address"), message)
                .with_help("another program may use the address; `ss -ltnp` shows which")
        };
        let socket = bind_released(listener.address).map_err(failed)?;
        let local = socket.local_addr().map_err(failed)?;
        let gate = Arc::new(Gate {
            name: Arc::clone(&listener.name),
            address: listener.address,
            metrics,
            open: AtomicU32::new(0),
            released: Notify::new(),
            by_address: Mutex::default(),
        });
        Ok(Self { socket, local, gate, draining: watch::Sender::new(false) })
    }
}

/// Binds, and waits a moment for an address that workers have just been told to give up.
fn bind_released(address: SocketAddr) -> std::io::Result<TcpListener> {
    for _ in 0..RELEASE_TRIES {
        match bind(address) {
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                std::thread::sleep(RELEASE_STEP);
            }
            bound => return bound,
        }
    }
    bind(address)
}

fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restart must not wait for connections of the last process to time out.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

impl Gate {
    /// Whether a listener of a snapshot is this one.
    pub(crate) fn is(&self, listener: &Listener) -> bool {
        let same_address = self.address == listener.address;
        same_address && (self.address.port() != 0 || self.name == listener.name)
    }

    /// This listener as a snapshot has it.
    pub(crate) fn listener_of(&self, snapshot: &Snapshot) -> Option<Arc<Listener>> {
        snapshot.listeners.iter().find(|listener| self.is(listener)).cloned()
    }

    fn admit(self: &Arc<Self>, peer: IpAddr, per_address: u32) -> Option<Admitted> {
        let address = counted(peer);
        {
            let mut by_address = self.by_address.lock();
            let count = by_address.entry(address).or_insert(0);
            if *count >= per_address {
                return None;
            }
            *count += 1;
        }
        self.open.fetch_add(1, Ordering::Relaxed);
        let shown = self.metrics.accepted();
        Some(Admitted { gate: Arc::clone(self), address, _shown: shown })
    }
}

/// What counts as one address: of IPv6 the network of 64 bits, as that is what one customer is given.
fn counted(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(v4) => v4.into(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.gate.open.fetch_sub(1, Ordering::Relaxed);
        self.gate.released.notify_waiters();
        let mut by_address = self.gate.by_address.lock();
        if let Some(count) = by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                by_address.remove(&self.address);
            }
        }
    }
}

/// Accepts connections until the listener goes away.
pub(crate) async fn accept(
    worker: Arc<Worker>,
    socket: TcpListener,
    gate: Arc<Gate>,
    draining: watch::Receiver<bool>,
) {
    let socket = match tokio::net::TcpListener::from_std(socket) {
        Ok(socket) => socket,
        Err(error) => {
            tracing::error!(%error, listener = %gate.name, "A listener cannot accept");
            return;
        }
    };
    let mut gone = draining.clone();
    loop {
        let accepted = tokio::select! {
            biased;
            _ = gone.wait_for(|gone| *gone) => return,
            accepted = socket.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                gate.metrics.refused(RefusedCause::Accept);
                tracing::warn!(%error, listener = %gate.name, "A connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let snapshot = worker.handle.load();
        let Some(listener) = gate.listener_of(&snapshot) else { continue };
        tokio::select! {
            biased;
            () = room(&gate, listener.limits.connections) => {}
            _ = gone.wait_for(|gone| *gone) => return,
        }
        let per_address = listener.limits.connections_per_ip;
        let Some(admitted) = gate.admit(peer.ip(), per_address) else {
            gate.metrics.refused(RefusedCause::AddressLimit);
            continue;
        };
        let seen = Arc::new(SeenParts { snapshot, listener });
        let (gate, draining) = (Arc::clone(&gate), draining.clone());
        let accepted = Accepted { stream, peer, gate, draining };
        let worker = Arc::clone(&worker);
        let cut = cut(accepted.draining.clone(), worker.handle.clone());
        tokio::spawn(async move {
            let _counted = worker.running();
            tokio::select! {
                biased;
                () = connection::serve(worker, accepted, seen) => {}
                () = cut => tracing::info!("A connection was cut at the end of the drain timeout"),
            }
            drop(admitted);
        });
    }
}

/// Ready when a listener has been going away for as long as its connections may take to end.
async fn cut(mut draining: watch::Receiver<bool>, handle: SnapshotHandle) {
    let _ = draining.wait_for(|draining| *draining).await;
    let wait: Duration = handle.peek().gateway.limits.drain_timeout.into();
    tokio::time::sleep(wait).await;
}

/// Waits until there may be another connection. Those that come meanwhile wait in the kernel.
async fn room(gate: &Gate, connections: u32) {
    let mut told = false;
    loop {
        let released = gate.released.notified();
        if gate.open.load(Ordering::Relaxed) < connections {
            return;
        }
        if !std::mem::replace(&mut told, true) {
            gate.metrics.refused(RefusedCause::ConnectionLimit);
        }
        released.await;
    }
}
