//! The right to send one request to one endpoint.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::cluster::Cluster;
use crate::endpoint::Endpoint;
use crate::health::Outcome;

/// One request at one endpoint. It counts as in flight, for balancing and for the bound of the cluster, until
/// the lease is dropped: keep it until the response has ended.
#[derive(Debug)]
pub struct Lease {
    cluster: Arc<Cluster>,
    index: usize,
    address: SocketAddr,
}

impl Lease {
    /// Takes over a place in flight that the cluster has counted already.
    pub(crate) fn new(cluster: Arc<Cluster>, index: usize, address: SocketAddr) -> Self {
        cluster.endpoint(index).enter();
        Self { cluster, index, address }
    }

    /// Position of the endpoint in its cluster: what [`crate::PickKey::tried`] is made of.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Where to connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        self.cluster.endpoint(self.index)
    }

    /// Its cluster.
    #[must_use]
    pub fn cluster(&self) -> &Arc<Cluster> {
        &self.cluster
    }

    /// Tells passive health what came of the request: once, when it is known.
    pub fn report(&self, outcome: Outcome) {
        self.cluster.report(self.index, outcome);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.endpoint().leave();
        self.cluster.leave();
    }
}
