//! The data plane as the program sees it: started, told of new snapshots, drained.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use pingora_core::connectors::TransportConnector;
use portcullis_config::Diagnostic;
use portcullis_pipeline::{Snapshot, SnapshotHandle};
use portcullis_telemetry::Metrics;
use portcullis_upstream::{Cluster, Transition};

use crate::budget::Budget;
use crate::listener::Bound;
use crate::pool::Pools;
use crate::worker::{Command, Worker, WorkerThread};

/// How often it is looked whether everything has ended.
const DRAIN_STEP: Duration = Duration::from_millis(5);

/// The data plane.
pub struct Edge {
    handle: SnapshotHandle,
    metrics: Arc<Metrics>,
    workers: Vec<WorkerThread>,
    bound: Mutex<Vec<Bound>>,
    open: Arc<AtomicUsize>,
}

impl Edge {
    /// Binds the listeners of the running snapshot and starts to accept.
    ///
    /// The number of workers is taken from the snapshot once, here.
    ///
    /// # Errors
    /// A diagnostic for every address that cannot be bound, or one about the threads.
    pub fn start(handle: SnapshotHandle, metrics: Arc<Metrics>) -> Result<Self, Vec<Diagnostic>> {
        let snapshot = handle.load();
        let threads = match snapshot.gateway.runtime.threads {
            Some(threads) => threads as usize,
            None => thread::available_parallelism().map_or(1, usize::from),
        };
        let open = Arc::new(AtomicUsize::new(0));
        let connector = connector().map_err(|problem| vec![problem])?;
        let budget = Budget::new(metrics.buffered_bytes().clone());
        let mut workers = Vec::new();
        for number in 0..threads.max(1) {
            let pools = Pools::new(Arc::clone(&connector), Arc::clone(&metrics), threads.max(1));
            let (metrics, open) = (Arc::clone(&metrics), Arc::clone(&open));
            let worker = Worker::new(handle.clone(), metrics, pools, budget.clone(), open);
            let started = WorkerThread::start(number, worker).map_err(|error| {
                vec![Diagnostic::error(
                    "runtime.threads",
                    format!("cannot start a thread: {error}"),
                )]
            })?;
            workers.push(started);
        }
        let edge = Self { handle, metrics, workers, bound: Mutex::default(), open };
        edge.apply(snapshot)?;
        Ok(edge)
    }

    /// Makes a snapshot the running one: binds its new listeners, publishes it, and drains listeners it does not have.
    ///
    /// Exchanges that run keep the snapshot they began with. Listeners whose address stays keep their socket and
    /// their connections; their new limits and certificates hold for new connections.
    ///
    /// # Errors
    /// A diagnostic for every address that cannot be bound; nothing has changed then.
    pub fn apply(&self, snapshot: Arc<Snapshot>) -> Result<(), Vec<Diagnostic>> {
        let mut bound = self.bound.lock();
        let mut new = Vec::new();
        let mut problems = Vec::new();
        for (at, listener) in snapshot.listeners.iter().enumerate() {
            if bound.iter().any(|one| one.gate.is(listener)) {
                continue;
            }
            match Bound::bind(listener, self.metrics.downstream(&listener.name), at) {
                Ok(one) => new.push(one),
                Err(problem) => problems.push(problem),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let sockets = self.duplicated(&new)?;
        for cluster in &snapshot.clusters {
            self.observe(cluster);
        }
        self.handle.publish(Arc::clone(&snapshot));
        self.metrics.snapshot_published(snapshot.revision);
        for (worker, socket, one) in sockets {
            let gate = Arc::clone(&one.gate);
            worker.tell(Command::Accept(socket, gate, one.draining.subscribe()));
        }
        bound.retain(|one| {
            let stays = snapshot.listeners.iter().any(|listener| one.gate.is(listener));
            if !stays {
                one.draining.send_replace(true);
            }
            stays
        });
        bound.extend(new);
        if let Some(worker) = self.workers.first() {
            worker.tell(Command::Check(snapshot));
        }
        Ok(())
    }

    /// Names of the listeners with the addresses they are bound to.
    #[must_use]
    pub fn listeners(&self) -> Vec<(Arc<str>, SocketAddr)> {
        let bound = self.bound.lock();
        bound.iter().map(|one| (Arc::clone(&one.gate.name), one.local)).collect()
    }

    /// Connections that are being served.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }

    /// Stops accepting, lets running exchanges end, and returns as soon as all have, or after the drain timeout of the
    /// running snapshot; whether all have ended. Blocks.
    #[must_use]
    pub fn shutdown(self) -> bool {
        let wait: Duration = self.handle.peek().gateway.limits.drain_timeout.into();
        let end = Instant::now() + wait;
        for one in self.bound.lock().drain(..) {
            one.draining.send_replace(true);
        }
        // Connections that were accepted a moment ago are counted a moment later.
        thread::sleep(DRAIN_STEP);
        while self.connections() > 0 {
            if Instant::now() >= end {
                tracing::warn!(connections = self.connections(), "Connections were cut at the end");
                return false;
            }
            thread::sleep(DRAIN_STEP);
        }
        true
    }

    /// One socket for each worker and new listener.
    fn duplicated<'a>(
        &'a self,
        new: &'a [Bound],
    ) -> Result<Vec<(&'a WorkerThread, std::net::TcpListener, &'a Bound)>, Vec<Diagnostic>> {
        let mut sockets = Vec::new();
        for one in new {
            for worker in &self.workers {
                let socket = one.socket.try_clone().map_err(|error| {
                    let message = format!("cannot share the listener `{}`: {error}", one.gate.name);
                    vec![Diagnostic::error("listeners", message)]
                })?;
                sockets.push((worker, socket, one));
            }
        }
        Ok(sockets)
    }

    /// Shows the health of a cluster in the metrics. A cluster that was there before is told of already.
    fn observe(&self, cluster: &Cluster) {
        let metrics = &self.metrics;
        let mut gauges = Vec::new();
        for endpoint in cluster.endpoints() {
            let gauge = metrics.endpoint_healthy(cluster.name(), endpoint.label());
            gauge.set(i64::from(endpoint.is_usable()));
            gauges.push(gauge);
        }
        let ejections = metrics.cluster(cluster.name()).ejections;
        let name = Arc::clone(cluster.name());
        cluster.observe(move |endpoint, transition| {
            if matches!(transition, Transition::Ejected(_)) {
                ejections.increment();
            }
            if let Some(gauge) = gauges.get(endpoint.id().0) {
                gauge.set(i64::from(endpoint.is_usable()));
            }
            let (endpoint, health) = (endpoint.label(), transition.as_str());
            tracing::info!(cluster = %name, endpoint, health, "The health of an endpoint changed");
        });
    }
}

impl fmt::Debug for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edge").field("listeners", &self.listeners()).finish_non_exhaustive()
    }
}

/// Pingora's connector, which reads the authorities of the system when it is made, and panics where one of them cannot
/// be read.
fn connector() -> Result<Arc<TransportConnector>, Diagnostic> {
    std::panic::catch_unwind(|| Arc::new(TransportConnector::new(None))).map_err(|_| {
        Diagnostic::error("clusters", "the certificate authorities of the system cannot be read")
            .with_help("repair them with `update-ca-certificates`, or set SSL_CERT_FILE")
    })
}
