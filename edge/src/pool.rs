//! Connections to the endpoints of clusters, kept by the worker that made them.
//!
//! Pingora's connector opens them, TLS included. Keeping them is ours: a worker runs on one thread, so taking a
//! connection out and putting it back is a push and a pop, where pingora's pool spawns a task for each. A pool belongs
//! to its compiled cluster; as an unchanged cluster outlives a reload, so do its connections.

mod endpoint;
mod peer;

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use pingora_core::connectors::TransportConnector;
use portcullis_config as config;
use portcullis_telemetry::Metrics;
use portcullis_telemetry::metrics::ClusterMetrics;
use portcullis_upstream::Cluster;

use endpoint::EndpointPool;
pub(crate) use endpoint::{Connected, H2Place};

use crate::failure::{Failure, Kind};
use crate::h1::{HeadBounds, Wire};

/// How often unused connections are looked at.
pub(crate) const SWEEP_INTERVAL: Duration = Duration::from_secs(2);
/// Header lines of a response.
const RESPONSE_LINES: usize = 256;

/// The connections of one worker.
pub(crate) struct Pools {
    /// For clusters that trust the system's authorities, or speak cleartext.
    connector: Arc<TransportConnector>,
    metrics: Arc<Metrics>,
    workers: usize,
    clusters: Mutex<HashMap<usize, Arc<ClusterPool>>>,
}

/// The connections of one worker to one cluster.
pub(crate) struct ClusterPool {
    cluster: Weak<Cluster>,
    connector: Result<Arc<TransportConnector>, String>,
    pub(crate) metrics: ClusterMetrics,
    /// Whether the endpoints are asked over TLS.
    pub(crate) tls: bool,
    /// Of response heads.
    pub(crate) bounds: HeadBounds,
    endpoints: Box<[EndpointPool]>,
    idle: Duration,
}

impl Pools {
    pub(crate) fn new(
        connector: Arc<TransportConnector>,
        metrics: Arc<Metrics>,
        workers: usize,
    ) -> Self {
        Self { connector, metrics, workers, clusters: Mutex::default() }
    }

    /// The pool of a cluster. The address is its key: the pool holds a weak reference, so the address is not given to
    /// another cluster while the pool is there.
    pub(crate) fn of(&self, cluster: &Arc<Cluster>) -> Arc<ClusterPool> {
        let key = Arc::as_ptr(cluster) as usize;
        let mut clusters = self.clusters.lock();
        let pool = clusters.entry(key).or_insert_with(|| Arc::new(self.make(cluster)));
        Arc::clone(pool)
    }

    /// Closes what has been unused for too long, and what belongs to clusters that are gone.
    pub(crate) fn sweep(&self) {
        let mut clusters = self.clusters.lock();
        clusters.retain(|_, pool| pool.cluster.strong_count() > 0);
        for pool in clusters.values() {
            for endpoint in &pool.endpoints {
                endpoint.sweep(pool.idle);
            }
        }
    }

    fn make(&self, cluster: &Arc<Cluster>) -> ClusterPool {
        let written = cluster.config();
        let kept = written.limits.idle_connections as usize / self.workers;
        let endpoints = cluster.endpoints().iter();
        ClusterPool {
            cluster: Arc::downgrade(cluster),
            connector: self.connector_of(written),
            metrics: self.metrics.cluster(cluster.name()),
            tls: written.tls.is_some(),
            bounds: HeadBounds {
                bytes: written.limits.response_headers.in_memory(),
                target_bytes: 0,
                lines: RESPONSE_LINES,
            },
            endpoints: endpoints
                .map(|endpoint| EndpointPool::new(peer::of(endpoint, written), kept))
                .collect(),
            idle: written.timeouts.idle.into(),
        }
    }

    fn connector_of(&self, written: &config::Cluster) -> Result<Arc<TransportConnector>, String> {
        match written.tls.as_ref().and_then(|tls| tls.ca.as_ref()) {
            Some(ca) => peer::connector_trusting(ca).map(Arc::new),
            None => Ok(Arc::clone(&self.connector)),
        }
    }
}

impl ClusterPool {
    /// A connection to an endpoint: an unused one unless it must be fresh, or a new one.
    pub(crate) async fn connect(&self, index: usize, fresh: bool) -> Result<Connected, Failure> {
        let connector = self.connector.as_ref();
        let connector = connector.map_err(|e| Failure::because(Kind::UpstreamTls, e.clone()))?;
        let endpoint = self.endpoints.get(index).ok_or(Kind::Internal)?;
        endpoint.connect(connector, self, fresh).await
    }

    /// Takes a connection back for the next exchange.
    pub(crate) fn give_back(&self, index: usize, wire: Box<Wire>) {
        if let Some(endpoint) = self.endpoints.get(index) {
            endpoint.give_back(wire);
        }
    }
}
